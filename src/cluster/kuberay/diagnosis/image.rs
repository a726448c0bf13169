//! An image that cannot be pulled.

mod hindrance;

use super::{ClusterFailure, Obstacle, pod, subject::PodSubject, words};
use hindrance::Hindrance;

/// Not the stage of a pull that is still going on, whose time is not to be counted here.
const RETRYING: &str = "retrying to pull the image";

/// The waiting reasons of a container that are about its image.
pub(super) fn obstacle(
    subject: &PodSubject<'_>,
    container: &str,
    reason: &str,
    message: &str,
) -> Option<Obstacle> {
    let image = subject.image(container);
    match reason {
        "InvalidImageName" => Some(Obstacle::fatal(ClusterFailure::new(
            format!("{image} is not the name of an image: {}", words(message)),
            format!("correct {}", subject.image_key(image)),
        ))),
        "ErrImageNeverPull" => Some(Obstacle::fatal(ClusterFailure::new(
            format!("the image {image} is not on the node, and the pod forbids to pull it"),
            format!("correct imagePullPolicy in {}", subject.request.template()),
        ))),
        "ErrImagePull"
        | "ImagePullBackOff"
        | "RegistryUnavailable"
        | "SignatureValidationFailed"
        | "ImageInspectError" => Some(failing(subject, image, told(subject, message))),
        _ => None,
    }
}

/// The cause.  Older kubelets tell it in an event only, and of a back-off only that it is one.
fn told<'a>(subject: &PodSubject<'a>, message: &'a str) -> &'a str {
    if let Some((_, cause)) = message.split_once("ErrImagePull: ") {
        return cause;
    }
    let pulls = subject.own_events().filter(|event| {
        event.message.as_deref().is_some_and(|it| it.starts_with("Failed to pull image"))
    });
    let pull =
        pulls.max_by_key(|event| pod::time(event)).and_then(|event| event.message.as_deref());
    let bare = message.is_empty() || message.starts_with("Back-off pulling image");
    pull.filter(|_| bare).unwrap_or(message)
}

fn failing(subject: &PodSubject<'_>, image: &str, message: &str) -> Obstacle {
    let hindrance = Hindrance::told_by(message, image);
    let (seconds, reason, remedy) = explain(hindrance, subject, image);
    // What comes before the last mention of the image only says who told whom.
    let cause = message.rsplit_once(&format!("{image}\": ")).map_or(message, |(_, cause)| cause);
    let cause = cause.strip_prefix(&format!("{image}: ")).unwrap_or(cause);
    let detail = words(cause);
    let reason = format!("{reason}: {detail}");
    Obstacle::for_seconds(RETRYING, &detail, seconds, ClusterFailure::new(reason, remedy))
}

/// For how many seconds it may heal, what it is, and what to do.
fn explain(hindrance: Hindrance, subject: &PodSubject<'_>, image: &str) -> (u64, String, String) {
    let key = subject.image_key(image);
    match hindrance {
        Hindrance::Platform => {
            let remedy = format!("build it for the nodes' architecture, or correct {key}");
            (0, format!("the image {image} is not made for the nodes"), remedy)
        }
        Hindrance::RateLimit => {
            let remedy = "pull with credentials (imagePullSecrets), or from a registry nearby";
            (45, format!("the registry of {image} limits the rate of pulls"), remedy.to_owned())
        }
        Hindrance::Denied => {
            let reason = format!("the registry does not let the cluster pull {image}");
            (0, reason, credentials(subject, &key))
        }
        Hindrance::Untrusted => {
            let remedy = format!("let the nodes trust that registry, or correct {key}");
            (0, format!("the nodes do not trust the registry of {image}"), remedy)
        }
        Hindrance::Unreachable => {
            let remedy = format!("check {key} and the nodes' way to that registry");
            (45, format!("the nodes do not reach the registry of {image}"), remedy)
        }
        Hindrance::Missing => {
            (0, format!("there is no image {image}"), format!("push it, or correct {key}"))
        }
        Hindrance::Unknown => {
            (60, format!("the image {image} cannot be pulled"), format!("check {key}"))
        }
    }
}

fn credentials(subject: &PodSubject<'_>, key: &str) -> String {
    let namespace = subject.request.namespace;
    let spec = subject.pod.spec.as_ref();
    let secrets = spec.and_then(|spec| spec.image_pull_secrets.as_deref()).unwrap_or_default();
    let names: Vec<_> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    if !names.is_empty() {
        let names = words(&names.join(", "));
        return format!("check the pull secret {names} in namespace {namespace}, and {key}");
    }
    let account = spec.and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    format!(
        "name a pull secret as imagePullSecrets in {} or in the service account {} of namespace \
         {namespace}, or correct {key}",
        subject.request.template(),
        words(account)
    )
}
