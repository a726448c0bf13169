//! `command: bisect`: the button, from the event to what tells the culprit: a comment or an issue.

use std::{
    collections::BTreeSet,
    fs,
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::scene::{APP, CONTEXT, GOOD, NUMBER, Scene, post};
use super::world::{
    NOISY_LEVEL, World,
    github::Event,
    mini_runner::{Ended, MiniRunner},
    ray::RunningRay,
};

const PATIENCE: Duration = Duration::from_mins(6);

fn bisected(scene: &Scene<'_>, event: &Event, good: &str) -> Ended {
    let job = scene.job(event).input("command", "bisect").input("good", good);
    let ended = job.main().finish(PATIENCE);
    assert_eq!(scene.running(), 0);
    ended
}

/// The report that a step left in the workspace.
fn report(job: &MiniRunner<'_>, ended: &Ended) -> Value {
    let path = job.workspace().join(&ended.outputs["report"]);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A job for the button on main as it is now, without any input that says where to begin.
fn button(scene: &Scene<'_>) -> MiniRunner<'static> {
    let tip = scene.world.git(&["rev-parse", "main"]);
    let event = scene.github.dispatched("bob", "main", &json!({}));
    scene.job(&event).github("sha", &tip).input("command", "bisect")
}

/// A commit on the branch that is checked out.
fn change(world: &World, level: &str, subject: &str) -> String {
    world.commit(&[("level", level), ("subject", subject)]);
    let author = "--author=Ann <7+ann@users.noreply.github.com>";
    world.git(&["commit", "--quiet", "--amend", author, "--message", subject]);
    world.git(&["rev-parse", "HEAD"])
}

/// Every reading of a report: of which commit, with which seed.
fn readings(report: &Value) -> Vec<(String, u64)> {
    let array = |value: &Value| value.as_array().unwrap().clone();
    let commits = array(&report["searches"]).into_iter().flat_map(|one| array(&one["commits"]));
    let of = |commit: Value| {
        let sha = commit["commit"]["sha"].as_str().unwrap().to_owned();
        let seed = |read: Value| (sha.clone(), read["seed"].as_u64().unwrap());
        array(&commit["readings"]).into_iter().map(seed).collect::<Vec<_>>()
    };
    commits.flat_map(of).collect()
}

/// A history whose third change is the worse one, and what GitHub knows of it.
struct History<'a> {
    scene: Scene<'a>,
    good: String,
    harmless: String,
    culprit: String,
    bad: String,
}

impl<'a> History<'a> {
    /// The last commit that passed is the good one.  The culprit's subject ends with a number that no pull request has.
    fn new(ray: &'a RunningRay) -> Self {
        let scene = Scene::with(ray, &format!("sleep 2; {NOISY_LEVEL}"), &[("level", "0.9")]);
        let (world, github) = (&scene.world, &scene.github);
        world.git(&["checkout", "--quiet", "main"]);
        let good = world.git(&["rev-parse", "HEAD"]);
        let harmless = change(world, "0.9", "Harmless");
        let culprit = change(world, "0.6", "Faster, @bob (#99)");
        let bad = change(world, "0.6", "Later");
        world.git(&["checkout", "--quiet", "--detach"]);
        github.status(&good, APP, "success", CONTEXT);
        github.status(&harmless, "mallory", "success", CONTEXT);
        Self { scene, good, harmless, culprit, bad }
    }

    /// The main step of a job, which names the culprit.
    fn named(&self, job: &MiniRunner<'_>) -> Ended {
        let ended = job.main().finish(PATIENCE);
        assert_eq!((ended.code, &ended.outputs["culprit"]), (Some(0), &self.culprit), "{ended:#?}");
        ended
    }
}

/// The container dies in mid-search, and the next one goes on.  The culprit is told by an issue, and once GitHub knows of
/// its pull request, by a comment there; each once, and nothing is read twice.
pub fn killed_and_told(ray: &RunningRay) {
    let history = History::new(ray);
    let scene = &history.scene;
    let held = bisected(scene, &scene.approved(), &history.good);
    assert_eq!((held.code, held.outputs["verdict"].as_str()), (Some(0), "held"), "{held:#?}");
    scene.github.token_may(&["contents: read", "pull-requests: write", "statuses: read"]);
    let job = button(scene);
    let killed = killed_in_search(&history, &job);
    goes_on(&history, &job, &killed);
    let trained = scene.trainings();
    let job = told_by_an_issue(&history, job);
    told_at_its_pull_request(&history, &job);
    assert_eq!(scene.trainings(), trained, "what was read was read again");
    assert_eq!(scene.running(), 0);
    assert!(scene.statuses(&history.bad).is_empty(), "it judges nothing");
}

fn killed_in_search(history: &History<'_>, job: &MiniRunner<'_>) -> Ended {
    let History { scene, good, bad, .. } = history;
    let mut step = job.main();
    step.wait_for("round 2", PATIENCE);
    let begun = Instant::now();
    while scene.running() == 0 {
        assert!(begun.elapsed() < PATIENCE, "nothing is trained: {}", step.log());
        thread::sleep(Duration::from_millis(20));
    }
    step.kill_container();
    let killed = step.finish(PATIENCE);
    let start = format!("good: {}, the last commit before {} that passed", &good[..7], &bad[..7]);
    assert!(killed.log.contains(&start), "{killed:#?}");
    let post = post(job, &killed.state);
    assert!(post.is_success(), "{post:#?}");
    assert_eq!(scene.running(), 0, "{post:#?}");
    killed
}

/// The token may write no issue: the answer stands, and the log says why nobody was told.
fn goes_on(history: &History<'_>, job: &MiniRunner<'_>, killed: &Ended) {
    let ended = history.named(job);
    let report = report(job, &ended);
    let (all, resumed) = (readings(&report), report["resumed"].as_u64().unwrap());
    assert!(ended.log.contains(&format!("resuming: {resumed} readings known")), "{ended:#?}");
    assert!(killed.log.contains(&format!("both ends, {resumed} readings")), "{killed:#?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a reading is there twice");
    assert_eq!(report["readings"], all.len());
    let (trained, cpus) = (history.scene.trainings(), available_parallelism().unwrap().get());
    assert!(trained <= all.len() + cpus, "{trained} trainings for {} readings", all.len());
    assert!(ended.log.contains("warning: nobody was told of the culprit"), "{ended:#?}");
    assert!(ended.log.contains("permissions:\n  issues: write"), "{ended:#?}");
    assert_eq!(ended.outputs.get("comment-url"), None, "{ended:#?}");
    assert!(ended.summary.as_deref().unwrap().contains("mermaid"), "{:?}", ended.summary);
    println!("killed and resumed: {resumed} of {} readings, {:.1?}", all.len(), ended.took);
}

/// Told once, also on another night, after somebody has closed it.
fn told_by_an_issue<'a>(history: &History<'_>, job: MiniRunner<'a>) -> MiniRunner<'a> {
    let (github, culprit) = (&history.scene.github, &history.culprit);
    github.token_may(&["contents: read", "issues: write", "pull-requests: read", "statuses: read"]);
    let told = history.named(&job);
    let [issue] = &github.issues()[..] else { panic!("{:?}", github.issues()) };
    assert_eq!(issue.title, format!("accuracy became worse with {}", &culprit[..7]));
    let body = issue.body.as_deref().unwrap();
    for text in [&culprit[..7], "by ann: accuracy from 0.", "/actions/runs/102)", "\n<!-- "] {
        assert!(body.contains(text), "no {text:?} in {body}");
    }
    assert!(!body.contains("@bob") && !body.contains("@ann"), "somebody is called: {body}");
    assert!(told.outputs["comment-url"].ends_with(&format!("/issues/{}", issue.number)));

    github.close_issue(issue.number);
    let job = job.github("run_id", "999");
    history.named(&job);
    let [issue] = &github.issues()[..] else { panic!("{:?}", github.issues()) };
    assert!(!issue.open && issue.body.as_ref().unwrap().contains("/actions/runs/999)"));
    assert!(github.comments(NUMBER).is_empty());
    job
}

/// It came by a rebase: its subject names another pull request.
fn told_at_its_pull_request(history: &History<'_>, job: &MiniRunner<'_>) {
    let (github, culprit) = (&history.scene.github, &history.culprit);
    github.merge(NUMBER, &[&history.harmless, culprit]);
    github.token_may(&["contents: read", "pull-requests: write", "statuses: read"]);
    for _ in 0..2 {
        let ended = history.named(job);
        let [comment] = &github.comments(NUMBER)[..] else {
            panic!("{:?}", github.comments(NUMBER))
        };
        assert!(comment.body.contains(&culprit[..7]), "{}", comment.body);
        assert!(ended.outputs["comment-url"].contains(&comment.id.to_string()));
        assert_eq!(report(job, &ended)["culprit"]["pull"], NUMBER);
    }
}

/// Without the input `good`: the last release or the last pass, whichever is later.  Nothing is trained, for
/// the config has no such metric.
pub fn begins_where_it_was_good(ray: &RunningRay) {
    let scene = Scene::new(ray, GOOD);
    let (world, github) = (&scene.world, &scene.github);
    let begins = |expected: &str| {
        let ended = button(&scene).input("metric", "nonsense").main().finish(PATIENCE);
        assert!(ended.log.contains(expected), "no {expected:?} in {ended:#?}");
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        ended
    };
    world.git(&["checkout", "--quiet", "main"]);
    let commits = ["one", "two", "three", "four"].map(|subject| change(world, "", subject));
    let [one, two, three, four] = &commits;
    let none = begins("give the input good, a commit that was good");
    assert!(none.outputs["reason"].contains("no commit shortly before"), "{none:#?}");

    let passed = |commit: &str| {
        github.status(commit, APP, "success", CONTEXT);
        format!("good: {}, the last commit before", &commit[..7])
    };
    let release = |tag: &str, commit: &str| {
        world.git(&["tag", tag, commit]);
        github.release(tag);
        format!("good: {tag} ({}), the last release", &commit[..7])
    };
    // What is no pass: a stranger's, another context's, one that was taken back, and the bad end itself.
    github.status(two, "mallory", "success", CONTEXT);
    github.status(two, APP, "success", "regression / other");
    github.status(three, APP, "success", CONTEXT);
    github.status(three, APP, "failure", CONTEXT);
    github.status(four, APP, "success", CONTEXT);
    let first = begins(&passed(one));
    assert!(first.log.contains("the input metric names nonsense"), "{first:#?}");

    begins(&release("v1", two));
    let later = passed(three);
    begins(&later);
    // A release on a branch of its own is no end of a search; once it is merged, it is.
    world.git(&["checkout", "--quiet", "-b", "side", one]);
    let side = world.commit(&[("side", "1")]);
    let aside = release("v2", &side);
    begins(&later);
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "--message", "Merge side", "side"]);
    github.status(four, APP, "failure", CONTEXT);
    begins(&aside);
    // Statuses that cannot be read leave the release.
    github.token_may(&["contents: read", "pull-requests: write"]);
    let blind = begins(&aside);
    assert!(blind.log.contains("warning:") && blind.log.contains("statuses: read"), "{blind:#?}");
    assert_eq!(scene.trainings(), 0);
}
