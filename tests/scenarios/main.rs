//! What needs parts that are started for it: a Ray, a Kubernetes, a Docker, an MLflow, a browser.  All in
//! one program, so that each part is started once, and that what waits runs beside what computes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(clippy::print_stdout, reason = "says what was not run")]
#![allow(unreachable_pub, reason = "one binary in several files")]

mod action;
mod digits;
mod image;
mod isolation;
mod kubernetes;
mod local;
mod local_ray;
mod prebuild;
mod real;
mod report;
mod room;
mod search;
mod tracked;
#[path = "../world/mod.rs"]
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    if local_ray::is_owner() {
        local_ray::own();
        return ExitCode::SUCCESS;
    }
    // What waits most comes first.
    let scenarios = [
        kubernetes::scenarios(),
        action::scenarios(),
        search::scenarios(),
        tracked::scenarios(),
        real::scenarios(),
        image::scenarios(),
        prebuild::scenarios(),
        report::scenarios(),
        local_ray::scenarios(),
        local::scenarios(),
        room::scenarios(),
        isolation::scenarios(),
        digits::scenarios(),
    ];
    let exit = world::scenario::run(scenarios.into_iter().flatten().collect());
    world::ray::end();
    exit
}
