//! Trainings of an interrupted run of the same, in the cache: where it was, this one goes on.

use anyhow::Result;

use super::{Keys, Question};
use crate::{
    experiment::{
        Tools,
        measure::{Role, UnfinishedTrainings},
    },
    hex::name_of,
    output::count,
};

/// Where they are below the cache.
pub(crate) const UNFINISHED: &str = "unfinished";

/// Bytes of names.
const BYTES: usize = 16;

/// Which trainings are forgotten, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// Those of these sides at the beginning.
    pub afresh: &'static [Role],
    /// Those of these sides when the answer is there; what is left serves the next question.
    pub done: &'static [Role],
}

/// What is there, and told; none if nothing is to be.
pub(super) fn open(
    question: &Question,
    keys: &Keys,
    tools: &Tools<'_>,
) -> Result<Option<UnfinishedTrainings>> {
    let Some(Resume { afresh, .. }) = question.resume else { return Ok(None) };
    let directory = tools.cache.directory(UNFINISHED)?;
    let watch = &question.differences.watch;
    let watched = watch.files.iter().chain(&watch.aside).map(String::as_str);
    let watched = name_of("watched 1", watched, BYTES);
    // Of this clone: another's may be in the middle of the same.
    let root = question.repository.root().to_string_lossy();
    let name = |key: &String| name_of("unfinished 1", [&*root, key.as_str()], BYTES);
    let (base, head) = (name(&keys.base), name(&keys.head));
    let unfinished = || UnfinishedTrainings::open(&directory, (&base, &head), watched.clone());
    let mut found = unfinished()?;
    if !afresh.is_empty() {
        afresh.iter().try_for_each(|role| found.forget(*role))?;
        found = unfinished()?;
    }
    if !found.is_empty() {
        let trainings = count(found.len(), "training");
        let told = "that ended before this run are not made again (--fresh makes all anew)";
        tools.progress.say(format!("resuming: {trainings} {told}"));
    }
    Ok(Some(found))
}

/// The question is answered.
pub(super) fn close(question: &Question, found: Option<&UnfinishedTrainings>) -> Result<()> {
    let (Some(Resume { done, .. }), Some(found)) = (question.resume, found) else { return Ok(()) };
    done.iter().try_for_each(|role| found.forget(*role))
}
