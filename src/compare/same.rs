//! Whether a training could tell base and head apart at all: if not, nothing is trained.

use std::time::Instant;

use anyhow::Result;

use super::{Question, Run};
use crate::{
    report::{Environments, Report, Times, Usage},
    source::{Commit, Repository},
    verdict::Verdict,
};

/// Why no training could tell base and head apart; none if one may.
pub(crate) fn same(
    repository: &Repository,
    (base, head): (&Commit, &Commit),
) -> Result<Option<String>> {
    let why = if base.sha == head.sha {
        "base and head are the same commit"
    } else if repository.tree(base)? == repository.tree(head)? {
        "base and head have the same tree"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("{why}: no training could tell them apart, and none was started")))
}

/// The report of a comparison that needs no training.
pub(super) fn untrained(question: &Question, run: &Run, why: &str, started: Instant) -> Report {
    let mut times = Times::default();
    times.complete(started, &[]);
    Report {
        schema: Report::SCHEMA,
        verdict: Verdict::Pass,
        reason: why.to_owned(),
        base: question.base.clone(),
        head: question.head.clone(),
        metrics: Vec::new(),
        observations: Vec::new(),
        cluster: String::new(),
        environments: Environments::default(),
        times,
        usage: Usage::default(),
        experiment_url: None,
        trend: Vec::new(),
        drift: None,
        stopped: None,
        hints: Vec::new(),
        cleanup: Vec::new(),
        warnings: Vec::new(),
        reproduce: question.reproduce.clone(),
        directory: run.directory.clone(),
    }
}
