//! The Kubernetes backend on a real cluster: API server, kubelet, containerd, `KubeRay`, and Ray
//! out of a registry's image.  Two at a time, since each needs much of one of two cores.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes that are printed for people"
)]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

#[path = "kubernetes/action.rs"]
mod action;
#[path = "kubernetes/audit.rs"]
mod audit;
#[path = "kubernetes/bisect.rs"]
mod bisect;
#[path = "kubernetes/cluster.rs"]
mod cluster;
#[path = "kubernetes/comparison.rs"]
mod comparison;
#[path = "kubernetes/death.rs"]
mod death;
#[path = "kubernetes/doctor.rs"]
mod doctor;
#[path = "kubernetes/faults.rs"]
mod faults;
#[path = "kubernetes/images.rs"]
mod images;
#[path = "kubernetes/nightly.rs"]
mod nightly;
#[path = "kubernetes/refusals.rs"]
mod refusals;
#[path = "kubernetes/remembered.rs"]
mod remembered;
#[path = "kubernetes/scale.rs"]
mod scale;
mod world;

use std::{env, process::ExitCode, sync::Arc};

use cluster::RealCluster;
use libtest_mimic::{Arguments, Trial};
use world::room::Room;

/// Name, how much of the machine it needs, and what it does.
type Test = (&'static str, u32, fn(&RealCluster));

/// No more than one for each core: Ray gives up if it is not up after half a minute.
const BESIDE: u32 = 1;
/// It holds us to seconds, or breaks what others need.
const ALONE: u32 = 2;

/// Tests for any cluster.
const ANYWHERE: [Test; 17] = [
    (
        "the_demo_regresses_on_autoscaled_workers",
        BESIDE,
        comparison::the_demo_regresses_on_autoscaled_workers,
    ),
    ("ray_tasks_run_on_workers", BESIDE, comparison::ray_tasks_run_on_workers_and_idle_workers_go),
    ("the_head_runs_out_of_memory", BESIDE, faults::the_head_runs_out_of_memory),
    ("a_worker_pod_is_deleted", BESIDE, faults::a_worker_pod_is_deleted),
    ("killed_in_provisioning", BESIDE, death::killed_in_provisioning),
    ("killed_in_training", BESIDE, death::killed_in_training),
    ("killed_in_teardown", BESIDE, death::killed_in_teardown),
    ("a_sweep_leaves_the_living_alone", BESIDE, death::a_sweep_leaves_the_living_alone),
    ("the_head_pod_is_deleted", BESIDE, faults::the_head_pod_is_deleted),
    ("doctor_the_least_rights_are_enough", BESIDE, doctor::the_least_rights_are_enough),
    ("doctor_a_missing_right_is_named", BESIDE, doctor::a_missing_right_is_named),
    ("doctor_an_absent_namespace_is_told", BESIDE, doctor::an_absent_namespace_is_told),
    ("doctor_a_wrong_token", BESIDE, doctor::a_wrong_token_is_told_and_never_shown),
    ("a_cluster_that_is_not_there", BESIDE, refusals::a_cluster_that_is_not_there),
    ("a_queue_holds_the_cluster", ALONE, refusals::a_queue_holds_the_cluster),
    ("an_interrupt_in_training", ALONE, death::an_interrupt_in_training),
    ("a_termination_in_provisioning", ALONE, death::a_termination_in_provisioning),
];

/// Tests of built images; they need `tests/docker/up` besides.
const IMAGE: [Test; 11] = [
    ("action_an_approval_is_answered", BESIDE, action::an_approval_is_answered),
    ("action_docs_alone", BESIDE, action::docs_alone_create_nothing),
    ("action_a_killed_container", BESIDE, action::a_killed_container),
    ("action_github_goes_away", BESIDE, action::github_goes_away),
    ("a_base_is_trained_once", BESIDE, remembered::a_base_is_trained_once),
    ("bisect_by_itself", BESIDE, nightly::a_regression_is_searched_for_and_told),
    ("action_by_act", BESIDE, action::act_runs_the_action),
    ("bisect_the_digits", ALONE, bisect::the_culprit_among_24_commits_of_the_digits),
    ("bisect_by_the_button", ALONE, bisect::the_button_tells_the_culprit),
    ("images_by_requirements", ALONE, images::an_image_for_each_requirements),
    ("action_cancelled_at_every_stage", ALONE, action::cancelled_at_every_stage),
];

/// Tests that stop parts of the cluster, or need images and fake nodes that only ours has.
const OURS: [Test; 7] = [
    ("the_dashboard_fails", BESIDE, faults::the_dashboard_fails),
    ("heads_that_start_and_cannot_stay", BESIDE, refusals::heads_that_start_and_cannot_stay),
    // Twelve of us, and pods that hardly get to run; what they are held to is twice what they take.
    ("what_cannot_start_is_refused", BESIDE, refusals::what_cannot_start_is_refused),
    ("two_hundred_runs_at_once", ALONE, scale::two_hundred_runs_at_once),
    (
        "the_control_plane_fails_and_comes_back",
        ALONE,
        faults::the_control_plane_fails_and_comes_back,
    ),
    ("port_forwards_are_cut", ALONE, faults::port_forwards_are_cut),
    ("the_operator_is_away_at_the_end", ALONE, faults::the_operator_is_away_at_the_end),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(2);
    let Some(cluster) = RealCluster::from_environment() else {
        assert!(
            env::var_os("CI").is_none(),
            "no cluster: set REGRESSION_TEST_CLUSTER to the state of tests/cluster/up"
        );
        println!("SKIPPED tests/kubernetes.rs: start a cluster with tests/cluster/up (needs root)");
        return ExitCode::SUCCESS;
    };
    let ours = if cluster.state.is_some() { &OURS[..] } else { &[] };
    let image = if env::var_os("REGRESSION_TEST_DOCKER").is_some() {
        &IMAGE[..]
    } else {
        assert!(env::var_os("CI").is_none(), "no Docker: set REGRESSION_TEST_DOCKER");
        println!("SKIPPED the action's image: start a Docker with tests/docker/up (needs root)");
        &[]
    };
    let shared = Arc::new((cluster, Room::new(ALONE)));
    let mut tests: Vec<Test> = [image, &ANYWHERE, ours].concat();
    // Those that are alone last: whoever came after one would wait for it.
    tests.sort_by_key(|(_, needs, _)| *needs);
    let trials = tests.into_iter().map(|(name, needs, test)| {
        let shared = Arc::clone(&shared);
        Trial::test(name, move || {
            let (cluster, room) = &*shared;
            room.run(name, needs, || test(cluster));
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
