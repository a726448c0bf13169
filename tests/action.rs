//! The action from event to answer: the binary as the runner starts it, a GitHub with real commits held
//! against its published description, and trainings on a real Ray.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

#[path = "action/bisect.rs"]
mod bisect;
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
#[path = "action/images.rs"]
mod images;
#[path = "image_command/registry.rs"]
mod registry;
#[path = "action/scene.rs"]
mod scene;
mod world;

use std::process::ExitCode;

use world::{
    ray::{Test, on_a_running_ray},
    room::Room,
};

/// Trains, and holds us to seconds: one after another.
const ALONE: u32 = 1;
/// Waits for minutes, and takes next to nothing.
const WAITS: u32 = 0;

const TESTS: [Test; 22] = [
    ("dismissed_in_training", WAITS, ends::dismissed_in_training),
    ("gate_none_of_these_starts", ALONE, gate::none_of_these_starts),
    ("gate_all_of_these_start", ALONE, gate::all_of_these_start),
    ("gate_withdrawn_meanwhile", ALONE, gate::what_is_withdrawn_meanwhile_is_no_success),
    ("on_an_enterprise_server", ALONE, gate::on_an_enterprise_server),
    ("evidence_one_training_in_all", ALONE, evidence::one_training_in_all),
    ("evidence_another_tree_is_trained", ALONE, evidence::another_tree_is_trained),
    ("evidence_docs_alone_train_nothing", ALONE, evidence::docs_alone_train_nothing),
    ("github_fails_at_each_call", ALONE, failures::github_fails_at_each_call),
    ("github_stumbles", ALONE, failures::github_stumbles),
    ("a_missing_permission_is_named", ALONE, failures::a_missing_permission_is_named),
    ("a_hostile_log_changes_nothing", ALONE, hostile::a_hostile_log_changes_nothing),
    ("the_image_is_looked_for", ALONE, images::the_image_is_looked_for_after_the_gate),
    ("cancelled_in_training", ALONE, ends::cancelled_in_training),
    ("cancelled_in_reporting", ALONE, ends::cancelled_in_reporting),
    ("killed_in_training", ALONE, ends::killed_in_training),
    ("killed_before_training", ALONE, ends::killed_before_training),
    ("a_training_that_fails", ALONE, ends::a_training_that_fails),
    ("the_head_chooses_nothing", ALONE, ends::the_head_chooses_nothing),
    ("bisect_the_culprit_is_named_and_told", ALONE, bisect::the_culprit_is_named_and_told),
    ("bisect_killed_and_told_by_an_issue", ALONE, bisect::killed_and_told_by_an_issue),
    ("bisect_begins_where_it_was_good", ALONE, bisect::begins_where_it_was_good),
];

fn main() -> ExitCode {
    on_a_running_ray(Room::new(ALONE), TESTS)
}
