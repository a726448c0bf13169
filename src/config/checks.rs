//! Checks of single keys, made while the file is read, so that a mistake is told with its place.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use super::{Metrics, Mlflow, metric::Declared};

/// One path or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a path or a list of paths")]
#[schemars(inline)]
pub(super) enum PathList {
    /// One path.
    One(String),
    /// Several paths.
    Many(Vec<String>),
}

pub(super) fn paths<'de, D: Deserializer<'de>>(yaml: D) -> Result<Vec<String>, D::Error> {
    Ok(match PathList::deserialize(yaml)? {
        PathList::One(path) => vec![path],
        PathList::Many(paths) => paths,
    })
}

pub(super) fn entrypoint<'de, D: Deserializer<'de>>(yaml: D) -> Result<String, D::Error> {
    let command = String::deserialize(yaml)?;
    if command.trim().is_empty() {
        return Err(Error::custom("read \"\"; allowed: a shell command such as python train.py"));
    }
    Ok(command)
}

pub(super) fn python<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<String>, D::Error> {
    let Some(version) = Option::<String>::deserialize(yaml)? else { return Ok(None) };
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_none_or(|minor| minor < 10) {
        let allowed = "allowed: 3.10 or later, such as \"3.11\"";
        return Err(Error::custom(format!("read \"{version}\"; {allowed}")));
    }
    Ok(Some(version))
}

pub(super) fn metrics<'de, D>(yaml: D) -> Result<Metrics, D::Error>
where
    D: Deserializer<'de>,
{
    let metrics = Metrics::from(IndexMap::<String, Declared>::deserialize(yaml)?);
    if metrics.is_empty() {
        let example = "accuracy: {direction: higher, relative: 1%}";
        return Err(Error::custom(format!(
            "read {{}}; allowed: at least one metric, such as {example}"
        )));
    }
    if !metrics.values().any(|metric| metric.gate) {
        return Err(Error::custom(
            "read gate: false for every metric; allowed: at least one metric that counts for the verdict",
        ));
    }
    Ok(metrics)
}

pub(super) fn env<'de, D>(yaml: D) -> Result<IndexMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let env = IndexMap::<String, String>::deserialize(yaml)?;
    if let Some((name, value)) = env.iter().find(|(_, value)| has_place_holder(value)) {
        return Err(Error::custom(format!(
            "{name}: read {value:?}; Ray would replace `${{NAME}}`; allowed: $NAME, which stays as it is. Put \
             values together in the entrypoint"
        )));
    }
    match env.keys().find(|name| !is_variable(name)) {
        None => Ok(env),
        Some(name) => Err(Error::custom(format!(
            "read \"{name}\"; allowed: names of letters, digits and _ that do not start with a digit or REGRESSION_"
        ))),
    }
}

/// It is read where the training runs, below its own directory.
pub(super) fn metrics_file<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<String>, D::Error> {
    let Some(path) = Option::<String>::deserialize(yaml)? else { return Ok(None) };
    let inside = |part: &str| !matches!(part, "" | "." | "..");
    if path.split('/').all(inside) && !path.starts_with('-') && !path.contains(char::is_control) {
        return Ok(Some(path));
    }
    Err(Error::custom(format!(
        "read {path:?}; allowed: a path below the root of the tree, such as out/metrics.json"
    )))
}

pub(super) fn gpu_hours<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<f64>, D::Error> {
    let hours = Option::<f64>::deserialize(yaml)?;
    match hours.filter(|hours| !hours.is_finite() || *hours < 0.0) {
        None => Ok(hours),
        Some(wrong) => Err(Error::custom(format!("read {wrong}; allowed: a number from 0"))),
    }
}

/// A password in the file would be read by everybody who reads the repository.
pub(super) fn mlflow<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<Mlflow>, D::Error> {
    let Some(mlflow) = Option::<Mlflow>::deserialize(yaml)? else { return Ok(None) };
    let url = reqwest::Url::parse(&mlflow.uri).ok();
    let url = url.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    match url {
        None => Err(Error::custom(format!(
            "uri: read \"{}\"; allowed: http:// or https:// and a host",
            crate::output::excerpt(&mlflow.uri, 100)
        ))),
        Some(url) if !url.username().is_empty() || url.password().is_some() => Err(Error::custom(
            "uri: read a user or password in it; allowed: the bare address, and the variables \
             MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        )),
        Some(_) if mlflow.experiment.trim().is_empty() => {
            Err(Error::custom("experiment: read \"\"; allowed: a name, such as acme/digits"))
        }
        Some(_) => Ok(Some(mlflow)),
    }
}

/// Whether Ray would replace a part of it, whatever we do: `${` and `}` around capitals, digits and `_`.
fn has_place_holder(value: &str) -> bool {
    let mut parts = value.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    parts.any(|(name, _)| !name.is_empty() && name.chars().all(capital))
}

fn is_variable(name: &str) -> bool {
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    // The training would otherwise be told a seed or commit that is not its own.
    !name.is_empty() && word && !digit && !name.starts_with("REGRESSION_")
}
