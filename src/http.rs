//! The HTTP client that all services share: rustls by ring, the system's certificates, proxies by
//! the usual variables but never for this machine, no redirects.

mod ca_bundle;
mod exchange;
#[cfg(test)]
#[path = "../tests/world/proxy.rs"]
pub(crate) mod proxy;
mod retry;

use std::{env, sync::Once, time::Duration};

use anyhow::{Context, Result};
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, RequestBuilder, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};

pub use ca_bundle::CaBundle;
pub use exchange::NoAnswer;
pub(crate) use exchange::{HttpAnswer, LARGEST, answer, begun, causes, number, retry_after, whole};
pub(crate) use retry::{Effect, FailedTry, GivenUp, RetryClass, Tries, jitter};
pub use retry::{Pauses, RetryPolicy};

/// What this program calls itself to every server.
pub(crate) const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
/// How long an answer may take on a way that may break.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);
/// How long a server may take to accept a connection.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Hosts that no proxy stands before: this machine.
pub(crate) const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";
static PROVIDER: Once = Once::new();

/// A client without a total time limit: streams of logs last for hours, so each request sets its own.
///
/// It follows no redirects, which could carry a token to another host.
pub fn client() -> Result<Client> {
    client_with(None)
}

/// The same, but it trusts more certificates than the system does.
pub fn client_with(trust: Option<&CaBundle>) -> Result<Client> {
    build(builder(trust)?)
}

/// For a server behind a way that may break: no connection is taken up again that has not been of use for
/// as long as an answer may take, because it may be dead.
pub(crate) fn wary_client(trust: Option<&CaBundle>) -> Result<Client> {
    build(builder(trust)?.pool_idle_timeout(ANSWER))
}

fn build(builder: ClientBuilder) -> Result<Client> {
    builder.build().context("cannot set up the HTTP client")
}

fn builder(trust: Option<&CaBundle>) -> Result<ClientBuilder> {
    install_provider();
    let certificates = trust.map(CaBundle::certificates).transpose()?.unwrap_or_default();
    let mut builder = Client::builder()
        .no_proxy()
        .tls_certs_merge(certificates)
        .connect_timeout(CONNECT_LIMIT)
        .redirect(Policy::none())
        .user_agent(USER_AGENT);
    for proxy in proxies()? {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// Makes ring the cryptography of every TLS connection; kube's client needs it too.
pub(crate) fn install_provider() {
    PROVIDER.call_once(|| {
        // An error means that a provider is there already, which is all we want.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}

/// The request with Ray's token, if there is one, in Ray's own header.  Not `Authorization`: the API
/// server's proxy strips that one, and Ray prefers it even if it is wrong.
pub(crate) fn with_token(request: RequestBuilder, token: Option<&SecretString>) -> RequestBuilder {
    match token {
        Some(token) => {
            request.header("X-Ray-Authorization", format!("Bearer {}", token.expose_secret()))
        }
        None => request,
    }
}

/// `http_proxy`, `https_proxy`, `all_proxy` in either case.  Spelled out, because the client's own
/// reading of them would send requests to this machine through the proxy.
fn proxies() -> Result<Vec<Proxy>> {
    type Kind = fn(String) -> reqwest::Result<Proxy>;
    let kinds: [(&str, Kind); 3] =
        [("http_proxy", Proxy::http), ("https_proxy", Proxy::https), ("all_proxy", Proxy::all)];
    let listed = variable("no_proxy").map(|hosts| format!(",{hosts}")).unwrap_or_default();
    let exempt = NoProxy::from_string(&format!("{LOOPBACK}{listed}"));
    let proxy = |(name, kind): (&str, Kind)| {
        let url = variable(name)?;
        // The value may hold a password: it stays out of the message.
        let proxy = kind(url).map_err(reqwest::Error::without_url);
        Some(proxy.map(|proxy| proxy.no_proxy(exempt.clone())).with_context(|| {
            format!("the environment variable {name} does not hold the address of a proxy")
        }))
    };
    kinds.into_iter().filter_map(proxy).collect()
}

/// The value of an environment variable, unless empty, in lower or else in upper case.
pub(crate) fn variable(name: &str) -> Option<String> {
    let read = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    read(name).or_else(|| read(&name.to_uppercase()))
}
