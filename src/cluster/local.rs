//! Ray on this machine: an environment -> a head that only this machine and this run can use.
//! Everything it starts carries a mark, by which all of it is ended.

mod command;
mod directory;
mod gpus;
mod ports;
mod processes;
pub(crate) mod sweep;

use std::{
    fs,
    net::Ipv4Addr,
    num::NonZero,
    path::PathBuf,
    process::ExitStatus,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use reqwest::{Client, StatusCode, Url};
use tokio::{
    process::{Child, ChildStdin},
    time::{sleep, timeout},
};

use super::{Cleanup, Cluster, existing, now};
use crate::{
    http::{self, LARGEST},
    output,
    progress::{Progress, Task, seconds},
    python::environment::Environment,
};

use command::HeadLaunch;
use directory::RayDirectory;
pub use gpus::Gpus;
use ports::Ports;

const POLL: Duration = Duration::from_millis(50);
const SHOWN_LINES: usize = 15;

/// A running local Ray.  Dropped, it is stopped.
#[derive(Debug)]
pub(super) struct LocalRay {
    head: Child,
    /// The head ends when this closes.  Held apart from the child, since waiting for a child closes
    /// its standard input.
    _lifeline: Option<ChildStdin>,
    directory: RayDirectory,
    /// Nobody else's as long as it runs: some of Ray's servers come after it takes jobs.
    _ports: Ports,
    cluster: Cluster,
}

/// Why a start failed.
enum StartFailure {
    /// The head ended by itself.
    Ended(anyhow::Error),
    Other(anyhow::Error),
}

impl LocalRay {
    /// Starts Ray and waits until it takes jobs, at most for `limit`.  A head that ends by itself is started
    /// once more: another program may have taken a port between our choice and Ray's use, and on a busy
    /// machine Ray gives its own servers half a minute and no more.
    pub(super) async fn start(
        on: (&Environment, &Gpus),
        limit: Duration,
        progress: &Progress,
    ) -> Result<Self> {
        remove_dead(progress).await;
        let task = progress.task("starting a local Ray");
        let started = Instant::now();
        let outcome = match Self::launch(on, limit, &task).await {
            Err(StartFailure::Ended(error)) => {
                progress.say(format!("{error:#}\nstarting it once more"));
                let rest = limit.saturating_sub(started.elapsed());
                Self::launch(on, rest, &task).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(ray) => {
                task.done(&ray.cluster.description);
                warn_if_open(&ray.cluster, progress).await;
                Ok(ray)
            }
            Err(StartFailure::Ended(error) | StartFailure::Other(error)) => Err(error),
        }
    }

    async fn launch(
        (environment, gpus): (&Environment, &Gpus),
        limit: Duration,
        task: &Task,
    ) -> Result<Self, StartFailure> {
        let directory = RayDirectory::create().map_err(StartFailure::Other)?;
        let ports = Ports::choose().map_err(StartFailure::Other)?;
        let launch =
            HeadLaunch::new(environment, &directory, &ports).map_err(StartFailure::Other)?;
        let cpus = thread::available_parallelism().map_or(1, NonZero::get);
        let mut head = launch.spawn(cpus, gpus).map_err(StartFailure::Other)?;
        let ready = timeout(limit, wait_until_ready(&mut head, &launch, task)).await;
        match ready.unwrap_or_else(|_| Err(not_ready(limit, &launch))) {
            Ok(version) => {
                let counted = match gpus.count() {
                    0 => String::new(),
                    count => format!(", {count} GPUs"),
                };
                let description = format!("local Ray {version}, {cpus} CPUs{counted}");
                let cluster = Cluster {
                    dashboard: launch.dashboard,
                    token: Some(launch.token),
                    trust: None,
                    description,
                    room: None,
                    gpus: None,
                    patience: Duration::ZERO,
                };
                let lifeline = head.stdin.take();
                Ok(Self { head, _lifeline: lifeline, directory, _ports: ports, cluster })
            }
            Err(error) => {
                let exited = head.try_wait().is_ok_and(|status| status.is_some());
                drop(directory.end_processes());
                Err(if exited { StartFailure::Ended(error) } else { StartFailure::Other(error) })
            }
        }
    }

    /// Runs `work`, but no longer than the head lives.
    pub(super) async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&Cluster) -> Result<T>,
    ) -> Result<T> {
        let outcome = tokio::select! {
            biased;
            outcome = work(&self.cluster) => outcome,
            status = self.head.wait() => return Err(self.death(status.ok())),
        };
        match self.head.try_wait() {
            // The work may notice first, by a broken connection, which says less.
            Ok(Some(status)) if outcome.is_err() => {
                outcome.with_context(|| self.death(Some(status)).to_string())
            }
            _ => outcome,
        }
    }

    fn death(&self, status: Option<ExitStatus>) -> anyhow::Error {
        let status =
            status.map_or_else(|| "unknown status".to_owned(), |status| status.to_string());
        anyhow!(
            "the head of the local Ray died ({status}); its last words:\n{}",
            last_lines(&self.directory.log())
        )
    }

    /// Ends every process of this Ray, removes its directory and counts what is left.
    pub(super) async fn stop(self, progress: &Progress) -> Cleanup {
        let task = progress.task("stopping the local Ray");
        let Self { mut head, directory, .. } = self;
        let clearing = tokio::task::spawn_blocking(move || directory.clear());
        let (left, warning) = match clearing.await {
            Ok(cleared) => cleared,
            // Unknown, so at least one: a proof must not claim what was not seen.
            Err(error) => (1, Some(format!("could not stop the local Ray: {error}"))),
        };
        let _ = head.try_wait();
        let checked_at = now();
        let mut summary =
            format!("local Ray stopped: {left} processes left, checked at {checked_at}");
        if let Some(warning) = warning {
            summary = format!("{summary}; {warning}");
        }
        task.done(&summary);
        Cleanup { left, checked_at, summary }
    }
}

/// What runs that were killed left behind would take memory and GPUs from this one.
async fn remove_dead(progress: &Progress) {
    let swept = tokio::task::spawn_blocking(sweep::remove_dead).await;
    for swept in swept.ok().and_then(Result::ok).into_iter().flatten().filter(|one| one.removed) {
        progress.say(format!("{}: {}", swept.what, swept.detail));
    }
}

/// Waits until both the dashboard and the node's agent answer, since jobs need the two; yields
/// the version of Ray.
async fn wait_until_ready(
    head: &mut Child,
    launch: &HeadLaunch<'_>,
    task: &Task,
) -> Result<String> {
    let client = http::client()?;
    loop {
        if let Some(status) = head.try_wait()? {
            let why = why_it_ended(&read_plain(&launch.log));
            bail!("the local Ray did not start ({status}){why}:\n{}", last_lines(&launch.log));
        }
        if let Some(version) = ready(&client, launch).await {
            return Ok(version);
        }
        task.update(output::tail(&read_plain(&launch.log), 1));
        sleep(POLL).await;
    }
}

/// What Ray's own words mean to whoever waits for it.
fn why_it_ended(log: &str) -> &'static str {
    if log.contains("timed out during startup") {
        "; Ray gives its own servers half a minute, which was too little: try again when less runs on this machine"
    } else {
        ""
    }
}

fn not_ready(limit: Duration, launch: &HeadLaunch<'_>) -> anyhow::Error {
    anyhow!(
        "the local Ray was not ready within {}; raise limits.provision, or see what it says:\n{}",
        seconds(limit),
        last_lines(&launch.log)
    )
}

async fn ready(client: &Client, launch: &HeadLaunch<'_>) -> Option<String> {
    let answer = existing::get_version(client, &launch.dashboard, Some(&launch.token)).await;
    let version: existing::Version = answer.ok()?.good()?;
    let agent = client.get(launch.agent_health.clone()).send();
    let agent = http::answer(agent, Duration::from_secs(5), LARGEST).await.ok()?;
    agent.status.is_success().then_some(version.ray_version)
}

/// Ray before 2.52 knows no token: then whoever has an account on this machine can run code as us.
async fn warn_if_open(cluster: &Cluster, progress: &Progress) {
    let Ok(client) = http::client() else { return };
    let answer = existing::get_version(&client, &cluster.dashboard, None).await;
    if answer.is_ok_and(|answer| answer.status == StatusCode::OK) {
        progress.say(
            "warning: this version of Ray knows no token, so every user of this machine can use \
             the cluster; choose Ray 2.52 or newer",
        );
    }
}

fn last_lines(log: &PathBuf) -> String {
    output::quoted(&read_plain(log), SHOWN_LINES)
}

fn read_plain(log: &PathBuf) -> String {
    output::plain(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()))
}

fn loopback(port: u16, path: &str) -> Result<Url> {
    Ok(Url::parse(&format!("http://{}:{port}/{path}", Ipv4Addr::LOCALHOST))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::executable;

    #[tokio::test]
    async fn a_head_that_ends_by_itself_is_started_once_more() {
        let directory = tempfile::tempdir().unwrap();
        let python = directory.path().join("python");
        let begun = directory.path().join("begun");
        let ends = format!(
            "#!/bin/sh\necho begun >> {}\necho The current node timed out during startup.\nexit 1\n",
            begun.display()
        );
        executable::write(&python, &ends);
        let environment = Environment {
            directory: directory.path().to_owned(),
            python,
            python_version: "3.11.7".to_owned(),
            hash: String::new(),
            reused: true,
            _use: None,
        };
        let limit = Duration::from_mins(1);
        let started =
            LocalRay::start((&environment, &Gpus::default()), limit, &Progress::silent()).await;
        let error = started.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("(exit status: 1); Ray gives its own servers"), "{error}");
        assert!(error.contains("when less runs on this machine:\n  | The current"), "{error}");
        assert_eq!(fs::read_to_string(begun).unwrap().lines().count(), 2);
    }
}
