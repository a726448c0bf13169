//! The provider `github-oidc` against a server that answers as GitHub does.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant, SystemTime},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
};

use super::{ask, sample::*, server::Server};
use crate::{
    cluster::kubeconfig::{
        Access, connect_from,
        environment::{GithubTokens, KubeVariables},
        jwt,
    },
    http::{self, CaBundle},
};

/// How long the tests wait for what must happen within a token's life.
const LIMIT: Duration = Duration::from_secs(20);
const LIFETIME: f64 = 4.0;
const USER: &str =
    "auth-provider: {name: github-oidc, config: {audience: 'https://api.acme.dev/a b&c=d'}}";

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

fn minted(number: usize) -> (u16, String) {
    let claims = format!(r#"{{"n":{number},"iat":{},"exp":{}}}"#, now(), now() + LIFETIME);
    let token = format!("eyJ.{}.s3cr3t", URL_SAFE_NO_PAD.encode(claims));
    (200, format!(r#"{{"count":1,"value":"{token}"}}"#))
}

/// Answers by `answer`, which gets the number of the request, from 0.
fn issuer(answer: impl Fn(usize) -> (u16, String) + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(None, move |_| answer(count.fetch_add(1, Ordering::SeqCst)))
}

fn environment(issuer: &Server) -> KubeVariables {
    environment_at(&format!("http://127.0.0.1:{}", issuer.port))
}

fn environment_at(address: &str) -> KubeVariables {
    let url = format!("{address}/token?api-version=2.0").parse().unwrap();
    let github = GithubTokens { url, token: "s3cr3t-request".into() };
    KubeVariables { github: Some(github), ..KubeVariables::default() }
}

/// An API server that takes only tokens whose time is not over, and says which it got.
fn api() -> Server {
    Server::start(None, |head| {
        let claims = jwt::claims(bearer(head)).unwrap();
        if claims.has_expired(SystemTime::now()) { (401, "{}".into()) } else { (200, "{}".into()) }
    })
}

fn bearer(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap()
}

async fn connect(api: &Server, issuer: &Server) -> anyhow::Result<Access> {
    let text = yaml(&format!("server: 'http://127.0.0.1:{}'", api.port), USER);
    connect_from(&options(&text), &environment(issuer)).await
}

/// Asks the API server until `done` says so of the answer; tells all tokens it was shown.
async fn ask_until(
    access: &Access,
    api: &Server,
    done: impl Fn(&kube::Result<String>, &[String]) -> bool,
) -> (kube::Result<String>, Vec<String>) {
    let start = Instant::now();
    loop {
        let answer = ask(access).await;
        let mut tokens: Vec<String> =
            api.heads().iter().map(|head| bearer(head).to_owned()).collect();
        tokens.dedup();
        if done(&answer, &tokens) {
            return (answer, tokens);
        }
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_token_is_minted_for_the_audience() {
    let (api, issuer) = (api(), issuer(minted));
    let access = connect(&api, &issuer).await.unwrap();
    ask(&access).await.unwrap();
    let head = issuer.last();
    let wanted = "/token?api-version=2.0&audience=https%3A%2F%2Fapi.acme.dev%2Fa+b%26c%3Dd ";
    assert!(head.contains(wanted), "{head}");
    assert!(head.contains("authorization: Bearer s3cr3t-request\r\n"), "{head}");
    assert_eq!(issuer.heads().len(), 1);
    assert!(!format!("{access:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn the_token_is_renewed_before_it_expires() {
    let (api, issuer) = (api(), issuer(minted));
    let access = connect(&api, &issuer).await.unwrap();
    let third = |answer: &kube::Result<String>, tokens: &[String]| {
        answer.as_ref().expect("an expired token was used");
        tokens.len() >= 3
    };
    ask_until(&access, &api, third).await.0.unwrap();
    // A renewal that takes too long is asked for again; none is made for each request.
    assert!((3..10).contains(&issuer.heads().len()), "{}", issuer.heads().len());
}

#[tokio::test]
async fn a_failing_renewal_does_no_harm_while_the_token_lives() {
    let (api, issuer) = (api(), issuer(|n| if n < 2 { minted(n) } else { (403, "s3cr3t".into()) }));
    let access = connect(&api, &issuer).await.unwrap();
    let failed = |answer: &kube::Result<String>, _: &[String]| answer.is_err();
    let (answer, tokens) = ask_until(&access, &api, failed).await;
    // No request with an expired token was sent: the error is ours, not the server's.
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("has expired") && !error.contains("s3cr3t"), "{error}");
    assert!(tokens.len() == 2 && issuer.heads().len() > 3, "{}", issuer.heads().len());
}

/// As at a GitHub Enterprise Server; the others who meet such a server are in `tests/it/ca_bundle.rs`.
#[tokio::test]
async fn an_issuer_behind_a_companys_own_authority_is_trusted_by_its_bundle_and_else_asked_once() {
    http::install_provider();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from_pem_slice(own.signing_key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let issuer = Server::start(Some(config), |_| minted(0));
    let environment = environment_at(&format!("https://localhost:{}", issuer.port));
    let mut options = options(&yaml("server: 'https://api:6443'", USER));
    let error = connect_from(&options, &environment).await.unwrap_err();
    assert!(format!("{error:#}").ends_with(
        "cannot ask GitHub for an OIDC token: invalid peer certificate: UnknownIssuer; behind a company's own \
         authority, give its certificate as ca-bundle (in a shell, by SSL_CERT_FILE)"
    ), "{error:#}");
    assert_eq!(issuer.visits.load(Ordering::SeqCst), 1);
    options.trust = Some(CaBundle::from_input(&own.cert.pem()).unwrap());
    connect_from(&options, &environment).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_stumbles_is_asked_again() {
    let (api, issuer) = (api(), issuer(|n| if n < 1 { (503, String::new()) } else { minted(n) }));
    connect(&api, &issuer).await.unwrap();
    assert_eq!(issuer.heads().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_remedy() {
    let api = api();
    for (answer, wanted) in [
        ((403, "s3cr3t"), "permissions: id-token: write"),
        ((200, r#"{"value":"s3cr3t"}"#), "not a JSON web token"),
        ((200, "s3cr3t"), "not the JSON we know"),
    ] {
        let issuer = issuer(move |_| (answer.0, answer.1.into()));
        let error = format!("{:#}", connect(&api, &issuer).await.unwrap_err());
        assert!(error.contains(wanted) && !error.contains("s3cr3t"), "{error}");
    }
    let text = yaml("server: 'https://api:6443'", USER);
    let error = connect_from(&options(&text), &KubeVariables::default()).await.unwrap_err();
    assert!(format!("{error:#}").contains("id-token: write"), "{error:#}");
    assert_eq!(api.heads().len(), 0, "the API server was asked");
}
