//! What past runs left in the cache, by the binary.

use std::fs;

use crate::world::{ACCURACY, Outcome, World, finish};

const COMPARE: [&str; 5] = ["compare", "--base", "main", "--head", "main"];

#[test]
fn a_report_is_shown_again_as_it_was_printed() {
    let world = World::training("exit 1", ACCURACY);
    let run = |arguments: &[&str]| -> Outcome {
        let mut command = world.binary(arguments);
        command.env("REGRESSION_CACHE_DIR", world.path("cache"));
        finish(command)
    };
    assert_eq!(run(&["list"]).expect(0, &[]).stdout, "no past runs\n");
    run(&["show"]).expect(2, &["has a report yet; `compare` makes one"]);
    for format in ["markdown", "json", "text"] {
        let form = ["--format", format];
        let printed = run(&[&COMPARE[..], &form].concat()).expect(0, &[]).stdout;
        assert_eq!(run(&[&["show"][..], &form].concat()).expect(0, &[]).stdout, printed);
        assert_eq!(run(&[&["show", "1"][..], &form].concat()).expect(0, &[]).stdout, printed);
    }
    let list = run(&["list", "--format", "json"]).expect(0, &[]).json();
    let runs = list["runs"].as_array().unwrap();
    let sha = world.git(&["rev-parse", "main"]);
    assert!(runs.iter().all(|run| run["report"]["head"]["sha"] == *sha), "{list:#}");
    assert_eq!((runs.len(), &runs[0]["report"]["verdict"]), (3, &"pass".into()));
    let name = runs[2]["run"].as_str().unwrap();
    let all_but_one = &name[..name.len() - 1];
    assert!(run(&["show", all_but_one]).expect(0, &[]).stdout.starts_with("pass: "));
    run(&["show", &name[..3]]).expect(2, &["begins the names of several runs"]);
    run(&["show", "none"]).expect(2, &["no run `none`; `regression-action list` shows them"]);
    fs::write(world.path("cache/runs").join(name).join("report.json"), "{").unwrap();
    let list = run(&["list"]).expect(0, &[]).stdout;
    assert!(list.lines().any(|line| line.contains(name) && line.contains("is broken")), "{list}");
}
