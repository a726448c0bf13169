//! The inputs leave our environment, which `/proc` shows as long as we run, and which whatever we start would have.
//! No variable can be taken away safely where others may read it, so we become the same program once more, under
//! the same number: without them, and with a file in memory as its standard input that holds them.

use std::{
    env,
    io::{self, Read},
};

/// Says that they were handed over.
const HANDED: &str = "REGRESSION_INPUTS_HANDED";

/// On a GitHub runner: goes on as the program that was handed the inputs.  *Best effort*: where that cannot be, they
/// stay, as [hidden](crate::scrub::conceal) as the rest.
pub(crate) fn hand_over() {
    #[cfg(target_os = "linux")]
    if crate::scrub::on_github() && env::var_os(HANDED).is_none() {
        let Err(error) = become_another();
        tracing::debug!(?error, "the inputs stay in the environment");
    }
}

#[cfg(target_os = "linux")]
fn become_another() -> io::Result<std::convert::Infallible> {
    use std::{
        fs::File,
        io::{Seek, Write},
        os::unix::{ffi::OsStrExt, process::CommandExt},
        process::Command,
    };

    use rustix::fs::{MemfdFlags, memfd_create};

    let mut arguments = env::args_os();
    let mut another = Command::new(env::current_exe()?);
    // By its first argument it knows its command.
    another.arg0(arguments.next().unwrap_or_default()).args(arguments).env(HANDED, "true");
    let mut file = File::from(memfd_create("inputs", MemfdFlags::CLOEXEC)?);
    for (name, value) in env::vars_os() {
        if name.as_bytes().starts_with(super::inputs::PREFIX.as_bytes()) {
            file.write_all(&[name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat())?;
            another.env_remove(name);
        }
    }
    file.rewind()?;
    Err(another.stdin(file).exec())
}

/// The inputs that were handed over, once; whoever gets our standard input finds nothing more in it.
pub(super) fn handed() -> io::Result<Vec<(String, String)>> {
    if env::var_os(HANDED).is_none() {
        return Ok(Vec::new());
    }
    let (mut stdin, mut all) = (io::stdin().lock(), Vec::new());
    stdin.read_to_end(&mut all)?;
    if let Err(error) = rustix::fs::ftruncate(&stdin, 0) {
        // It is no file of ours: a workflow has set the variable, and its inputs are where they were.
        tracing::debug!(?error, "the inputs stay in the environment");
    }
    let all = String::from_utf8_lossy(&all);
    let pairs = all.split('\0').filter_map(|pair| pair.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
