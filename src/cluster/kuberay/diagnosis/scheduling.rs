//! A pod that no node takes.

use super::{ClusterFailure, Obstacle, queue, subject::PodSubject, words};

/// The events of those who add nodes; the last one says that they will not.
const SCALERS: [&str; 3] = ["TriggeredScaleUp", "Nominated", "NotTriggerScaleUp"];

/// Seconds in which something that adds nodes on demand says whether it will.  Cluster autoscalers
/// look every ten seconds, and whether there is one cannot be seen with our rights.
const UNTIL_A_WORD: u64 = 30;
/// Seconds once it has said no.
const AFTER_A_NO: u64 = 3;

/// The scheduler's word for a node that is large enough, but full of pods that are not less important
/// than ours.  They end by themselves; until `limits.provision` we wait.
const BUSY: &str = "No preemption victims found";

/// Words of the scheduler, and what to do in the template.
const SIGNS: [(&[&str], &str); 2] = [
    (
        &["affinity/selector", "affinity rules", "node selector", "topology spread"],
        "correct the node selector or affinity",
    ),
    (
        &[
            "ersistentvolumeclaim",
            "PersistentVolumeClaim",
            "persistent volume",
            "volume node affinity",
        ],
        "create or bind the claim, or correct the volumes",
    ),
];

pub(super) fn obstacle(subject: &PodSubject<'_>) -> Option<Obstacle> {
    let condition = subject.condition("PodScheduled");
    let Some(condition) = condition.filter(|condition| condition.status != "True") else {
        return condition.is_none().then(|| Obstacle::waiting("waiting for the scheduler", ""));
    };
    if condition.reason.as_deref() == Some("SchedulingGated") {
        return Some(queue::gated());
    }
    let message = condition.message.as_deref().unwrap_or_default();
    let is_busy = message.contains(BUSY);
    // The rest is about what eviction of other pods would help.
    let message = message.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let detail = words(message);
    if is_busy {
        return Some(Obstacle::waiting("waiting for room on the nodes", detail));
    }
    Some(match patience(subject) {
        None => Obstacle::waiting("waiting for a new node", detail),
        Some(seconds) => {
            let failure = failure(subject, message, &detail);
            Obstacle::for_seconds("waiting for a node", &detail, seconds, failure)
        }
    })
}

/// None where a node is on its way, or another scheduler decides in its own time.
fn patience(subject: &PodSubject<'_>) -> Option<u64> {
    let scheduler = subject.pod.spec.as_ref().and_then(|spec| spec.scheduler_name.as_deref());
    if scheduler.is_some_and(|name| name != "default-scheduler") {
        return None;
    }
    match subject.newest(&SCALERS).and_then(|event| event.reason.as_deref()) {
        Some("NotTriggerScaleUp") => Some(AFTER_A_NO),
        Some(_) => None,
        None => Some(UNTIL_A_WORD),
    }
}

fn failure(subject: &PodSubject<'_>, message: &str, words: &str) -> ClusterFailure {
    let reason = format!("no node takes {}{}: {words}", subject.role.pod(), subject.size());
    let mut remedies = remedies(subject, message);
    if remedies.is_empty() {
        remedies.push(format!("add a node, or lower {}", subject.role.key()));
    }
    ClusterFailure::new(reason, remedies.join(", or "))
}

/// One for each cause among the nodes: any of them would do.
fn remedies(subject: &PodSubject<'_>, message: &str) -> Vec<String> {
    let (key, template) = (subject.role.key(), subject.request.template());
    let scarce = scarce(message).map(|resource| lower(resource, key, &template));
    let signs = SIGNS.iter().filter(|(signs, _)| signs.iter().any(|sign| message.contains(sign)));
    let signs = signs.map(|(_, remedy)| format!("{remedy} in {template}"));
    let taint = taint(message).map(|taint| format!("tolerate {taint} in {template}"));
    scarce.chain(signs).chain(taint).collect()
}

/// Newer schedulers do not name the taint.
fn taint(message: &str) -> Option<String> {
    let (_, behind) = message.split_once("untolerated taint")?;
    let Some(named) = behind.strip_prefix(" {").and_then(|it| it.split('}').next()) else {
        return Some("the nodes' taints (kubectl describe nodes)".to_owned());
    };
    // Nodes of the control plane, and broken ones, are not for trainings.
    let reserved = ["node-role.kubernetes.io/", "node.kubernetes.io/"];
    let ours = !reserved.iter().any(|prefix| named.starts_with(prefix));
    ours.then(|| format!("the taint {}", words(named.trim_end_matches([' ', ':']))))
}

/// The resources that the message calls insufficient.
fn scarce(message: &str) -> impl Iterator<Item = &str> {
    let behind = message.split("Insufficient ").skip(1);
    behind.map(|rest| rest.split([',', ' ']).next().unwrap_or_default().trim_end_matches('.'))
}

fn lower(resource: &str, key: &str, template: &str) -> String {
    match resource {
        "cpu" | "memory" => format!("lower {key}.{resource} or add a larger node"),
        gpu if gpu.contains("/gpu") && key == "cluster.workers" => {
            format!("add nodes with {} or set {key}.gpu to 0", words(gpu))
        }
        other => format!("add nodes with {} or ask for less in {template}", words(other)),
    }
}
