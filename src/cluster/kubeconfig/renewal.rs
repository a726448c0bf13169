//! Keeps a token of limited life fresh: mints when one is wanted and the last is getting old, and
//! never hands out one that has expired.

use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::oidc::{Issuer, Minted};

/// Of a token's life: when to renew it, and when it must not be used any more.  Between the two a
/// failure to renew does no harm.
const RENEW_AT: f64 = 0.6;
const STOP_AT: f64 = 0.9;
/// Of a token's life: how long to leave the issuer alone after it failed, and how long a request
/// may wait for it while there is still a token to use.
const PAUSE: f64 = 0.05;

/// A token that is renewed as it is used.
#[derive(Debug)]
pub(super) struct Renewed {
    issuer: Issuer,
    held: Mutex<HeldToken>,
}

#[derive(Debug)]
struct HeldToken {
    token: SecretString,
    lifetime: Duration,
    renew_at: Instant,
    stop_at: Instant,
}

impl HeldToken {
    fn new(minted: Minted, now: Instant) -> Self {
        let Minted { token, lifetime } = minted;
        let renew_at = now + lifetime.mul_f64(RENEW_AT);
        Self { token, lifetime, renew_at, stop_at: now + lifetime.mul_f64(STOP_AT) }
    }
}

impl Renewed {
    /// Mints the first token, so that a refusal is known at once.
    pub(super) async fn start(issuer: Issuer) -> Result<Self> {
        let asked = Instant::now();
        let held = HeldToken::new(issuer.mint().await?, asked);
        Ok(Self { issuer, held: Mutex::new(held) })
    }

    /// A token that is good for now.  Requests that come while one renews it wait.
    pub(super) async fn token(&self) -> Result<SecretString> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if now < held.renew_at {
            return Ok(held.token.clone());
        }
        if now >= held.stop_at {
            let minted = self.issuer.mint().await;
            *held = HeldToken::new(minted.context("the OIDC token has expired")?, now);
            return Ok(held.token.clone());
        }
        let pause = held.lifetime.mul_f64(PAUSE);
        match timeout(pause, self.issuer.mint()).await.map_err(anyhow::Error::from).flatten() {
            Ok(minted) => *held = HeldToken::new(minted, now),
            Err(error) => {
                tracing::warn!("cannot renew the OIDC token yet: {error:#}");
                held.renew_at = Instant::now() + pause;
            }
        }
        Ok(held.token.clone())
    }
}
