//! A real registry of this test alone, and images in it that hold no files.

use std::{
    env,
    fmt::Write,
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Instant,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::PATIENCE;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Ends with this value.
pub(crate) struct Registry {
    child: Child,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    _directory: TempDir,
}

impl Registry {
    /// None where Debian's docker-registry is not installed, which is told, and fails in CI.
    pub(crate) fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let root = directory.path();
        let config = json!({
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": root.join("data")}},
            "http": {"addr": address},
        });
        fs::write(root.join("config.yml"), config.to_string()).unwrap();
        let mut command = Command::new("docker-registry");
        command
            .arg("serve")
            .arg(root.join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let Ok(child) = command.spawn() else {
            assert!(env::var_os("CI").is_none(), "docker-registry is not installed");
            eprintln!("SKIPPED: docker-registry is not installed");
            return None;
        };
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < PATIENCE, "the registry does not start");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Some(Self { child, address, _directory: directory })
    }

    /// The digest that an image of it has, by its whole name.
    pub(crate) fn digest(&self, image: &str) -> String {
        let (name, tag) = image.rsplit_once(':').unwrap();
        let name = name.strip_prefix(&self.address).unwrap();
        let url = format!("http://{}/v2{name}/manifests/{tag}", self.address);
        let types = ["application/vnd.oci.image.index.v1+json", MANIFEST].join(", ");
        request(async |client| {
            let told = client.head(url).header("Accept", types).send().await.unwrap();
            told.headers()["docker-content-digest"].to_str().unwrap().to_owned()
        })
    }

    /// Pushes an image without layers; yields its digest.
    pub(crate) fn push(
        &self,
        repository: &str,
        tag: &str,
        (os, architecture): (&str, &str),
        (label, value): (&str, &str),
    ) -> String {
        let config = json!({
            "os": os,
            "architecture": architecture,
            "config": {"Labels": {label: value}},
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        let config = config.to_string();
        let base = format!("http://{}/v2/{repository}", self.address);
        request(async |client| {
            let begun = client.post(format!("{base}/blobs/uploads/")).send().await.unwrap();
            let place = begun.headers()["location"].to_str().unwrap().to_owned();
            let url = format!("{place}&digest={}", digest(&config));
            assert_eq!(client.put(url).body(config.clone()).send().await.unwrap().status(), 201);
        });
        let manifest: Value = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(&config),
                "size": config.len(),
            },
            "layers": [],
        });
        let manifest = manifest.to_string();
        request(async |client| {
            let put =
                client.put(format!("{base}/manifests/{tag}")).header("Content-Type", MANIFEST);
            assert_eq!(put.body(manifest.clone()).send().await.unwrap().status(), 201);
        });
        digest(&manifest)
    }
}

fn request<T>(exchange: impl AsyncFnOnce(reqwest::Client) -> T) -> T {
    let client = regression_action::http::client().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(exchange(client))
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn digest(text: &str) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text) {
        write!(digest, "{byte:02x}").unwrap();
    }
    digest
}
