//! Scenarios of all kinds in one list.

use std::{env, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};

use super::room::{Needs, ONE_CORE, Room, WAITS};

/// A scenario: what it is called, what it needs, and what it does.
pub struct Scenario {
    name: String,
    needs: Needs,
    test: Box<dyn FnOnce() + Send>,
}

impl Scenario {
    /// `kind::name`.
    pub fn new(kind: &str, name: &str, needs: Needs, test: impl FnOnce() + Send + 'static) -> Self {
        Self { name: format!("{kind}::{name}"), needs, test: Box::new(test) }
    }
}

/// In place of scenarios whose part is not there: told as skipped if they are asked for, and failed in CI.
pub fn missing(kind: &str, remedy: &'static str) -> Vec<Scenario> {
    if env::var_os("CI").is_none() {
        if is_asked_for(kind) {
            println!("SKIPPED {kind}: {remedy}");
        }
        return Vec::new();
    }
    vec![Scenario::new(kind, "has_what_it_needs", WAITS, move || panic!("{remedy}"))]
}

/// Whether the command line names scenarios of this kind, or says nothing of kinds.
fn is_asked_for(kind: &str) -> bool {
    let of_kind = |name: &str| {
        name.split_once("::").is_none_or(|(asked, _)| kind.split("::").any(|part| part == asked))
    };
    Arguments::from_args().filter.is_none_or(|names| names.split_whitespace().any(of_kind))
}

/// Runs those that the command line names, in the order of the list as far as there is room for
/// them; those that have the machine for themselves come last, because whoever came after one would
/// wait for it.
pub fn run(mut scenarios: Vec<Scenario>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each waits in a thread of its own, so that what there is room for is found anywhere in the list.
    arguments.test_threads.get_or_insert(scenarios.len().max(1));
    // Several names in one argument, as the harness takes one alone.
    if let Some(names) = arguments.filter.take_if(|_| !arguments.exact) {
        let names: Vec<_> = names.split_whitespace().collect();
        scenarios.retain(|scenario| names.iter().any(|name| scenario.name.contains(name)));
    }
    scenarios.sort_by_key(|scenario| scenario.needs.cores > ONE_CORE.cores);
    let room = Arc::new(Room::default());
    let trial = |(order, Scenario { name, needs, test }): (usize, Scenario)| {
        let room = Arc::clone(&room);
        Trial::test(name.clone(), move || {
            room.run(order, &name, needs, test);
            Ok(())
        })
    };
    libtest_mimic::run(&arguments, scenarios.into_iter().enumerate().map(trial).collect())
        .exit_code()
}

/// Functions beside their names.
#[macro_export]
macro_rules! named {
    ($($name:ident),* $(,)?) => { [$((stringify!($name), $name as fn())),*] };
}

/// Asynchronous functions beside their names, as functions that run them to their end.
#[macro_export]
macro_rules! named_async {
    ($($name:ident),* $(,)?) => {
        [$((stringify!($name), (|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on($name());
        }) as fn())),*]
    };
}
