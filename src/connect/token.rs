//! A token of the account, by the API server's own `TokenRequest`: nothing that lasts is stored in the cluster.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::ServiceAccount,
};
use kube::{Api, api::PostParams};
use secrecy::SecretString;

use super::{
    NAME,
    refusal::{no_token, unexpected},
};
use crate::{cluster::kubeconfig::Access, output};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A token that was made.
#[derive(Debug)]
pub(crate) struct MintedToken {
    pub(crate) token: SecretString,
    /// How long it was to be good for.
    pub(crate) asked: Duration,
    /// How long it is.
    pub(crate) lasts: Duration,
    pub(crate) ends: SystemTime,
}

/// Asks for a token that is good for so long.
pub(crate) async fn mint(access: &Access, asked: Duration) -> Result<MintedToken> {
    let seconds = i64::try_from(asked.as_secs()).context("the length of the token")?;
    let spec =
        TokenRequestSpec { expiration_seconds: Some(seconds), ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let accounts = Api::<ServiceAccount>::namespaced(access.client.clone(), &access.namespace);
    let made = match accounts.create_token_request(NAME, &PostParams::default(), &request).await {
        Ok(made) => made,
        Err(kube::Error::Api(status)) if status.code == 403 => {
            return Err(no_token(&status.message, access));
        }
        Err(error) => return Err(unexpected(error, "make", "a token", access)),
    };
    // What was granted stands where what was asked for stood.
    let granted = made.spec.expiration_seconds.and_then(|seconds| seconds.try_into().ok());
    let status = made.status.context("Kubernetes made a token and did not tell it")?;
    Ok(MintedToken {
        token: status.token.into(),
        asked,
        lasts: granted.map_or(asked, Duration::from_secs),
        ends: status.expiration_timestamp.0.into(),
    })
}

impl MintedToken {
    /// For people: when it ends, and that it ends sooner than it was to.
    pub(crate) fn told(&self) -> String {
        let Self { asked, lasts, ends, token: _ } = self;
        let ends = humantime::format_rfc3339_seconds(*ends);
        if lasts < asked {
            return format!(
                "the token ends in {}, at {ends}: this Kubernetes makes none that lasts {}; make one in each run \
                 instead of storing it, or this one anew in time (docs/connect.md#short-tokens)",
                length(*lasts),
                length(*asked)
            );
        }
        format!("the token ends in {}, at {ends}; this command makes another", length(*lasts))
    }
}

/// In its largest whole unit.
fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
    let (count, name) = units
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
        .map_or((seconds, "second"), |(unit, name)| (seconds / unit, name));
    output::count(usize::try_from(count).unwrap_or(usize::MAX), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minted(asked: u64, lasts: u64) -> MintedToken {
        MintedToken {
            token: "s3cr3t".into(),
            asked: Duration::from_secs(asked),
            lasts: Duration::from_secs(lasts),
            ends: SystemTime::UNIX_EPOCH + Duration::from_secs(lasts),
        }
    }

    #[test]
    fn a_shortened_token_is_told() {
        let whole = minted(90 * DAY, 90 * DAY).told();
        let said = "the token ends in 90 days, at 1970-04-01T00:00:00Z; this command makes another";
        assert_eq!(whole, said);
        let short = minted(90 * DAY, DAY).told();
        assert!(short.starts_with("the token ends in 1 day, at 1970-01-02T00:00:00Z"), "{short}");
        assert!(short.contains("none that lasts 90 days; make one in each run"), "{short}");
        assert!(!format!("{:?}", minted(1, 1)).contains("s3cr3t"));
    }

    #[test]
    fn lengths_are_in_their_largest_whole_unit() {
        for (seconds, told) in [
            (36 * HOUR, "36 hours"),
            (DAY, "1 day"),
            (90 * MINUTE, "90 minutes"),
            (61, "61 seconds"),
        ] {
            assert_eq!(length(Duration::from_secs(seconds)), told);
        }
    }
}
