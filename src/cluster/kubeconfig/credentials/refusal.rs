//! Words for credentials that are refused, each with the ways out.

use std::path::Path;

/// The way that works on every cluster.
pub(in crate::cluster::kubeconfig) const NEW_TOKEN: &str = "make a token of a service account with only the permissions that are needed: `kubectl create token \
     regression-action --duration 24h`, and put it into the kubeconfig as users[].user.token (a \
     Secret of type kubernetes.io/service-account-token gives one that lasts)";
const GITHUB: &str = "or let GitHub prove who we are, if the API server trusts it: \
                      `auth-provider: {name: github-oidc, config: {audience: ...}}`";

/// A program that would print a token.
pub(super) fn exec(user: &str, command: &str) -> String {
    let program = Path::new(command).file_name().unwrap_or_default().to_string_lossy();
    let cloud = cloud(&program)
        .map_or_else(String::new, |way| format!(", or, in a step before, take the token of {way}"));
    format!(
        "user `{user}` proves itself by running `{program}`, which this action never does: its \
         image has no such program; {NEW_TOKEN}{cloud}, {GITHUB}"
    )
}

/// The command by which a cloud yields a short-lived token.
fn cloud(program: &str) -> Option<&'static str> {
    match program.trim_end_matches(".exe") {
        "aws" | "aws-iam-authenticator" => Some(
            "`aws eks get-token --cluster-name NAME --query status.token --output text` (lasts 15 \
             minutes)",
        ),
        "gke-gcloud-auth-plugin" | "gcloud" => Some(
            "google-github-actions/get-gke-credentials, which writes a kubeconfig with a token \
             (lasts an hour)",
        ),
        "kubelogin" => Some(
            "`az account get-access-token --resource 6dae42f8-4368-4678-94ff-3960e28e3630 --query \
             accessToken --output tsv` (lasts about an hour)",
        ),
        "doctl" => Some("`doctl kubernetes cluster kubeconfig show NAME`"),
        _ => None,
    }
}

/// A provider that kubectl had built in, or another that we do not know.
pub(super) fn provider(user: &str, provider: &str) -> String {
    format!(
        "user `{user}` has the auth-provider `{provider}`, which Kubernetes has removed or this \
         action does not know; {NEW_TOKEN}, {GITHUB}"
    )
}

/// A user name and password.
pub(super) fn password(user: &str) -> String {
    format!(
        "user `{user}` has a user name and password, which Kubernetes has not accepted since 1.19; \
         {NEW_TOKEN}"
    )
}

/// Nothing at all.
pub(super) fn nothing(user: &str) -> String {
    format!("user `{user}` has no credentials: no token and no client certificate; {NEW_TOKEN}")
}
