//! `bisect`: the commits between a good and a bad one -> the one that made the metric worse.
//!
//! ```text
//! line of commits -> policy (crate::bisect::policy) -> readings, k at a time -> journal -> policy ... -> report
//! ```
//!
//! The policy says what to read; here it is read, by a command in a checkout or by trainings on Ray,
//! written down at once, and told.  A search that was killed goes on from what was written down: here, or
//! in the history, on whatever machine.

pub mod policy;

mod answer;
mod archive;
mod cause;
mod checkout;
mod command;
mod fleet;
mod found;
mod homes;
mod hunt;
mod idle;
mod journal;
mod keeper;
mod known;
mod limits;
mod line;
mod packed;
mod report;
mod rounds;
mod ruler;
mod seed;
mod shell;
mod source;
mod spent;
mod standing;
mod state;
pub(crate) mod sweep;
mod tracked;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    cancel::unless_cancelled,
    cli::again::Again,
    clients::registry::Registry,
    config::{Config, Metric, MetricSources, Span},
    experiment::{BackendChoice, Tools, history::History, measure::Tracked, tracking::Tracker},
    git::{Commit, Line, Repository},
};

pub use cause::Attributed;
pub use report::{BisectReport, Finding, Reached, Read, Suspect, Witness};

use archive::Archive;
use hunt::Hunt;
pub(crate) use keeper::ray_job;
use known::recall;
use limits::SearchLimits;
use source::{SearchInput, Source};
use state::SearchState;

/// What is asked.
#[derive(Debug)]
pub struct BisectRequest {
    /// Where the commits are.
    pub repository: Repository,
    /// Known to be good; in the history of the bad one.
    pub good: Commit,
    /// Known to be bad.
    pub bad: Commit,
    /// Whose template says what clusters are like, and whose ruler measures all commits: on GitHub the tip of
    /// the default branch, else the bad one.
    pub judge: Commit,
    /// Name of the metric that became worse.
    pub metric: String,
    /// Which way it is better, and what is known of it.
    pub judged: Metric,
    /// Paths from the root that decide the environment.
    pub requirements: Vec<String>,
    /// Where readings come from.
    pub readings: ReadingSource,
    /// What the metric was at the good commit when that was good, if it is known.
    pub recorded: Option<f64>,
    /// Readings at a time.
    pub parallel: usize,
    /// Readings in all.
    pub budget: usize,
    /// Whether readings of earlier searches of the same are left out, now and from now on.
    pub fresh: bool,
    /// The commands that ask the same again.
    pub again: Again,
    /// Name of the run, by which its clusters are found again: letters, digits and `-`.
    pub run: String,
    /// Where it is written down what was read, if not in the cache.
    pub journal: Option<PathBuf>,
}

/// Where readings come from.
#[derive(Debug)]
pub enum ReadingSource {
    /// A shell command, run in a checkout of the commit.
    Command {
        /// For `/bin/sh -c`.
        shell: String,
        /// How long it may run.
        limit: Duration,
        /// Where metrics are found besides what it reports.
        sources: MetricSources,
        /// How long the search may take; none: as long as it does.
        total: Option<Span>,
        /// Whether the config names files that measure, which does not hold here.
        ruled: bool,
    },
    /// Trainings on Ray, in a cluster for each environment that a commit needs.
    Ray(Box<OnRay>),
}

impl ReadingSource {
    /// How trainings are made, if they are.
    fn on_ray(&self) -> Option<&OnRay> {
        match self {
            Self::Ray(on) => Some(on),
            Self::Command { .. } => None,
        }
    }
}

/// Trainings on Ray.
#[derive(Debug)]
pub struct OnRay {
    /// How they are trained.
    pub config: Config,
    /// Where.
    pub backend: BackendChoice,
    /// Past readings, if they are kept.
    pub history: Option<History>,
    /// The experiment tracker.
    pub tracker: Option<Tracker>,
    /// Where images are looked for; for Kubernetes.
    pub registry: Option<Registry>,
}

/// Answers the question.  Fails if there is no line of commits between the two.
pub async fn search(question: &BisectRequest, tools: &Tools<'_>) -> Result<BisectReport> {
    let started = Instant::now();
    let BisectRequest { repository, good, bad, requirements, .. } = question;
    let line = repository.line(good, bad, requirements)?;
    let measured = question.measured()?;
    if let Some(told) = &measured {
        tools.progress.say(format!("warning: {told}"));
    }
    let recalling = async { Ok(recall(&question.readings, tools.progress).await) };
    let records = unless_cancelled(tools.cancel, recalling).await?;
    let state = SearchState::open(question, tools.cache, records)?;
    state.tell(tools.progress);
    let tracked = tracked::begin(question, tools).await?;
    let searching = searched(question, tools, (&state, tracked.as_ref()), line);
    let outcome = Box::pin(searching).await;
    if let Some(tracked) = &tracked {
        tracked.conclude(&outcome, |report| report.finding.word()).await;
    }
    let report = outcome?;
    let gone = tracked.as_ref().and_then(Tracked::warning);
    let warnings = measured.into_iter().chain(state.doubts.warnings()).chain(gone).collect();
    let experiment_url = tracked.map(|tracked| tracked.url());
    Ok(BisectReport {
        seconds: started.elapsed().as_secs_f64(),
        warnings,
        experiment_url,
        ..report
    })
}

async fn searched(
    question: &BisectRequest,
    tools: &Tools<'_>,
    (state, tracked): (&SearchState, Option<&Tracked<'_>>),
    line: Line,
) -> Result<BisectReport> {
    let given = SearchInput { state, limits: SearchLimits::begin(&question.readings), tracked };
    let searching = async |archive: &Archive<'_>| {
        let searching = async |source: &Source<'_>| {
            let hunt = Hunt { question, tools, source, state, archive };
            let (outer, inside) = hunt.run(line).await?;
            let cause = cause::find(&hunt, inside.last().unwrap_or(&outer)).await?;
            Ok((outer, inside, cause, source.spent()))
        };
        source::with(question, tools, &given, searching).await
    };
    let ((outer, inside, cause, spent), cleanup) =
        archive::with(question, state, tools, searching).await?;
    let queued = given.limits.queue.waited();
    let facts = report::ReportFacts { cause, cleanup, spent, queued };
    Ok(report::report(question, state, (&outer, &inside), facts))
}
