//! Two commits -> the commits between them in the order in which one was built on the other: along
//! first parents, and then inside one merge.  Merge, squash and rebase histories alike.
//!
//! Only git's plumbing is run, so that no `log.*` setting changes what is read; replacement objects
//! and grafts, which are local to one clone, do not count.

mod origin;
mod paths;
mod refusal;
mod touched;
mod walk;

use anyhow::{Result, bail, ensure};
use schemars::JsonSchema;
use serde::Serialize;

pub use origin::Author;
pub use touched::Touched;
pub(crate) use touched::is_aside;

use super::{Commit, CommitSha, Repository};

/// Commits in a row; the first is known, what made things worse is among the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// The oldest first, two at least.  Of [`Repository::line`] each is the first parent of the next.
    pub commits: Vec<LineCommit>,
    /// The commit that was given as good, if it is not on the line itself but came by a merge; the
    /// line then starts at the newest commit on it that is in the history of this one.
    pub off_line: Option<Commit>,
    /// The merge that brought the commits in, of [`Repository::inside`].
    pub merge: Option<CommitSha>,
    /// Nothing in the history of these is asked about.
    #[serde(skip)]
    known: Vec<CommitSha>,
    /// Paths that decide which image a commit needs.
    #[serde(skip)]
    requirements: Vec<String>,
}

/// One commit of a [`Line`].  Texts are as their author wrote them: hostile perhaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LineCommit {
    /// Its name and subject.
    pub commit: Commit,
    /// More than one for a merge; none for a root.
    pub parents: Vec<CommitSha>,
    /// What it changes compared with its first parent.
    pub touched: Touched,
    /// Who wrote it.
    pub author: Author,
    /// When it was committed, in seconds since 1970.
    pub at: i64,
    /// The pull request that it says to come from.
    pub pull: Option<u64>,
}

impl Repository {
    /// The first-parent line from `good` to `bad`, both included.  `requirements` are paths from the
    /// root, of files or directories, that decide the image.
    ///
    /// Fails with the remedy if `good` is not in the history of `bad`, or the clone lacks a part.
    pub fn line(&self, good: &Commit, bad: &Commit, requirements: &[String]) -> Result<Line> {
        ensure!(
            good.sha != bad.sha,
            "good and bad are the same commit {}; give an older commit as good",
            good.sha.short()
        );
        let known = vec![good.sha.clone()];
        let mut commits = walk::first_parents(self, &bad.sha, &known)?;
        let start = commits.first().and_then(|oldest| oldest.parents.first()).cloned();
        let on_line = start.as_ref() == Some(&good.sha);
        if !on_line {
            refusal::unless_ancestor(self, good, bad)?;
        }
        refusal::if_cut(self, good, bad)?;
        let Some(start) = start else { bail!(refusal::no_start(good, bad)) };
        commits.insert(0, walk::single(self, &start)?);
        paths::fill(self, &mut commits, requirements)?;
        let off_line = (!on_line).then(|| good.clone());
        Ok(Line { commits, off_line, merge: None, known, requirements: requirements.to_vec() })
    }

    /// What the merge at `index` of `line` brought in: its first parent (known), the other branch's own
    /// commits along their first parents, and the merge itself.  `None` if it is no merge, brought
    /// nothing new, is the line's start, or is the merge whose inside the line is.
    ///
    /// The first of the branch's commits is not built on the first parent, but on what both share.
    pub fn inside(&self, line: &Line, index: usize) -> Result<Option<Line>> {
        let opened = |step: &&LineCommit| line.merge.as_ref() == Some(&step.commit.sha);
        let Some(merge) = line.commits.get(index).filter(|step| index > 0 && !opened(step)) else {
            return Ok(None);
        };
        let (first, second) = match merge.parents.as_slice() {
            [first, second] => (first, second),
            [] | [_] => return Ok(None),
            [first, others @ ..] => bail!(refusal::octopus(&merge.commit, first, others)),
        };
        let known = [line.known.as_slice(), std::slice::from_ref(first)].concat();
        let mut commits = walk::first_parents(self, second, &known)?;
        if commits.is_empty() {
            return Ok(None);
        }
        commits.insert(0, walk::single(self, first)?);
        paths::fill(self, &mut commits, &line.requirements)?;
        commits.push(merge.clone());
        Ok(Some(Line {
            commits,
            off_line: None,
            merge: Some(merge.commit.sha.clone()),
            known,
            requirements: line.requirements.clone(),
        }))
    }

    /// Whether any of `paths` (from the root, files or directories, taken literally) differs between
    /// two commits, in content or in kind.
    pub fn differ(&self, a: &Commit, b: &Commit, paths: &[String]) -> Result<bool> {
        paths::differ(self, &a.sha, &b.sha, paths)
    }
}
