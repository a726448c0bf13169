use super::*;
use crate::{
    git::{Commit, CommitSha, Listed},
    python::requirements::Change,
};

struct Tree;

impl Files for Tree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok((path == "requirements.txt").then(|| b"torch==2.5.1\n".to_vec()))
    }

    fn list(&self, _: &str) -> Result<Vec<Listed>> {
        Ok(Vec::new())
    }
}

fn config(rest: &str) -> Config {
    let text = format!("entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 1}}}}\n{rest}");
    Config::parse(&text, "test").unwrap()
}

#[test]
fn an_image_by_tag_or_digest_is_used_as_it_is() {
    let digest = format!("ghcr.io/acme/train@sha256:{:064}", 0);
    for image in ["ghcr.io/acme/train:1", "localhost:5000/train:1", "train:1", &digest] {
        // No requirement file is asked for: this one is not there.
        let config = config(&format!("image: {image}\nrequirements: none.txt"));
        let wanted = WantedImage::of(&config, &Tree).unwrap();
        assert!(matches!(wanted, WantedImage::Named(_)), "{image}");
        assert_eq!(wanted.reference().to_string(), image);
    }
}

#[test]
fn a_repository_gets_the_tag_of_the_requirements() {
    for image in ["ghcr.io/acme/train", "localhost:5000/train", "train"] {
        let wanted = WantedImage::of(&config(&format!("image: {image}")), &Tree).unwrap();
        let tag = wanted.document().unwrap().tag();
        assert_eq!(wanted.reference().to_string(), format!("{image}:{tag}"));
    }
}

#[test]
fn no_image_is_told_with_what_to_write() {
    for rest in ["", "image: ''", "image: ' '"] {
        let error = format!("{:#}", WantedImage::of(&config(rest), &Tree).unwrap_err());
        assert!(
            error.contains("names no `image`") && error.contains("ghcr.io/acme/train"),
            "{error}"
        );
    }
    let error =
        format!("{:#}", WantedImage::of(&config("image: GHCR.io/Acme/Train"), &Tree).unwrap_err());
    assert!(error.contains("`image` in the config"), "{error}");
}

#[test]
fn a_missing_image_is_told_with_what_changed_and_how_to_build_it() {
    let config = config("image: ghcr.io/acme/train");
    let wanted = WantedImage::of(&config, &Tree).unwrap();
    let commit = |digit: &str, subject: &str| Commit {
        sha: CommitSha::parse(&digit.repeat(40)).unwrap(),
        subject: subject.to_owned(),
    };
    let (head, base) = (commit("1", "Newer torch"), commit("2", "Before"));
    let change = Change {
        kind: "requirement".to_owned(),
        name: "torch".to_owned(),
        before: Some("==2.4.0".to_owned()),
        after: Some("==2.5.1".to_owned()),
    };
    let changes = [change.clone(), Change { name: "numpy".to_owned(), before: None, ..change }];
    let missing = Missing {
        built: (&head).into(),
        config: &config,
        image: "ghcr.io/acme/train:req2-0123".to_owned(),
        document: wanted.document().unwrap(),
        found: "ghcr.io has no ghcr.io/acme/train:req2-0123".to_owned(),
        against: Some((base.clone(), changes.to_vec())),
    };
    let hash = missing.document.hash();
    insta::assert_snapshot!(missing.to_string().replace(&hash, "<hash>"));
    let merged = Missing { built: Built { commit: &head, into: Some(&base) }, ..missing };
    let command = merged.command();
    let (head, base) = ("1".repeat(40), "2".repeat(40));
    let steps = format!(
        "git worktree add --detach regression-1111111 {head}\n\
         git -C regression-1111111 merge --no-edit {base}\n\
         regression-action image --rev \"$(git -C regression-1111111 rev-parse HEAD)\" --dockerfile"
    );
    assert!(command.starts_with(&steps), "{command}");
}
