//! The Kubernetes backend on a real cluster: API server, kubelet, containerd, `KubeRay`, and Ray
//! out of a registry's image.  One after another, since each needs most of two cores.

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
#[path = "kubernetes/refusals.rs"]
mod refusals;
#[path = "kubernetes/scale.rs"]
mod scale;
mod world;

use std::{env, process::ExitCode, sync::Arc};

use cluster::RealCluster;
use libtest_mimic::{Arguments, Trial};

type Test = (&'static str, fn(&RealCluster));

/// Tests for any cluster.
const ANYWHERE: [Test; 17] = [
    (
        "the_demo_regresses_on_autoscaled_workers",
        comparison::the_demo_regresses_on_autoscaled_workers,
    ),
    ("ray_tasks_run_on_workers", comparison::ray_tasks_run_on_workers_and_idle_workers_go),
    ("killed_in_provisioning", death::killed_in_provisioning),
    ("killed_in_training", death::killed_in_training),
    ("killed_in_teardown", death::killed_in_teardown),
    ("an_interrupt_in_training", death::an_interrupt_in_training),
    ("a_termination_in_provisioning", death::a_termination_in_provisioning),
    ("a_sweep_leaves_the_living_alone", death::a_sweep_leaves_the_living_alone),
    ("doctor_the_least_rights_are_enough", doctor::the_least_rights_are_enough),
    ("doctor_a_missing_right_is_named", doctor::a_missing_right_is_named),
    ("doctor_an_absent_namespace_is_told", doctor::an_absent_namespace_is_told),
    ("doctor_a_wrong_token", doctor::a_wrong_token_is_told_and_never_shown),
    ("a_cluster_that_is_not_there", refusals::a_cluster_that_is_not_there),
    ("a_queue_holds_the_cluster", refusals::a_queue_holds_the_cluster),
    ("the_head_pod_is_deleted", faults::the_head_pod_is_deleted),
    ("a_worker_pod_is_deleted", faults::a_worker_pod_is_deleted),
    ("the_head_runs_out_of_memory", faults::the_head_runs_out_of_memory),
];

/// Tests of the built image; they need `tests/docker/up` besides.
const IMAGE: [Test; 6] = [
    ("action_an_approval_is_answered", action::an_approval_is_answered),
    ("action_cancelled_at_every_stage", action::cancelled_at_every_stage),
    ("action_a_killed_container", action::a_killed_container),
    ("action_github_goes_away", action::github_goes_away),
    ("action_by_act", action::act_runs_the_action),
    ("images_by_requirements", images::an_image_for_each_requirements),
];

/// Tests that stop parts of the cluster, or need images and fake nodes that only ours has.
const OURS: [Test; 7] = [
    ("two_hundred_runs_at_once", scale::two_hundred_runs_at_once),
    ("heads_that_start_and_cannot_stay", refusals::heads_that_start_and_cannot_stay),
    ("what_cannot_start_is_refused", refusals::what_cannot_start_is_refused),
    ("the_dashboard_fails", faults::the_dashboard_fails),
    ("the_control_plane_fails_and_comes_back", faults::the_control_plane_fails_and_comes_back),
    ("port_forwards_are_cut", faults::port_forwards_are_cut),
    ("the_operator_is_away_at_the_end", faults::the_operator_is_away_at_the_end),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
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
    let cluster = Arc::new(cluster);
    let trials = image.iter().chain(&ANYWHERE).chain(ours).map(|(name, test)| {
        let (cluster, test) = (Arc::clone(&cluster), *test);
        Trial::test(*name, move || {
            test(&cluster);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
