//! Looking for images in real registries, Debian's `docker-registry`: open, behind a password, and
//! behind tokens; with a proxy in front of them for what goes wrong between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![allow(unreachable_pub, reason = "one binary in several files")]
#![allow(clippy::print_stdout, reason = "says what was not run")]

#[path = "registry/front.rs"]
mod front;
#[path = "registry/images.rs"]
mod images;
#[path = "registry/login.rs"]
mod login;
#[path = "registry/presence.rs"]
mod presence;
#[path = "registry/records.rs"]
mod records;
#[path = "registry/servers.rs"]
mod servers;
#[path = "registry/tokens.rs"]
mod tokens;
#[path = "registry/trouble.rs"]
mod trouble;

use std::{
    env,
    future::Future,
    pin::Pin,
    process::{Command, ExitCode},
    sync::Arc,
};

use libtest_mimic::{Arguments, Trial};
use servers::World;

type Test = fn(Arc<World>) -> Pin<Box<dyn Future<Output = ()>>>;

/// The tests of a module by their names.
macro_rules! tests {
    ($($module:ident: $($name:ident)*;)*) => {
        [$($((stringify!($name), (|world| Box::pin($module::$name(world))) as Test)),*),*]
    };
}

fn main() -> ExitCode {
    let tests = tests! {
        presence: an_index_is_found a_single_manifest_is_found attestations_are_no_platforms
            an_annotation_spares_two_requests a_digest_is_found an_image_without_a_label_is_found
            a_moved_tag_is_other_content a_missing_tag a_missing_repository a_missing_platform
            all_kinds_are_accepted;
        login: the_right_password_is_let_in a_wrong_password_is_refused no_password_is_told
            a_token_is_fetched a_token_without_the_right_is_refused
            a_public_image_is_seen_despite_a_wrong_password an_identity_token_is_exchanged
            a_file_that_cannot_be_read_is_told an_unsafe_token_endpoint_is_not_asked
            troubles_of_the_token_endpoint_are_told_apart an_unknown_way_to_log_in;
        trouble: a_limit_that_passes_is_waited_for a_long_limit_is_told_at_once
            a_limit_without_a_time a_server_in_trouble_is_asked_again a_slow_answer_is_told
            a_cut_answer_is_asked_for_again nobody_listens a_digest_is_computed_if_none_is_named
            a_wrong_digest_is_noticed changed_content_is_noticed
            a_redirect_is_followed_without_the_login an_unsafe_redirect_is_not_followed
            a_redirect_without_end the_store_s_challenge_is_not_answered an_endless_body
            no_registry_at_all what_the_manifest_names_is_missing;
    };
    let arguments = Arguments::from_args();
    if Command::new("docker-registry").arg("--version").output().is_err() {
        assert!(env::var_os("CI").is_none(), "no docker-registry: install Debian's package");
        println!("SKIPPED tests/registry.rs: install the package docker-registry");
        return ExitCode::SUCCESS;
    }
    records::start();
    let world = Arc::new(World::start());
    let trials = tests.map(|(name, test)| {
        let world = Arc::clone(&world);
        Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(test(world));
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.into());
    records::hold_no_secret();
    conclusion.exit_code()
}
