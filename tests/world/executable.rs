//! Files that are run soon after they were written.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "a test ends where something fails")]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Writes a script, and the folders above it, by a process of its own.  If this process had it open, so would a child
/// that another test starts, until that child's own program begins, and nobody runs a file that is open for writing
/// ("Text file busy").
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut sh = Command::new("/bin/sh");
    sh.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut writer = sh.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success(), "{}", path.display());
}
