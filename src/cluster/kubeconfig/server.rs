//! Where the API server is and how to know it: takes a context's cluster, yields kube's config
//! without credentials, and warnings.

use anyhow::{Context, Result, bail};
use kube::Config;
use reqwest::Url;

use super::{
    Place,
    choice::Choice,
    given, pem,
    proxy::{self, Proxies},
};

/// Reads the cluster of the chosen context.
pub(super) fn config(
    choice: &Choice,
    place: Place,
    proxies: &Proxies,
) -> Result<(Config, Vec<String>)> {
    let (name, cluster) = (choice.cluster_name, choice.cluster);
    let url = address(cluster.server.as_deref()).with_context(|| format!("cluster `{name}`"))?;
    let uri = url.as_str().parse().with_context(|| format!("the server of cluster `{name}`"))?;
    let mut config = Config::new(uri);
    config.root_cert = pem::authorities(cluster, name, place)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name = given(cluster.tls_server_name.as_deref()).map(str::to_owned);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.proxy_url =
        proxy::choose(&config.cluster_url, given(cluster.proxy_url.as_deref()), proxies)
            .with_context(|| format!("cluster `{name}`"))?;
    let warnings = warnings(&url, config.accept_invalid_certs, name);
    Ok((config, warnings))
}

/// The server's address for people.
pub(super) fn shown(config: &Config) -> String {
    config.cluster_url.to_string().trim_end_matches('/').to_owned()
}

/// Reads `server`, which kubectl allows without a scheme, but then takes as unencrypted.
fn address(server: Option<&str>) -> Result<Url> {
    let Some(server) = given(server) else {
        bail!("it has no server; set clusters[].cluster.server, such as https://10.0.0.1:6443");
    };
    let url = Url::parse(server).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url.filter(Url::has_host) else {
        bail!("its server is not an address such as https://10.0.0.1:6443");
    };
    if !url.username().is_empty() || url.password().is_some() {
        bail!("its server holds a user name or password, which Kubernetes does not read");
    }
    Ok(url)
}

fn warnings(url: &Url, insecure: bool, name: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if url.scheme() == "http" && !is_loopback(url) {
        warnings.push(format!(
            "the server of cluster `{name}` is at http://: the credentials and all data travel \
             unencrypted; use https://"
        ));
    }
    if url.scheme() == "https" && insecure {
        warnings.push(format!(
            "cluster `{name}` has insecure-skip-tls-verify: anyone on the way can pose as the API \
             server and take the credentials; give certificate-authority-data instead"
        ));
    }
    warnings
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}
