//! What is remembered of trainings, and where: the experiment tracker, past readings, prices.

use std::{borrow::Cow, path::PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Span;

/// The `MLflow` server that runs are logged to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mlflow {
    /// Tracking URI, http or https.
    pub uri: String,
    /// Experiment name, best one for each repository.
    pub experiment: String,
    /// Where the readings come from.
    #[serde(default)]
    pub readings: ReadingsFrom,
}

/// Where the readings of a training come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadingsFrom {
    /// What the training reports to us and what it logs to its `MLflow` run; the report wins.
    #[default]
    Both,
    /// The training's `MLflow` run alone: without `MLflow` there is no verdict.
    Mlflow,
}

/// Past readings of the default branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedHistory")]
#[schemars(with = "UncheckedHistory")]
pub struct HistorySettings {
    /// Where they are kept.
    pub store: HistoryStore,
    /// Whether a base that was measured before is not trained again.
    pub reuse: Reuse,
    /// How old readings may be that stand for a training.
    pub age: Span,
}

/// Whether a base that was measured before is not trained again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Reuse {
    /// It is.
    Never,
    /// It is not, but for one seed, which tells whether the earlier readings still hold.
    #[default]
    Anchored,
    /// It is not, whatever changed since.
    Unchecked,
}

impl TryFrom<String> for Reuse {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "true" | "on" | "yes" => Ok(Self::Anchored),
            "false" | "off" | "no" => Ok(Self::Never),
            "unchecked" => Ok(Self::Unchecked),
            _ => Err(format!("read \"{text}\"; allowed: true, false, unchecked")),
        }
    }
}

impl JsonSchema for Reuse {
    fn schema_name() -> Cow<'static, str> {
        "Reuse".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "enum": [true, false, "unchecked"],
            "description": "`true`: one seed is trained again, and unless it repeats its reading, all are; \
                            `false`: all are trained again; `unchecked`: no seed is."
        })
    }
}

/// Where past readings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryStore {
    /// A branch of the repository that holds nothing else.
    Branch(String),
    /// A directory of the machine that runs us.
    Directory(PathBuf),
    /// The tracker's own runs.
    Mlflow,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "History")]
struct UncheckedHistory {
    /// A branch of the repository that holds nothing else, such as `regression-history`.
    branch: Option<String>,
    /// A directory of the machine that runs us.
    directory: Option<PathBuf>,
    /// Whether MLflow's runs are the history; needs the key `mlflow` of the config.
    mlflow: Option<bool>,
    /// Whether a base that was measured before is not trained again.
    #[schemars(extend("default" = true))]
    reuse: Option<Reuse>,
    /// How old readings may be that stand for a training.
    #[schemars(extend("default" = "720h"))]
    age: Option<Span>,
}

impl TryFrom<UncheckedHistory> for HistorySettings {
    type Error = String;

    fn try_from(file: UncheckedHistory) -> Result<Self, String> {
        let UncheckedHistory { branch, directory, mlflow, reuse, age } = file;
        let one = "allowed: exactly one of branch (such as regression-history), directory, and mlflow: true";
        let store = match (branch, directory, mlflow.unwrap_or(false)) {
            (Some(branch), None, false) if is_branch(&branch) => HistoryStore::Branch(branch),
            (Some(branch), None, false) => {
                return Err(format!(
                    "branch: read \"{branch}\"; allowed: letters, digits, and - _ / between them"
                ));
            }
            (None, Some(directory), false) => HistoryStore::Directory(directory),
            (None, None, true) => HistoryStore::Mlflow,
            _ => return Err(one.into()),
        };
        Ok(Self {
            store,
            reuse: reuse.unwrap_or_default(),
            age: age.unwrap_or(Span::minutes(30 * 24 * 60)),
        })
    }
}

/// A branch's name that needs no care anywhere.
fn is_branch(name: &str) -> bool {
    let part = |part: &str| {
        let inner = part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        inner && part.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    name.split('/').all(part)
}

/// What machines cost, for the report.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedPrices", rename_all = "kebab-case")]
#[schemars(with = "UncheckedPrices")]
pub struct Prices {
    /// Such as USD.
    pub currency: String,
    /// One CPU for one hour.
    pub cpu_hour: f64,
    /// One GPU for one hour.
    pub gpu_hour: f64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Prices")]
struct UncheckedPrices {
    /// Three letters, such as `USD`.
    #[schemars(regex(pattern = r"^[A-Z]{3}$"))]
    currency: String,
    /// Price of one CPU for one hour.
    #[schemars(range(min = 0.0))]
    cpu_hour: Option<f64>,
    /// Price of one GPU for one hour.
    #[schemars(range(min = 0.0))]
    gpu_hour: Option<f64>,
}

impl TryFrom<UncheckedPrices> for Prices {
    type Error = String;

    fn try_from(file: UncheckedPrices) -> Result<Self, String> {
        let UncheckedPrices { currency, cpu_hour, gpu_hour } = file;
        if currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(format!(
                "currency: read \"{currency}\"; allowed: three letters, such as USD"
            ));
        }
        let price = |name: &str, price: Option<f64>| match price.unwrap_or(0.0) {
            price if price.is_finite() && price >= 0.0 => Ok(price),
            wrong => Err(format!("{name}: read {wrong}; allowed: a number from 0")),
        };
        Ok(Self {
            currency,
            cpu_hour: price("cpu-hour", cpu_hour)?,
            gpu_hour: price("gpu-hour", gpu_hour)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_has_one_place() {
        let read = |text: &str| serde_yaml::from_str::<HistorySettings>(text);
        let history = read("{branch: regression-history, age: 2h}").unwrap();
        assert_eq!(history.store, HistoryStore::Branch("regression-history".into()));
        assert_eq!((history.reuse, history.age), (Reuse::Anchored, Span::minutes(120)));
        assert_eq!(read("{mlflow: true, reuse: false}").unwrap().store, HistoryStore::Mlflow);
        for wrong in [
            "{}",
            "{branch: a, directory: b}",
            "{mlflow: false}",
            "{branch: '-x'}",
            "{branch: a..b}",
            "{branch: a.lock}",
            "{branch: 'a b'}",
        ] {
            let told = read(wrong).unwrap_err().to_string();
            assert!(told.contains("allowed:"), "{wrong}: {told}");
        }
    }

    #[test]
    fn a_base_is_reused_with_an_anchor_without_one_or_not_at_all() {
        let read = |word: &str| {
            let text = format!("{{mlflow: true, reuse: {word}}}");
            serde_yaml::from_str::<HistorySettings>(&text).map(|settings| settings.reuse)
        };
        for (word, reuse) in [
            ("true", Reuse::Anchored),
            ("false", Reuse::Never),
            ("off", Reuse::Never),
            ("unchecked", Reuse::Unchecked),
        ] {
            assert_eq!(read(word).unwrap(), reuse, "{word}");
        }
        let told = read("anchored").unwrap_err().to_string();
        assert!(told.contains("allowed: true, false, unchecked"), "{told}");
    }

    #[test]
    fn prices_are_money() {
        let read = |text: &str| serde_yaml::from_str::<Prices>(text);
        assert!(read("{currency: EUR, gpu-hour: 1.2}").unwrap().cpu_hour.abs() < 1e-12);
        for wrong in ["{currency: euro}", "{currency: EUR, gpu-hour: -1}", "{gpu-hour: 1}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
