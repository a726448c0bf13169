//! Checks of the way into Kubernetes and of what a cluster there needs.  The server is asked to create
//! things only as a dry run.

mod kuberay;
mod network;
mod operator;
mod permissions;
mod role;
mod server;

use std::time::{Duration, SystemTime};

use anyhow::{Error, Result};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use super::{Check, Examination, State, Subject, machine, room};
use crate::{
    cluster::{
        ClusterRequest,
        kubeconfig::{self, Access},
        rehearsal::{explain, rehearse},
    },
    compare::{Images, Sides},
    config::Config,
    experiment::{KubernetesChoice, backend},
    progress::Progress,
};

/// What is looked at on Kubernetes, in this order.
const STEPS: [&str; 10] = [
    IMAGE,
    room::TRAINING,
    "kubeconfig",
    server::ANSWER,
    server::CREDENTIALS,
    NAMESPACE,
    permissions::NAME,
    kuberay::NAME,
    network::NAME,
    RAY_JOB,
];
const IMAGE: &str = "image";
const NAMESPACE: &str = "namespace";
const RAY_JOB: &str = "RayJob";
/// The name of the cluster that is rehearsed.
const NAME: &str = "regression-doctor";

pub(super) async fn look(choice: &KubernetesChoice, subject: &Subject<'_>, seen: &mut Examination) {
    let request = request(choice, subject, seen).await;
    match kubeconfig::connect(&choice.options).await {
        Ok(access) => {
            let longest = subject.config.as_ref().map(Config::longest);
            seen.push(way(&access, longest.unwrap_or_default()));
            cluster(&access, request.as_ref(), seen).await;
        }
        Err(error) => seen.push(Check::problem("kubeconfig", &error)),
    }
    seen.unchecked = STEPS.into_iter().filter(|step| !seen.has(step)).collect();
}

/// What a comparison would ask for, if the config allows to tell.
async fn request(
    choice: &KubernetesChoice,
    subject: &Subject<'_>,
    seen: &mut Examination,
) -> Option<ClusterRequest> {
    let config = subject.config.as_ref().ok()?;
    let image = image(subject, config).await;
    let there = image.as_ref().map_err(copy).and_then(|images| images.check().map(|()| images));
    let found = |images: &Images| {
        let name = images.names().first().copied().unwrap_or_default().to_owned();
        (name, images.warnings().to_vec())
    };
    seen.push(Check::with_warnings(IMAGE, there.map(found)));
    seen.push(room::declared(config));
    let template = match (&subject.repository, &config.cluster.template) {
        (_, None) => None,
        (Err(_), Some(_)) => return None,
        (Ok(repository), Some(path)) => {
            let read = |path: &str| machine::read(repository, path);
            let template = backend::template(config, read, "the work tree or HEAD");
            seen.push(Check::of("template", template.as_ref().map(|_| path).map_err(copy)));
            template.ok()?
        }
    };
    let image = image.ok()?.names().first()?.to_string();
    Some(backend::request(choice, config, NAME.to_owned(), image, template))
}

/// The image of HEAD.
async fn image(subject: &Subject<'_>, config: &Config) -> Result<Images> {
    let repository = subject.repository.as_ref().map_err(copy)?;
    let registry = subject.registry.as_ref().map_err(copy)?;
    let head = repository.resolve("HEAD")?;
    let sides = Sides::plain(head.clone(), head);
    Images::look(repository, config, &sides, registry, &Progress::silent()).await
}

fn copy(error: &Error) -> Error {
    Error::msg(format!("{error:#}"))
}

/// How we get there, and whether that lasts for as long as a run may take.
fn way(access: &Access, longest: Duration) -> Check {
    let (description, warnings) =
        (&access.description, access.warnings_for(longest, SystemTime::now()));
    if warnings.is_empty() {
        return Check::ok("kubeconfig", description);
    }
    let found = format!("{description}; {}", warnings.join("; "));
    Check::new("kubeconfig", State::Warning, found)
}

/// What only the cluster itself can tell.
async fn cluster(access: &Access, request: Option<&ClusterRequest>, seen: &mut Examination) {
    let Some(user) = server::knows_us(access, seen).await else { return };
    let rehearsed = match request {
        Some(request) => Some((request, rehearse(access, request).await)),
        None => None,
    };
    let features = rehearsed.as_ref().and_then(|(_, rehearsed)| rehearsed.as_ref().ok()).copied();
    let namespace = namespace(access, features.is_some()).await;
    let absent = namespace.as_ref().is_some_and(|check| check.state == State::Problem);
    seen.checks.extend(namespace);
    seen.push(permissions::check(access, user.as_deref()).await);
    let ray_version = request.map_or("", |request| &request.size.ray_version);
    seen.push(kuberay::check(access, features, ray_version).await);
    seen.push(network::check(access).await);
    // In a namespace that is not there, the refusal says that again.
    if let (Some((request, rehearsed)), false) = (rehearsed, absent) {
        seen.push(ray_job(rehearsed.map(drop), &request.image));
    }
}

fn ray_job(rehearsed: Result<()>, image: &str) -> Check {
    match rehearsed {
        Ok(()) => Check::ok(RAY_JOB, format!("a dry run accepts {image}, without its pods")),
        // The API server's words for an admission webhook with side effects.
        Err(error) if format!("{error:#}").contains("does not support dry run") => {
            Check::new(RAY_JOB, State::Warning, format!("cannot be tried: {error:#}"))
        }
        Err(error) => Check::problem(RAY_JOB, &error),
    }
}

/// Whether the namespace is there, as far as the server tells; that it takes a `RayJob` says so too.
async fn namespace(access: &Access, takes_a_job: bool) -> Option<Check> {
    let name = &access.namespace;
    let got = Api::<Namespace>::all(access.client.clone()).get(name).await;
    Some(match got {
        Ok(namespace) if namespace.metadata.deletion_timestamp.is_some() => {
            Check::new(NAMESPACE, State::Problem, format!("{name} is being deleted")).remedy(
                "wait until it is gone and create it anew, or choose another by --namespace",
            )
        }
        Ok(_) => Check::ok(NAMESPACE, name),
        Err(kube::Error::Api(status)) if status.code == 404 => {
            Check::new(NAMESPACE, State::Problem, format!("there is no {name}")).remedy(format!(
                "kubectl create namespace {name}, or choose another by --namespace"
            ))
        }
        // The Role does not let us look, and need not.
        Err(kube::Error::Api(status)) if status.code == 403 => {
            return takes_a_job.then(|| Check::ok(NAMESPACE, name));
        }
        Err(error) => Check::problem(NAMESPACE, &explain(error, "get", "namespaces", access)),
    })
}
