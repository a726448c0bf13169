//! `git bisect run`, on a real repository whose commits are numbers.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::noise::World;

/// The argument by which this program is the script of `git bisect run`.
pub(crate) const READ: &str = "--read";

/// What the script has to know.
pub(crate) const WORLD: &str = "REGRESSION_BENCH_WORLD";

/// A repository of commits 0 to `last` in a line; each holds its number in the file `index`.
pub(crate) struct Repository {
    directory: TempDir,
    last: usize,
}

impl Repository {
    pub(crate) fn new(last: usize) -> Result<Self> {
        Self::with_files(last, 0)
    }

    /// The same, and so many files besides, of which no commit changes one.
    pub(crate) fn with_files(last: usize, files: usize) -> Result<Self> {
        let repository = Self { directory: TempDir::new()?, last };
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        let mut stream = String::new();
        for index in 0..=last {
            let text = index.to_string();
            write!(stream, "commit refs/heads/main\nmark :{}\n", index + 1)?;
            writeln!(stream, "committer a <a@example.org> {} +0000", 1_700_000_000 + index)?;
            write!(stream, "data {}\n{text}\n", text.len())?;
            write!(stream, "M 644 inline index\ndata {}\n{text}\n", text.len())?;
            for file in (0..files).filter(|_| index == 0) {
                write!(stream, "M 644 inline files/{}/{file}\ndata 2\nx\n", file % 50)?;
            }
            stream.push('\n');
        }
        let mut import = repository.command("git");
        let import = import.args(["fast-import", "--quiet"]).stdin(Stdio::piped());
        let mut child = import.spawn()?;
        child.stdin.take().context("no stdin")?.write_all(stream.as_bytes())?;
        ensure!(child.wait()?.success(), "git fast-import failed");
        repository.git(&["reset", "--quiet", "--hard"])?;
        Ok(repository)
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The commit that `git bisect run` names if each step is a majority of `votes` readings,
    /// and the readings it took.
    pub(crate) fn bisect(&self, world: &World, votes: usize) -> Result<(usize, usize)> {
        let good = format!("HEAD~{}", self.last);
        self.git(&["bisect", "start", "HEAD", &good])?;
        let program = env::current_exe()?;
        let log = self.log();
        fs::write(&log, "")?;
        let mut run = self.command("git");
        run.args(["bisect", "run"]).arg(program).arg(READ).env(WORLD, told(world, votes));
        let output = run.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let named = self.git(&["show", "refs/bisect/bad:index"])?.trim().parse()?;
        self.git(&["bisect", "reset"])?;
        Ok((named, fs::read_to_string(&log)?.lines().count() * votes))
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command("git").args(arguments).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {}: {error}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A program in the repository that knows of no configuration.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_CONFIG_SYSTEM", "/dev/null").env("LC_ALL", "C");
        command
    }

    /// Which commits the script read.
    pub(crate) fn log(&self) -> PathBuf {
        self.path().join(".git/readings")
    }
}

/// The world, and how many readings decide.
pub(crate) fn told(world: &World, votes: usize) -> String {
    let World { seed, last, separation, .. } = world;
    format!("{seed} {last} {separation} {votes}")
}

/// The script: good if most of the readings of the commit that is checked out are below the middle
/// of the two levels.  That threshold is a present: who bisects does not know it.
pub(crate) fn read() -> Result<ExitCode> {
    let told = env::var(WORLD)?;
    let fields: Vec<&str> = told.split(' ').collect();
    let [seed, last, separation, votes] = fields[..] else { anyhow::bail!("{WORLD}={told}") };
    let world = World::new(seed.parse()?, last.parse()?, separation.parse()?);
    let commit: usize = fs::read_to_string("index")?.trim().parse()?;
    let log = Path::new(".git/readings");
    let before = fs::read_to_string(log)?;
    let count = before.lines().filter(|line| *line == commit.to_string()).count();
    fs::write(log, format!("{before}{commit}\n"))?;
    let votes: usize = votes.parse()?;
    let first = count * votes;
    let worse = |count: &usize| world.reading(commit, *count) > world.separation / 2.0;
    let bad = 2 * (first..first + votes).filter(worse).count() > votes;
    Ok(ExitCode::from(u8::from(bad)))
}
