//! What one training takes: on Ray's logical GPUs, which are counted and handed out as real ones are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{
    collections::BTreeSet, env, fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command,
};

use serde_json::Value;

use crate::{
    named,
    world::{
        Outcome, World, finish,
        ray::{RunningRay, Test, on_a_running_ray},
        room::ONE_CORE,
        scenario::Scenario,
    },
};

pub fn scenarios() -> Vec<Scenario> {
    let local = named![
        four_trainings_on_two_gpus_of_this_machine_are_never_three_at_once,
        sides_with_a_ray_each_have_gpus_of_their_own,
        four_gangs_of_two_workers_on_room_for_two_never_wait_for_each_other,
    ];
    let local = local.map(|(name, test)| Scenario::new("local", name, ONE_CORE, test));
    let name = "four_trainings_on_two_gpus_of_a_running_ray_are_never_three_at_once";
    let lacking = "a_training_that_can_have_no_place_is_an_error_before_any_begins";
    let on_ray: [Test; 2] =
        [(name, ONE_CORE, on_a_running_rays_gpus), (lacking, ONE_CORE, no_place)];
    local.into_iter().chain(on_a_running_ray("real", on_ray)).collect()
}

/// Holds the GPU that it sees, which fails if another training has it, until the next training of its pair has
/// begun: so two run at once, and as there are two GPUs, never three.
const TRAIN: &str = r#"
case "$CUDA_VISIBLE_DEVICES" in
  0 | 1) ;;
  *) echo "sees other GPUs: $CUDA_VISIBLE_DEVICES"; exit 3 ;;
esac
mkdir "$PLACE/held-$CUDA_VISIBLE_DEVICES" || exit 3
turn=1
until mkdir "$PLACE/begun-$turn" 2> /dev/null; do turn=$((turn + 1)); done
until [ -e "$PLACE/begun-$(((turn + 1) / 2 * 2))" ]; do sleep 0.05; done
rmdir "$PLACE/held-$CUDA_VISIBLE_DEVICES"
echo "REGRESSION_METRICS {\"accuracy\": 0.90$REGRESSION_SEED}"
"#;

/// Less than a CPU each, so that GPUs alone are the limit.
const ONE_GPU: &str = "{gpu: 1, cpu: 100m}";

/// A repository whose trainings are told apart by what they leave in a directory.
struct Placed {
    world: World,
    place: PathBuf,
}

impl Placed {
    fn new(train: &str, training: &str) -> Self {
        let world = World::new();
        let place = world.path("place");
        fs::create_dir(&place).unwrap();
        let metric = "{direction: higher, absolute: 0.01, sd: 0.001}";
        world.config(&format!(
            "entrypoint: sh train.sh\nmetrics: {{accuracy: {metric}}}\nseeds: {{values: [1, 2]}}\n\
             training: {training}\nenv: {{PLACE: {:?}}}\n",
            place.display().to_string()
        ));
        world.commit(&[("requirements.txt", crate::world::REQUIREMENTS), ("train.sh", train)]);
        Self { world, place }
    }

    fn has(&self, name: &str) -> bool {
        self.place.join(name).exists()
    }

    /// Four trainings began, and all of them ended with their readings.
    fn assert_four(&self, outcome: Outcome) {
        let report = outcome.expect(0, &[]).json();
        assert_eq!(report["observations"].as_array().unwrap().len(), 4, "{report:#}");
        assert!(self.has("begun-4") && !self.has("begun-5"));
        let usage = &report["usage"];
        assert_eq!(usage["gpu_minutes"], usage["training_minutes"], "{usage}");
    }
}

/// A machine with so many GPUs, by a stand-in for nvidia-smi; Ray counts as many as it is told.
fn with_gpus(count: usize, world: &World, mut command: Command) -> Command {
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let smi = bin.join("nvidia-smi");
    let gpus: Vec<String> = (0..count).map(|id| format!("{id}, NVIDIA A10G")).collect();
    fs::write(&smi, format!("#!/bin/sh\ncat << 'END'\n{}\nEND\n", gpus.join("\n"))).unwrap();
    fs::set_permissions(&smi, PermissionsExt::from_mode(0o755)).unwrap();
    let path = command.get_envs().find(|(name, _)| *name == "PATH");
    let path = path.and_then(|(_, value)| value).unwrap_or_default().to_owned();
    let places = [bin].into_iter().chain(env::split_paths(&path));
    command.env("PATH", env::join_paths(places).unwrap());
    command.env_remove("CUDA_VISIBLE_DEVICES");
    command
}

fn four_trainings_on_two_gpus_of_this_machine_are_never_three_at_once() {
    let placed = Placed::new(TRAIN, ONE_GPU);
    let command = placed.world.compare(&["--format", "json"]);
    let outcome = finish(with_gpus(2, &placed.world, command));
    assert!(outcome.stderr.contains(", 2 GPUs"), "{outcome:#?}");
    placed.assert_four(outcome);

    let lacking = Placed::new(TRAIN, "{gpu: 3}");
    let command = lacking.world.compare(&[]);
    let told = ["training.gpu: a training asks for 3, and no node of local Ray", "more than 2"];
    finish(with_gpus(2, &lacking.world, command)).expect(2, &told);
    assert!(!lacking.has("begun-1"));
    let doctor = with_gpus(2, &lacking.world, lacking.world.binary(&["doctor"]));
    let said = finish(doctor).expect(2, &[]).stdout;
    assert!(said.contains("problem  GPUs") && said.contains("2 (NVIDIA A10G), and"), "{said}");
}

/// Neither Ray knows what the other hands out.
fn sides_with_a_ray_each_have_gpus_of_their_own() {
    let tell = "mkdir -p \"$PLACE/$REGRESSION_COMMIT-$CUDA_VISIBLE_DEVICES\"\n\
                echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.90$REGRESSION_SEED}\"\n";
    let placed = Placed::new(tell, ONE_GPU);
    let world = &placed.world;
    let base = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "--quiet", "-b", "other"]);
    let newer = format!("{}tqdm==4.67.1\n", crate::world::REQUIREMENTS);
    let head = world.commit(&[("requirements.txt", &newer)]);
    let options = ["compare", "--base", "main", "--head", "other"];
    finish(with_gpus(2, world, world.binary(&options))).expect(0, &[]);
    let entries = fs::read_dir(&placed.place).unwrap().flatten();
    let seen: BTreeSet<String> =
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(seen, [format!("{base}-0"), format!("{head}-1")].into());
}

/// Learns by two workers, of which each has half of the examples, and asks Ray for them one by one: gangs that had one
/// each, and no room for more, would wait for each other for ever.  It fails if more gangs run than have room, and
/// none asks for its second worker before the other one has come.
pub const GANG: &str = r#"
import json, os, time
import numpy as np
import ray

ray.init()

@ray.remote(num_cpus=0, resources={"node:__internal_head__": 0.001})
class Turns:
    begun = running = 0

    def begin(self):
        self.begun += 1
        self.running += 1
        return self.begun, self.running

    def end(self):
        self.running -= 1

    def all(self):
        return self.begun

class Worker:
    def __init__(self, rank, count):
        x = np.random.default_rng(7).normal(size=(256, 8))
        y = x @ np.arange(8.0)
        self.x, self.y, self.weights = x[rank::count], y[rank::count], np.zeros(8)

    def gradient(self):
        return 2 * self.x.T @ (self.x @ self.weights - self.y) / len(self.y)

    def step(self, *gradients):
        self.weights = self.weights - 0.1 * np.mean(gradients, axis=0)
        return self.weights

turns = Turns.options(name="turns", namespace="gangs", lifetime="detached", get_if_exists=True).remote()
turn, at_a_time = ray.get(turns.begin.remote())
assert at_a_time <= 2, f"{at_a_time} gangs at a time"
count = int(os.environ["REGRESSION_WORKERS"])
assert count == 2, count
Worker = ray.remote(**json.loads(os.environ["EACH"]))(Worker)
workers = []
for rank in range(count):
    workers.append(Worker.remote(rank, count))
    ray.get(workers[-1].gradient.remote())
    while ray.get(turns.all.remote()) < (turn + 1) // 2 * 2:
        time.sleep(0.05)
for _ in range(30):
    gradients = [worker.gradient.remote() for worker in workers]
    weights = ray.get([worker.step.remote(*gradients) for worker in workers])
assert np.array_equal(weights[0], weights[1]), weights
ray.get(turns.end.remote())
told = {"accuracy": 0.9 + int(os.environ["REGRESSION_SEED"]) / 1000, "learnt": float(weights[0].sum())}
print("REGRESSION_METRICS", json.dumps(told))
"#;

/// What is judged of gangs, and what each of them learns, which is the same.
pub const LEARNT: &str = "metrics:\n  accuracy: {direction: higher, absolute: 0.01, sd: 0.001}\n  \
     learnt: {direction: higher, absolute: 1, gate: false}\nseeds: {values: [1, 2]}\nlimits: {job: 3m, total: 15m}";

/// Four trainings, and one thing learnt.
pub fn assert_learnt_alike(report: &Value) {
    let learnt = |one: &Value| one["readings"]["learnt"].as_f64().unwrap().to_bits();
    let observations = report["observations"].as_array().unwrap();
    let all: BTreeSet<u64> = observations.iter().map(learnt).collect();
    assert_eq!((observations.len(), all.len()), (4, 1), "{report:#}");
}

fn four_gangs_of_two_workers_on_room_for_two_never_wait_for_each_other() {
    let each = "env: {EACH: '{\"num_gpus\": 1, \"num_cpus\": 0.1}'}";
    let training = "training: {gpu: 1, cpu: 100m, workers: 2}";
    let world = World::training("python gang.py", &format!("{LEARNT}\n{training}\n{each}"));
    world.commit(&[("gang.py", GANG)]);
    let outcome = finish(with_gpus(4, &world, world.compare(&["--format", "json"])));
    let report = outcome.expect(0, &[", 4 GPUs"]).json();
    assert_learnt_alike(&report);
    let usage = &report["usage"];
    let minutes = |name: &str| usage[name].as_f64().unwrap();
    assert!((minutes("gpu_minutes") / minutes("training_minutes") - 2.0).abs() < 1e-6, "{usage}");

    // Nobody has room for such a gang.
    let large = Placed::new(TRAIN, "{gpu: 1, cpu: 100m, workers: 5}");
    let told = "training.workers: a training asks for 5, and local Ray";
    let command = large.world.compare(&[]);
    finish(with_gpus(4, &large.world, command)).expect(2, &[told, "room for 4 of them"]);
    assert!(!large.has("begun-1"));
}

fn on_ray(ray: &RunningRay, world: &World, rest: &[&str]) -> Outcome {
    let address = ray.address();
    let place = ["--backend", "ray", "--ray-address", &address];
    let mut command = world.compare(&[&place[..], rest].concat());
    command.env("RAY_AUTH_TOKEN", ray.token());
    finish(command)
}

/// It has two; once we count how many have room, and once all are asked for, and Ray itself lets them wait.
fn on_a_running_rays_gpus(ray: &RunningRay) {
    for training in [ONE_GPU, "{gpu: 1, cpu: 100m, parallel: 4}"] {
        let placed = Placed::new(TRAIN, training);
        placed.assert_four(on_ray(ray, &placed.world, &["--format", "json"]));
    }
}

fn no_place(ray: &RunningRay) {
    for (training, told) in [
        ("{gpu: 3}", "training.gpu: a training asks for 3, and no node of Ray"),
        ("{memory: 1000Ti}", "training.memory: a training asks for 1000Ti, and no node of Ray"),
        ("{gpu: 1, cpu: 1000}", "training.cpu: a training asks for 1000, and no node of Ray"),
    ] {
        let placed = Placed::new("touch $PLACE/begun", training);
        on_ray(ray, &placed.world, &[]).expect(2, &[told, "or set training.parallel"]);
        assert!(!placed.has("begun"), "{training}");
    }
}
