//! Who may reach the pods of a cluster.  What they reach themselves is for `manifests/network-policy.yml` to
//! say.  Pure.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use kube::core::{Selector, SelectorExt};

use super::RUN;
use crate::cluster::kuberay::forward::DASHBOARD;

/// The label that `KubeRay`'s Helm chart and its manifests give the operator, which before 1.6 asks Ray for the
/// job of a `RayJob`.
const OPERATOR: (&str, &str) = ("app.kubernetes.io/component", "kuberay-operator");

/// A policy that lets nobody in but the cluster's own pods and the operator.  One for each cluster, because a
/// selector cannot say "of the same run".
pub(in super::super) fn policy(run: &str) -> NetworkPolicySpec {
    let own = labelled((RUN, run));
    let pods =
        NetworkPolicyPeer { pod_selector: Some(own.clone()), ..NetworkPolicyPeer::default() };
    let operator = NetworkPolicyPeer {
        // In whatever namespace.
        namespace_selector: Some(LabelSelector::default()),
        pod_selector: Some(labelled(OPERATOR)),
        ..NetworkPolicyPeer::default()
    };
    let dashboard = NetworkPolicyPort {
        port: Some(IntOrString::Int(DASHBOARD.into())),
        ..NetworkPolicyPort::default()
    };
    let rule = |peer, ports| NetworkPolicyIngressRule { from: Some(vec![peer]), ports };
    NetworkPolicySpec {
        pod_selector: Some(own),
        policy_types: Some(vec!["Ingress".to_owned()]),
        ingress: Some(vec![rule(pods, None), rule(operator, Some(vec![dashboard]))]),
        egress: None,
    }
}

/// Whether a policy holds pods with these labels to what it lets out.
pub(in super::super) fn closes(
    policy: &NetworkPolicySpec,
    labels: &BTreeMap<String, String>,
) -> bool {
    let mut ways = policy.policy_types.iter().flatten();
    ways.any(|way| way == "Egress") && selects(policy.pod_selector.as_ref(), labels)
}

/// Kubernetes leaves out a selector that is empty, which selects all.
fn selects(selector: Option<&LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    let selector = Selector::try_from(selector.cloned().unwrap_or_default());
    selector.is_ok_and(|selector| selector.matches(labels))
}

fn labelled((key, value): (&str, &str)) -> LabelSelector {
    let labels = [(key.to_owned(), value.to_owned())].into();
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}

#[cfg(test)]
mod tests;
