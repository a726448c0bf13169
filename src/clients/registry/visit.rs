//! One registry, asked as one user: answers its challenges, and tells its refusals apart.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{StatusCode, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    Access, Digest, ImageReference, Outcome,
    challenge::{self, Challenge},
    credentials::{Login, Secret},
    exchange::{RegistryExchange, Request, protocol},
    host, manifest,
};
use crate::{http::HttpAnswer, output::excerpt};

/// The header that a registry is known by, and the one that names the digest of what it answers.
const VERSION: &str = "docker-distribution-api-version";
const DIGEST: &str = "docker-content-digest";

/// Asks one registry as one user, or as nobody.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    exchange: &'a RegistryExchange,
    reference: &'a ImageReference,
    login: Option<&'a Login>,
    /// What the last challenge was answered with.
    authorization: Option<HeaderValue>,
}

/// What a token endpoint answers, by either name or by both.
#[derive(Deserialize)]
struct RegistryToken {
    token: Option<String>,
    access_token: Option<String>,
}

/// A registry's words about an error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorList {
    errors: Option<Vec<Word>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Word {
    code: String,
    message: String,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        exchange: &'a RegistryExchange,
        reference: &'a ImageReference,
        login: Option<&'a Login>,
    ) -> Self {
        Self { exchange, reference, login, authorization: None }
    }

    /// As whom the registry saw us so far.
    pub(super) fn access(&self) -> Access {
        let shown = self.login.is_some() && self.authorization.is_some();
        if shown { Access::Login } else { Access::Anonymous }
    }

    /// The manifest of a tag or digest, and its digest, verified.
    pub(super) async fn manifest(&mut self, selector: &str) -> Result<(Digest, Vec<u8>), Outcome> {
        let answer = self.get(&format!("manifests/{selector}"), manifest::ACCEPT).await?;
        let digest = Digest::of(&answer.body);
        if let Some(named) = answer.headers.get(DIGEST)
            && named.as_bytes() != digest.as_str().as_bytes()
        {
            let cause = format!("the digest that it names is not that of its content, {digest}");
            return Err(protocol(&answer.url, cause));
        }
        if selector.contains(':') {
            verify(&answer, selector)?;
        }
        Ok((digest, answer.body))
    }

    /// A blob, verified.
    pub(super) async fn blob(&mut self, digest: &Digest) -> Result<Vec<u8>, Outcome> {
        let answer = self.get(&format!("blobs/{digest}"), "*/*").await?;
        verify(&answer, digest.as_str())?;
        Ok(answer.body)
    }

    /// The answer to `path` under the repository, after its challenge if there is one.
    async fn get(&mut self, path: &str, accept: &str) -> Result<HttpAnswer, Outcome> {
        let host = self.reference.host();
        let path = format!("{}/{path}", self.reference.repository());
        let url = host.url(&path).map_err(|error| Outcome::Protocol {
            host: host.authority().to_owned(),
            cause: format!("{error:#}"),
        })?;
        let mut answer = self.ask(&url, accept).await?;
        let challenged = answer.status == StatusCode::UNAUTHORIZED && answer.url == url;
        if challenged && self.authorization.is_none() {
            self.authorization = Some(self.authorize(&answer).await?);
            answer = self.ask(&url, accept).await?;
        }
        self.check(answer, &url)
    }

    async fn ask(&self, url: &Url, accept: &str) -> Result<HttpAnswer, Outcome> {
        let (url, authorization) = (url.clone(), self.authorization.clone());
        self.exchange.follow(Request { url, accept, authorization, form: None }).await
    }

    /// The answer if it is content; else what it means.
    fn check(&self, answer: HttpAnswer, asked: &Url) -> Result<HttpAnswer, Outcome> {
        let HttpAnswer { status, url, .. } = &answer;
        match *status {
            status if status.is_success() => Ok(answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if url != asked => {
                let to = host::shown(url);
                Err(protocol(
                    url,
                    format!("the registry redirects to {to}, which answers {status}"),
                ))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.authorization.is_some() => {
                // Who has a token is known; it is the right to this repository that is lacking.
                Err(self.refused(self.has_token() || *status == StatusCode::FORBIDDEN))
            }
            StatusCode::NOT_FOUND => Err(missing(&answer)),
            StatusCode::FORBIDDEN => Err(protocol(
                url,
                format!("it answers {status} without asking who we are; is a proxy between?"),
            )),
            status => Err(unexpected(&answer, status)),
        }
    }

    fn has_token(&self) -> bool {
        let value = self.authorization.as_ref();
        value.is_some_and(|value| value.as_bytes().starts_with(b"Bearer "))
    }

    fn refused(&self, scope: bool) -> Outcome {
        match self.login {
            Some(login) => Outcome::Denied { login: login.origin.clone(), scope },
            None => Outcome::NoCredentials { problem: None },
        }
    }

    /// What `answer` asks us to show.
    async fn authorize(&self, answer: &HttpAnswer) -> Result<HeaderValue, Outcome> {
        let challenges = challenge::challenges(&answer.headers);
        let by = |scheme| challenges.iter().find(|challenge| challenge.is(scheme));
        if let Some(challenge) = by("Bearer") {
            return self.token(challenge, &answer.url).await;
        }
        if by("Basic").is_some() {
            return self.basic();
        }
        let schemes: Vec<_> = challenges.iter().map(|c| excerpt(&c.scheme, 30)).collect();
        let cause = format!(
            "it wants a login, but by neither Bearer nor Basic (it offers: {})",
            if schemes.is_empty() { "nothing".to_owned() } else { schemes.join(", ") }
        );
        Err(protocol(&answer.url, cause))
    }

    fn basic(&self) -> Result<HeaderValue, Outcome> {
        match self.login.map(|login| (&login.secret, &login.origin)) {
            Some((Secret::Password { username, password }, _)) => {
                let pair = format!("{username}:{}", password.expose_secret());
                header("Basic", &STANDARD.encode(pair)).ok_or_else(|| self.refused(false))
            }
            Some((Secret::Identity(_), origin)) => Err(Outcome::NoCredentials {
                problem: Some(format!("it asks for a password, and {origin} is none")),
            }),
            None => Err(Outcome::NoCredentials { problem: None }),
        }
    }

    /// Exchanges the login, or none, for a token.
    async fn token(&self, challenge: &Challenge, registry: &Url) -> Result<HeaderValue, Outcome> {
        let realm = challenge.parameter("realm").and_then(|realm| Url::parse(realm).ok());
        let realm = realm.filter(|realm| host::is_safe(realm, registry)).ok_or_else(|| {
            let cause = "the address at which it lets us log in is not one of https";
            protocol(registry, cause.to_owned())
        })?;
        let request = self.token_request(challenge, realm)?;
        let answer = self.exchange.send(&request).await?;
        match answer.status {
            status if status.is_success() => {
                let token = serde_json::from_slice::<RegistryToken>(&answer.body).ok();
                let token = token.and_then(|token| token.token.or(token.access_token));
                token.and_then(|token| header("Bearer", &token)).ok_or_else(|| {
                    protocol(&answer.url, "what it gives as a token is none".to_owned())
                })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.refused(false)),
            // So OAuth2 says of a token that is no longer good.
            StatusCode::BAD_REQUEST if request.form.is_some() => Err(self.refused(false)),
            status => Err(unexpected(&answer, status)),
        }
    }

    /// A password goes in a header, an identity token in a form.
    fn token_request(
        &self,
        challenge: &Challenge,
        mut realm: Url,
    ) -> Result<Request<'static>, Outcome> {
        let pull = format!("repository:{}:pull", self.reference.repository());
        let scope = challenge.parameter("scope").unwrap_or(&pull);
        let service = challenge.parameter("service").map(|service| ("service", service));
        let pairs = service.into_iter().chain([("scope", scope)]);
        let (mut authorization, mut form) = (None, None);
        if let Some(Login { secret: Secret::Identity(token), .. }) = self.login {
            // The address is a carrier for the pairs alone.
            let mut carrier = realm.clone();
            carrier.set_query(None);
            let grant = [
                ("grant_type", "refresh_token"),
                ("client_id", env!("CARGO_PKG_NAME")),
                ("refresh_token", token.expose_secret()),
            ];
            carrier.query_pairs_mut().extend_pairs(pairs.chain(grant));
            form = carrier.query().map(SecretString::from);
        } else {
            realm.query_pairs_mut().extend_pairs(pairs);
            authorization = self.login.map(|_| self.basic()).transpose()?;
        }
        Ok(Request { url: realm, accept: "application/json", authorization, form })
    }
}

/// A header that no log shows; none if the secret holds what no header does.
fn header(scheme: &str, secret: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn verify(answer: &HttpAnswer, digest: &str) -> Result<(), Outcome> {
    let there = Digest::of(&answer.body);
    if there.as_str() == digest {
        return Ok(());
    }
    Err(protocol(&answer.url, format!("asked for {digest}, it gives {there}")))
}

/// What is not there, if it is a registry that says so.
fn missing(answer: &HttpAnswer) -> Outcome {
    let words = words(answer);
    if words.is_none() && !answer.headers.contains_key(VERSION) {
        let cause =
            "it answers 404 without a word of why; is it one, and is its name spelled right?";
        return protocol(&answer.url, cause.to_owned());
    }
    let unknown = |word: &Word| word.code == "NAME_UNKNOWN";
    Outcome::MissingTag { repository: words.iter().flatten().any(unknown) }
}

fn unexpected(answer: &HttpAnswer, status: StatusCode) -> Outcome {
    let words = words(answer).unwrap_or_default();
    let word = words.first().map(|word| format!("{} {}", word.code, word.message));
    let word = word.map(|word| format!(" ({})", excerpt(&word, 200))).unwrap_or_default();
    protocol(&answer.url, format!("it answers {status}{word}"))
}

fn words(answer: &HttpAnswer) -> Option<Vec<Word>> {
    serde_json::from_slice::<ErrorList>(&answer.body).ok()?.errors
}
