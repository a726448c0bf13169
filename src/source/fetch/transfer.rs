//! The git program for one transfer: takes the address, the token and the certificates, yields git's
//! success or its reason.  No configuration but ours reaches it.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use tokio::{io::AsyncReadExt, time::timeout};

use crate::{
    cache,
    group::Group,
    http::{self, CaBundle},
    source::{CommitSha, git},
};

/// For one try; a transfer that stands still ends sooner.
const LIMIT: Duration = Duration::from_mins(30);
/// Bytes of git's words that are kept.
const WORDS: u64 = 16 << 10;
/// Where systems keep the certificates that they trust, in one file.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Git that no configuration of this machine or user reaches, so that nothing there (`insteadOf`,
/// credential helpers, hooks) gets to see the token.
pub(super) fn isolated(directory: &Path) -> Command {
    let mut command = git::command(directory);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    // Empty is not the same as unset: git then does not ask SSH_ASKPASS either.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
    command
}

/// Git that fetches `commits` into `directory`, with more `options` of `git fetch`.
pub(super) fn command(
    directory: &Path,
    remote: &Url,
    token: &SecretString,
    options: &[&str],
    commits: &[CommitSha],
    roots: Option<&NamedTempFile>,
) -> Command {
    let mut command = isolated(directory);
    command.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
    command.arg("--recurse-submodules=no").args(options);
    command.args(["--end-of-options", remote.as_str()]);
    command.args(commits.iter().map(CommitSha::as_str).collect::<BTreeSet<_>>());
    let settings = settings(remote, token);
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (index, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    if let Some(roots) = roots {
        command.env("GIT_SSL_CAINFO", roots.path());
    }
    // As for our own requests: no proxy stands before this machine.
    let exempt = http::variable("no_proxy").map(|hosts| format!(",{hosts}")).unwrap_or_default();
    command.env("no_proxy", format!("{},127.0.0.1{exempt}", http::LOOPBACK)).env_remove("NO_PROXY");
    command
}

/// Git's configuration for one transfer.
fn settings(remote: &Url, token: &SecretString) -> Vec<(String, String)> {
    let credential = STANDARD.encode(format!("x-access-token:{}", token.expose_secret().trim()));
    let server = remote.origin().ascii_serialization();
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
        // Nothing refers to what we fetch, so that it would count as rubbish.
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        (&format!("http.{server}/.extraHeader"), &format!("Authorization: Basic {credential}")),
    ];
    fixed.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// The system's certificates and the bundle's in one file, since git takes one instead of its own.
pub(super) fn roots(bundle: &CaBundle, directory: &Path) -> Result<NamedTempFile> {
    let candidates = http::variable("ssl_cert_file").map(PathBuf::from).into_iter();
    let mut candidates = candidates.chain(SYSTEM_ROOTS.map(PathBuf::from));
    let mut pem = candidates.find_map(|path| fs::read(path).ok()).unwrap_or_default();
    pem.extend_from_slice(b"\n");
    pem.extend_from_slice(bundle.pem().as_bytes());
    let write = || {
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(&pem)?;
        Ok(file)
    };
    write().map_err(|error| cache::explain(error, directory))
}

/// Runs git to its end, with the input that it has; the inner error is git's reason.
pub(super) async fn run(command: Command) -> Result<Result<(), String>> {
    let mut command = tokio::process::Command::from(command);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut group = Group(command.spawn().map_err(git::explain)?);
    let mut errors = group.0.stderr.take().context("git has no output")?;
    let mut words = Vec::new();
    let work = async {
        (&mut errors).take(WORDS).read_to_end(&mut words).await?;
        tokio::io::copy(&mut errors, &mut tokio::io::sink()).await?;
        group.0.wait().await
    };
    let Ok(status) = timeout(LIMIT, work).await else {
        return Ok(Err(format!("it was not done within {} minutes", LIMIT.as_secs() / 60)));
    };
    let succeeded = status.context("cannot wait for git")?.success();
    Ok(if succeeded { Ok(()) } else { Err(git::reason(&words)) })
}
