//! From a commit to "image found": the binary from its start to its end, beside one bare request for
//! the same manifest, at a real `docker-registry` on this machine.
//!
//! `cargo bench --bench image` (needs `docker-registry` on PATH)

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench ends where something fails")]
#![allow(clippy::print_stdout, reason = "the table is what the bench is for")]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use regression_action::clients::registry::LABEL;
use tokio::runtime::Runtime;
use world::{World, finish, image_registry::Registry};

const ROUNDS: usize = 21;

fn main() {
    let registry = Registry::start().expect("install docker-registry");
    let runtime = Runtime::new().unwrap();
    println!(
        "| requirements | whole process, ms | one round trip, ms | ours, ms |\n|---|---|---|---|"
    );
    for lines in [10, 1000] {
        let world = repository(&registry, lines);
        let asked = finish(world.binary(&["image", "--format", "json"])).expect(1, &[]).json();
        let (image, hash) = (&asked["image"], &asked["requirements_hash"]);
        let (image, hash) = (image.as_str().unwrap(), hash.as_str().unwrap());
        let (_, tag) = image.rsplit_once(':').unwrap();
        registry.push("train", tag, ("linux", "amd64"), (LABEL, hash));
        let whole = median(|| {
            let found = finish(world.binary(&["image"])).expect(0, &[]).stdout;
            assert!(found.starts_with("found: "), "{found}");
        });
        let url = format!("http://{}/v2/train/manifests/{tag}", registry.address);
        let client = regression_action::http::client().unwrap();
        let trip = median(|| {
            let accept = "application/vnd.oci.image.manifest.v1+json";
            let asking = client.get(&url).header("Accept", accept).send();
            assert!(runtime.block_on(asking).unwrap().status().is_success());
        });
        let ours = whole.saturating_sub(trip);
        let [whole, trip, ours] = [whole, trip, ours].map(|time| time.as_secs_f64() * 1000.0);
        println!("| {lines} | {whole:.1} | {trip:.2} | {ours:.1} |");
    }
}

fn repository(registry: &Registry, lines: usize) -> World {
    let world = World::new();
    world.config(&format!(
        "entrypoint: 'true'\nimage: {}/train\nmetrics: {{a: {{direction: higher, relative: 1%}}}}\n",
        registry.address
    ));
    let line = |number: usize| format!("package-{number}==1.{number}\n");
    let requirements: String = (0..lines).map(line).collect();
    world.commit(&[("requirements.txt", &requirements)]);
    world
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
