//! A real MLflow server, installed once for each checkout.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{PATIENCE, cache, clean, uv};

/// What is installed.
const REQUIREMENTS: &str = include_str!("../mlflow/requirements.txt");
/// Runs a command in a group of its own, which ends when either the command or our end of the pipe
/// does: whatever becomes of the tests, no server is left.
const LEASH: &str = r#"("$@" < /dev/null; kill -KILL 0) & read -r _; kill -KILL 0"#;

/// A server that runs until it is killed or dropped.
pub struct Mlflow {
    child: Child,
    port: u16,
    directory: TempDir,
    arguments: Vec<&'static str>,
    variables: Vec<(&'static str, String)>,
}

impl Mlflow {
    /// For this machine alone.
    pub fn start() -> Self {
        Self::with(&["--host", "127.0.0.1"], &[])
    }

    /// On every address and by any name, for pods.
    pub fn start_everywhere() -> Self {
        Self::with(&["--host", "0.0.0.0", "--allowed-hosts", "*"], &[])
    }

    /// For this machine, and for those who know the password of `admin`.
    pub fn start_with_password(password: &str) -> Self {
        let variables = [
            ("MLFLOW_AUTH_ADMIN_PASSWORD", password.to_owned()),
            ("MLFLOW_FLASK_SERVER_SECRET_KEY", "key".to_owned()),
        ];
        Self::with(&["--host", "127.0.0.1", "--app-name", "basic-auth"], &variables)
    }

    /// Where it is for this machine.
    pub fn uri(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }

    /// Starts it anew at the same address, with what it knew.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.directory.path(), self.port, &self.arguments, &self.variables);
        assert!(self.answers(), "{}", self.log());
    }

    /// The Python that has MLflow's own client.
    pub fn python() -> PathBuf {
        installed().join("bin/python")
    }

    fn with(arguments: &[&'static str], variables: &[(&'static str, String)]) -> Self {
        // The port may be taken by another between our look and its start.
        for _ in 0..3 {
            let directory = tempfile::tempdir().unwrap();
            let port = free_port();
            let child = spawn(directory.path(), port, arguments, variables);
            let (arguments, variables) = (arguments.to_vec(), variables.to_vec());
            let mut server = Self { child, port, directory, arguments, variables };
            if server.answers() {
                return server;
            }
            eprintln!("MLflow did not start:\n{}", server.log());
        }
        panic!("MLflow does not start");
    }

    /// Whether it has come to answer, rather than ended.
    fn answers(&mut self) -> bool {
        let started = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < PATIENCE, "MLflow never answers:\n{}", self.log());
            if is_healthy(self.port) {
                eprintln!("MLflow answers at {} after {:.1?}", self.uri(), started.elapsed());
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Mlflow {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(directory: &Path, port: u16, arguments: &[&str], variables: &[(&str, String)]) -> Child {
    let log = directory.join("log");
    let log = fs::File::options().create(true).append(true).open(log).unwrap();
    let mut command = clean("sh");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MLFLOW_") {
            command.env_remove(name);
        }
    }
    command.args(["-c", LEASH, "mlflow"]).arg(Mlflow::python());
    command.args(["-m", "mlflow", "server", "--workers", "1", "--port", &port.to_string()]);
    command.args(["--backend-store-uri", "sqlite:///mlflow.db"]);
    command.args(["--artifacts-destination", "./artifacts"]).args(arguments);
    // Its queue of jobs would be two more processes, and it reports to its makers.
    command.env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
    command.env("MLFLOW_DISABLE_TELEMETRY", "true").envs(variables.iter().cloned());
    command.current_dir(directory).process_group(0).stdin(Stdio::piped());
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(" 200 ") && answer.ends_with("OK"))
}

/// The virtual environment; whoever comes first installs it, the others wait.
fn installed() -> PathBuf {
    let home = cache().join("mlflow");
    fs::create_dir_all(&home).unwrap();
    let lock = fs::File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, note) = (home.join("venv"), home.join("installed"));
    if fs::read_to_string(&note).is_ok_and(|installed| installed == REQUIREMENTS) {
        return venv;
    }
    drop(fs::remove_dir_all(&venv));
    let started = Instant::now();
    let file = home.join("requirements.txt");
    fs::write(&file, REQUIREMENTS).unwrap();
    let run = |command: &mut Command| {
        let status = command.status().unwrap();
        assert!(status.success(), "{command:?} ended with {status}; MLflow needs Python 3.11");
    };
    // With its bytecode: where Python may not write it, every start would compile all of it anew.
    run(clean("python3").args(["-m", "venv"]).arg(&venv));
    let python = venv.join("bin/python");
    let mut install;
    if let Some(uv) = uv() {
        install = clean(uv.to_str().unwrap());
        install.args(["pip", "install", "--quiet", "--compile-bytecode", "--python"]).arg(&python);
    } else {
        install = clean(python.to_str().unwrap());
        install.args(["-m", "pip", "install", "--quiet"]);
    }
    run(install.args(["--no-deps", "--requirement"]).arg(&file));
    fs::write(&note, REQUIREMENTS).unwrap();
    eprintln!("MLflow was installed in {:.0?}", started.elapsed());
    venv
}
