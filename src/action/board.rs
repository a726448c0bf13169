//! The commit status of one run: what it says, within GitHub's limits.

use anyhow::Result;

use super::{key::Key, standing::link};
use crate::{
    github::{GitHub, LONGEST_DESCRIPTION, NewStatus, Status, StatusState},
    output,
    source::CommitSha,
};

/// Where a run writes how it goes: one context on one commit.
#[derive(Debug, Clone)]
pub(super) struct Board<'a> {
    pub(super) github: &'a GitHub,
    pub(super) sha: CommitSha,
    pub(super) context: String,
    /// Link to the run.
    pub(super) run: String,
    /// The comparison that this run claims.
    pub(super) key: Option<Key>,
}

impl Board<'_> {
    /// Writes a status; *fatal or warned*, as the caller chooses.
    pub(super) async fn write(&self, state: StatusState, text: &str) -> Result<()> {
        self.link(state, text, &self.run).await
    }

    /// Writes that the run ended without a verdict, unless another run has told one: that is not ours to
    /// take away.
    pub(super) async fn end(&self, text: &str) -> Result<()> {
        let statuses = self.github.statuses(&self.sha, &self.context).await?;
        let decided = |last: &Status| last.state.is_verdict() && link(last) != self.run;
        if statuses.first().is_some_and(decided) {
            return Ok(());
        }
        self.write(StatusState::Error, text).await
    }

    /// Whether nothing was said yet.
    pub(super) async fn is_blank(&self) -> Result<bool> {
        Ok(self.github.statuses(&self.sha, &self.context).await?.is_empty())
    }

    /// Writes a status that links to the run that measured.
    pub(super) async fn link(&self, state: StatusState, text: &str, run: &str) -> Result<()> {
        let status = NewStatus {
            state,
            description: description(text, self.key.as_ref()),
            target_url: Some(run.to_owned()),
            context: self.context.clone(),
        };
        self.github.post_status(&self.sha, &status).await?;
        Ok(())
    }
}

/// The text, cut so that the key's tag fits behind it.
fn description(text: &str, key: Option<&Key>) -> String {
    let tag = key.map(Key::tag).unwrap_or_default();
    // Room for the dots that tell of the cut.
    let room = LONGEST_DESCRIPTION - tag.len() - 3;
    output::excerpt(text, room) + &tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::BackendName;

    #[test]
    fn the_tag_stays_however_long_the_text() {
        let key = Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]);
        let text = description(&"ä".repeat(500), Some(&key));
        assert_eq!(text.chars().count(), LONGEST_DESCRIPTION);
        assert!(text.ends_with(&key.tag()), "{text}");
        assert_eq!(description("two\nlines", None), "two lines");
    }
}
