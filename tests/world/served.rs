//! A program that serves on a port of this machine, for as long as the value lives.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

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
}

impl Drop for Served {
    fn drop(&mut self) {
        // By a signal that it passes on: `git daemon` is a process that git starts and ends with itself.
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        drop(self.process.wait());
    }
}
