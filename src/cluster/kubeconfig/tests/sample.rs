//! Kubeconfigs as texts.  Every secret in them holds `s3cr3t`.

use crate::cluster::kubeconfig::KubeOptions;

pub(super) const TOKEN_USER: &str = "token: s3cr3t-token";

/// One context `prod`, with the cluster and the user as YAML flow mappings without braces.
pub(super) fn yaml(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{{cluster}}}}}]
users: [{{name: u, user: {{{user}}}}}]
contexts: [{{name: prod, context: {{cluster: c, user: u, namespace: ml}}}}]
current-context: prod
"
    )
}

/// The contexts `prod` and `dev`, and a last line.
pub(super) fn two_contexts(last: &str) -> String {
    format!(
        "clusters:
- {{name: one, cluster: {{server: 'https://one:6443'}}}}
- {{name: two, cluster: {{server: 'https://two:6443'}}}}
users: [{{name: u, user: {{token: s3cr3t}}}}]
contexts:
- {{name: prod, context: {{cluster: one, user: u}}}}
- {{name: dev, context: {{cluster: two, user: u}}}}
{last}
"
    )
}

pub(super) fn options(input: &str) -> KubeOptions {
    KubeOptions { kubeconfig: Some(input.to_owned().into()), ..KubeOptions::default() }
}
