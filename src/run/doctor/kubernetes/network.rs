//! Does the network of this Kubernetes enforce policies, and does one say what trainings may reach?  Networks
//! are known by an API that they serve, which every account may see, and by their `DaemonSets`, which few may.

use k8s_openapi::api::apps::v1::DaemonSet;
use kube::{Api, ResourceExt, api::ListParams};

use super::{
    super::{Check, State},
    NAME as CLUSTER,
};
use crate::cluster::{kubeconfig::Access, rehearsal::is_closed};

pub(super) const NAME: &str = "network policy";
/// Where the files are, for people.
const FILES: &str = concat!("manifests of ", env!("CARGO_PKG_REPOSITORY"));
/// API groups and `DaemonSets` of networks that enforce policies.
const ENFORCING: [(&str, &str); 13] = [
    ("anetd", "GKE Dataplane V2"),
    ("antrea-agent", "Antrea"),
    ("azure-npm", "Azure Network Policy Manager"),
    ("calico-node", "Calico"),
    ("cilium", "Cilium"),
    ("cilium.io", "Cilium"),
    ("crd.antrea.io", "Antrea"),
    ("crd.projectcalico.org", "Calico"),
    ("k8s.ovn.org", "OVN-Kubernetes"),
    ("kube-router", "kube-router"),
    ("kubeovn.io", "Kube-OVN"),
    ("projectcalico.org", "Calico"),
    ("weave-net", "Weave Net"),
];
/// The `DaemonSet` of Amazon's network, and what its agent is told where it enforces policies.
const AMAZON: (&str, &str) = ("aws-node", "--enable-network-policy=true");
const FLANNEL: &str = "kube-flannel-ds";

/// What the network does with policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Enforces(&'static str),
    Ignores(&'static str),
    Unknown,
}

pub(super) async fn check(access: &Access) -> Check {
    let groups = access.client.list_api_groups().await.map(|list| list.groups);
    let groups: Vec<_> = groups.into_iter().flatten().map(|group| group.name).collect();
    let daemons = Api::<DaemonSet>::all(access.client.clone()).list(&ListParams::default()).await;
    let daemons = daemons.map(|list| list.items).unwrap_or_default();
    // That it may not be asked is told with the permissions.
    let closed = is_closed(access, CLUSTER).await.ok();
    judge(network(&groups, &daemons), closed, &access.namespace)
}

fn network(groups: &[String], daemons: &[DaemonSet]) -> Network {
    let daemon = |name: &str| daemons.iter().find(|daemon| daemon.name_any() == name);
    let is_there = |mark: &str| groups.iter().any(|group| group == mark) || daemon(mark).is_some();
    let enforcing = ENFORCING.into_iter().find(|(mark, _)| is_there(mark));
    match (enforcing, daemon(AMAZON.0)) {
        (Some((_, name)), _) => Network::Enforces(name),
        (None, Some(amazon)) if says(amazon, AMAZON.1) => Network::Enforces("the Amazon VPC CNI"),
        (None, Some(_)) => Network::Ignores("the Amazon VPC CNI without enableNetworkPolicy"),
        (None, None) if daemon(FLANNEL).is_some() => Network::Ignores("Flannel"),
        (None, None) => Network::Unknown,
    }
}

fn says(daemon: &DaemonSet, argument: &str) -> bool {
    let pod = daemon.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let containers = pod.into_iter().flat_map(|pod| &pod.containers);
    containers.flat_map(|container| container.args.iter().flatten()).any(|it| it == argument)
}

/// `closed`: whether a policy says what trainings may reach, if that is known.
fn judge(network: Network, closed: Option<bool>, namespace: &str) -> Check {
    let open = "no policy says what trainings may reach, so that they reach the API server and the cloud's \
                metadata address";
    let apply = format!("kubectl apply -n {namespace} -f manifests/network-policy.yml");
    let advise =
        format!("add what yours need to network-policy.yml ({FILES}), and apply it:\n{apply}");
    let warn = |found, remedy| Check::new(NAME, State::Warning, found).remedy(remedy);
    match (network, closed) {
        (Network::Enforces(name), Some(false)) => warn(format!("{name} enforces policies, but {open}"), advise),
        (Network::Enforces(name), _) => Check::ok(NAME, format!("{name} enforces policies")),
        (Network::Ignores(name), _) => warn(
            format!("{name} ignores policies: pods of all runs, and of anybody else, reach each other"),
            "install a network that enforces them, such as Calico or Cilium, or have this one do so".to_owned(),
        ),
        (Network::Unknown, closed) => {
            let open = if closed == Some(false) { format!("; {open}") } else { String::new() };
            let found = format!("unknown whether the network enforces policies{open}");
            warn(
                found,
                format!(
                    "try it ({FILES}):\n{apply} -f manifests/try-policy.yml\n\
                     sleep 30; kubectl logs -n {namespace} try-policy"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn daemon(name: &str, arguments: &[&str]) -> DaemonSet {
        let containers = json!([{"name": name}, {"name": "agent", "args": arguments}]);
        let template = json!({"spec": {"containers": containers}});
        let spec = json!({"selector": {}, "template": template});
        serde_json::from_value(json!({"metadata": {"name": name}, "spec": spec})).unwrap()
    }

    #[test]
    fn a_network_is_known_by_its_api_or_by_its_daemons() {
        let known = |groups: &[&str], daemons: &[DaemonSet]| {
            let groups: Vec<_> = groups.iter().map(|&group| group.to_owned()).collect();
            network(&groups, daemons)
        };
        let amazon = |says: &str| daemon("aws-node", &["--enable-ipv6=false", says]);
        for (found, wanted) in [
            (known(&["apps", "cilium.io"], &[]), Network::Enforces("Cilium")),
            (known(&["cilium.io"], &[daemon("anetd", &[])]), Network::Enforces("GKE Dataplane V2")),
            (
                known(&[], &[daemon("kube-proxy", &[]), daemon("calico-node", &[])]),
                Network::Enforces("Calico"),
            ),
            // Canal is both.
            (
                known(&["crd.projectcalico.org"], &[daemon("kube-flannel-ds", &[])]),
                Network::Enforces("Calico"),
            ),
            (known(&[], &[daemon("kube-flannel-ds", &[])]), Network::Ignores("Flannel")),
            (
                known(&["networking.k8s.aws"], &[amazon("--enable-network-policy=true")]),
                Network::Enforces("the Amazon VPC CNI"),
            ),
            (
                known(&["networking.k8s.aws"], &[amazon("--enable-network-policy=false")]),
                Network::Ignores("the Amazon VPC CNI without enableNetworkPolicy"),
            ),
            // Its API is served whether or not the agent enforces anything.
            (known(&["networking.k8s.aws", "apps"], &[]), Network::Unknown),
            (known(&[], &[daemon("kindnet", &[])]), Network::Unknown),
        ] {
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn what_is_not_enforced_or_not_said_is_a_warning_with_what_to_do() {
        let judged = |network, closed| {
            let check = judge(network, closed, "ml");
            (check.state, format!("{} | {}", check.found, check.remedy.unwrap_or_default()))
        };
        let enforces = Network::Enforces("Cilium");
        assert_eq!(
            judged(enforces, Some(true)),
            (State::Ok, "Cilium enforces policies | ".to_owned())
        );
        assert_eq!(judged(enforces, None).0, State::Ok);
        for (network, closed, told, untold) in [
            (enforces, Some(false), "metadata address | add what yours need", "try"),
            (Network::Ignores("Flannel"), Some(true), "Flannel ignores policies", "apply"),
            (Network::Unknown, Some(true), "unknown whether", "metadata"),
            (Network::Unknown, Some(false), "metadata address | try it", "add what"),
            (Network::Unknown, None, "kubectl logs -n ml try-policy", "metadata"),
        ] {
            let (state, text) = judged(network, closed);
            assert_eq!(state, State::Warning, "{text}");
            assert!(text.contains(told) && !text.contains(untold), "{told}: {text}");
        }
    }
}
