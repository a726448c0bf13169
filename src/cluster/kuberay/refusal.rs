//! What the API server's refusals mean, and its silence, and what to do about them.

mod admission;
#[cfg(test)]
mod tests;

use std::{
    error::Error as StdError,
    io::{self, ErrorKind},
    time::Duration,
};

use anyhow::{Error, anyhow};
use hyper_util::client::legacy;
use kube::client::AuthError;
use thiserror::Error as ThisError;
use tokio::time::timeout;

use super::api::Kube;
use crate::{cluster::kubeconfig::program_failed, http::causes, output};

/// Where TLS met a signature of a kind that it does not know.
const UNCHECKED: &str = "cannot be trusted: its certificate is signed by a key that the TLS of this \
                         action cannot check, such as P-521; it can check RSA from 2048 bits, P-256, \
                         P-384 and Ed25519";
/// Longest quotation of what a server said.
const QUOTED: usize = 600;

/// The API server's answer is no: what was asked for has not happened.
#[derive(Debug, ThisError)]
#[error("{0}")]
pub(super) struct Refused(pub(super) String);

/// There is no answer, so that nobody knows what has happened.
#[derive(Debug, ThisError)]
#[error("{told}")]
struct Unanswered {
    told: String,
    /// Not even a connection: the address may be wrong.
    unconnected: bool,
}

/// Whether what failed may do well a little later, where the API server has answered before.
pub(super) fn passes(error: &Error) -> bool {
    error.is::<Unanswered>()
}

/// The same where it has not answered yet, and a wrong address should be told at once.
pub(super) fn passes_at_first(error: &Error) -> bool {
    error.downcast_ref::<Unanswered>().is_some_and(|unanswered| !unanswered.unconnected)
}

/// A call's outcome within a limit.
pub(super) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = kube::Result<T>>,
) -> kube::Result<T> {
    let silent = |_| kube::Error::Service(io::Error::from(ErrorKind::TimedOut).into());
    timeout(limit, call).await.map_err(silent).flatten()
}

/// Who failed and how, as a part of a sentence.
pub(super) fn told(error: &kube::Error, kube: &Kube) -> String {
    let description = &kube.description;
    let what = if let kube::Error::Api(status) = error {
        match status.code {
            401 => unaccepted(kube),
            code => format!("answered {code}: {}", quoted(&status.message)),
        }
    } else if is_silence(error) {
        "does not answer".to_owned()
    } else if is_unchecked(error) {
        UNCHECKED.to_owned()
    } else {
        format!("cannot be reached: {}", words(error))
    };
    format!("Kubernetes ({description}) {what}")
}

/// What went wrong on the way, without the names that libraries have for that.
fn words(error: &kube::Error) -> String {
    let said = causes(error).skip(1).filter(|cause| !cause.is::<legacy::Error>());
    let worded = |cause: &(dyn StdError + 'static)| match cause.downcast_ref::<AuthError>() {
        Some(error) => format!("the program of the kubeconfig {}", program_failed(error)),
        None => cause.to_string(),
    };
    said.map(worded).collect::<Vec<_>>().join(": ")
}

fn unaccepted(kube: &Kube) -> String {
    match kube.token_ended() {
        Some(end) => {
            let end = humantime::format_rfc3339_seconds(end);
            format!("no longer accepts the token of the kubeconfig, which ended at {end}")
        }
        None => {
            "does not accept the credentials of the kubeconfig: they are wrong, or ran out".into()
        }
    }
}

/// An error that names the cluster, the request, the cause and the remedy.
pub(super) fn explain(error: kube::Error, verb: &str, resource: &str, kube: &Kube) -> Error {
    let Kube { namespace, description, .. } = kube;
    let kube::Error::Api(status) = error else { return unanswered(&error, kube) };
    if let Some(denial) = admission::denial(&status.message) {
        return Refused(denial.told(verb, resource, namespace)).into();
    }
    let said = quoted(&status.message);
    let message = match status.code {
        401 => format!("Kubernetes ({description}) {}; make new ones", unaccepted(kube)),
        403 if said.contains("exceeded quota") => format!(
            "a quota of namespace {namespace} forbids the cluster: {said}; ask for less under \
             `cluster`, or have the quota raised"
        ),
        403 if said.contains("because it is being terminated") => {
            format!("namespace {namespace} is being deleted: {said}; choose another by --namespace")
        }
        403 => format!(
            "Kubernetes does not let these credentials {verb} {resource} in namespace {namespace}: \
             {said}; apply manifests/role.yml there and bind it to them"
        ),
        404 if said.contains("namespaces") => format!(
            "there is no namespace {namespace} ({description}): create it with `kubectl create \
             namespace {namespace}`, or choose another by --namespace"
        ),
        404 => format!(
            "this Kubernetes ({description}) knows no {resource}: KubeRay is not installed; install \
             its operator (Helm chart kuberay-operator, 1.6 or later)"
        ),
        409 if said.contains("terminated") => {
            format!("namespace {namespace} is being deleted; choose another by --namespace")
        }
        // Strict validation of what is applied answers 500.
        500 if said.contains("field not declared in schema") => refused_fields(&said),
        400 | 422 => refused_fields(&said),
        code => format!("Kubernetes answered {code} to {verb} {resource}: {said}"),
    };
    // After an error of the server's own, such as 504, nobody knows what has happened.
    let certain = status.code < 500 || said.contains("field not declared in schema");
    if certain { Refused(message).into() } else { anyhow!(message) }
}

fn unanswered(error: &kube::Error, kube: &Kube) -> Error {
    let remedy = if is_unchecked(error) {
        ""
    } else {
        "; check the server's address in the kubeconfig and that this machine may connect to it"
    };
    let connecting = causes(error).find_map(<dyn StdError>::downcast_ref::<legacy::Error>);
    Unanswered {
        told: format!("{}{remedy}", told(error, kube)),
        unconnected: connecting.is_some_and(legacy::Error::is_connect)
            && !is_of_kind(error, ErrorKind::ConnectionReset),
    }
    .into()
}

fn is_silence(error: &kube::Error) -> bool {
    is_of_kind(error, ErrorKind::TimedOut)
}

fn is_of_kind(error: &kube::Error, kind: ErrorKind) -> bool {
    let mut io = causes(error).filter_map(<dyn StdError>::downcast_ref::<io::Error>);
    io.any(|error| error.kind() == kind)
}

/// Whether TLS met a signature of a kind that it does not know: it has numbers for those, and no words.
fn is_unchecked(error: &kube::Error) -> bool {
    causes(error).any(|cause| format!("{cause:?}").contains("UnsupportedSignatureAlgorithm"))
}

/// What a server said: printable, on one line, bounded.
fn quoted(said: &str) -> String {
    output::excerpt(&output::plain(said), QUOTED)
}

fn refused_fields(said: &str) -> String {
    format!(
        "Kubernetes refuses the cluster: {said}; check `cluster` and `cluster.template` in the config"
    )
}
