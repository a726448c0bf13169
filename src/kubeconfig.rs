//! A way into a Kubernetes cluster: takes what the user said (or the environment), yields a client.
//!
//! No program is ever run for it: exec plugins are refused.  Everything is checked before the first
//! connection; no request goes to the API server here.  No message holds a secret.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use kube::{Client, Config, client::ClientBuilder};
use reqwest::header::{HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use tower::{buffer::BufferLayer, filter::AsyncFilterLayer};

use crate::http;

mod bearer;
mod choice;
mod credentials;
mod environment;
mod error;
mod given;
mod jwt;
mod load;
mod namespace;
mod oidc;
mod pem;
mod proxy;
mod renewal;
mod secrets;
mod server;
#[cfg(test)]
mod tests;

use bearer::Bearer;
use credentials::Token;
use environment::Environment;
use load::{Found, Kubeconfig};
pub(crate) use secrets::secrets;

/// As many requests as kube's own client lets wait.
const WAITING_REQUESTS: usize = 1024;

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
}

/// The path, if the input is one: the other forms hold secrets.
pub(crate) fn file(input: &SecretString) -> Option<PathBuf> {
    match given::read(input.expose_secret()) {
        Ok(given::Given::Path(path)) => Some(path),
        Ok(given::Given::Yaml(_) | given::Given::Encoded(_)) | Err(_) => None,
    }
}

/// A way into a Kubernetes cluster.
#[derive(Clone)]
pub struct Access {
    /// Sends requests to the API server; cheap to clone.
    pub client: Client,
    /// Where our objects go.
    pub namespace: String,
    /// For people: `context prod (https://10.0.0.1:6443), namespace ml`.
    pub description: String,
    /// What the user should know about this way, one sentence each.
    pub warnings: Vec<String>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("description", &self.description)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Reads the kubeconfig and sets up a client for its API server.
///
/// It sends nothing to that server.  For the provider `github-oidc` it asks GitHub for a token.
///
/// # Errors
///
/// What is wrong with the kubeconfig, and the remedy; never what the kubeconfig holds.
pub async fn connect(options: &KubeOptions) -> Result<Access> {
    connect_from(options, &Environment::read()).await
}

async fn connect_from(options: &KubeOptions, environment: &Environment) -> Result<Access> {
    match load::find(options.kubeconfig.as_ref(), environment)? {
        Found::Kubeconfig(kubeconfig) => {
            let plan = plan(&kubeconfig, options, environment)
                .with_context(|| kubeconfig.origin.clone())?;
            access(plan, environment).await.with_context(|| kubeconfig.origin.clone())
        }
        Found::Pod => access(plan_in_pod(options)?, environment).await,
    }
}

/// The secret by which we prove who we are, if the kubeconfig holds it: a token or a private key.  None: it is
/// fetched elsewhere, again and again.
///
/// # Errors
///
/// As for [`connect`].
pub(crate) fn credential(options: &KubeOptions) -> Result<Option<SecretString>> {
    let found = load::find(options.kubeconfig.as_ref(), &Environment::read())?;
    let Found::Kubeconfig(kubeconfig) = found else { return Ok(None) };
    let read = || {
        let choice = choice::choose(&kubeconfig.config, given(options.context.as_deref()))?;
        credentials::read(&choice, kubeconfig.place)
    };
    let fixed = read().with_context(|| kubeconfig.origin.clone())?.fixed;
    Ok(fixed.token.or(fixed.client_key_data))
}

/// All that is known before anything is sent.
struct Plan {
    config: Config,
    /// A token that changes while we run, which kube is not told.
    token: Option<Token>,
    namespace: String,
    way: String,
    warnings: Vec<String>,
}

fn plan(kubeconfig: &Kubeconfig, options: &KubeOptions, env: &Environment) -> Result<Plan> {
    let choice = choice::choose(&kubeconfig.config, given(options.context.as_deref()))?;
    let (mut config, warnings) = server::config(&choice, kubeconfig.place, &env.proxies)?;
    let credentials = credentials::read(&choice, kubeconfig.place)?;
    config.auth_info = credentials.fixed;
    let way = format!("context {} ({})", choice.context, server::shown(&config));
    let namespace = namespace::choose(options.namespace.as_deref(), choice.namespace)?;
    Ok(Plan { config, token: credentials.token, namespace, way, warnings })
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
    Ok(Plan { config, token: None, namespace, way, warnings: Vec::new() })
}

async fn access(plan: Plan, environment: &Environment) -> Result<Access> {
    let Plan { mut config, token, namespace, way, warnings } = plan;
    http::install_provider();
    config.connect_timeout = Some(http::CONNECT_LIMIT);
    config.default_namespace.clone_from(&namespace);
    config.headers.push((USER_AGENT, HeaderValue::from_static(http::USER_AGENT)));
    let bearer = match token {
        Some(token) => Some(Bearer::start(token, environment).await?),
        None => None,
    };
    let builder = ClientBuilder::try_from(config).context("cannot set up the client")?;
    let client = match bearer {
        // A filter needs a service that can be cloned, which the buffer makes of kube's.
        Some(bearer) => builder
            .with_layer(&BufferLayer::new(WAITING_REQUESTS))
            .with_layer(&AsyncFilterLayer::new(bearer))
            .build(),
        None => builder.build(),
    };
    let description = format!("{way}, namespace {namespace}");
    Ok(Access { client, namespace, description, warnings })
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
