//! Workflows to copy, as they are, by act, on the real cluster.  Others of them have scenarios of their own.

use serde_json::{Value, json};

use super::{
    action::{METRICS, WORSE},
    cluster::{Namespace, RealCluster},
    world::{
        World,
        act::{Ran, by_act, provide_ours, with_token},
        docker::Docker,
        github::{Event, GitHub},
    },
};

const COMMENT: &str = include_str!("../../../examples/comment.yml");
const NIGHTLY: &str = include_str!("../../../examples/nightly.yml");
const NUMBER: u64 = 7;

/// A repository with one of them, on a cluster.
struct Scene<'a> {
    docker: Docker,
    namespace: &'a Namespace<'a>,
    example: &'static str,
    world: World,
    github: GitHub,
}

impl<'a> Scene<'a> {
    fn new(namespace: &'a Namespace<'a>, example: &'static str) -> Self {
        let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
        let world = namespace.training(WORSE, METRICS);
        let workflow = with_token(example)
            .replace("namespace: ml", &format!("namespace: {}", namespace.name))
            // The image of jobs has no bash.
            .replace("        run: |", "        shell: sh\n        run: |");
        world.commit(&[(".github/workflows/regression.yml", &workflow)]);
        let github = GitHub::new(&world.repository());
        Self { docker, namespace, example, world, github }
    }

    fn run(&self, event: &Event) -> Ran {
        let action = provide_ours(&self.world.path("actions"), self.example, &self.docker);
        let options = ["--local-repository", &action];
        let kubeconfig = self.namespace.encoded_kubeconfig();
        let repository = self.world.repository();
        by_act(&self.docker, &repository, event, (&self.github, &kubeconfig), &options)
    }
}

/// Of somebody who may write, and of the commit that it names; no other comment trains anything.
pub fn a_comment_starts_the_training(cluster: &RealCluster) {
    let namespace = cluster.namespace("recipe-comment");
    let scene = Scene::new(&namespace, COMMENT);
    let Scene { world, github, .. } = &scene;
    world.git(&["checkout", "--quiet", "-b", "change"]);
    let head = world.commit(&[("file", "2")]);
    world.git(&["checkout", "--quiet", "main"]);
    github.permission("bob", "write");
    github.permission("carol", "read");
    github.open_pull(NUMBER, "alice", "change", "main");
    let says = |user: &str, body: &str| {
        let event = github.comment_created(github.comment(NUMBER, user, body));
        // Without a number of its own, act makes no sense of the event's reference.
        scene.run(&event.with(json!({"number": NUMBER})))
    };

    let ran = says("bob", "looks good");
    assert_eq!((ran.conclusion(), ran.outputs("verdict").len()), (None, 0), "{}", ran.log());
    let asks = format!("/regression {head}");
    let ran = says("carol", &asks);
    assert_eq!(ran.outputs("verdict"), ["held"], "{}\n{}", ran.log(), ran.rest);
    assert!(github.statuses(&head).iter().all(|status| status.state != "failure"));

    let ran = says("bob", &asks);
    assert_eq!(ran.outputs("verdict"), ["regressed"], "{}\n{}", ran.log(), ran.rest);
    assert_eq!(github.statuses(&head).pop().unwrap().state, "failure");
    namespace.assert_empty();
}

/// Red where main has become worse than the release.
pub fn a_night_compares_with_the_release(cluster: &RealCluster) {
    let namespace = cluster.namespace("recipe-nightly");
    let scene = Scene::new(&namespace, NIGHTLY);
    let Scene { world, github, .. } = &scene;
    world.git(&["tag", "v2.3.0"]);
    let head = world.commit(&[("file", "2")]);
    github.release("v2.3.0");
    let payload: Value = json!({"schedule": "17 2 * * *"});
    let ran = scene.run(&Event { name: "schedule".to_owned(), payload });
    assert_eq!(ran.outputs("verdict"), ["regressed"], "{}\n{}", ran.log(), ran.rest);
    assert_eq!(ran.conclusion(), Some("failure"), "{}", ran.log());
    assert!(ran.log().contains("regressed: "), "{}", ran.log());
    let last = github.statuses(&head).pop().unwrap();
    assert_eq!((&*last.context, &*last.state), ("regression / nightly", "failure"));
    namespace.assert_empty();
}
