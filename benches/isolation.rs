//! What a cluster for each side costs: the same comparison with `isolation: shared` and with `sides`, in turn on
//! one Kubernetes, with the same number of workers.  Prints a table; asserts nothing.
//!
//! Takes `REGRESSION_TEST_CLUSTER`, the state of `tests/cluster/up`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "kubernetes/place.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with a bench that uses more of it")]
mod place;

use std::time::Instant;

use place::{Place, load, median, said};

const ROUNDS: usize = 5;
/// The last line of a log is its metrics; the first tells that the training runs.
const JOB: &str = "echo this trains; sleep 5; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
/// Six trainings on two workers, whether they belong to one cluster or to two.
const REST: &str = "seeds: {min: 3, max: 3}\ncluster:\n  head: {cpu: 300m, memory: 2Gi}\n  \
                    workers: {cpu: 300m, memory: 1Gi, min: 2, max: 2}";
const WAYS: [&str; 2] = ["shared", "sides"];
const MARKS: [&str; 3] = ["first training", "verdict", "0 objects left"];

/// Seconds from the start to each of [`MARKS`].
type Marks = [f64; 3];

fn main() {
    let place = Place::prepare("bench-isolation");
    println!("load before: {}", load());
    // The image is on the node after this, and nobody measures it.
    compare(&place, WAYS[0]);
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        // Neither is always the first.
        let first = round % 2;
        let marks = compare(&place, WAYS[first]);
        let others = compare(&place, WAYS[1 - first]);
        rounds.push(if first == 0 { [marks, others] } else { [others, marks] });
    }
    println!(
        "six trainings of 5 s on two workers; medians of {ROUNDS} rounds, seconds from the start:"
    );
    println!(
        "| | shared | a cluster for each side | ratio | ratios of the rounds |\n|---|---|---|---|---|"
    );
    for (mark, name) in MARKS.iter().enumerate() {
        let of = |way: usize| median(rounds.iter().map(|round| round[way][mark]).collect());
        let ratios = rounds.iter().map(|round| round[1][mark] / round[0][mark]);
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        let (least, most) = (ratios[0], ratios[ROUNDS - 1]);
        let ratio = median(ratios);
        println!("| {name} | {:.1} | {:.1} | {ratio:.2} | {least:.2} to {most:.2} |", of(0), of(1));
    }
    println!("load after: {}", load());
    place.close();
}

fn compare(place: &Place, way: &str) -> Marks {
    let begun = Instant::now();
    let mut child = place.compare(JOB, &format!("{REST}\nisolation: {way}"), &["-v"]);
    let said = said(child.stderr.take().unwrap());
    assert!(child.wait().unwrap().success(), "{said:?}");
    let gone = Instant::now();
    let at = |is: fn(&str) -> bool| said.iter().find(|(_, line)| is(line)).unwrap().0;
    let trains = at(|line| line.ends_with("this trains"));
    let decided = at(|line| line.starts_with("removing the Ray cluster"));
    [trains, decided, gone].map(|mark| mark.duration_since(begun).as_secs_f64())
}
