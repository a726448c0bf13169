//! The action's image, as runners use it: what is in it, how large it is and how fast it starts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "sizes and times are what people read these tests for")]

#[path = "image/contents.rs"]
mod contents;
#[path = "image/git.rs"]
mod git;
#[path = "image/https.rs"]
mod https;
#[path = "image/runners.rs"]
mod runners;
mod world;

use std::{env, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};
use world::docker::Docker;

type Test = (&'static str, fn(&Docker));

const TESTS: [Test; 9] = [
    ("the_image_is_small", contents::the_image_is_small),
    ("the_runner_decides_on_user_and_directory", contents::the_runner_decides),
    ("what_runners_start_containers_by", contents::what_runners_start_containers_by),
    ("it_starts_fast", contents::it_starts_fast),
    ("git_fetches_one_commit", git::it_fetches_one_commit),
    ("git_speaks_https", git::it_speaks_https),
    ("the_runner_s_variables_and_files", runners::variables_and_files),
    ("a_step_that_ignores_signals", runners::a_step_that_ignores_signals),
    ("act_runs_a_workflow", runners::act_runs_a_workflow),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let mut trials = vec![Trial::test("files_are_read_as_the_runner_reads_them", || {
        runners::files_are_read_as_the_runner_reads_them();
        Ok(())
    })];
    if let Some(docker) = Docker::from_environment() {
        let docker = Arc::new(docker);
        trials.extend(TESTS.map(|(name, test)| {
            let docker = Arc::clone(&docker);
            Trial::test(name, move || {
                test(&docker);
                Ok(())
            })
        }));
    } else {
        assert!(
            env::var_os("CI").is_none(),
            "no Docker: set REGRESSION_TEST_DOCKER to the state of tests/docker/up"
        );
        println!("SKIPPED tests/image.rs: start a Docker with tests/docker/up (needs root)");
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
