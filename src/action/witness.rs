//! Whether the runs that wrote statuses may speak: what they found counts only if nobody could forge it.
//!
//! A status of a name can be written by every workflow of the repository, also by one that a pull request
//! brings along, under the one account `github-actions[bot]`.  So what that account wrote counts only with a
//! [proof](super::seal) that it was we.  Where nothing is secret by which one could be made, it counts if it links
//! to a run of our own workflow's file as it is on the default branch; whoever may push can write such a link, as
//! they can write the status that branch protection asks for.  An account of one's own, such as an app's, vouches
//! by itself.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{
    Action,
    board::Board,
    key::Key,
    standing::{is_of, link},
};
use crate::{
    clients::github::{Status, WorkflowRun, is_every_workflow},
    git::CommitSha,
};

/// Runs that are looked at for one comparison.
const MOST: usize = 10;

/// Runs that were looked at.
pub(super) struct RunWitness<'a> {
    action: &'a Action<'a>,
    board: &'a Board<'a>,
    /// Who we are.
    pub(super) viewer: &'a str,
    /// Name of the default branch.
    branch: &'a str,
    /// By link: whether a verdict of that run counts.
    vouched: BTreeMap<String, bool>,
    /// Whether it was told that something is not proved.
    doubted: bool,
}

impl<'a> RunWitness<'a> {
    pub(super) fn new(
        action: &'a Action<'a>,
        board: &'a Board<'a>,
        viewer: &'a str,
        branch: &'a str,
    ) -> Self {
        Self { action, board, viewer, branch, vouched: BTreeMap::new(), doubted: false }
    }

    /// Without the statuses of one comparison on a commit that do not count: without a proof, by runs that
    /// may not speak, and claims of runs that have ended.
    pub(super) async fn heard(
        &mut self,
        statuses: Vec<Status>,
        key: &Key,
        sha: &CommitSha,
    ) -> Result<Vec<Status>> {
        let statuses = self.proved(statuses, key, sha);
        let mut runs: BTreeMap<&str, bool> = BTreeMap::new();
        for status in statuses.iter().filter(|status| is_of(status, key)) {
            if runs.len() < MOST || runs.contains_key(link(status)) {
                *runs.entry(link(status)).or_default() |= status.state.is_verdict();
            }
        }
        let mut heard = Vec::new();
        for (run, judged) in runs {
            // Nobody is waited for whose answer would not count.
            let counts = self.vouches(run).await? && (judged || self.goes_on(run).await?);
            heard.extend(counts.then(|| run.to_owned()));
        }
        let counts =
            |status: &Status| !is_of(status, key) || heard.iter().any(|run| run == link(status));
        Ok(statuses.into_iter().filter(counts).collect())
    }

    fn proved(&mut self, statuses: Vec<Status>, key: &Key, sha: &CommitSha) -> Vec<Status> {
        let counts = |status: &Status| !is_of(status, key) || self.board.knows(status, sha);
        let (counting, doubtful): (Vec<_>, Vec<_>) = statuses.into_iter().partition(counts);
        if let Some(status) = doubtful.first().filter(|_| !self.doubted) {
            self.doubted = true;
            self.action.progress.say(format!(
                "the verdict of {} does not count: nothing proves that it was written with this run's \
                 credential; measuring again",
                link(status)
            ));
        }
        counting
    }

    async fn vouches(&mut self, run: &str) -> Result<bool> {
        let proved = self.board.seal.is_some() || run == self.action.context.run_url();
        if proved || !is_every_workflow(self.viewer) {
            return Ok(true);
        }
        if let Some(known) = self.vouched.get(run) {
            return Ok(*known);
        }
        let found = self.run(run).await?;
        let context = &self.action.context;
        let counts = found
            .as_ref()
            .zip(context.workflow())
            .is_some_and(|(found, file)| found.is_of(file, self.branch, &context.repository));
        if !counts {
            self.action.progress.say(why(run, found.as_ref()));
        }
        self.vouched.insert(run.to_owned(), counts);
        Ok(counts)
    }

    /// Whether a run that claims has not ended, as far as we may know.
    async fn goes_on(&self, run: &str) -> Result<bool> {
        Ok(!self.run(run).await?.is_some_and(|run| run.is_over()))
    }

    async fn run(&self, link: &str) -> Result<Option<WorkflowRun>> {
        Ok(match self.action.context.run_of(link) {
            Some(id) => self.action.github.workflow_run(id).await?,
            None => None,
        })
    }
}

fn why(run: &str, found: Option<&WorkflowRun>) -> String {
    let why = match found {
        Some(found) => format!(
            "it ran on `{}`, where a pull request can change the workflow (examples/approval.yml cannot be \
             changed so; or let an app write the statuses)",
            found.event
        ),
        None => "it cannot be read (`permissions: actions: read`)".to_owned(),
    };
    format!("what {run} measured does not count: {why}")
}
