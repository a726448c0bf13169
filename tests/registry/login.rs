//! Who is let in: passwords, tokens, identity tokens, and what each refusal is told as.

use std::{fs, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use regression_action::clients::registry::{Access, Credentials, Outcome};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::{
    front::{Front, Reply},
    presence::found,
    records::{PASSWORD, REFRESH},
    servers::{Looked, World, look, right, wrong},
};

async fn basic(world: &World, credentials: Credentials) -> Looked {
    look(&format!("{}/org/train:index", world.basic.address), credentials).await
}

async fn token(world: &World, repository: &str, credentials: Credentials) -> Looked {
    look(&format!("{}/{repository}:index", world.token.address), credentials).await
}

/// Docker's file of logins with one entry.
fn file(address: &str, entry: &serde_json::Value) -> (NamedTempFile, Credentials) {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), json!({"auths": {address: entry}}).to_string()).unwrap();
    let credentials = Credentials::files(vec![file.path().to_owned()]);
    (file, credentials)
}

pub async fn the_right_password_is_let_in(world: Arc<World>) {
    let looked = basic(&world, right()).await;
    assert_eq!(found(&looked).access, Access::Login);
    looked.says(&["the nodes need imagePullSecrets of their own"]);
    let entry = json!({"auth": STANDARD.encode(format!("ci:{PASSWORD}"))});
    let (_file, saved) = file(&world.basic.address, &entry);
    assert_eq!(found(&basic(&world, saved).await).access, Access::Login);
}

pub async fn a_wrong_password_is_refused(world: Arc<World>) {
    for looked in [basic(&world, wrong()).await, token(&world, "org/train", wrong()).await] {
        let Outcome::Denied { scope: false, .. } = &looked.outcome else {
            panic!("{}", looked.message)
        };
        looked.says(&["refuses the login of `ci` (registry-username)", "expired", "may pull"]);
    }
}

pub async fn no_password_is_told(world: Arc<World>) {
    for looked in [
        basic(&world, Credentials::anonymous()).await,
        token(&world, "org/train", Credentials::anonymous()).await,
    ] {
        assert_eq!(looked.outcome, Outcome::NoCredentials { problem: None });
        looked.says(&["without a login", "give registry-username and registry-password"]);
    }
}

pub async fn a_token_is_fetched(world: Arc<World>) {
    let looked = token(&world, "org/train", right()).await;
    assert_eq!(found(&looked).access, Access::Login);
    let looked = token(&world, "public/train", Credentials::anonymous()).await;
    assert_eq!(found(&looked).access, Access::Anonymous);
}

pub async fn a_token_without_the_right_is_refused(world: Arc<World>) {
    let guest = Credentials::login("guest".to_owned(), PASSWORD.into());
    let looked = token(&world, "org/train", guest).await;
    let Outcome::Denied { scope: true, .. } = &looked.outcome else { panic!("{}", looked.message) };
    looked.says(&["does not let `guest` (registry-username) read", "right to pull"]);
}

pub async fn a_public_image_is_seen_despite_a_wrong_password(world: Arc<World>) {
    let looked = token(&world, "public/train", wrong()).await;
    assert_eq!(found(&looked).access, Access::AnonymousAfterRefusal);
    looked.says(&["exists", "the login was refused, so correct or remove it"]);
}

pub async fn an_identity_token_is_exchanged(world: Arc<World>) {
    let entry = json!({"auth": STANDARD.encode("0000:"), "identitytoken": REFRESH});
    let (_file, saved) = file(&world.token.address, &entry);
    assert_eq!(found(&token(&world, "org/train", saved).await).access, Access::Login);
    let (_file, stale) = file(&world.token.address, &json!({"identitytoken": "stale"}));
    let looked = token(&world, "org/train", stale).await;
    let Outcome::Denied { scope: false, .. } = &looked.outcome else {
        panic!("{}", looked.message)
    };
    looked.says(&["refuses the login of an identity token (/"]);
    let (_file, useless) = file(&world.basic.address, &entry);
    let looked = basic(&world, useless).await;
    let Outcome::NoCredentials { problem: Some(_) } = &looked.outcome else {
        panic!("{}", looked.message)
    };
    looked.says(&["asks for a password, and an identity token (/"]);
}

pub async fn a_file_that_cannot_be_read_is_told(world: Arc<World>) {
    let (file, saved) = file(&world.basic.address, &json!({}));
    fs::write(file.path(), format!("{{\"auths\": \"{PASSWORD}\"}}")).unwrap();
    let looked = basic(&world, saved.clone()).await;
    let Outcome::NoCredentials { problem: Some(_) } = &looked.outcome else {
        panic!("{}", looked.message)
    };
    looked.says(&["not the JSON that `docker login` writes", &file.path().display().to_string()]);
    // What is open needs no login.
    found(&look(&format!("{}/org/train:index", world.open.address), saved).await);
}

/// A registry that asks for a token at `realm`.
async fn asks_at(world: &World, realm: &'static str) -> Front {
    challenge(world, format!(r#"Bearer realm="{realm}",service="reg""#)).await
}

async fn challenge(world: &World, challenge: String) -> Front {
    Front::of(&world.token.address, move |_| {
        Reply::Own(401, vec![("www-authenticate", challenge.clone())], String::new())
    })
    .await
}

pub async fn an_unsafe_token_endpoint_is_not_asked(world: Arc<World>) {
    for realm in ["http://192.0.2.1/token", "file:///token", "/token", ""] {
        let looked = look(&asks_at(&world, realm).await.image("index"), right()).await;
        let Outcome::Protocol { .. } = &looked.outcome else { panic!("{}", looked.message) };
        looked.says(&["cannot tell whether", "not one of https"]);
    }
}

pub async fn troubles_of_the_token_endpoint_are_told_apart(world: Arc<World>) {
    let cases: [(u16, &'static str, &str); 5] = [
        (429, "", "limits the rate of requests"),
        (503, "", "503 Service Unavailable"),
        (200, "<html>", "as a token is none"),
        (404, "", "404 Not Found"),
        (302, "", "302 Found"),
    ];
    for (status, body, words) in cases {
        let endpoint = Front::of("127.0.0.1:1", move |_| {
            let elsewhere = vec![("location", "http://127.0.0.1:1/".to_owned())];
            Reply::Own(status, elsewhere, body.to_owned())
        })
        .await;
        let realm = format!(r#"Bearer realm="http://{}/token""#, endpoint.address);
        let registry = challenge(&world, realm).await;
        let looked = look(&registry.image("index"), right()).await;
        assert!(!matches!(looked.outcome, Outcome::Denied { .. } | Outcome::MissingTag { .. }));
        looked.says(&["cannot tell whether", words]);
        // Its scope is ours where the challenge names none.
        let asked = endpoint.asked();
        assert!(asked[0].path.contains("scope=repository%3Aorg%2Ftrain%3Apull"), "{asked:?}");
        assert!(asked[0].authorization.is_some());
        assert!(registry.asked().iter().all(|asked| asked.authorization.is_none()));
    }
}

pub async fn an_unknown_way_to_log_in(world: Arc<World>) {
    let front = challenge(&world, "Negotiate, Digest realm=\"x\"".to_owned()).await;
    let looked = look(&front.image("index"), right()).await;
    let Outcome::Protocol { .. } = &looked.outcome else { panic!("{}", looked.message) };
    looked.says(&["neither Bearer nor Basic", "Negotiate, Digest"]);
    assert!(front.asked().iter().all(|asked| asked.authorization.is_none()));
}
