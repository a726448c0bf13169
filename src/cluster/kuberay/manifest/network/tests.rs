//! `manifests/network-policy.yml` and the policies of clusters, as a network that enforces them reads them.

use std::net::IpAddr;

use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicy};

use super::*;
use crate::cluster::kuberay::manifest::{labels, security};

const FILE: &str = include_str!("../../../../../manifests/network-policy.yml");
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
const API_SERVER: (&str, u16) = ("172.20.0.10", 6443);

struct Pod {
    namespace: &'static str,
    labels: BTreeMap<String, String>,
}

fn pod(namespace: &'static str, labels: BTreeMap<String, String>) -> Pod {
    Pod { namespace, labels }
}

/// A pod of one of our clusters.
fn ours(run: &str) -> Pod {
    pod("ml", labels(run))
}

enum Target<'a> {
    Pod(&'a Pod),
    Address(&'a str),
}

/// The policies of the namespace `ml`: the file's, and those of the runs.
fn policies(file: &str, runs: &[&str]) -> Vec<NetworkPolicySpec> {
    let documents = file.split("\n---\n").filter(|_| !file.is_empty());
    let of_file = documents.map(|text| serde_yaml::from_str::<NetworkPolicy>(text).unwrap());
    let of_file = of_file.map(|policy| policy.spec.unwrap());
    of_file.chain(runs.iter().map(|run| policy(run))).collect()
}

/// The file with its examples.
fn with_examples() -> String {
    let line = |line: &str| {
        let (indent, comment) = line.split_once("# ")?;
        let example = indent.trim().is_empty() && comment.starts_with(['-', ' ']);
        example.then(|| format!("{indent}{comment}\n"))
    };
    FILE.lines().map(|text| line(text).unwrap_or_else(|| format!("{text}\n"))).collect()
}

fn holds(peer: &NetworkPolicyPeer, target: &Target<'_>) -> bool {
    match (target, &peer.ip_block) {
        (Target::Address(address), Some(IPBlock { cidr, except })) => {
            within(address, cidr) && !except.iter().flatten().any(|cidr| within(address, cidr))
        }
        (Target::Pod(pod), None) => {
            let namespace = [(NAMESPACE_NAME.to_owned(), pod.namespace.to_owned())].into();
            let in_place = match &peer.namespace_selector {
                None => pod.namespace == "ml",
                selector => selects(selector.as_ref(), &namespace),
            };
            in_place && selects(peer.pod_selector.as_ref(), &pod.labels)
        }
        _ => false,
    }
}

fn within(address: &str, cidr: &str) -> bool {
    let bits = |text: &str| match text.parse().unwrap() {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 4),
        IpAddr::V6(address) => (u128::from(address), 6),
    };
    let (network, length) = cidr.split_once('/').unwrap();
    let (address, network, length) = (bits(address), bits(network), length.parse::<u32>().unwrap());
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    address.1 == network.1 && (address.0 ^ network.0) & mask == 0
}

fn opens(ports: Option<&Vec<NetworkPolicyPort>>, port: u16) -> bool {
    let is = |open: &NetworkPolicyPort| open.port == Some(IntOrString::Int(port.into()));
    ports.is_none_or(|ports| ports.iter().any(is))
}

/// Whether the policies that hold a pod in one way let the other end of it pass.
fn lets(
    policies: &[NetworkPolicySpec],
    pod: &Pod,
    way: &str,
    other: &Target<'_>,
    port: u16,
) -> bool {
    let holds_pod = |policy: &&NetworkPolicySpec| {
        let ways: Vec<_> = policy.policy_types.iter().flatten().collect();
        pod.namespace == "ml"
            && ways.iter().any(|about| *about == way)
            && selects(policy.pod_selector.as_ref(), &pod.labels)
    };
    let holding: Vec<_> = policies.iter().filter(holds_pod).collect();
    let passes = |(peers, ports): (Option<&Vec<_>>, Option<&Vec<_>>)| {
        peers.into_iter().flatten().any(|peer| holds(peer, other)) && opens(ports, port)
    };
    let out = holding.iter().flat_map(|policy| policy.egress.iter().flatten());
    let mut out = out.map(|rule| (rule.to.as_ref(), rule.ports.as_ref()));
    let inside = holding.iter().flat_map(|policy| policy.ingress.iter().flatten());
    let mut inside = inside.map(|rule| (rule.from.as_ref(), rule.ports.as_ref()));
    holding.is_empty() || if way == "Egress" { out.any(passes) } else { inside.any(passes) }
}

/// Whether a pod gets there: its own policies let it out, and those of a pod there let it in.
fn reaches(policies: &[NetworkPolicySpec], from: &Pod, to: &Target<'_>, port: u16) -> bool {
    let is_let_in = match to {
        Target::Pod(target) => lets(policies, target, "Ingress", &Target::Pod(from), port),
        Target::Address(_) => true,
    };
    is_let_in && lets(policies, from, "Egress", to, port)
}

fn named(namespace: &'static str, key: &str, value: &str) -> Pod {
    pod(namespace, [(key.to_owned(), value.to_owned())].into())
}

#[test]
fn a_cluster_lets_in_its_own_pods_and_the_operator_alone() {
    let policies = policies("", &["r1", "r1-head"]);
    let (base, head) = (ours("r1"), ours("r1-head"));
    let reaches = |from: &Pod, port| reaches(&policies, from, &Target::Pod(&base), port);
    assert!(reaches(&base, 6379) && reaches(&base, 8265));
    assert!(!reaches(&head, 6379) && !reaches(&head, 8265));
    assert!(!reaches(&named("ml", "app", "mine"), 8265));
    let operator = named("kuberay-system", "app.kubernetes.io/component", "kuberay-operator");
    assert!(reaches(&operator, 8265) && !reaches(&operator, 6379));
}

#[test]
fn a_training_reaches_names_its_cluster_and_what_is_added() {
    let (base, head) = (ours("r1"), ours("r1-head"));
    let names = pod("kube-system", BTreeMap::new());
    let names_of_openshift = pod("openshift-dns", BTreeMap::new());
    let mlflow = pod("mlflow", BTreeMap::new());
    let internet = Target::Address("203.0.113.9");
    let metadata = ["169.254.169.254", "fd00:ec2::254"].map(Target::Address);
    for (file, added) in [(FILE.to_owned(), false), (with_examples(), true)] {
        let policies = policies(&file, &["r1", "r1-head"]);
        let reaches = |to: &Target<'_>, port| reaches(&policies, &head, to, port);
        assert!(reaches(&Target::Pod(&names), 53) && !reaches(&Target::Pod(&names), 443));
        assert!(reaches(&Target::Pod(&names_of_openshift), 5353));
        assert!(!reaches(&Target::Pod(&names_of_openshift), 53));
        assert!(reaches(&Target::Address("169.254.20.10"), 53), "the cache of a node");
        assert!(reaches(&Target::Pod(&head), 6379));
        for port in [53, 80, 443, 6379, 6443, 8265] {
            assert!(!reaches(&Target::Pod(&base), port), "base at {port}");
            assert!(metadata.iter().all(|address| !reaches(address, port)), "metadata at {port}");
        }
        assert!(!reaches(&Target::Address(API_SERVER.0), API_SERVER.1));
        assert!(!reaches(&Target::Address("10.96.0.1"), 443));
        assert_eq!(reaches(&Target::Pod(&mlflow), 5000), added);
        assert_eq!(reaches(&internet, 443), added);
        assert!(!reaches(&internet, 80) && !reaches(&Target::Pod(&mlflow), 22));
    }
}

#[test]
fn the_autoscaler_reaches_the_api_server() {
    let account = security::account();
    let of_pod = account.pointer("/headGroupSpec/template/metadata/labels").unwrap();
    let mut autoscaled = ours("r1");
    autoscaled.labels.extend(serde_json::from_value::<BTreeMap<_, _>>(of_pod.clone()).unwrap());
    let policies = policies(FILE, &["r1", "r1-head"]);
    let reaches = |to: &Target<'_>, port| reaches(&policies, &autoscaled, to, port);
    assert!(reaches(&Target::Address(API_SERVER.0), API_SERVER.1));
    assert!(reaches(&Target::Address("2001:db8::1"), 443));
    assert!(!reaches(&Target::Pod(&ours("r1-head")), 8265));
    for port in [80, 443, 6443] {
        assert!(!reaches(&Target::Address("169.254.169.254"), port));
        assert!(!reaches(&Target::Address("fd00:ec2::254"), port));
    }
}

#[test]
fn a_policy_closes_what_it_selects_and_what_it_is_about() {
    let labels = labels("r1");
    let closes = |spec: &str| {
        let spec: NetworkPolicySpec = serde_yaml::from_str(spec).unwrap();
        super::closes(&spec, &labels)
    };
    assert!(policies(FILE, &[]).iter().any(|policy| super::closes(policy, &labels)));
    assert!(!super::closes(&policy("r1"), &labels), "it is about who comes in");
    assert!(closes("{podSelector: {}, policyTypes: [Ingress, Egress]}"));
    assert!(closes("{policyTypes: [Egress]}"));
    assert!(!closes("{podSelector: {matchLabels: {app: theirs}}, policyTypes: [Egress]}"));
}
