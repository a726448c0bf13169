//! Whose config counts, by the binary.  No training is needed, since none reads what changes.

use crate::world::{ACCURACY, World};

const CONFIG: &str = ".github/regression.yml";

/// Main, and `change` with a config that cannot be read.
fn changed() -> World {
    let world = World::training("exit 1", &format!("{ACCURACY}\ninputs: [train.py]"));
    world.git(&["checkout", "--quiet", "-b", "change"]);
    world.config("entrypoint: x\nmetrcs: {}");
    world.commit(&[]);
    world
}

#[test]
fn head_does_not_choose_what_judges_it() {
    let world = changed();
    let compare = |head: &str, more: &[&str]| {
        world.run(&[&["compare", "--base", "main", "--head", head], more].concat())
    };
    let base = world.git(&["rev-parse", "main"]);
    let found = format!("{CONFIG} of base ({})", &base[..7]);
    let told = format!("config: {found}");
    let differs = "the work tree's differs, and counts with --config-from worktree";
    for head in ["change", "."] {
        compare(head, &[]).expect(0, &[&told, differs]);
    }
    let outcome = compare("change", &["--config-from", "base", "--format", "json"]);
    let report = outcome.expect(0, &[&told]).json();
    assert_eq!(report["config"], *found);
    let again = report["reproduce"].as_str().unwrap();
    assert!(again.ends_with(" --config-from base"), "{again}");
    let mistake = "did you mean \"metrics\"?";
    compare("change", &["--config-from", "head"]).expect(2, &["yml of head", mistake]);
    compare("change", &["--config-from", "worktree"]).expect(2, &[mistake]);
    // A file that is named counts as it lies there.
    compare("change", &["--config", CONFIG]).expect(2, &[mistake]);
    let named = ["--config", CONFIG, "--config-from", "base"];
    compare("change", &named).expect(0, &[&told]);
    world.git(&["checkout", "--quiet", "main"]);
    let outcome = compare("change", &[]).expect(0, &[&told]);
    assert!(!outcome.stderr.contains("differs"), "{outcome:#?}");
}

#[test]
fn a_base_without_a_config_is_told() {
    let world = World::new();
    world.commit(&[("file", "1")]);
    world.config(&format!("entrypoint: exit 1\n{ACCURACY}"));
    let compare = |more: &[&str]| {
        world.run(&[&["compare", "--base", "main", "--head", "main"], more].concat())
    };
    compare(&[])
        .expect(0, &["config: .github/regression.yml of the work tree, since base has none"]);
    for side in ["base", "head"] {
        let told =
            [&format!("{side} {}", &world.git(&["rev-parse", "main"])[..7]), "has no .github"];
        compare(&["--config-from", side]).expect(2, &told.map(|text| text as &str));
    }
}
