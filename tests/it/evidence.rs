//! What another run measured, by the binary and a GitHub on which everybody writes as `github-actions[bot]`:
//! only what our own runs wrote there counts.  The Ray refuses whatever it is asked, so that a run that believes
//! nothing ends with an error.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use serde_json::json;

use super::world::{
    World,
    github::{Event, GitHub, Run},
    mini_runner::{Ended, MiniRunner},
};

const PATIENCE: Duration = Duration::from_mins(2);
const CONTEXT: &str = "regression / verdict";
const NUMBER: u64 = 7;
const CONFIG: &str = "entrypoint: 'true'\nmetrics: {accuracy: {direction: higher, absolute: 0.01}}";
const WORKFLOW: &str = ".github/workflows/regression.yml";
/// A run of our file on the default branch.
const OURS: u64 = 1;

/// Bob approves alice's pull request.
struct Scene {
    world: World,
    github: GitHub,
    head: String,
    approved: Event,
    ray: String,
    secret: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        world.config(CONFIG);
        world.commit(&[("requirements.txt", "numpy==2.0.0\n"), ("file", "1")]);
        world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = world.commit(&[("file", "2")]);
        world.git(&["checkout", "--quiet", "--detach"]);
        let github = GitHub::new(&world.repository());
        github.permission("alice", "write");
        github.permission("bob", "write");
        github.open_pull(NUMBER, "alice", "change", "main");
        let review = github.review(NUMBER, "bob", "APPROVED", &head);
        let approved = github.run_ended(&github.review_submitted(review));
        let (ray, secret) = (refusing(), "s".repeat(64));
        let scene = Self { world, github, head, approved, ray, secret };
        scene.is_over(false);
        scene
    }

    /// There is a run of our file.
    fn is(&self, event: &str, branch: &str, over: bool) {
        let (event, branch) = (event.to_owned(), branch.to_owned());
        let repository = self.github.repository().to_owned();
        let run = Run { event, branch, repository, path: WORKFLOW.to_owned(), over };
        self.github.run(OURS, run);
    }

    fn is_over(&self, over: bool) {
        self.is("workflow_run", "main", over);
    }

    fn job(&self, number: u64) -> MiniRunner<'static> {
        let file = format!("{}/{WORKFLOW}@refs/heads/main", self.github.repository());
        MiniRunner::bare(&self.approved.name, &self.approved.payload)
            .on(&self.github, &self.world.git(&["rev-parse", "main"]))
            .github("ref", "refs/heads/main")
            .github("run_id", &number.to_string())
            .github("workflow_ref", &file)
            .input("backend", "ray")
            .input("ray-address", &self.ray)
            .input("ray-token", &self.secret)
            .input("comment", "false")
            .variable("TMPDIR", self.world.path("").to_str().unwrap())
    }

    fn run(&self, number: u64) -> Ended {
        self.job(number).main().finish(PATIENCE)
    }

    /// What our run writes before it trains, and the key of the comparison in it.
    fn claim(&self) -> (String, String) {
        let ended = self.run(OURS);
        assert_eq!(ended.outputs["verdict"], "error", "{ended:#?}");
        let all = self.github.statuses(&self.head);
        let claim = all.iter().find(|status| status.state == "pending").unwrap();
        let text = claim.description.clone().unwrap();
        let (_, mark) = text.rsplit_once(" [").unwrap();
        let key = mark.trim_end_matches(']').split('.').next().unwrap().to_owned();
        (text, key)
    }

    fn tells(&self, commit: &str, state: &str, text: &str) {
        self.github.tells(commit, (OURS, CONTEXT), (state, text), Duration::ZERO);
    }
}

/// The address of a server that is allowed nothing.
fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            refuse(stream);
        }
    });
    format!("http://{address}")
}

fn refuse(mut stream: TcpStream) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    drop(lines.take_while(|line| !line.is_empty()).last());
    drop(write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
}

/// By a workflow that a pushed branch brings along: the words, the key and the link are right.
#[test]
fn a_verdict_that_anybody_can_write_is_not_believed() {
    let scene = Scene::new();
    let (claim, key) = scene.claim();
    let (_, mark) = claim.rsplit_once(" [").unwrap();
    let guessed = format!("{key}.{}]", "A".repeat(22));
    for mark in [&format!("{key}]"), &format!("{key}.]"), &guessed, mark] {
        scene.tells(&scene.head, "success", &format!("pass: accuracy is as good [{mark}"));
        let ended = scene.run(2);
        assert_eq!(ended.outputs["verdict"], "error", "nothing was measured: {ended:#?}");
        assert!(ended.log.contains("nothing proves"), "{ended:#?}");
        let last = scene.github.statuses(&scene.head).pop().unwrap();
        assert_ne!(last.state, "success", "{last:?}");
    }
}

/// Where nothing is secret, the link has to do, which stops mistakes.
#[test]
fn without_a_secret_our_file_on_the_default_branch_is_believed() {
    let scene = Scene { secret: "short".to_owned(), ..Scene::new() };
    let (claim, key) = scene.claim();
    assert!(claim.ends_with(&format!(" [{key}]")), "{claim}");
    let run = || {
        scene.tells(&scene.head, "success", &format!("pass: accuracy is as good [{key}]"));
        scene.run(2)
    };
    scene.is("pull_request_review", "change", true);
    let ended = run();
    assert_eq!(ended.outputs["verdict"], "error", "{ended:#?}");
    assert!(ended.log.contains("does not count: it ran on `pull_request_review`"), "{ended:#?}");
    scene.is_over(true);
    let ended = run();
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    // Nobody may read runs.
    scene.github.token_may(&["contents: read", "pull-requests: write", "statuses: write"]);
    let ended = run();
    assert_eq!(ended.outputs["verdict"], "error", "{ended:#?}");
    assert!(ended.log.contains("`permissions: actions: read`"), "{ended:#?}");
}

/// Nobody is kept waiting by words; what was truly told counts for the commit that it was told of.
#[test]
fn a_claim_that_anybody_can_write_is_not_waited_for() {
    let mut scene = Scene::new();
    let (claim, key) = scene.claim();
    scene.tells(&scene.head, "pending", &format!("training [{key}]"));
    let ended = scene.run(2);
    assert!(
        ended.outputs["verdict"] == "error" && !ended.log.contains("waiting for"),
        "{ended:#?}"
    );

    scene.tells(&scene.head, "pending", &claim);
    let job = scene.job(3);
    let mut step = job.main();
    step.wait_for("waiting for", PATIENCE);
    scene.is_over(true);
    let ended = step.finish(PATIENCE);
    assert_eq!(ended.outputs["verdict"], "error", "{ended:#?}");

    scene.is_over(false);
    scene.world.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    scene.head = scene.world.git(&["rev-parse", "HEAD"]);
    scene.github.push(NUMBER, &scene.head);
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &scene.head);
    scene.approved = scene.github.run_ended(&scene.github.review_submitted(review));
    scene.tells(&scene.head, "pending", &claim);
    let ended = scene.run(4);
    assert!(!ended.log.contains("waiting for"), "a copy on another commit: {ended:#?}");
    scene.secret = "t".repeat(64);
    let told = scene.github.statuses(&scene.head);
    let ours = told.iter().find(|status| status.target_url.as_ref().unwrap().ends_with("/4"));
    scene.tells(&scene.head, "pending", ours.unwrap().description.as_ref().unwrap());
    let ended = scene.run(5);
    assert!(!ended.log.contains("waiting for"), "another credential: {ended:#?}");
}

/// A bisect that is not told where it was good takes no word for it that whoever may push could have written.
#[test]
fn a_pass_that_anybody_can_write_begins_no_search() {
    let mut scene = Scene::new();
    scene.world.git(&["checkout", "--quiet", "main"]);
    let [one, two, _] = ["3", "4", "5"].map(|text| scene.world.commit(&[("file", text)]));
    scene.world.git(&["tag", "v1", &one]);
    scene.github.release("v1");
    scene.github.status(&two, "github-actions[bot]", "success", CONTEXT);
    scene.approved = scene.github.dispatched("dave", "main", &json!({}));
    let begins = |scene: &Scene| {
        let job = scene.job(2).input("command", "bisect").input("metric", "nonsense");
        job.main().finish(PATIENCE).expect(2, &[]).log
    };
    let log = begins(&scene);
    assert!(log.contains(&format!("good: v1 ({}), the last release", &one[..7])), "{log}");
    assert!(log.contains(&format!("{} is not taken for good", &two[..7])), "{log}");
    // Where nothing is secret, nothing can prove it.
    scene.secret = "short".to_owned();
    let log = begins(&scene);
    assert!(log.contains(&format!("good: {}, the last commit before", &two[..7])), "{log}");
}
