//! What the API server's refusals mean, and what to do about them.

use anyhow::{Error, anyhow};
use thiserror::Error as ThisError;

use super::api::Kube;
use crate::output;

/// Longest quotation of what a server said.
const QUOTED: usize = 600;

/// The API server's answer is no: what was asked for has not happened.
#[derive(Debug, ThisError)]
#[error("{0}")]
pub(super) struct Refused(String);

/// An error that names the cluster, the request, the cause and the remedy.
pub(super) fn explain(error: kube::Error, verb: &str, resource: &str, kube: &Kube) -> Error {
    let Kube { namespace, description, .. } = kube;
    let kube::Error::Api(status) = error else {
        if is_unchecked(&error) {
            return anyhow!(
                "cannot reach Kubernetes ({description}): its certificate is signed by a key that the TLS of \
                 this action cannot check, such as P-521; it can check RSA from 2048 bits, P-256, P-384 and \
                 Ed25519"
            );
        }
        return anyhow!(error).context(format!(
            "cannot reach Kubernetes ({description}); check the server's address in the kubeconfig \
             and that this machine may connect to it"
        ));
    };
    let said = output::excerpt(&output::plain(&status.message), QUOTED);
    let message = match status.code {
        401 => format!(
            "Kubernetes ({description}) does not accept the credentials of the kubeconfig: they are \
             wrong, or ran out; make new ones"
        ),
        403 if said.contains("exceeded quota") => format!(
            "a quota of namespace {namespace} forbids the cluster: {said}; ask for less under \
             `cluster`, or have the quota raised"
        ),
        403 if said.contains("because it is being terminated") => {
            format!("namespace {namespace} is being deleted: {said}; choose another by --namespace")
        }
        403 => format!(
            "Kubernetes does not let these credentials {verb} {resource} in namespace {namespace}: \
             {said}; apply the Role of the README there and bind it to them"
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

/// Whether TLS met a signature of a kind that it does not know: it has numbers for those, and no words.
fn is_unchecked(error: &kube::Error) -> bool {
    let mut causes =
        std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.any(|cause| format!("{cause:?}").contains("UnsupportedSignatureAlgorithm"))
}

fn refused_fields(said: &str) -> String {
    format!(
        "Kubernetes refuses the cluster: {said}; check `cluster` and `cluster.template` in the config"
    )
}
