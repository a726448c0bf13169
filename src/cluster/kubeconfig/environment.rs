//! What the process's environment says about clusters: a value, so that decisions stay pure.

use std::{env, ffi::OsString, path::PathBuf};

use reqwest::Url;
use secrecy::SecretString;

use super::proxy::Proxies;
use crate::http::variable;

/// The variables that [`super::connect`] heeds; empty ones count as absent.
#[derive(Debug, Default)]
pub(super) struct KubeVariables {
    /// `KUBECONFIG`: a list of paths.
    pub(super) kubeconfig: Option<OsString>,
    pub(super) home: Option<PathBuf>,
    /// Whether Kubernetes started this process in a pod.
    pub(super) in_pod: bool,
    /// Whether GitHub started it in a container, which sees the workspace and little else of its machine.
    pub(super) in_action: bool,
    pub(super) proxies: Proxies,
    pub(super) github: Option<GithubTokens>,
}

/// Where a job of GitHub Actions asks for OIDC tokens; set only with `id-token: write`.
#[derive(Debug, Clone)]
pub(super) struct GithubTokens {
    pub(super) url: Url,
    pub(super) token: SecretString,
}

impl KubeVariables {
    /// Reads the variables of this process.
    pub(super) fn read() -> Self {
        Self {
            kubeconfig: env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty()),
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            in_pod: variable("KUBERNETES_SERVICE_HOST").is_some(),
            in_action: variable("GITHUB_ACTIONS").is_some(),
            proxies: Proxies {
                http: variable("http_proxy"),
                https: variable("https_proxy"),
                all: variable("all_proxy"),
                exempt: variable("no_proxy"),
            },
            github: github_tokens(),
        }
    }
}

fn github_tokens() -> Option<GithubTokens> {
    let url = Url::parse(&variable("ACTIONS_ID_TOKEN_REQUEST_URL")?).ok()?;
    let token = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?.into();
    Some(GithubTokens { url, token })
}
