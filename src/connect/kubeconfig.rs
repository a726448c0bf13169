//! The kubeconfig of the account.  Pure: the server, the namespace and the token go in, YAML comes out.

use anyhow::{Context as _, Result};
use kube::config::{AuthInfo, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};
use secrecy::SecretString;

use super::NAME;
use crate::cluster::kubeconfig::ClusterTarget;

/// A kubeconfig that needs no file and no program.
pub(crate) fn text(
    target: &ClusterTarget,
    namespace: &str,
    token: &SecretString,
) -> Result<SecretString> {
    let ClusterTarget { context: name, cluster } = target;
    let user = AuthInfo { token: Some(token.clone()), ..AuthInfo::default() };
    let context = Context {
        cluster: name.clone(),
        user: Some(NAME.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..Context::default()
    };
    let config = Kubeconfig {
        api_version: Some("v1".to_owned()),
        kind: Some("Config".to_owned()),
        current_context: Some(name.clone()),
        clusters: vec![NamedCluster {
            name: name.clone(),
            cluster: Some(cluster.clone()),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: NAME.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(context),
            ..NamedContext::default()
        }],
        ..Kubeconfig::default()
    };
    // On one line, as other tools write it, so that scripts find it.
    let options = serde_yaml::ser_options! { prefer_block_scalars: false };
    let text = serde_yaml::to_string_with_options(&config, options);
    Ok(text.context("cannot write the kubeconfig as YAML")?.into())
}

/// Whether a text is a kubeconfig of ours, which may be written over.
pub(super) fn is_ours(text: &str) -> bool {
    Kubeconfig::from_yaml(text).is_ok_and(|config| {
        matches!(config.auth_infos.as_slice(), [only] if only.name == NAME)
            && config.clusters.len() == 1
    })
}

#[cfg(test)]
mod tests {
    use kube::config::Cluster;
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    fn target() -> ClusterTarget {
        let cluster = Cluster {
            server: Some("https://api.example.com:6443".to_owned()),
            certificate_authority_data: Some("Q0E=".to_owned()),
            ..Cluster::default()
        };
        ClusterTarget { context: "arn:aws:eks:eu-west-1:1:cluster/prod".to_owned(), cluster }
    }

    #[test]
    fn it_holds_the_server_the_namespace_and_the_token_and_nothing_else() {
        let text = text(&target(), "ml", &"s3cr3t".into()).unwrap();
        let read: Value = serde_yaml::from_str(text.expose_secret()).unwrap();
        let name = "arn:aws:eks:eu-west-1:1:cluster/prod";
        let cluster =
            json!({"server": "https://api.example.com:6443", "certificate-authority-data": "Q0E="});
        let context = json!({"cluster": name, "user": "regression-action", "namespace": "ml"});
        let expected = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": "regression-action", "user": {"token": "s3cr3t"}}],
            "contexts": [{"name": name, "context": context}],
        });
        assert_eq!(read, expected);
        assert!(is_ours(text.expose_secret()));
    }

    #[test]
    fn long_values_stay_on_their_line() {
        let token = "s3cr3t.".repeat(150);
        let text = text(&target(), "ml", &token.clone().into()).unwrap();
        let line = text.expose_secret().lines().find(|line| line.contains("token: ")).unwrap();
        assert!(line.contains(&token), "{line}");
    }

    #[test]
    fn the_kubeconfig_of_somebody_is_not_ours() {
        let text = text(&target(), "ml", &"s3cr3t".into()).unwrap().expose_secret().to_owned();
        let two = text.replace("users:\n", "users:\n- name: admin\n  user: {}\n");
        assert_ne!(two, text);
        for other in [two.as_str(), &text.replace("regression-action", "admin"), "", "a: [", "x"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
