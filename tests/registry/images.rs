//! Images of a few bytes, pushed through a registry's API.

use regression_action::clients::registry::LABEL;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What images carry that were built for the requirements wanted, and for others.
pub const HASH: &str = "aa11111111111111111111111111111111111111111111111111111111111111";
pub const OTHER: &str = "bb22222222222222222222222222222222222222222222222222222222222222";

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The digest, by a way of its own.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold("sha256:".to_owned(), |digits, byte| format!("{digits}{byte:02x}"))
}

/// One repository of the registry at `base`.
pub struct Repository<'a> {
    pub client: Client,
    pub base: &'a str,
    pub name: &'a str,
}

impl Repository<'_> {
    /// All images of the tests, under their tags.
    pub async fn fill(&self) {
        let (x86, arm) = (platform("amd64"), platform("arm64"));
        let labelled = json!({LABEL: HASH});
        let single = self.image(&x86, &labelled, MANIFEST).await;
        self.tag("single", MANIFEST, &single).await;
        let docker = self.image(&x86, &labelled, DOCKER).await;
        self.tag("docker", DOCKER, &docker).await;
        self.tag("moved", MANIFEST, &self.image(&x86, &json!({LABEL: OTHER}), MANIFEST).await)
            .await;
        let bare = self.image(&x86, &json!({}), MANIFEST).await;
        self.tag("bare", MANIFEST, &bare).await;
        let entries =
            [entry(&single, &x86), entry(&self.image(&arm, &labelled, MANIFEST).await, &arm)];
        self.tag(
            "index",
            INDEX,
            &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}),
        )
        .await;
        let entries = [entry(&docker, &x86)];
        let list = json!({"schemaVersion": 2, "mediaType": LIST, "manifests": entries});
        self.tag("list", LIST, &list).await;
        let mut annotated =
            json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&bare, &x86)]});
        annotated["annotations"] = labelled.clone();
        self.tag("annotated", INDEX, &annotated).await;
        self.attested(&single, &x86).await;
    }

    /// As buildx pushes one image: with a second manifest that says how it was built.
    async fn attested(&self, single: &Value, x86: &Value) {
        let unknown = json!({"os": "unknown", "architecture": "unknown"});
        let proof = self.image(&unknown, &json!({}), MANIFEST).await;
        let mut beside = entry(&proof, &unknown);
        beside["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digest(single.to_string().as_bytes())});
        let index = json!({"schemaVersion": 2, "mediaType": INDEX,
                           "manifests": [beside, entry(single, x86)]});
        self.tag("attested", INDEX, &index).await;
    }

    /// Pushes an image by its digest; yields its manifest.
    async fn image(&self, platform: &Value, labels: &Value, kind: &str) -> Value {
        let mut config = platform.clone();
        config["config"] = json!({"Labels": labels});
        config["rootfs"] = json!({"type": "layers", "diff_ids": []});
        let config = config.to_string();
        self.blob(config.as_bytes()).await;
        let (config_kind, size) = (kind.replace("manifest", "config"), config.len());
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "layers": [], "config":
            {"mediaType": config_kind, "digest": digest(config.as_bytes()), "size": size}});
        self.tag(&digest(manifest.to_string().as_bytes()), kind, &manifest).await;
        manifest
    }

    async fn blob(&self, bytes: &[u8]) {
        let uploads = format!("{}/v2/{}/blobs/uploads/", self.base, self.name);
        let begun = self.client.post(uploads).send().await.unwrap().error_for_status().unwrap();
        let location = begun.headers()["location"].to_str().unwrap().to_owned();
        let put = self.client.put(format!("{location}&digest={}", digest(bytes)));
        put.body(bytes.to_vec()).send().await.unwrap().error_for_status().unwrap();
    }

    async fn tag(&self, tag: &str, kind: &str, manifest: &Value) {
        let url = format!("{}/v2/{}/manifests/{tag}", self.base, self.name);
        let put = self.client.put(url).header("content-type", kind).body(manifest.to_string());
        let answer = put.send().await.unwrap();
        assert!(answer.status().is_success(), "{tag}: {}", answer.text().await.unwrap());
    }
}

fn platform(architecture: &str) -> Value {
    json!({"os": "linux", "architecture": architecture})
}

fn entry(manifest: &Value, platform: &Value) -> Value {
    let text = manifest.to_string();
    json!({"mediaType": manifest["mediaType"], "digest": digest(text.as_bytes()),
           "size": text.len(), "platform": platform})
}
