//! The operator of `KubeRay`, if these credentials may see it.

use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    api::ListParams,
    core::{Expression, Selector},
};

use crate::cluster::kubeconfig::Access;

/// What runs in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) image: String,
    pub(super) namespace: String,
    /// Whether a pod of it is available.
    pub(super) runs: bool,
}

impl Operator {
    /// The labels that `KubeRay` gives it.
    pub(super) fn selector() -> Selector {
        let label = |name: &str| format!("app.kubernetes.io/{name}");
        // By the Helm chart, and by the manifests.
        let names = ["kuberay-operator", "kuberay"].map(str::to_owned);
        Selector::from_iter([
            Expression::In(label("name"), names.into()),
            // Goes by the same name.
            Expression::NotEqual(label("component"), "kuberay-apiserver".to_owned()),
        ])
    }

    /// Looks for it in all namespaces; `None` if that is forbidden, or if it runs in another way.
    pub(super) async fn find(access: &Access) -> Option<Self> {
        let deployments = Api::<Deployment>::all(access.client.clone());
        let listed =
            deployments.list(&ListParams::default().labels_from(&Self::selector())).await.ok()?;
        Self::of(listed.items.into_iter().next()?)
    }

    fn of(deployment: Deployment) -> Option<Self> {
        let pod = deployment.spec?.template.spec?;
        let image = pod.containers.into_iter().next()?.image?;
        let available = deployment.status.and_then(|status| status.available_replicas);
        let namespace = deployment.metadata.namespace.unwrap_or_default();
        Some(Self { image, namespace, runs: available.unwrap_or(0) > 0 })
    }

    /// Major and minor, from the image's tag; `None` for a tag that is no version.
    pub(super) fn version(&self) -> Option<(u32, u32)> {
        let last = self.image.split('@').next()?.rsplit('/').next()?;
        let tag = last.split_once(':')?.1;
        let mut parts = tag.trim_start_matches('v').split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    }
}

#[cfg(test)]
mod tests {
    use kube::core::SelectorExt;

    use super::*;

    #[test]
    fn the_operator_is_found_however_it_was_installed() {
        let chart = ["name: kuberay-operator", "instance: kuberay", "managed-by: Helm"];
        for (labels, wanted) in [
            (&chart[..], true),
            // config/manager/manager.yaml
            (&["name: kuberay", "component: kuberay-operator"], true),
            (&["name: kuberay", "component: kuberay-apiserver"], false),
            (&["name: grafana", "component: kuberay-operator"], false),
            (&[], false),
        ] {
            let pairs = labels.iter().filter_map(|label| label.split_once(": "));
            let on = pairs.map(|(key, value)| (format!("app.kubernetes.io/{key}"), value.into()));
            assert_eq!(Operator::selector().matches(&on.collect()), wanted, "{labels:?}");
        }
    }

    #[test]
    fn the_version_is_the_tag_of_the_image() {
        for (image, wanted) in [
            ("quay.io/kuberay/operator:v1.6.2", Some((1, 6))),
            ("host:5000/operator:1.3.0@sha256:abc", Some((1, 3))),
            ("host:5000/operator", None),
            ("quay.io/kuberay/operator:nightly", None),
        ] {
            let operator = Operator { image: image.into(), namespace: "k".into(), runs: true };
            assert_eq!(operator.version(), wanted, "{image}");
        }
    }
}
