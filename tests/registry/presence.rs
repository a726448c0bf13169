//! What is there, what is not, and what is there under another's name.

use std::sync::Arc;

use regression_action::{
    clients::registry::{Access, Credentials, ImageFound, ImageReference, Outcome},
    http,
};

use crate::{
    front::{Front, Reply},
    images::{INDEX, OTHER, digest},
    servers::{Looked, World, look, look_with, policy},
};

async fn open(world: &World, tag: &str) -> Looked {
    look(&format!("{}/org/train:{tag}", world.open.address), Credentials::anonymous()).await
}

pub fn found(looked: &Looked) -> &ImageFound {
    looked.outcome.found().unwrap_or_else(|| panic!("{}", looked.message))
}

/// What the registry has under a tag, asked by a way of our own.
async fn content(world: &World, tag: &str, kind: &str) -> Vec<u8> {
    let url = format!("http://{}/v2/org/train/manifests/{tag}", world.open.address);
    let answer = http::client().unwrap().get(url).header("accept", kind).send().await.unwrap();
    assert!(answer.status().is_success(), "{tag}");
    answer.bytes().await.unwrap().to_vec()
}

pub async fn an_index_is_found(world: Arc<World>) {
    let looked = open(&world, "index").await;
    let found = found(&looked);
    let expected = digest(&content(&world, "index", INDEX).await);
    assert_eq!(found.digest.to_string(), expected);
    assert_eq!(found.platforms, ["linux/amd64", "linux/arm64"]);
    assert!(found.labelled && found.access == Access::Anonymous);
    looked.says(&[&format!("/org/train:index@{expected} exists for linux/amd64")]);
    assert!(!looked.message.contains("imagePullSecrets"), "{}", looked.message);
}

pub async fn a_single_manifest_is_found(world: Arc<World>) {
    for tag in ["single", "docker"] {
        let looked = open(&world, tag).await;
        assert_eq!(found(&looked).platforms, ["linux/amd64"]);
        assert!(found(&looked).labelled);
        looked.says(&["exists for linux/amd64", &format!("train:{tag}@sha256:")]);
    }
}

pub async fn attestations_are_no_platforms(world: Arc<World>) {
    let looked = open(&world, "attested").await;
    assert_eq!(found(&looked).platforms, ["linux/amd64"]);
    assert!(found(&looked).labelled, "the image was looked into, not its attestation");
}

pub async fn an_annotation_spares_two_requests(world: Arc<World>) {
    let front = Front::of(&world.open.address, |_| Reply::Pass).await;
    let looked = look(&front.image("annotated"), Credentials::anonymous()).await;
    assert!(found(&looked).labelled);
    assert_eq!(front.asked().len(), 1, "{:?}", front.asked());
    look(&front.image("index"), Credentials::anonymous()).await;
    assert_eq!(front.asked().len(), 4, "{:?}", front.asked());
}

pub async fn a_digest_is_found(world: Arc<World>) {
    let expected = found(&open(&world, "list").await).digest.clone();
    let image = format!("{}/org/train:gone@{expected}", world.open.address);
    let looked = look(&image, Credentials::anonymous()).await;
    assert_eq!(found(&looked).digest, expected);
    let reference = ImageReference::parse(&image).unwrap();
    assert_eq!(reference.pinned(&expected), image);
}

pub async fn an_image_without_a_label_is_found(world: Arc<World>) {
    let looked = open(&world, "bare").await;
    assert!(!found(&looked).labelled);
    looked.says(&["carries no hash", "org.regression-action.requirements-sha256"]);
}

pub async fn a_moved_tag_is_other_content(world: Arc<World>) {
    let looked = open(&world, "moved").await;
    let Outcome::OtherContent { label } = &looked.outcome else { panic!("{}", looked.message) };
    assert_eq!(label, OTHER);
    looked.says(&["other requirements", OTHER, "overwritten", "build it and push it anew"]);
}

pub async fn a_missing_tag(world: Arc<World>) {
    let looked = open(&world, "none").await;
    assert_eq!(looked.outcome, Outcome::MissingTag { repository: false });
    looked.says(&["does not exist", "build it and push it"]);
}

/// Debian's registry does not tell it from a missing tag; others do.
pub async fn a_missing_repository(world: Arc<World>) {
    let image = format!("{}/org/none:index", world.open.address);
    let looked = look(&image, Credentials::anonymous()).await;
    assert_eq!(looked.outcome, Outcome::MissingTag { repository: false });
    let front = Front::of(&world.open.address, |_| {
        let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}"#;
        Reply::Own(404, vec![], body.to_owned())
    });
    let looked = look(&front.await.image("index"), Credentials::anonymous()).await;
    assert_eq!(looked.outcome, Outcome::MissingTag { repository: true });
    looked.says(&["nor does its repository", "spelled right"]);
}

pub async fn a_missing_platform(world: Arc<World>) {
    for (tag, platform, there) in [
        ("index", "linux/s390x", "linux/amd64, linux/arm64"),
        ("single", "linux/arm64", "linux/amd64"),
        ("attested", "linux/arm64", "linux/amd64"),
    ] {
        let image = format!("{}/org/train:{tag}", world.open.address);
        let looked = look_with(&image, platform, Credentials::anonymous(), policy()).await;
        let Outcome::MissingPlatform { there: seen } = &looked.outcome else {
            panic!("{}", looked.message)
        };
        assert_eq!(seen.join(", "), there);
        looked.says(&[&format!("not there for {platform}, only for {there}"), "build.platform"]);
    }
}

/// Real registries say "not found" of kinds that are not asked for.
pub async fn all_kinds_are_accepted(world: Arc<World>) {
    let url = format!("http://{}/v2/org/train/manifests/index", world.open.address);
    let answer = http::client().unwrap().get(url).header("accept", "*/*").send().await.unwrap();
    assert_eq!(answer.status(), 404, "the trap that this test is about is gone");
    for tag in ["index", "list", "single", "docker"] {
        found(&open(&world, tag).await);
    }
}
