//! An approval by examples/review.yml and examples/approval.yml as they are, by act, on the real cluster:
//! from a branch and from a fork.

use serde_json::json;

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

const NUMBER: u64 = 7;
const REVIEW: &str = include_str!("../../../examples/review.yml");
const APPROVAL: &str = include_str!("../../../examples/approval.yml");

/// The review may do nothing and asks GitHub nothing; what follows it asks GitHub everything.
pub fn a_review_is_answered_by_two_workflows(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    let namespace = cluster.namespace("action-two-workflows");
    let kubeconfig = namespace.encoded_kubeconfig();
    for fork in [false, true] {
        let world = repository(&namespace);
        world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = world.commit(&[("file", "2")]);
        world.git(&["checkout", "--quiet", "main"]);
        let github = GitHub::new(&world.repository());
        github.permission("bob", "write");
        if fork {
            world.git(&["branch", "--quiet", "-D", "change"]);
            github.open_fork_pull(NUMBER, "erin", &head, "main");
        } else {
            github.open_pull(NUMBER, "alice", "change", "main");
        }
        let run = |event: &Event| run(&docker, &world, event, (&github, &kubeconfig));

        let review = github.review(NUMBER, "bob", "APPROVED", &head);
        // Without a number of its own, act makes no sense of the event's reference.
        let submitted = github.review_submitted(review).with(json!({"number": NUMBER}));
        let ran = run(&submitted);
        assert_eq!(ran.conclusion(), Some("success"), "{}\n{}", ran.log(), ran.rest);
        if !fork {
            let skipped = json!({"workflow_run": {"conclusion": "skipped"}});
            let ran = run(&github.run_ended(&submitted).with(skipped));
            assert_eq!((ran.code, ran.outputs("verdict").len()), (Some(0), 0), "{}", ran.log());
        }
        assert!(github.requests().is_empty(), "{:#?}", github.requests());

        let ran = run(&github.run_ended(&submitted));
        let told = ran.outputs("verdict");
        assert_eq!(told, ["approved", "regressed"], "{}\n{}", ran.log(), ran.rest);
        let last = github.statuses(&head).pop().unwrap();
        assert_eq!(last.state, "failure", "{last:?}");
        assert_eq!(github.comments(NUMBER).len(), 1);
        namespace.assert_empty();
    }
}

/// With both workflows on its default branch.
fn repository(namespace: &Namespace<'_>) -> World {
    let world = namespace.training(WORSE, METRICS);
    // The config names its image by digest, and so the example says to remove this job.
    let (before, rest) = APPROVAL.split_once("  # Builds the image").unwrap();
    let (_, after) = rest.split_once("  # Asks for the approval again").unwrap();
    let approval = with_token(&format!("{before}  # Asks for the approval again{after}"))
        .replace("needs: [announce, prebuild]", "needs: announce")
        .replace("namespace: ml", &format!("namespace: {}", namespace.name));
    // The image of jobs has no bash.
    let review = REVIEW.replace("- run: echo", "- shell: sh\n        run: echo");
    world.commit(&[
        (".github/workflows/regression.yml", &approval),
        (".github/workflows/regression-review.yml", &review),
    ]);
    world
}

fn run(
    docker: &Docker,
    world: &World,
    event: &Event,
    (github, kubeconfig): (&GitHub, &str),
) -> Ran {
    let action = provide_ours(&world.path("actions"), APPROVAL, docker);
    let options = ["--local-repository", &action];
    by_act(docker, &world.repository(), event, (github, kubeconfig), &options)
}
