//! The scripts of a release: what they write, and what they refuse.

#![allow(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::{fs, path::Path, process::Command};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Runs a script of .github/release: whether it succeeded, and what it said.
fn script(name: &str, arguments: &[&str]) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join(".github/release").join(name))
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// `action.yml` with other text, pinned.
fn pin(image: &str, action: &str) -> (bool, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("action.yml");
    fs::write(&file, action).unwrap();
    let (succeeded, said) = script("pin-action", &[image, file.to_str().unwrap()]);
    (succeeded, said, fs::read_to_string(&file).unwrap())
}

#[test]
fn a_release_changes_the_image_of_action_yml_and_nothing_else() {
    let action = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"));
    let action = action.unwrap();
    let image = format!("ghcr.io/org/regression-action:1.2.3@{DIGEST}");
    let (succeeded, said, pinned) = pin(&image, &action);
    assert!(succeeded, "{said}");
    let new = format!("  image: docker://{image}\n");
    assert_eq!(pinned, action.replacen("  image: Dockerfile\n", &new, 1));
    // The release after it begins with Dockerfile again, but a second run does no harm.
    let next = image.replace("1.2.3", "1.2.4");
    assert_eq!(pin(&next, &pinned).2, pinned.replace("1.2.3", "1.2.4"));
}

#[test]
fn what_is_no_image_by_digest_is_refused_and_changes_nothing() {
    let action = "runs:\n  using: docker\n  image: Dockerfile\n";
    for image in [
        "ghcr.io/org/regression-action:1.2.3".to_owned(),
        format!("ghcr.io/org/regression-action@{DIGEST}"),
        format!("ghcr.io/Org/regression-action:1.2.3@{DIGEST}"),
        format!("ghcr.io/org/regression-action:1.2@{DIGEST}"),
        format!("ghcr.io/org/regression-action:1.2.3@{}", &DIGEST[..70]),
        format!("ghcr.io/org/a:1.2.3@{DIGEST}\n  args: [x]"),
    ] {
        let (succeeded, said, after) = pin(&image, action);
        assert!(!succeeded && said.contains("not IMAGE:X.Y.Z@sha256:DIGEST"), "{image}: {said}");
        assert_eq!(after, action);
    }
    let image = format!("ghcr.io/org/regression-action:1.2.3@{DIGEST}");
    for action in ["runs: {using: composite}\n", "  image: Dockerfile\n  image: Dockerfile\n"] {
        let (succeeded, said, after) = pin(&image, action);
        assert!(!succeeded && said.contains("not one"), "{said}");
        assert_eq!(after, action);
    }
}

#[test]
fn a_version_is_that_of_the_manifest() {
    let (succeeded, said) = script("check-version", &[env!("CARGO_PKG_VERSION")]);
    assert!(succeeded || said.contains("was released before"), "{said}");
    for (version, reason) in [("9.9.9", "Cargo.toml has version"), ("v1", "not X.Y.Z")] {
        let (succeeded, said) = script("check-version", &[version]);
        assert!(!succeeded && said.contains(reason), "{version}: {said}");
    }
}

#[test]
fn archives_are_pinned_by_their_checksums() {
    let directory = tempfile::tempdir().unwrap();
    let [folder, file] = ["archives", "pinned"].map(|name| directory.path().join(name));
    fs::create_dir(&folder).unwrap();
    let pin = |version: &str| {
        let [folder, file] = [&folder, &file].map(|path| path.to_str().unwrap());
        script("pin-archives", &[version, folder, file])
    };
    let (succeeded, said) = pin("1.2.3");
    assert!(!succeeded && said.contains("has no archives"), "{said}");
    fs::write(folder.join("regression-action-x86_64-apple-darwin.tar.gz"), "").unwrap();
    let (succeeded, said) = pin("v1.2.3");
    assert!(!succeeded && said.contains("not X.Y.Z: v1.2.3"), "{said}");
    assert!(!file.exists());
    let (succeeded, said) = pin("1.2.3");
    assert!(succeeded, "{said}");
    let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let pinned = fs::read_to_string(&file).unwrap();
    let line = format!("{of_nothing}  regression-action-x86_64-apple-darwin.tar.gz");
    assert_eq!(pinned, format!("version 1.2.3\n{line}\n"));
}

/// Both are in the one commit that is tagged, and what is installed from it is tried once it is published.
#[test]
fn the_tagged_commit_names_image_and_archives() {
    let workflow = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/release.yml"),
    );
    let workflow: serde_json::Value = serde_yaml::from_str(&workflow.unwrap()).unwrap();
    let job = |name: &str| &workflow["jobs"][name];
    let steps = job("tag")["steps"].as_array().unwrap();
    let script = steps.last().unwrap()["run"].as_str().unwrap();
    let at = |part: &str| script.find(part).unwrap_or_else(|| panic!("no {part}: {script}"));
    let committed = at("git commit --message \"Release $VERSION\" action.yml setup/archives");
    assert!(at("pin-action") < committed && at("pin-archives \"$VERSION\" archives") < committed);
    assert!(committed < at("git push origin"), "{script}");
    let install = job("install");
    assert_eq!(install["needs"], "announce", "nothing can be downloaded before");
    let uses = install["steps"].as_array().unwrap().iter().map(|step| &step["uses"]);
    assert!(uses.into_iter().any(|uses| uses == "./setup"), "{install}");
}
