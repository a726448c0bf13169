//! A way into a Kubernetes cluster: takes what the user said (or the environment), yields a client.
//!
//! The program of an exec plugin is run where a person typed the command, and refused in the action.  Everything
//! is checked before the first connection; no request goes to the API server here.  No message holds a secret.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::{Api, Client, Config, api::PostParams};
use reqwest::header::{HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    http::{self, CaBundle},
    progress::seconds,
};

mod bearer;
mod choice;
mod clients;
mod credentials;
mod environment;
mod error;
mod given;
mod jwt;
mod load;
mod namespace;
mod oidc;
mod pem;
mod program;
mod proxy;
mod renewal;
mod secrets;
mod server;
mod target;
#[cfg(test)]
mod tests;

use bearer::Bearer;
pub(crate) use clients::SilenceLimit;
use clients::build;
use credentials::{ChangingToken, Programs};
use environment::KubeVariables;
use load::{Kubeconfig, KubeconfigSource};
pub(crate) use program::program_failed;
pub(crate) use secrets::secrets;
pub(crate) use target::{ClusterTarget, target};

/// What the user said about the API server.
#[derive(Debug, Clone, Default)]
pub struct KubeOptions {
    /// A path, YAML, or base64 of YAML.  Absent: `$KUBECONFIG` (a list of paths, merged as kubectl
    /// does), else `~/.kube/config`, else the service account of the pod that this runs in.
    pub kubeconfig: Option<SecretString>,
    /// Absent: the kubeconfig's current context.
    pub context: Option<String>,
    /// Absent: the context's namespace, else `default`.
    pub namespace: Option<String>,
    /// Certificates that GitHub is trusted by, besides the system's, where it issues the token.  The API
    /// server is trusted by those of the kubeconfig.
    pub trust: Option<CaBundle>,
}

/// The path, if the input is one: the other forms hold secrets.
pub(crate) fn file(input: &SecretString) -> Option<PathBuf> {
    match given::read(input.expose_secret()) {
        Ok(given::KubeconfigInput::Path(path)) => Some(path),
        Ok(given::KubeconfigInput::Yaml(_) | given::KubeconfigInput::Encoded(_)) | Err(_) => None,
    }
}

/// A way into a Kubernetes cluster.
#[derive(Clone)]
pub struct Access {
    /// Sends requests that are answered at once to the API server; cheap to clone.
    pub client: Client,
    pub(crate) ways: Arc<Ways>,
    /// Where our objects go.
    pub namespace: String,
    /// For people: `context prod (https://10.0.0.1:6443), namespace ml`.
    pub description: String,
    /// What the user should know about this way, one sentence each.
    pub warnings: Vec<String>,
}

/// What else there is to know of the way.
pub(crate) struct Ways {
    /// A client for watches, which may be silent for a while.
    pub(crate) watching: Client,
    /// One for port-forwards, which may be silent for ever, and for what the server asks others about.
    pub(crate) lasting: Client,
    /// How long the server may be silent.
    pub(crate) silence: SilenceLimit,
    /// When the token of the kubeconfig ends, if it says so and nothing renews it.
    pub(crate) token_end: Option<SystemTime>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("description", &self.description)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Whether the API server lets these credentials do that, as it says itself.
    pub(crate) async fn may(&self, that: ResourceAttributes) -> kube::Result<bool> {
        let resource_attributes = Some(that);
        let spec = SelfSubjectAccessReviewSpec { resource_attributes, ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let reviews = Api::<SelfSubjectAccessReview>::all(self.client.clone());
        let review = reviews.create(&PostParams::default(), &review).await?;
        Ok(review.status.is_some_and(|status| status.allowed))
    }

    /// What the user should know before something that may take so long, one sentence each.
    pub(crate) fn warnings_for(&self, total: Duration, now: SystemTime) -> Vec<String> {
        let ends = self.ways.token_end.filter(|end| *end < now + total).map(|end| {
            let left = end.duration_since(now).unwrap_or_default();
            format!(
                "the token of the kubeconfig ends in {} ({}), sooner than `limits` lets a run go on ({}); \
                 {}",
                seconds(left),
                humantime::format_rfc3339_seconds(end),
                seconds(total),
                credentials::NEW_TOKEN
            )
        });
        self.warnings.iter().cloned().chain(ends).collect()
    }
}

/// Reads the kubeconfig and sets up a client for its API server.
///
/// It sends nothing to that server.  For the provider `github-oidc` it asks GitHub for a token, and for an exec
/// plugin it runs its program.
///
/// # Errors
///
/// What is wrong with the kubeconfig, and the remedy; never what the kubeconfig holds.
pub async fn connect(options: &KubeOptions) -> Result<Access> {
    connect_from(options, &KubeVariables::read()).await
}

async fn connect_from(options: &KubeOptions, environment: &KubeVariables) -> Result<Access> {
    connect_within(options, environment, SilenceLimit::default()).await
}

/// The same for a server that may be silent for another time.
#[cfg(test)]
pub(crate) async fn connect_impatiently(
    options: &KubeOptions,
    silence: SilenceLimit,
) -> Result<Access> {
    connect_within(options, &KubeVariables::default(), silence).await
}

async fn connect_within(
    options: &KubeOptions,
    environment: &KubeVariables,
    silence: SilenceLimit,
) -> Result<Access> {
    match load::find(options.kubeconfig.as_ref(), environment)? {
        KubeconfigSource::Kubeconfig(kubeconfig) => {
            let plan = plan(&kubeconfig, options, environment)
                .with_context(|| kubeconfig.origin.clone())?;
            access(plan, options, environment, silence)
                .await
                .with_context(|| kubeconfig.origin.clone())
        }
        KubeconfigSource::Pod => access(plan_in_pod(options)?, options, environment, silence).await,
    }
}

/// The secret by which we prove who we are, if the kubeconfig holds it: a token or a private key.  None: it is
/// fetched elsewhere, again and again.
///
/// # Errors
///
/// As for [`connect`].
pub(crate) fn credential(options: &KubeOptions) -> Result<Option<SecretString>> {
    let found = load::find(options.kubeconfig.as_ref(), &KubeVariables::read())?;
    let KubeconfigSource::Kubeconfig(kubeconfig) = found else { return Ok(None) };
    let read = || {
        let choice = choice::choose(&kubeconfig.config, given(options.context.as_deref()))?;
        // Only the action asks.
        credentials::read(&choice, kubeconfig.place, Programs::Refused)
    };
    let fixed = read().with_context(|| kubeconfig.origin.clone())?.fixed;
    Ok(fixed.token.or(fixed.client_key_data))
}

/// All that is known before anything is sent.
struct Plan {
    config: Config,
    /// A token that changes while we run, which kube is not told.
    token: Option<ChangingToken>,
    /// When the other token ends, which does not.
    token_end: Option<SystemTime>,
    namespace: String,
    way: String,
    warnings: Vec<String>,
}

fn plan(kubeconfig: &Kubeconfig, options: &KubeOptions, env: &KubeVariables) -> Result<Plan> {
    let choice = choice::choose(&kubeconfig.config, given(options.context.as_deref()))?;
    let (mut config, warnings) = server::config(&choice, kubeconfig.place, &env.proxies)?;
    let programs = if env.in_action { Programs::Refused } else { Programs::Run };
    let credentials = credentials::read(&choice, kubeconfig.place, programs)?;
    config.auth_info = credentials.fixed;
    let way = format!("context {} ({})", choice.context, server::shown(&config));
    let namespace = namespace::choose(options.namespace.as_deref(), choice.namespace)?;
    let (token, token_end) = (credentials.token, credentials.end);
    Ok(Plan { config, token, token_end, namespace, way, warnings })
}

fn plan_in_pod(options: &KubeOptions) -> Result<Plan> {
    if let Some(context) = given(options.context.as_deref()) {
        bail!(
            "context `{context}` needs a kubeconfig, and there is none: this runs in a pod and \
             would use its service account; set kubeconfig, or leave out the context"
        );
    }
    let config = Config::incluster().context("cannot use the service account of this pod")?;
    let namespace =
        namespace::choose(options.namespace.as_deref(), Some(&config.default_namespace))?;
    let way = format!("this pod's service account ({})", server::shown(&config));
    Ok(Plan { config, token: None, token_end: None, namespace, way, warnings: Vec::new() })
}

async fn access(
    plan: Plan,
    options: &KubeOptions,
    environment: &KubeVariables,
    silence: SilenceLimit,
) -> Result<Access> {
    let Plan { mut config, token, token_end, namespace, way, warnings } = plan;
    http::install_provider();
    config.connect_timeout = Some(http::CONNECT_LIMIT.min(2 * silence.answer));
    config.default_namespace.clone_from(&namespace);
    config.headers.push((USER_AGENT, HeaderValue::from_static(http::USER_AGENT)));
    let bearer = match token {
        Some(token) => Some(Bearer::start(token, environment, options.trust.as_ref()).await?),
        None => None,
    };
    let program = program::start(&mut config).await?;
    let build = |silence| build(&config, bearer.as_ref(), program.as_ref(), silence);
    let client = build(Some(silence.answer))?;
    let ways = Arc::new(Ways {
        watching: build(Some(silence.watch))?,
        lasting: build(None)?,
        silence,
        token_end,
    });
    let description = format!("{way}, namespace {namespace}");
    Ok(Access { client, ways, namespace, description, warnings })
}

/// A value that is not blank: a blank input of an action is an absent one.
fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Where the files that a kubeconfig names are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The kubeconfig is a file; kube made its paths absolute.
    File,
    /// The kubeconfig is a text, so that a relative path leads nowhere.
    Inline,
}

impl Place {
    /// Whether a path in the kubeconfig can lead to a file at all.
    fn reaches(self, path: &str) -> bool {
        self == Self::File || Path::new(path).is_absolute()
    }
}
