//! The commit status of one run: what it says, within GitHub's limits.

use anyhow::Result;

use super::{
    key::{self, Key},
    seal::{Seal, StatusText, TAG},
    standing::{by, link},
};
use crate::{
    clients::github::{GitHub, LONGEST_DESCRIPTION, NewStatus, Status, StatusState, fit},
    git::CommitSha,
    output,
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
    /// What proves that a status is ours; none: the account that writes it, or nothing does.
    pub(super) seal: Option<Seal>,
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
        self.github.post_status(&self.sha, &self.status(state, text, run)).await?;
        Ok(())
    }

    fn status(&self, state: StatusState, text: &str, run: &str) -> NewStatus {
        let seal = self.key.as_ref().and(self.seal.as_ref());
        let text = description(text, self.key.as_ref(), seal.map_or(0, |_| TAG + 1));
        let tag = seal.map(|seal| seal.tag(&self.told(&self.sha, state, &text, run)));
        NewStatus {
            state,
            description: tag.map_or_else(|| text.clone(), |tag| key::with_tag(&text, &tag)),
            target_url: Some(run.to_owned()),
            context: self.context.clone(),
        }
    }

    /// Whether a status of this context on a commit was written by a run of ours, as far as there is a proof.
    pub(super) fn knows(&self, status: &Status, sha: &CommitSha) -> bool {
        let Some(seal) = &self.seal else { return true };
        let tagged = status.description.as_deref().and_then(key::without_tag);
        tagged.is_some_and(|(text, tag)| {
            seal.knows(tag, &self.told(sha, status.state, &text, link(status)))
        })
    }

    /// Whether a commit passed, whatever it was compared with, by its statuses of this context, newest first.  Of an
    /// account that writes for us alone the last word counts.  Where others write as it, only what has our proof
    /// does, and all of that: anybody can tell a good one again.
    pub(super) fn passed(&self, statuses: &[Status], sha: &CommitSha, writer: &str) -> bool {
        let mut ours = by(statuses, writer);
        let good = |status: &Status| status.state == StatusState::Success;
        if self.seal.is_none() {
            return ours.next().is_some_and(good);
        }
        let told = ours.filter(|status| status.state.is_verdict() && self.knows(status, sha));
        let verdicts: Vec<bool> = told.map(good).collect();
        !verdicts.is_empty() && verdicts.into_iter().all(|good| good)
    }

    fn told<'a>(
        &'a self,
        sha: &'a CommitSha,
        state: StatusState,
        text: &'a str,
        run: &'a str,
    ) -> StatusText<'a> {
        let (repository, context) = (self.github.repository(), self.context.as_str());
        StatusText { repository, sha, context, state, text, run }
    }
}

/// The text, cut so that the key and so many characters fit behind it.
fn description(text: &str, key: Option<&Key>, behind: usize) -> String {
    let key = key.map(Key::mark).unwrap_or_default();
    // Room for the dots that tell of the cut.
    let room = LONGEST_DESCRIPTION - key.len() - behind - 3;
    fit(&(output::excerpt(text, room) + &key))
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::*;
    use crate::{action::inputs::Inputs, cli::BackendName, clients::github::Account};

    const RUN: &str = "https://github.com/acme/model/actions/runs/7";

    fn github(repository: &str) -> GitHub {
        let (api, token) = (Url::parse("https://api.github.com").unwrap(), "token".into());
        GitHub::new(&api, &token, repository.parse().unwrap(), None).unwrap()
    }

    /// Where runs write that have this secret.
    fn board<'a>(github: &'a GitHub, secret: &str) -> Board<'a> {
        let inputs = Inputs {
            backend: BackendName::Ray,
            ray_token: Some(secret.into()),
            ..Inputs::default()
        };
        Board {
            github,
            sha: CommitSha::parse(&"a".repeat(40)).unwrap(),
            context: "regression / verdict".to_owned(),
            run: RUN.to_owned(),
            key: Some(Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[])),
            seal: Seal::of_inputs(&inputs).unwrap(),
        }
    }

    /// As GitHub lists it.
    fn listed(new: NewStatus) -> Status {
        let NewStatus { state, description, target_url, context } = new;
        let (creator, created_at) = (None, "2026-11-29T12:00:00Z".to_owned());
        let description = Some(fit(&description));
        Status { id: 1, state, description, target_url, context, creator, created_at }
    }

    #[tokio::test]
    async fn the_key_and_the_tag_stay_however_long_the_text() {
        let github = github("acme/model");
        let mut board = board(&github, &"s".repeat(64));
        let mark = board.key.as_ref().unwrap().mark();
        for text in ["ä".repeat(500), format!("a\n b{}\u{1f600}\tc [d] e.f]", "x".repeat(90))] {
            let status = listed(board.status(StatusState::Success, &text, RUN));
            let told = status.description.clone().unwrap();
            assert!(told.chars().count() <= LONGEST_DESCRIPTION, "{told}");
            assert!(board.key.as_ref().unwrap().is_in(&told), "{told}");
            assert!(board.knows(&status, &board.sha), "{told}");
        }
        board.seal = None;
        let bare = board.status(StatusState::Success, &"ä".repeat(500), RUN).description;
        assert!(bare.chars().count() == LONGEST_DESCRIPTION && bare.ends_with(&mark), "{bare}");
        board.key = None;
        assert_eq!(board.status(StatusState::Success, "two\nlines", RUN).description, "two lines");
    }

    /// Whoever may write statuses copies a true one, or changes what it says.
    #[tokio::test]
    async fn only_what_we_wrote_there_is_known() {
        let secret = "s".repeat(64);
        let (here, elsewhere) = (github("acme/model"), github("acme/other"));
        let ours = board(&here, &secret);
        let status = listed(ours.status(StatusState::Success, "pass: 0.9", RUN));
        assert!(ours.knows(&status, &ours.sha));
        let other_sha = CommitSha::parse(&"b".repeat(40)).unwrap();
        assert!(!ours.knows(&status, &other_sha), "copied to another commit");
        let speed = Board { context: "regression / speed".to_owned(), ..ours.clone() };
        assert!(!speed.knows(&status, &ours.sha), "copied to another context");
        assert!(!board(&elsewhere, &secret).knows(&status, &ours.sha), "to another repository");
        assert!(!board(&here, &"t".repeat(64)).knows(&status, &ours.sha), "with another secret");
        let words = status.description.clone().unwrap();
        let said = |words: &str| Status { description: Some(words.to_owned()), ..status.clone() };
        let red = listed(ours.status(StatusState::Failure, "regressed: 0.1", RUN));
        for forged in [
            Status { state: StatusState::Success, ..red },
            said(&words.replace("0.9", "1.0")),
            said(&words.replace("pass", "inconclusive")),
            said(&format!("pass: 0.9{}", ours.key.as_ref().unwrap().mark())),
            said(""),
            Status { target_url: None, ..status.clone() },
            Status { target_url: Some(format!("{RUN}1")), ..status.clone() },
            Status { description: None, ..status.clone() },
        ] {
            assert!(!ours.knows(&forged, &ours.sha), "{forged:?}");
        }
        let unproved = Board { seal: None, ..ours.clone() };
        assert!(unproved.knows(&said("pass: 0.9"), &ours.sha), "where nothing proves");
    }

    const WRITER: &str = "github-actions[bot]";

    fn by_writer(status: Status) -> Status {
        let creator = Some(Account { login: WRITER.to_owned(), kind: "Bot".to_owned() });
        Status { creator, ..status }
    }

    #[tokio::test]
    async fn of_an_account_of_our_own_the_last_word_counts() {
        use StatusState::{Failure, Pending, Success};
        let github = github("acme/model");
        let board = Board { seal: None, ..board(&github, "") };
        let said = |state| by_writer(listed(board.status(state, "words", RUN)));
        let stranger = |state| Status { creator: None, ..said(state) };
        let passed = |told: &[Status]| board.passed(told, &board.sha, "GitHub-Actions[bot]");
        assert!(passed(&[said(Success), said(Pending), said(Failure)]));
        assert!(passed(&[stranger(Failure), said(Success)]));
        let (taken_back, redder) = ([said(Pending), said(Success)], [said(Failure), said(Success)]);
        let not_ours = [stranger(Success), said(Failure)];
        let none: [Status; 0] = [];
        for not in [&taken_back[..], &redder, &not_ours, &none] {
            assert!(!passed(not), "{not:?}");
        }
    }

    /// Whoever may push writes as the same account, and tells again what was told once.
    #[tokio::test]
    async fn of_an_account_of_everybody_only_what_is_proved_counts() {
        use StatusState::{Failure, Pending, Success};
        let github = github("acme/model");
        let (ours, theirs) = (board(&github, &"s".repeat(64)), board(&github, &"t".repeat(64)));
        let of = |board: &Board<'_>, state| by_writer(listed(board.status(state, "words", RUN)));
        let passed = |told: &[Status]| ours.passed(told, &ours.sha, WRITER);
        let (good, bad) = (of(&ours, Success), of(&ours, Failure));
        assert!(passed(&[of(&theirs, Failure), good.clone(), of(&ours, Pending)]));
        for not in [&[of(&theirs, Success)][..], &[good.clone(), bad], &[of(&ours, Pending)], &[]] {
            assert!(!passed(not), "{not:?}");
        }
        let elsewhere = CommitSha::parse(&"b".repeat(40)).unwrap();
        assert!(!ours.passed(&[good], &elsewhere, WRITER), "copied to another commit");
    }
}
