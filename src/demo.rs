//! The sample project: a digits classifier whose branch "simplifies" `LeakyReLU` to `ReLU`.  Its unit
//! tests pass on both branches; its narrow, fast-trained network dies without the leak.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::git::program;

/// Branch that is compared with.
pub const BASE: &str = "main";

/// Branch that is judged.
pub const HEAD: &str = "simplify-activation";

/// Files of the main branch.
const FILES: [(&str, &str); 6] = [
    (".github/regression.yml", include_str!("demo/project/.github/regression.yml")),
    ("activation.py", include_str!("demo/project/activation.py")),
    ("network.py", include_str!("demo/project/network.py")),
    ("requirements.txt", include_str!("demo/project/requirements.txt")),
    ("test_network.py", include_str!("demo/project/test_network.py")),
    ("train.py", include_str!("demo/project/train.py")),
];

/// The one file that the branch changes.
const SIMPLIFIED: &str = include_str!("demo/project/activation_simplified.py");

/// Writes the project as a git repository to `directory`, in place of an earlier demo there.
/// The commits are the same at every writing.
pub fn write(directory: &Path) -> Result<PathBuf> {
    if directory.exists() {
        let demo = directory.join(".git").exists() && directory.join("activation.py").exists();
        let empty = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
        if !demo && !empty {
            bail!("{} exists and is not a demo; name another directory", directory.display());
        }
        fs::remove_dir_all(directory)
            .with_context(|| format!("cannot replace {}", directory.display()))?;
    }
    let put = |path: &str, text: &str| -> Result<()> {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap_or(directory))
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}; name another directory", path.display()))
    };
    FILES.iter().try_for_each(|(path, text)| put(path, text))?;
    run_git(directory, &["init", "--quiet", "--template=", &format!("--initial-branch={BASE}")])?;
    commit(directory, "Classify digits with a small network")?;
    run_git(directory, &["checkout", "--quiet", "-b", HEAD])?;
    put("activation.py", SIMPLIFIED)?;
    commit(directory, "Simplify the activation: plain ReLU")?;
    run_git(directory, &["checkout", "--quiet", BASE])?;
    Ok(directory.to_owned())
}

fn commit(directory: &Path, message: &str) -> Result<()> {
    run_git(directory, &["add", "--all"])?;
    run_git(directory, &["commit", "--quiet", "--message", message])
}

/// Git without the user's identity, hooks, signing or line endings, and at a fixed time.
fn run_git(directory: &Path, arguments: &[&str]) -> Result<()> {
    let settings = [
        "user.name=regression-action demo",
        "user.email=demo@example.com",
        "commit.gpgsign=false",
        "core.hooksPath=/dev/null",
        "core.autocrlf=false",
        "core.excludesFile=/dev/null",
    ];
    let mut command = program::command(directory);
    command.args(settings.iter().flat_map(|setting| ["-c", *setting]));
    let date = "2026-01-01T00:00:00Z";
    command.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
    program::stdout(command.args(arguments)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_commits_are_the_same_every_time() {
        let directory = tempfile::tempdir().unwrap();
        let head = |project: &Path| {
            let arguments = ["rev-parse", BASE, HEAD];
            let output = Command::new("git").current_dir(project).args(arguments).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let project = write(&directory.path().join("demo")).unwrap();
        let first = head(&project);
        assert_eq!(first.lines().count(), 2);
        assert_eq!(head(&write(&project).unwrap()), first);
    }

    #[test]
    fn nobody_elses_directory_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("thesis.tex"), "years of work").unwrap();
        let error = write(directory.path()).unwrap_err().to_string();
        assert!(error.contains("is not a demo"), "{error}");
        assert!(directory.path().join("thesis.tex").exists());
    }
}
