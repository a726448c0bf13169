//! A commit of a local git repository -> a deterministic zip for Ray's `working_dir`.
//! Takes a directory and a revision, yields a [`Commit`] and a [`Package`]; reads objects only, never
//! the work tree or the index, writes those of a merge that is tried, and runs nothing that the repository
//! configures.

mod archive;
mod code;
mod content;
mod fetch;
mod files;
mod line;
mod links;
mod listed;
mod members;
mod merge;
mod objects;
mod package;
pub(crate) mod program;
pub(crate) mod remote;
mod revision;
mod stream;
mod tree;
mod warnings;
mod work_tree;
mod work_tree_files;

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use code::Code;
pub use content::Content;
pub use fetch::{fetch, fetch_files, fetch_history};
pub use files::CommitFiles;
pub(crate) use line::is_aside;
pub use line::{Author, Line, LineCommit, Touched};
pub use listed::{Files, Listed, ListedKind};
pub use merge::Merge;
pub(crate) use package::package_file;
pub use package::{MAX_SIZE, Package, package};
pub use work_tree::WORK_TREE;

/// A local git repository: a clone, a linked worktree, a bare one or a shallow one.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
    /// Objects besides the clone's own, where its work tree was taken.
    store: Option<work_tree::WorkTreeObjects>,
}

/// The name of a commit: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct CommitSha(String);

/// A commit that is in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its full name.
    pub sha: CommitSha,
    /// The first paragraph of its message, on one line.
    pub subject: String,
}

impl Repository {
    /// Finds the repository that holds `directory`, as git does.  Fails if there is none, if git is
    /// not installed, and with git's own reason if git refuses (another user's repository).
    pub fn discover(directory: &Path) -> Result<Self> {
        let shown = directory.display();
        ensure!(directory.is_dir(), "{shown} is not a directory");
        let output = program::run(program::command(directory).args([
            "rev-parse",
            "--absolute-git-dir",
            "--is-inside-work-tree",
        ]))?;
        if !output.status.success() {
            let reason = program::reason(&output.stderr);
            if reason.starts_with("not a git repository") {
                bail!(
                    "no git repository at or above {shown}; run inside a clone, or `git init` one"
                );
            }
            bail!("git refuses the repository at {shown}: {reason}");
        }
        let (git_directory, inside) = program::last_line(&output.stdout);
        let root = if inside == b"true" {
            program::stdout(program::command(directory).args(["rev-parse", "--show-toplevel"]))?
        } else {
            git_directory.to_vec()
        };
        Ok(Self { root: program::path(&root)?, store: None })
    }

    /// Git in the repository.  A bare one is named, because git looks for none of those where
    /// `safe.bareRepository` is `explicit`.
    pub(crate) fn git(&self) -> Command {
        let mut command = program::command(&self.root);
        if !self.has_work_tree() {
            command.env("GIT_DIR", &self.root);
        }
        if let Some(store) = &self.store {
            command.env("GIT_OBJECT_DIRECTORY", store.objects());
        }
        command
    }

    fn has_work_tree(&self) -> bool {
        self.root.join(".git").exists()
    }

    /// A path in git's own directory.
    fn git_path(&self, name: &str) -> Result<PathBuf> {
        let path = program::stdout(self.git().args(["rev-parse", "--git-path", name]))?;
        Ok(self.root.join(program::path(&path)?))
    }

    /// The top of the work tree; of a bare repository, the repository itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The commit that `revision` names, in any of git's notations; tags are peeled.
    pub fn resolve(&self, revision: &str) -> Result<Commit> {
        revision::resolve(self, revision)
    }

    /// The name of a commit's tree: where two commits have the same, so are their files.
    pub fn tree(&self, commit: &Commit) -> Result<String> {
        let tree = format!("{}^{{tree}}", commit.sha);
        let name = program::stdout(self.git().args(["rev-parse", "--verify", &tree]))?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }

    /// What lies under each path of a training's files.
    pub fn content(&self, code: &Code) -> Result<Content> {
        Content::of(self, code)
            .with_context(|| format!("cannot list the files of commit {}", code.commit.sha.short()))
    }

    /// A commit, and all that are in the history of a later one and not in its own.
    pub fn since(&self, earlier: &CommitSha, later: &CommitSha) -> Result<Vec<CommitSha>> {
        let range = format!("{earlier}..{later}");
        let names = program::stdout(self.git().args(["rev-list", &range, "--"]))?;
        let names = String::from_utf8_lossy(&names).into_owned();
        let between = names.lines().map(CommitSha::parse);
        std::iter::once(Ok(earlier.clone())).chain(between).collect()
    }

    /// Whether the default branch of the remote `origin` holds a commit, as far as this clone knows.
    pub fn has_published(&self, commit: &Commit) -> Result<bool> {
        let mut command = self.git();
        let ancestor = ["merge-base", "--is-ancestor", commit.sha.as_str()];
        // Without such a remote it fails, as where the commit is not there.
        let output = program::run(command.args(ancestor).arg("refs/remotes/origin/HEAD"))?;
        Ok(output.status.success())
    }

    /// The newest tag before a commit or at it; none if there is none.
    pub fn last_tag(&self, commit: &Commit) -> Result<Option<(String, CommitSha)>> {
        let mut command = self.git();
        command.args(["describe", "--tags", "--abbrev=0", commit.sha.as_str()]);
        let output = program::run(&mut command)?;
        if !output.status.success() {
            return Ok(None);
        }
        let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let sha = self.resolve(&format!("refs/tags/{tag}"))?.sha;
        Ok(Some((tag, sha)))
    }

    /// The bytes of the file at `path` (from the root, `/` between names) in a commit, through
    /// symbolic links inside the tree; `None` if there is no such file.  A directory is an error.
    pub fn read(&self, commit: &Commit, path: &str) -> Result<Option<Vec<u8>>> {
        objects::read_path(self, &commit.sha, path)
            .with_context(|| format!("cannot read {path} at commit {}", commit.sha.short()))
    }

    /// The files of a commit, for many questions about them.
    pub fn files<'a>(&'a self, commit: &'a Commit) -> CommitFiles<'a> {
        CommitFiles::new(self, commit)
    }
}

impl CommitSha {
    /// Reads all digits of a name.
    pub fn parse(text: &str) -> Result<Self> {
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        ensure!(hex && matches!(text.len(), 40 | 64), "`{text}` is not the name of a commit");
        Ok(Self(text.to_owned()))
    }

    /// All digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for CommitSha {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<CommitSha> for String {
    fn from(sha: CommitSha) -> Self {
        sha.0
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
