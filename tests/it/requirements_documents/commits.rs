//! The files of a real commit.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use regression_action::{
    git::{Files, Listed, ListedKind, Repository},
    python::requirements::{FactKind, read},
};

use super::trees::recipe;

fn git(directory: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(directory).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments);
    assert!(git.status().unwrap().success(), "{arguments:?}");
}

#[test]
fn a_commit_is_read_without_being_checked_out() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    git(root, &["init", "--quiet"]);
    fs::create_dir_all(root.join("libs/core")).unwrap();
    fs::write(root.join("libs/core/a b.py"), "a").unwrap();
    fs::write(root.join("real.txt"), "./libs/core\n").unwrap();
    symlink("real.txt", root.join("requirements.txt")).unwrap();
    symlink("libs", root.join("linked")).unwrap();
    symlink("../outside", root.join("out")).unwrap();
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "one"]);
    fs::remove_dir_all(root.join("libs")).unwrap();

    let repository = Repository::discover(root).unwrap();
    let commit = repository.resolve("HEAD").unwrap();
    let files = repository.files(&commit);
    assert_eq!(files.read("requirements.txt").unwrap().unwrap(), b"./libs/core\n");
    assert_eq!(files.read("libs/core/a b.py").unwrap().unwrap(), b"a");
    for path in ["none", "", "libs", "linked", "real.txt/x", "no such file"] {
        assert_eq!(files.read(path).unwrap(), None, "{path}");
    }
    let error = format!("{:#}", files.read("out").unwrap_err());
    assert!(error.contains("cannot read out") && error.contains("out of the tree"), "{error}");
    // The process still answers in step.
    assert_eq!(files.read("real.txt").unwrap().unwrap(), b"./libs/core\n");

    // `git hash-object` of the letter a.
    let object = "100644 2e65efe2a145dda7ee51d1741299f848e5bf752e".to_owned();
    let file = Listed { path: "libs/core/a b.py".to_owned(), kind: ListedKind::File, object };
    assert_eq!(files.list("libs").unwrap(), files.list("linked").unwrap());
    assert_eq!(files.list("linked").unwrap(), [file]);
    assert_eq!(files.list("none").unwrap(), []);
    assert_eq!(files.list("").unwrap().len(), 5);
    let out = files.list("").unwrap().into_iter().find(|listed| listed.path == "out").unwrap();
    assert_eq!(out.kind, ListedKind::Link("../outside".to_owned()));

    let document = read(&recipe(&["requirements.txt"]), &files).unwrap();
    let local: Vec<_> =
        document.entries.iter().filter(|entry| entry.kind == FactKind::File).collect();
    assert_eq!(local[0].name, "libs/core/a b.py");
}
