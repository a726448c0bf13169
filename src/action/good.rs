//! Where a bisect begins if nobody says it: at the last release, or at the last commit that passed,
//! whichever is nearer to the bad commit.

use anyhow::{Context as _, Result};

use super::{Action, board::Board};
use crate::{clients::github::CommitFacts, git::CommitSha, output::excerpt};

/// How far back is looked for a commit that passed, in commits of the whole history.
const HISTORY: usize = 300;
/// Commits of which the statuses are read one by one, at most: those that look as if they passed.
const CANDIDATES: usize = 20;

/// A commit that was good, most likely.
struct Good {
    sha: CommitSha,
    /// Why it is taken, in words.
    why: String,
}

/// The good end for a bad one.
pub(super) async fn good(action: &Action<'_>, bad: &CommitFacts) -> Result<CommitSha> {
    let release = release(action, bad).await?;
    let passed = passed_if_told(action, bad, release.as_ref()).await?;
    let nearest = match (release, passed) {
        (Some(release), Some(passed)) => Some(later(action, bad, release, passed).await?),
        (release, passed) => passed.or(release),
    };
    let Good { sha, why } = nearest.with_context(|| {
        format!(
            "there is no release to begin from, and no commit shortly before {} has passed ({}); give \
             the input good, a commit that was good",
            bad.sha.short(),
            action.inputs.status_context,
        )
    })?;
    action.progress.say(format!("good: {why}"));
    Ok(sha)
}

/// The latest release; none: there is none, or it is the bad commit itself.
async fn release(action: &Action<'_>, bad: &CommitFacts) -> Result<Option<Good>> {
    let Some(tag) = action.github.latest_release().await? else { return Ok(None) };
    let commit = action.github.tag(&tag).await;
    let sha = commit.context("the latest release cannot be used; give the input good")?.sha;
    let why = format!("{} ({}), the last release", excerpt(&tag, 80), sha.short());
    Ok((sha != bad.sha).then_some(Good { sha, why }))
}

/// Where it cannot be told what passed, a release will do.
async fn passed_if_told(
    action: &Action<'_>,
    bad: &CommitFacts,
    release: Option<&Good>,
) -> Result<Option<Good>> {
    let error = match passed(action, bad, release).await {
        Ok(passed) => return Ok(passed),
        Err(error) => error,
    };
    if release.is_none() {
        return Err(error).context(
            "there is no release to begin from, and which commits passed is unknown; give the input good, \
             a commit that was good",
        );
    }
    action
        .progress
        .say(format!("warning: the last release is taken, whatever passed since: {error:#}"));
    Ok(None)
}

/// The nearest commit before the bad one that passed, unless the release comes first.
async fn passed(
    action: &Action<'_>,
    bad: &CommitFacts,
    release: Option<&Good>,
) -> Result<Option<Good>> {
    let context = &action.inputs.status_context;
    let mut line = action.github.ancestry(&bad.sha, context, HISTORY);
    let board = Board { seal: action.seal().await?, ..action.board(&bad.sha) };
    let viewer = action.github.viewer().await?;
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
            if board.passed(&statuses, &commit.sha, viewer) {
                let (sha, bad) = (commit.sha, bad.sha.short());
                let why = format!(
                    "{}, the last commit before {bad} that passed ({context})",
                    sha.short()
                );
                return Ok(Some(Good { sha, why }));
            }
            let short = commit.sha.short();
            action.progress.say(format!(
                "{short} is not taken for good: nothing proves that a run of ours told its success ({context})"
            ));
        }
    }
    Ok(None)
}

/// Of a commit that passed on the line and a release that is not on it: whichever is later.  A release
/// that the bad commit does not hold is no end of a search.
async fn later(
    action: &Action<'_>,
    bad: &CommitFacts,
    release: Good,
    passed: Good,
) -> Result<Good> {
    let holds = |tip| action.github.holds(tip, &release.sha);
    let merged_since = !holds(&passed.sha).await? && holds(&bad.sha).await?;
    Ok(if merged_since { release } else { passed })
}
