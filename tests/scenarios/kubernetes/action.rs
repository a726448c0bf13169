//! The action end to end: the built image, started as the runner starts it, on the real cluster.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use super::{
    audit::Audit,
    cluster::{Namespace, RealCluster},
    world::{
        World,
        act::{WORKFLOWS, by_act, ours},
        clean,
        docker::Docker,
        github::{ALWAYS, Event, Fault, GitHub},
        mini_runner::{Ended, MiniRunner},
        runner_parser::Parser,
    },
};

const PATIENCE: Duration = Duration::from_mins(4);
const NUMBER: u64 = 7;
/// Whoever cancels waits for no more than this.
const SEVEN: Duration = Duration::from_secs(7);
pub const METRICS: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001}}\nseeds: {values: [1]}";
pub const WORSE: &str = "if [ $(cat file) = 2 ]; then level=0.10; else level=0.90; fi; \
                     echo \"REGRESSION_METRICS {\\\"accuracy\\\": $level$REGRESSION_SEED}\"";

/// A repository with an approved pull request.
struct Scene<'a> {
    docker: &'a Docker,
    namespace: &'a Namespace<'a>,
    world: World,
    github: GitHub,
    head: String,
}

impl<'a> Scene<'a> {
    fn new(docker: &'a Docker, namespace: &'a Namespace<'a>, entrypoint: &str) -> Self {
        Self::with(docker, namespace, entrypoint, "", "file")
    }

    /// The same on one cluster for both sides, for what has nothing to do with them.
    fn shared(docker: &'a Docker, namespace: &'a Namespace<'a>, entrypoint: &str) -> Self {
        Self::with(docker, namespace, entrypoint, "isolation: shared", "file")
    }

    /// The same with more of a config, and a change of that file.  Each side has a cluster of its own.
    fn with(
        docker: &'a Docker,
        namespace: &'a Namespace<'a>,
        entrypoint: &str,
        config: &str,
        file: &str,
    ) -> Self {
        let size = "cluster: {head: {cpu: 500m, memory: 2Gi}}";
        let world = namespace.training(entrypoint, &format!("{METRICS}\n{size}\n{config}"));
        world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = world.commit(&[(file, "2")]);
        world.git(&["checkout", "--quiet", "--detach"]);
        let github = GitHub::new(&world.repository());
        github.permission("bob", "write");
        github.open_pull(NUMBER, "alice", "change", "main");
        Self { docker, namespace, world, github, head }
    }

    fn approved(&self) -> Event {
        let review = self.github.review(NUMBER, "bob", "APPROVED", &self.head);
        self.github.review_submitted(review)
    }

    fn kubeconfig(&self) -> String {
        self.namespace.encoded_kubeconfig()
    }

    fn job(&self, event: &Event) -> MiniRunner<'a> {
        MiniRunner::new(self.docker, &event.name, &event.payload)
            .on(&self.github, &self.head)
            .input("kubeconfig", &self.kubeconfig())
            .input("namespace", &self.namespace.name)
    }

    fn last_status(&self) -> (String, String) {
        let last = self.github.statuses(&self.head).pop().unwrap();
        (last.state, last.description.unwrap_or_default())
    }

    fn post(&self, job: &MiniRunner<'_>, state: &BTreeMap<String, String>) -> Ended {
        let post = job.post(state).finish(PATIENCE);
        assert!(post.is_success(), "{post:#?}");
        self.namespace.assert_empty();
        post
    }
}

fn docker() -> Docker {
    Docker::from_environment().expect("start a Docker with tests/docker/up")
}

/// On an approving review: cluster, training, pending -> failure on the head, outputs, summary, comment.
pub fn an_approval_is_answered(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-approval"));
    let scene = Scene::new(&docker, &namespace, WORSE);
    let job = scene.job(&scene.approved());
    let begun = Instant::now();
    let mut step = job.main();
    while scene.github.requests().is_empty() && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(5));
    }
    println!("from docker run to the first request to GitHub: {:.2?}", begun.elapsed());
    let ended = step.finish(PATIENCE);
    assert_eq!((ended.code, &ended.refused), (Some(1), &Vec::new()), "{ended:#?}");
    let states: Vec<String> =
        scene.github.statuses(&scene.head).into_iter().map(|status| status.state).collect();
    assert_eq!(
        (states.first().unwrap().as_str(), states.last().unwrap().as_str()),
        ("pending", "failure")
    );
    assert_eq!(ended.outputs["verdict"], "regressed");
    assert_eq!(ended.outputs["head-sha"], scene.head);
    assert_eq!(ended.outputs["base-sha"], scene.world.git(&["rev-parse", "main"]));
    let comments = scene.github.comments(NUMBER);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.contains("regressed") && comments[0].body.contains("0 objects left"));
    assert!(ended.outputs["comment-url"].contains(&comments[0].id.to_string()));
    let summary = ended.summary.as_deref().unwrap();
    assert!(summary.contains("this change makes the model worse"), "{summary}");
    let report = job.workspace().join(&ended.outputs["report"]);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["cleanup"][0]["left"], 0);
    assert!(report["times"]["training"].as_f64().unwrap() > 0.0);
    println!("the action took {:.1?}; times: {}", ended.took, report["times"]);
    no_secret(&scene, &ended);
    namespace.assert_empty();
    scene.post(&job, &ended.state).expect(0, &["nothing is left"]);
}

/// A change of docs alone: success within seconds, and not one object, as the API server saw it.
pub fn docs_alone_create_nothing(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-docs"));
    let scene = Scene::with(&docker, &namespace, "exit 1", "ignore: [\"docs/**\"]", "docs/a.md");
    let audit = cluster.state.as_deref().map(|state| Audit::begin(state, &namespace.name));
    let job = scene.job(&scene.approved());
    let ended = job.main().finish(PATIENCE);
    assert_eq!(ended.outputs["verdict"], "pass", "{ended:#?}");
    let (state, text) = scene.last_status();
    let told = "pass: nothing that the training reads has changed (but docs/a.md)";
    assert!(state == "success" && text.starts_with(told), "{state} {text}");
    let requests = audit.map(|audit| audit.requests()).unwrap_or_default();
    assert!(requests.is_empty(), "{requests:?}");
    println!("docs alone: success after {:.2?}", ended.took);
    namespace.assert_empty();
}

/// The kubeconfig's token and GitHub's are in no byte but the masks that hide them.
fn no_secret(scene: &Scene<'_>, ended: &Ended) {
    let kubeconfig: serde_json::Value =
        serde_json::from_slice(&fs::read(scene.namespace.kubeconfig()).unwrap()).unwrap();
    let token = kubeconfig["users"][0]["user"]["token"].as_str().unwrap();
    let log: String = ended.log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    let comment = &scene.github.comments(NUMBER)[0].body;
    let shown = format!("{log}{comment}{:?}{:?}{:?}", ended.outputs, ended.state, ended.summary);
    let parser = Parser::parse(&ended.log);
    for secret in [token, scene.github.token()] {
        assert!(!shown.contains(secret), "a secret was shown");
        assert!(parser.masks().contains(&secret), "a secret is not masked");
    }
    assert!(!shown.contains(&scene.kubeconfig()));
}

/// Cancelled in every stage: over within seven seconds, the status tells, the cluster is gone.
pub fn cancelled_at_every_stage(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-cancel"));
    for (stage, text) in [("provisioning", "starting"), ("training", "training ...")] {
        let scene = Scene::shared(&docker, &namespace, "sleep 200");
        let job = scene.job(&scene.approved());
        let mut step = job.main();
        if stage == "provisioning" {
            namespace.wait(Duration::from_mins(1), "RayCluster", |objects| {
                objects.iter().any(|object| object.starts_with("raycluster."))
            });
        } else {
            step.wait_for(text, PATIENCE);
        }
        let ended = step.cancel();
        assert!(ended.took < SEVEN, "{stage}: {ended:#?}");
        let (state, description) = scene.last_status();
        assert_eq!((state.as_str(), description.starts_with("cancelled")), ("error", true));
        assert_eq!(ended.outputs["reason"], "cancelled", "{ended:#?}");
        let left = namespace.objects().len();
        println!("cancelled in {stage}: over after {:.2?}, {left} objects left then", ended.took);
        scene.post(&job, &ended.state);
    }
}

/// The container is killed: the post step removes the cluster at once, long before the lease would.
pub fn a_killed_container(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-kill"));
    let scene = Scene::shared(&docker, &namespace, "sleep 200");
    let job = scene.job(&scene.approved());
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    step.kill_container();
    let ended = step.finish(PATIENCE);
    let post = scene.post(&job, &ended.state);
    println!("killed in training: the post step took {:.1?}", post.took);
    assert_eq!(scene.last_status().0, "error");
}

/// GitHub goes away while it trains: nothing can be confirmed, so nothing passes, and nothing is left.
pub fn github_goes_away(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-github-away"));
    let scene = Scene::shared(&docker, &namespace, "echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'");
    let job = scene.job(&scene.approved());
    let mut step = job.main();
    step.wait_for("training ...", PATIENCE);
    for method in ["GET", "POST", "PATCH"] {
        scene.github.fail(method, "/repos/", Fault::Status(403), ALWAYS);
    }
    let ended = step.finish(PATIENCE);
    assert_eq!((ended.code, ended.outputs["verdict"].as_str()), (Some(2), "error"), "{ended:#?}");
    assert!(ended.log.contains("cannot read pull request #7"), "{ended:#?}");
    assert!(scene.github.statuses(&scene.head).iter().all(|status| status.state == "pending"));
    namespace.assert_empty();
}

const WORKFLOW: &str = "on: [pull_request_review, workflow_dispatch]
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./
        id: regression
        with:
          kubeconfig: ${{ secrets.KUBECONFIG }}
          namespace: NAMESPACE
          github-token: ${{ secrets.GITHUB_TOKEN }}
          SHA
";

/// `uses: ./` in a workflow, by act: on an approving review, and by the button.
pub fn act_runs_the_action(cluster: &RealCluster) {
    let (docker, namespace) = (docker(), cluster.namespace("action-act"));
    for button in [false, true] {
        let scene = if button { Scene::shared } else { Scene::new };
        let scene = scene(&docker, &namespace, WORSE);
        let event = if button {
            scene.github.dispatched("bob", "main", &json!({}))
        } else {
            // Without a number of its own, act makes no sense of the event's reference.
            scene.approved().with(json!({"number": NUMBER}))
        };
        let sha = if button { format!("sha: {}", scene.head) } else { String::new() };
        let workflow = WORKFLOW.replace("NAMESPACE", &namespace.name).replace("SHA", &sha);
        let caller = caller(&docker, &workflow);
        let ran = by_act(&docker, caller.path(), &event, (&scene.github, &scene.kubeconfig()), &[]);
        assert_eq!(ran.output("verdict"), Some("regressed"), "{}\n{}", ran.log(), ran.rest);
        assert_eq!(ran.conclusion(), Some("failure"), "{}", ran.log());
        assert_eq!(scene.last_status().0, "failure");
        assert!(ran.summary().is_some_and(|summary| summary.contains("regressed")));
        namespace.assert_empty();
    }
}

/// A repository with a workflow, and action.yml as it is but for the image, which is built already.
fn caller(docker: &Docker, workflow: &str) -> TempDir {
    let caller = tempfile::tempdir().unwrap();
    fs::write(caller.path().join("action.yml"), ours(docker)).unwrap();
    let workflows = caller.path().join(WORKFLOWS);
    fs::create_dir_all(&workflows).unwrap();
    fs::write(workflows.join("train.yml"), workflow).unwrap();
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "--all"],
        &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "1"],
    ] {
        let mut git = clean("git");
        assert!(git.args(arguments).current_dir(caller.path()).status().unwrap().success());
    }
    caller
}
