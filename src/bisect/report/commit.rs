//! A commit in words.  Its subject and author are strangers' text.

use crate::{git::LineCommit, output::excerpt};

/// Longer subjects are cut.
const SUBJECT: usize = 72;

/// Seven digits.
pub(super) fn short(step: &LineCommit) -> String {
    step.commit.sha.short().to_owned()
}

/// Digits and subject.
pub(super) fn told(step: &LineCommit) -> String {
    format!("{} \"{}\"", short(step), excerpt(&step.commit.subject, SUBJECT))
}

/// Who wrote it, by pull request and login where the commit tells them.
pub(super) fn origin(step: &LineCommit) -> String {
    let author = excerpt(&step.author.name, SUBJECT);
    let login = step.author.login.as_ref().map(|login| format!(" ({login})")).unwrap_or_default();
    let pull = step.pull.map(|pull| format!(", pull request {pull}")).unwrap_or_default();
    format!("by {author}{login}{pull}")
}
