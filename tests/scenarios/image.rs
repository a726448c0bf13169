//! The action's image, as runners use it: what is in it, how large it is and how fast it starts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "sizes and times are what people read these tests for")]

mod bare;
mod contents;
mod git;
mod https;
mod organisation;
mod runners;
use crate::world;

use std::{iter, sync::Arc};

use world::{
    docker::Docker,
    room::{ALL_CORES, Needs, ONE_CORE},
    scenario::{Scenario, missing},
};

type Test = (&'static str, Needs, fn(&Docker));

const TESTS: [Test; 11] = [
    ("the_image_is_small", ONE_CORE, contents::the_image_is_small),
    ("the_runner_decides_on_user_and_directory", ONE_CORE, contents::the_runner_decides),
    ("what_runners_start_containers_by", ONE_CORE, contents::what_runners_start_containers_by),
    ("it_starts_fast", ALL_CORES, contents::it_starts_fast),
    ("git_fetches_one_commit", ONE_CORE, git::it_fetches_one_commit),
    ("git_speaks_https", ONE_CORE, git::it_speaks_https),
    ("the_runner_s_variables_and_files", ONE_CORE, runners::variables_and_files),
    ("a_step_that_ignores_signals", ONE_CORE, runners::a_step_that_ignores_signals),
    ("act_runs_a_workflow", ONE_CORE, runners::act_runs_a_workflow),
    (
        "act_calls_the_workflow_of_an_organisation",
        ONE_CORE,
        organisation::act_calls_the_workflow_of_an_organisation,
    ),
    ("act_trains_on_the_machine_itself", ALL_CORES, bare::act_trains_on_the_machine_itself),
];

/// What to do where there is none.
pub const DOCKER: &str =
    "start a Docker with tests/docker/up (needs root), and set REGRESSION_TEST_DOCKER";

pub fn scenarios() -> Vec<Scenario> {
    let name = "files_are_read_as_the_runner_reads_them";
    let files =
        Scenario::new("image", name, ONE_CORE, runners::files_are_read_as_the_runner_reads_them);
    let Some(docker) = Docker::from_environment() else {
        return iter::once(files).chain(missing("image", DOCKER)).collect();
    };
    let docker = Arc::new(docker);
    let on_docker = |(name, needs, test): Test| {
        let docker = Arc::clone(&docker);
        Scenario::new("image", name, needs, move || test(&docker))
    };
    iter::once(files).chain(TESTS.map(on_docker)).collect()
}
