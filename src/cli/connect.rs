//! Options of `connect`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use clap::Args;
use secrecy::SecretString;

use crate::config::Quantity;

/// Kubernetes makes no token that ends sooner.
const SHORTEST: Duration = Duration::from_mins(10);
/// Kubernetes takes no more seconds than these.
const LONGEST: Duration = Duration::from_secs(1 << 32);

/// Options of `connect`.
#[derive(Debug, Args)]
pub struct Connect {
    /// Kubeconfig: a path, YAML, or base64 of YAML [default: as for kubectl].
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<SecretString>,
    /// Context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace of the trainings, made if it is not there; nothing else is to live in it.
    // Not `namespace`, which means another one where trainings run.
    #[arg(long = "namespace", value_name = "NAME", default_value = "regression-action")]
    pub home: String,
    /// What the pods of the namespace may ask for together, as a quota of Kubernetes names it.
    #[arg(
        long,
        value_name = "NAME=QUANTITY,...",
        value_delimiter = ',',
        value_parser = bound,
        default_value = "requests.cpu=64,requests.memory=256Gi,pods=100"
    )]
    pub quota: Vec<(String, Quantity)>,
    /// How long the token is good for, such as 90d or 12h; Kubernetes may shorten it, which is told.
    #[arg(long, value_name = "TIME", value_parser = lifetime, default_value = "90d")]
    pub expires: Duration,
    /// Print what would be made, as YAML or, by --format, as JSON; tell what is there already, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before anything is changed.
    #[arg(short, long)]
    pub yes: bool,
    /// Write the new kubeconfig to a file that only you may read [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Store it, as base64, by `gh secret set` under this name.
    #[arg(long, value_name = "NAME")]
    pub secret: Option<String>,
    /// Environment of the repository whose secret it is [default: the repository itself].
    #[arg(long = "env", value_name = "NAME", requires = "secret")]
    pub environment: Option<String>,
    /// Repository whose secret it is [default: that of the directory, as gh finds it].
    #[arg(long, value_name = "OWNER/NAME", requires = "secret")]
    pub repository: Option<String>,
}

impl Connect {
    /// The quota, each bound once.
    pub(crate) fn bounds(&self) -> BTreeMap<String, Quantity> {
        self.quota.iter().cloned().collect()
    }
}

fn bound(typed: &str) -> Result<(String, Quantity), String> {
    let (name, quantity) =
        typed.split_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or_else(|| {
            format!("read \"{typed}\"; allowed: a name and a quantity, such as pods=100")
        })?;
    Ok((name.trim().to_owned(), Quantity::try_from(quantity.trim().to_owned())?))
}

fn lifetime(typed: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(typed).map_err(|error| error.to_string())?;
    if (SHORTEST..=LONGEST).contains(&read) {
        return Ok(read);
    }
    Err("Kubernetes makes tokens that last from 10m to 136y".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(words: &[&str]) -> Result<Connect, String> {
        let words = ["regression-action", "connect"].iter().chain(words);
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Connect(options) = cli.command else { panic!("another command") };
        Ok(options)
    }

    #[test]
    fn the_quota_is_the_default_or_what_was_typed() {
        let bounds = |words| {
            let bounds = parsed(words).unwrap().bounds();
            bounds.iter().map(|(name, bound)| format!("{name}={bound}")).collect::<Vec<_>>()
        };
        assert_eq!(bounds(&[]), ["pods=100", "requests.cpu=64", "requests.memory=256Gi"]);
        let gpus = ["--quota", "requests.nvidia.com/gpu=8,pods=20", "--quota", "pods=30"];
        assert_eq!(bounds(&gpus), ["pods=30", "requests.nvidia.com/gpu=8"]);
        for (typed, told) in [("pods", "such as pods=100"), ("pods=many", "a Kubernetes quantity")]
        {
            let error = parsed(&["--quota", typed]).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_token_lasts_from_ten_minutes() {
        assert_eq!(parsed(&[]).unwrap().expires, Duration::from_hours(90 * 24));
        assert_eq!(parsed(&["--expires", "10m"]).unwrap().expires, SHORTEST);
        for typed in ["9m", "200y", "soon"] {
            assert!(parsed(&["--expires", typed]).is_err(), "{typed}");
        }
        let error = parsed(&["--expires", "30s"]).unwrap_err();
        assert!(error.contains("from 10m to 136y"), "{error}");
    }
}
