//! The action from event to answer: the binary as the runner starts it, a GitHub with real commits held
//! against its published description, and trainings on a real Ray.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

#[path = "action/ends.rs"]
mod ends;
#[path = "action/evidence.rs"]
mod evidence;
#[path = "action/failures.rs"]
mod failures;
#[path = "action/gate.rs"]
mod gate;
#[path = "action/hostile.rs"]
mod hostile;
#[path = "action/scene.rs"]
mod scene;
mod world;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use world::ray::{Test, on_a_running_ray};

const TESTS: [Test; 17] = [
    ("gate_none_of_these_starts", gate::none_of_these_starts),
    ("gate_all_of_these_start", gate::all_of_these_start),
    ("gate_withdrawn_meanwhile", gate::what_is_withdrawn_meanwhile_is_no_success),
    ("on_an_enterprise_server", gate::on_an_enterprise_server),
    ("evidence_one_training_in_all", evidence::one_training_in_all),
    ("evidence_another_tree_is_trained", evidence::another_tree_is_trained),
    ("github_fails_at_each_call", failures::github_fails_at_each_call),
    ("github_stumbles", failures::github_stumbles),
    ("a_missing_permission_is_named", failures::a_missing_permission_is_named),
    ("a_hostile_log_changes_nothing", hostile::a_hostile_log_changes_nothing),
    ("cancelled_in_training", ends::cancelled_in_training),
    ("cancelled_in_reporting", ends::cancelled_in_reporting),
    ("killed_in_training", ends::killed_in_training),
    ("killed_before_training", ends::killed_before_training),
    ("dismissed_in_training", ends::dismissed_in_training),
    ("a_training_that_fails", ends::a_training_that_fails),
    ("the_head_chooses_nothing", ends::the_head_chooses_nothing),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share one Ray, and count its jobs.
    arguments.test_threads = Some(1);
    on_a_running_ray(arguments, &TESTS)
}
