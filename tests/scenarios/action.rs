//! The action from event to answer: the binary as the runner starts it, a GitHub with real commits held
//! against its published description, and trainings on a real Ray.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]

mod bisect;
mod ends;
mod evidence;
mod failures;
mod gate;
mod hostile;
mod images;
mod judge;
mod merge;
mod runs;
mod scene;
mod workflows;
use crate::world::{self, image_registry as registry};

use world::{
    ray::{Test, on_a_running_ray},
    room::{ALL_CORES, ONE_CORE, WAITS},
    scenario::Scenario,
};

/// One that holds us to seconds has the machine for itself.
const TESTS: [Test; 36] = [
    ("dismissed_in_training", WAITS, ends::dismissed_in_training),
    ("gate_none_of_these_starts", ONE_CORE, gate::none_of_these_starts),
    ("gate_all_of_these_start", ONE_CORE, gate::all_of_these_start),
    ("gate_withdrawn_meanwhile", ONE_CORE, gate::what_is_withdrawn_meanwhile_is_no_success),
    ("gate_whoever_pushed_last", ONE_CORE, gate::whoever_pushed_last_does_not_approve),
    ("on_an_enterprise_server", ONE_CORE, gate::on_an_enterprise_server),
    ("evidence_one_training_in_all", ONE_CORE, evidence::one_training_in_all),
    ("evidence_another_tree_is_trained", ONE_CORE, evidence::another_tree_is_trained),
    ("evidence_each_question_has_its_comment", ONE_CORE, evidence::each_question_has_its_comment),
    ("evidence_only_who_cannot_be_forged", ONE_CORE, evidence::only_who_cannot_be_forged_is_heard),
    ("evidence_a_dead_claim", ONE_CORE, evidence::a_dead_claim_is_not_waited_for),
    ("evidence_docs_alone_train_nothing", ONE_CORE, evidence::docs_alone_train_nothing),
    ("github_fails_at_each_call", ONE_CORE, failures::github_fails_at_each_call),
    ("workflows_from_a_branch_and_from_a_fork", ONE_CORE, workflows::from_a_branch_and_from_a_fork),
    ("runs_a_fork_is_dismissed", ONE_CORE, runs::a_fork_is_dismissed_in_training),
    ("the_last_look_fails_closed", ONE_CORE, failures::the_last_look_fails_closed),
    ("gate_a_strangers_review", ONE_CORE, gate::a_strangers_review_takes_nothing_back),
    ("github_stumbles", ONE_CORE, failures::github_stumbles),
    ("a_missing_permission_is_named", ONE_CORE, failures::a_missing_permission_is_named),
    ("a_hostile_log_changes_nothing", ONE_CORE, hostile::a_hostile_log_changes_nothing),
    ("the_image_is_looked_for", ONE_CORE, images::the_image_is_looked_for_after_the_gate),
    ("cancelled_in_training", ALL_CORES, ends::cancelled_in_training),
    ("cancelled_in_reporting", ALL_CORES, ends::cancelled_in_reporting),
    ("killed_in_training", ONE_CORE, ends::killed_in_training),
    ("killed_before_training", ONE_CORE, ends::killed_before_training),
    ("a_training_that_fails", ONE_CORE, ends::a_training_that_fails),
    ("a_training_that_fails_in_private", ONE_CORE, ends::a_training_that_fails_in_private),
    ("the_head_chooses_nothing", ONE_CORE, ends::the_head_chooses_nothing),
    ("judge_a_config_on_the_way", ONE_CORE, judge::a_config_on_the_way_judges_nobody),
    ("judge_a_config_of_head", ONE_CORE, judge::a_config_of_head_takes_effect_later),
    ("judge_a_name_means_one_commit", ONE_CORE, judge::a_name_means_one_commit),
    ("merge_a_head_that_is_behind", ONE_CORE, merge::a_head_that_is_behind),
    ("merge_a_conflict_is_held", ONE_CORE, merge::a_conflict_is_held),
    ("merge_base_by_config", ONE_CORE, merge::the_merge_base_by_config),
    ("bisect_killed_and_told", ONE_CORE, bisect::killed_and_told),
    ("bisect_begins_where_it_was_good", ONE_CORE, bisect::begins_where_it_was_good),
];

pub fn scenarios() -> Vec<Scenario> {
    on_a_running_ray("action", TESTS)
}
