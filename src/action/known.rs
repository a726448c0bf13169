//! An answer that another run found for the same comparison.

use super::standing::link;
use crate::{
    clients::github::{Status, StatusState},
    git::CommitSha,
    output,
    verdict::Verdict,
};

/// A verdict from evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownVerdict {
    pub(super) verdict: Verdict,
    /// Whether the config lets that verdict pass.
    pub(super) passes: bool,
    pub(super) reason: String,
    /// Link to the run that measured.
    pub(super) run: String,
    /// The commit that it measured; its tree is the same.
    pub(super) sha: CommitSha,
}

impl KnownVerdict {
    /// What a final status of ours says.
    pub(super) fn of_status(status: &Status, sha: &CommitSha) -> Option<Self> {
        let passes = match status.state {
            StatusState::Success => true,
            StatusState::Failure => false,
            StatusState::Error | StatusState::Pending => return None,
        };
        let (word, rest) = status.description.as_deref()?.split_once(": ")?;
        let verdict = Verdict::parse(word)?;
        let reason = rest.rsplit_once(" [").map_or(rest, |(reason, _)| reason).to_owned();
        Some(Self { verdict, passes, reason, run: link(status).to_owned(), sha: sha.clone() })
    }

    /// What the commit status has to say.
    pub(super) fn state(&self) -> StatusState {
        if self.passes { StatusState::Success } else { StatusState::Failure }
    }

    /// As people read it.
    pub(super) fn markdown(&self) -> String {
        format!(
            "## {}: {}\n\nMeasured by {} on `{}`, which trains the same; nothing was trained again.\n",
            self.verdict.word(),
            output::literal(&self.reason),
            output::link("this run", &self.run).as_deref().unwrap_or("another run"),
            self.sha.short(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both come from a status, which in the end somebody wrote.
    #[test]
    fn what_another_run_told_is_text_and_a_link() {
        let known = |run: &str| KnownVerdict {
            verdict: Verdict::Pass,
            passes: true,
            reason: "fine | [x](y) @all".to_owned(),
            run: run.to_owned(),
            sha: CommitSha::parse(&"a".repeat(40)).unwrap(),
        };
        let told = known("https://github.com/a/b/actions/runs/7").markdown();
        assert!(told.contains("by [this run](https://github.com/a/b/actions/runs/7) on"), "{told}");
        let told = known("https://github.com/7) ![x](https://mallory.dev/|`").markdown();
        let end = told.split_once("[this run](").unwrap().1;
        assert!(
            end.starts_with("https://github.com/7%29%20![x]%28https://mallory.dev/%7C%60) on"),
            "{told}"
        );
        assert!(told.starts_with("## pass: fine \\| \\[x\\](y) @\u{200d}all\n"), "{told}");
        assert!(known("javascript:x").markdown().contains("by another run on"));
    }
}
