//! A cluster at an address that the user gave: reads the address, asks whether Ray answers there.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, StatusCode, Url};
use secrecy::SecretString;
use serde::Deserialize;

use super::Cluster;
use crate::http::{self, CaBundle, HttpAnswer, LARGEST, NoAnswer};

/// Where Ray's dashboard listens unless told otherwise.
const DASHBOARD_PORT: u16 = 8265;
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// What `GET /api/version` answers.
#[derive(Debug, Deserialize)]
pub(in crate::cluster) struct Version {
    pub(in crate::cluster) ray_version: String,
}

#[derive(Debug, Deserialize)]
struct Mode {
    authentication_mode: String,
}

/// Reads the address of a dashboard: `http://host:8265`, `https://host`, `host:8265` or `host`.
pub fn parse_address(typed: &str) -> Result<Url> {
    let typed = typed.trim();
    let has_scheme = typed.contains("://");
    let full = if has_scheme { typed.to_owned() } else { format!("http://{typed}") };
    let mut url = Url::parse(&full).with_context(|| {
        format!("`{typed}` is not an address of a Ray dashboard, such as http://host:8265")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!(
            "the Ray address holds a user name or password; give Ray's token as ray-token instead"
        );
    }
    match url.scheme() {
        "http" | "https" => {}
        "ray" => bail!(
            "`{typed}` is the address of a Ray client server; jobs go through the dashboard: use \
             http://host:8265, with the dashboard's port"
        ),
        _ => bail!("`{typed}` must start with http:// or https://"),
    }
    if !has_scheme && url.port().is_none() && url.set_port(Some(DASHBOARD_PORT)).is_err() {
        bail!("`{typed}` names no host");
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Makes sure that Ray's dashboard answers at `dashboard` and takes the token.
pub(crate) async fn probe(
    dashboard: Url,
    token: Option<SecretString>,
    trust: Option<CaBundle>,
) -> Result<Cluster> {
    let client = http::client_with(trust.as_ref())?;
    let answer = get_version(&client, &dashboard, token.as_ref()).await;
    let answer =
        answer.with_context(|| format!("cannot reach the Ray dashboard at {dashboard}"))?;
    let status = answer.status;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        bail!("{}", refusal(&client, &dashboard, status, token.is_some()).await);
    }
    let Some(version) = answer.good::<Version>() else {
        bail!(
            "{dashboard} answers, but not as a Ray dashboard ({status} to /api/version); check the \
             address and port (Ray's default is 8265)"
        );
    };
    let description = format!("Ray {} at {dashboard}", version.ray_version);
    let patience = Duration::ZERO;
    Ok(Cluster { dashboard, token, trust, description, room: None, gpus: None, patience })
}

/// Asks the dashboard for its version.
pub(in crate::cluster) async fn get_version(
    client: &Client,
    dashboard: &Url,
    token: Option<&SecretString>,
) -> Result<HttpAnswer, NoAnswer> {
    let request = http::with_token(client.get(endpoint(dashboard, "api/version")), token);
    http::answer(request.send(), ANSWER_LIMIT, LARGEST).await
}

/// Who refuses, and what to do: Ray (which tells its mode to anyone) or something in front of it.
async fn refusal(client: &Client, dashboard: &Url, status: StatusCode, has_token: bool) -> String {
    let request = client.get(endpoint(dashboard, "api/authentication_mode"));
    let answer = http::answer(request.send(), ANSWER_LIMIT, LARGEST).await;
    match answer.ok().and_then(|answer| answer.json::<Mode>().ok()) {
        Some(mode) if !has_token => format!(
            "the Ray cluster at {dashboard} demands a token (mode {}); set ray-token",
            mode.authentication_mode
        ),
        Some(_) => format!("the Ray cluster at {dashboard} refuses the token; check ray-token"),
        None => format!(
            "{dashboard} refuses the request ({status}) and does not answer as Ray does; is there \
             a proxy with a login in front of the dashboard?"
        ),
    }
}

fn endpoint(dashboard: &Url, path: &str) -> Url {
    let mut url = dashboard.clone();
    url.set_path(&format!("{}{path}", dashboard.path()));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (typed, wanted) in [
            ("http://ray:8265", "http://ray:8265/"),
            ("https://ray.acme.dev/gpu", "https://ray.acme.dev/gpu/"),
            ("ray:8265", "http://ray:8265/"),
            ("127.0.0.1:9000", "http://127.0.0.1:9000/"),
            (" ray ", "http://ray:8265/"),
            ("[::1]:8265", "http://[::1]:8265/"),
        ] {
            assert_eq!(parse_address(typed).unwrap().as_str(), wanted, "{typed}");
        }
    }

    #[test]
    fn what_is_no_dashboard_is_refused_with_the_remedy() {
        for (typed, wanted) in [
            ("ray://host:10001", "dashboard"),
            ("ftp://host", "http://"),
            ("http://", "not an address"),
            ("http://user:secret@host", "ray-token"),
        ] {
            let error = format!("{:#}", parse_address(typed).unwrap_err());
            assert!(error.contains(wanted) && !error.contains("secret"), "{typed}: {error}");
        }
    }
}
