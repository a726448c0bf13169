//! The reusable workflow prebuild.yml as it is, called by the examples, under act: with a registry and a
//! `BuildKit` of its own, and an index of packages as this machine has it.

use std::{fs, path::Path, process::Command, time::Instant};

use serde_json::json;

use super::{
    base, row,
    world::{
        World,
        act::{self, COMMIT, Ran, WORKFLOWS, by_act, provide},
        clean,
        docker::Docker,
        github::{Event, GitHub},
        image_registry::Registry,
    },
};

const PREBUILD: &str = include_str!("../../../.github/workflows/prebuild.yml");
const APPROVAL: &str = include_str!("../../../examples/approval-simple.yml");
const PUSH: &str = include_str!("../../../examples/prebuild.yml");
const NUMBER: u64 = 7;
/// Stands for actions/checkout, which needs node.
const CHECKOUT: &str = r#"
name: checkout
description: none
inputs:
  repository: {default: ''}
  ref: {default: ''}
  path: {default: .}
  fetch-depth: {default: ''}
  persist-credentials: {default: ''}
  token: {default: '${{ github.token }}'}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        HERE: ${{ github.action_path }}
        PLACE: ${{ inputs.path }}
        REF: ${{ inputs.ref }}
        REPOSITORY: ${{ inputs.repository }}
        TOKEN: ${{ inputs.token }}
      run: |
        rm -rf "$PLACE"
        if [ "$REPOSITORY" = org/regression-action ]; then
          mkdir "$PLACE"
          cp "$HERE/ours.yml" "$PLACE/action.yml"
        else
          header="Authorization: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 --wrap 0)"
          git -c http.extraHeader="$header" clone --quiet "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" "$PLACE"
          git -C "$PLACE" checkout --quiet --detach "$REF"
        fi
"#;

/// The builder of prebuild.yml, gone with the test.
struct Builder<'a>(&'a Docker);

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        self.0.run(&["rm", "--force", "--volumes", "buildx_buildkit_prebuild0"]);
        self.0.run(&["volume", "rm", "buildx_buildkit_prebuild0_state"]);
    }
}

struct Scene<'a> {
    docker: &'a Docker,
    registry: Registry,
    world: World,
    github: GitHub,
}

/// A push builds what main needs; an unapproved pull request builds nothing, an approved one its image, and
/// the same once more nothing; after the merge the image is there.
pub fn an_image_is_built_once(docker: &Docker) {
    let Some(registry) = Registry::start() else { return };
    let _builder = Builder(docker);
    let scene = Scene::new(docker, registry);
    let Scene { world, github, .. } = &scene;
    let (first, main) = (world.git(&["rev-parse", "main~1"]), world.git(&["rev-parse", "main"]));

    let ran = scene.run("a push to main", &github.pushed("bob", "main", &first, &main));
    assert_eq!(ran.outputs("image-found"), ["false", "false", "true"], "{}", ran.log());
    let of_main = scene.digest(&ran);

    world.git(&["checkout", "--quiet", "-b", "change"]);
    let head = world.commit(&[("requirements.txt", "toolz==0.12.1\n")]);
    world.git(&["checkout", "--quiet", "main"]);
    github.open_pull(NUMBER, "alice", "change", "main");
    let ready = github.pull_opened(NUMBER).with(json!({"action": "ready_for_review"}));
    let ran = scene.run("a pull request without approval", &ready);
    assert_eq!(
        (ran.outputs("verdict"), ran.output("image-found")),
        (vec!["held"], None),
        "{}",
        ran.log()
    );

    let review = github.review(NUMBER, "bob", "APPROVED", &head);
    // Without a number of its own, act makes no sense of the event's reference.
    let approved = github.review_submitted(review).with(json!({"number": NUMBER}));
    let ran = scene.run("approved", &approved);
    assert_eq!(ran.outputs("image-found"), ["false", "false", "true"], "{}", ran.log());
    let of_head = scene.digest(&ran);
    assert_ne!(of_head, of_main);

    let ran = scene.run("approved again", &approved);
    assert_eq!(ran.outputs("image-found"), ["true"], "{}", ran.log());
    assert_eq!(scene.digest(&ran), of_head);

    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "change"]);
    let merged = world.git(&["rev-parse", "main"]);
    let ran = scene.run("the push of the merge", &github.pushed("bob", "main", &main, &merged));
    assert_eq!(ran.outputs("image-found"), ["true"], "{}", ran.log());
    assert_eq!(scene.digest(&ran), of_head);
}

impl<'a> Scene<'a> {
    fn new(docker: &'a Docker, registry: Registry) -> Self {
        let name = format!("{}/base:1", registry.address);
        base(docker, &name);
        docker.output(&["push", "--quiet", &name]);
        let world = World::new();
        world.config(&format!(
            "entrypoint: 'true'\nimage: {}/org/train\nbuild: {{base-image: {name}}}\n\
             metrics: {{accuracy: {{direction: higher, absolute: 0.01}}}}\n",
            registry.address
        ));
        world.commit(&[("requirements.txt", "")]);
        world.commit(&[("requirements.txt", "toolz==0.11.2\n")]);
        let github = GitHub::new(&world.repository());
        github.permission("bob", "write");
        Self { docker, registry, world, github }
    }

    /// What both examples make of an event.
    fn run(&self, what: &str, event: &Event) -> Ran {
        let begun = Instant::now();
        let directory = self.workspace();
        let actions = self.world.path("actions");
        let workflow = provide_workflow(&actions);
        let checkout = provide(&actions, PREBUILD, ("actions/checkout", ""), CHECKOUT);
        fs::write(actions.join("actions/checkout/ours.yml"), act::ours(self.docker)).unwrap();
        let platform = format!("ubuntu-24.04={}", self.docker.variable("RUNNER_IMAGE"));
        let options = ["--local-repository", &workflow, "--local-repository", &checkout];
        // Bound, so that the containers that the workflow itself starts see its files.
        let options = [&options[..], &["--platform", &platform, "--bind"]].concat();
        let ran = by_act(self.docker, &directory, event, (&self.github, ""), &options);
        assert_eq!(
            (ran.code, ran.conclusion()),
            (Some(0), Some("success")),
            "{}\n{}",
            ran.log(),
            ran.rest
        );
        let found = ran.outputs("image-found").join(", ");
        let came = if found.is_empty() { "held".to_owned() } else { format!("found: {found}") };
        row(&format!("prebuild.yml: {what}"), &came, begun.elapsed());
        ran
    }

    /// A directory as a runner has it, with the workflows that call ours.
    fn workspace(&self) -> std::path::PathBuf {
        let directory = self.world.path("workspace");
        drop(fs::remove_dir_all(&directory));
        let (from, to) = (self.world.repository(), directory.to_str().unwrap().to_owned());
        let mut clone: Command = clean("git");
        assert!(clone.args(["clone", "--quiet"]).arg(from).arg(to).status().unwrap().success());
        let workflows = directory.join(WORKFLOWS);
        fs::create_dir_all(&workflows).unwrap();
        fs::write(workflows.join("approval.yml"), prebuild_alone(APPROVAL)).unwrap();
        fs::write(workflows.join("push.yml"), PUSH).unwrap();
        directory
    }

    /// The digest that the last step told, which is that of the tag.
    fn digest(&self, ran: &Ran) -> String {
        let (image, digest) = (ran.output("image").unwrap(), ran.outputs("image-digest"));
        let digest = (*digest.last().unwrap()).to_owned();
        assert_eq!(self.registry.digest(image), digest);
        digest
    }
}

/// The one job of the example that builds.
fn prebuild_alone(example: &str) -> String {
    let (head, rest) = example.split_once("\njobs:\n").unwrap();
    let (_, job) = rest.split_once("\n  prebuild:\n").unwrap();
    let (job, _) = job.split_once("\n  # Also after a build").unwrap();
    format!("{head}\njobs:\n  prebuild:\n{job}\n")
}

/// prebuild.yml but for what act and this Docker do not have: which commit a workflow is of, the default of an
/// input in a post step, and networks.
fn provide_workflow(actions: &Path) -> String {
    let directory = actions.join("workflow");
    let workflows = directory.join(WORKFLOWS);
    fs::create_dir_all(&workflows).unwrap();
    let mut text = PREBUILD.to_owned();
    for (is, stands) in [
        ("${{ fromJSON(toJSON(job)).workflow_sha }}", COMMIT),
        ("${{ fromJSON(toJSON(job)).workflow_repository }}", "org/regression-action"),
        ("command: image\n", "command: image\n          github-token: ${{ github.token }}\n"),
        ("--driver docker-container", "--driver docker-container --driver-opt network=host"),
    ] {
        assert!(text.contains(is), "prebuild.yml has no {is}");
        text = text.replace(is, stands);
    }
    fs::write(workflows.join("prebuild.yml"), text).unwrap();
    format!("org/regression-action@{COMMIT}={}", directory.display())
}
