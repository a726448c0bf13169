//! `Tracker` against a real MLflow server and, where that one cannot be made to, against servers that
//! fail in a given way.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod server;
mod trouble;
use crate::world;

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use futures_util::{StreamExt, TryStreamExt, future::join_all, stream};
use regression_action::{
    experiment::{
        metrics::Readings,
        tracking::{
            self, Experiment, RunFound, RunId, RunStatus, Tracker, TrackerCredentials,
            TrackingError,
        },
    },
    http::RetryPolicy,
};
use serde_json::json;
use world::mlflow::Mlflow;

use self::server::{patient, shared, shared_uri};

/// An hour of the year 2023.
const THEN: u64 = 1_700_000_000_000;

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// An experiment for one test, with a run in it.
async fn run(tracker: &Tracker, name: &str) -> (Experiment, RunId) {
    let experiment = tracker.experiment(name).await.unwrap();
    let run = tracker.start(&experiment, "seed 1", None, &none(), THEN).await.unwrap();
    (experiment, run)
}

#[tokio::test]
async fn a_comparison_and_its_seeds_live_as_they_should() {
    let tracker = shared();
    let experiment = tracker.experiment("life: acme/train").await.unwrap();
    assert_eq!(tracker.experiment("life: acme/train").await.unwrap(), experiment);
    let ours = tags(&[(tracking::RUN, "17"), (tracking::COMMIT, "0a1b"), (tracking::ROLE, "head")]);
    let parent = tracker.start(&experiment, "#7 0a1b", None, &ours, THEN).await.unwrap();
    let seed = tracker.start(&experiment, "seed 11", Some(&parent), &ours, THEN + 1).await.unwrap();
    let params = tags(&[("entrypoint", "python train.py"), ("seeds", "3 to 9")]);
    tracker.log_params(&parent, &params).await.unwrap();
    tracker.log_metrics(&seed, &[("accuracy".to_owned(), 0.1)].into(), THEN + 2).await.unwrap();
    tracker.log_metrics(&seed, &[("accuracy".to_owned(), 0.97)].into(), THEN + 3).await.unwrap();
    tracker.set_tags(&seed, &tags(&[(tracking::ROLE, "base"), ("note", "")])).await.unwrap();

    let open = tracker.run(&seed).await.unwrap();
    assert_eq!((open.status, open.end_ms, open.start_ms), (None, None, THEN + 1));
    tracker.end(&seed, RunStatus::Killed, THEN + 9).await.unwrap();
    tracker.end(&parent, RunStatus::Finished, THEN + 10).await.unwrap();
    let ended = tracker.run(&seed).await.unwrap();
    assert_eq!((ended.status, ended.end_ms), (Some(RunStatus::Killed), Some(THEN + 9)));
    assert_eq!(ended.name, "seed 11");
    assert_eq!(ended.tags["mlflow.parentRunId"], parent.as_str());
    assert_eq!(ended.tags["mlflow.source.git.commit"], "0a1b");
    assert_eq!((ended.tags[tracking::ROLE].as_str(), ended.tags["note"].as_str()), ("base", ""));
    assert_eq!(tracker.readings(&seed).await.unwrap(), [("accuracy".to_owned(), 0.97)].into());

    let found = async |pairs: &[(&str, &str)], most| -> Vec<RunId> {
        let found = tracker.search(&experiment, &tags(pairs), most).await.unwrap();
        found.into_iter().map(|run| run.id).collect()
    };
    assert_eq!(found(&[(tracking::RUN, "17")], 9).await, [seed.clone(), parent.clone()]);
    assert_eq!(found(&[(tracking::RUN, "17")], 1).await, std::slice::from_ref(&seed));
    let head = [(tracking::RUN, "17"), (tracking::ROLE, "head")];
    assert_eq!(found(&head, 9).await, [parent]);
    assert_eq!(found(&[(tracking::RUN, "1")], 9).await, []);
    assert_eq!(found(&[], 9).await.len(), 2);
    assert_eq!(found(&[], 0).await, []);
    let link = format!("{}/#/experiments/{}/runs/{seed}", shared_uri(), experiment.id);
    assert_eq!(tracker.link(&experiment, &seed), link);
    assert!(link.starts_with(&tracker.experiment_link(&experiment)));
}

/// With MLflow's own client, as a training has it: nothing is handed over but the environment.
async fn train(tracker: &Tracker, experiment: &Experiment, run: &RunId, script: &str) -> bool {
    let mut command = world::clean(Mlflow::python().to_str().unwrap());
    command.args(["-c", script]).envs(tracker.environment(experiment, run)).stdin(Stdio::null());
    let train = move |mut command: Command| command.status().unwrap().success();
    tokio::task::spawn_blocking(move || train(command)).await.unwrap()
}

#[tokio::test]
async fn a_training_logs_to_the_run_that_it_was_handed() {
    let tracker = shared();
    let (experiment, run) = run(&tracker, "train: acme").await;
    let environment = tracker.environment(&experiment, &run);
    let names: Vec<_> = environment.keys().map(String::as_str).collect();
    assert_eq!(names, ["MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"]);
    let script = "import mlflow\n\
        mlflow.log_metric('accuracy', 0.5, step=1)\n\
        mlflow.log_metric('accuracy', 0.875, step=2)\n\
        mlflow.log_metric('worst', float('nan'))\n\
        mlflow.log_metrics({'up': float('inf'), 'down': float('-inf'), 'größe 指標': 1e-300})\n";
    assert!(train(&tracker, &experiment, &run, script).await);
    let readings = tracker.readings(&run).await.unwrap();
    assert!(readings["worst"].is_nan(), "{readings:?}");
    let finite: Readings = readings.into_iter().filter(|(name, _)| name != "worst").collect();
    let wanted = [
        ("accuracy", 0.875),
        ("up", f64::INFINITY),
        ("down", f64::NEG_INFINITY),
        ("größe 指標", 1e-300),
    ];
    assert_eq!(finite, wanted.map(|(name, value)| (name.to_owned(), value)).into());
    assert_eq!(tracker.run(&run).await.unwrap().status, Some(RunStatus::Finished));
    assert_eq!(
        tracker.search(&experiment, &none(), 9).await.unwrap().len(),
        1,
        "no run of its own"
    );
}

/// MLflow's client says what it likes of a training that crashed; the last word is ours.
#[tokio::test]
async fn a_crash_is_a_failed_run_whatever_the_client_said() {
    let tracker = shared();
    let (experiment, run) = run(&tracker, "crash: acme").await;
    for end in ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"] {
        let script = format!("import mlflow\nmlflow.log_metric('accuracy', 1.0)\n{end}");
        assert!(!train(&tracker, &experiment, &run, &script).await);
        eprintln!("after `{end}`: {:?}", tracker.run(&run).await.unwrap().status);
        tracker.end(&run, RunStatus::Failed, THEN + 5).await.unwrap();
        let ended = tracker.run(&run).await.unwrap();
        assert_eq!((ended.status, ended.end_ms), (Some(RunStatus::Failed), Some(THEN + 5)));
    }
}

#[tokio::test]
async fn every_number_comes_back_and_a_bad_name_costs_no_other() {
    let tracker = shared();
    let (_, run) = run(&tracker, "numbers").await;
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1, -0.5, 5e-324, 1e308, 0.0];
    let mut metrics: Readings = (0..250).map(|i| (format!("many/{i}"), f64::from(i))).collect();
    metrics.extend(values.iter().enumerate().map(|(i, value)| (format!("värde {i} 値"), *value)));
    let mut all = metrics.clone();
    let bad = ["acc@5", "", "../up", "a'b", &"x".repeat(251), "😀", "a\nb"];
    all.extend(bad.iter().map(|name| ((*name).to_owned(), 1.0)));
    tracker.log_metrics(&run, &all, THEN).await.unwrap();
    let readings = tracker.readings(&run).await.unwrap();
    assert_eq!(readings.keys().collect::<Vec<_>>(), metrics.keys().collect::<Vec<_>>());
    for (name, value) in metrics {
        let read = readings[&name];
        assert!(read.to_bits() == value.to_bits() || read.is_nan() && value.is_nan(), "{name}");
    }
}

#[tokio::test]
async fn hostile_tags_come_back_as_they_were_and_are_found() {
    let tracker = shared();
    let experiment = tracker.experiment("hostile `'\"% ü /?#&").await.unwrap();
    assert_eq!(tracker.experiment("hostile `'\"% ü /?#&").await.unwrap(), experiment);
    let values = [
        "it's",
        "\"both'",
        "' OR 1=1 --",
        "%",
        "a_b",
        "\\",
        "`",
        "{{x}}",
        "${x}",
        "\u{202e}x",
        "ü😀",
        "a\nb",
        "::error::x",
        "<script>alert(1)</script>",
        "",
        " padded ",
        "A",
        "a",
    ];
    let mut ids = Vec::new();
    for value in values {
        let tags = tags(&[(tracking::KEY, value)]);
        ids.push(tracker.start(&experiment, value, None, &tags, THEN).await.unwrap());
    }
    for (value, id) in values.iter().zip(&ids) {
        let found = tracker.search(&experiment, &tags(&[(tracking::KEY, value)]), 99).await;
        let found = found.unwrap();
        assert_eq!(found.iter().map(|run| &run.id).collect::<Vec<_>>(), [id], "{value:?}");
        assert_eq!(found[0].tags[tracking::KEY], *value);
    }
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_what_is_too_many_is_sent_in_parts() {
    let tracker = shared();
    let (experiment, run) = run(&tracker, "limits").await;
    let many: BTreeMap<_, _> = (0..250).map(|i| (format!("p{i}"), "ü".repeat(20_000))).collect();
    let long = tags(&[(tracking::IMAGE, &"ü".repeat(20_000))]);
    tracker.log_params(&run, &tags(&[("first", "1")])).await.unwrap();
    // MLflow takes no other value for a parameter; the rest is logged all the same.
    tracker.log_params(&run, &tags(&[("first", "2"), ("second", "2")])).await.unwrap();
    tracker.log_params(&run, &many).await.unwrap();
    tracker.set_tags(&run, &long).await.unwrap();
    tracker.set_tags(&run, &many).await.unwrap();
    let found = tracker.search(&experiment, &long, 9).await.unwrap();
    assert_eq!(found[0].tags[tracking::IMAGE], "ü".repeat(5000));
    assert_eq!(found[0].tags.keys().filter(|key| key.starts_with('p')).count(), 250);
    let params = server::params(&run).await;
    assert_eq!((params["first"].as_str(), params["second"].as_str()), ("1", "2"));
    assert_eq!((params.len(), params["p249"].chars().count()), (252, 500));
}

#[tokio::test]
async fn two_who_make_one_experiment_at_once_get_the_same() {
    let trackers: Vec<_> = (0..8).map(|_| shared()).collect();
    for round in 0..5 {
        let name = format!("race {round}");
        let made = join_all(trackers.iter().map(|tracker| tracker.experiment(&name))).await;
        let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
        assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
    }
}

#[tokio::test]
async fn a_deleted_experiment_is_told_with_the_remedy() {
    let tracker = shared();
    let (experiment, run) = run(&tracker, "deleted").await;
    server::post("experiments/delete", json!({ "experiment_id": experiment.id })).await;
    let error = tracker.experiment("deleted").await.unwrap_err();
    let restore = format!("restore --experiment-id {}", experiment.id);
    assert!(error.to_string().contains(&restore) && !error.is_gone(), "{error}");
    let error = tracker.start(&experiment, "x", None, &none(), THEN).await.unwrap_err();
    assert!(matches!(error, TrackingError::Refused { .. }), "{error}");
    let error = tracker.end(&run, RunStatus::Failed, THEN).await.unwrap_err();
    assert!(!error.is_gone(), "{error}");
}

#[tokio::test]
async fn a_run_that_is_not_there_is_missing() {
    let error = shared().readings(&server::run_id(&"0".repeat(32))).await.unwrap_err();
    assert!(matches!(error, TrackingError::Missing { .. }), "{error}");
    assert!(error.to_string().contains(&"0".repeat(32)) && !error.is_gone(), "{error}");
}

#[tokio::test]
async fn a_thousand_runs_are_found_page_by_page() {
    let tracker = shared();
    let experiment = tracker.experiment("thousand").await.unwrap();
    let started = Instant::now();
    let odd = |i: u64| if i.is_multiple_of(2) { "base" } else { "head" };
    let made = stream::iter(0..1000)
        .map(|i| {
            let (tags, experiment) = (tags(&[(tracking::ROLE, odd(i))]), &experiment);
            let tracker = &tracker;
            async move { tracker.start(experiment, "x", None, &tags, THEN + i).await }
        })
        .buffer_unordered(4)
        .try_collect::<Vec<_>>();
    assert_eq!(made.await.unwrap().len(), 1000);
    eprintln!("1,000 runs were made in {:.1?}", started.elapsed());
    let started = Instant::now();
    let all = tracker.search(&experiment, &none(), 5000).await.unwrap();
    eprintln!("and found in {:.1?}", started.elapsed());
    let starts: Vec<_> = all.iter().map(|run| run.start_ms - THEN).collect();
    assert_eq!(starts, (0..1000).rev().collect::<Vec<_>>(), "each once, newest first");
    let heads = tracker.search(&experiment, &tags(&[(tracking::ROLE, "head")]), 450).await.unwrap();
    let starts: Vec<_> = heads.iter().map(|run: &RunFound| run.start_ms - THEN).collect();
    assert_eq!(starts, (0..1000).rev().filter(|i| i % 2 == 1).take(450).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_dies_is_waited_for_once_and_welcome_again() {
    let mut server = Mlflow::start();
    let policy = RetryPolicy { total: Duration::from_secs(3), ..Tracker::RETRIES };
    let tracker = Tracker::new(&server.uri(), TrackerCredentials::None, None).unwrap();
    let tracker = tracker.with_retries(policy);
    let (_, run) = run(&patient(&server.uri(), TrackerCredentials::None), "dies").await;
    server.kill();
    for limit in [3, 1, 1] {
        let started = Instant::now();
        let error = tracker.end(&run, RunStatus::Finished, THEN + 1).await.unwrap_err();
        let took = started.elapsed();
        assert!(error.is_gone() && error.to_string().contains(&server.uri()), "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
        assert!(took < Duration::from_secs(limit + 10), "{took:?} of {limit} s");
    }
    let made = tracker.experiment("another").await.unwrap_err();
    assert!(made.is_gone(), "{made}");
    server.restart();
    let tracker = tracker.with_retries(Tracker::RETRIES);
    tracker.end(&run, RunStatus::Failed, THEN + 1).await.unwrap();
    assert_eq!(tracker.run(&run).await.unwrap().status, Some(RunStatus::Failed));
}

#[tokio::test]
async fn a_password_is_right_or_wrong_or_missing() {
    let password = "correct-horse-battery";
    let server = Mlflow::start_with_password(password);
    let tracker = |username: &str, password: &str| {
        let pair = [("MLFLOW_TRACKING_USERNAME", username), ("MLFLOW_TRACKING_PASSWORD", password)];
        let lookup = |name: &str| {
            pair.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let credentials = TrackerCredentials::from_env(lookup).unwrap();
        patient(&server.uri(), credentials)
    };
    let right = tracker("admin", password);
    let (experiment, run) = run(&right, "secret").await;
    right.end(&run, RunStatus::Finished, THEN).await.unwrap();
    let environment = right.environment(&experiment, &run);
    assert!(!format!("{environment:?} {right:?}").contains(password));

    for (tracker, remedy) in [
        (tracker("admin", "wr0ng"), "check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        (tracker("", ""), "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"),
    ] {
        let error = tracker.experiment("secret").await.unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, TrackingError::Denied { status: 401, .. }), "{told}");
        assert!(told.contains(remedy) && told.contains(&server.uri()), "{told}");
        assert!(!told.contains("wr0ng") && !error.is_gone(), "{told}");
    }
}

#[tokio::test]
async fn a_server_for_everyone_answers_by_any_name() {
    let server = Mlflow::start_everywhere();
    for (uri, answers) in
        [(format!("http://localhost:{}", server.port()), true), (shared_uri(), true)]
    {
        let tracker = patient(&uri, TrackerCredentials::None);
        assert_eq!(tracker.experiment("names").await.is_ok(), answers, "{uri}");
    }
    let by_name = async |uri: String| {
        let client = regression_action::http::client().unwrap();
        let asked = client.get(format!("{uri}/api/2.0/mlflow/experiments/get?experiment_id=0"));
        asked.header("Host", "mlflow.ns.svc:5000").send().await.unwrap().status().as_u16()
    };
    assert_eq!(by_name(server.uri()).await, 200);
    assert_eq!(by_name(shared_uri()).await, 403);
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The time that MLflow's own client says is ours too: milliseconds since 1970.
#[tokio::test]
async fn times_are_what_mlflows_client_means() {
    let tracker = shared();
    let experiment = tracker.experiment("times").await.unwrap();
    let before = now_ms();
    let run = tracker.start(&experiment, "x", None, &none(), before).await.unwrap();
    assert!(train(&tracker, &experiment, &run, "import mlflow; mlflow.log_metric('a', 1)").await);
    let end = tracker.run(&run).await.unwrap().end_ms.unwrap();
    assert!((before..=now_ms()).contains(&end), "{before} {end}");
}
