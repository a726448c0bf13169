//! The name of an image -> whether it is there for a platform, by which digest, and whether it was
//! built for the requirements wanted; else why we cannot tell.  Reads only, and never assumes.
//!
//! Our own client, on the HTTP client that all services share: `oci-client` tries nothing again,
//! reads no `Retry-After`, exchanges no identity tokens, takes bodies of any size, and tells a token
//! endpoint that refuses from one that limits or fails by text alone.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod challenge;
mod credentials;
mod digest;
mod exchange;
mod host;
mod manifest;
mod outcome;
mod reference;
mod vendor;
mod visit;

use anyhow::Result;

pub use credentials::Credentials;
pub use digest::{Digest, DigestError};
pub use outcome::{Access, ImageFound, Outcome};
pub use reference::ImageReference;

use self::{
    credentials::Login,
    exchange::RegistryExchange,
    manifest::{ImageConfig, Index, Manifest, Single, label},
    visit::Visit,
};
use crate::{
    config::Platform,
    http::{self, CaBundle, RetryPolicy},
};

/// The label, or annotation, by which an image carries the whole hash of its requirements.
pub const LABEL: &str = "org.regression-action.requirements-sha256";

/// Whatever registry an image is in, seen with one user's logins.
#[derive(Debug)]
pub struct Registry {
    exchange: RegistryExchange,
    credentials: Credentials,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The image; its digest, if it has one, decides before its tag.
    pub reference: &'a ImageReference,
    /// What it must be there for.
    pub platform: &'a Platform,
    /// The hash that it must carry if it carries one: 64 hexadecimal digits.
    pub hash: Option<&'a str>,
}

/// What was seen of an image.
struct ImageSeen {
    platforms: Vec<String>,
    label: Option<String>,
}

impl Registry {
    /// Asks nothing yet.
    pub fn new(credentials: Credentials, trust: Option<&CaBundle>) -> Result<Self> {
        let (client, policy) = (http::client_with(trust)?, RetryPolicy::USUAL);
        Ok(Self { exchange: RegistryExchange { client, policy }, credentials })
    }

    /// The same with other waits.
    #[must_use]
    pub fn with_retries(mut self, policy: RetryPolicy) -> Self {
        self.exchange.policy = policy;
        self
    }

    /// Looks for an image: with the login for its registry, if there is one, and as nobody if that
    /// is refused, since a login that is no longer good hides even what is public.
    pub async fn look(&self, wanted: &Wanted<'_>) -> Outcome {
        let (login, problem) = match self.credentials.find(wanted.reference).await {
            Ok(login) => (login, None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        if let Some(problem) = &problem {
            tracing::warn!("looking for {} without a login: {problem}", wanted.reference);
        }
        let outcome = self.look_as(login.as_ref(), wanted).await;
        if matches!(outcome, Outcome::Denied { .. }) {
            return self.look_as_nobody(outcome, wanted).await;
        }
        if outcome == (Outcome::NoCredentials { problem: None }) {
            return Outcome::NoCredentials { problem };
        }
        outcome
    }

    async fn look_as_nobody(&self, refusal: Outcome, wanted: &Wanted<'_>) -> Outcome {
        tracing::info!("{}; looking once more without it", refusal.message(wanted));
        let access = Access::AnonymousAfterRefusal;
        match self.look_as(None, wanted).await {
            Outcome::Found(found) => Outcome::Found(ImageFound { access, ..found }),
            // Whatever it is, it was seen.
            seen @ (Outcome::MissingPlatform { .. } | Outcome::OtherContent { .. }) => seen,
            // A registry may say "missing" of what it hides.
            Outcome::MissingTag { .. }
            | Outcome::NoCredentials { .. }
            | Outcome::Denied { .. }
            | Outcome::RateLimited { .. }
            | Outcome::Unreachable { .. }
            | Outcome::Protocol { .. } => refusal,
        }
    }

    async fn look_as(&self, login: Option<&Login>, wanted: &Wanted<'_>) -> Outcome {
        let mut visit = Visit::new(&self.exchange, wanted.reference, login);
        let found = find(&mut visit, wanted).await.map(Outcome::Found);
        let outcome = found.unwrap_or_else(|outcome| outcome);
        if let Outcome::RateLimited { wait, .. } = outcome {
            return Outcome::RateLimited { wait, anonymous: login.is_none() };
        }
        outcome
    }
}

async fn find(visit: &mut Visit<'_>, wanted: &Wanted<'_>) -> Result<ImageFound, Outcome> {
    let (digest, body) = visit.manifest(wanted.reference.selector()).await?;
    let ImageSeen { platforms, label } = match read(wanted, Manifest::read(&body))? {
        Manifest::Index(index) => see_index(visit, wanted, &index).await?,
        Manifest::Single(single) => see_single(visit, wanted, &single).await?,
    };
    match (wanted.hash, label) {
        (Some(hash), Some(label)) if hash != label => {
            Err(Outcome::OtherContent { label: outcome::shown_label(&label) })
        }
        (hash, label) => {
            let labelled = hash.is_some() && label.is_some();
            Ok(ImageFound { digest, platforms, labelled, access: visit.access() })
        }
    }
}

/// The image is looked into only if the index does not say what hash it carries.
async fn see_index(
    visit: &mut Visit<'_>,
    wanted: &Wanted<'_>,
    index: &Index,
) -> Result<ImageSeen, Outcome> {
    let platforms = index.platforms();
    let Some(chosen) = index.choose(wanted.platform.as_str()) else {
        return Err(Outcome::MissingPlatform { there: platforms });
    };
    let (child, labels) = read(wanted, chosen)?;
    if wanted.hash.is_none() || label(&labels).is_some() {
        return Ok(ImageSeen { platforms, label: label(&labels).map(str::to_owned) });
    }
    let (_, body) = visit.manifest(child.as_str()).await.map_err(|o| dangling(o, wanted))?;
    match read(wanted, Manifest::read(&body))? {
        Manifest::Single(single) => {
            let ImageSeen { label, .. } = see_single(visit, wanted, &single).await?;
            Ok(ImageSeen { platforms, label })
        }
        Manifest::Index(_) => read(wanted, Err("its index holds another".to_owned())),
    }
}

async fn see_single(
    visit: &mut Visit<'_>,
    wanted: &Wanted<'_>,
    single: &Single,
) -> Result<ImageSeen, Outcome> {
    let body = visit.blob(&single.config).await.map_err(|o| dangling(o, wanted))?;
    let config = read(wanted, ImageConfig::read(&body))?;
    let platforms = vec![config.target.to_string()];
    if !config.target.suits(wanted.platform.as_str()) {
        return Err(Outcome::MissingPlatform { there: platforms });
    }
    let label = label(&single.annotations).or(config.label()).map(str::to_owned);
    Ok(ImageSeen { platforms, label })
}

/// What a manifest names is missing: the tag is there, so building is not known to help.
fn dangling(outcome: Outcome, wanted: &Wanted<'_>) -> Outcome {
    if !matches!(outcome, Outcome::MissingTag { .. }) {
        return outcome;
    }
    let cause = "it has the image's manifest, but not all that this names; push the image anew";
    let host = wanted.reference.host().authority().to_owned();
    Outcome::Protocol { host, cause: cause.to_owned() }
}

/// A parser's word as an outcome.
fn read<T>(wanted: &Wanted<'_>, parsed: Result<T, String>) -> Result<T, Outcome> {
    let host = wanted.reference.host().authority().to_owned();
    parsed.map_err(|cause| Outcome::Protocol { host, cause })
}
