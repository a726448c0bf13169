//! Finds the kubeconfig: takes the input and the environment, yields it parsed, or that this
//! process runs in a pod.  Reads files; decides nothing about contexts.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Error, Result, bail};
use kube::config::{Kubeconfig as Parsed, KubeconfigError};
use secrecy::{ExposeSecret, SecretString};

use super::{
    KubeVariables, Place,
    error::{is_absent, worded},
    given::{self, KubeconfigInput},
};

/// A kubeconfig and where it is from.
#[derive(Debug)]
pub(super) struct Kubeconfig {
    pub(super) config: Parsed,
    pub(super) place: Place,
    /// How messages about it begin.
    pub(super) origin: String,
}

/// What says where the cluster is.
#[derive(Debug)]
pub(super) enum KubeconfigSource {
    Kubeconfig(Box<Kubeconfig>),
    /// No kubeconfig; Kubernetes started this process.
    Pod,
}

/// Reads the input `kubeconfig`, else `$KUBECONFIG`, else `~/.kube/config`.
pub(super) fn find(
    input: Option<&SecretString>,
    environment: &KubeVariables,
) -> Result<KubeconfigSource> {
    if let Some(input) = input {
        return read_input(input.expose_secret());
    }
    if let Some(paths) = &environment.kubeconfig {
        return read_list(paths, environment.in_action);
    }
    let standard = environment.home.as_ref().map(|home| home.join(".kube").join("config"));
    match standard.filter(|path| path.exists()) {
        Some(path) => read_file(&path),
        None if environment.in_pod => Ok(KubeconfigSource::Pod),
        None => {
            let given = if environment.in_action { "the input kubeconfig" } else { "--kubeconfig" };
            bail!(
                "no kubeconfig: set {given} (a path, YAML, or base64 of YAML) or the variable KUBECONFIG; there is no \
                 ~/.kube/config either"
            )
        }
    }
}

fn read_input(input: &str) -> Result<KubeconfigSource> {
    let given = given::read(input).context("kubeconfig")?;
    let (yaml, hint) = match given {
        KubeconfigInput::Path(path) => return read_file(&path),
        KubeconfigInput::Yaml(yaml) => (yaml, None),
        KubeconfigInput::Encoded(yaml) => {
            (yaml, Some("in the decoded base64; was it copied whole?"))
        }
    };
    let parsed = Parsed::from_yaml(&yaml).map_err(worded).and_then(checked);
    let parsed = match hint {
        Some(hint) => parsed.context(hint),
        None => parsed,
    };
    found(parsed, Place::Inline, "kubeconfig".into())
}

fn read_file(path: &Path) -> Result<KubeconfigSource> {
    let parsed = Parsed::read_from(path).map_err(worded).and_then(checked);
    found(parsed, Place::File, format!("kubeconfig {}", path.display()))
}

/// Files that are absent are passed over, as kubectl does; the first to say something wins.
fn read_list(paths: &OsStr, in_action: bool) -> Result<KubeconfigSource> {
    let shown = paths.display();
    let paths: Vec<PathBuf> =
        env::split_paths(paths).filter(|path| !path.as_os_str().is_empty()).collect();
    let mut read = Vec::new();
    for path in &paths {
        match Parsed::read_from(path) {
            Ok(parsed) => read.push(parsed),
            Err(error) if is_absent(&error) => {}
            Err(error) => {
                return Err(worded(error))
                    .with_context(|| format!("kubeconfig {} (of $KUBECONFIG)", path.display()));
            }
        }
    }
    if read.is_empty() {
        let remedy = if in_action {
            "; this container sees the workspace alone, not what an earlier step wrote elsewhere on the runner: \
             let that step write below $GITHUB_WORKSPACE, or give the text itself as the input kubeconfig"
        } else {
            ""
        };
        bail!("KUBECONFIG names no file that exists: `{shown}`{remedy}");
    }
    let merged = read.into_iter().try_fold(Parsed::default(), Parsed::merge);
    found(merged.map_err(merging).and_then(checked), Place::File, "$KUBECONFIG".into())
}

fn merging(error: KubeconfigError) -> Error {
    worded(error).context("the files cannot be merged")
}

fn found(parsed: Result<Parsed>, place: Place, origin: String) -> Result<KubeconfigSource> {
    let config = parsed.with_context(|| origin.clone())?;
    Ok(KubeconfigSource::Kubeconfig(Box::new(Kubeconfig { config, place, origin })))
}

/// YAML that is something else than a kubeconfig parses too, since every key may be absent.
fn checked(config: Parsed) -> Result<Parsed> {
    if config.other.get("type").is_some_and(|kind| kind == "service_account") {
        bail!(
            "this is the key of a Google service account, not a kubeconfig; log in with \
             google-github-actions/auth, then let google-github-actions/get-gke-credentials write \
             one"
        );
    }
    if let Some(kind) = shown_kind(config.kind.as_deref()).filter(|kind| *kind != "Config") {
        bail!("this is a {kind}, not a kubeconfig (whose kind is Config)");
    }
    if config.clusters.is_empty() && config.contexts.is_empty() {
        bail!(
            "no clusters and no contexts in it: it is empty or not a kubeconfig; make one by \
             `kubectl config view --raw --flatten --minify`"
        );
    }
    Ok(config)
}

/// The kind if it is a word; anything else stays hidden.
fn shown_kind(kind: Option<&str>) -> Option<&str> {
    let kind = kind.filter(|kind| !kind.is_empty())?;
    Some(if kind.chars().all(|c| c.is_ascii_alphabetic()) {
        kind
    } else {
        "object of another kind"
    })
}
