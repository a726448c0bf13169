//! Whether a runner of GitHub's can get to an API server.  Addresses go in, warnings come out.

use std::net::IpAddr;

use kube::config::Cluster;
use reqwest::Url;
use tokio::net::lookup_host;

/// Where an address leads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Everywhere,
    Network,
    Machine,
}

/// What to know of the server of a kubeconfig that is used elsewhere, one sentence each.
pub(crate) async fn warnings(cluster: &Cluster) -> Vec<String> {
    let mut warnings = Vec::new();
    for (what, address) in [("API server", &cluster.server), ("proxy", &cluster.proxy_url)] {
        let Some(url) = address.as_deref().and_then(|address| Url::parse(address).ok()) else {
            continue;
        };
        warnings.extend(warning(what, &url, reach(&url).await));
        warnings.extend(of_rancher(&url));
    }
    warnings
}

/// Rancher's proxy asks Rancher who somebody is, and not the cluster.
fn of_rancher(url: &Url) -> Option<String> {
    url.path().starts_with("/k8s/clusters/").then(|| {
        format!(
            "{} is Rancher's proxy, which takes the account's token only where JWT Authentication is enabled for the \
             cluster: enable it, or choose the cluster's own endpoint by --context (docs/connect.md#rancher)",
            url.host_str().unwrap_or_default()
        )
    })
}

async fn reach(url: &Url) -> Reach {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if let Some(reach) = by_name(host) {
        return reach;
    }
    let port = url.port_or_known_default().unwrap_or_default();
    // Of a name that is unknown here, nothing is known.
    let Ok(addresses) = lookup_host((host, port)).await else { return Reach::Everywhere };
    addresses.map(|address| by_address(address.ip())).min().unwrap_or(Reach::Everywhere)
}

/// What the name alone tells.
fn by_name(host: &str) -> Option<Reach> {
    if let Ok(address) = host.parse() {
        return Some(by_address(address));
    }
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| host.ends_with(suffix));
    // Docker's names for the machine that it runs on.
    if host == "localhost" || ends(&[".localhost", ".docker.internal"]) {
        return Some(Reach::Machine);
    }
    ends(&[".local", ".internal", ".lan", ".svc"]).then_some(Reach::Network)
}

fn by_address(address: IpAddr) -> Reach {
    let shared = |[first, second, ..]: [u8; 4]| first == 100 && (64..128).contains(&second);
    match address {
        _ if address.is_loopback() || address.is_unspecified() => Reach::Machine,
        IpAddr::V4(v4) if v4.is_private() || v4.is_link_local() || shared(v4.octets()) => {
            Reach::Network
        }
        IpAddr::V6(v6) if v6.is_unique_local() || v6.is_unicast_link_local() => Reach::Network,
        IpAddr::V4(_) | IpAddr::V6(_) => Reach::Everywhere,
    }
}

fn warning(what: &str, url: &Url, reach: Reach) -> Option<String> {
    let host = url.host_str().unwrap_or_default();
    match reach {
        Reach::Everywhere => None,
        Reach::Network => Some(format!(
            "the {what} of the kubeconfig, {host}, has a private address: a runner of GitHub's cannot reach it, a \
             self-hosted runner in that network can"
        )),
        Reach::Machine => Some(format!(
            "the {what} of the kubeconfig, {host}, is this machine: no runner elsewhere can reach it, nor a container \
             here, which is a machine of its own; give the server an address that both have (docs/kind.md#in-a-workflow)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_of_a_network_are_known() {
        for (host, wanted) in [
            ("127.0.0.1", Reach::Machine),
            ("0.0.0.0", Reach::Machine),
            ("::1", Reach::Machine),
            ("localhost", Reach::Machine),
            ("kubernetes.docker.internal", Reach::Machine),
            ("10.1.2.3", Reach::Network),
            ("172.31.0.1", Reach::Network),
            ("192.168.49.2", Reach::Network),
            ("100.64.0.1", Reach::Network),
            ("169.254.1.1", Reach::Network),
            ("fd00::1", Reach::Network),
            ("fe80::1", Reach::Network),
            ("kubernetes.default.svc", Reach::Network),
            ("k3s.lan", Reach::Network),
            ("172.32.0.1", Reach::Everywhere),
            ("100.128.0.1", Reach::Everywhere),
            ("34.90.1.2", Reach::Everywhere),
            ("2001:db8::1", Reach::Everywhere),
        ] {
            assert_eq!(by_name(host), Some(wanted), "{host}");
        }
        assert_eq!(by_name("abc.gr7.eu-west-1.eks.amazonaws.com"), None);
    }

    #[tokio::test]
    async fn server_and_proxy_are_told_each() {
        let cluster = |server: &str, proxy: Option<&str>| Cluster {
            server: Some(server.to_owned()),
            proxy_url: proxy.map(str::to_owned),
            ..Cluster::default()
        };
        let told =
            warnings(&cluster("https://[::1]:6443", Some("http://u:s3cr3t@10.0.0.1:3128"))).await;
        let [server, proxy] = told.as_slice() else { panic!("{told:?}") };
        assert!(
            server.contains("API server") && server.contains("[::1], is this machine"),
            "{server}"
        );
        assert!(proxy.contains("proxy of the kubeconfig, 10.0.0.1, has a private"), "{proxy}");
        assert!(!proxy.contains("s3cr3t"));
        assert_eq!(warnings(&cluster("https://34.90.1.2", None)).await, Vec::<String>::new());
        let rancher = warnings(&cluster("https://34.90.1.2/k8s/clusters/c-m-1", None)).await;
        assert!(
            matches!(&rancher[..], [only] if only.contains("34.90.1.2 is Rancher's proxy")),
            "{rancher:?}"
        );
    }
}
