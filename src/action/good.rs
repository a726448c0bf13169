//! Where a bisect begins if nobody says it: at the last release, or at the last commit that passed,
//! whichever is nearer to the bad commit.

use anyhow::{Context as _, Result};

use super::{Action, standing};
use crate::{
    github::{CommitFacts, Error},
    source::CommitSha,
};

/// How far back is looked for a commit that passed, in commits of the whole history.
const HISTORY: usize = 300;
/// Commits of which the statuses are read one by one, at most: those that look as if they passed.
const CANDIDATES: usize = 20;

/// The latest release.
struct Release {
    tag: String,
    sha: CommitSha,
}

/// A good end that is likely.
enum Good {
    Release(Release),
    Passed(CommitSha),
}

/// The good end for a bad one.
pub(super) async fn good(action: &Action<'_>, bad: &CommitFacts) -> Result<CommitSha> {
    let release = release(action, bad).await?;
    let passed = match passed(action, bad, release.as_ref()).await {
        Ok(passed) => passed,
        Err(error) if release.is_some() => {
            action.progress.say(format!(
                "warning: only the last release is known to be good, not what passed since: {error:#}"
            ));
            None
        }
        Err(error) => {
            return Err(error).context(
                "there is no release to begin from, and it is not known what passed; give the input \
                 good, a commit that was good",
            );
        }
    };
    let context = &action.inputs.status_context;
    let nearest = match (release, passed) {
        (Some(release), Some(passed)) => Some(nearer(action, bad, release, passed).await?),
        (Some(release), None) => Some(Good::Release(release)),
        (None, passed) => passed.map(Good::Passed),
    };
    match nearest {
        Some(Good::Release(Release { tag, sha })) => {
            let tag = crate::output::excerpt(&tag, 80);
            action.progress.say(format!("good: {tag} ({}), the last release", sha.short()));
            Ok(sha)
        }
        Some(Good::Passed(sha)) => {
            action.progress.say(format!(
                "good: {}, the last commit before {} that passed ({context})",
                sha.short(),
                bad.sha.short()
            ));
            Ok(sha)
        }
        None => anyhow::bail!(
            "there is no release to begin from, and no commit shortly before {} has passed \
             ({context}); give the input good, a commit that was good",
            bad.sha.short()
        ),
    }
}

/// None: there is none, or it is the bad commit itself.
async fn release(action: &Action<'_>, bad: &CommitFacts) -> Result<Option<Release>> {
    let Some(tag) = action.github.latest_release().await? else { return Ok(None) };
    let commit = action.github.commit(&format!("tags/{tag}")).await;
    let sha = commit.context("the latest release cannot be used; give the input good")?.sha;
    Ok((sha != bad.sha).then_some(Release { tag, sha }))
}

/// The nearest commit before the bad one that passed, unless the release comes first.
async fn passed(
    action: &Action<'_>,
    bad: &CommitFacts,
    release: Option<&Release>,
) -> Result<Option<CommitSha>, Error> {
    let context = &action.inputs.status_context;
    let mut line = action.github.ancestry(&bad.sha, context, HISTORY);
    let mut candidates = CANDIDATES;
    while let Some(commit) = line.next().await? {
        if commit.sha == bad.sha {
            continue;
        }
        if release.is_some_and(|release| release.sha == commit.sha) || candidates == 0 {
            return Ok(None);
        }
        if commit.succeeded {
            candidates -= 1;
            let statuses = action.github.statuses(&commit.sha, context).await?;
            if standing::passed(&statuses, action.github.viewer().await?) {
                return Ok(Some(commit.sha));
            }
        }
    }
    Ok(None)
}

/// Of a commit that passed on the line and a release that is not on it: whichever is later.  A release
/// that the bad commit does not hold is no end of a search.
async fn nearer(
    action: &Action<'_>,
    bad: &CommitFacts,
    release: Release,
    passed: CommitSha,
) -> Result<Good> {
    let holds = async |commit: &CommitSha| -> Result<bool> {
        let parted = action.github.merge_base(release.sha.as_str(), commit.as_str()).await?;
        Ok(parted.merge_base == release.sha)
    };
    let merged_later = !holds(&passed).await? && holds(&bad.sha).await?;
    Ok(if merged_later { Good::Release(release) } else { Good::Passed(passed) })
}
