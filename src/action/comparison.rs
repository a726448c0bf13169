//! An approved commit: its evidence, or else its training, in the order in which things can fail
//! cheaply.

use std::{path::Path, sync::OnceLock};

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use super::{
    Action,
    answer::{Answer, Asked, Measured, passes},
    claim::{Claim, claim},
    commits::{Commits, commits},
    facts,
    key::Key,
    known::Known,
    results,
    watch::watch,
};
use crate::{
    cache::Cache,
    cancel::unless_cancelled,
    cli::{BackendName, Place},
    compare::{Question, Run, Tools, compare},
    config::Config,
    gate::{Approval, Refusal},
    run::backend,
    source::{self, Commit, Repository},
};

/// What is known before a cluster is asked for.
struct Prepared {
    question: Question,
    run: Run,
    cache: Cache,
}

/// Measured by this run, or not.
enum Outcome {
    Known(Known),
    Measured(Box<Measured>),
    Withdrawn(Refusal),
}

/// The answer for an approved commit.
pub(super) async fn answer<'a>(action: &'a Action<'_>, approval: Approval) -> Answer<'a> {
    let board = action.board(approval.head());
    let mut asked = Asked { board, pull: approval.pull(), farewell: OnceLock::new() };
    let outcome = outcome(action, &approval, &mut asked).await;
    match outcome {
        Ok(Outcome::Known(known)) => Answer::Known { known, approval, asked },
        Ok(Outcome::Measured(measured)) => Answer::Measured { measured, approval, asked },
        Ok(Outcome::Withdrawn(refusal)) => Answer::Withdrawn { refusal, asked },
        Err(error) => Answer::Failed { error, asked: Some(asked) },
    }
}

async fn outcome(
    action: &Action<'_>,
    approval: &Approval,
    asked: &mut Asked<'_>,
) -> Result<Outcome> {
    let looking = async {
        let commits = commits(action, approval).await?;
        let (base, head) = (&commits.base.tree, &commits.head.tree);
        let place = action.place();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        let key = Key::of(base, head, &action.config(), action.inputs.backend, &place);
        asked.board.key = Some(key.clone());
        let claim = claim(action, asked, &key).await?;
        Ok((commits, claim))
    };
    match unless_cancelled(action.cancel, looking).await? {
        (_, Claim::Known(known)) => {
            // It may have been waited for.
            let still = facts::still(&action.github, approval);
            let still = unless_cancelled(action.cancel, still).await?;
            Ok(still.map_or_else(Outcome::Withdrawn, |()| Outcome::Known(known)))
        }
        (commits, Claim::Ours) => measured(action, approval, &commits, asked).await,
    }
}

async fn measured(
    action: &Action<'_>,
    approval: &Approval,
    commits: &Commits,
    asked: &Asked<'_>,
) -> Result<Outcome> {
    let prepared = unless_cancelled(action.cancel, prepare(action, commits)).await?;
    // The last look before money is spent.
    if let Err(refusal) =
        unless_cancelled(action.cancel, facts::still(&action.github, approval)).await?
    {
        return Ok(Outcome::Withdrawn(refusal));
    }
    action.promise(&prepared.run)?;
    let comparison = action.cancel.child_token();
    let done = CancellationToken::new();
    let comparing = async {
        let tools =
            Tools { cache: &prepared.cache, progress: action.progress, cancel: &comparison };
        let report = Box::pin(compare(&prepared.question, &prepared.run, &tools)).await;
        done.cancel();
        report
    };
    let (report, withdrawn) =
        tokio::join!(comparing, watch(action, asked, commits, approval, &comparison, &done));
    // Nobody can reach into the container, and what comes now may fail.
    let kept = results::keep(action, &prepared.run);
    if let Some(refusal) = withdrawn {
        return Ok(Outcome::Withdrawn(refusal));
    }
    let mut report = report?;
    report.warnings.extend(commits.warning());
    // The last look before anything is said.
    let still = unless_cancelled(action.cancel, facts::still(&action.github, approval)).await?;
    if let Err(refusal) = still {
        return Ok(Outcome::Withdrawn(refusal));
    }
    let Config { on_inconclusive, image, .. } = prepared.question.config;
    let image = image.filter(|_| action.inputs.backend == BackendName::Kubernetes);
    let passes = passes(report.verdict, on_inconclusive);
    Ok(Outcome::Measured(Box::new(Measured { report, passes, image, kept })))
}

/// Everything that can be wrong comes to light here, before a cluster is asked for.
async fn prepare(action: &Action<'_>, commits: &Commits) -> Result<Prepared> {
    let cache = Cache::open(Some(&std::env::temp_dir().join("regression-action")))?;
    let repository = fetch(action, commits, cache.root()).await?;
    let base = repository.resolve(commits.base.sha.as_str())?;
    let head = repository.resolve(commits.head.sha.as_str())?;
    let config = config(&repository, &base, &action.config())?;
    let backend = backend(&Place::from(&action.inputs))?;
    let reproduce = format!("regression-action compare --base {} --head {}", base.sha, head.sha);
    let run = Run::begin(&base, &head, &cache)?;
    let question = Question { repository, config, base, head, backend, reproduce };
    Ok(Prepared { question, run, cache })
}

/// The config of the base: an author must not choose what judges them.
fn config(repository: &Repository, base: &Commit, path: &str) -> Result<Config> {
    let text = repository.read(base, path)?.with_context(|| {
        format!(
            "the base commit {} has no {path}; merge the config into the target branch first, for an \
             author must not choose what judges them",
            base.sha.short()
        )
    })?;
    let text = String::from_utf8(text).with_context(|| format!("{path} is not UTF-8 text"))?;
    Ok(Config::parse(&text, path)?)
}

async fn fetch(action: &Action<'_>, commits: &Commits, cache: &Path) -> Result<Repository> {
    let task = action.progress.task("fetching the commits");
    let remote = action.context.remote()?;
    let wanted = [commits.base.sha.clone(), commits.head.sha.clone()];
    let directory = cache.join("repository");
    let token = &action.token;
    let repository =
        source::fetch(&directory, &remote, token, &wanted, action.trust.as_ref()).await?;
    task.done("fetched");
    Ok(repository)
}
