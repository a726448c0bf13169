//! What goes wrong on the way: limits, slow and broken answers, wrong digests, redirects.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use regression_action::{
    clients::registry::{Credentials, Outcome},
    http::RetryPolicy,
};

use crate::{
    front::{Asked, Front, Reply},
    presence::found,
    servers::{Looked, World, look, look_with, policy, right},
};

async fn seen(front: &Front, tag: &str) -> Looked {
    look(&front.image(tag), Credentials::anonymous()).await
}

async fn open(world: &World, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Front {
    Front::of(&world.open.address, script).await
}

fn limited(after: Option<&str>) -> Reply {
    let header = after.map(|after| ("retry-after", after.to_owned()));
    Reply::Own(429, header.into_iter().collect(), String::new())
}

fn unreachable(looked: &Looked) {
    let Outcome::Unreachable { .. } = &looked.outcome else { panic!("{}", looked.message) };
    looked.says(&["cannot tell whether", "no answer from 127.0.0.1:"]);
}

fn protocol(looked: &Looked) {
    let Outcome::Protocol { .. } = &looked.outcome else { panic!("{}", looked.message) };
    looked.says(&["cannot tell whether", "does not answer as a registry does"]);
}

pub async fn a_limit_that_passes_is_waited_for(world: Arc<World>) {
    let script = |asked: &Asked| if asked.before == 0 { limited(Some("1")) } else { Reply::Pass };
    let started = Instant::now();
    found(&seen(&open(&world, script).await, "index").await);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

pub async fn a_long_limit_is_told_at_once(world: Arc<World>) {
    let front = open(&world, |_| limited(Some("3600"))).await;
    let looked = seen(&front, "index").await;
    let wait = Some(Duration::from_hours(1));
    assert_eq!(looked.outcome, Outcome::RateLimited { wait, anonymous: true });
    looked.says(&["limits the rate", "try again in 1h, or give registry-username"]);
    assert_eq!(front.asked().len(), 1);
}

pub async fn a_limit_without_a_time(world: Arc<World>) {
    let front = open(&world, |_| limited(None)).await;
    let looked = look(&front.image("index"), right()).await;
    assert_eq!(looked.outcome, Outcome::RateLimited { wait: None, anonymous: false });
    assert!(looked.message.ends_with("try again later"), "{}", looked.message);
    assert_eq!(front.asked().len(), 3);
}

pub async fn a_server_in_trouble_is_asked_again(world: Arc<World>) {
    let down = || Reply::Own(503, vec![], String::new());
    let front =
        open(&world, move |asked| if asked.before < 2 { down() } else { Reply::Pass }).await;
    found(&seen(&front, "annotated").await);
    assert_eq!(front.asked().len(), 3);
    let front = open(&world, move |_| down()).await;
    let looked = seen(&front, "index").await;
    unreachable(&looked);
    looked.says(&["503 Service Unavailable", "try again later"]);
    assert_eq!(front.asked().len(), 3);
}

pub async fn a_slow_answer_is_told(world: Arc<World>) {
    let front = open(&world, |_| Reply::Trickle).await;
    let policy = RetryPolicy { answer: Duration::from_millis(500), ..policy() };
    let (image, nobody) = (front.image("index"), Credentials::anonymous());
    let looked = look_with(&image, "linux/amd64", nobody, policy).await;
    unreachable(&looked);
    looked.says(&["no whole answer within 0.50 s"]);
    assert_eq!(front.asked().len(), 1);
}

pub async fn a_cut_answer_is_asked_for_again(world: Arc<World>) {
    let script = |asked: &Asked| if asked.before == 0 { Reply::Cut } else { Reply::Pass };
    let front = open(&world, script).await;
    found(&seen(&front, "annotated").await);
    assert_eq!(front.asked().len(), 2);
    let front = open(&world, |_| Reply::Cut).await;
    unreachable(&seen(&front, "index").await);
    assert_eq!(front.asked().len(), 3);
}

pub async fn nobody_listens(_: Arc<World>) {
    // Nothing listens there without the rights of root.
    let looked = look("127.0.0.1:1/org/train:index", Credentials::anonymous()).await;
    unreachable(&looked);
    looked.says(&["127.0.0.1:1: ", "refused", "https_proxy"]);
}

pub async fn a_digest_is_computed_if_none_is_named(world: Arc<World>) {
    let script =
        |_: &Asked| Reply::Changed(|headers, _| drop(headers.remove("docker-content-digest")));
    let without = seen(&open(&world, script).await, "index").await;
    let with = seen(&open(&world, |_| Reply::Pass).await, "index").await;
    assert_eq!(found(&without).digest, found(&with).digest);
}

pub async fn a_wrong_digest_is_noticed(world: Arc<World>) {
    let script = |_: &Asked| {
        Reply::Changed(|headers, _| {
            let wrong = format!("sha256:{}", "0".repeat(64));
            headers.insert("docker-content-digest", wrong.parse().unwrap());
        })
    };
    let looked = seen(&open(&world, script).await, "index").await;
    protocol(&looked);
    looked.says(&["the digest that it names is not that of its content"]);
}

/// Of the image in the index, and of its config.
pub async fn changed_content_is_noticed(world: Arc<World>) {
    fn change(headers: &mut axum::http::HeaderMap, body: &mut Vec<u8>) {
        headers.remove("docker-content-digest");
        body.push(b' ');
    }
    for place in [1, 2] {
        let script = move |asked: &Asked| {
            if asked.before == place { Reply::Changed(change) } else { Reply::Pass }
        };
        let looked = seen(&open(&world, script).await, "index").await;
        protocol(&looked);
        looked.says(&["asked for sha256:", "it gives sha256:"]);
    }
}

/// The registry sends to `target` whoever asks for a blob.
async fn redirecting(world: &World, target: String) -> Front {
    Front::of(&world.basic.address, move |asked| {
        let location = format!("{target}{}", asked.path);
        let shown = asked.blob() && asked.authorization.is_some();
        if shown {
            Reply::Own(307, vec![("location", location)], String::new())
        } else {
            Reply::Pass
        }
    })
    .await
}

pub async fn a_redirect_is_followed_without_the_login(world: Arc<World>) {
    let store = open(&world, |_| Reply::Pass).await;
    let front = redirecting(&world, format!("http://{}", store.address)).await;
    let looked = look(&front.image("single"), right()).await;
    assert!(found(&looked).labelled);
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].blob() && asked[0].authorization.is_none(), "the store saw who asks");
    assert!(front.asked().iter().any(|asked| asked.authorization.is_some()));
}

pub async fn an_unsafe_redirect_is_not_followed(world: Arc<World>) {
    let secret = "signature=s3cret";
    for target in ["http://192.0.2.1", "ftp://127.0.0.1"] {
        let front = redirecting(&world, format!("{target}/?{secret}")).await;
        let looked = look(&front.image("single"), right()).await;
        protocol(&looked);
        looked.says(&[&format!("redirects to {target}, which is not safe")]);
        assert!(!looked.message.contains("s3cret"), "{}", looked.message);
    }
}

pub async fn a_redirect_without_end(world: Arc<World>) {
    let front =
        open(&world, |_| Reply::Own(302, vec![("location", "again".to_owned())], String::new()))
            .await;
    let looked = seen(&front, "index").await;
    protocol(&looked);
    looked.says(&["redirects more than 3 times"]);
    assert_eq!(front.asked().len(), 4);
}

/// Else whoever a registry redirects to could ask for its login.
pub async fn the_store_s_challenge_is_not_answered(world: Arc<World>) {
    let thief = open(&world, |_| {
        Reply::Own(401, vec![("www-authenticate", "Basic realm=x".to_owned())], String::new())
    })
    .await;
    let location = format!("http://{}/store", thief.address);
    let script = move |asked: &Asked| {
        assert!(asked.manifest());
        Reply::Own(307, vec![("location", location.clone())], String::new())
    };
    let front = open(&world, script).await;
    let looked = look(&front.image("single"), right()).await;
    protocol(&looked);
    looked.says(&[&thief.address, "401 Unauthorized"]);
    let asked: Vec<_> = thief.asked().into_iter().chain(front.asked()).collect();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
}

pub async fn an_endless_body(world: Arc<World>) {
    let looked = seen(&open(&world, |_| Reply::Endless).await, "index").await;
    protocol(&looked);
    looked.says(&["longer than 4 MiB"]);
}

pub async fn no_registry_at_all(world: Arc<World>) {
    for (status, body, words) in [
        (404, "<h1>Not Found</h1>", "is it one, and is its name spelled right?"),
        (200, "<h1>Welcome</h1>", "not the JSON we know"),
        (200, "{}", "neither one of an image nor an index"),
        (403, "<h1>Blocked</h1>", "403 Forbidden"),
    ] {
        let front = open(&world, move |_| Reply::Own(status, vec![], body.to_owned())).await;
        let looked = look(&front.image("index"), right()).await;
        protocol(&looked);
        looked.says(&[words]);
    }
}

/// The tag is there, so building anew is not known to help.
pub async fn what_the_manifest_names_is_missing(world: Arc<World>) {
    for place in [1, 2] {
        let script = move |asked: &Asked| {
            let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#;
            let gone = asked.before == place;
            if gone { Reply::Own(404, vec![], body.to_owned()) } else { Reply::Pass }
        };
        let looked = seen(&open(&world, script).await, "index").await;
        protocol(&looked);
        looked.says(&["not all that this names"]);
    }
}
