//! Runs the git program: takes arguments, yields its output.  The environment is scrubbed, so that a
//! hook's `GIT_DIR` or a local `refs/replace` cannot change what is read.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

#[cfg(not(unix))]
use anyhow::Context;
use anyhow::{Result, anyhow, bail};

/// Variables that say where git and its user's settings (such as `safe.directory`) are, and how far
/// up to look.  Every other `GIT_*` is dropped.
const KEPT: [&str; 6] = [
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
];

/// Git in `directory`, without input.
pub(crate) fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let others = text.starts_with("GIT_") && !KEPT.contains(&text.as_ref());
        // Inputs of the action hold logins, and git starts programs of its own.
        if others || text.starts_with("INPUT_") {
            command.env_remove(&name);
        }
    }
    // A replacement object is local to one clone, and a lazy fetch goes to the network blob by blob.
    command.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    command.current_dir(directory).stdin(Stdio::null());
    command
}

/// Runs to the end, whatever the exit code.
pub(super) fn run(command: &mut Command) -> Result<Output> {
    command.output().map_err(explain)
}

/// Standard output of a command that must succeed, without the last newline.
pub(crate) fn stdout(command: &mut Command) -> Result<Vec<u8>> {
    let Output { status, mut stdout, stderr } = run(command)?;
    if !status.success() {
        bail!("git failed: {}", reason(&stderr));
    }
    if stdout.last() == Some(&b'\n') {
        stdout.pop();
    }
    Ok(stdout)
}

/// Why the git program did not start.
pub(crate) fn explain(error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return anyhow!("cannot find the git program; install git, or put it on PATH");
    }
    anyhow::Error::new(error).context("cannot run the git program")
}

/// What git said went wrong, on one line.
pub(crate) fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    text.strip_prefix("fatal: ").unwrap_or(&text).to_owned()
}

/// Splits `text` before its last line; both without newline.
pub(super) fn last_line(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    match text.iter().rposition(|&byte| byte == b'\n') {
        Some(newline) => (&text[..newline], &text[newline + 1..]),
        None => (&[], text),
    }
}

/// A path as git printed it.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system takes any bytes as a path")]
pub(super) fn path(bytes: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(OsString::from_vec(bytes.to_vec()).into())
}

/// A path as git printed it.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> Result<PathBuf> {
    let text = String::from_utf8(bytes.to_vec()).context("git printed a path that is not UTF-8")?;
    Ok(OsString::from(text).into())
}
