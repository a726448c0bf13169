//! A program that serves on a port of this machine, for as long as the value lives.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::clean;

/// In which a small server listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that listens on `port`.
pub struct Served {
    process: Child,
    pub port: u16,
}

impl Served {
    /// Starts a command that listens on the free port that it is given, within `limit`.
    pub fn start(limit: Duration, command: impl FnOnce(u16) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = command(port);
        let process = command.spawn().unwrap();
        let served = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < limit, "does not listen: {command:?}");
            thread::sleep(Duration::from_millis(20));
        }
        served
    }

    /// The files of a directory: `http://127.0.0.1:PORT/NAME`.
    pub fn files(directory: &Path) -> Self {
        Self::start(PATIENCE, |port| {
            let mut command: Command = clean("python3");
            command.args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1"]);
            command.arg("--directory").arg(directory).stdout(Stdio::null()).stderr(Stdio::null());
            command
        })
    }

    /// `git daemon` of the repositories in a directory: `git://127.0.0.1:PORT/NAME`.
    pub fn git(directory: &Path) -> Self {
        Self::start(PATIENCE, |port| {
            let mut command: Command = clean("git");
            command.args(["daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1"]);
            command.arg(format!("--port={port}"));
            command.arg(format!("--base-path={}", directory.display()));
            command.stderr(Stdio::null());
            command
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // By a signal that it passes on: `git daemon` is a process that git starts and ends with itself.
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        drop(self.process.wait());
    }
}
