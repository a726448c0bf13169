//! `command: bisect`: the button, from the event to the comment on the culprit's pull request.

use std::time::Duration;

use serde_json::json;

use super::scene::{NUMBER, Scene};
use crate::world::{github::Event, mini_runner::Ended, ray::RunningRay};

const PATIENCE: Duration = Duration::from_mins(6);

/// The commit's own level, with noise that follows from the seed.
const LEVEL: &str = "awk -v seed=$REGRESSION_SEED '{ srand(seed); \
    printf \"REGRESSION_METRICS {\\\"accuracy\\\": %.4f}\\n\", $1 + 0.02 * (rand() - 0.5) }' level";

fn bisected(scene: &Scene<'_>, event: &Event, good: &str) -> Ended {
    let job = scene.job(event).input("command", "bisect").input("good", good);
    let ended = job.main().finish(PATIENCE);
    assert_eq!(scene.running(), 0);
    ended
}

/// Six merges into main, the fourth of which is that of pull request 7 and makes it worse.
pub fn the_culprit_is_named_and_told(ray: &RunningRay) {
    let scene = Scene::with(ray, LEVEL, &[("level", "0.9")]);
    let (world, github) = (&scene.world, &scene.github);
    world.git(&["checkout", "--quiet", "main"]);
    let good = world.git(&["rev-parse", "HEAD"]);
    let mut commits = Vec::new();
    for at in 1..=6 {
        let level = if at < 4 { "0.9" } else { "0.6" };
        world.commit(&[("level", level), ("at", &at.to_string())]);
        let number = if at == 4 { NUMBER } else { 100 + at };
        let message = format!("Change {at} (#{number})");
        world.git(&["commit", "--quiet", "--amend", "--message", &message]);
        commits.push(world.git(&["rev-parse", "HEAD"]));
    }
    world.git(&["checkout", "--quiet", "--detach"]);

    let review = scene.approved();
    let held = bisected(&scene, &review, &good);
    assert_eq!((held.code, held.outputs["verdict"].as_str()), (Some(0), "held"), "{held:#?}");

    let event = github.dispatched("bob", "main", &json!({}));
    let job = scene.job(&event).github("sha", commits.last().unwrap()).input("command", "bisect");
    let job = job.input("good", &good);
    let ended = job.main().finish(PATIENCE);
    assert_eq!(
        (ended.code, ended.outputs["culprit"].as_str()),
        (Some(0), &*commits[3]),
        "{ended:#?}"
    );
    let comments = github.comments(NUMBER);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    assert!(comments[0].body.contains(&commits[3][..7]), "{}", comments[0].body);
    assert!(ended.outputs["comment-url"].contains(&comments[0].id.to_string()));
    assert!(ended.summary.as_deref().unwrap().contains("mermaid"), "{:?}", ended.summary);
    let report = job.workspace().join(&ended.outputs["report"]);
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    println!(
        "the button: {} rounds, {} readings, {:.1?}",
        report["rounds"], report["readings"], ended.took
    );
    assert!(scene.statuses(commits.last().unwrap()).is_empty(), "it judges nothing");

    // Again on the same machine: nothing is read twice, and nobody is told twice.
    let before = scene.trainings();
    let again = job.main().finish(PATIENCE);
    assert_eq!((again.code, &again.outputs["culprit"]), (Some(0), &commits[3]), "{again:#?}");
    assert_eq!(scene.trainings(), before, "what was read was read again");
    assert_eq!(github.comments(NUMBER).len(), 1);
    assert_eq!(scene.running(), 0);
}
