//! Three real registries over the same storage, and the server that gives tokens for one of them.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use regression_action::{
    clients::registry::{Credentials, ImageReference, Outcome, Registry, Wanted},
    config::Platform,
    http::{self, Pauses, RetryPolicy},
};
use reqwest::Client;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    images::{HASH, Repository},
    records::{self, PASSWORD, WRONG},
    tokens::Tokens,
};

/// `ci` with [`PASSWORD`], by `htpasswd -B`.
const HTPASSWD: &str = "ci:$2y$05$cLKSzRxImMkfxel0eaDscO4z9A0JB4A/52QVl9uk1y7o6p0yX2SF6\n";
/// How long a registry may take to start.
const START: Duration = Duration::from_secs(20);

pub struct World {
    pub open: Server,
    pub basic: Server,
    pub token: Server,
    _runtime: Runtime,
    _directory: TempDir,
}

/// One registry, which ends with this value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl World {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let tokens = runtime.block_on(Tokens::start());
        fs::write(at.join("tokens.crt"), tokens.certificate()).unwrap();
        fs::write(at.join("htpasswd"), HTPASSWD).unwrap();
        let basic = format!("htpasswd: {{realm: test, path: {}/htpasswd}}", at.display());
        let token = format!(
            "token: {{realm: \"{}\", service: reg, issuer: tok, rootcertbundle: {}/tokens.crt}}",
            tokens.realm(),
            at.display()
        );
        let start = |name: &str, auth: &str| runtime.block_on(Server::start(at, name, auth));
        let open = start("open", "");
        let (basic, token) = (start("basic", &basic), start("token", &token));
        let client = http::client().unwrap();
        for name in ["org/train", "public/train"] {
            let base = &format!("http://{}", open.address);
            let client = client.clone();
            runtime.block_on(Repository { client, base, name }.fill());
        }
        Self { open, basic, token, _runtime: runtime, _directory: directory }
    }
}

impl Server {
    /// Starts one on a port that is free, and once more if it was taken meanwhile.
    async fn start(directory: &Path, name: &str, auth: &str) -> Self {
        let client = http::client().unwrap();
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut server = Self::spawn(directory, name, auth, port);
            let deadline = Instant::now() + START;
            while server.child.try_wait().unwrap().is_none() {
                assert!(Instant::now() < deadline, "{name} did not start within {START:?}");
                if answers(&client, &server.address).await {
                    return server;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let log = fs::read_to_string(directory.join(format!("{name}.log")));
        panic!("{name} does not start: {}", log.unwrap_or_default());
    }

    fn spawn(directory: &Path, name: &str, auth: &str, port: u16) -> Self {
        let address = format!("127.0.0.1:{port}");
        let auth = if auth.is_empty() { String::new() } else { format!("auth: {{{auth}}}\n") };
        let config = format!(
            "version: 0.1\nlog: {{level: warn, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}/data}}}}\nhttp: {{addr: \"{address}\"}}\n{auth}",
            directory.display()
        );
        let file = directory.join(format!("{name}.yml"));
        fs::write(&file, config).unwrap();
        let log = fs::File::create(directory.join(format!("{name}.log"))).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Self { child: command.spawn().unwrap(), address }
    }
}

async fn answers(client: &Client, address: &str) -> bool {
    client.get(format!("http://{address}/v2/")).send().await.is_ok()
}

/// Waits that tests can bear.
pub fn policy() -> RetryPolicy {
    let pauses = Pauses { first: Duration::from_millis(10), ..RetryPolicy::USUAL.failures };
    RetryPolicy { failures: pauses, limits: pauses, ..RetryPolicy::USUAL }
}

pub fn right() -> Credentials {
    Credentials::login("ci".to_owned(), PASSWORD.into())
}

pub fn wrong() -> Credentials {
    Credentials::login("ci".to_owned(), WRONG.into())
}

/// What looking came to, and the words for it.
pub struct Looked {
    pub outcome: Outcome,
    pub message: String,
}

impl Looked {
    /// Fails unless each of `parts` is in the message.
    pub fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.message.contains(part), "no `{part}` in: {}", self.message);
        }
    }
}

/// Looks for [`HASH`] on `linux/amd64`.
pub async fn look(image: &str, credentials: Credentials) -> Looked {
    look_with(image, "linux/amd64", credentials, policy()).await
}

pub async fn look_with(
    image: &str,
    platform: &str,
    credentials: Credentials,
    policy: RetryPolicy,
) -> Looked {
    let reference = ImageReference::parse(image).unwrap();
    let platform = Platform::parse(platform).unwrap();
    let wanted = Wanted { reference: &reference, platform: &platform, hash: Some(HASH) };
    let registry = Registry::new(credentials, None).unwrap().with_retries(policy);
    let outcome = registry.look(&wanted).await;
    let message = outcome.message(&wanted);
    records::hide(&format!("{registry:?} {outcome:?} {message}"));
    if outcome.found().is_none() {
        // Whose image it is stands in every message.
        assert!(message.contains(image), "{message}");
    }
    Looked { outcome, message }
}
