//! What of a training's contract can be seen in its sources: whether there is one, whether it reads its seed, and
//! whether it tells the metrics that the config judges.  Pure.

use super::{
    metrics::{Candidate, Logger, Telling, candidates},
    python::{calls, imports},
    requirements::needs,
    seeds::{Fixed, Seeding, VARIABLE, line_to_add},
    survey::{rings, seed},
    training::named,
    tree::Texts,
};
use crate::{
    config::Config,
    experiment::metrics::MARKER,
    output::{Check, State, first_few},
    python::requirements::parent,
};

/// The sources of the training that a config names.
struct Sources<'a> {
    tree: &'a Texts,
    config: &'a Config,
    /// What the entrypoint runs, if that is seen.
    script: Option<String>,
    /// By their distance from the script.
    rings: [Vec<&'a str>; 3],
}

/// All clauses, in the order in which a training needs them.
pub(super) fn clauses(tree: &Texts, config: &Config) -> Vec<Check> {
    let named = named(tree, &config.entrypoint);
    let script = named.as_ref().ok().cloned().flatten();
    let unit = needs(tree, script.as_deref().map_or("", parent)).unit;
    let rings = rings(tree, script.as_deref(), &unit);
    let sources = Sources { tree, config, script, rings };
    vec![training(&config.entrypoint, &named), sources.seed(), sources.metrics()]
}

fn training(entrypoint: &str, named: &Result<Option<String>, String>) -> Check {
    match named {
        Ok(_) => Check::ok("training", entrypoint),
        Err(missing) => Check::new(
            "training",
            State::Problem,
            format!("`{entrypoint}` runs {missing}, which is not in the repository"),
        )
        .remedy("name the command that trains as `entrypoint` in the config"),
    }
}

impl Sources<'_> {
    fn text(&self, path: &str) -> &str {
        self.tree.text(path).unwrap_or_default()
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.rings.iter().flatten().copied()
    }

    /// Where lines are to be added.
    fn script(&self) -> &str {
        self.script.as_deref().unwrap_or("the training")
    }

    fn seed(&self) -> Check {
        if self.config.entrypoint.contains(VARIABLE) {
            return Check::ok("seed", format!("the entrypoint hands {VARIABLE} over"));
        }
        let others = [".sh", ".yml", ".yaml", "Makefile"].into_iter();
        let mut others = others.flat_map(|ending| self.tree.texts(ending));
        let (path, seeding) = seed(self.tree, &self.rings);
        let reading = match &seeding {
            Seeding::Read => Some(path.as_str()),
            Seeding::Given(_) | Seeding::Fixed(_) | Seeding::Unset => {
                others.find(|(_, text)| text.contains(VARIABLE)).map(|(path, _)| path)
            }
        };
        if let Some(path) = reading {
            return Check::ok("seed", format!("{path} reads {VARIABLE}"));
        }
        let unread = format!(
            "nothing reads {VARIABLE}, so that all trainings of a side may be one and the same, and nothing passes"
        );
        Check::new("seed", State::Problem, unread).remedy(self.seeded(&path, &seeding))
    }

    fn seeded(&self, path: &str, seeding: &Seeding) -> String {
        match seeding {
            Seeding::Given(words) => {
                format!("in the config, end `entrypoint` with what {path} takes:\n{words}")
            }
            Seeding::Fixed(lines) => {
                let places =
                    lines.iter().map(|Fixed { line, text, .. }| format!("`{text}` in line {line}"));
                let places: Vec<String> = places.collect();
                let better = lines.iter().map(|fixed| format!("\n{}", fixed.better));
                let better: String = better.collect();
                format!("in {path}, in place of {}, write:\nimport os{better}", first_few(&places))
            }
            Seeding::Read | Seeding::Unset => {
                let line = line_to_add(&imports(self.text(path)));
                format!("at the start of {}, add:\n{line}", self.script())
            }
        }
    }

    fn metrics(&self) -> Check {
        let Config { metrics, metrics_file, mlflow, .. } = self.config;
        let names: Vec<String> = metrics.keys().cloned().collect();
        let unmatched: Vec<&String> =
            names.iter().filter(|name| !metrics.patterns().contains_key(*name)).collect();
        let told = |how: &str| Check::ok("metrics", format!("{} {how}", first_few(&names)));
        if unmatched.is_empty() {
            return told("by patterns of the log");
        }
        if let Some(file) = metrics_file {
            return told(&format!("from {file}"));
        }
        if mlflow.is_some() {
            return told("from what the training reports or logs to MLflow");
        }
        match self.all().find(|path| self.text(path).contains(MARKER)) {
            Some(path) => self.reported(path, &unmatched),
            None => self.unreported(&unmatched),
        }
    }

    /// The metrics that a source reports, beside those that are wanted.
    fn reported(&self, path: &str, wanted: &[&String]) -> Check {
        let source = self.text(path);
        let reported: Vec<String> =
            candidates(source, &calls(source)).into_iter().map(|one| one.name).collect();
        let missing: Vec<String> = wanted
            .iter()
            .filter(|name| !reported.contains(name))
            .map(|name| (*name).clone())
            .collect();
        if reported.is_empty() || missing.is_empty() {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).clone()).collect();
            return Check::ok("metrics", format!("{path} reports {}", first_few(&wanted)));
        }
        let (reported, missing) = (first_few(&reported), first_few(&missing));
        Check::warning(
            "metrics",
            format!("{path} reports {reported}, and the config judges {missing}"),
        )
        .remedy("let the config and the training name the same metrics")
    }

    fn unreported(&self, wanted: &[&String]) -> Check {
        let told: Vec<(&str, Candidate)> = self
            .all()
            .flat_map(|path| {
                let source = self.text(path);
                candidates(source, &calls(source)).into_iter().map(move |one| (path, one))
            })
            .collect();
        let of = |name: &str| told.iter().find(|(_, one)| one.name == name);
        let first = wanted.iter().find_map(|name| of(name));
        let values = wanted.iter().map(|name| value(name, of(name).map(|(_, one)| one)));
        let values: Vec<String> = values.collect();
        let names: Vec<String> = wanted.iter().map(|name| (*name).clone()).collect();
        let (found, place) = match first {
            Some((path, Candidate { telling: Telling::Logged(logger), line, .. })) => (
                format!(
                    "{} goes to {} alone (line {line} of {path})",
                    first_few(&names),
                    logger.name()
                ),
                behind(*logger, path, *line),
            ),
            Some(_) | None => (
                format!("nothing reports {}", first_few(&names)),
                format!("at the end of {}", self.script()),
            ),
        };
        let line =
            format!("print(\"{MARKER}\", json.dumps({{{}}}), flush=True)", values.join(", "));
        Check::new("metrics", State::Problem, found)
            .remedy(format!("{place}, add:\nimport json\n{line}"))
    }
}

/// Where the value is known that goes to a logger.
fn behind(logger: Logger, path: &str, line: usize) -> String {
    match logger {
        Logger::Lightning => "behind `trainer.fit(...)`".to_owned(),
        Logger::RayTrain => "behind `result = trainer.fit()`".to_owned(),
        Logger::Mlflow | Logger::TensorBoard | Logger::Wandb => {
            format!("behind line {line} of {path}")
        }
    }
}

/// An entry of the dictionary that is reported.
fn value(name: &str, told: Option<&Candidate>) -> String {
    let value = match told {
        Some(Candidate { telling: Telling::Logged(Logger::Lightning), .. }) => {
            format!("trainer.callback_metrics[\"{name}\"]")
        }
        Some(Candidate { telling: Telling::Logged(Logger::RayTrain), .. }) => {
            format!("result.metrics[\"{name}\"]")
        }
        Some(Candidate { value: Some(value), .. }) if is_short(value) => value.clone(),
        Some(_) | None => identifier(name),
    };
    let value = if value.starts_with("float(") { value } else { format!("float({value})") };
    format!("\"{name}\": {value}")
}

/// Whether an expression fits a line.
fn is_short(value: &str) -> bool {
    value.chars().count() <= 60 && !value.contains('\n') && !value.contains('=')
}

/// A metric's name as a variable.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests;
