//! How Ray's head is started: its arguments, its environment, its token.  Decides nothing later.

use std::{env, fs::File, net::Ipv4Addr, path::PathBuf, process::Stdio};

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tokio::process::{Child, Command};

use super::{Gpus, RayDirectory, gpus::VISIBLE, loopback, ports::Ports};
use crate::{cache, cluster::ray::PINNED, python::environment::Environment, scrub, token};

/// The variable by which every process of a local Ray is known.
pub(super) const MARK: &str = "REGRESSION_CLUSTER";
const HEAD: &str = include_str!("head.py");

/// A head that is about to be started.
pub(super) struct HeadLaunch<'a> {
    environment: &'a Environment,
    directory: &'a RayDirectory,
    ports: &'a Ports,
    pub(super) log: PathBuf,
    pub(super) dashboard: Url,
    pub(super) agent_health: Url,
    pub(super) token: SecretString,
}

impl<'a> HeadLaunch<'a> {
    pub(super) fn new(
        environment: &'a Environment,
        directory: &'a RayDirectory,
        ports: &'a Ports,
    ) -> Result<Self> {
        Ok(Self {
            environment,
            directory,
            ports,
            log: directory.log(),
            dashboard: loopback(ports.dashboard, "")?,
            agent_health: loopback(ports.agent, "api/local_raylet_healthz")?,
            token: token::random()?.into(),
        })
    }

    /// Starts the head in a process group of its own, so that a terminal's Ctrl-C reaches us alone.
    pub(super) fn spawn(&self, cpus: usize, gpus: &Gpus) -> Result<Child> {
        let script = self.directory.path().join("head.py");
        std::fs::write(&script, HEAD).map_err(|error| cache::explain(error, &script))?;
        let log = File::create(&self.log).map_err(|error| cache::explain(error, &self.log))?;
        let mut command = Command::new(&self.environment.python);
        command.arg(&script).args(self.arguments(cpus));
        self.set_environment(&mut command)?;
        if gpus.count() > 0 {
            command.arg(format!("--num-gpus={}", gpus.count())).env(VISIBLE, gpus.ids());
        }
        command.current_dir(self.directory.path()).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let python = self.environment.python.display();
        command.spawn().with_context(|| format!("cannot run {python}"))
    }

    fn arguments(&self, cpus: usize) -> Vec<String> {
        let ports = self.ports;
        let mut arguments: Vec<String> = [
            "start",
            "--head",
            "--block",
            "--disable-usage-stats",
            "--log-color=false",
            // Workers take any free port.
            "--min-worker-port=0",
            "--max-worker-port=0",
        ]
        .map(str::to_owned)
        .into();
        arguments.extend([
            format!("--node-ip-address={}", Ipv4Addr::LOCALHOST),
            format!("--dashboard-host={}", Ipv4Addr::LOCALHOST),
            format!("--num-cpus={cpus}"),
            format!("--temp-dir={}", self.directory.temporary().display()),
            format!("--port={}", ports.gcs),
            format!("--dashboard-port={}", ports.dashboard),
            format!("--dashboard-agent-listen-port={}", ports.agent),
            format!("--dashboard-agent-grpc-port={}", ports.agent_grpc),
            format!("--runtime-env-agent-port={}", ports.runtime_env_agent),
            format!("--metrics-export-port={}", ports.metrics),
            format!("--ray-client-server-port={}", ports.client_server),
            format!("--object-manager-port={}", ports.object_manager),
            format!("--node-manager-port={}", ports.node_manager),
        ]);
        arguments
    }

    fn set_environment(&self, command: &mut Command) -> Result<()> {
        for name in scrub::hidden() {
            command.env_remove(name);
        }
        let bin = self.environment.directory.join("bin");
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(std::iter::once(bin).chain(env::split_paths(&inherited)))?;
        command.env("PATH", path).env("VIRTUAL_ENV", &self.environment.directory);
        command.env(MARK, self.directory.id()).envs([
            ("PYTHONUNBUFFERED", "1"),
            // A title that Ray sets for its processes must not overwrite their environment.
            ("SPT_NOENV", "1"),
            // The most: Ray counts every log stream that was ever left.
            ("RAY_STATE_SERVER_MAX_HTTP_REQUEST", "1000"),
            ("RAY_USAGE_STATS_ENABLED", "0"),
            // Else Ray drops code after ten minutes without a job, such as that of a side that comes second.
            (PINNED, "604800"),
            // As long as it takes until what a training asks for is free.
            ("RAY_JOB_START_TIMEOUT_SECONDS", "604800"),
            // Jobs have their own environment, and never use a worker that was started before them.
            ("RAY_prestart_worker_first_driver", "0"),
            // Without this Ray replaces 127.0.0.1 by the address of the host.
            ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"),
            ("RAY_AUTH_MODE", "token"),
            ("RAY_AUTH_TOKEN", self.token.expose_secret()),
        ]);
        command.env("AUTOSCALER_METRIC_PORT", self.ports.autoscaler_metrics.to_string());
        command.env("DASHBOARD_METRIC_PORT", self.ports.dashboard_metrics.to_string());
        Ok(())
    }
}
