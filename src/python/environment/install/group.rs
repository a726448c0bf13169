//! Runs one command in a process group of its own, which ends with the future that runs it.

use std::{
    ffi::OsString,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Mutex,
};

use anyhow::{Context, Result, bail};
use tokio::{io::AsyncRead, process::Command};

use crate::{group::Group, output, scrub};

/// Runs `command` with `scratch` for temporary files and gives its lines to `each`.
///
/// Dropping the future kills the whole group: a terminal's Ctrl-C reaches us alone, and pip starts
/// compilers that would outlive it.
pub(super) async fn run_in_group(
    command: &[OsString],
    scratch: &Path,
    each: impl FnMut(&str),
) -> Result<ExitStatus> {
    let Some((program, arguments)) = command.split_first() else { bail!("no command to run") };
    let mut command = Command::new(program);
    for name in scrub::hidden() {
        command.env_remove(name);
    }
    // Not where the user stands: installers read settings, and Python code, of the directory they are in.
    command.args(arguments).current_dir(scratch).env("TMPDIR", scratch).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    let child = child.with_context(|| format!("cannot run {}", Path::new(program).display()))?;
    let mut group = Group(child);
    let (output, errors) = (group.0.stdout.take(), group.0.stderr.take());
    let each = Mutex::new(each);
    let show = |line: &str| {
        if let Ok(mut each) = each.lock() {
            each(line);
        }
    };
    tokio::join!(lines(output, &show), lines(errors, &show));
    Ok(group.0.wait().await?)
}

async fn lines(pipe: Option<impl AsyncRead + Unpin>, show: impl Fn(&str)) {
    if let Some(pipe) = pipe {
        output::lines(pipe, show).await;
    }
}
