//! On a runner of GitHub nobody reads our environment, not even another program of the same user, and it holds no
//! inputs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::json;

use crate::world::mini_runner::MiniRunner;

/// A user who is neither root nor anybody; root reads everything.
const NOBODY: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(NOBODY).arg(program).env_clear();
    command
}

/// Ended however the test ends.
struct Ours(Child);

impl Drop for Ours {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_environment_of_the_action_cannot_be_read() {
    if !rustix::process::geteuid().is_root() {
        // Who is no root becomes nobody else.
        return;
    }
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = place.path().join("regression-action");
    // By another process, as `world::executable` says.
    let mut copy = Command::new("cp");
    copy.arg(env!("CARGO_BIN_EXE_regression-action")).arg(&binary);
    assert!(copy.status().unwrap().success());
    for (on_github, readable) in [("false", true), ("true", false)] {
        // It takes the connection, and never answers.
        let ray = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", ray.local_addr().unwrap());
        let mut command = as_nobody(&binary);
        command.args(["doctor", "--backend", "ray", "--ray-address", &address]);
        command.env("INPUT_KUBECONFIG", "a secret").env("GITHUB_ACTIONS", on_github);
        command.current_dir(place.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut ours = Ours(command.spawn().unwrap());
        let _question = asked(&ray, || ours.0.try_wait().unwrap().map(|status| status.to_string()));
        let environment = format!("/proc/{}/environ", ours.0.id());
        let read = as_nobody(Path::new("/bin/cat")).arg(environment).output().unwrap();
        let seen = String::from_utf8_lossy(&read.stdout).contains("a secret");
        assert_eq!(seen, readable, "GITHUB_ACTIONS={on_github}: {read:?}");
    }
}

/// Waits until this Ray is asked by whoever read the inputs; who asks gets no answer as long as this is held.
fn asked(ray: &TcpListener, mut ended: impl FnMut() -> Option<String>) -> TcpStream {
    ray.set_nonblocking(true).unwrap();
    loop {
        if let Ok((question, _)) = ray.accept() {
            return question;
        }
        if let Some(how) = ended() {
            panic!("it ended before it asked: {how}");
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Not even root sees them while trainings run, nor is there anything that a program of ours could inherit.
#[test]
#[cfg(target_os = "linux")]
fn the_inputs_are_wiped_from_the_environment() {
    let ray = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", ray.local_addr().unwrap());
    let job = MiniRunner::bare("workflow_dispatch", &json!({}))
        .input("command", "doctor")
        .input("backend", "ray")
        .input("ray-address", &address)
        .input("ray-token", "a-secret")
        .input("kubeconfig", "a: secret = of\nmany: lines")
        .input("github-token", "another secret");
    let mut step = job.main();
    let _question = asked(&ray, || (!step.is_running()).then(|| step.log()));
    let process = format!("/proc/{}", step.id());
    if !rustix::process::geteuid().is_root() {
        // Nobody else may look.
        assert!(fs::read(format!("{process}/environ")).is_err());
        return;
    }
    let environment = fs::read(format!("{process}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("GITHUB_EVENT_PATH="), "{environment}");
    assert!(!environment.contains("INPUT_") && !environment.contains("secret"), "{environment}");
    assert_eq!(fs::read_to_string(format!("{process}/fd/0")).unwrap(), "");
    let name = fs::read_to_string(format!("{process}/cmdline")).unwrap();
    assert!(name.starts_with("/usr/local/bin/regression-action-run\0"), "{name:?}");
}
