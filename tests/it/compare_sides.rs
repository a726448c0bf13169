//! What `compare` takes two commits for that both went on since they parted.  Each comes to its end without a
//! training.

use regression_action::git::Repository;

use crate::world::{ACCURACY, World};

/// Main and `change`, both one commit further than where they parted.
fn parted(config: &str, main: &[(&str, &str)], change: &[(&str, &str)]) -> World {
    let world = World::training("exit 1", &format!("{ACCURACY}\n{config}"));
    world.git(&["checkout", "--quiet", "-b", "change"]);
    world.commit(change);
    world.git(&["checkout", "--quiet", "main"]);
    world.commit(main);
    world
}

const COMPARE: [&str; 7] = ["compare", "--base", "main", "--head", "change", "--format", "json"];

#[test]
fn a_head_that_is_behind_is_what_the_merge_would_make() {
    // Main gained what the branch has, and more: the merge makes nothing new.
    let world = parted("", &[("file", "2"), ("more", "1")], &[("file", "2")]);
    let told = "is 1 commit behind main: compared is what the merge would make (tree";
    let outcome = world.run(&COMPARE).expect(0, &[told]);
    let report = outcome.json();
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["base"]["sha"], world.git(&["rev-parse", "main"]));
    assert_eq!(report["head"]["sha"], world.git(&["rev-parse", "change"]));
    let tree = world.git(&["rev-parse", "main^{tree}"]);
    assert_eq!(report["merge"], serde_json::json!({"into": "main", "behind": 1, "tree": tree}));
    let text = world.run(&COMPARE[..5]).expect(0, &[]);
    assert!(text.stdout.contains(told), "{text:#?}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_conflict_names_the_files_and_what_to_do() {
    let world = parted("", &[("file", "2")], &[("file", "3")]);
    let told = ["conflicts with `main` in file", "merge or rebase it first"];
    world.run(&COMPARE).expect(2, &told);
}

/// What a merge makes depends on all commits at which they part; git tells one of them first.
#[test]
fn a_head_that_parts_at_several_commits_is_not_compared() {
    let world = World::training("exit 1", ACCURACY);
    world.crossed();
    world
        .run(&COMPARE)
        .expect(2, &["and `main` part at several commits", "merge main into it first"]);
}

#[test]
fn one_that_holds_the_other_is_compared_as_it_is() {
    let world = World::training("exit 1", ACCURACY);
    world.git(&["branch", "change"]);
    world.commit(&[]);
    for (base, head) in [("main", "change"), ("change", "main")] {
        let compare = ["compare", "--base", base, "--head", head, "--format", "json"];
        let outcome = world.run(&compare).expect(0, &[]);
        assert!(!outcome.stderr.contains("behind"), "{outcome:#?}");
        assert_eq!(outcome.json()["merge"], serde_json::Value::Null);
    }
}

#[test]
fn the_merge_base_is_base_if_the_config_says_so_and_it_is_on_the_line() {
    let config = "compare-with: merge-base";
    let world = parted(config, &[("more", "1")], &[]);
    let parting = world.git(&["merge-base", "main", "change"]);
    let told = "lacks the last 1 commits of `main`; it is compared with";
    let report = world.run(&COMPARE).expect(0, &[told]).json();
    assert_eq!(report["base"]["sha"], parting);
    assert_eq!(report["merge"], serde_json::Value::Null);

    // Head branches off inside of a merge.
    world.git(&["checkout", "--quiet", "change"]);
    let inside = world.commit(&[("inside", "1")]);
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "change"]);
    world.commit(&[("more", "2")]);
    world.git(&["checkout", "--quiet", "change"]);
    world.commit(&[("file", "3")]);
    let told = [&format!("branched off at {}", &inside[..7]), "not on the first parents of `main`"];
    world.run(&COMPARE).expect(2, &told.map(|text| text as &str));
}

#[test]
fn commits_that_share_no_history_are_compared_as_they_are() {
    let world = World::training("exit 1", ACCURACY);
    world.git(&["checkout", "--quiet", "--orphan", "change"]);
    world.git(&["commit", "--quiet", "--message", "another beginning"]);
    let told = "they are compared as they are";
    let report = world.run(&COMPARE).expect(0, &[told]).json();
    assert_eq!(report["merge"], serde_json::Value::Null);
}

#[test]
fn what_the_remotes_default_branch_holds_is_known() {
    let world = World::training("exit 1", ACCURACY);
    let repository = Repository::discover(&world.repository()).unwrap();
    let has = |name: &str| repository.has_published(&repository.resolve(name).unwrap()).unwrap();
    assert!(!has("main"), "there is no remote");
    world.publish("main");
    world.git(&["checkout", "--quiet", "-b", "change"]);
    world.commit(&[]);
    assert!(has("main") && !has("change"));
}
