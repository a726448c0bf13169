//! examples/organisation.yml as it is, called by examples/organisation-caller.yml, by act: on runners of one's own, up
//! to the kubeconfig, which is none.

use std::fs;

use serde_json::json;

use super::world::{
    ACCURACY, World,
    act::{COMMIT, Ran, WORKFLOWS, by_act, provide_ours, with_token},
    docker::Docker,
    github::{Event, GitHub},
};

const CALLED: &str = include_str!("../../../examples/organisation.yml");
const CALLER: &str = include_str!("../../../examples/organisation-caller.yml");
const NUMBER: u64 = 7;

struct Scene<'a> {
    docker: &'a Docker,
    world: World,
    github: GitHub,
}

/// By an approving review, by one that is none, and by the button, whose inputs the caller does not hand on.
pub fn act_calls_the_workflow_of_an_organisation(docker: &Docker) {
    let scene = Scene::new(docker);
    let head = scene.world.git(&["rev-parse", "change"]);
    let github = &scene.github;
    let ended = |review| github.run_ended(&github.review_submitted(review));

    let ran = scene.run(&ended(github.review(NUMBER, "carol", "APPROVED", &head)));
    assert_eq!(ran.outputs("verdict"), ["held"], "{}\n{}", ran.log(), ran.rest);
    assert_eq!(github.statuses(&head).pop().unwrap().state, "pending");

    let inputs = json!({"pull-request": NUMBER.to_string(), "sha": head});
    let button = github.dispatched("bob", "main", &inputs);
    let approved = ended(github.review(NUMBER, "bob", "APPROVED", &head));
    for event in [button, approved] {
        let ran = scene.run(&event);
        let told = ran.outputs("verdict");
        assert_eq!(told, ["approved", "error"], "{}\n{}", ran.log(), ran.rest);
        let reason = ran.outputs("reason").pop().unwrap();
        assert!(reason.contains("kubeconfig"), "{reason}");
        assert_eq!(github.statuses(&head).pop().unwrap().state, "error");
    }
}

impl<'a> Scene<'a> {
    fn new(docker: &'a Docker) -> Self {
        let world = World::new();
        world.config(&format!("entrypoint: 'true'\nimage: ghcr.io/acme/train:1\n{ACCURACY}\n"));
        // Runners of one's own, by their labels; an image by tag needs no build.
        let with = "{prebuild: false, runs-on: '[\"self-hosted\", \"docker\"]'}";
        let secrets = "    secrets: inherit";
        let caller = CALLER.replace(secrets, &format!("    with: {with}\n{secrets}"));
        world.commit(&[(".github/workflows/regression.yml", &caller), ("file", "1")]);
        world.git(&["checkout", "--quiet", "-b", "change"]);
        world.commit(&[("file", "2")]);
        world.git(&["checkout", "--quiet", "main"]);
        let github = GitHub::new(&world.repository());
        github.permission("bob", "write");
        github.permission("carol", "read");
        github.open_pull(NUMBER, "alice", "change", "main");
        Self { docker, world, github }
    }

    fn run(&self, event: &Event) -> Ran {
        let action = provide_ours(&self.world.path("actions"), CALLED, self.docker);
        let workflow = self.workflow();
        let platform = format!("docker={}", self.docker.variable("JOB_IMAGE"));
        let options = ["--local-repository", &action, "--local-repository", &workflow];
        let options = [&options[..], &["--platform", &platform]].concat();
        let words = "no kubeconfig, but some words of the same length";
        by_act(self.docker, &self.world.repository(), event, (&self.github, words), &options)
    }

    fn workflow(&self) -> String {
        let folder = self.world.path("organisation");
        fs::create_dir_all(folder.join(WORKFLOWS)).unwrap();
        let called = folder.join(WORKFLOWS).join("regression.yml");
        fs::write(called, with_token(CALLED)).unwrap();
        format!("acme/.github@{COMMIT}={}", folder.display())
    }
}
