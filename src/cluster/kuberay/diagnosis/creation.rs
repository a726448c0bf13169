//! Pods that Kubernetes' API server refuses to make: quotas, limit ranges, policies, accounts.

use super::{ClusterFailure, Facts, Obstacle, RequestWords, operator, pod::PodRole, words};

/// The stage of a pod that the API server has refused so far.
const REFUSED: &str = "Kubernetes refuses the pod";

/// There is no head pod.
pub(super) fn head(facts: &Facts, request: &RequestWords<'_>) -> Obstacle {
    of_role(facts, PodRole::Head, request)
        .unwrap_or_else(|| Obstacle::waiting("creating the head pod", ""))
}

/// A worker pod was refused.
pub(super) fn workers(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    of_role(facts, PodRole::Worker, request)
}

/// By the condition of the `RayCluster`, or by the event of operators that set none.
fn of_role(facts: &Facts, role: PodRole, request: &RequestWords<'_>) -> Option<Obstacle> {
    let (condition_reason, event_reason) = match role {
        PodRole::Head => ("FailedCreateHeadPod", "FailedToCreateHeadPod"),
        PodRole::Worker => ("FailedCreateWorkerPod", "FailedToCreateWorkerPod"),
    };
    let status = facts.ray_cluster.as_ref()?.status.as_ref();
    let conditions = status.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let condition =
        conditions.iter().find(|it| it.type_ == "ReplicaFailure" && it.status == "True");
    let message = match condition {
        Some(condition) if condition.reason == condition_reason => condition.message.as_str(),
        // The condition is of the other role, so this one has got past its refusal.
        Some(_) => return None,
        None if !conditions.is_empty() => return None,
        None => operator::newest(facts, &[event_reason])?.message.as_deref()?,
    };
    Some(refused(message, role.pod(), role.key(), request))
}

/// The API server's answer to the creation of `what`, whose size is at `key`.
pub(super) fn refused(
    message: &str,
    what: &str,
    key: &str,
    request: &RequestWords<'_>,
) -> Obstacle {
    let is_invalid = message.contains(" is invalid: ");
    let message = core(message);
    let (seconds, remedy) = remedy(message, key, request);
    let seconds = if is_invalid { 0 } else { seconds };
    let namespace = request.namespace;
    let words = words(message);
    let reason = format!("Kubernetes refuses {what} in namespace {namespace}: {words}");
    Obstacle::for_seconds(REFUSED, &words, seconds, ClusterFailure::new(reason, remedy))
}

/// The part behind who wanted to make what, which is all that differs from one refusal to another.
fn core(message: &str) -> &str {
    let behind = |mark: &str| message.split_once(mark).map(|(_, rest)| rest);
    behind("is forbidden: ")
        .or_else(|| behind(" is invalid: "))
        // The operator puts its own word before the API server's.
        .or_else(|| behind("Pod\n"))
        .unwrap_or(message)
        .trim()
}

/// For how many seconds it may heal, and what to do.
fn remedy(message: &str, key: &str, request: &RequestWords<'_>) -> (u64, String) {
    let has = |part: &str| message.contains(part);
    let (template, namespace) = (request.template(), request.namespace);
    if has("exceeded quota") {
        let lower = if has("count/") { String::new() } else { format!("lower {key}, ") };
        return (8, format!("{lower}raise the quota, or choose another --namespace"));
    }
    if has("must specify") {
        return (0, format!("the quota wants these sizes from every pod: give them at {key}"));
    }
    if has(" usage per ") || has("limit to request ratio per ") {
        return (0, format!("fit {key} into the LimitRange of namespace {namespace}"));
    }
    if has("violates PodSecurity") {
        return (0, format!("give the pods a securityContext in {template}"));
    }
    if has("failed calling webhook") {
        return (30, "ask the cluster's owner: the webhook does not answer".to_owned());
    }
    if has("admission webhook") || has("ValidatingAdmissionPolicy") {
        return (0, format!("give the pods in {template} what the cluster's policy demands"));
    }
    accounts(message, request).unwrap_or_else(|| (10, format!("correct {key} or {template}")))
}

fn accounts(message: &str, request: &RequestWords<'_>) -> Option<(u64, String)> {
    let has = |part: &str| message.contains(part);
    let (template, namespace) = (request.template(), request.namespace);
    if has("error looking up service account") {
        // The default account of a new namespace comes a moment after the namespace.
        let remedy = format!(
            "create it in namespace {namespace}, or correct serviceAccountName in {template}"
        );
        return Some((8, remedy));
    }
    if has("no PriorityClass with name") {
        return Some((0, format!("correct priorityClassName in {template}")));
    }
    if has("being terminated") {
        return Some((0, "the namespace is being deleted: choose another --namespace".to_owned()));
    }
    if has("cannot create resource") {
        let remedy = format!("let the KubeRay operator create it in namespace {namespace} (RBAC)");
        return Some((10, remedy));
    }
    None
}
