//! A token server for `docker-registry`: ES256, certificate in `x5c`.
//!
//! <https://distribution.github.io/distribution/spec/auth/jwt/>

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::records::{PASSWORD, REFRESH};

pub struct Tokens {
    address: SocketAddr,
    certificate: String,
}

struct Signer {
    key: EcdsaKeyPair,
    der: Vec<u8>,
}

impl Tokens {
    pub async fn start() -> Self {
        let pair = rcgen::generate_simple_self_signed(["tok".to_owned()]).unwrap();
        let (random, der) = (SystemRandom::new(), pair.signing_key.serialize_der());
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random);
        let signer = Signer { key: key.unwrap(), der: pair.cert.der().to_vec() };
        let routes = Router::new().route("/token", get(by_password).post(by_refresh));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = routes.with_state(Arc::new(signer));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, certificate: pair.cert.pem() }
    }

    pub fn realm(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

/// Who is `ci` may pull from `org`, everybody from `public`; others are nobody, or refused.
async fn by_password(State(signer): State<Arc<Signer>>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = pairs(uri.query().unwrap_or_default());
    let login = |name: &str| format!("Basic {}", STANDARD.encode(format!("{name}:{PASSWORD}")));
    let member = match headers.get("authorization").map(|value| value.to_str().unwrap()) {
        None => false,
        Some(shown) if shown == login("ci") => true,
        Some(shown) if shown == login("guest") => false,
        Some(_) => return StatusCode::UNAUTHORIZED.into_response(),
    };
    signer.answer(&asked, member)
}

/// An identity token is exchanged as `OAuth2` has it.
async fn by_refresh(State(signer): State<Arc<Signer>>, request: Request) -> Response {
    let body: Bytes = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
    let asked = pairs(std::str::from_utf8(&body).unwrap());
    let has = |key: &str, value: &str| asked.contains(&(key.to_owned(), value.to_owned()));
    if has("grant_type", "refresh_token") && has("refresh_token", REFRESH) {
        signer.answer(&asked, true)
    } else {
        (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response()
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
    url.query_pairs().into_owned().collect()
}

impl Signer {
    fn answer(&self, asked: &[(String, String)], member: bool) -> Response {
        let of = |name: &str| {
            let pair = asked.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert_eq!(of("service"), "reg");
        let scope = of("scope");
        let repository = scope.split(':').nth(1).unwrap_or_default();
        let allowed = repository.starts_with("public/") || member;
        let access = json!([{"type": "repository", "name": repository, "actions": ["pull"]}]);
        let token = self.token(&if allowed { access } else { json!([]) });
        // Some registries give both.
        json!({"token": token, "access_token": token, "expires_in": 60}).to_string().into_response()
    }

    fn token(&self, access: &Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [STANDARD.encode(&self.der)]});
        let claims = json!({"iss": "tok", "aud": "reg", "sub": "x", "jti": "1", "iat": now - 5,
                            "nbf": now - 5, "exp": now + 60, "access": access});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
