//! What is to be written as the config, and its text: for this machine first, the part of Kubernetes as comments.

use std::fmt::Write;

use super::{
    metrics::{Candidate, Telling},
    survey::Survey,
};
use crate::config::Direction;

/// A config in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) entrypoint: String,
    /// Paths from the root of the tree.
    pub(super) requirements: Vec<String>,
    pub(super) metrics: Vec<Judged>,
    /// Tolerated worsening, such as `1%`.
    pub(super) margin: String,
    /// Whether trainings take a GPU.
    pub(super) gpu: bool,
    /// Whether the workflows are written, too.
    pub(super) workflows: bool,
}

/// A metric that is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) name: String,
    pub(super) direction: Direction,
    /// Finds its value in the log.
    pub(super) pattern: Option<String>,
}

/// Unless somebody says it.
const MARGIN: &str = "1%";

const DOCS: &str = "https://github.com/org/regression-action/blob/main/docs";

impl Judged {
    fn of(candidate: &Candidate) -> Self {
        let pattern = match &candidate.telling {
            Telling::Printed { pattern } => Some(pattern.clone()),
            Telling::Reported | Telling::Logged(_) => None,
        };
        Self { name: candidate.name.clone(), direction: candidate.direction, pattern }
    }
}

impl Draft {
    /// As found; a metric has to be there, and where none was found, it is a guess.
    pub(super) fn of(survey: &Survey) -> Self {
        let found = survey.metrics.iter().map(Judged::of).collect();
        let guess =
            || Judged { name: "accuracy".into(), direction: Direction::Higher, pattern: None };
        let metrics: Vec<Judged> = found;
        Self {
            entrypoint: survey.entrypoint.clone(),
            requirements: survey.needs.files.clone(),
            metrics: if metrics.is_empty() { vec![guess()] } else { metrics },
            margin: MARGIN.to_owned(),
            gpu: survey.gpu.is_some(),
            workflows: true,
        }
    }

    /// The text of the config.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Self { entrypoint, requirements, metrics, margin, gpu, workflows: _ } = self;
        writeln!(out, "# What is trained, and what counts as worse: {DOCS}/configuration.md")?;
        writeln!(out, "entrypoint: {}", scalar(entrypoint))?;
        match &requirements[..] {
            [one] => writeln!(out, "requirements: {}", scalar(one))?,
            all => {
                let all: Vec<_> = all.iter().map(|path| quoted(path)).collect();
                writeln!(out, "requirements: [{}]", all.join(", "))?;
            }
        }
        writeln!(out, "metrics: # what is tolerated; `relative` is of the base's mean")?;
        for Judged { name, direction, pattern } in metrics {
            let way = match direction {
                Direction::Higher => "higher",
                Direction::Lower => "lower",
            };
            let pattern = pattern.as_ref().map(|pattern| format!(", pattern: {}", quoted(pattern)));
            let pattern = pattern.unwrap_or_default();
            writeln!(out, "  {}: {{direction: {way}, relative: {margin}{pattern}}}", scalar(name))?;
        }
        writeln!(out, "seeds: {{min: 3, max: 9}} # trainings a side, added while undecided\n")?;
        let gpu = if *gpu { "gpu: 1, " } else { "" };
        writeln!(
            out,
            "# On Kubernetes, see {DOCS}/kubernetes.md\n\
             # image: ghcr.io/acme/train # one for each state of the requirements\n\
             # cluster:\n\
             #   head:    {{cpu: 2, memory: 8Gi}}\n\
             #   workers: {{cpu: 4, memory: 16Gi, {gpu}min: 0, max: 4}} # each training takes one"
        )
    }
}

/// A text as YAML takes it: as it is where that is safe.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-$= &".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    // Words such as these are values of another kind.
    let is_other = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&text.to_ascii_lowercase().as_str());
    if starts && text.chars().all(is_plain) && !is_other && !text.ends_with(' ') {
        return text.to_owned();
    }
    quoted(text)
}

/// In quotes that mean every character as it stands; what has none is on one line.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn draft(entrypoint: &str, name: &str, pattern: Option<&str>) -> Draft {
        Draft {
            entrypoint: entrypoint.to_owned(),
            requirements: vec!["a, b: #.txt".to_owned(), "c.txt".to_owned()],
            metrics: vec![Judged {
                name: name.to_owned(),
                direction: Direction::Lower,
                pattern: pattern.map(str::to_owned),
            }],
            margin: "0.5%".to_owned(),
            gpu: true,
            workflows: true,
        }
    }

    #[test]
    fn whatever_is_found_the_config_says_the_same() {
        for (entrypoint, name, pattern) in [
            ("python train.py --seed $REGRESSION_SEED", "loss", None),
            ("cd 'my models' && python \"it's\".py # x: y", "yes", Some(r"it's \{\}: #([0-9.]+)")),
            ("\u{e4}: [\ttab", "val/loss: x", Some(r"loss\s+:\s*([0-9.eE+-]+)")),
            ("- x", "1", Some("\"([0-9])")),
        ] {
            let text = draft(entrypoint, name, pattern).text();
            let config =
                Config::parse(&text, "test").unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(config.entrypoint, entrypoint);
            assert_eq!(config.requirements, ["a, b: #.txt", "c.txt"]);
            assert_eq!(config.metrics.keys().collect::<Vec<_>>(), [name]);
            let found =
                config.metrics.patterns().get(name).map(|pattern| pattern.as_str().to_owned());
            assert_eq!(found.as_deref(), pattern);
            assert!(config.image.is_none() && config.cluster.workers.is_none());
        }
    }

    #[test]
    fn without_its_marks_the_part_of_kubernetes_is_a_config_too() {
        let text = draft("x", "loss", None).text();
        let bare = text.replace("\n# On Kubernetes", "\n## ").replace("\n# ", "\n");
        let config = Config::parse(&bare, "test").unwrap_or_else(|error| panic!("{error}\n{bare}"));
        assert_eq!(config.image.as_deref(), Some("ghcr.io/acme/train"));
        assert_eq!(config.cluster.workers.map(|workers| workers.gpu), Some(1));
    }
}
