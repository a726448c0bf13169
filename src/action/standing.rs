//! What the statuses of a commit say about a comparison: answered, under way by another run, or ours
//! to do.  Pure.
//!
//! A run claims a comparison by a pending status that ends with the comparison's key and links to the
//! run.  GitHub numbers statuses as they come, so of several claims the lowest number is the first,
//! and all runs agree on whose it is.

use std::collections::BTreeMap;

use super::key::Key;
use crate::clients::github::{Status, StatusState};

/// How a comparison stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClaimState<'a> {
    /// A run finished it; of several, whichever says the worse.
    Answered(&'a Status),
    /// Another run was first; its last status says how far it is.
    Claimed(&'a Status),
    /// Our claim is the first.
    Ours,
    /// Nobody claims it.
    Free,
}

/// Reads the statuses of one context, newest first.  Only those by `writer` count; runs that are
/// `dead` have no claims.
pub(super) fn standing<'a>(
    statuses: &'a [Status],
    key: &Key,
    run: &str,
    writer: &str,
    dead: &[String],
) -> ClaimState<'a> {
    let newest_first: Vec<&Status> = by(statuses, writer).collect();
    let ended = |status: &&&Status| is_of(status, key) && status.state.is_verdict();
    // Not the newest: whoever may write statuses may write an old one again.
    let answers = newest_first.iter().filter(ended);
    if let Some(answer) = answers.min_by_key(|status| status.state == StatusState::Success) {
        return ClaimState::Answered(answer);
    }
    match first(&newest_first, key, dead) {
        None => ClaimState::Free,
        Some(last) if link(last) == run => ClaimState::Ours,
        Some(last) => ClaimState::Claimed(last),
    }
}

/// Those that `writer` wrote.
pub(super) fn by<'a>(statuses: &'a [Status], writer: &str) -> impl Iterator<Item = &'a Status> {
    statuses.iter().filter(move |status| {
        status.creator.as_ref().is_some_and(|by| by.login.eq_ignore_ascii_case(writer))
    })
}

/// The last status of the run that claimed first and still goes on.  Whatever a run writes last that is
/// no claim ends its claim: an error, or that it was stopped.
fn first<'a>(newest_first: &[&'a Status], key: &Key, dead: &[String]) -> Option<&'a Status> {
    let mut runs: BTreeMap<&str, (&Status, &Status)> = BTreeMap::new();
    for status in newest_first {
        let (_, claim) = runs.entry(link(status)).or_insert((status, status));
        if is_of(status, key) {
            *claim = status;
        }
    }
    let goes_on = |last: &Status| {
        let claims = last.state == StatusState::Pending && is_of(last, key);
        claims && !dead.iter().any(|run| run == link(last))
    };
    let living = runs.into_values().filter(|(last, _)| goes_on(last));
    living.min_by_key(|(_, claim)| claim.id).map(|(last, _)| last)
}

/// Whether a status is of a comparison.
pub(super) fn is_of(status: &Status, key: &Key) -> bool {
    status.description.as_deref().is_some_and(|text| key.is_in(text))
}

/// The run that wrote a status.
pub(super) fn link(status: &Status) -> &str {
    status.target_url.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::BackendName;
    use crate::clients::github::Account;

    const WRITER: &str = "github-actions[bot]";

    fn key() -> Key {
        Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[])
    }

    fn status(id: u64, state: StatusState, run: &str) -> Status {
        Status {
            id,
            state,
            description: Some(format!("words{}", key().mark())),
            target_url: Some(run.to_owned()),
            context: "regression / verdict".to_owned(),
            creator: Some(Account { login: WRITER.to_owned(), kind: "Bot".to_owned() }),
            created_at: "2026-11-24T12:00:00Z".to_owned(),
        }
    }

    fn word(statuses: &[Status], dead: &[&str]) -> String {
        let dead: Vec<String> = dead.iter().map(|&run| run.to_owned()).collect();
        match standing(statuses, &key(), "us", WRITER, &dead) {
            ClaimState::Answered(status) => format!("answered by {}", link(status)),
            ClaimState::Claimed(status) => format!("{} of {}", status.id, link(status)),
            ClaimState::Ours => "ours".to_owned(),
            ClaimState::Free => "free".to_owned(),
        }
    }

    #[test]
    fn the_first_claim_counts_however_often_others_write() {
        use StatusState::Pending;
        let (ours, them) = (status(5, Pending, "us"), status(4, Pending, "them"));
        assert_eq!(word(&[ours.clone(), them.clone()], &[]), "4 of them");
        assert_eq!(
            word(&[status(6, Pending, "them"), ours.clone(), them.clone()], &[]),
            "6 of them"
        );
        assert_eq!(word(&[ours.clone(), them], &["them"]), "ours");
        assert_eq!(word(&[status(7, Pending, "them"), ours], &[]), "ours");
        assert_eq!(word(&[], &[]), "free");
    }

    #[test]
    fn an_error_ends_a_claim_and_a_verdict_ends_them_all() {
        use StatusState::{Error, Failure, Pending};
        let cancelled = [status(2, Error, "them"), status(1, Pending, "them")];
        assert_eq!(word(&cancelled, &[]), "free");
        let mut stopped = [status(2, Pending, "them"), status(1, Pending, "them")];
        stopped[0].description = Some("stopped: awaiting approval".to_owned());
        assert_eq!(word(&stopped, &[]), "free");
        let answered =
            [status(4, Pending, "us"), status(3, Failure, "them"), status(1, Pending, "them")];
        assert_eq!(word(&answered, &[]), "answered by them");
    }

    #[test]
    fn a_good_verdict_that_is_told_again_changes_nothing() {
        use StatusState::{Failure, Success};
        let told =
            [status(3, Success, "them"), status(2, Failure, "us"), status(1, Success, "them")];
        assert_eq!(word(&told, &[]), "answered by us");
        assert_eq!(word(&[told[0].clone(), status(1, Success, "x")], &[]), "answered by them");
    }

    #[test]
    fn strangers_and_other_keys_do_not_count() {
        let mut stranger = status(1, StatusState::Success, "them");
        stranger.creator = Some(Account { login: "mallory".to_owned(), kind: "User".to_owned() });
        let mut other = status(2, StatusState::Success, "them");
        other.description = Some("pass: words [00000000000000000000]".to_owned());
        assert_eq!(word(&[other, stranger], &[]), "free");
    }
}
