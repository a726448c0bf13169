//! What the action remembers: the tracker, the history, the last release, and whether head is merged.

use std::path::Path;

use anyhow::Result;

use super::{Action, commits::Commits};
use crate::{
    action::gate::Approval,
    cli::setup::{self, tracker},
    compare::{Memory, Release},
    config::Config,
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
        let branch = |name: &str| {
            Ok(HistoryBranch {
                // Its own, because its lock knows nothing of that of the commits.
                directory: cache.join("history"),
                remote: self.context.remote()?,
                token: Some(self.token.clone()),
                name: name.to_owned(),
                trust: self.trust.clone(),
            })
        };
        setup::history(config, self.trust.as_ref(), &self.context.workspace, branch)
    }

    /// The last release; *best effort*, because nothing depends on it.
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
