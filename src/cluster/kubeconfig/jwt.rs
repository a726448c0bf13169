//! How long a JSON web token is good for (RFC 7519).  Reads, without verifying: the server does.

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Seconds since 1970.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Claims {
    exp: Option<f64>,
    iat: Option<f64>,
}

/// The claims of a token, if it is a JSON web token.
pub(super) fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

impl Claims {
    /// Whether the token's time is over; a token without an end has none.
    pub(super) fn has_expired(&self, now: SystemTime) -> bool {
        self.exp.is_some_and(|exp| exp <= since_1970(now))
    }

    /// When the token's time is over, by the issuer's clock.
    pub(super) fn end(&self) -> Option<SystemTime> {
        let exp = Duration::try_from_secs_f64(self.exp?).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(exp)
    }

    /// From when it was issued, by the issuer's clock, which may differ from ours.
    pub(super) fn lifetime(&self, now: SystemTime) -> Option<Duration> {
        let issued = self.iat.unwrap_or_else(|| since_1970(now));
        Duration::try_from_secs_f64(self.exp? - issued).ok()
    }
}

fn since_1970(now: SystemTime) -> f64 {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("eyJ.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn the_lifetime_is_by_the_clock_of_the_issuer() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        for (payload, lifetime, expired) in [
            (r#"{"iat":2000,"exp":2300}"#, Some(300), false),
            (r#"{"exp":1060}"#, Some(60), false),
            (r#"{"exp":999}"#, None, true),
            (r#"{"sub":"x"}"#, None, false),
        ] {
            let claims = claims(&token(payload)).unwrap();
            let wanted = lifetime.map(Duration::from_secs);
            assert_eq!(claims.end().map(|end| end <= now), claims.exp.map(|_| expired));
            assert_eq!((claims.lifetime(now), claims.has_expired(now)), (wanted, expired));
        }
    }

    #[test]
    fn other_tokens_have_no_claims() {
        for text in ["", "abcdef.0123456789abcdef", "a.b.c", &token("[]")[..5]] {
            assert!(claims(text).is_none(), "{text}");
        }
    }
}
