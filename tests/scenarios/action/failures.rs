//! GitHub failing at each call in turn: the verdict is never wrong, nothing runs on, and the step tells
//! what failed.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::scene::{GOOD, NUMBER, PATIENCE, Scene};
use super::world::{
    github::{ALWAYS, Fault},
    ray::RunningRay,
};

/// What a run comes to when one call never works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// Nothing was trained, and there is no verdict.
    Refused,
    /// It was trained and told, with a warning.
    Told,
    /// It was trained, and the status is not set.
    Unset,
    /// It was trained, and the approval cannot be confirmed.
    Unconfirmed,
}

/// Method, path, and what comes of it; the last two fail from the training on.
const CALLS: [(&str, &str, u16, Comes); 10] = [
    ("GET", "/pulls/7", 404, Comes::Refused),
    ("GET", "/pulls/7/reviews", 403, Comes::Refused),
    ("GET", "/collaborators/", 403, Comes::Refused),
    ("GET", "/compare/", 404, Comes::Refused),
    ("GET", "/git/ref/", 404, Comes::Refused),
    ("GET", "/commits/", 422, Comes::Refused),
    ("POST", "/git-upload-pack", 403, Comes::Refused),
    ("POST", "/statuses/", 422, Comes::Refused),
    ("GET", "/issues/7/comments", 403, Comes::Refused),
    ("POST", "/issues/7/comments", 403, Comes::Told),
];
const LATER: [(&str, &str, Comes); 3] = [
    ("GET", "/pulls/7", Comes::Unconfirmed),
    ("POST", "/statuses/", Comes::Unset),
    ("PATCH", "/issues/comments/", Comes::Told),
];

pub fn github_fails_at_each_call(ray: &RunningRay) {
    for (method, path, status, comes) in CALLS {
        let scene = Scene::new(ray, GOOD);
        let event = scene.approved();
        scene.github.fail(method, path, Fault::Status(status), ALWAYS);
        let ended = scene.job(&event).main().finish(PATIENCE);
        check(&scene, &format!("{status} at {method} {path}"), comes, &ended);
    }
    for (method, path, comes) in LATER {
        let scene = Scene::new(ray, GOOD);
        let event = scene.approved();
        let fail = || scene.github.fail(method, path, Fault::Status(403), ALWAYS);
        let ended = super::scene::after(scene.job(&event).main(), "training ...", fail);
        check(&scene, &format!("403 at {method} {path} later"), comes, &ended);
    }
}

fn check(scene: &Scene<'_>, name: &str, comes: Comes, ended: &crate::world::mini_runner::Ended) {
    let verdict = ended.outputs["verdict"].as_str();
    let trained = scene.trainings();
    let success = scene.states(&scene.head).iter().any(|state| state == "success");
    let expected = match comes {
        Comes::Refused => ("error", 0, false),
        Comes::Told => ("pass", 2, true),
        Comes::Unset => ("pass", 2, false),
        Comes::Unconfirmed => ("error", 2, false),
    };
    assert_eq!((verdict, trained, success), expected, "{name}: {ended:#?}");
    let code = if comes == Comes::Told { 0 } else { 2 };
    assert_eq!(ended.code, Some(code), "{name}: {ended:#?}");
    let told = ended.log.contains("error:") || ended.log.contains("warning:");
    assert!(told, "{name}: {ended:#?}");
    let failed =
        ended.log.lines().find(|line| line.contains("error:") || line.contains("warning:"));
    println!("{name}: {verdict}: {}", failed.unwrap_or_default());
}

/// The success is written, and whether the approval still holds cannot be asked: the success is taken back.
pub fn the_last_look_fails_closed(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let event = scene.approved();
    let job = scene.job(&event);
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    // So that there is time to break the next call.
    scene.github.fail("POST", "/statuses/", Fault::SlowAfterDoing(Duration::from_secs(3)), ALWAYS);
    let begun = Instant::now();
    while !scene.states(&scene.head).contains(&"success".to_owned()) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", scene.statuses(&scene.head));
        thread::sleep(Duration::from_millis(20));
    }
    scene.github.fail("GET", "/pulls/7", Fault::Status(403), ALWAYS);
    let ended = step.finish(PATIENCE);
    assert_eq!((ended.code, &*ended.outputs["verdict"]), (Some(2), "error"), "{ended:#?}");
    let (state, text) = scene.statuses(&scene.head).pop().unwrap();
    assert!(state == "pending" && text.contains("re-run this job"), "{state} {text}");
    // The next run answers from evidence.
    scene.github.heal();
    let again = scene.run(&scene.approved());
    assert_eq!((&*again.outputs["verdict"], scene.trainings()), ("pass", 2), "{again:#?}");
    assert_eq!(scene.states(&scene.head).last().unwrap(), "success");
}

/// What passes by itself costs time and nothing else.
pub fn github_stumbles(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let event = scene.approved();
    scene.github.fail("GET", "/pulls/7/reviews", Fault::Status(502), 1);
    scene.github.fail("GET", "/compare/", Fault::Cut, 1);
    scene.github.fail("GET", "/statuses", Fault::RateLimited { retry_after: 1 }, 1);
    scene.github.fail("POST", "/statuses/", Fault::CutAfterDoing, 1);
    scene.github.fail("POST", "/issues/7/comments", Fault::CutAfterDoing, 1);
    let ended = scene.run(&event);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    assert_eq!(scene.states(&scene.head).last().unwrap(), "success");
    assert_eq!(scene.github.comments(NUMBER).len(), 1, "the comment was not doubled");
}

/// The message says which permission is missing, as YAML to copy.
pub fn a_missing_permission_is_named(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    scene.github.token_may(&["contents: read", "pull-requests: write"]);
    let ended = scene.run(&scene.approved());
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.log.contains("statuses: write"), "{ended:#?}");
}
