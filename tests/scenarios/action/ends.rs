//! The ways in which a run can end early, and what the post step does about it.

use std::{
    collections::BTreeMap,
    fs::{self, DirEntry},
    thread,
    time::{Duration, Instant},
};

use super::scene::{GOOD, NUMBER, PATIENCE, Scene, post};
use super::world::{ACCURACY, github::Fault, ray::RunningRay};

/// Whoever cancels waits for no more than this.
const SEVEN: Duration = Duration::from_secs(7);

pub fn cancelled_in_training(ray: &RunningRay) {
    let scene = Scene::new(ray, "sleep 100");
    let job = scene.job(&scene.approved());
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    let begun = Instant::now();
    while scene.github.comments(NUMBER).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "no comment: {}", step.log());
        thread::sleep(Duration::from_millis(20));
    }
    let ended = step.cancel();
    cancelled(&scene, "training", &ended);
    let comment = &scene.github.comments(NUMBER)[0].body;
    assert!(comment.contains("cancelled"), "{comment}");
    let post = post(&job, &ended.state);
    assert!(post.is_success(), "{post:#?}");
}

pub fn cancelled_in_reporting(ray: &RunningRay) {
    let scene = Scene::new(ray, &format!("sleep 2; {GOOD}"));
    let job = scene.job(&scene.approved());
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    scene.github.fail("PATCH", "/issues/comments/", Fault::Slow(Duration::from_mins(1)), 1);
    step.wait_for("::notice", PATIENCE);
    let ended = step.cancel();
    cancelled(&scene, "reporting", &ended);
}

fn cancelled(scene: &Scene<'_>, name: &str, ended: &crate::world::mini_runner::Ended) {
    assert!(ended.took < SEVEN, "{name}: {ended:#?}");
    assert_eq!(ended.outputs["verdict"], "error", "{name}: {ended:#?}");
    assert_eq!(ended.outputs["reason"], "cancelled");
    let (state, text) = scene.statuses(&scene.head).pop().unwrap();
    assert_eq!((state.as_str(), text.starts_with("cancelled")), ("error", true), "{name}: {text}");
    println!("cancelled in {name}: ended after {:.2?}", ended.took);
}

/// The container dies: the post step ends the jobs and the status, and the next run starts at once.
pub fn killed_in_training(ray: &RunningRay) {
    let scene = Scene::new(ray, &format!("sleep 5; {GOOD}"));
    let event = scene.approved();
    let job = scene.job(&event);
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    step.kill_container();
    let ended = step.finish(PATIENCE);
    assert_eq!(scene.states(&scene.head).last().unwrap(), "pending");
    let post = post(&job, &ended.state);
    assert!(post.is_success(), "{post:#?}");
    let (state, text) = scene.statuses(&scene.head).pop().unwrap();
    assert_eq!(state, "error", "{text}");
    let next = scene.run(&event);
    assert_eq!(next.outputs["verdict"], "pass", "{next:#?}");
}

/// Killed before anything was started: a status that was written is ended all the same.
pub fn killed_before_training(ray: &RunningRay) {
    let slow = Fault::Slow(Duration::from_mins(1));
    for (stage, before, after) in [
        // Nothing is claimed yet.
        ("fetching the commits ...", &[][..], &[][..]),
        ("looking for evidence: none", &["pending"], &["pending", "error"]),
    ] {
        let scene = Scene::new(ray, GOOD);
        if before.is_empty() {
            scene.github.fail("POST", "/git-upload-pack", slow, 1);
        }
        let job = scene.job(&scene.approved());
        let mut step = job.main();
        step.wait_for(stage, PATIENCE);
        step.kill_container();
        let ended = step.finish(PATIENCE);
        assert_eq!(scene.states(&scene.head), before, "{stage}: {ended:#?}");
        let post = post(&job, &ended.state);
        assert!(post.is_success(), "{post:#?}");
        assert_eq!(scene.states(&scene.head), after, "{stage}");
    }
}

/// What the run looks at again and again: it tells how far it is, and stops when it may not go on.
pub fn dismissed_in_training(ray: &RunningRay) {
    let scene = Scene::new(ray, "sleep 600");
    let job = scene.job(&scene.approved());
    let mut step = job.main();
    let progress = |(_, text): &(String, String)| text.starts_with("training: 0 of 2 done");
    let is_told = |_: &_| scene.statuses(&scene.head).iter().any(progress);
    step.wait_until("a status tells how far it is", PATIENCE, is_told);
    scene.github.dismiss(scene.github.reviews(NUMBER)[0].id);
    let ended = step.finish(PATIENCE);
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    assert_eq!((scene.running(), scene.trainings() > 0), (0, true));
    let statuses = scene.statuses(&scene.head);
    assert!(statuses.iter().all(|(state, _)| state == "pending"), "{statuses:?}");
    assert!(statuses.iter().any(progress), "{statuses:?}");
    println!("stopped {:.0?} after its start", ended.took);
}

/// A training that fails is an error, never a pass; a post step after nothing does nothing.
pub fn a_training_that_fails(ray: &RunningRay) {
    let scene = Scene::new(ray, "echo '::error::no such data' >&2; exit 3");
    let job = scene.job(&scene.approved());
    let ended = job.main().finish(PATIENCE).expect(2, &["no such data"]);
    let logs = fs::read_dir(job.workspace().join("regression-report/logs")).unwrap();
    let read =
        |entry: std::io::Result<DirEntry>| fs::read_to_string(entry.unwrap().path()).unwrap();
    assert!(logs.map(read).any(|log| log.contains("no such data")));
    assert_eq!(ended.outputs["verdict"], "error");
    let (state, text) = scene.statuses(&scene.head).pop().unwrap();
    assert_eq!((state.as_str(), text.starts_with("error: ")), ("error", true), "{text}");
    assert!(scene.github.comments(NUMBER)[0].body.contains("Result withheld"));
    let post = post(&job, &BTreeMap::new()).expect(0, &["nothing is left to do"]);
    assert!(post.is_success());
}

/// Where logs must not be quoted, nobody but the runner's own directories sees them.
pub fn a_training_that_fails_in_private(ray: &RunningRay) {
    let entrypoint = "echo the-secret; echo 'REGRESSION_METRICS {the-secret'; exit $(cat file)";
    let scene = Scene::new(ray, entrypoint);
    scene.world.git(&["checkout", "--quiet", "main"]);
    let quoted = serde_json::to_string(entrypoint).unwrap();
    scene.world.config(&format!("entrypoint: {quoted}\n{ACCURACY}\nquote-logs: false\n"));
    scene.world.commit(&[]);
    scene.world.git(&["checkout", "--quiet", "--detach"]);
    // One that fails, and one that ends well and reports nothing that can be read.
    for code in ["3", "0"] {
        let head = scene.world.commit(&[("file", code), ("code", code)]);
        scene.github.push(NUMBER, &head);
        scene.github.retarget(NUMBER, "main");
        let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
        let job = scene.job(&scene.github.review_submitted(review));
        let ended = job.main().finish(PATIENCE).expect(2, &["quote-logs is false"]);
        let seen =
            format!("{ended:?} {:?} {:?}", scene.statuses(&head), scene.github.comments(NUMBER));
        assert!(!seen.contains("the-secret"), "{seen}");
        let kept = job.workspace().join("regression-report");
        assert!(kept.exists() && !kept.join("logs").exists());
    }
}

/// No config on the default branch, whatever the head has: the head must not choose its judge.
pub fn the_head_chooses_nothing(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    scene.world.git(&["checkout", "--quiet", "main"]);
    scene.world.git(&["rm", "--quiet", ".github/regression.yml"]);
    let bare = scene.world.commit(&[]);
    scene.world.git(&["checkout", "--quiet", "--detach"]);
    let head = scene.world.commit(&[(
        ".github/regression.yml",
        "entrypoint: exit 0\nmetrics: {a: {direction: higher}}",
    )]);
    scene.github.push(NUMBER, &head);
    scene.github.retarget(NUMBER, "main");
    assert_ne!(bare, head);
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
    let ended = scene.run(&scene.github.review_submitted(review));
    let told = ["the default branch has no .github/regression.yml"];
    assert_eq!(ended.expect(2, &told).outputs["verdict"], "error");
}
