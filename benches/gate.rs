//! The gate's decision: how long the action takes from its start to its end where nothing is trained,
//! and how often it asks GitHub.  The GitHub is the tests' own, on this machine; the time in which it
//! answers is counted apart, since nobody else's is as near.
//!
//! `tests/github/install && cargo bench --bench gate`

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench ends where something fails")]
#![allow(clippy::print_stdout, reason = "the table is what the bench is for")]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use world::{
    World,
    github::{Event, GitHub},
    mini_runner::MiniRunner,
};

const ROUNDS: usize = 15;
const NUMBER: u64 = 7;
const LIMIT: Duration = Duration::from_mins(1);

type Case = (&'static str, fn(&GitHub, &str) -> Event);

const CASES: [Case; 3] = [
    ("another event", |github, _| {
        let ours = serde_json::json!({"repository": {"full_name": github.repository()}});
        Event::example("watch", None).with(ours)
    }),
    ("pushed: awaiting approval", |github, _| github.pull_opened(NUMBER)),
    ("approved by a reader", |github, head| {
        github.review_submitted(github.review(NUMBER, "carol", "APPROVED", head))
    }),
];

fn main() {
    println!(
        "| event | requests | whole process, ms | GitHub's share, ms | ours, ms |\n|---|---|---|---|---|"
    );
    for (name, event) in CASES {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| round(event)).collect();
        let median = |pick: fn(&(usize, Duration, Duration)) -> Duration| {
            let mut values: Vec<Duration> = rounds.iter().map(pick).collect();
            values.sort();
            values[ROUNDS / 2].as_secs_f64() * 1000.0
        };
        let (whole, theirs) = (median(|round| round.1), median(|round| round.2));
        let ours = median(|round| round.1.saturating_sub(round.2));
        println!("| {name} | {} | {whole:.0} | {theirs:.0} | {ours:.0} |", rounds[0].0);
    }
}

/// Requests, time of the process, and of it the time in which GitHub had a request.
fn round(event: fn(&GitHub, &str) -> Event) -> (usize, Duration, Duration) {
    let world = World::training("true", "metrics: {a: {direction: higher, relative: 1%}}");
    world.git(&["checkout", "--quiet", "-b", "change"]);
    let head = world.commit(&[("file", "2")]);
    let github = GitHub::new(&world.repository());
    github.permission("carol", "read");
    github.open_pull(NUMBER, "alice", "change", "main");
    let event = event(&github, &head);
    let job = MiniRunner::bare(&event.name, &event.payload)
        .github("repository", github.repository())
        .github("sha", &head)
        .github("api_url", &github.api_url())
        .github("server_url", &github.server_url())
        .input("github-token", github.token());
    let begun = Instant::now();
    let ended = job.main().finish(LIMIT);
    let whole = begun.elapsed();
    assert_eq!(ended.outputs["verdict"], "held", "{ended:#?}");
    (github.requests().len(), whole, github.busy())
}
