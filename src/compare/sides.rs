//! What base and head are compared as.  A head that lacks commits of base stands for what merging it would
//! make, so that what base gained meanwhile counts neither for it nor against it.

use anyhow::Result;

use crate::{
    git::{Commit, Merge, Repository},
    output::first_few,
    report::Merged,
};

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// What is compared with.
    pub base: Commit,
    /// What is judged.
    pub head: Commit,
    /// What is trained in head's place, where head lacks commits of base.
    pub merge: Option<(Commit, Merged)>,
}

/// Where head left base, and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The last commit that both hold.
    pub at: Commit,
    /// What people call base.
    pub into: String,
    /// Commits of base that head lacks, one at least.
    pub behind: u64,
}

impl Sides {
    /// Both as they are.
    pub fn plain(base: Commit, head: Commit) -> Self {
        Self { base, head, merge: None }
    }

    /// One commit alone, which is measured and compared with nothing.
    pub fn one(commit: Commit) -> Self {
        Self::plain(commit.clone(), commit)
    }

    /// Whether there is one commit alone.  A comparison of a commit with itself comes to no training.
    pub(super) fn is_one(&self) -> bool {
        self.base == *self.trained()
    }

    /// Head as what merging it into base would make; or the files in conflict.
    pub fn merging(
        repository: &Repository,
        base: &Commit,
        head: &Commit,
        parting: &Parting,
    ) -> Result<Result<Self, Vec<String>>> {
        let commit = match repository.merge(base, head, &parting.at)? {
            Merge::Made(commit) => commit,
            Merge::Conflicts(files) => return Ok(Err(files)),
        };
        let Parting { into, behind, .. } = parting.clone();
        let merged = Merged { into, behind, tree: repository.tree(&commit)? };
        let (base, head) = (base.clone(), head.clone());
        Ok(Ok(Self { base, head, merge: Some((commit, merged)) }))
    }

    /// How many commits are trained.
    pub(super) fn count(&self) -> usize {
        if self.is_one() { 1 } else { 2 }
    }

    /// What merging head would make, where that was done.
    pub fn merged(&self) -> Option<&Merged> {
        self.merge.as_ref().map(|(_, merged)| merged)
    }

    /// The commit whose files head's trainings have.
    pub fn trained(&self) -> &Commit {
        self.merge.as_ref().map_or(&self.head, |(commit, _)| commit)
    }
}

impl Parting {
    /// The name by which base was asked for, or a few digits where that was all of them.
    pub fn of(at: Commit, name: &str, base: &Commit, behind: u64) -> Self {
        let digits = name == base.sha.as_str();
        let into = if digits { base.sha.short().to_owned() } else { name.to_owned() };
        Self { at, into, behind }
    }

    /// Why head cannot be merged.
    pub fn conflict(&self, head: &Commit, files: &[String]) -> String {
        let at = if files.is_empty() {
            "in no single file".to_owned()
        } else {
            format!("in {}", first_few(files))
        };
        format!("{} conflicts with `{}` {at}", head.sha.short(), self.into)
    }

    /// Why nobody can tell by one commit what merging head would make.
    pub fn crossing(&self, head: &Commit) -> String {
        format!(
            "{} and `{}` part at several commits because both have merged the same branches before",
            head.sha.short(),
            self.into
        )
    }

    /// Why where head left base is no base itself.
    pub fn off_the_line(&self, head: &Commit, line: &str) -> String {
        let (short, at) = (head.sha.short(), self.at.sha.short());
        format!("{short} branched off at {at}, which is not on the first parents of `{line}`")
    }

    /// What a reader should know where head is compared with the commit at which it left base.
    pub fn left_out(&self, head: &Commit) -> String {
        format!(
            "{} lacks the last {} commits of `{}`; it is compared with {}, where it branched off",
            head.sha.short(),
            self.behind,
            self.into,
            self.at.sha.short()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::CommitSha;

    fn commit(digit: &str) -> Commit {
        let sha = CommitSha::parse(&digit.repeat(40)).unwrap();
        Commit { sha, subject: String::new() }
    }

    #[test]
    fn a_conflict_names_the_files() {
        let parting = Parting::of(commit("a"), "main", &commit("b"), 3);
        let told = |files: &[&str]| {
            let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
            parting.conflict(&commit("c"), &files)
        };
        assert_eq!(told(&["a.py", "b.py"]), "ccccccc conflicts with `main` in a.py and b.py");
        assert_eq!(told(&[]), "ccccccc conflicts with `main` in no single file");
    }

    #[test]
    fn all_digits_are_told_in_short() {
        let digits = "b".repeat(40);
        assert_eq!(Parting::of(commit("a"), &digits, &commit("b"), 1).into, "bbbbbbb");
        assert_eq!(Parting::of(commit("a"), "v1", &commit("b"), 1).into, "v1");
    }
}
