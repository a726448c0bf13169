//! Who asks MLflow: the variables that MLflow's own client reads.

use anyhow::{Result, bail};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

const USERNAME: &str = "MLFLOW_TRACKING_USERNAME";
const PASSWORD: &str = "MLFLOW_TRACKING_PASSWORD";
const TOKEN: &str = "MLFLOW_TRACKING_TOKEN";

/// What the server gets to see.  Never shown.
#[derive(Debug, Clone, Default)]
pub enum TrackerCredentials {
    /// Nothing.
    #[default]
    None,
    /// A user's name and password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A token.
    Bearer(SecretString),
}

impl TrackerCredentials {
    /// What the environment says, where blank is absent.  As in MLflow's client, a name with a
    /// password comes before a token; its file `~/.mlflow/credentials` is not read.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let read = |name| lookup(name).filter(|value| !value.trim().is_empty());
        match (read(USERNAME), read(PASSWORD), read(TOKEN)) {
            (Some(username), Some(password), _) => {
                Ok(Self::Basic { username, password: password.into() })
            }
            (_, _, Some(token)) => Ok(Self::Bearer(token.trim().into())),
            (None, None, None) => Ok(Self::None),
            (Some(_), None, None) => {
                bail!("{USERNAME} is set, but {PASSWORD} is not; set both, or {TOKEN}")
            }
            (None, Some(_), None) => {
                bail!("{PASSWORD} is set, but {USERNAME} is not; set both, or {TOKEN}")
            }
        }
    }

    /// The request in this name; what it carries is marked as secret.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Basic { username, password } => {
                request.basic_auth(username, Some(password.expose_secret()))
            }
            Self::Bearer(token) => request.bearer_auth(token.expose_secret()),
        }
    }

    /// What to do about a refusal.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::None => format!("set {TOKEN}, or {USERNAME} and {PASSWORD}"),
            Self::Basic { .. } => format!("check {USERNAME} and {PASSWORD}"),
            Self::Bearer(_) => format!("check {TOKEN}, which may have expired"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<TrackerCredentials> {
        let found = |name: &str| pairs.iter().find(|(known, _)| *known == name);
        TrackerCredentials::from_env(|name| found(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_password_comes_before_a_token_and_half_of_it_is_refused() {
        let all = [(USERNAME, "ci"), (PASSWORD, "s3cret"), (TOKEN, "t0ken")];
        assert!(matches!(from(&all).unwrap(), TrackerCredentials::Basic { .. }));
        assert!(matches!(from(&all[1..]).unwrap(), TrackerCredentials::Bearer(_)));
        assert!(matches!(from(&[(TOKEN, " ")]).unwrap(), TrackerCredentials::None));
        let half = from(&all[1..2]).unwrap_err().to_string();
        assert!(half.contains("USERNAME is not") && !half.contains("s3cret"), "{half}");
        assert!(from(&all[..1]).unwrap_err().to_string().contains("PASSWORD is not"));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let basic = from(&[(USERNAME, "ci"), (PASSWORD, "s3cret")]).unwrap();
        let bearer = from(&[(TOKEN, "s3cret")]).unwrap();
        let shown = format!("{basic:?} {bearer:?} {} {}", basic.remedy(), bearer.remedy());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
