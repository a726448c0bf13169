//! May these credentials do what a comparison does?  Asks the server right by right, as no list of
//! rules is complete with every authorizer.

use futures_util::future::try_join_all;

use super::{
    super::{Check, State},
    explain,
    role::{self, Right},
};
use crate::cluster::kubeconfig::Access;

pub(super) const NAME: &str = "permissions";
/// Where the Role is, for people.
const ROLE: &str = concat!("manifests/role.yml of ", env!("CARGO_PKG_REPOSITORY"));

pub(super) async fn check(access: &Access, user: Option<&str>) -> Check {
    let needed = match role::needed() {
        Ok(needed) => needed,
        Err(error) => return Check::problem(NAME, &error),
    };
    let namespace = access.namespace.as_str();
    let asked = needed.iter().map(|right| access.may(right.attributes(Some(namespace))));
    let answers = try_join_all(asked).await;
    let everything = access.may(Right::everything().attributes(None)).await;
    let (granted, everything) = match (answers, everything) {
        (Ok(granted), Ok(everything)) => (granted, everything),
        (Err(error), _) | (_, Err(error)) => {
            let resource = "selfsubjectaccessreviews.authorization.k8s.io";
            return Check::problem(NAME, &explain(error, "create", resource, access));
        }
    };
    let count = needed.len();
    let missing: Vec<Right> = needed
        .into_iter()
        .zip(granted)
        .filter(|(_, granted)| !granted)
        .map(|(right, _)| right)
        .collect();
    judge(&missing, count, everything, namespace, user)
}

fn judge(
    missing: &[Right],
    needed: usize,
    everything: bool,
    namespace: &str,
    user: Option<&str>,
) -> Check {
    if missing.len() == needed {
        let found = format!("none of the {needed} that are needed in namespace {namespace}");
        return Check::new(NAME, State::Problem, found).remedy(bind(namespace, user));
    }
    if !missing.is_empty() {
        let found = format!("missing in namespace {namespace}: {}", role::told(missing));
        let advice = format!("apply {ROLE}, or add to the rules of the Role:");
        return Check::new(NAME, State::Problem, found)
            .remedy(format!("{advice}\n{}", role::yaml(missing)));
    }
    if everything {
        let found = "these credentials may do everything in the whole cluster";
        return Check::new(NAME, State::Warning, found).remedy(format!(
            "use an account with no more permissions than this Role grants ({ROLE}):\n{}",
            role(namespace)
        ));
    }
    Check::ok(NAME, format!("all {needed} that are needed in namespace {namespace}"))
}

/// How the Role gets to whom it is for.
fn bind(namespace: &str, user: Option<&str>) -> String {
    let account = user.and_then(|user| user.strip_prefix("system:serviceaccount:"));
    let subject = match (account, user) {
        (Some(account), _) => format!("--serviceaccount {account}"),
        (None, Some(user)) => format!("--user {user}"),
        (None, None) => "--user NAME".to_owned(),
    };
    format!(
        "apply {ROLE} and bind it:\n{}\n\
         kubectl create rolebinding regression-action -n {namespace} --role regression-action \
         {subject}",
        role(namespace)
    )
}

fn role(namespace: &str) -> String {
    format!("kubectl apply -n {namespace} -f manifests/role.yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(missing: usize, everything: bool, user: Option<&str>) -> (State, String) {
        let needed = role::needed().unwrap();
        let check = judge(&needed[..missing], needed.len(), everything, "ml", user);
        (check.state, format!("{}\n{}", check.found, check.remedy.unwrap_or_default()))
    }

    #[test]
    fn missing_rights_are_a_problem_and_too_many_a_warning() {
        assert_eq!(judged(0, false, None).0, State::Ok);
        assert_eq!(judged(0, true, None).0, State::Warning);
        let (state, told) = judged(2, false, None);
        assert_eq!(state, State::Problem);
        assert!(told.contains("namespace ml: create, get rayjobs.ray.io\n"), "{told}");
        assert!(told.contains("  verbs: [create, get]"), "{told}");
    }

    #[test]
    fn without_any_right_the_binding_is_what_is_missing() {
        let needed = role::needed().unwrap().len();
        let told = |user| judged(needed, false, user).1;
        let account = told(Some("system:serviceaccount:ml:ci"));
        assert!(account.contains("--serviceaccount ml:ci"), "{account}");
        assert!(told(Some("jane")).contains("--user jane"));
    }
}
