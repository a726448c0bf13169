//! `compare`: two commits of a local repository, from their requirements to a report.

use std::time::Instant;

use anyhow::Result;

use crate::{
    cache::Cache,
    cancel::{Cancelled, unless_cancelled},
    cluster::{Cleanup, Cluster, queue::Queue},
    config::Config,
    experiment::{
        BackendChoice, Tools,
        measure::{Budget, Company, Doubts, Role, Tracked, UnfinishedTrainings},
    },
    git::{Code, Commit, Repository},
    report::{Measurement, Report, Times},
};

mod anchor;
mod backends;
mod clusters;
mod decide;
mod differences;
mod finding;
mod images;
mod key;
mod known;
mod kubernetes;
mod limits;
mod looks;
mod memory;
mod packages;
mod past;
mod prepared;
mod resume;
mod run;
mod shadow;
mod shelf;
mod sides;
mod tracking;
mod turns;
mod work;

use clusters::ClusterScope;
pub use differences::Differences;
use finding::{ReportInput, TrainingResults};
pub use images::Images;
use key::Keys;
pub(crate) use key::names;
use limits::within_limit;
pub use memory::{Memory, Release};
use packages::Packages;
use prepared::Prepared;
pub use resume::Resume;
pub(crate) use resume::UNFINISHED;
pub(crate) use run::RUNS;
pub use run::Run;
pub use shelf::{PastRun, RunList, RunSummary, Shelf};
pub use sides::{Parting, Sides};
use work::Work;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// Where both commits are.
    pub repository: Repository,
    /// How they are trained and judged.
    pub config: Config,
    /// What is compared.
    pub sides: Sides,
    /// Whose config, template and ruler judge: on GitHub the tip of the default branch.
    pub judge: Commit,
    /// Where they are trained.
    pub backend: BackendChoice,
    /// What head changes.
    pub differences: Differences,
    /// What they run in on Kubernetes; nothing where nothing needs to be trained.
    pub images: Images,
    /// What is remembered from one comparison to the next.
    pub memory: Memory,
    /// Where the config was found, in words.
    pub config_told: String,
    /// The command that asks the same again.
    pub reproduce: String,
    /// What becomes of trainings of an interrupted run; none: it leaves none, as on GitHub.
    pub resume: Option<Resume>,
}

impl Question {
    /// Names the comparison, and makes its directory.
    pub fn begin(&self, cache: &Cache) -> Result<Run> {
        Run::begin(&self.sides.base, &self.sides.head, cache)
    }

    /// The files of both trainings: what measures is the judge's.
    fn codes(&self) -> (Code, Code) {
        let code = |commit| Code::measured(commit, &self.judge, &self.config.ruler);
        (code(&self.sides.base), code(self.sides.trained()))
    }
}

/// Answers the question, and writes the report and all logs to the run's directory.
pub async fn compare(question: &Question, run: &Run, tools: &Tools<'_>) -> Result<Report> {
    let started = Instant::now();
    if let Some(why) = &question.differences.same {
        let report = differences::untrained(question, run, why, started);
        run.write(|format| report.render(format))?;
        return Ok(report);
    }
    let TrainedQuestion { finding, cleanup, times, warnings, unfinished } =
        train(question, run, tools).await?;
    let report = finding.report(cleanup, times, warnings);
    run.write(|format| report.render(format))?;
    resume::close(question, unfinished.as_ref())?;
    Ok(report)
}

/// Trains the commit of a question of one ([`Sides::one`]), and writes its metrics and all logs to the run's directory.
pub async fn measure_one(question: &Question, run: &Run, tools: &Tools<'_>) -> Result<Measurement> {
    let TrainedQuestion { finding, cleanup, times, warnings, unfinished } =
        train(question, run, tools).await?;
    let measurement = finding.measurement(cleanup, times, warnings);
    run.write(|format| measurement.render(format))?;
    resume::close(question, unfinished.as_ref())?;
    Ok(measurement)
}

/// What is told when all trainings are done.
struct TrainedQuestion<'a> {
    finding: ReportInput<'a>,
    cleanup: Vec<Cleanup>,
    times: Times,
    warnings: Vec<String>,
    /// Needed no more once the report is there.
    unfinished: Option<UnfinishedTrainings>,
}

async fn train<'a>(
    question: &'a Question,
    run: &'a Run,
    tools: &Tools<'_>,
) -> Result<TrainedQuestion<'a>> {
    let started = Instant::now();
    limits::check(&question.config, question.sides.count(), None, 0)?;
    // Large because it holds everything that makes environments.
    let preparing = Box::pin(Prepared::new(question, run, tools));
    let prepared = unless_cancelled(tools.cancel, preparing).await?;
    let tracking = tracking::begin(question, run, tools.progress);
    let tracked = unless_cancelled(tools.cancel, tracking).await?;
    let unfinished = resume::open(question, &prepared.keys, tools)?;
    let budget = Budget::new(question.config.limits.gpu_hours);
    let doubts = Doubts::default();
    let Prepared { packages, backends, keys, known, past, .. } = prepared;
    let environments = backends.environments.clone();
    let backends = backends.needed(&question.config, &known);
    let needs = backends.training.clone();
    // Of one commit alone there is no other code.
    let trusts_head = question.memory.trusts_head || question.sides.is_one();
    let company = Company::new(backends.sharing(&question.config), trusts_head);
    if backends.head.is_some() {
        // What head requires was installed on this machine, which may have run its code.
        company.arrive(Role::Head);
    }
    let limits = &question.config.limits;
    let queue = Queue::new(limits.queue);
    let running = within_limit(question, tools, &queue, async |cancel, begun| {
        let work = async |base: &Cluster, head: &Cluster| {
            let start = begun.elapsed().saturating_sub(queue.waited()).as_secs_f64();
            let left = queue.left(begun, limits.total.duration());
            let work = Work {
                question,
                run,
                cache: tools.cache,
                keys: &keys,
                environments: &environments,
                needs: &needs,
                budget: &budget,
                doubts: &doubts,
                company: &company,
                tracked: tracked.as_ref(),
                unfinished: unfinished.as_ref(),
                progress: tools.progress,
                deadline: begun + begun.elapsed() + left,
            };
            let (comparison, shadow) = work.train(packages, (base, head), &past, known).await?;
            let cluster = company.told(&base.description);
            Ok(TrainingResults { comparison, shadow, cluster, start, ended: Instant::now() })
        };
        let (config, progress, hurry) = (&question.config, tools.progress, tools.cancel);
        let (queue, run) = (&queue, run.name.as_str());
        let scope = ClusterScope { config, queue, progress, cancel, hurry, run };
        // Large because it holds everything that a cluster's life needs.
        Box::pin(scope.with_clusters(backends, work)).await
    });
    let outcome = running.await;
    let word = |trained: &TrainingResults| {
        if question.sides.is_one() { "measured" } else { trained.comparison.verdict.word() }
    };
    if let Some(tracked) = &tracked {
        tracked.conclude(&outcome, |(trained, _)| word(trained)).await;
    }
    let (trained, cleanup) = outcome?;
    let mut times = Times {
        environment: prepared.seconds,
        queue: queue.waited().as_secs_f64(),
        cluster: trained.start,
        removal: trained.ended.elapsed().as_secs_f64(),
        ..Times::default()
    };
    times.complete(started, trained.observations());
    let mut warnings = prepared.warnings;
    warnings.extend(doubts.warnings());
    warnings.extend(tracked.as_ref().and_then(Tracked::warning));
    let (spent, tracked) = (budget.spent(), tracked.map(|tracked| tracked.url()));
    let finding = ReportInput { question, run, trained, environments, past, spent, tracked };
    warnings.extend(finding.keep(&keys, tools.progress).await);
    Ok(TrainedQuestion { finding, cleanup, times, warnings, unfinished })
}
