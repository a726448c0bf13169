//! Is `KubeRay` there, and what does it support?  The kind of lease tells its age, as the dry run of a
//! `RayJob` found it; where its operator can be seen, that has to agree.

use super::{
    super::{Check, State},
    explain,
    operator::Operator,
};
use crate::cluster::{kubeconfig::Access, rehearsal::Features};

pub(super) const NAME: &str = "KubeRay";
const API: &str = "ray.io/v1";
/// The first with `submissionMode: InteractiveMode`.
const OLDEST: (u32, u32) = (1, 3);
/// The first with a lease of its own and with tokens of ours.
const LEASE: (u32, u32) = (1, 6);
/// The newest whose rules are known.
const NEWEST: (u32, u32) = (1, 7);
const INSTALL: &str = "install it:\n\
    helm install kuberay-operator kuberay-operator --version 1.6.2 \
    --repo https://ray-project.github.io/kuberay-helm/ \
    --namespace kuberay-system --create-namespace";
const CUSTOM_RESOURCES: &str = "Helm leaves them as they are; bring them to the operator's version:\n\
    kubectl replace -k 'github.com/ray-project/kuberay/ray-operator/config/crd?ref=v1.6.2'";
const UPGRADE: &str = "upgrade KubeRay to 1.6 or later, its custom resources too";

pub(super) async fn check(access: &Access, features: Option<Features>, ray_version: &str) -> Check {
    match access.client.list_api_group_resources(API).await {
        Ok(list) if list.resources.iter().any(|resource| resource.name == "rayjobs") => {}
        Ok(_) => return absent(),
        Err(kube::Error::Api(status)) if status.code == 404 => return absent(),
        Err(error) => return Check::problem(NAME, &explain(error, "discover", API, access)),
    }
    judge(features, Operator::find(access).await.as_ref(), ray_version)
}

fn absent() -> Check {
    Check::new(NAME, State::Problem, format!("not installed: {API} is not served")).remedy(INSTALL)
}

fn judge(features: Option<Features>, operator: Option<&Operator>, ray_version: &str) -> Check {
    let seen = operator.map(|operator| format!(", operator {}", operator.image));
    let seen = seen.unwrap_or_default();
    if let Some(check) = operator.and_then(|operator| unusable(operator, &seen)) {
        return check;
    }
    let Some(features) = features else {
        return Check::ok(
            NAME,
            format!("{API} is served{seen}; no dry run tells what it supports"),
        );
    };
    let as_new = operator.and_then(Operator::version).map(|version| version >= LEASE);
    let (state, found, remedy) = match (features.pre_running_deadline, as_new) {
        (true, Some(false)) => {
            let found = format!("its custom resources are of 1.6 or later{seen} ignores the lease");
            (State::Problem, found, "upgrade the operator to 1.6 or later")
        }
        (true, _) if features.token => {
            let clock = clock(operator.and_then(Operator::version));
            return Check::ok(
                NAME,
                format!("1.6 or later{seen}: keeps the lease, {clock}; Ray's token"),
            );
        }
        (true, _) => {
            let found = format!("1.6 or later{seen}: keeps the lease; Ray {ray_version} {OPEN}");
            (State::Warning, found, "raise cluster.ray-version to 2.52 or later")
        }
        (false, Some(true)) => {
            let found = format!("its custom resources are older than 1.6{seen}: {SLOWER}");
            (State::Warning, found, CUSTOM_RESOURCES)
        }
        (false, _) => (State::Warning, format!("older than 1.6{seen}: {SLOWER}"), UPGRADE),
    };
    Check::new(NAME, state, found).remedy(remedy)
}

/// Why no comparison can work with an operator, whatever its custom resources support.
fn unusable(operator: &Operator, seen: &str) -> Option<Check> {
    let problem = |found: String| Check::new(NAME, State::Problem, found);
    if !operator.runs {
        return Some(problem(format!("no pod of it is available{seen}")).remedy(format!(
            "see why: kubectl describe deployments,pods -n {} -l '{}'",
            operator.namespace,
            Operator::selector()
        )));
    }
    let old = operator.version().is_some_and(|version| version < OLDEST);
    old.then(|| problem(format!("older than 1.3, the first that works{seen}")).remedy(UPGRADE))
}

/// From when an operator counts the seconds of a lease.  That of 1.6 and 1.7 was read in their code; a later one
/// may count anew once Ray is up (<https://github.com/ray-project/kuberay/issues/5193>).
fn clock(version: Option<(u32, u32)>) -> &'static str {
    match version {
        Some(version) if version <= NEWEST => "counted from the RayJob's start",
        _ => {
            "counted up to 1.7 from the RayJob's start; a later one may count from when Ray is up \
             (ray-project/kuberay#5193), so that a killed run's cluster stays longer by the time of its start"
        }
    }
}

/// What a Ray without a token is worse at.
const OPEN: &str = "knows no token, so that whoever reaches its port commands it";
/// What an old `KubeRay` is worse at.
const SLOWER: &str = "where Ray answers the operator no more, a killed run's cluster may stay up to 20 minutes \
                      longer than the lease; and Ray has no token";

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(lease: bool, token: bool, tag: Option<&str>) -> (State, String) {
        let operator = tag.map(|tag| Operator {
            image: format!("quay.io/kuberay/operator:{tag}"),
            namespace: "kuberay-system".into(),
            runs: tag != "down",
        });
        let features = Features { pre_running_deadline: lease, token };
        let check = judge(Some(features), operator.as_ref(), "2.51.0");
        (check.state, format!("{} | {}", check.found, check.remedy.unwrap_or_default()))
    }

    #[test]
    fn the_lease_tells_the_age_and_the_operator_must_agree() {
        for (lease, token, tag, state, told) in [
            (true, true, None, State::Ok, "1.6 or later: keeps the lease"),
            (
                true,
                true,
                Some("v1.6.2"),
                State::Ok,
                "keeps the lease, counted from the RayJob's start; Ray's",
            ),
            (true, true, Some("v1.8.0"), State::Ok, "ray-project/kuberay#5193"),
            (true, true, None, State::Ok, "counted up to 1.7"),
            (true, true, Some("nightly"), State::Ok, "operator:nightly: keeps"),
            (true, false, None, State::Warning, "Ray 2.51.0 knows no token"),
            (false, false, None, State::Warning, "older than 1.6: where Ray answers"),
            (false, false, Some("v1.4.2"), State::Warning, "upgrade KubeRay"),
            (false, false, Some("v1.6.2"), State::Warning, "kubectl replace -k"),
            (true, true, Some("v1.5.1"), State::Problem, "operator:v1.5.1 ignores the lease"),
            (false, false, Some("v1.2.0"), State::Problem, "older than 1.3"),
            (true, true, Some("down"), State::Problem, "-n kuberay-system"),
        ] {
            let (found, text) = judged(lease, token, tag);
            assert_eq!(found, state, "{tag:?} {lease} {token}: {text}");
            assert!(text.contains(told), "{told}: {text}");
        }
    }

    #[test]
    fn without_a_dry_run_nothing_is_claimed() {
        let check = judge(None, None, "");
        assert_eq!(check.state, State::Ok);
        assert!(check.found.contains("no dry run"), "{}", check.found);
    }
}
