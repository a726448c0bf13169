//! One training's life as a Ray job: submit, follow its log, wait for its status, read its metrics.
//!
//! The verdict on a job is Ray's status alone; a log that ended says nothing.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    cluster::ray::{JobInfo, JobStatus, LogLost, Ray, RuntimeEnv, Submission},
    config::MetricSources,
    experiment::{
        log::{Log, LogSummary},
        machine::Machine,
        metrics::Reader,
    },
    progress::{Progress, STARTING},
};

mod ended;
mod hint;
mod launch;
mod literal;
mod stop;

use ended::failure;
pub use ended::{Failed, Fault, Trained};
use hint::hint;
use launch::{Launch, launch};
pub(crate) use stop::leave;
pub use stop::{stop, stop_all};

/// A training to be run.
#[derive(Debug)]
pub struct Job<'a> {
    /// Submission id, ours alone.
    pub id: String,
    /// What a person calls it, such as `head, seed 2`.
    pub name: String,
    /// Command for /bin/sh.
    pub entrypoint: &'a str,
    /// Where metrics are found besides what it reports.
    pub sources: &'a MetricSources,
    /// URI of the uploaded code.
    pub package: String,
    /// URIs of uploaded packages in which Python looks besides.
    pub modules: Vec<String>,
    /// Environment of the training.
    pub env: BTreeMap<String, String>,
    /// Names that find the job again.
    pub metadata: BTreeMap<String, String>,
    /// Ray resources that it takes.
    pub resources: BTreeMap<String, f64>,
    /// Labels of the node that it runs on; `!` before a value keeps it away.
    pub labels: BTreeMap<String, String>,
    /// How long it may run, once it runs.
    pub limit: Duration,
    /// Where its log is kept.
    pub log: &'a Path,
    /// Who watches.
    pub progress: &'a Progress,
}

/// Metadata key by which the jobs of a run are found again.
pub const RUN_KEY: &str = "regression-run";

/// Lines of a failed training's log that the error quotes.
const QUOTED_LINES: usize = 20;

/// Runs a job to its end.  That it failed is a fact; an error is that we cannot tell how it ended.
pub async fn run(ray: &Ray, job: &Job<'_>) -> Result<Result<Trained, Failed>> {
    let Launch { command, env, frame } = launch(job.entrypoint, job.sources.file.as_deref())?;
    let reader = Reader::new(job.sources);
    let mut log = Log::create(&job.name, job.log, reader)?.framed(frame);
    ray.submit(&submission(job, command, env)).await?;
    let (node, node_seen) = watch::channel(None);
    let ended = tokio::select! {
        ended = wait(ray, job, &node) => ended?,
        never = ray.follow(&job.id, node_seen, &mut log) => match never {},
    };
    if ended.is_none() {
        stop(ray, &job.id).await?;
    }
    let node = node.borrow().clone();
    let drained = match &node {
        Some(node) => ray.drain(&job.id, node, &mut log).await,
        None => Ok(()),
    };
    let failed = |what: String, fault, span| {
        let hint = hint(&log.tail(QUOTED_LINES), &job.env);
        let what = format!("training of {} {what}{hint}{}", job.name, quote(&log, job));
        Failed { what, node: node.clone(), span, fault }
    };
    let Some(info) = ended else {
        let limit = crate::progress::seconds(job.limit);
        let what = format!("did not end within limits.job ({limit}) and was stopped");
        return Ok(Err(failed(what, Fault::Certain, None)));
    };
    let span = info.start_time.zip(info.end_time);
    // A node that died takes its logs along; that the training failed says more.
    if let Some((what, fault)) = failure(&info) {
        return Ok(Err(failed(what, fault, span)));
    }
    match drained {
        Err(error) if error.is::<LogLost>() => {
            let what =
                format!("ended, and its log is lost, usually together with its node ({error:#})");
            return Ok(Err(failed(what, Fault::Machine, span)));
        }
        drained => drained?,
    }
    let span = span.context("Ray does not tell when the job ran")?;
    let (machine, quoted) = (Machine::told(&log.head()), quote(&log, job));
    let LogSummary { reader, data, seen } = log.finish()?;
    Ok(Ok(Trained { logged: reader.finish(), data, seen, span, node, machine, quoted }))
}

/// What we tell Ray, unless the config tells it otherwise: to print all that workers print.  Its driver leaves out
/// lines of several workers that come within seconds and differ only in words with digits, such as the last value
/// of a metric, so that an earlier one would count.
const OF_RAY: [(&str, &str); 1] = [("RAY_DEDUP_LOGS", "0")];

fn environment(
    training: &BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let of_ray = OF_RAY.map(|(name, value)| (name.to_owned(), value.to_owned()));
    literal::literal(of_ray.into_iter().chain(training.clone()).chain(ours).collect())
}

fn submission(job: &Job<'_>, entrypoint: String, ours: BTreeMap<String, String>) -> Submission {
    let env_vars = environment(&job.env, ours);
    Submission {
        submission_id: job.id.clone(),
        entrypoint,
        runtime_env: RuntimeEnv {
            working_dir: Some(job.package.clone()),
            py_modules: job.modules.clone(),
            env_vars,
        },
        takes: job.resources.clone().into(),
        entrypoint_label_selector: job.labels.clone(),
        metadata: job.metadata.clone(),
    }
}

/// Waits until the job has ended, telling where its log is as soon as that is known.  None if it
/// runs for longer than it may; waiting for resources does not count, nor is it a part of the job's time.
async fn wait(
    ray: &Ray,
    job: &Job<'_>,
    node: &watch::Sender<Option<String>>,
) -> Result<Option<JobInfo>> {
    let submitted = Instant::now();
    let (mut running, mut place) = (None, None);
    loop {
        let info = ray.job(&job.id).await?.with_context(|| {
            format!(
                "Ray no longer knows job {}: its head was restarted, and the job is lost",
                job.id
            )
        })?;
        node.send_if_modified(|known| {
            let new = info.driver_node_id.as_ref().filter(|new| known.as_ref() != Some(new));
            new.map(|new| *known = Some(new.clone())).is_some()
        });
        match info.status {
            JobStatus::Succeeded | JobStatus::Failed | JobStatus::Stopped => {
                let waited = running.map_or(Duration::ZERO, |at: Instant| at - submitted);
                return Ok(Some(without_wait(info, waited)));
            }
            JobStatus::Running
                if running.get_or_insert_with(Instant::now).elapsed() > job.limit =>
            {
                return Ok(None);
            }
            JobStatus::Running => place = None,
            JobStatus::Pending if submitted.elapsed() > STARTING => {
                place.get_or_insert_with(|| job.progress.awaits_place());
            }
            JobStatus::Pending => {}
        }
        // A short job is noticed at once, and a long one is not asked for in vain.
        let pause = submitted.elapsed() / 50;
        sleep(pause.clamp(Duration::from_millis(100), Duration::from_secs(1))).await;
    }
}

/// What a job tells, from when it ran: Ray's own start is when it was submitted.
fn without_wait(info: JobInfo, waited: Duration) -> JobInfo {
    let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    let latest = info.end_time.unwrap_or(u64::MAX);
    let start_time = info.start_time.map(|start| start.saturating_add(waited).min(latest));
    JobInfo { start_time, ..info }
}

fn quote(log: &Log, job: &Job<'_>) -> String {
    format!("; the end of its log ({}):\n{}", job.log.display(), log.tail(QUOTED_LINES))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::Router;

    use super::*;

    /// A dashboard that tells of a job what comes next, whenever it is asked.
    async fn telling(told: &'static [&'static str]) -> Ray {
        let asked = Arc::new(AtomicUsize::new(0));
        let next = move || {
            let status = told[asked.fetch_add(1, Ordering::Relaxed)];
            let times = r#""start_time": 1000, "end_time": 900000"#;
            std::future::ready(format!(r#"{{"status": "{status}", {times}}}"#))
        };
        let router = Router::new().fallback(next);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ray::new(&base, None, None).unwrap()
    }

    async fn waited(told: &'static [&'static str], limit: Duration) -> Option<JobInfo> {
        let job = Job {
            id: "a".to_owned(),
            name: "a".to_owned(),
            entrypoint: "true",
            sources: &MetricSources::default(),
            package: String::new(),
            modules: Vec::new(),
            env: BTreeMap::new(),
            metadata: BTreeMap::new(),
            resources: BTreeMap::new(),
            labels: BTreeMap::new(),
            limit,
            log: Path::new("log"),
            progress: &Progress::silent(),
        };
        wait(&telling(told).await, &job, &watch::channel(None).0).await.unwrap()
    }

    /// It waits for a GPU, say.
    #[tokio::test]
    async fn the_wait_for_a_place_is_no_part_of_a_trainings_time() {
        let short = Duration::from_millis(1);
        assert!(waited(&["PENDING", "RUNNING", "RUNNING", "RUNNING"], short).await.is_none());
        assert!(waited(&["PENDING", "PENDING", "PENDING", "SUCCEEDED"], short).await.is_some());
        let info = waited(&["PENDING", "PENDING", "RUNNING", "SUCCEEDED"], short * 60_000).await;
        let started = info.unwrap().start_time.unwrap();
        assert!((1200..900_000).contains(&started), "{started}");
        let at_once = waited(&["SUCCEEDED"], short).await.unwrap();
        assert_eq!(at_once.start_time, Some(1000));
    }

    #[test]
    fn ray_prints_every_line_of_its_workers_unless_the_config_says_otherwise() {
        let env = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into();
        let of = |training| {
            environment(&training, env("REGRESSION_FRAME", "w"))["RAY_DEDUP_LOGS"].clone()
        };
        assert_eq!(of(env("REGRESSION_SEED", "1")), "0");
        assert_eq!(of(env("RAY_DEDUP_LOGS", "1")), "1");
    }
}
