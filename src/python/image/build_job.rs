//! A Kubernetes Job that builds the image in the cluster, by `BuildKit` without root: for clusters
//! whose runners cannot build.  Pure: yields YAML to apply.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{clients::registry::LABEL, config::Platform, git::CommitSha};

/// Rootless, so that no container is privileged.
const BUILDKIT: &str = "moby/buildkit:v0.23.1-rootless";
/// The user of that image.
const USER: u32 = 1000;
/// Seconds after which a build is given up.
const LONGEST: u32 = 3 * 3600;
/// Seconds for which an ended Job stays, with its log.
const KEPT: u32 = 3600;

/// What is built, from what, and where it goes.
#[derive(Debug, Clone)]
pub struct BuildJob<'a> {
    /// Repository of the image, without tag.
    pub repository: &'a str,
    /// Tag by the requirements hash.
    pub tag: &'a str,
    /// The requirements hash: 64 hex digits.
    pub hash: &'a str,
    /// Operating system and architecture of the nodes.
    pub platform: &'a Platform,
    /// Text of the Dockerfile.
    pub dockerfile: &'a str,
    /// Address from which the cluster clones, without credentials.
    pub source: &'a str,
    /// The commit whose tree is built.
    pub commit: &'a CommitSha,
    /// Name of the Secret (`kubernetes.io/dockerconfigjson`) that may push.
    pub registry_secret: &'a str,
    /// Name of the Secret whose key `token` may clone; none: anybody may.
    pub git_secret: Option<&'a str>,
}

impl BuildJob<'_> {
    /// A `ConfigMap` with the Dockerfile and the Job, as one YAML text.
    pub fn render(&self) -> Result<String> {
        let mut text = String::from(
            "# Its containers need user namespaces, which Pod Security's `baseline` forbids: apply it in a\n\
             # namespace of its own.  kubectl apply -n regression-build -f FILE\n",
        );
        for object in [self.config_map(), self.job()] {
            let yaml = serde_yaml::to_string(&object).context("cannot write the Job as YAML")?;
            text += "---\n";
            text += &yaml;
        }
        Ok(text)
    }

    fn name(&self) -> String {
        format!("regression-build-{}", self.tag)
    }

    fn labels() -> Value {
        json!({"app.kubernetes.io/managed-by": "regression-action", "app.kubernetes.io/component": "build"})
    }

    fn metadata(&self) -> Value {
        let annotations = json!({"regression-action/commit": self.commit, LABEL: self.hash});
        json!({"name": self.name(), "labels": Self::labels(), "annotations": annotations})
    }

    fn config_map(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self.metadata(),
            "data": {"Dockerfile": self.dockerfile},
        })
    }

    fn job(&self) -> Value {
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": self.metadata(),
            "spec": {
                "backoffLimit": 1,
                "activeDeadlineSeconds": LONGEST,
                "ttlSecondsAfterFinished": KEPT,
                "template": {
                    "metadata": {"labels": Self::labels()},
                    "spec": self.pod(),
                },
            },
        })
    }

    fn pod(&self) -> Value {
        let key = json!([{"key": ".dockerconfigjson", "path": "config.json"}]);
        json!({
            "restartPolicy": "Never",
            // The build runs the code of packages.
            "automountServiceAccountToken": false,
            "securityContext": {"fsGroup": USER},
            "containers": [self.container()],
            "volumes": [
                {"name": "dockerfile", "configMap": {"name": self.name()}},
                {"name": "registry", "secret": {"secretName": self.registry_secret, "items": key}},
                {"name": "layers", "emptyDir": {}},
            ],
        })
    }

    fn container(&self) -> Value {
        let mut environment = vec![
            json!({"name": "BUILDKITD_FLAGS", "value": "--oci-worker-no-process-sandbox"}),
            json!({"name": "DOCKER_CONFIG", "value": "/registry"}),
        ];
        if let Some(secret) = self.git_secret {
            let key = json!({"secretKeyRef": {"name": secret, "key": "token"}});
            environment.push(json!({"name": "GIT_AUTH_TOKEN", "valueFrom": key}));
        }
        json!({
            "name": "buildkit",
            "image": BUILDKIT,
            // The image's own entrypoint is the daemon.
            "command": ["buildctl-daemonless.sh"],
            "args": self.arguments(),
            "env": environment,
            "securityContext": {
                "runAsUser": USER,
                "runAsGroup": USER,
                "seccompProfile": {"type": "Unconfined"},
                "appArmorProfile": {"type": "Unconfined"},
            },
            "volumeMounts": [
                {"name": "dockerfile", "mountPath": "/dockerfile", "readOnly": true},
                {"name": "registry", "mountPath": "/registry", "readOnly": true},
                {"name": "layers", "mountPath": "/home/user/.local/share/buildkit"},
            ],
        })
    }

    fn arguments(&self) -> Vec<String> {
        let Self { repository, tag, hash, platform, source, commit, .. } = self;
        let mut arguments = vec![
            "build".to_owned(),
            "--frontend=dockerfile.v0".to_owned(),
            format!("--opt=context={source}#{commit}"),
            // The Dockerfile is ours, not one that the context may have.
            "--opt=dockerfilekey=dockerfile".to_owned(),
            "--local=dockerfile=/dockerfile".to_owned(),
            format!("--opt=platform={}", platform.as_str()),
            format!("--opt=label:{LABEL}={hash}"),
            // With it the image is an index, which is where annotations are read first.
            "--opt=attest:provenance=mode=min".to_owned(),
            format!(
                "--output=type=image,name={repository}:{tag},push=true,\
                 annotation-index.{LABEL}={hash},annotation-manifest.{LABEL}={hash}"
            ),
            format!("--import-cache=type=registry,ref={repository}:cache"),
            format!(
                "--export-cache=type=registry,ref={repository}:cache,mode=max,image-manifest=true,\
                 ignore-error=true"
            ),
        ];
        if self.git_secret.is_some() {
            arguments.push("--secret=id=GIT_AUTH_TOKEN,env=GIT_AUTH_TOKEN".to_owned());
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::{batch::v1::Job, core::v1::ConfigMap};

    use super::*;

    fn job<'a>(commit: &'a CommitSha, platform: &'a Platform) -> BuildJob<'a> {
        BuildJob {
            repository: "ghcr.io/acme/train",
            tag: "req2-0123456789abcdef0123",
            hash: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            platform,
            dockerfile: "FROM python:3.11-slim-bookworm\nRUN echo \"a: b\" \\\n    && true\n",
            source: "https://github.com/acme/digits.git",
            commit,
            registry_secret: "regression-registry",
            git_secret: None,
        }
    }

    fn commit() -> CommitSha {
        CommitSha::parse("1f0c9e0d6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d").unwrap()
    }

    #[test]
    fn of_a_public_repository() {
        insta::assert_snapshot!(job(&commit(), &Platform::default()).render().unwrap());
    }

    #[test]
    fn of_a_private_repository() {
        let (commit, platform) = (commit(), Platform::parse("linux/arm64").unwrap());
        let job = BuildJob { git_secret: Some("git"), ..job(&commit, &platform) };
        insta::assert_snapshot!(job.render().unwrap());
    }

    /// Kubernetes knows every field, and the Dockerfile survives being written as YAML.
    #[test]
    fn kubernetes_has_these_fields() {
        let (commit, platform) = (commit(), Platform::default());
        let job = BuildJob { git_secret: Some("git"), ..job(&commit, &platform) };
        let text = job.render().unwrap();
        let [_, map, rendered] = text.split("---\n").collect::<Vec<_>>()[..] else {
            panic!("{text}")
        };
        let map: ConfigMap = serde_yaml::from_str(map).unwrap();
        assert_eq!(map.data.unwrap()["Dockerfile"], job.dockerfile);
        let typed: Job = serde_yaml::from_str(rendered).unwrap();
        let expected: Value = serde_yaml::from_str(rendered).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), expected, "a field is unknown");
        assert_eq!(typed.metadata.name, map.metadata.name);
    }
}
