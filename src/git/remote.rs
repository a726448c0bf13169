//! The git program where it talks to a remote: no configuration of this machine or user reaches it
//! (`insteadOf`, credential helpers, hooks), so that nothing there gets to see the token, which goes by
//! the environment alone: no argument, no file and no message holds it.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

use super::program;
use crate::http::{self, CaBundle};

/// Where systems keep the certificates that they trust, in one file.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Git that stays on this machine.
pub(crate) fn isolated(directory: &Path) -> Command {
    let mut command = program::command(directory);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    // Empty is not the same as unset: git then does not ask SSH_ASKPASS either.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
    command
}

/// Lets it talk to `remote` alone, with the token if it is of the web, and with these certificates.
pub(crate) fn talking(
    mut command: Command,
    remote: &Url,
    token: Option<&SecretString>,
    roots: Option<&NamedTempFile>,
) -> Command {
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

fn settings(remote: &Url, token: Option<&SecretString>) -> Vec<(String, String)> {
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
        // Nothing may refer to what we fetch, so that it would count as rubbish.
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
    ];
    let fixed = fixed.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let header = token.filter(|_| remote.scheme() != "file").map(|token| {
        let server = remote.origin().ascii_serialization();
        let header = format!("Authorization: Basic {}", credential(token));
        (format!("http.{server}/.extraHeader"), header)
    });
    fixed.into_iter().chain(header).collect()
}

/// What stands for a token on the wire.
pub(crate) fn credential(token: &SecretString) -> String {
    STANDARD.encode(format!("x-access-token:{}", token.expose_secret().trim()))
}

/// The system's certificates and the bundle's in one file, since git takes one instead of its own.
pub(crate) fn roots(bundle: &CaBundle, directory: &Path) -> io::Result<NamedTempFile> {
    let candidates = http::variable("ssl_cert_file").map(PathBuf::from).into_iter();
    let mut candidates = candidates.chain(SYSTEM_ROOTS.map(PathBuf::from));
    let mut pem = candidates.find_map(|path| fs::read(path).ok()).unwrap_or_default();
    pem.extend_from_slice(b"\n");
    pem.extend_from_slice(bundle.pem().as_bytes());
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(&pem)?;
    Ok(file)
}
