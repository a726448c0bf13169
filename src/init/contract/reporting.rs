//! Whether the sources of a training tell the metrics that its config judges, and the line that does.  Pure.

use super::{
    super::{
        metrics::{Candidate, Logger, Telling, candidates},
        python::calls,
    },
    Sources,
};
use crate::{
    config::Config,
    experiment::metrics::MARKER,
    output::{Check, State, first_few},
};

/// What a source tells, and which.
type Told<'a> = (&'a str, Candidate);

impl Sources<'_> {
    pub(super) fn metrics(&self) -> Check {
        let Config { metrics, metrics_file, mlflow, .. } = self.config;
        let names: Vec<String> = metrics.keys().cloned().collect();
        let is_matched = |name: &String| metrics.patterns().contains_key(name);
        let unmatched: Vec<String> =
            names.iter().filter(|name| !is_matched(name)).cloned().collect();
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
    fn reported(&self, path: &str, wanted: &[String]) -> Check {
        let source = self.text(path);
        let reported: Vec<String> =
            candidates(source, &calls(source)).into_iter().map(|one| one.name).collect();
        let missing: Vec<String> =
            wanted.iter().filter(|name| !reported.contains(name)).cloned().collect();
        if reported.is_empty() || missing.is_empty() {
            return Check::ok("metrics", format!("{path} reports {}", first_few(wanted)));
        }
        let (reported, missing) = (first_few(&reported), first_few(&missing));
        Check::warning(
            "metrics",
            format!("{path} reports {reported}, and the config judges {missing}"),
        )
        .remedy("let the config and the training name the same metrics")
    }

    fn unreported(&self, wanted: &[String]) -> Check {
        let told = self.told();
        let names = first_few(wanted);
        let found = match first(&told, wanted) {
            Some((path, Candidate { telling: Telling::Logged(logger), line, .. })) => {
                format!("{names} goes to {} alone (line {line} of {path})", logger.name())
            }
            Some(_) | None => format!("nothing reports {names}"),
        };
        Check::new("metrics", State::Problem, found).remedy(self.printing(wanted))
    }

    /// Where to add which line, so that these metrics are reported.
    pub(super) fn printing(&self, wanted: &[String]) -> String {
        let told = self.told();
        let place = match first(&told, wanted) {
            Some((path, Candidate { telling: Telling::Logged(logger), line, .. })) => {
                behind(*logger, path, *line)
            }
            Some(_) | None => format!("at the end of {}", self.script()),
        };
        let values: Vec<String> =
            wanted.iter().map(|name| value(name, of(&told, name).map(|(_, one)| one))).collect();
        let values = values.join(", ");
        format!(
            "{place}, add:\nimport json\nprint(\"{MARKER}\", json.dumps({{{values}}}), flush=True)"
        )
    }

    /// All that the sources tell, with the source of each.
    fn told(&self) -> Vec<Told<'_>> {
        let of = |path| {
            let source = self.text(path);
            candidates(source, &calls(source)).into_iter().map(move |one| (path, one))
        };
        self.all().flat_map(of).collect()
    }
}

fn of<'a, 'b>(told: &'b [Told<'a>], name: &str) -> Option<&'b Told<'a>> {
    told.iter().find(|(_, one)| one.name == name)
}

/// What is told of the first of these that is told.
fn first<'a, 'b>(told: &'b [Told<'a>], wanted: &[String]) -> Option<&'b Told<'a>> {
    wanted.iter().find_map(|name| of(told, name))
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
