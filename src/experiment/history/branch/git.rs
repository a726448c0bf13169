//! The git program on the clone of the history.

use std::{
    io::{self, Seek, Write},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{sleep, timeout},
};

use super::HistoryBranch;
use crate::{git::remote, group::Group, output::excerpt};

/// For one git; a transfer that stands still ends sooner.
const LIMIT: Duration = Duration::from_mins(10);
/// Pauses before the clone is given up: the git of a writer that was killed lives on for a moment, and
/// holds git's own locks.
const ORPHANED: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];
/// Bytes of git's words that are kept.
const WORDS: u64 = 16 << 10;
/// Bytes of an answer that should be short.
pub(super) const SHORT: u64 = 16 << 20;
/// Git for one use of the history.
#[derive(Debug)]
pub(super) struct Git<'a> {
    pub(super) branch: &'a HistoryBranch,
    roots: Option<NamedTempFile>,
    /// What no message may hold.
    secrets: Vec<String>,
}

/// What git came to.
#[derive(Debug)]
pub(super) struct GitOutput {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    /// The output was longer than was asked for, and git was ended.
    pub(super) cut: bool,
    /// What it said went wrong, on one line, printable and without secrets.
    pub(super) words: String,
}

impl<'a> Git<'a> {
    pub(super) fn new(branch: &'a HistoryBranch) -> Result<Self> {
        let roots = |bundle| remote::roots(bundle, &branch.directory);
        let roots = branch.trust.as_ref().map(roots).transpose();
        let roots = roots.with_context(|| {
            format!("cannot write to the clone of the history at {}", branch.directory.display())
        })?;
        let secrets = branch
            .token
            .as_ref()
            .map(|token| vec![token.expose_secret().trim().to_owned(), remote::credential(token)]);
        let mut secrets = secrets.unwrap_or_default();
        secrets.retain(|secret| !secret.is_empty());
        Ok(Self { branch, roots, secrets })
    }

    /// Makes the clone, if it is not there.
    pub(super) async fn init(&self) -> Result<()> {
        let init = async || {
            let arguments = ["init", "--quiet", "--bare", "--template=", "."];
            self.must(&arguments, b"").await.map(drop)
        };
        for pause in ORPHANED {
            if init().await.is_ok() {
                return Ok(());
            }
            sleep(pause).await;
        }
        init().await
    }

    /// The name by which the remote has the branch.
    pub(super) fn full_name(&self) -> String {
        format!("refs/heads/{}", self.branch.name)
    }

    /// Git that stays on this machine.
    pub(super) fn local(&self, arguments: &[&str]) -> Command {
        let mut command = remote::isolated(&self.branch.directory);
        command.args(arguments);
        command
    }

    /// Git that talks to the remote, with the token.
    pub(super) fn remote(&self, arguments: &[&str]) -> Command {
        let HistoryBranch { remote: address, token, .. } = self.branch;
        remote::talking(self.local(arguments), address, token.as_ref(), self.roots.as_ref())
    }

    /// The output of git on this machine, which must succeed, without the last newline.
    pub(super) async fn must(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        let said = self.run(self.local(arguments), input, SHORT).await?;
        if !said.success {
            return Err(self.broken(&said.words));
        }
        Ok(String::from_utf8_lossy(&said.stdout).trim_end_matches('\n').to_owned())
    }

    /// The clone does not do what every clone does.
    pub(super) fn broken(&self, reason: &str) -> anyhow::Error {
        let directory = self.branch.directory.display();
        anyhow!(
            "git fails on the clone of the history ({reason}); remove {directory} and run again"
        )
    }

    /// Runs git to its end, or until it has written `most` bytes.  Dropping the future ends git.
    pub(super) async fn run(&self, command: Command, input: &[u8], most: u64) -> Result<GitOutput> {
        let mut command = tokio::process::Command::from(command);
        command.stdin(given(input).context("cannot write to the temporary directory")?);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut group = Group(command.spawn().context("cannot run the git program")?);
        let output = group.0.stdout.take().context("git has no output")?;
        let errors = group.0.stderr.take().context("git has no output")?;
        let (mut stdout, mut words) = (Vec::new(), Vec::new());
        let work = async {
            tokio::try_join!(whole(output, most, &mut stdout), start(errors, &mut words))?;
            group.0.wait().await
        };
        let (mut success, mut cut) = (false, false);
        let trouble = match timeout(LIMIT, work).await {
            Ok(Ok(status)) => {
                success = status.success();
                None
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                cut = true;
                Some("it wrote too much".to_owned())
            }
            Ok(Err(error)) => return Err(error).context("cannot wait for git"),
            Err(_) => Some(format!("it was not done within {} minutes", LIMIT.as_secs() / 60)),
        };
        let words = trouble.unwrap_or_else(|| self.shown(&words));
        Ok(GitOutput { success, stdout, cut, words })
    }

    /// Text that others wrote, on one line, printable, without secrets.
    pub(super) fn shown(&self, text: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(text).into_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "***");
        }
        excerpt(&text, 600)
    }
}

/// The input of a process: a file, so that it never waits for us while we wait for it.
fn given(input: &[u8]) -> io::Result<Stdio> {
    if input.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file.into())
}

/// Reads all; fails if that is more than `most`.
async fn whole(mut from: impl AsyncRead + Unpin, most: u64, to: &mut Vec<u8>) -> io::Result<()> {
    (&mut from).take(most).read_to_end(to).await?;
    if from.read(&mut [0]).await? > 0 {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(())
}

/// Keeps the start and reads the rest.
async fn start(mut from: impl AsyncRead + Unpin, to: &mut Vec<u8>) -> io::Result<()> {
    (&mut from).take(WORDS).read_to_end(to).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(())
}
