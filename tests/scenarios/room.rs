//! What one training takes: on Ray's logical GPUs, which are counted and handed out as real ones are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod gangs;
mod growing;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    process::Command,
};

use regression_action::cluster::ray::{RuntimeEnv, Submission};

use crate::{
    named,
    world::{
        Outcome, World, executable, finish,
        local_ray::eventually,
        ray::{RunningRay, Test, on_a_running_ray},
        room::ONE_CORE,
        scenario::Scenario,
    },
};

pub use gangs::{GANG, LEARNT, assert_learnt_alike};
use gangs::{
    four_gangs_of_two_workers_on_room_for_two_never_wait_for_each_other,
    four_gangs_that_ray_starts_at_once_wait_for_each_other,
};
use growing::{
    gangs_that_a_running_ray_has_no_room_for_yet_wait_for_it_to_grow,
    gangs_that_spread_begin_once_each_of_their_workers_has_a_node,
};

pub fn scenarios() -> Vec<Scenario> {
    let local = named![
        four_trainings_on_two_gpus_of_this_machine_are_never_three_at_once,
        sides_whose_requirements_differ_have_a_ray_and_gpus_of_their_own,
        four_gangs_of_two_workers_on_room_for_two_never_wait_for_each_other,
        four_gangs_that_ray_starts_at_once_wait_for_each_other,
        gangs_that_a_running_ray_has_no_room_for_yet_wait_for_it_to_grow,
        gangs_that_spread_begin_once_each_of_their_workers_has_a_node,
    ];
    let local = local.map(|(name, test)| Scenario::new("local", name, ONE_CORE, test));
    let name = "four_trainings_on_two_gpus_of_a_running_ray_are_never_three_at_once";
    let lacking = "a_training_that_can_have_no_place_is_an_error_before_any_begins";
    let on_ray: [Test; 3] = [
        (name, ONE_CORE, on_a_running_rays_gpus),
        (lacking, ONE_CORE, no_place),
        ("trainings_that_wait_for_what_others_hold_are_told", ONE_CORE, waits_are_told),
    ];
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
    /// With two seeds a side.
    fn new(train: &str, training: &str) -> Self {
        Self::with_seeds("[1, 2]", train, training)
    }

    fn with_seeds(seeds: &str, train: &str, training: &str) -> Self {
        let world = World::new();
        let place = world.path("place");
        fs::create_dir(&place).unwrap();
        let metric = "{direction: higher, absolute: 0.01, sd: 0.001}";
        world.config(&format!(
            "entrypoint: sh train.sh\nmetrics: {{accuracy: {metric}}}\nseeds: {{values: {seeds}}}\n\
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
    let gpus: Vec<String> = (0..count).map(|id| format!("{id}, NVIDIA A10G")).collect();
    let smi = format!("#!/bin/sh\ncat << 'END'\n{}\nEND\n", gpus.join("\n"));
    executable::write(&bin.join("nvidia-smi"), &smi);
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

/// Neither Ray knows what the other hands out.  On a runner of GitHub, where the step's environment holds logins
/// that no training may see.
fn sides_whose_requirements_differ_have_a_ray_and_gpus_of_their_own() {
    let tell = "mkdir -p \"$PLACE/$REGRESSION_COMMIT-$CUDA_VISIBLE_DEVICES\"\n\
                env | grep ^[A-Z_]*LOGIN= || test \"$HF_HOME\" != /data \\\n\
                || echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.90$REGRESSION_SEED}\"\n";
    let placed = Placed::with_seeds("[1]", tell, ONE_GPU);
    let world = &placed.world;
    let base = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "--quiet", "-b", "other"]);
    let newer = format!("{}tqdm==4.67.1\n", crate::world::REQUIREMENTS);
    let head = world.commit(&[("requirements.txt", &newer)]);
    let options = ["compare", "--base", "main", "--head", "other", "--format", "json"];
    let mut command = with_gpus(2, world, world.binary(&options));
    command.env("GITHUB_ACTIONS", "true").env("CLOUD_LOGIN", "secret").env("HF_HOME", "/data");
    command.env("INPUT_LOGIN", "secret").env("REGRESSION_PASS_ENV", "HF_*, INPUT_LOGIN");
    let outcome = finish(command).expect(0, &[]);
    let left = world.processes();
    assert!(left.is_empty(), "{left:?} after {outcome:?}");
    let report = outcome.json();
    assert_ne!(report["environments"]["base"], report["environments"]["head"]);
    assert_eq!(report["cleanup"].as_array().unwrap().len(), 2);
    let entries = fs::read_dir(&placed.place).unwrap().flatten();
    let seen: BTreeSet<String> =
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(seen, [format!("{base}-0"), format!("{head}-1")].into());
}

fn compare(ray: &RunningRay, world: &World, rest: &[&str]) -> Command {
    let address = ray.address();
    let place = ["--backend", "ray", "--ray-address", &address];
    let mut command = world.compare(&[&place[..], rest].concat());
    command.env("RAY_AUTH_TOKEN", ray.token());
    command
}

fn on_ray(ray: &RunningRay, world: &World, rest: &[&str]) -> Outcome {
    finish(compare(ray, world, rest))
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
        ("{gpu: 1, cpu: 100m, workers: 5}", "training.workers: a training asks for 5, and Ray"),
    ] {
        let placed = Placed::new("touch $PLACE/begun", training);
        on_ray(ray, &placed.world, &[]).expect(2, &[told, "or set training.parallel"]);
        assert!(!placed.has("begun"), "{training}");
    }
}

/// Somebody else has both GPUs: one training waits for its place, and a gang for those of its workers.
fn waits_are_told(ray: &RunningRay) {
    let training = "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.90$REGRESSION_SEED}\"";
    for (name, needs) in [("one", ONE_GPU), ("gang", "{gpu: 1, cpu: 100m, workers: 2}")] {
        let placed = Placed::new(training, needs);
        let id = format!("holds-both-gpus-from-{name}");
        let held = placed.place.join("held");
        let wait = "until [ -e \"$0-no-more\" ]; do sleep 0.05; done";
        let holds = Submission {
            submission_id: id,
            entrypoint: format!("touch {0}; sh -c '{wait}' {0}", held.display()),
            runtime_env: RuntimeEnv::default(),
            takes: BTreeMap::from([("GPU".to_owned(), 2.0)]).into(),
            entrypoint_label_selector: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        ray.runtime.block_on(async {
            ray.client().submit(&holds).await.unwrap();
            eventually("somebody else holds the GPUs", async || placed.has("held")).await;
        });
        let world = &placed.world;
        let mut running = world.start(compare(ray, world, &[]));
        world.wait_for(&mut running, "waiting for Ray, which has no place yet");
        fs::write(placed.place.join("held-no-more"), "").unwrap();
        world.outcome(running).expect(0, &[]);
    }
}
