//! `doctor`: is everything there that a comparison needs?  Takes what a comparison begins with, yields
//! one check after the other with what to fix.  Changes nothing, neither here nor on Kubernetes.

mod kubernetes;
mod machine;
mod memory;
mod render;

use anyhow::{Error, Result};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    cache::Cache, cancel::Cancelled, clients::registry::Registry, cluster, compare::BackendChoice,
    config::Config, git::Repository, output::Format, progress::Progress,
};

/// The exit code if there is a problem; the same as that of an error.
const PROBLEM: u8 = 2;

/// What a comparison begins with, each part as far as it could be had.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Where the commits are.
    pub repository: Result<Repository>,
    /// How they are trained and judged.
    pub config: Result<Config>,
    /// What outlives a run.
    pub cache: &'a Result<Cache>,
    /// Where they are trained.
    pub backend: Result<BackendChoice>,
    /// Where their images are.
    pub registry: Result<Registry>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// A comparison would fail.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is, in a word or two.
    pub name: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found; of an error, also what to do.
    pub found: String,
    /// What to do, unless `found` says so: a line for people, then lines to copy.
    pub remedy: Option<String>,
}

/// All that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// In the order in which things are needed.
    pub checks: Vec<Check>,
    /// What could not be looked at because of the problems.
    pub unchecked: Vec<&'static str>,
}

/// Looks at everything that can be looked at.  The only error is [`Cancelled`].
pub async fn examine(
    subject: &Subject<'_>,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Examination> {
    let task = progress.task("looking at what a comparison needs");
    let examination = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(Cancelled.into()),
        examination = look(subject) => examination,
    };
    task.done(examination.summary());
    Ok(examination)
}

async fn look(subject: &Subject<'_>) -> Examination {
    let mut seen = Examination::default();
    seen.push(machine::repository(&subject.repository));
    seen.push(machine::config(&subject.config));
    seen.push(machine::cache(subject.cache));
    // Large because it holds clients and their requests.
    Box::pin(memory::look(subject, &mut seen)).await;
    match &subject.backend {
        Err(error) => seen.push(Check::problem("backend", error)),
        Ok(BackendChoice::Local) => machine::local(subject, &mut seen).await,
        Ok(BackendChoice::Kubernetes(choice)) => {
            // Large because it holds a client and its requests.
            Box::pin(kubernetes::look(choice, subject, &mut seen)).await;
        }
        Ok(BackendChoice::Existing { dashboard, token, trust }) => {
            let probed = cluster::probe(dashboard.clone(), token.clone(), trust.clone()).await;
            seen.push(Check::of("Ray", probed.map(|cluster| cluster.description)));
        }
    }
    seen
}

impl Examination {
    fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    fn has(&self, name: &str) -> bool {
        self.checks.iter().any(|check| check.name == name)
    }

    fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// 0 if there is no problem, 2 otherwise.
    pub fn exit_code(&self) -> u8 {
        if self.count(State::Problem) == 0 { 0 } else { PROBLEM }
    }

    /// The examination in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Text => Ok(render::text(self)),
            Format::Markdown => Ok(render::markdown(self)),
            Format::Json => render::json(self),
        }
    }
}

impl Check {
    fn new(name: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { name, state, found: found.into(), remedy: None }
    }

    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found)
    }

    fn problem(name: &'static str, error: &Error) -> Self {
        Self::new(name, State::Problem, format!("{error:#}"))
    }

    /// What was found, or why it was not.
    fn of(name: &'static str, outcome: Result<impl Into<String>>) -> Self {
        match outcome {
            Ok(found) => Self::ok(name, found),
            Err(error) => Self::problem(name, &error),
        }
    }

    /// What was found, with what a comparison would warn of; or why it was not.
    fn with_warnings(name: &'static str, outcome: Result<(String, Vec<String>)>) -> Self {
        match outcome {
            Ok((found, warnings)) if !warnings.is_empty() => {
                Self::new(name, State::Warning, format!("{found}; {}", warnings.join("; ")))
            }
            outcome => Self::of(name, outcome.map(|(found, _)| found)),
        }
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}
