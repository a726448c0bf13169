//! What the API server does not let somebody do who makes an account, and who could do it instead.

use anyhow::{Error, anyhow};
use kube::core::Status;

use super::Planned;
use crate::{
    cluster::{kubeconfig::Access, rehearsal},
    output,
};

/// Longest quotation of what the API server said.
const QUOTED: usize = 300;

/// One object that may not be written or seen.
#[derive(Debug, Clone)]
pub(super) struct Forbidden {
    title: String,
    said: String,
}

impl Forbidden {
    pub(super) fn new(planned: &Planned, status: &Status) -> Self {
        Self { title: planned.title(), said: output::excerpt(&status.message, QUOTED) }
    }
}

/// All that is refused, and the remedy.
pub(super) fn forbidden(refusals: &[Forbidden], access: &Access) -> String {
    let list = refusals.iter().map(|refusal| format!("\n  {}: {}", refusal.title, refusal.said));
    let list: String = list.collect();
    format!(
        "Kubernetes ({}) does not let you make all of it:{list}\n\
         an administrator of the cluster may: add --dry-run, and have its output applied by `kubectl apply \
         --server-side --field-manager regression-action --filename -`; then run this command again",
        access.description
    )
}

/// The token is refused, for which the account alone has to be visible and its subresource `token` open.
pub(super) fn no_token(said: &str, access: &Access) -> Error {
    anyhow!(
        "Kubernetes ({}) does not let you make a token: {}; have somebody make it who may create \
         `serviceaccounts/token` in namespace {}, or be given that right",
        access.description,
        output::excerpt(said, QUOTED),
        access.namespace
    )
}

/// Whatever else went wrong.
pub(super) fn unexpected(error: kube::Error, verb: &str, what: &str, access: &Access) -> Error {
    if let kube::Error::Api(status) = &error
        && status.code != 401
    {
        let said = output::excerpt(&status.message, QUOTED);
        let (place, code) = (&access.description, status.code);
        return anyhow!("cannot {verb} {what}: Kubernetes ({place}) answered {code}: {said}");
    }
    rehearsal::explain(error, verb, what, access)
}
