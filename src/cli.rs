//! The command line.

pub mod again;
mod connect;
mod runs;
pub(crate) mod setup;

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};
use clap_complete::Shell;
use secrecy::SecretString;

pub use connect::Connect;
pub use runs::{ConfigFrom, MeasureOptions, Show, Trainings};

use crate::{
    config::{Direction, Span},
    output::Format,
};

/// Readings of a search in all, unless somebody says it.
pub(crate) const BUDGET: usize = 200;

/// Answers whether a change made the model worse: trains base and head on Ray, and compares.
///
/// Exit codes: 0 pass (or culprit found), 1 regressed, 3 inconclusive (or no culprit), 2 error.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
}

/// Whether a command line asks for JSON, also one that has mistakes elsewhere.
pub fn wants_json(arguments: &[OsString]) -> bool {
    let given = arguments.iter().take_while(|argument| *argument != "--");
    let pairs = given.clone().zip(given.clone().skip(1));
    given.clone().any(|argument| argument == "--format=json")
        || pairs.into_iter().any(|(option, value)| option == "--format" && value == "json")
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Shared {
    /// Config file [default: .github/regression.yml of the repository].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, global = true, value_enum)]
    pub format: Option<Format>,
    /// Where environments, reports and logs are kept [default: ~/.cache/regression-action].
    #[arg(long, global = true, value_name = "DIR", env = "REGRESSION_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Install environments by pip where uv is not on the PATH, and bring uv into the cache only for files that pip
    /// cannot read.
    #[arg(long, global = true, env = "REGRESSION_NO_UV", value_parser = FalseyValueParser::new())]
    pub no_uv: bool,
    /// Show the trainings' logs as they come (-vv: everything).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at the repository, and write the config and the workflows that fit it; what is there stays.
    Init(Init),
    /// Train two commits of the repository here, and say whether head is worse than base.
    Compare(Compare),
    /// Train one commit, and print its metrics.
    Measure(MeasureOptions),
    /// Find the commit that made a metric worse, from noisy readings, several at a time.
    Bisect(Bisect),
    /// Say which image a commit's trainings run in, and whether it is there (exit code 1: it is missing).
    Image(Image),
    /// Make an account on Kubernetes with the least rights, and a kubeconfig of it for the action (exit code 2:
    /// something is to be fixed).
    Connect(Connect),
    /// Look at everything that a comparison needs, and say what to fix (exit code 2: something).
    Doctor(Doctor),
    /// Remove what dead runs left on this machine, or in a namespace on Kubernetes.
    Sweep(Sweep),
    /// Tell what the cache holds, or remove what was not used for long and no run holds.
    Cache(CacheOptions),
    /// List the past runs that the cache holds, the newest first.
    List,
    /// Print the report of a past run again.
    Show(Show),
    /// Write a sample project and compare its two branches on a local Ray.
    Demo(Demo),
    /// Print what completes commands and options in a shell.
    Completions(Completions),
    /// Print the man page, of the program or of one command.
    Man(ManPage),
    /// What the GitHub Action does: answer the event that started the workflow.
    Run,
    /// What the GitHub Action does at the end of the job: remove what `run` left.
    Post,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Ask nothing, and take what is guessed.
    #[arg(short, long)]
    pub yes: bool,
    /// Command that trains once [default: as guessed from the sources].
    #[arg(long, value_name = "SHELL")]
    pub entrypoint: Option<String>,
    /// Write nothing; train the work tree with two seeds on this machine, and say what it lacks, with the lines to
    /// add (exit code 2: something).
    #[arg(long, conflicts_with_all = ["yes", "entrypoint"])]
    pub check: bool,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Commit that is compared with.
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// Commit that is judged: as what merging it into base would make, where it lacks commits of base; or `.`
    /// for the work tree as it is now. Given again, each is compared with the same readings of base.
    #[arg(long, value_name = "REV", required = true)]
    pub head: Vec<String>,
    /// Do not go on from the trainings of an interrupted comparison.
    #[arg(long)]
    pub fresh: bool,
    /// Whose config counts [default: base's, or where that has none the work tree's; a file that --config
    /// names, as it is].
    #[arg(long, value_name = "WHOSE", value_enum)]
    pub config_from: Option<ConfigFrom>,
    /// How they are trained.
    #[command(flatten)]
    pub trainings: Trainings,
    /// Where the trainings run.
    #[command(flatten)]
    pub place: Place,
}

/// Options of `bisect`.
#[derive(Debug, Args)]
pub struct Bisect {
    /// Commit that is good, in the history of the bad one [default: the last tag before it].
    #[arg(long, value_name = "REV")]
    pub good: Option<String>,
    /// Commit that is bad.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub bad: String,
    /// Metric that became worse [default: the config's only one, or the first that is gated].
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// Shell command that writes `{"name": value}` to the file `$REGRESSION_METRICS_FILE`, or prints the
    /// line `REGRESSION_METRICS {"name": value}`; run in a checkout of each commit in place of a
    /// training on Ray; it reads `REGRESSION_SEED`.
    #[arg(long, value_name = "SHELL")]
    pub command: Option<String>,
    /// Which way the metric is better, where the config does not tell.
    #[arg(long, value_enum, requires = "command")]
    pub direction: Option<Direction>,
    /// How long the command may run [default: limits.job of the config, else 2h].
    #[arg(long, value_name = "TIME", requires = "command", value_parser = span)]
    pub timeout: Option<Span>,
    /// Readings at a time [default: as many as this machine has CPUs, or the cluster workers].
    #[arg(short = 'k', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub parallel: Option<u16>,
    /// Readings in all, those of an interrupted search included.
    #[arg(long, value_name = "READINGS", default_value_t = BUDGET)]
    pub budget: usize,
    /// What the metric was at the good commit when it was good: if good itself is worse now, it is told
    /// that not a commit but the environment changed.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub recorded: Option<f64>,
    /// Do not go on from the readings of an interrupted search.
    #[arg(long)]
    pub fresh: bool,
    /// Where the trainings run.
    #[command(flatten)]
    pub place: Place,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the trainings would run.
    #[command(flatten)]
    pub place: Place,
}

/// Options of `image`.
#[derive(Debug, Args)]
pub struct Image {
    /// Commit whose image it is.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub rev: String,
    /// Commit to say what changed since.
    #[arg(long, value_name = "REV")]
    pub against: Option<String>,
    /// Say where the tag comes from: the document that is hashed, files, warnings (no network).
    #[arg(long, group = "only")]
    pub explain: bool,
    /// Print the Dockerfile that builds it (no network).
    #[arg(long, group = "only")]
    pub dockerfile: bool,
    /// Print a Kubernetes Job that builds it in a cluster (no network).
    #[arg(long, group = "only")]
    pub build_job: bool,
    /// What a build in a cluster needs to know.
    #[command(flatten)]
    pub build: ImageBuild,
    /// Who looks for it.
    #[command(flatten)]
    pub login: RegistryLogin,
}

/// Who looks for images.
#[derive(Debug, Clone, Default, Args)]
pub struct RegistryLogin {
    /// User of the image's registry [default: as docker is logged in].
    #[arg(long, value_name = "NAME", env = "REGISTRY_USERNAME")]
    pub registry_username: Option<String>,
    /// Its password, best given by the variable.
    #[arg(long, value_name = "TEXT", env = "REGISTRY_PASSWORD", hide_env_values = true)]
    pub registry_password: Option<SecretString>,
}

/// What a build in a cluster needs to know.
#[derive(Debug, Args)]
pub struct ImageBuild {
    /// Address that the cluster clones from [default: that of the remote `origin`, by HTTPS].
    #[arg(long, value_name = "URL", requires = "build_job")]
    pub source: Option<String>,
    /// Secret of type kubernetes.io/dockerconfigjson that may push the image.
    #[arg(long, value_name = "NAME", default_value = "regression-registry")]
    pub registry_secret: String,
    /// Secret whose key `token` may clone a private repository.
    #[arg(long, value_name = "NAME", requires = "build_job")]
    pub git_secret: Option<String>,
}

/// Options of `cache`.
#[derive(Debug, Args)]
pub struct CacheOptions {
    /// What is done with it.
    #[arg(value_enum, default_value_t)]
    pub action: CacheAction,
    /// Only what was not used for as long, such as 30d or 12h [default: all in a list, 30d to clean].
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub older: Option<Duration>,
}

/// What is done with the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CacheAction {
    /// Tell what it holds: the largest first.
    #[default]
    List,
    /// Remove it.
    Clean,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManPage {
    /// Command whose page it is [default: the program's own].
    pub command: Option<String>,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the project is written [default: a directory in the cache].
    pub directory: Option<PathBuf>,
}

/// Where trainings run.
#[derive(Debug, Default, Args)]
pub struct Place {
    /// A Ray of our own on this machine or on Kubernetes, or one that runs already.
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendName,
    /// Dashboard of the Ray that runs already, such as <http://127.0.0.1:8265>.
    #[arg(long, value_name = "URL", env = "RAY_ADDRESS", required_if_eq("backend", "ray"))]
    pub ray_address: Option<String>,
    /// Its token, best given by the variable.
    #[arg(long, value_name = "TOKEN", env = "RAY_AUTH_TOKEN", hide_env_values = true)]
    pub ray_token: Option<SecretString>,
    /// The way into Kubernetes.
    #[command(flatten)]
    pub kubernetes: Kubernetes,
    /// Who looks for the images.
    #[command(flatten)]
    pub login: RegistryLogin,
}

/// Options of `sweep`.
#[derive(Debug, Args)]
pub struct Sweep {
    /// Sweep a namespace on Kubernetes too.
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendName,
    /// The way into Kubernetes.
    #[command(flatten)]
    pub kubernetes: Kubernetes,
}

/// The way into Kubernetes.
#[derive(Debug, Clone, Default, Args)]
pub struct Kubernetes {
    /// Kubeconfig: a path, YAML, or base64 of YAML [default: as for kubectl].
    #[arg(long, value_name = "FILE", hide_env_values = true)]
    pub kubeconfig: Option<SecretString>,
    /// Context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub kube_context: Option<String>,
    /// Namespace of the cluster [default: the context's].
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How long the cluster outlives us if we die [default: 2m].
    #[arg(long, value_name = "TIME", value_parser = lease)]
    pub lease: Option<Span>,
}

fn span(typed: &str) -> Result<Span, String> {
    Span::try_from(typed.to_owned())
}

fn lease(typed: &str) -> Result<Span, String> {
    let span = span(typed)?;
    if span.duration().as_secs() < 15 {
        return Err("a lease under 15s runs out before it can be renewed".to_owned());
    }
    Ok(span)
}

/// Backends by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum BackendName {
    /// Started on this machine and removed afterwards.
    #[default]
    Local,
    /// Started on Kubernetes by `KubeRay`, and removed afterwards.
    Kubernetes,
    /// Runs already; nothing of it is removed but our jobs.
    Ray,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
