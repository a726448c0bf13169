//! The one HTTP client: rustls with ring, no redirects.

use std::time::Duration;

use anyhow::{Context, Result};

/// A client for Ray's dashboard.  Redirects are not followed: a token must not travel on.
pub fn client() -> Result<reqwest::Client> {
    // Err means that a provider is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("cannot set up the HTTP client")
}
