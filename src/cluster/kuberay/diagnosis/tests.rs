mod rows;

use std::{fmt::Write as _, fs, path::Path};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

const IMAGE: &str = "ghcr.io/acme/train:8f3a";

fn of<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn facts(value: &Value) -> Facts {
    Facts {
        ray_job: of(&value["rayJob"]),
        ray_cluster: of(&value["rayCluster"]),
        pods: of(&value["pods"]),
        events: of(&value["events"]),
        ..Facts::default()
    }
}

fn request<'a>(image: &'a str, secrets: &'a [String]) -> RequestWords<'a> {
    RequestWords {
        image,
        ray_version: "2.60.0",
        namespace: "ml",
        template: Some(".github/raycluster.yml"),
        secrets,
    }
}

fn told(obstacle: &Obstacle) -> String {
    match &obstacle.patience {
        Some((patience, failure)) if patience.is_zero() => format!("at once: {failure}"),
        Some((patience, failure)) => {
            format!("{} for {} s, then: {failure}", obstacle.stage, patience.as_secs())
        }
        None => format!("{}: {}", obstacle.stage, obstacle.detail),
    }
}

fn found(finding: &Diagnosis) -> String {
    match finding {
        Diagnosis::Running(head) => format!("runs, {} restarts", head.restarts),
        Diagnosis::Waiting(obstacle) => told(obstacle),
        Diagnosis::Failed(failure) => format!("at once: {failure}"),
    }
}

/// What a real cluster (Kubernetes 1.34, `KubeRay` 1.6.2, containerd 1.6) showed, at the first moment
/// that sufficed, in seconds after the creation or, of losses, after the deed.
#[test]
fn real_facts() {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cluster/kuberay/diagnosis/fixtures");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let mut table = String::new();
    for file in files {
        let value: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let said = real(name, &value);
        writeln!(table, "{name}, {} s\n    {said}", value["seconds"]).unwrap();
    }
    insta::assert_snapshot!(table);
}

fn real(name: &str, value: &Value) -> String {
    let facts = facts(value);
    let secrets = ["train-secrets".to_owned()];
    let request = request(value["image"].as_str().unwrap(), &secrets);
    if name.starts_with("worker") {
        return workers(&facts, &request).as_ref().map_or_else(String::new, told);
    }
    if name.starts_with("lost") {
        let head = HeadPod {
            name: String::new(),
            uid: value["head"].as_str().unwrap().to_owned(),
            restarts: 0,
        };
        return lost(&facts, &head, &request).map_or_else(String::new, |it| it.to_string());
    }
    found(&diagnose(&facts, &request))
}

/// A cluster whose head runs, to be spoilt.
fn healthy() -> Value {
    json!({
        "rayJob": {
            "metadata": {"name": "train", "namespace": "ml"},
            "spec": {},
            "status": {"jobDeploymentStatus": "Initializing"},
        },
        "rayCluster": {"metadata": {"name": "train-x"}, "spec": {}, "status": {"conditions": []}},
        "pods": [pod("head"), pod("worker")],
        "events": [],
    })
}

fn pod(role: &str) -> Value {
    json!({
        "metadata": {"name": role, "uid": role, "labels": {"ray.io/node-type": role}},
        "spec": {
            "nodeName": "n1",
            "containers": [{
                "name": "ray",
                "image": IMAGE,
                "resources": {"limits": {"memory": "8Gi"}, "requests": {"cpu": "2"}},
            }],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [
                {"name": "ray", "restartCount": 0, "state": {"running": {}}},
            ],
        },
    })
}

/// The healthy cluster with `changes` (JSON pointer, value).
fn spoilt(changes: Value) -> Value {
    let mut value = healthy();
    let Value::Object(changes) = changes else { panic!("not an object") };
    for (pointer, change) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
        if let Value::Array(list) = parent {
            list[key.parse::<usize>().unwrap()] = change;
        } else {
            parent[key] = change;
        }
    }
    value
}

fn waits(reason: &str, message: &str) -> Value {
    let state = json!({"waiting": {"reason": reason, "message": message}});
    json!({"/pods/0/status/containerStatuses/0/state": state})
}

fn ends(code: i32, reason: &str, message: &str) -> Value {
    json!({"/pods/0/status/containerStatuses/0/state": {
        "terminated": {"exitCode": code, "reason": reason, "message": message},
    }})
}

fn event(on: &str, reason: &str, message: &str) -> Value {
    json!({
        "involvedObject": {"uid": on}, "reason": reason, "message": message,
        "lastTimestamp": "2026-11-24T08:00:00Z", "metadata": {},
    })
}

/// Rows that the real cluster does not show.
#[test]
fn made_up_facts() {
    let mut table = String::new();
    for (name, changes) in rows::all() {
        let facts = facts(&spoilt(changes));
        let finding = diagnose(&facts, &request(IMAGE, &[]));
        writeln!(table, "{name}\n    {}", found(&finding)).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn losses() {
    let head = HeadPod { name: "head".into(), uid: "head".into(), restarts: 1 };
    let disrupted = |reason: &str| {
        json!({"/pods/0/status/conditions/0": {
            "type": "DisruptionTarget", "status": "True", "reason": reason,
        }})
    };
    let restarted = json!({"/pods/0/status/containerStatuses/0": {
        "name": "ray", "restartCount": 2, "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }});
    let rows = [
        ("nothing is lost", json!({"/pods/0/status/containerStatuses/0/restartCount": 1})),
        ("no RayJob", json!({"/rayJob": null})),
        ("out of memory", restarted),
        ("ended", ends(1, "Error", "Some Ray subprocesses exited unexpectedly")),
        ("preempted", disrupted("PreemptionByScheduler")),
        ("node lost", disrupted("DeletionByTaintManager")),
        ("unknown to its node", json!({"/pods/0/status/phase": "Unknown"})),
        ("replaced", json!({"/pods/0/metadata/uid": "another"})),
        ("gone", json!({"/pods": []})),
        (
            "gone by eviction",
            json!({"/pods": [], "/events": [
                event("head", "Evicted", "Pod ephemeral local storage usage exceeds the limit of 1Gi"),
            ]}),
        ),
        (
            "suspended",
            json!({"/rayJob/metadata/labels": {"kueue.x-k8s.io/queue-name": "gpus"},
            "/rayJob/spec": {"suspend": true}}),
        ),
        (
            "lease",
            json!({"/rayJob/status": {
                "jobDeploymentStatus": "Failed", "reason": "PreRunningDeadlineExceeded",
            }}),
        ),
    ];
    let mut table = String::new();
    for (name, changes) in rows {
        let lost = lost(&facts(&spoilt(changes)), &head, &request(IMAGE, &[]));
        let said = lost.map_or_else(|| "-".to_owned(), |failure| failure.to_string());
        writeln!(table, "{name}\n    {said}").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn only_a_container_that_is_started_again_in_its_pod_restarts() {
    let head = HeadPod { name: "head".into(), uid: "head".into(), restarts: 0 };
    let again = json!({"/pods/0/status/containerStatuses/0/restartCount": 1});
    let removed = json!({
        "/pods/0/status/containerStatuses/0/restartCount": 1,
        "/pods/0/metadata/deletionTimestamp": "2026-11-30T03:00:00Z",
    });
    for (changes, expected) in [
        (json!({}), false),
        (again, true),
        (ends(1, "Error", "no route"), true),
        (removed, false),
        (json!({"/pods/0/metadata/uid": "another"}), false),
    ] {
        let facts = facts(&spoilt(changes.clone()));
        assert_eq!(restarts(&facts, &head), expected, "{changes}");
    }
}

#[test]
fn of_a_crash_the_last_words_are_told() {
    let traceback =
        format!("Traceback (most recent call last):{} Exception: timed out", " .".repeat(300));
    let head = HeadPod { name: "head".into(), uid: "head".into(), restarts: 0 };
    let facts = facts(&spoilt(ends(1, "Error", &traceback)));
    let lost = lost(&facts, &head, &request(IMAGE, &[])).unwrap().to_string();
    assert!(lost.contains("Exception: timed out; run again"), "{lost}");
}

#[test]
fn a_worker_that_fails_beside_one_that_runs_is_only_a_word() {
    let failing = json!({"name": "ray", "restartCount": 3, "state": {"waiting": {
        "reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1,
        "message": "RuntimeError: Version mismatch: the cluster was started with Python 3.11"}}});
    let mut value = spoilt(json!({"/pods/1/status/containerStatuses/0": failing}));
    let alone = workers(&facts(&value), &request(IMAGE, &[])).unwrap();
    assert_eq!(
        told(&alone),
        "at once: a worker pod has other versions than the head: RuntimeError: Version mismatch: \
         the cluster was started with Python 3.11; use one image for all pods in cluster.template \
         (.github/raycluster.yml)"
    );
    value["pods"].as_array_mut().unwrap().push(pod("worker"));
    let beside = workers(&facts(&value), &request(IMAGE, &[])).unwrap();
    assert_eq!(beside.patience, None);
    assert!(workers(&facts(&healthy()), &request(IMAGE, &[])).is_none());
}

#[test]
fn a_head_that_fails_its_health_checks_has_a_minute() {
    let head = HeadPod { name: "head".to_owned(), uid: "1".to_owned(), restarts: 0 };
    let with = |ready: &str| {
        let pod = json!({
            "metadata": {"name": "head", "uid": "1", "labels": {"ray.io/node-type": "head"}},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        });
        Facts { pods: vec![serde_json::from_value(pod).unwrap()], ..Facts::default() }
    };
    assert_eq!(health(&with("True"), &head), None);
    assert_eq!(health(&with("Unknown"), &head), None);
    assert_eq!(health(&Facts::default(), &head), None);
    let (patience, failure) = health(&with("False"), &head).unwrap().patience.unwrap();
    assert_eq!(patience.as_secs(), 60);
    assert!(failure.to_string().contains("failed its health checks"), "{failure}");
}

#[test]
fn what_a_cluster_says_is_bounded() {
    let value = spoilt(waits("ErrImagePull", &"x".repeat(100_000)));
    assert!(found(&diagnose(&facts(&value), &request(IMAGE, &[]))).len() < 1000);
}
