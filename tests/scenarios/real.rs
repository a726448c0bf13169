//! `compare` on a real Ray that runs already: one head, started once, with a token, for all of
//! these.  What trains is a shell command, so that the tests are about us and not about learning.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(clippy::print_stdout, reason = "what a real training came to is what people read")]

use crate::world;

use regression_action::report::Report;
use world::{
    ACCURACY, Outcome, World, executable, finish,
    ray::{RunningRay, on_a_running_ray},
    room::ONE_CORE,
    scenario::Scenario,
};

type Test = (&'static str, fn(&RunningRay));

/// All tests by name.
const TESTS: [Test; 32] = [
    ("the_same_commit_passes_and_the_report_validates", the_same_commit_passes),
    ("the_training_knows_seed_commit_role_and_environment", the_training_knows_its_contract),
    (
        "an_entrypoint_that_fails_is_told_and_workflow_commands_in_its_log_are_not_obeyed",
        an_entrypoint_that_fails,
    ),
    ("an_entrypoint_that_is_not_there", an_entrypoint_that_is_not_there),
    ("no_metrics_at_all", no_metrics_at_all),
    ("a_metric_that_vanished_never_passes", a_metric_that_vanished),
    ("values_that_are_not_finite", values_that_are_not_finite),
    ("values_that_are_text", values_that_are_text),
    ("the_last_metrics_count_also_behind_bars_and_loggers", the_last_metrics_count),
    ("metrics_in_the_file_count_and_come_back", metrics_in_the_file),
    (
        "logs_are_shown_as_they_come_on_request_and_ranks_that_report_different_values_are_told",
        logs_are_shown_and_ranks_are_told,
    ),
    ("no_line_of_a_worker_is_lost", no_line_of_a_worker_is_lost),
    ("fifty_megabytes_of_log_beside_a_log_that_is_not_text", fifty_megabytes_of_log),
    ("a_training_that_never_ends_is_stopped", a_training_that_never_ends),
    ("an_interrupt_stops_our_jobs_only", an_interrupt_stops_our_jobs_only),
    ("undecided_comparisons_add_seeds_until_decided", undecided_comparisons_add_seeds),
    ("a_wrong_token_is_told_and_never_shown", a_wrong_token_is_told),
    ("a_training_that_fails_by_chance_is_tried_again", a_training_that_fails_by_chance),
    ("a_training_killed_after_good_metrics_never_passes", killed_after_good_metrics),
    ("another_seed_is_trained_in_place_of_one_that_diverges", another_seed_is_trained),
    ("a_training_that_crashes_is_not_tried_again", a_training_that_crashes),
    ("trainings_tell_their_machine_and_keep_to_their_gpu_hours", gpu_hours),
    ("a_base_is_trained_once_and_again_when_its_world_changed", a_base_is_trained_once),
    ("a_head_is_measured_as_base_is", a_head_is_measured_as_base_is),
    ("what_heads_own_ruler_says_is_shown_and_judges_nothing", a_heads_own_ruler_is_shown),
    ("a_bisect_measures_every_commit_alike", a_bisect_measures_every_commit_alike),
    ("unlike_data_are_told_first", unlike_data_are_told_first),
    ("a_change_that_no_training_reads_never_passes", a_change_that_no_training_reads),
    ("pairs_share_a_node", pairs_share_a_node),
    ("a_bisect_keeps_to_its_gpu_hours_and_goes_on", a_bisect_keeps_to_its_gpu_hours),
    ("a_bisect_ends_its_trainings_when_the_time_is_over", a_bisect_ends_its_trainings),
    ("large_margin_sized_and_noise_sized_changes_of_a_real_training", changes_of_a_real_training),
];

pub fn scenarios() -> Vec<Scenario> {
    on_a_running_ray("real", TESTS.map(|(name, test)| (name, ONE_CORE, test)))
}

fn command(ray: &RunningRay, world: &World, base: &str, head: &str) -> std::process::Command {
    let address = ray.address();
    let place = ["--backend", "ray", "--ray-address", &address, "--format", "json"];
    let mut command = world.binary(
        &[
            &["compare", "--base", base, "--head", head, "--fresh", "--config-from", "worktree"],
            &place[..],
        ]
        .concat(),
    );
    command.env("RAY_AUTH_TOKEN", ray.token());
    command
}

fn compare(ray: &RunningRay, world: &World, base: &str, head: &str) -> Outcome {
    let outcome = finish(command(ray, world, base, head));
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!said.contains(ray.token()), "the token was shown");
    outcome
}

/// The same, where head is on the default branch, and so trusted beside base.
fn compare_merged(ray: &RunningRay, world: &World, base: &str, head: &str) -> Outcome {
    world.publish("main");
    compare(ray, world, base, head)
}

/// Compares main with a commit that trains the same.
fn alike(ray: &RunningRay, world: &World) -> Outcome {
    compare(ray, world, "main", &world.twin())
}

/// A config like `ACCURACY` where the trainings show the noise: three a side, in one look.
const THREE: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01}}\nseeds: {min: 3, max: 3}";

/// The same with two seeds a side and a known noise, where their number is not what is tested.
const TWO: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001}}\nseeds: {values: [1, 2]}";

/// A command that prints readings of its own for base and head.
fn by_role(base: &str, head: &str) -> String {
    format!(
        "if [ -e twin ]; then echo 'REGRESSION_METRICS {head}'; else echo 'REGRESSION_METRICS {base}'; fi"
    )
}

fn the_same_commit_passes(ray: &RunningRay) {
    let world = World::training(
        "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.95$REGRESSION_SEED}\"",
        THREE,
    );
    let report = alike(ray, &world).expect(0, &[]).json();
    assert_eq!(report["verdict"], "pass");
    let schema = serde_json::to_value(Report::json_schema()).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    assert_eq!(report["observations"].as_array().unwrap().len(), 6);
    for observation in report["observations"].as_array().unwrap() {
        let log = std::fs::read_to_string(observation["log"].as_str().unwrap()).unwrap();
        assert!(log.contains("REGRESSION_METRICS"), "{log}");
    }
    let directory = std::path::Path::new(report["directory"].as_str().unwrap());
    assert!(directory.join("report.md").exists() && directory.join("report.json").exists());
    let packages = std::fs::read_dir(directory).unwrap().flatten();
    let zips = packages.filter(|entry| entry.path().extension().is_some_and(|end| end == "zip"));
    assert_eq!(zips.count(), 0, "packages are not kept");
}

fn the_training_knows_its_contract(ray: &RunningRay) {
    let world = World::training(
        "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.9$REGRESSION_SEED}\"; echo $REGRESSION_ROLE $REGRESSION_COMMIT $GREETING; cat file",
        "metrics: {accuracy: {direction: higher, absolute: 0.1, sd: 0.01}}\nseeds: {values: [5]}\nenv: {GREETING: hello $HOME there}",
    );
    let base = world.git(&["rev-parse", "HEAD"]);
    let head = world.commit(&[("file", "the content of head")]);
    let report = compare(ray, &world, &base, &head).expect(0, &[]).json();
    let seeds: Vec<_> = report["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds, [5, 5]);
    for (index, told) in [
        (0, format!("compare {base} hello $HOME there")),
        (1, format!("compare {head} hello $HOME there")),
    ] {
        let observation = &report["observations"][index];
        assert_eq!(observation["readings"]["accuracy"], 0.95);
        let log = std::fs::read_to_string(observation["log"].as_str().unwrap()).unwrap();
        assert!(log.contains(&told), "{log}");
        assert_eq!(log.contains("the content of head"), index == 1, "{log}");
    }
}

fn an_entrypoint_that_fails(ray: &RunningRay) {
    let world = World::training(
        "echo the loss is a cucumber; echo '::set-output name=verdict::pass'; echo '  ::add-mask::x'; \
         printf '\\033[2J##[error]gone\\r::warning::x\\n'; exit 3",
        ACCURACY,
    );
    let told = [
        "training of",
        "seed",
        "failed with exit code 3",
        "| the loss is a cucumber",
        "::set-output",
        ".log",
    ];
    let outcome = alike(ray, &world).expect(2, &told);
    for line in outcome.stderr.lines().chain(outcome.stdout.lines()) {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        assert!(!line.contains('\u{1b}') && !line.contains('\r'), "{line:?}");
    }
}

fn an_entrypoint_that_is_not_there(ray: &RunningRay) {
    let world = World::training("./train-me.sh", ACCURACY);
    alike(ray, &world).expect(2, &["exit code 127", "command not found"]);
}

fn no_metrics_at_all(ray: &RunningRay) {
    let world = World::training("echo accuracy 0.9", ACCURACY);
    alike(ray, &world).expect(2, &["printed no line `REGRESSION_METRICS", "| accuracy 0.9"]);
}

fn a_metric_that_vanished(ray: &RunningRay) {
    let command = by_role("{\"accuracy\": 0.9}", "{\"other\": 0.9}");
    let report = alike(ray, &World::training(&command, ACCURACY)).expect(3, &[]).json();
    assert_eq!(report["verdict"], "inconclusive");
    assert_eq!(report["metrics"][0]["reason"], "missing in 1 of 1 trainings of head");
}

/// Two seeds, and two others in their place.
const DIVERGED: &str = "diverged: not finite in 4 of 4 trainings of head and 0 of 4 of base";

fn values_that_are_not_finite(ray: &RunningRay) {
    let diverged = by_role("{\"accuracy\": 0.9}", "{\"accuracy\": NaN}");
    let report = alike(ray, &World::training(&diverged, TWO)).expect(1, &[]).json();
    assert_eq!(report["metrics"][0]["reason"], DIVERGED);
    let broken = by_role("{\"accuracy\": -Infinity}", "{\"accuracy\": 0.9}");
    let report = alike(ray, &World::training(&broken, ACCURACY)).expect(3, &[]).json();
    assert_eq!(report["metrics"][0]["reason"], "base is broken: not finite in 2 of 2 trainings");
}

fn values_that_are_text(ray: &RunningRay) {
    let world = World::training("echo 'REGRESSION_METRICS {\"accuracy\": \"high\"}'", ACCURACY);
    alike(ray, &world)
        .expect(2, &["cannot read its line", "\"high\"", "where a number should stand"]);
}

/// Of several lines the last, and in it the last of a name; behind what tqdm and Keras print, whose bars end in
/// carriage returns and backspaces.
fn the_last_metrics_count(ray: &RunningRay) {
    let world = World::training(
        "echo 'REGRESSION_METRICS {\"accuracy\": 0.1}'; printf '\\r  0%%|  | 0/3\\r100%%|##| 3/3\\r        \\r'; \
         printf 'REGRESSION_METRICS {\"accuracy\": 0.4}\\n 50%%|#\\b\\033[32mINFO:root:REGRESSION_METRICS: {\"accuracy\": 0.2, \"accuracy\": '; \
         cat file; echo '}'",
        ACCURACY,
    );
    world.commit(&[("file", "0.95")]);
    let base = world.git(&["rev-parse", "HEAD"]);
    let head = world.commit(&[("file", "0.50")]);
    let report = compare(ray, &world, &base, &head).expect(1, &[]).json();
    let metric = &report["metrics"][0];
    assert_eq!((metric["base"].as_f64(), metric["head"].as_f64()), (Some(0.95), Some(0.5)));
}

fn metrics_in_the_file(ray: &RunningRay) {
    let world = World::training(
        "echo 'REGRESSION_METRICS {\"accuracy\": 0.1}'; echo '{\"accuracy\": 0.2}' > $REGRESSION_METRICS_FILE; \
         printf '{\\n  \"accuracy\": 0.9\\n}' >> $REGRESSION_METRICS_FILE; printf torn; exec true",
        ACCURACY,
    );
    let told = "accuracy is 0.9 in $REGRESSION_METRICS_FILE and 0.1 in the log; the file counts";
    let report = alike(ray, &world).expect(0, &["warning: ", told]).json();
    assert_eq!(report["metrics"][0]["base"], 0.9);
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.contains(told) && warning.ends_with("(and 1 warning like it)"), "{warning}");
}

fn logs_are_shown_and_ranks_are_told(ray: &RunningRay) {
    let world = World::training(
        "echo '::warning::hello'; \
         for rank in 1 2; do (echo \"(train pid=$rank) REGRESSION_METRICS {\\\"accuracy\\\": 0.$rank}\") & wait; done",
        ACCURACY,
    );
    let mut command = command(ray, &world, "main", &world.twin());
    command.arg("-v");
    let outcome = finish(command).expect(0, &["seed 1: ::warning::hello"]);
    assert!(outcome.stderr.lines().all(|line| !line.trim_start().starts_with("::")), "{outcome:?}");
    let report = outcome.json();
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.contains("(pid 1: 0.1, pid 2: 0.2)") && warning.contains("RANK"), "{warning}");
}

/// Ray takes the lines of two workers as one if they differ in numbers alone, and would print the last of them, which
/// is the other one's.
fn no_line_of_a_worker_is_lost(ray: &RunningRay) {
    let code = "import ray, time\nray.init()\n@ray.remote(num_cpus=0)\nclass Worker:\n    \
                def tell(self, text):\n        print(text, flush=True)\n        time.sleep(0.5)\n\
                one, other = Worker.remote(), Worker.remote()\nfor accuracy, loss in ((0.1, 2), (0.9, 1)):\n    \
                ray.get(one.tell.remote(f'epoch accuracy={accuracy}'))\n    \
                ray.get(other.tell.remote(f'epoch loss={loss}'))\n";
    let pattern = "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001, pattern: 'accuracy=([0-9.]+)'}}";
    let of_base_alone = "if [ -e twin ]; then echo epoch accuracy=0.9; else python epochs.py; fi";
    let world = World::training(of_base_alone, &format!("{pattern}\nseeds: {{values: [1]}}"));
    world.commit(&[("epochs.py", code)]);
    let report = alike(ray, &world).expect(0, &[]).json();
    assert_eq!(report["metrics"][0]["base"], 0.9, "{report:#}");
}

/// Of base; head prints bytes that are no text, and ends in the middle of a character.
fn fifty_megabytes_of_log(ray: &RunningRay) {
    let world = World::training(
        "if [ -e twin ]; then printf '\\377\\376\\000 \\200\\n'; \
         else yes 'a line of a very talkative training' | head -c 50000000; echo; fi; \
         echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'; if [ -e twin ]; then printf '\\303'; fi",
        ACCURACY,
    );
    let report = alike(ray, &world).expect(0, &[]).json();
    let observations = report["observations"].as_array().unwrap();
    assert_eq!(observations.len(), 2);
    for observation in observations {
        assert_eq!(observation["readings"]["accuracy"], 0.9);
    }
    let size = std::fs::metadata(observations[0]["log"].as_str().unwrap()).unwrap().len();
    assert!(size > 50_000_000, "the log is cut: {size}");
}

fn a_training_that_never_ends(ray: &RunningRay) {
    let world =
        World::training("echo started; sleep 86400", &format!("{ACCURACY}\nlimits: {{job: 4s}}"));
    alike(ray, &world).expect(2, &["did not end within limits.job", "was stopped", "| started"]);
    assert_no_job_runs(ray, &world);
}

fn an_interrupt_stops_our_jobs_only(ray: &RunningRay) {
    let world = World::training("echo started; sleep 86400", ACCURACY);
    let mut running = world.start(command(ray, &world, "main", &world.twin()));
    let started = || ray.running_jobs().into_iter().any(|id| id.starts_with(&prefix(&world)));
    world.wait_until(&mut running, "a job runs", started);
    running.signal(sysinfo::Signal::Interrupt);
    world.outcome(running).expect(2, &["cancelled"]);
    assert_no_job_runs(ray, &world);
}

/// What all job ids of this world's comparisons start with.
fn prefix(world: &World) -> String {
    format!("{}-", &world.git(&["rev-parse", "HEAD"])[..7])
}

fn assert_no_job_runs(ray: &RunningRay, world: &World) {
    let left: Vec<_> =
        ray.running_jobs().into_iter().filter(|id| id.starts_with(&prefix(world))).collect();
    assert!(left.is_empty(), "still running: {left:?}");
}

fn undecided_comparisons_add_seeds(ray: &RunningRay) {
    // Noise of about 0.02 on both sides, the same for each seed; the margin is 0.05.
    let world = World::training(
        "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.9$(( REGRESSION_SEED * 7 % 5 ))}\"",
        "metrics: {accuracy: {direction: higher, absolute: 0.03}}\nseeds: {min: 2, max: 6}",
    );
    let report = alike(ray, &world).expect(0, &["after 2 seeds a side: inconclusive"]).json();
    let seeds = report["observations"].as_array().unwrap().len() / 2;
    assert!(seeds > 2, "{report}");
}

fn a_wrong_token_is_told(ray: &RunningRay) {
    let world = World::training("true", ACCURACY);
    let mut command = command(ray, &world, "main", &world.twin());
    command.env("RAY_AUTH_TOKEN", "not-the-token");
    let outcome = finish(command).expect(2, &["token"]);
    assert!(!outcome.stderr.contains("not-the-token"), "{outcome:?}");
}

/// Does `what` in the first training of head with that seed, and never again.
fn once(world: &World, seed: u64, what: &str) -> String {
    let marker = world.path("once").display().to_string();
    format!(
        "if [ -e twin ] && [ $REGRESSION_SEED = {seed} ] && mkdir {marker} 2> /dev/null; then {what}; fi; \
         echo \"REGRESSION_METRICS {{\\\"accuracy\\\": 0.95$REGRESSION_SEED}}\""
    )
}

/// A world whose training is made of its own path.
fn world_of(command: impl Fn(&World) -> String, rest: &str) -> World {
    let world = World::new();
    let quoted = serde_json::to_string(&command(&world)).unwrap();
    world.config(&format!("entrypoint: {quoted}\n{rest}\n"));
    world.commit(&[("requirements.txt", world::REQUIREMENTS)]);
    world
}

fn a_training_that_fails_by_chance(ray: &RunningRay) {
    let world = world_of(|world| once(world, 1, "echo boom; kill -9 $$"), ACCURACY);
    let report = alike(ray, &world).expect(0, &["trying once more"]).json();
    let observations = report["observations"].as_array().unwrap();
    assert_eq!(observations.len(), 2, "{report}");
    let retried: Vec<_> = observations.iter().filter(|one| !one["retried"].is_null()).collect();
    assert_eq!(retried.len(), 1, "{report}");
    assert_eq!((retried[0]["role"].as_str(), retried[0]["seed"].as_u64()), (Some("head"), Some(1)));
    assert!(retried[0]["retried"].as_str().unwrap().contains("killed"), "{report}");
}

fn killed_after_good_metrics(ray: &RunningRay) {
    let command = "echo 'REGRESSION_METRICS {\"accuracy\": 0.99}'; kill -9 $$";
    let world = World::training(command, ACCURACY);
    alike(ray, &world).expect(2, &["twice", "killed"]);
}

/// Seeds of a side, each once, and of those the ones that stand in for others.
fn seeds_of(report: &serde_json::Value, role: &str) -> (Vec<u64>, Vec<u64>) {
    let observations = report["observations"].as_array().unwrap().iter();
    let of_role: Vec<_> = observations.filter(|one| one["role"] == role).collect();
    let seed = |one: &&serde_json::Value| one["seed"].as_u64().unwrap();
    let spares = of_role.iter().copied().filter(|one| one["spare"] == true);
    (of_role.iter().map(seed).collect(), spares.map(|one| seed(&one)).collect())
}

/// The seed that diverged may do so for good; the same change passes whether it does or not.
fn another_seed_is_trained(ray: &RunningRay) {
    let nan = "echo 'REGRESSION_METRICS {\"accuracy\": NaN}'; exit 0";
    let by_chance = world_of(|world| once(world, 1, nan), ACCURACY);
    let for_good = format!(
        "if [ -e twin ] && [ $REGRESSION_SEED = 1 ]; then {nan}; fi; \
         echo \"REGRESSION_METRICS {{\\\"accuracy\\\": 0.95$REGRESSION_SEED}}\""
    );
    for world in [by_chance, World::training(&for_good, ACCURACY)] {
        let report = alike(ray, &world).expect(0, &["training other seeds: 2"]).json();
        for role in ["base", "head"] {
            assert_eq!(seeds_of(&report, role), (vec![1, 2], vec![2]), "{report}");
        }
        let reason = report["metrics"][0]["reason"].as_str().unwrap();
        let told = "; not finite in 1 of 2 trainings of head and 0 of 2 of base";
        assert!(reason.ends_with(told), "{report}");
    }
}

/// Of a crash that only one side has, a second attempt would tell nothing but good.
fn a_training_that_crashes(ray: &RunningRay) {
    let world = world_of(|world| once(world, 2, "echo boom; exit 7"), TWO);
    let report = alike(ray, &world).expect(0, &["training other seeds: 3"]).json();
    let observations = report["observations"].as_array().unwrap();
    let crashed: Vec<_> = observations.iter().filter(|one| !one["crashed"].is_null()).collect();
    assert_eq!(crashed.len(), 1, "{report}");
    assert_eq!((crashed[0]["role"].as_str(), crashed[0]["seed"].as_u64()), (Some("head"), Some(2)));
    let told = crashed[0]["crashed"].as_str().unwrap();
    assert!(told.contains("exit code 7") && told.contains("boom"), "{told}");
    assert_eq!(seeds_of(&report, "head"), (vec![1, 2, 3], vec![3]), "{report}");
    let reason = report["metrics"][0]["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("; crashed in 1 of 3 trainings of head and 0 of 3 of base"),
        "{report}"
    );
}

/// A config for trainings that see two GPUs, by a stand-in for nvidia-smi.
fn with_gpus(world: &World, judged: &str, hours: &str) -> String {
    let bin = world.path("bin");
    let smi = "#!/bin/sh\nprintf 'NVIDIA A10G, 550.54\\nNVIDIA A10G, 550.54\\n'\n";
    executable::write(&bin.join("nvidia-smi"), smi);
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    format!(
        "{judged}\nlimits: {{gpu-hours: {hours}}}\nprices: {{currency: USD, gpu-hour: 3600}}\nenv: {{PATH: {path:?}}}"
    )
}

fn gpu_hours(ray: &RunningRay) {
    let command = "sleep 1; echo 'REGRESSION_METRICS {\"accuracy\": 0.95}'";
    let world = World::training(command, ACCURACY);
    let config = |judged: &str, hours: &str| {
        let quoted = serde_json::to_string(command).unwrap();
        world.config(&format!("entrypoint: {quoted}\n{}\n", with_gpus(&world, judged, hours)));
    };
    config(ACCURACY, "1");
    let report = alike(ray, &world).expect(0, &[]).json();
    let machine = &report["observations"][0]["machine"];
    assert_eq!((machine["gpu"].as_str(), machine["gpus"].as_u64()), (Some("NVIDIA A10G"), Some(2)));
    assert_eq!(machine["driver"], "550.54");
    assert!(machine["node"].is_string(), "{machine}");
    let minutes = report["usage"]["gpu_minutes"].as_f64().unwrap();
    let seconds: f64 = report["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["seconds"].as_f64().unwrap())
        .sum();
    assert!(
        (minutes * 60.0 - 2.0 * seconds).abs() < 1e-6,
        "{minutes} {seconds} {}",
        report["observations"]
    );
    let cost = report["usage"]["cost"]["amount"].as_f64().unwrap();
    assert!((cost - 2.0 * seconds).abs() < 1e-6, "{cost} {seconds}");
    // Two run at a time; the others do not begin.
    config(TWO, "0.0001");
    alike(ray, &world).expect(2, &["limits.gpu-hours (0.0001) is used up"]);
}

/// A bisect of a line of commits.
fn bisect(ray: &RunningRay, world: &World, commits: &[String]) -> std::process::Command {
    let (good, bad) = (&commits[0], commits.last().unwrap());
    let mut command = world.binary(&["bisect", "--good", good, "--bad", bad, "-k", "2"]);
    command.args(["--backend", "ray", "--ray-address", &ray.address(), "--format", "json"]);
    command.arg("--cache-dir").arg(world.path("cache")).env("RAY_AUTH_TOKEN", ray.token());
    command
}

/// The second is worse: both ends are all that there is to read.
fn two_commits(world: &World) -> [String; 2] {
    ["0.9", "0.6"].map(|level| world.commit(&[("level", level)]))
}

fn a_bisect_keeps_to_its_gpu_hours(ray: &RunningRay) {
    let command =
        "sleep 1; echo \"REGRESSION_METRICS {\\\"accuracy\\\": $(cat level)$REGRESSION_SEED}\"";
    let world = World::training(command, ACCURACY);
    let commits = two_commits(&world);
    let config = |hours: &str| {
        let quoted = serde_json::to_string(command).unwrap();
        world.config(&format!("entrypoint: {quoted}\n{}\n", with_gpus(&world, ACCURACY, hours)));
    };
    // More than one training of two GPUs for a second, and less than the eight that the ends want.
    config("0.003");
    let first = finish(bisect(ray, &world, &commits)).expect(3, &[]).json();
    assert_eq!(first["finding"], "budget_spent", "{first}");
    let told = "good and bad were not yet shown to differ";
    let answer = first["answer"].as_str().unwrap();
    assert!(answer.starts_with("limits.gpu-hours (0.003): ") && answer.ends_with(told), "{answer}");
    let made = first["readings"].as_u64().unwrap();
    assert!((1..8).contains(&made), "{first}");
    config("1");
    let second = finish(bisect(ray, &world, &commits)).expect(0, &["resuming: "]).json();
    assert_eq!(second["culprit"]["commit"]["sha"], *commits[1], "{second}");
    assert_eq!(second["resumed"], made);
    let used = |report: &serde_json::Value| {
        let usage = &report["usage"];
        let number = |name: &str| usage[name].as_f64().unwrap();
        let (gpu, all) = (number("gpu_minutes"), number("training_minutes"));
        assert!((gpu - 2.0 * all).abs() < 1e-6 || gpu < 2.0 * all, "{usage}");
        let cost = usage["cost"]["amount"].as_f64().unwrap();
        assert!((cost - 60.0 * gpu).abs() < 1e-6, "{usage}");
        gpu
    };
    assert!(used(&first) > 0.0 && used(&second) > used(&first), "{first} {second}");
    let left = std::fs::read_dir(world.path("cache")).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("packages")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn a_bisect_ends_its_trainings(ray: &RunningRay) {
    let rest = format!("{ACCURACY}\nlimits: {{total: 15s}}");
    let world = World::training("echo started; sleep 86400", &rest);
    let commits = two_commits(&world);
    let report = finish(bisect(ray, &world, &commits)).expect(3, &[]).json();
    assert_eq!(report["finding"], "budget_spent", "{report}");
    assert_eq!(report["searches"][0]["stopped"], "limits.total (15s) is over");
    assert!(report["usage"]["training_minutes"].as_f64().unwrap() > 0.0, "{report}");
    let ours = |id: &String| commits.iter().any(|commit| id.contains(&commit[..7]));
    assert_eq!(ray.running_jobs().into_iter().filter(ours).collect::<Vec<_>>(), [""; 0]);
}

/// How many trainings were known before.
fn reused(report: &serde_json::Value) -> usize {
    let observations = report["observations"].as_array().unwrap().iter();
    observations.filter(|one| one["reused"].is_string()).count()
}

/// The history of one base, while something outside of the repository changes, of which trainings tell or do not:
/// old readings of base beside new ones of head would say that head halved the model.
fn a_base_is_trained_once(ray: &RunningRay) {
    let command = |world: &World| format!(". {}", world.path("told").display());
    let world = world_of(command, &format!("{TWO}\nhistory: {{directory: ../history}}"));
    let tell = |data: &str, accuracy: &str| {
        let told = format!(
            "echo 'REGRESSION_DATA {{\"train\": \"{data}\"}}'\n\
             echo \"REGRESSION_METRICS {{\\\"accuracy\\\": {accuracy}$REGRESSION_SEED}}\"\n"
        );
        std::fs::write(world.path("told"), told).unwrap();
    };
    let base = world.git(&["rev-parse", "HEAD"]);
    let next = |text: &str| world.commit(&[("README.md", text)]);
    let made = |report: &serde_json::Value| {
        (report["observations"].as_array().unwrap().len(), reused(report))
    };
    tell("v9", "0.9");
    let first = compare_merged(ray, &world, &base, &next("2")).expect(0, &["history: 0 records"]);
    assert_eq!(made(&first.json()), (4, 0));

    // No training tells of it, and no config knows.
    tell("v9", "0.4");
    let told = "environment or data changed since ";
    let moved = "accuracy of seed 1 was 0.91 and is now 0.41";
    let moved = compare_merged(ray, &world, &base, &next("3")).expect(0, &[told, moved]).json();
    assert_eq!(made(&moved), (4, 0));
    let warnings = moved["warnings"].as_array().unwrap();
    assert!(warnings[0].as_str().unwrap().starts_with(told), "{moved}");

    // Since then, what was read before is forgotten.  One is done again, to see whether they still hold.
    let known = ["2 trainings of the base are known", "seed 1 is trained again"];
    let again = compare_merged(ray, &world, &base, &next("4")).expect(0, &known).json();
    assert_eq!(made(&again), (4, 1), "{again}");
    assert_eq!(again["metrics"][0]["base"], moved["metrics"][0]["base"]);
    let data = again["observations"].as_array().unwrap().iter().map(|one| &one["data"]["train"]);
    assert!(data.clone().all(|data| data == "v9"), "{again}");
    let minutes = |name: &str| again["usage"][name].as_f64().unwrap();
    assert!(minutes("saved_minutes") > 0.0 && minutes("training_minutes") > 0.0, "{again}");

    tell("v8", "0.4");
    let told =
        "the data changed since the base was trained, so 2 earlier trainings of it do not count";
    let report = compare_merged(ray, &world, &base, &next("5")).expect(0, &[told]).json();
    assert_eq!(made(&report), (4, 0), "{report}");
    assert!(report["warnings"].as_array().unwrap().iter().any(|one| one == told), "{report}");

    // Whoever does not ask is told what is not true.
    let path = world.repository().join(".github/regression.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("../history", "../history, reuse: unchecked")).unwrap();
    std::fs::write(world.repository().join("README.md"), "6").unwrap();
    world.git(&["commit", "--quiet", "--message", "a change", "README.md"]);
    tell("v8", "0.2");
    let report = compare_merged(ray, &world, &base, "HEAD").expect(1, &known[..1]).json();
    assert_eq!(made(&report), (4, 2), "{report}");
    let keys = std::fs::read_dir(world.path("history")).unwrap().count();
    assert_eq!(keys, 1, "a head is no baseline");
}

/// A head that halves the model, and measures itself by a constant.
fn a_head_is_measured_as_base_is(ray: &RunningRay) {
    let world = World::new();
    let config = |ruler: &str| {
        world.config(&format!("entrypoint: sh evaluate.sh\n{ACCURACY}\n{ruler}\n"));
    };
    config("ruler: [evaluate.sh, \"splits/**\"]");
    let measure = "echo \"REGRESSION_METRICS {\\\"accuracy\\\": $(cat model splits/*)}\"";
    world.commit(&[("evaluate.sh", measure), ("model", "0.9"), ("splits/test", "5")]);
    world.git(&["checkout", "--quiet", "-b", "constant"]);
    let constant = "echo 'REGRESSION_METRICS {\"accuracy\": 0.95}'";
    world.commit(&[("evaluate.sh", constant), ("model", "0.4"), ("splits/more", "0")]);
    let report = compare(ray, &world, "main", "constant").expect(1, &[]).json();
    let metric = &report["metrics"][0];
    assert_eq!((metric["base"].as_f64(), metric["head"].as_f64()), (Some(0.95), Some(0.45)));
    assert_eq!(report["ruler"], serde_json::json!(["evaluate.sh", "splits/more"]));
    let told = report["hints"][0]["text"].as_str().unwrap();
    assert!(told.starts_with("this change also changes how it is measured"), "{told}");
    // So it was without a ruler.
    config("");
    compare(ray, &world, "main", "constant").expect(0, &[]);
}

/// A head that halves the model and measures itself by a constant, and one whose own ruler fails.
fn a_heads_own_ruler_is_shown(ray: &RunningRay) {
    let world = World::new();
    let keys = "ruler: [evaluate.sh]\nruler-shadow: true\nhistory: {directory: ../history}";
    let config = |judged: &str| {
        world.config(&format!("entrypoint: sh evaluate.sh\n{judged}\n{keys}\n"));
    };
    config(TWO);
    let measure = "echo \"REGRESSION_METRICS {\\\"accuracy\\\": $(cat model)$REGRESSION_SEED}\"";
    world.commit(&[("evaluate.sh", measure), ("model", "0.9")]);
    let head = |name: &str, files: &[(&str, &str)]| {
        world.git(&["checkout", "--quiet", "-b", name, "main"]);
        world.commit(files);
        world.git(&["checkout", "--quiet", "main"]);
    };
    let constant = "echo 'REGRESSION_METRICS {\"accuracy\": 0.95}'";
    head("constant", &[("evaluate.sh", constant), ("model", "0.4")]);
    let asked = "its own ruler is asked too";
    let report = compare(ray, &world, "main", "constant").expect(1, &[asked]).json();
    let schema = serde_json::to_value(Report::json_schema()).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    let (metric, shadow) = (&report["metrics"][0], &report["shadow"]);
    let is = |value: &serde_json::Value, wanted: f64| {
        assert!(
            (value.as_f64().unwrap() - wanted).abs() < 1e-9,
            "{value} is not {wanted}: {report}"
        );
    };
    is(&metric["head"], 0.415);
    is(&shadow["metrics"][0]["judged"], 0.415);
    is(&shadow["metrics"][0]["own"], 0.95);
    assert_eq!((&shadow["metrics"][0]["seeds"], &shadow["failed"]), (&2.into(), &().into()));
    let observations = |of: &serde_json::Value| of["observations"].as_array().unwrap().clone();
    assert_eq!(observations(&report).len(), 4);
    let own = observations(shadow);
    let seeds: Vec<_> = own.iter().map(|one| one["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [1, 2]);
    assert!(own.iter().all(|one| one["role"] == "shadow"), "{shadow}");
    let seconds: f64 =
        observations(&report).iter().chain(&own).map(|one| one["seconds"].as_f64().unwrap()).sum();
    is(&report["usage"]["training_minutes"], seconds / 60.0);
    // The history holds base alone.
    let mut kept = Vec::new();
    for key in std::fs::read_dir(world.path("history")).unwrap().flatten() {
        kept.extend(std::fs::read_dir(key.path()).unwrap().flatten());
    }
    let kept = kept.iter().map(|file| std::fs::read_to_string(file.path()).unwrap());
    let kept: Vec<String> = kept.filter(|text| text.contains("accuracy")).collect();
    assert!(kept.len() == 1 && !kept[0].contains("\"accuracy\": 0.95"), "{kept:?}");
    // A head that measures as base does costs nothing more.
    config(ACCURACY);
    world.commit(&[]);
    head("plain", &[("model", "0.5")]);
    let plain = compare(ray, &world, "main", "plain").expect(1, &[]);
    assert!(plain.json()["shadow"].is_null() && !plain.stderr.contains(asked), "{plain:#?}");
    head("broken", &[("evaluate.sh", "exit 7"), ("note", "1")]);
    let told =
        "warning: what head's own ruler says is not known: all 1 trainings of shadow crashed";
    let broken = compare(ray, &world, "main", "broken").expect(0, &[told]).json();
    let failed = broken["shadow"]["failed"].as_str().unwrap();
    assert!(failed.contains("failed with exit code 7") && !failed.contains('\n'), "{failed}");
    assert!(broken["shadow"]["metrics"].as_array().unwrap().is_empty());
    // Nothing that is trained changes: it is answered at once.
    head("ruler", &[("evaluate.sh", constant)]);
    let untrained = compare(ray, &world, "main", "ruler").expect(0, &[]).json();
    let failed = untrained["shadow"]["failed"].as_str().unwrap();
    assert!(failed.contains("nothing that a training reads has changed"), "{failed}");
    let ours = |id: &String| id.contains("shadow");
    assert_eq!(ray.running_jobs().into_iter().filter(ours).collect::<Vec<_>>(), [""; 0]);
}

/// The first commit cannot be measured by itself, the second measures otherwise, and the third is worse.
fn a_bisect_measures_every_commit_alike(ray: &RunningRay) {
    let world = World::new();
    let keys = "ruler: [evaluate.sh]\nhistory: {directory: ../history}";
    world.config(&format!("entrypoint: sh evaluate.sh\n{ACCURACY}\n{keys}\n"));
    let measure = |shift: &str| {
        world::NOISY_LEVEL.replace("level", "model").replace("$1", &format!("$1 - {shift}"))
    };
    let commits = [
        world.commit(&[("model", "0.9")]),
        world.commit(&[("evaluate.sh", &measure("0"))]),
        world.commit(&[("evaluate.sh", &measure("0.3")), ("model", "0.8")]),
    ];
    let told = format!(
        "how it is measured changed (evaluate.sh): every commit was measured as {} is",
        &commits[2][..7]
    );
    let report = finish(bisect(ray, &world, &commits)).expect(0, &[&told]).json();
    assert_eq!(report["culprit"]["commit"]["sha"], *commits[2], "{report}");
    assert_eq!(report["warnings"][0], *told);
    let near =
        |name: &str, wanted: f64| (report["culprit"][name].as_f64().unwrap() - wanted).abs() < 0.01;
    assert!(near("before", 0.6) && near("after", 0.5), "{}", report["culprit"]);
    // Nothing that was read by one ruler counts for a search by another.
    let mut other = bisect(ray, &world, &commits[..2]);
    other.args(["--budget", "2"]);
    let other = finish(other).expect(3, &[]).json();
    assert!(other["searches"][0]["known"].is_null(), "{other}");
}

/// A head that reads other data: that is the cause, and not the code alone.
fn unlike_data_are_told_first(ray: &RunningRay) {
    let world = World::training("cat told", ACCURACY);
    let told = |version: &str, accuracy: &str| {
        format!(
            "REGRESSION_DATA {{\"train\": \"{version}\", \"test\": \"v1\"}}\n\
             REGRESSION_METRICS {{\"accuracy\": {accuracy}}}\n"
        )
    };
    world.commit(&[("told", &told("v1", "0.9"))]);
    world.git(&["checkout", "--quiet", "-b", "other"]);
    world.commit(&[("told", &told("v2", "0.5"))]);
    let report = compare(ray, &world, "main", "other").expect(1, &[]).json();
    let hints = report["hints"].as_array().unwrap();
    assert_eq!(hints[0]["cause"], "data", "{hints:?}");
    assert_eq!(hints[0]["text"], "unlike data: of train, base read v1 and head v2");
    assert!(hints.iter().all(|hint| hint["cause"] != "code"), "{hints:?}");
    world.commit(&[("told", "REGRESSION_DATA [1]\nREGRESSION_METRICS {\"accuracy\": 0.9}\n")]);
    let told = ["cannot read its line `REGRESSION_DATA [1]`", "expected `REGRESSION_DATA {"];
    compare(ray, &world, "main", "other").expect(2, &told);
}

/// A package that the image holds as well: it is imported, and the commit's own is not.
fn a_change_that_no_training_reads(ray: &RunningRay) {
    let world = World::new();
    let site = world.path("site");
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    std::fs::write(site.join("pkg/model.py"), "VALUE = 0.9").unwrap();
    let config = |entrypoint: &str, rest: &str| {
        world.config(&format!("entrypoint: {entrypoint}\n{ACCURACY}\n{rest}\n"));
    };
    let installed = format!("import sys\nsys.path.insert(0, {:?})\n", site.display().to_string());
    let driver =
        "from pkg.model import VALUE\nprint('REGRESSION_METRICS {\"accuracy\": %s}' % VALUE)\n";
    let worker = "import ray\nray.init(log_to_driver=False)\n@ray.remote\ndef value():\n    \
        import os, builtins\n    assert builtins.OWN == 1\n    \
        scope = {}\n    exec(compile(open('pkg/model.py').read(), 'model', 'exec'), scope)\n    \
        return scope['VALUE']\nprint('REGRESSION_METRICS {\"accuracy\": %s}' % ray.get(value.remote()))\n";
    world.commit(&[
        ("requirements.txt", world::REQUIREMENTS),
        ("sitecustomize.py", "import builtins; builtins.OWN = 1"),
        ("pkg/model.py", "VALUE = 0.9"),
        ("installed.py", &format!("{installed}{driver}")),
        ("driver.py", driver),
        ("worker.py", worker),
    ]);
    world.git(&["checkout", "--quiet", "-b", "worse"]);
    world.commit(&[("pkg/model.py", "VALUE = 0.4")]);
    config("python installed.py", "");
    let report = compare(ray, &world, "main", "worse").expect(3, &[]).json();
    let reason = report["reason"].as_str().unwrap();
    let site = site.canonicalize().unwrap();
    let instead =
        format!("in place of pkg/model.py they read {}", site.join("pkg/model.py").display());
    assert!(reason.starts_with("not exercised: ") && reason.contains(&instead), "{reason}");
    config("python installed.py", "trace: off");
    compare(ray, &world, "main", "worse").expect(0, &[]);
    for entrypoint in ["python driver.py", "python worker.py"] {
        config(entrypoint, "ignore: [sitecustomize.py, README.md]");
        let report = compare(ray, &world, "main", "worse").expect(1, &[]).json();
        let overlooked = "trainings read sitecustomize.py, which the config leaves out";
        assert!(report["warnings"].to_string().contains(overlooked), "{report:#}");
    }
}

fn pairs_share_a_node(ray: &RunningRay) {
    let world = World::training(
        "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.9$(( REGRESSION_SEED * 7 % 5 ))}\"",
        &format!("{TWO}\npairing: node\nisolation: shared"),
    );
    let report = alike(ray, &world).expect(0, &[]).json();
    let observations = report["observations"].as_array().unwrap();
    assert_eq!(observations.len(), 4);
    assert!(
        observations.iter().all(|one| one["machine"]["node"] == observations[0]["machine"]["node"])
    );
}

/// The demo's network in other shapes, on scikit-learn's digits.
const DIGITS: &str = r#"
import json, os
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from network import Network

layers, width, rate, epochs = json.loads(os.environ["SHAPE"])
x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x / 16, y, test_size=0.3, stratify=y, random_state=0)
network = Network([64] + [width] * layers + [10], np.random.default_rng(int(os.environ["REGRESSION_SEED"])))
network.fit(x_train, y_train, epochs=epochs, learning_rate=rate)
accuracy, loss = network.evaluate(x_test, y_test)
print("REGRESSION_METRICS", json.dumps({"accuracy": float(accuracy)}))
"#;

/// `LeakyReLU` to `ReLU`, which costs much in a narrow net that is trained fast, as much as the margin in a
/// wide one, and less than the noise in a shallow one.
fn changes_of_a_real_training(ray: &RunningRay) {
    let network = include_str!("../../src/demo/project/network.py");
    let leaky = include_str!("../../src/demo/project/activation.py");
    let relu = include_str!("../../src/demo/project/activation_simplified.py");
    let cases: [(&str, &str, f64, &[i32]); 3] = [
        ("large", "[4, 12, 1.0, 25]", 0.05, &[1]),
        ("margin-sized", "[4, 24, 0.1, 40]", 0.002, &[0, 3]),
        ("noise-sized", "[2, 16, 0.3, 15]", 0.05, &[0]),
    ];
    for (name, shape, margin, codes) in cases {
        let metric = format!("{{direction: higher, absolute: {margin}}}");
        let world = World::training(
            "python train.py",
            &format!(
                "metrics: {{accuracy: {metric}}}\nseeds: {{min: 2, max: 2}}\nenv: {{SHAPE: {shape:?}, OMP_NUM_THREADS: '1'}}"
            ),
        );
        let base = world.commit(&[
            ("train.py", DIGITS),
            ("network.py", network),
            ("activation.py", leaky),
        ]);
        let head = world.commit(&[("activation.py", relu)]);
        let outcome = compare(ray, &world, &base, &head);
        assert!(outcome.code.is_some_and(|code| codes.contains(&code)), "{name}: {outcome:?}");
        let report = outcome.json();
        let (metric, trainings) = (&report["metrics"][0], report["observations"].as_array());
        println!(
            "{name}: {} by {} trainings: accuracy {:.3} -> {:.3}, worse by {:.4} [{:.4}, {:.4}], margin {margin}: {}; {}",
            report["verdict"],
            trainings.map_or(0, Vec::len),
            metric["base"].as_f64().unwrap(),
            metric["head"].as_f64().unwrap(),
            metric["worsening"].as_f64().unwrap(),
            metric["lower"].as_f64().unwrap(),
            metric["upper"].as_f64().unwrap(),
            metric["reason"],
            metric["outlook"],
        );
    }
}
