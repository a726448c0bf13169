//! The Kubernetes backend on a real cluster: API server, kubelet, containerd, `KubeRay`, and Ray
//! out of a registry's image.  Two at a time, with one that computes beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and sizes that are printed for people"
)]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

mod action;
mod approval;
mod audit;
mod bisect;
pub mod cluster;
mod comparison;
mod connect;
mod death;
mod detached;
mod doctor;
mod faults;
mod gangs;
mod images;
mod isolation;
mod matrix;
mod nightly;
mod queues;
mod recipes;
mod refusals;
mod remembered;
mod rights;
mod scale;
mod server;
mod versions;
mod way;
use crate::{image, world};

use std::{env, sync::Arc};

use cluster::RealCluster;
use world::{
    room::{ALL_CORES, Needs, ONE_CORE, WAITS},
    scenario::{Scenario, missing},
};

/// Name, what it needs, and what it does.
type Test = (&'static str, Needs, fn(&RealCluster));

/// It waits for half of its time: for pods, the autoscaler, or what is tried again.
const BESIDE: Needs = Needs { cores: 50, ..ONE_CORE }.on_the_cluster();
/// It has clusters for two, or builds images.
const TWICE: Needs = ONE_CORE.on_the_cluster();
/// It holds us to seconds.
const ALONE: Needs = ALL_CORES.on_the_cluster();
/// It breaks what others need, and waits until that is whole again.
const BREAKS: Needs = WAITS.with_the_whole_cluster();
/// Its workers take the node's room: it and whatever ran beside it would wait for each other.
const CROWDS: Needs = ONE_CORE.with_the_whole_cluster();
/// It fills the cluster.
const FILLS: Needs = ALL_CORES.with_the_whole_cluster();

/// Tests for any cluster.
const ANYWHERE: [Test; 26] = [
    (
        "the_demo_regresses_on_autoscaled_workers",
        BESIDE,
        comparison::the_demo_regresses_on_autoscaled_workers,
    ),
    ("ray_tasks_run_on_workers", TWICE, comparison::ray_tasks_run_on_workers_and_idle_workers_go),
    (
        "a_forging_head_reaches_nothing_of_base",
        BESIDE,
        isolation::a_forging_head_reaches_nothing_of_base,
    ),
    (
        "one_worker_serves_both_sides_in_turn",
        BESIDE,
        isolation::one_worker_serves_both_sides_in_turn,
    ),
    ("gangs_of_two_on_room_for_two", CROWDS, gangs::gangs_of_two_on_room_for_two),
    ("the_head_runs_out_of_memory", BESIDE, faults::the_head_runs_out_of_memory),
    ("a_worker_pod_is_deleted", BESIDE, faults::a_worker_pod_is_deleted),
    ("killed_in_provisioning", BESIDE, death::killed_in_provisioning),
    ("killed_in_training", BESIDE, death::killed_in_training),
    ("killed_in_teardown", BESIDE, death::killed_in_teardown),
    ("a_sweep_leaves_the_living_alone", BESIDE, death::a_sweep_leaves_the_living_alone),
    ("a_detached_cluster_goes_with_its_run", BESIDE, detached::a_cluster_goes_with_its_run),
    ("a_sweep_takes_what_is_ours", BESIDE, detached::a_sweep_takes_what_is_ours),
    ("a_mounted_token_is_found", BESIDE, rights::a_mounted_token_is_found),
    ("no_rights_beside_the_autoscaler", BESIDE, rights::none_beside_the_autoscaler),
    ("the_way_breaks_within_the_lease", BESIDE, way::the_way_breaks_within_the_lease),
    (
        "a_head_that_crashes_once_starts_again",
        BESIDE,
        faults::a_head_that_crashes_once_starts_again,
    ),
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
const IMAGE: [Test; 14] = [
    ("action_an_approval_is_answered", BESIDE, action::an_approval_is_answered),
    ("action_docs_alone", BESIDE, action::docs_alone_create_nothing),
    ("action_a_killed_container", BESIDE, action::a_killed_container),
    ("action_github_goes_away", BESIDE, action::github_goes_away),
    ("a_base_is_trained_once", BESIDE, remembered::a_base_is_trained_once),
    ("bisect_by_itself", BESIDE, nightly::a_regression_is_searched_for_and_told),
    ("action_by_act", BESIDE, action::act_runs_the_action),
    ("approval_by_act", BESIDE, approval::a_review_is_answered_by_two_workflows),
    ("comment_by_act", BESIDE, recipes::a_comment_starts_the_training),
    ("nightly_by_act", BESIDE, recipes::a_night_compares_with_the_release),
    ("bisect_the_digits", TWICE, bisect::the_culprit_among_24_commits_of_the_digits),
    ("bisect_by_the_button", TWICE, bisect::the_button_tells_the_culprit),
    ("images_by_requirements", TWICE, images::an_image_for_each_requirements),
    ("action_cancelled_at_every_stage", ALONE, action::cancelled_at_every_stage),
];

/// Tests that stop parts of the cluster, or need images and fake nodes that only ours has.
const OURS: [Test; 6] = [
    ("connect_makes_an_account", BESIDE, connect::an_account_with_the_least_rights),
    ("the_dashboard_fails", BESIDE, faults::the_dashboard_fails),
    ("heads_that_start_and_cannot_stay", BESIDE, refusals::heads_that_start_and_cannot_stay),
    // Twelve of us, and pods that hardly get to run; what they are held to is twice what they take.
    ("what_cannot_start_is_refused", BESIDE, refusals::what_cannot_start_is_refused),
    ("two_hundred_runs_at_once", FILLS, scale::two_hundred_runs_at_once),
    ("parts_go_away_and_come_back", BREAKS, faults::parts_go_away_and_come_back),
];

/// Tests on a Kueue, by `tests/cluster/queues`.
const QUEUES: [Test; 4] = [
    ("one_run_after_another_starts", BESIDE, queues::one_run_after_another_starts),
    ("without_room_for_both_the_run_ends", BESIDE, queues::without_room_for_both_the_run_ends),
    ("what_scales_is_refused", BESIDE, queues::what_scales_is_refused),
    ("next_to_nothing_starts_for_the_dead", BESIDE, queues::next_to_nothing_starts_for_the_dead),
];

/// What to do where there is none.
pub const CLUSTER: &str =
    "start a cluster with tests/cluster/up (needs root), and set REGRESSION_TEST_CLUSTER";

pub fn scenarios() -> Vec<Scenario> {
    let Some(cluster) = RealCluster::from_environment() else {
        return missing("kubernetes", CLUSTER);
    };
    // What only its own call runs, because it takes long.
    match env::var("REGRESSION_TEST_TABLE").as_deref() {
        Ok("faults") => {
            let matrix = move || matrix::each_fault_at_each_stage(&cluster);
            return vec![Scenario::new("faults", "each_fault_at_each_stage", FILLS, matrix)];
        }
        Ok("versions") => {
            let pair = move || versions::a_pair_of_versions(&cluster);
            return vec![Scenario::new("versions", "a_pair_of_versions", FILLS, pair)];
        }
        Ok("queues") => {
            let cluster = Arc::new(cluster);
            let on_kueue = |(name, needs, test): Test| {
                let cluster = Arc::clone(&cluster);
                Scenario::new("queues", name, needs, move || test(&cluster))
            };
            return QUEUES.into_iter().map(on_kueue).collect();
        }
        _ => {}
    }
    let ours = if cluster.state.is_some() { &OURS[..] } else { &[] };
    let (image, missing) = match env::var_os("REGRESSION_TEST_DOCKER") {
        Some(_) => (&IMAGE[..], Vec::new()),
        // Elsewhere the image is not asked for.
        None if cluster.state.is_none() => (&[][..], Vec::new()),
        None => (&[][..], missing("kubernetes::image", image::DOCKER)),
    };
    let cluster = Arc::new(cluster);
    let on_the_cluster = |(name, needs, test): Test| {
        let cluster = Arc::clone(&cluster);
        Scenario::new("kubernetes", name, needs, move || test(&cluster))
    };
    let mut tests = [image, &ANYWHERE, ours].concat();
    // What has the cluster for itself last, so that nothing waits for its end.
    tests.sort_by_key(|(_, needs, _)| needs.cluster_alone);
    tests.into_iter().map(on_the_cluster).chain(missing).collect()
}
