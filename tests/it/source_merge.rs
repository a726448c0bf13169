//! What a merge would make, by the real git: without a work tree, without history, without anybody's drivers.

use std::{fs, path::Path};

use regression_action::git::{Commit, Merge, Repository};

use crate::world::World;

/// Twenty lines, with others in the place of some.
fn lines(changed: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        let found = changed.iter().find(|(at, _)| *at == number);
        found.map_or_else(|| format!("{number}\n"), |(_, text)| format!("{text}\n"))
    };
    (1..=20).map(line).collect()
}

/// A repository where `change` left main at a commit with these files.
fn parted(files: &[(&str, &str)]) -> World {
    let world = World::new();
    world.commit(files);
    world.git(&["branch", "change"]);
    world
}

/// Commits files on a branch.
fn commit(world: &World, branch: &str, files: &[(&str, &str)]) {
    world.git(&["checkout", "--quiet", branch]);
    world.commit(files);
}

fn open(directory: &Path) -> Repository {
    Repository::discover(directory).unwrap()
}

/// Base, head, and where they part.
fn commits(repository: &Repository) -> [Commit; 3] {
    let [base, head] = ["main", "change"].map(|name| repository.resolve(name).unwrap());
    let parting = repository.merge_bases(&base, &head).unwrap().remove(0);
    [base, head, parting]
}

fn merge(world: &World) -> Merge {
    let repository = open(&world.repository());
    let [base, head, parting] = commits(&repository);
    repository.merge(&base, &head, &parting).unwrap()
}

fn made(merge: Merge) -> Commit {
    match merge {
        Merge::Made(commit) => commit,
        Merge::Conflicts(files) => panic!("{files:?}"),
    }
}

fn conflicts(merge: Merge) -> Vec<String> {
    match merge {
        Merge::Conflicts(files) => files,
        Merge::Made(commit) => panic!("{commit:?}"),
    }
}

/// One file, changed on both branches, and a new one on each.
fn behind() -> World {
    let world = parted(&[("file", &lines(&[])), ("kept", "1")]);
    commit(&world, "change", &[("file", &lines(&[(2, "two")])), ("theirs", "1")]);
    commit(&world, "main", &[("file", &lines(&[(19, "nineteen")])), ("ours", "1")]);
    world
}

#[test]
fn a_head_that_is_behind_is_merged() {
    let world = behind();
    let merged = made(merge(&world));
    let repository = open(&world.repository());
    let text = |path: &str| {
        let bytes = repository.read(&merged, path).unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    };
    assert_eq!(text("file").unwrap(), lines(&[(2, "two"), (19, "nineteen")]));
    for path in ["kept", "theirs", "ours"] {
        assert_eq!(text(path).as_deref(), Some("1"), "{path}");
    }
    let [base, head, _] = commits(&repository);
    assert_eq!(merged.subject, format!("Merge {} into {}", head.sha.short(), base.sha.short()));
    // As git itself merges.
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-edit", "change"]);
    let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
    assert_eq!(repository.tree(&merged).unwrap(), tree);
}

#[test]
fn a_merge_changes_nothing_but_objects() {
    let world = behind();
    fs::write(world.repository().join("file"), "not committed").unwrap();
    let state = || {
        let status = world.git(&["status", "--porcelain"]);
        (status, world.git(&["for-each-ref"]), world.git(&["rev-parse", "HEAD"]))
    };
    let before = state();
    let first = made(merge(&world));
    assert_eq!(made(merge(&world)), first);
    assert_eq!(state(), before);
}

/// Three commits without their history, as the action has them.
#[test]
fn a_shallow_clone_yields_the_same_commit() {
    let world = behind();
    let merged = made(merge(&world));
    let [base, head, parting] = commits(&open(&world.repository()));
    let directory = world.path("shallow.git");
    world.git(&["init", "--quiet", "--bare", "--template=", directory.to_str().unwrap()]);
    let (place, remote) = (format!("--git-dir={}", directory.display()), world.repository());
    let remote = format!("file://{}", remote.display());
    let names = [&base, &head, &parting].map(|commit| commit.sha.as_str());
    world.git(&[&[&place, "fetch", "--quiet", "--depth=1", &remote][..], &names].concat());
    let shallow = open(&directory);
    assert_eq!(made(shallow.merge(&base, &head, &parting).unwrap()), merged);
    assert_eq!(shallow.read(&merged, "ours").unwrap().unwrap(), b"1");
    assert_eq!(shallow.merge_bases(&base, &head).unwrap(), []);
}

#[test]
fn a_head_that_holds_base_is_itself() {
    let world = parted(&[("file", "1")]);
    commit(&world, "change", &[("file", "2")]);
    let [_, head, _] = commits(&open(&world.repository()));
    let objects = || world.git(&["count-objects"]);
    let before = objects();
    assert_eq!(made(merge(&world)), head);
    assert_eq!(objects(), before);
}

#[test]
fn files_in_conflict_are_named_whatever_their_names() {
    let odd = "odd \"name\"\n::error::x";
    let world = parted(&[("file", "1"), (odd, "1")]);
    commit(&world, "change", &[("file", "2"), (odd, "2")]);
    commit(&world, "main", &[("file", "3"), (odd, "3")]);
    let files = conflicts(merge(&world));
    assert_eq!(files, ["file", "odd \\\"name\\\"\\n::error::x"]);
}

#[test]
fn a_file_is_found_under_its_new_name() {
    let world = parted(&[("file", &lines(&[]))]);
    world.git(&["checkout", "--quiet", "change"]);
    world.git(&["mv", "file", "renamed"]);
    world.commit(&[]);
    commit(&world, "main", &[("file", &lines(&[(7, "seven")]))]);
    let merged = made(merge(&world));
    let repository = open(&world.repository());
    let renamed = repository.read(&merged, "renamed").unwrap().unwrap();
    assert_eq!(String::from_utf8(renamed).unwrap(), lines(&[(7, "seven")]));
    assert_eq!(repository.read(&merged, "file").unwrap(), None);
}

#[test]
fn a_submodule_moves_with_one_side_and_conflicts_with_two() {
    let world = parted(&[("file", "1")]);
    let point = |branch: &str, at: &str| {
        world.git(&["checkout", "--quiet", "--force", branch]);
        let entry = format!("160000,{},module", at.repeat(40));
        world.git(&["update-index", "--add", "--cacheinfo", &entry]);
        world.git(&["commit", "--quiet", "--message", "module"]);
    };
    point("main", "1");
    world.git(&["branch", "--force", "change"]);
    point("change", "2");
    commit_other(&world);
    let merged = made(merge(&world));
    let listed = world.git(&["ls-tree", merged.sha.as_str(), "module"]);
    assert!(listed.contains(&"2".repeat(40)), "{listed}");
    point("main", "3");
    assert_eq!(conflicts(merge(&world)), ["module"]);
}

/// Main goes on, and what it has of a submodule stays.
fn commit_other(world: &World) {
    world.git(&["checkout", "--quiet", "--force", "main"]);
    fs::write(world.repository().join("other"), "1").unwrap();
    world.git(&["add", "other"]);
    world.git(&["commit", "--quiet", "--message", "other"]);
}

/// A driver is a command that somebody's own config defines, and any branch may ask for it.
#[test]
fn no_driver_of_the_clone_is_run() {
    let world = parted(&[("file", &lines(&[])), (".gitattributes", "* merge=theirs\n")]);
    commit(&world, "change", &[("file", &lines(&[(2, "two")]))]);
    commit(&world, "main", &[("file", &lines(&[(19, "nineteen")]))]);
    let ran = world.path("ran");
    let driver = format!("touch {}", ran.display());
    world.git(&["config", "merge.theirs.driver", &driver]);
    let hooks = world.path("hooks");
    fs::create_dir(&hooks).unwrap();
    world.git(&["config", "core.hooksPath", hooks.to_str().unwrap()]);
    fs::create_dir_all(world.repository().join(".git/info")).unwrap();
    fs::write(world.repository().join(".git/info/attributes"), "* merge=theirs\n").unwrap();
    let merged = made(merge(&world));
    assert!(!ran.exists(), "the driver ran");
    let file = open(&world.repository()).read(&merged, "file").unwrap().unwrap();
    assert_eq!(String::from_utf8(file).unwrap(), lines(&[(2, "two"), (19, "nineteen")]));
    // The same git runs it where it merges by the clone's config.
    world.git(&["merge-tree", "--write-tree", "main", "change"]);
    assert!(ran.exists(), "this test shows nothing");
}
