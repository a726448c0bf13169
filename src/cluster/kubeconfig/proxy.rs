//! Which proxy stands between us and the API server.  Pure.
//!
//! kube's own choice asks `NO_PROXY` about the proxy instead of the server, so it is not used.

use anyhow::{Context, Result, bail};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::http::LOOPBACK;

/// The variables `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
#[derive(Default)]
pub(super) struct Proxies {
    pub(super) http: Option<String>,
    pub(super) https: Option<String>,
    pub(super) all: Option<String>,
    /// Hosts to which no proxy leads.
    pub(super) exempt: Option<String>,
}

impl std::fmt::Debug for Proxies {
    /// Addresses of proxies may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxies").field("exempt", &self.exempt).finish_non_exhaustive()
    }
}

/// The kubeconfig's `proxy-url`, which always holds, else the environment's, which spares this
/// machine and the hosts of `no_proxy`.
pub(super) fn choose(
    server: &Uri,
    configured: Option<&str>,
    proxies: &Proxies,
) -> Result<Option<Uri>> {
    if let Some(url) = configured {
        return read(url).context("proxy-url").map(Some);
    }
    let (name, url) = match server.scheme_str() {
        Some("https") => ("https_proxy", &proxies.https),
        _ => ("http_proxy", &proxies.http),
    };
    let (name, url) = if url.is_some() { (name, url) } else { ("all_proxy", &proxies.all) };
    match url {
        Some(url) if !is_exempt(server, proxies) => {
            read(url).with_context(|| format!("the environment variable {name}")).map(Some)
        }
        _ => Ok(None),
    }
}

fn is_exempt(server: &Uri, proxies: &Proxies) -> bool {
    let exempt = format!("{LOOPBACK},{}", proxies.exempt.as_deref().unwrap_or_default());
    let any_proxy = "http://proxy";
    Matcher::builder().all(any_proxy).no(exempt).build().intercept(server).is_none()
}

/// The value may hold a password: it stays out of the messages.
fn read(typed: &str) -> Result<Uri> {
    let full = if typed.contains("://") { typed.to_owned() } else { format!("http://{typed}") };
    let Ok(url) = Url::parse(&full) else {
        bail!("not the address of a proxy, such as http://proxy:3128");
    };
    match url.scheme() {
        "http" | "https" => url.as_str().parse().context("not the address of a proxy"),
        scheme => bail!("proxies of the kind {scheme}:// cannot be used; only http and https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(exempt: &str) -> Proxies {
        Proxies {
            http: Some("plain:1".into()),
            https: Some("http://user:s3cr3t@secure:2".into()),
            all: None,
            exempt: Some(exempt.into()),
        }
    }

    fn chosen(server: &str, configured: Option<&str>, proxies: &Proxies) -> String {
        let proxy = choose(&server.parse().unwrap(), configured, proxies).unwrap();
        proxy.map_or_else(String::new, |proxy| proxy.to_string())
    }

    #[test]
    fn the_environment_names_a_proxy_but_not_for_this_machine() {
        let proxies = environment("10.0.0.0/8, .internal");
        let secure = "http://user:s3cr3t@secure:2/";
        for (server, wanted) in [
            ("https://api.acme.dev:6443/", secure),
            ("http://api.acme.dev:6443/", "http://plain:1/"),
            ("https://127.0.0.1:6443/", ""),
            ("https://localhost:6443/", ""),
            ("https://[::1]:6443/", ""),
            ("https://10.1.2.3/", ""),
            ("https://11.1.2.3/", secure),
            ("https://api.internal/", ""),
        ] {
            assert_eq!(chosen(server, None, &proxies), wanted, "{server}");
        }
        assert_eq!(chosen("https://api.acme.dev/", None, &environment("*")), "");
        // An exempt proxy says nothing about the server behind it.
        assert_eq!(chosen("https://api.acme.dev/", None, &environment("secure")), secure);
        let all = Proxies { all: Some("http://any:3".into()), ..Proxies::default() };
        assert_eq!(chosen("https://api.acme.dev/", None, &all), "http://any:3/");
    }

    #[test]
    fn the_kubeconfig_proxy_always_holds() {
        let proxies = environment("*");
        for server in ["https://api.acme.dev/", "https://127.0.0.1/"] {
            assert_eq!(chosen(server, Some("https://own:4"), &proxies), "https://own:4/");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        let server = "https://api.acme.dev/".parse().unwrap();
        for (proxy, wanted) in [
            ("socks5://u:s3cr3t@p:1080", "socks5://"),
            ("http://u:s3cr3t@:99999", "not the address"),
        ] {
            let error = choose(&server, Some(proxy), &Proxies::default()).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(wanted) && !error.contains("s3cr3t"), "{proxy}: {error}");
        }
        assert!(!format!("{:?}", environment("")).contains("s3cr3t"));
    }
}
