//! Two commits and where they part -> the commit that their merge would make, or the files in conflict.
//!
//! `git merge-tree --write-tree` merges without a work tree.  It is given three commits of our own, made of
//! the trees alone, so that it needs no history (a shallow clone will do), no `--merge-base` (which came with
//! git 2.40), and yields the same name wherever it is asked.
//!
//! A stranger's `.gitattributes` may name a merge driver, which is a command where somebody's config defines
//! it.  So git runs in a bare repository of our own beside the objects: it reads no attributes of a tree, as
//! GitHub's own merges do not, and no config but the one that it has just written.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use super::{Commit, CommitSha, Repository, program, remote, warnings::shown};

/// Who makes the commits, and when: always the same, so that their names are.
pub(super) const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "regression-action"),
    ("GIT_AUTHOR_EMAIL", "regression-action@localhost"),
    ("GIT_AUTHOR_DATE", "946684800 +0000"),
    ("GIT_COMMITTER_NAME", "regression-action"),
    ("GIT_COMMITTER_EMAIL", "regression-action@localhost"),
    ("GIT_COMMITTER_DATE", "946684800 +0000"),
];

/// Git's exit code where it does not know an option.
const USAGE: i32 = 129;

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// The commit: head itself, if it holds base; else one that is on no branch and was never pushed.
    Made(Commit),
    /// The paths in conflict, made printable; none where what conflicts is no file, such as a renamed
    /// directory.
    Conflicts(Vec<String>),
}

impl Repository {
    /// Merges `head` into `base`; `parting` is the commit where they part.  Writes objects and nothing else:
    /// no branch, no index, no work tree.  The same commits yield the same commit.
    pub fn merge(&self, base: &Commit, head: &Commit, parting: &Commit) -> Result<Merge> {
        if parting.sha == base.sha {
            return Ok(Merge::Made(head.clone()));
        }
        let isolated = Bare::beside(self, base)?;
        isolated
            .merge(base, head, parting)
            .with_context(|| format!("cannot merge {} into {}", head.sha.short(), base.sha.short()))
    }

    /// How many commits of `base` are not in the history of `head`.
    pub fn behind(&self, head: &Commit, base: &Commit) -> Result<u64> {
        let range = format!("{}..{}", head.sha, base.sha);
        let count = program::stdout(self.git().args(["rev-list", "--count", &range, "--"]))?;
        Ok(str::from_utf8(&count)?.parse()?)
    }

    /// The commits where two part, in this clone's history: one, or several if both hold merges of the same
    /// branches; none if they share nothing here.
    pub fn merge_bases(&self, base: &Commit, head: &Commit) -> Result<Vec<Commit>> {
        let mut command = self.git();
        command.args(["merge-base", "--all", base.sha.as_str(), head.sha.as_str()]);
        let output = program::run(&mut command)?;
        let listed = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) => listed.lines().map(|sha| self.resolve(sha)).collect(),
            Some(1) => Ok(Vec::new()),
            _ => bail!("cannot tell where the commits part: {}", program::reason(&output.stderr)),
        }
    }
}

/// A bare repository of our own that has another's objects.
struct Bare {
    directory: TempDir,
    objects: PathBuf,
}

impl Bare {
    fn beside(repository: &Repository, commit: &Commit) -> Result<Self> {
        let objects = repository.git_path("objects")?;
        let directory = TempDir::new().context("cannot make a temporary directory")?;
        let mut init = remote::isolated(directory.path());
        init.args(["init", "--quiet", "--bare", "--template="]);
        if commit.sha.as_str().len() == 64 {
            init.arg("--object-format=sha256");
        }
        program::stdout(&mut init)?;
        Ok(Self { directory, objects })
    }

    fn git(&self) -> Command {
        let mut command = remote::isolated(self.directory.path());
        command.env("GIT_DIR", self.directory.path()).env("GIT_OBJECT_DIRECTORY", &self.objects);
        command.env("GIT_ATTR_NOSYSTEM", "1").envs(IDENTITY);
        command.args(["-c", "core.attributesFile=/dev/null"]);
        command
    }

    fn merge(&self, base: &Commit, head: &Commit, parting: &Commit) -> Result<Merge> {
        let part = self.commit(&tree_of(parting), &[], "parting")?;
        let ours = self.commit(&tree_of(base), &[&part], "base")?;
        let theirs = self.commit(&tree_of(head), &[&part], "head")?;
        let mut command = self.git();
        command.args(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]);
        let output = program::run(command.args([ours.as_str(), theirs.as_str()]))?;
        let mut parts = output.stdout.split(|&byte| byte == 0).filter(|part| !part.is_empty());
        let tree = parts.next().map(String::from_utf8_lossy).unwrap_or_default();
        match output.status.code() {
            Some(0) => {
                let subject = format!("Merge {} into {}", head.sha.short(), base.sha.short());
                let sha = self.commit(&tree, &[&base.sha, &head.sha], &subject)?;
                Ok(Merge::Made(Commit { sha, subject }))
            }
            Some(1) => Ok(Merge::Conflicts(parts.map(shown).collect())),
            code => Err(explain(code, &output.stderr)),
        }
    }

    fn commit(&self, tree: &str, parents: &[&CommitSha], message: &str) -> Result<CommitSha> {
        let mut command = self.git();
        command.args(["commit-tree", tree, "-m", message]);
        for parent in parents {
            command.args(["-p", parent.as_str()]);
        }
        CommitSha::parse(&String::from_utf8_lossy(&program::stdout(&mut command)?))
    }
}

fn tree_of(commit: &Commit) -> String {
    format!("{}^{{tree}}", commit.sha)
}

/// Why git did not merge.
fn explain(code: Option<i32>, stderr: &[u8]) -> anyhow::Error {
    if code == Some(USAGE) {
        return anyhow!(
            "only git 2.38 and newer tell what a merge would make: update git, rebase the branch, or set \
             `compare-with: merge-base` in the config"
        );
    }
    anyhow!("git failed: {}", program::reason(stderr))
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn an_old_git_is_told_what_to_do() {
        let usage = b"usage: git merge-tree <base-tree> <branch1> <branch2>";
        let told = explain(Some(129), usage).to_string();
        assert!(told.contains("git 2.38") && told.contains("compare-with: merge-base"), "{told}");
        assert_eq!(explain(Some(128), b"fatal: bad object").to_string(), "git failed: bad object");
    }
}
