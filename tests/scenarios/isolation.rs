//! A head that forges base: on one Ray with base it can, and is told; what it forged serves nobody else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::fs;

use serde_json::Value;

use crate::{
    named,
    world::{Outcome, World, room::ONE_CORE, scenario::Scenario},
};

pub fn scenarios() -> Vec<Scenario> {
    let tests = named![a_head_that_forges_base_is_told_and_what_it_forged_is_not_kept];
    tests.map(|(name, test)| Scenario::new("local", name, ONE_CORE, test)).into()
}

/// Long enough for head's code to come and find it.
const HONEST: &str =
    "sleep 6; echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.9$REGRESSION_SEED}\"\n";
const WORSE: &str =
    "python forge.py; echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.1$REGRESSION_SEED}\"\n";

/// Makes base as bad as head: overwrites what Ray unpacked of it on the same node, and kills what runs of it, so
/// that it is trained again.
const FORGE: &str = r#"
import glob, os, signal, time
ours = os.getcwd()
end = time.time() + 8
while time.time() < end:
    for theirs in glob.glob(os.path.dirname(ours) + "/_ray_pkg_*/train.sh"):
        if os.path.dirname(theirs) == ours or "forged" in open(theirs).read():
            continue
        open(theirs, "w").write(open("train.sh").read().replace("python forge.py", ": forged"))
        for process in glob.glob("/proc/[0-9]*"):
            try:
                if os.readlink(process + "/cwd") == os.path.dirname(theirs):
                    os.kill(int(process[6:]), signal.SIGKILL)
            except OSError:
                pass
    time.sleep(0.1)
"#;

pub const METRICS: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.05}}\nseeds: {min: 3, max: 3}";

/// A repository with branches `forging`, which is worse and forges base, and `honest`, which changes nothing.
pub fn forging(world: World) -> World {
    world.commit(&[("train.sh", HONEST)]);
    world.git(&["checkout", "--quiet", "-b", "forging"]);
    world.commit(&[("train.sh", WORSE), ("forge.py", FORGE)]);
    world.git(&["checkout", "--quiet", "-b", "honest", "main"]);
    world.commit(&[("README.md", "more")]);
    world.git(&["checkout", "--quiet", "main"]);
    world
}

/// Accuracies of base.
pub fn base(report: &Value) -> Vec<f64> {
    let observations = report["observations"].as_array().unwrap().iter();
    let of_base = observations.filter(|one| one["role"] == "base");
    of_base.map(|one| one["readings"]["accuracy"].as_f64().unwrap()).collect()
}

fn is_true(accuracies: &[f64]) -> bool {
    accuracies.iter().all(|accuracy| *accuracy > 0.9)
}

/// Accuracies that the history holds.
fn kept(world: &World) -> Vec<f64> {
    let keys = fs::read_dir(world.path("history")).into_iter().flatten().flatten();
    let files = keys.flat_map(|key| fs::read_dir(key.path()).unwrap().flatten());
    let records = files.map(|file| fs::read_to_string(file.path()).unwrap());
    let readings = |text: String| -> Vec<f64> {
        let record: Value = serde_json::from_str(&text).unwrap();
        let readings = record["readings"].as_array().unwrap().iter();
        readings.map(|one| one["metrics"]["accuracy"].as_f64().unwrap()).collect()
    };
    records.flat_map(readings).collect()
}

fn compare(world: &World, head: &str) -> Outcome {
    world.run(&[
        "compare",
        "--base",
        "main",
        "--head",
        head,
        "--format",
        "json",
        "--config-from",
        "worktree",
    ])
}

fn a_head_that_forges_base_is_told_and_what_it_forged_is_not_kept() {
    let rest = format!("{METRICS}\nhistory: {{directory: ../history}}");
    let world = forging(World::training("sh train.sh", &rest));
    let forged = compare(&world, "forging");
    let report = forged.json();
    assert!(!is_true(&base(&report)), "it forges: {report:#}");
    assert_eq!(report["hints"][0]["cause"], "isolation", "{report:#}");
    assert!(forged.stderr.contains("head's code shares its Ray"), "{forged:#?}");
    let told = "was trained beside head's code, which could change what it gave: not kept";
    assert!(report["warnings"].to_string().contains(told), "{report:#}");
    // Those that ended before head's code came are.
    let kept = kept(&world);
    assert!(kept.len() < 3 && is_true(&kept), "{kept:?}");

    let report = compare(&world, "honest").expect(0, &[]).json();
    let base = base(&report);
    assert!(base.len() == 3 && is_true(&base), "{report:#}");
    assert_eq!(report["hints"], serde_json::json!([]));
}
