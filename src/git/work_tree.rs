//! The work tree as it is now -> a commit that is on no branch, in a directory of objects of our own: index,
//! branches and the clone's objects stay as they are.
//!
//! Git takes the files as `git add --all` would, into a copy of the index, but runs nothing that a config
//! names: no filter, no hook, no file system monitor.  A file of Git LFS that was not touched stays the pointer
//! that it is in the index; one that was is taken as it lies there.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::{Commit, CommitSha, MAX_SIZE, Repository, merge::IDENTITY, program, warnings::shown};
use crate::output::first_few;

/// How a work tree is named where commits are.
pub const WORK_TREE: &str = ".";

/// A directory of objects beside a clone's, which lasts as long as anybody reads it.
#[derive(Debug, Clone)]
pub(super) struct WorkTreeObjects(Arc<TempDir>);

impl WorkTreeObjects {
    /// An empty one, which has all objects of that directory too.
    fn beside(objects: &Path) -> Result<Self> {
        let store = Self(Arc::new(TempDir::new()?));
        let info = store.objects().join("info");
        fs::create_dir_all(&info)?;
        let mut line = objects.as_os_str().as_encoded_bytes().to_vec();
        line.push(b'\n');
        fs::write(info.join("alternates"), line)?;
        Ok(store)
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.0.path().join("objects")
    }
}

impl Repository {
    /// The work tree as a commit on top of HEAD, and the repository that has it; HEAD itself where nothing was
    /// changed.  Untracked files belong to it unless git ignores them.  Fails in a bare repository, and if
    /// untracked files are more than any training may have.
    pub fn work_tree(&self) -> Result<(Self, Commit)> {
        ensure!(
            self.has_work_tree(),
            "{} has no work tree; name a commit in place of `{WORK_TREE}`",
            self.root().display()
        );
        self.taken().context("cannot take the work tree as it is")
    }

    fn taken(&self) -> Result<(Self, Commit)> {
        self.fits()?;
        let store = WorkTreeObjects::beside(&self.git_path("objects")?)?;
        let index = store.0.path().join("index");
        copy_index(&self.git_path("index")?, &index)?;
        let repository = Self { store: Some(store), ..self.clone() };
        let quiet = self.quiet()?;
        let git = || {
            let mut command = repository.git();
            command.env("GIT_INDEX_FILE", &index).envs(IDENTITY);
            set(&mut command, &quiet);
            command
        };
        program::stdout(git().args(["add", "--all"]))?;
        let tree = program::stdout(git().arg("write-tree"))?;
        let tree = String::from_utf8_lossy(&tree).into_owned();
        let head = self.resolve("HEAD")?;
        if self.tree(&head)? == tree {
            return Ok((self.clone(), head));
        }
        let subject = format!("the work tree on {}", head.sha.short());
        let mut command = git();
        command.args(["commit-tree", &tree, "-p", head.sha.as_str(), "-m", &subject]);
        let sha = CommitSha::parse(&String::from_utf8_lossy(&program::stdout(&mut command)?))?;
        Ok((repository, Commit { sha, subject }))
    }

    /// Refuses untracked files that no package could hold, before they are copied.
    fn fits(&self) -> Result<()> {
        let mut command = self.git();
        command.args(["-c", "core.fsmonitor=false", "ls-files", "-z", "--others"]);
        let listed = program::stdout(command.arg("--exclude-standard"))?;
        let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        let sized = |path: &[u8]| {
            let size = fs::symlink_metadata(self.root().join(program::path(path)?));
            // One that went away meanwhile is none.
            anyhow::Ok((size.map_or(0, |found| found.len()), shown(path)))
        };
        let mut files: Vec<(u64, String)> = paths.map(sized).collect::<Result<_>>()?;
        let total: u64 = files.iter().map(|(size, _)| size).sum();
        files.sort_by(|a, b| b.cmp(a));
        let largest: Vec<String> = files.into_iter().map(|(_, path)| path).collect();
        ensure!(
            total < MAX_SIZE,
            "untracked files are {} MB, the largest {}, and a training may have {} MB; name those that it does not \
             need in .gitignore",
            total / 1_000_000,
            first_few(&largest),
            MAX_SIZE / 1_000_000
        );
        Ok(())
    }

    /// Settings under which git runs nothing, and is content with any line ends.
    fn quiet(&self) -> Result<Vec<(String, String)>> {
        let filters = r"^filter\..*\.(clean|smudge|process|required)$";
        let mut command = self.git();
        command.args(["config", "--null", "--name-only", "--get-regexp", filters]);
        // It fails where there is none.
        let named = program::run(&mut command)?.stdout;
        let named = String::from_utf8_lossy(&named).into_owned();
        let filters = named.split('\0').filter(|name| !name.is_empty()).map(|name| (name, ""));
        let fixed = [
            ("core.fsmonitor", "false"),
            ("core.hooksPath", "/dev/null"),
            ("core.safecrlf", "false"),
        ];
        let all = fixed.into_iter().chain(filters);
        Ok(all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// By variables, because a name may hold anything.
fn set(command: &mut Command, settings: &[(String, String)]) {
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (at, (name, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{at}"), name);
        command.env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
}

/// With its time: a file that was written after it is looked at again.
fn copy_index(from: &Path, to: &Path) -> Result<()> {
    let written = match fs::metadata(from) {
        Ok(found) => found.modified()?,
        // Nothing was ever added.
        Err(_) => return Ok(()),
    };
    fs::copy(from, to)?;
    File::options().append(true).open(to)?.set_modified(written)?;
    Ok(())
}

#[cfg(test)]
mod tests;
