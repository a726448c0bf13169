//! What the action remembers: the tracker, the history, the last release, and whether head is merged.

use std::path::Path;

use anyhow::Result;

use super::{Action, commits::Commits};
use crate::{
    action::gate::Approval,
    cli::setup::{in_tracker, tracker},
    compare::{Memory, Release},
    config::{Config, HistoryStore},
    experiment::history::{History, HistoryBranch},
};

impl Action<'_> {
    /// What a comparison of this action remembers.
    pub(super) async fn memory(
        &self,
        config: &Config,
        approval: &Approval,
        commits: &Commits,
        cache: &Path,
    ) -> Result<Memory> {
        let tracker = tracker(config, self.trust.as_ref())?;
        let history = self.history(config, cache)?;
        let release = if history.is_some() { self.release().await } else { None };
        let head_is_main = history.is_some() && self.is_merged(approval, commits).await?;
        let pull = approval.pull().map(|pull| pull.0);
        let trusts_head = head_is_main;
        Ok(Memory { history, tracker, release, head_is_main, trusts_head, pull })
    }

    /// Past readings of the default branch.
    pub(super) fn history(&self, config: &Config, cache: &Path) -> Result<Option<History>> {
        Ok(match config.history.as_ref().map(|settings| &settings.store) {
            None => None,
            Some(HistoryStore::Directory(path)) => Some(History::directory(path)),
            Some(HistoryStore::Branch(name)) => Some(History::branch(HistoryBranch {
                // Its own, for its lock knows nothing of that of the commits.
                directory: cache.join("history"),
                remote: self.context.remote()?,
                token: Some(self.token.clone()),
                name: name.clone(),
                trust: self.trust.clone(),
            })?),
            Some(HistoryStore::Mlflow) => Some(in_tracker(config, self.trust.as_ref())?),
        })
    }

    /// The last release; *best effort*, for nothing depends on it.
    async fn release(&self) -> Option<Release> {
        let tag = self.github.latest_release().await.ok().flatten()?;
        let sha = self.github.tag(&tag).await.ok()?.sha;
        Some(Release { tag, sha })
    }

    /// Whether head is on the default branch, so that its readings are part of its history.  A head
    /// that has a pull request is not, whatever anybody says.
    async fn is_merged(&self, approval: &Approval, commits: &Commits) -> Result<bool> {
        if approval.pull().is_some() {
            return Ok(false);
        }
        Ok(self.github.holds(&commits.judge.sha, &commits.head.sha).await?)
    }
}
