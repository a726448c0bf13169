//! Rows that the real cluster does not show: other versions, registries and schedulers.

use serde_json::{Value, json};

use super::{ends, event, waits};

type Row = (&'static str, Value);

pub(super) fn all() -> Vec<Row> {
    [operator(), creation(), scheduling(), image(), containers()].concat()
}

fn operator() -> Vec<Row> {
    vec![
        ("the head runs", json!({})),
        ("no RayJob", json!({"/rayJob": null})),
        (
            "RayJob is being deleted",
            json!({"/rayJob/metadata/deletionTimestamp": "2026-11-24T08:00:00Z"}),
        ),
        ("operator absent", json!({"/rayJob/status": null, "/rayCluster": null, "/pods": []})),
        (
            "operator before 1.5 rejects",
            json!({
                "/rayJob/status": null, "/rayCluster": null, "/pods": [],
                "/events": [event("job", "InvalidRayJobSpec", "ml/train: shutdown is needed")],
            }),
        ),
        (
            "failed otherwise",
            json!({"/rayJob/status": {
                "jobDeploymentStatus": "Failed", "reason": "AppFailed", "message": "the app failed",
            }}),
        ),
        (
            "RayCluster suspended",
            json!({
                "/rayJob/metadata/labels": {"kueue.x-k8s.io/queue-name": "gpus"},
                "/rayCluster/status/state": "suspended", "/pods": [],
            }),
        ),
        (
            "RayCluster refused",
            json!({
                "/rayCluster": null, "/pods": [],
                "/events": [event("job", "FailedToCreateRayCluster", "Failed to create RayCluster ml/x: \
                    rayclusters.ray.io \"x\" is forbidden: exceeded quota: objects, requested: \
                    count/rayclusters.ray.io=1, used: 2, limited: 2")],
            }),
        ),
        (
            "invalid RayCluster",
            json!({
                "/pods": [],
                "/events": [event("cluster", "InvalidRayClusterSpec", "The RayCluster spec is invalid \
                    ml/x: rayStartParams is bad")],
            }),
        ),
        ("head pod not made yet", json!({"/pods": []})),
    ]
}

fn creation() -> Vec<Row> {
    vec![
        (
            "webhook denies",
            refuses(
                "FailedCreateHeadPod",
                "FailedCreateHeadPod\nadmission webhook \
            \"policy.acme.dev\" denied the request: images must come from registry.acme.dev",
            ),
        ),
        (
            "webhook does not answer",
            refuses(
                "FailedCreateHeadPod",
                "Internal error occurred: failed \
            calling webhook \"policy.acme.dev\": connection refused",
            ),
        ),
        (
            "operator may not",
            refuses(
                "FailedCreateHeadPod",
                "pods is forbidden: User \
            \"system:serviceaccount:kuberay:op\" cannot create resource \"pods\" in API group \"\" in \
            the namespace \"ml\"",
            ),
        ),
        (
            "namespace goes away",
            refuses(
                "FailedCreateHeadPod",
                "pods \"x\" is forbidden: unable to \
            create new content in namespace ml because it is being terminated",
            ),
        ),
        ("worker refused, head not made yet", refuses("FailedCreateWorkerPod", "exceeded quota")),
    ]
}

fn scheduling() -> Vec<Row> {
    vec![
        (
            "autoscaler works",
            unscheduled(
                "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
                &[event(
                    "head",
                    "TriggeredScaleUp",
                    "pod triggered scale-up: [{pool 0->1 (max: 3)}]",
                )],
            ),
        ),
        (
            "autoscaler gives up",
            unscheduled(
                "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
                &[event(
                    "head",
                    "NotTriggerScaleUp",
                    "pod didn't trigger scale-up: 1 max size reached",
                )],
            ),
        ),
        (
            "older scheduler names the taint",
            unscheduled(
                "0/3 nodes are available: 1 node(s) had \
            untolerated taint {dedicated: research}, 2 Insufficient memory. preemption: none",
                &[],
            ),
        ),
        (
            "taint of the control plane",
            unscheduled(
                "0/2 nodes are available: 1 node(s) had \
            untolerated taint {node-role.kubernetes.io/control-plane: }, 1 Insufficient cpu.",
                &[],
            ),
        ),
        (
            "a full node",
            unscheduled(
                "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: \
            0/1 nodes are available: 1 No preemption victims found for incoming pod.",
                &[],
            ),
        ),
        (
            "another scheduler",
            json!({
                "/pods/0/spec/schedulerName": "volcano",
                "/pods/0/status/conditions/0": {
                    "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": "pod group is not ready, 1 Pending, 2 minAvailable",
                },
            }),
        ),
        (
            "scheduling gate",
            json!({"/pods/0/status/conditions/0": {
                "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
            }}),
        ),
    ]
}

fn image() -> Vec<Row> {
    let pull = |message: &str| waits("ErrImagePull", message);
    vec![
        (
            "denied by ghcr",
            pull(
                "failed to pull and unpack image \"ghcr.io/acme/train:8f3a\": failed \
            to resolve reference \"ghcr.io/acme/train:8f3a\": failed to authorize: failed to fetch \
            anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 \
            Forbidden",
            ),
        ),
        (
            "docker hub",
            pull(
                "pull access denied, repository does not exist or may require \
            authorization: server message: insufficient_scope: authorization failed",
            ),
        ),
        ("cri-o", pull("reading manifest 8f3a in ghcr.io/acme/train: manifest unknown")),
        ("rate limit", pull("429 Too Many Requests: toomanyrequests: you have reached your limit")),
        ("wrong architecture", pull("no match for platform in manifest: not found")),
        (
            "private authority",
            pull(
                "tls: failed to verify certificate: x509: certificate signed by \
            unknown authority",
            ),
        ),
        ("unknown", pull("no space left on device")),
        (
            "older kubelet backs off",
            json!({
                "/pods/0/status/containerStatuses/0/state": {"waiting": {
                    "reason": "ImagePullBackOff",
                    "message": "Back-off pulling image \"ghcr.io/acme/train:8f3a\"",
                }},
                "/events": [
                    event("head", "Failed", "Failed to pull image \"ghcr.io/acme/train:8f3a\": not found"),
                    event("head", "Failed", "Error: ImagePullBackOff"),
                ],
            }),
        ),
        ("hostile", pull("\u{1b}[31m::error::x\n##[group]y\u{202e} not found")),
    ]
}

fn containers() -> Vec<Row> {
    let missing = || waits("CreateContainerConfigError", "secret \"train-x\" not found");
    let mut ours = missing();
    ours["/pods/0/metadata/labels"] =
        json!({"ray.io/node-type": "head", "regression-action/run": "train-x"});
    vec![
        ("Secret of ours to come", ours),
        ("Secret of the template", missing()),
        ("no start", waits("RunContainerError", "context deadline exceeded")),
        (
            "sandbox",
            json!({
                "/pods/0/status/containerStatuses": null,
                "/events": [event("head", "FailedCreatePodSandBox", "plugin type=\"bridge\" failed (add): \
                    no free addresses")],
            }),
        ),
        ("first crash", ends(1, "Error", "")),
        (
            "crash of the probe",
            json!({
                "/pods/0/status/containerStatuses/0": {"name": "ray", "restartCount": 2, "state": {
                    "running": {}}, "lastState": {"terminated": {"exitCode": 137, "reason": "Error"}}},
                "/events": [event("head", "Killing", "Container ray failed liveness probe, will be \
                    restarted")],
            }),
        ),
        (
            "runs again after one crash",
            json!({
                "/pods/0/status/containerStatuses/0": {"name": "ray", "restartCount": 1, "state": {
                    "running": {}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}},
            }),
        ),
        (
            "evicted",
            json!({
                "/pods/0/status/phase": "Failed", "/pods/0/status/reason": "Evicted",
                "/pods/0/status/message": "The node was low on resource: memory.",
            }),
        ),
        (
            "heads that end one after the other",
            json!({
                "/events": [
                    event("cluster", "DeletedHeadPod", "Deleted head Pod ml/a; Pod status: Failed"),
                    event("cluster", "DeletedHeadPod", "Deleted head Pod ml/b; Pod status: Failed; Ray \
                        container terminated status: &ContainerStateTerminated{ExitCode:1,}"),
                ],
            }),
        ),
    ]
}

pub(super) fn unscheduled(message: &str, events: &[Value]) -> Value {
    json!({
        "/pods/0/status/conditions/0": {
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": message,
        },
        "/events": events,
    })
}

fn refuses(reason: &str, message: &str) -> Value {
    let condition = json!({"type": "ReplicaFailure", "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": "2026-11-24T08:00:00Z"});
    json!({"/pods": [], "/rayCluster/status/conditions": [condition]})
}
