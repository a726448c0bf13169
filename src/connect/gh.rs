//! A secret of a repository or of an environment, by GitHub's own program `gh`, which knows how somebody is logged in.
//! The secret goes to its standard input, because arguments are seen by everybody on the machine.

use std::{io::ErrorKind, process::Stdio};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::output;

/// Longest quotation of what gh said.
const QUOTED: usize = 400;

/// Which secret.
#[derive(Debug, Clone)]
pub(crate) struct SecretPlace {
    pub(crate) name: String,
    /// None: the repository's own secret.
    pub(crate) environment: Option<String>,
    /// None: as gh finds it.
    pub(crate) repository: Option<String>,
}

/// A place where gh may store secrets.
#[derive(Debug)]
pub(crate) struct SecretStore(SecretPlace);

impl SecretStore {
    /// Asks gh whether it gets there, before there is a token that could be lost.
    pub(crate) async fn open(place: SecretPlace) -> Result<Self> {
        let store = Self(place);
        let words = [&["secret", "list"][..], &store.options()].concat();
        run(&words, None).await.with_context(|| format!("cannot store {}", store.told()))?;
        Ok(store)
    }

    /// Stores a kubeconfig as base64: of YAML, GitHub would mask each line wherever it appears.
    pub(crate) async fn keep(&self, kubeconfig: &SecretString) -> Result<()> {
        let encoded = SecretString::from(STANDARD.encode(kubeconfig.expose_secret()));
        let words = [&["secret", "set", self.0.name.as_str()][..], &self.options()].concat();
        run(&words, Some(&encoded)).await.with_context(|| format!("cannot store {}", self.told()))
    }

    fn options(&self) -> Vec<&str> {
        let SecretPlace { environment, repository, .. } = &self.0;
        let options = [("--env", environment), ("--repo", repository)];
        options
            .into_iter()
            .filter_map(|(name, value)| Some([name, value.as_deref()?]))
            .flatten()
            .collect()
    }

    /// For people.
    pub(crate) fn told(&self) -> String {
        let SecretPlace { name, environment, repository } = &self.0;
        let environment = environment.as_ref().map(|name| format!(" of the environment {name}"));
        let repository = repository.as_ref().map(|name| format!(" in {name}"));
        format!(
            "the secret {name}{}{}",
            environment.unwrap_or_default(),
            repository.unwrap_or_default()
        )
    }
}

async fn run(words: &[&str], input: Option<&SecretString>) -> Result<()> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new("gh");
    // Nobody answers it here.
    command.args(words).env("GH_PROMPT_DISABLED", "1").kill_on_drop(true);
    command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            return anyhow!(
                "there is no program `gh`; install it (https://cli.github.com) and log in, or leave --secret out and \
                 store the kubeconfig yourself"
            );
        }
        anyhow!(error).context("cannot start gh")
    })?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // One that ended before it read says why by its exit code.
        drop(stdin.write_all(input.expose_secret().as_bytes()).await);
    }
    let ended = child.wait_with_output().await.context("gh")?;
    if !ended.status.success() {
        let said = output::ending(&String::from_utf8_lossy(&ended.stderr), QUOTED);
        bail!("`gh {}` failed ({}): {said}", words.join(" "), ended.status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(environment: Option<&str>, repository: Option<&str>) -> SecretStore {
        let [environment, repository] = [environment, repository].map(|one| one.map(str::to_owned));
        SecretStore(SecretPlace { name: "KUBECONFIG".to_owned(), environment, repository })
    }

    #[test]
    fn the_place_is_what_was_asked_for() {
        let here = store(None, None);
        assert_eq!((here.options(), here.told()), (vec![], "the secret KUBECONFIG".to_owned()));
        let there = store(Some("training"), Some("acme/model"));
        assert_eq!(there.options(), ["--env", "training", "--repo", "acme/model"]);
        assert_eq!(there.told(), "the secret KUBECONFIG of the environment training in acme/model");
    }
}
