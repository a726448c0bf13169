//! The host and port of a registry: where its API is, and whether that is this machine.  Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::{Context, Result, ensure};
use reqwest::Url;

/// Docker Hub by the names it has in references and logins.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// Docker Hub by the name of its API.
const HUB_API: &str = "registry-1.docker.io";

/// `host[:port]` of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host(String);

impl Host {
    /// Reads what stands before the path of a reference.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (text, None),
        };
        let port = port.is_none_or(|port| {
            port.bytes().all(|c| c.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let named = match bracketed {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => host.split('.').all(is_label),
        };
        ensure!(port && named, "it is a name or address, with a port or without");
        let authority = if HUB.contains(&text) { HUB_API } else { text };
        Ok(Self(authority.to_ascii_lowercase()))
    }

    /// `host[:port]` of the API.
    pub(super) fn authority(&self) -> &str {
        &self.0
    }

    pub(super) fn is_hub(&self) -> bool {
        self.0 == HUB_API
    }

    /// Whether another name means the same registry, as logins are written: with a scheme or not,
    /// with a version of the API or not.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let name = name.split_once("://").map_or(name, |(_, rest)| rest);
        let name = name.trim_end_matches('/');
        let name = name.strip_suffix("/v1").or(name.strip_suffix("/v2")).unwrap_or(name);
        name.eq_ignore_ascii_case(&self.0) || (self.is_hub() && HUB.contains(&name))
    }

    /// What credential helpers know it by.
    pub(super) fn helper_name(&self) -> &str {
        if self.is_hub() { "https://index.docker.io/v1/" } else { &self.0 }
    }

    /// Where `path` of the API is: over TLS unless the registry is on this machine.
    pub(super) fn url(&self, path: &str) -> Result<Url> {
        let url = |scheme| Url::parse(&format!("{scheme}://{}/v2/{path}", self.0));
        let plain = url("http").context("its host is invalid")?;
        if is_loopback(&plain) { Ok(plain) } else { url("https").context("its host is invalid") }
    }
}

fn is_label(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// Whether it is on this machine, by its name alone.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || bare.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback())
}

/// Whether `url` may be asked for a registry at `registry`: over TLS, or on this machine if the
/// registry is there too.
pub(super) fn is_safe(url: &Url, registry: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url) && is_loopback(registry),
        _ => false,
    }
}

/// The host and port of `url`, which is all of an address that a message may show: queries of
/// redirects are signed.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for plain in ["localhost:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000", "LOCALHOST:1"] {
            assert_eq!(host(plain).url("").unwrap().scheme(), "http", "{plain}");
        }
        for tls in ["ghcr.io", "localhost.dev", "10.0.0.1:5000", "128.0.0.1", "[::2]:5000", "x:1"] {
            assert_eq!(host(tls).url("").unwrap().scheme(), "https", "{tls}");
        }
        assert_eq!(host("ghcr.io").url("a/b").unwrap().as_str(), "https://ghcr.io/v2/a/b");
    }

    #[test]
    fn plain_http_is_safe_from_this_machine_to_itself_alone() {
        let url = |text| Url::parse(text).unwrap();
        let (here, there) = (url("http://127.0.0.1:1/"), url("https://ghcr.io/"));
        assert!(is_safe(&url("https://ghcr.io/token"), &here));
        assert!(is_safe(&url("http://[::1]:2/token"), &here));
        assert!(!is_safe(&here, &there));
        assert!(!is_safe(&url("http://ghcr.io/token"), &there));
        assert!(!is_safe(&url("file:///etc/passwd"), &here));
    }

    #[test]
    fn a_registry_has_several_names() {
        let hub = host("docker.io");
        for name in ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"] {
            assert!(hub.is_called(name), "{name}");
        }
        for name in ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/", "http://GHCR.io/v1"] {
            assert!(host("ghcr.io").is_called(name), "{name}");
        }
        for name in ["ghcr.io.evil.dev", "ghcr.io:444", "https://ghcr.io/v2/x", ""] {
            assert!(!host("ghcr.io").is_called(name), "{name}");
        }
    }
}
