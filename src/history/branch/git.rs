//! The git program on the clone of the history.  No configuration of this machine or user reaches it,
//! and the token goes by its environment alone: no argument, no file and no message holds it.

use std::{
    fs,
    io::{self, Seek, Write},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

use super::Branch;
use crate::{group::Group, http, output::excerpt, source::git};

/// For one git; a transfer that stands still ends sooner.
const LIMIT: Duration = Duration::from_mins(10);
/// Bytes of git's words that are kept.
const WORDS: u64 = 16 << 10;
/// Bytes of an answer that should be short.
pub(super) const SHORT: u64 = 16 << 20;
/// Where systems keep the certificates that they trust, in one file.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Git for one use of the history.
#[derive(Debug)]
pub(super) struct Git<'a> {
    pub(super) branch: &'a Branch,
    roots: Option<NamedTempFile>,
    /// What no message may hold.
    secrets: Vec<String>,
}

/// What git came to.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    /// The output was longer than was asked for, and git was ended.
    pub(super) cut: bool,
    /// What it said went wrong, on one line, printable and without secrets.
    pub(super) words: String,
}

impl<'a> Git<'a> {
    pub(super) fn new(branch: &'a Branch) -> Result<Self> {
        let roots = branch.trust.as_ref().map(|_| roots(branch)).transpose();
        let roots = roots.with_context(|| {
            format!("cannot write to the clone of the history at {}", branch.directory.display())
        })?;
        let secrets = branch
            .token
            .as_ref()
            .map(|token| vec![token.expose_secret().trim().to_owned(), credential(token)]);
        let mut secrets = secrets.unwrap_or_default();
        secrets.retain(|secret| !secret.is_empty());
        Ok(Self { branch, roots, secrets })
    }

    /// Makes the clone, if it is not there.
    pub(super) async fn init(&self) -> Result<()> {
        self.must(&["init", "--quiet", "--bare", "--template=", "."], b"").await.map(drop)
    }

    /// The name by which the remote has the branch.
    pub(super) fn full_name(&self) -> String {
        format!("refs/heads/{}", self.branch.name)
    }

    /// Git that stays on this machine.
    pub(super) fn local(&self, arguments: &[&str]) -> Command {
        let mut command = git::command(&self.branch.directory);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        // Empty is not the same as unset: git then does not ask SSH_ASKPASS either.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
        command.args(arguments);
        command
    }

    /// Git that talks to the remote, with the token.
    pub(super) fn remote(&self, arguments: &[&str]) -> Command {
        let mut command = self.local(arguments);
        let settings = self.settings();
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (key, value)) in settings.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        if let Some(roots) = &self.roots {
            command.env("GIT_SSL_CAINFO", roots.path());
        }
        // As for our own requests: no proxy stands before this machine.
        let exempt = http::variable("no_proxy").map(|hosts| format!(",{hosts}"));
        let exempt = format!("{},127.0.0.1{}", http::LOOPBACK, exempt.unwrap_or_default());
        command.env("no_proxy", exempt).env_remove("NO_PROXY");
        command
    }

    fn settings(&self) -> Vec<(String, String)> {
        let remote = &self.branch.remote;
        let fixed = [
            ("protocol.version", "2"),
            ("protocol.allow", "never"),
            (&format!("protocol.{}.allow", remote.scheme()), "always"),
            // Git would take the token along to another host.
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "60"),
            ("credential.helper", ""),
            ("core.hooksPath", "/dev/null"),
            ("gc.auto", "0"),
            ("maintenance.auto", "false"),
        ];
        let mut settings: Vec<_> =
            fixed.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        if let Some(token) = self.branch.token.as_ref().filter(|_| remote.scheme() != "file") {
            let server = remote.origin().ascii_serialization();
            let header = format!("Authorization: Basic {}", credential(token));
            settings.push((format!("http.{server}/.extraHeader"), header));
        }
        settings
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
    pub(super) async fn run(&self, command: Command, input: &[u8], most: u64) -> Result<Said> {
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
        Ok(Said { success, stdout, cut, words })
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

fn credential(token: &SecretString) -> String {
    STANDARD.encode(format!("x-access-token:{}", token.expose_secret().trim()))
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

/// The system's certificates and the bundle's in one file, since git takes one instead of its own.
fn roots(branch: &Branch) -> io::Result<NamedTempFile> {
    let named = http::variable("ssl_cert_file").map(PathBuf::from).into_iter();
    let mut candidates = named.chain(SYSTEM_ROOTS.map(PathBuf::from));
    let mut pem = candidates.find_map(|path| fs::read(path).ok()).unwrap_or_default();
    if let Some(bundle) = &branch.trust {
        pem.extend_from_slice(b"\n");
        pem.extend_from_slice(bundle.pem().as_bytes());
    }
    let mut file = NamedTempFile::new_in(&branch.directory)?;
    file.write_all(&pem)?;
    Ok(file)
}
