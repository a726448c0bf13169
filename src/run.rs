//! From a parsed command line to an exit code.

pub mod doctor;
pub mod sweep;

mod bisect;
mod cache;
mod compare;
mod connect;
mod image;
mod init;
mod judged_by;
mod manual;
mod measure;
mod past;
mod revision;
mod sides;

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow};
use tokio_util::sync::CancellationToken;

use crate::{
    action::{self, Action, inputs},
    cache::Cache,
    cancel,
    cli::{
        BackendName, Cli, Command, Compare, Demo, Doctor, Place, Shared, Sweep, Trainings,
        setup::{backend, kube_options, registry},
    },
    cluster::kubeconfig,
    config::{Config, DEFAULT_PATH},
    demo,
    experiment::Tools,
    git::Repository,
    http::CaBundle,
    output::Format,
    progress::Progress,
    report::Report,
    run::doctor::Subject,
    scrub,
};

/// Does what the command line says.  A verdict is an exit code, an error is an error.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { command, shared } = cli;
    start_logging(shared.verbose);
    scrub::conceal();
    if matches!(command, Command::Run | Command::Post) {
        action::hand_over();
    }
    let cancel = cancel::on_signals()?;
    let progress = Progress::stderr();
    let cache = Cache::open(shared.cache_dir.as_deref());
    let cache = if shared.no_uv { cache.map(Cache::without_uv) } else { cache };
    let tools = match &cache {
        Ok(cache) => Ok(Tools { cache, progress: &progress, cancel: &cancel }),
        Err(error) => Err(anyhow!("{error:#}")),
    };
    match command {
        Command::Init(options) if options.check => {
            Box::pin(init::check::run(&shared, &tools?)).await
        }
        Command::Init(options) => init::run(&options, &shared, &progress, &cancel).await,
        Command::Image(options) => image::run(&options, &shared, &progress, &cancel).await,
        Command::Bisect(options) => bisect::run(&options, &shared, &tools?).await,
        Command::Compare(options) => Box::pin(compare::run(&options, &shared, &tools?)).await,
        Command::Measure(options) => Box::pin(measure::run(&options, &shared, &tools?)).await,
        Command::Demo(options) => Box::pin(run_demo(&options, &shared, &tools?)).await,
        Command::Cache(options) => cache::run(&options, &shared, tools?.cache, &progress),
        Command::Completions(options) => manual::complete(&options),
        Command::Man(options) => manual::page(&options),
        Command::List => past::list(&shared, tools?.cache),
        Command::Show(options) => past::show(&options, &shared, tools?.cache),
        Command::Connect(options) => {
            Box::pin(connect::run(&options, &shared, &cache, &progress, &cancel)).await
        }
        Command::Sweep(options) => run_sweep(&options, None, &shared, &tools?).await,
        Command::Doctor(options) => {
            let subject = subject(&options, None, &shared, &cache)?;
            run_doctor(&subject, &shared, &progress, &cancel).await
        }
        Command::Run => {
            let action = Action::open(&progress, &cancel)?;
            let trust = action.trust.as_ref();
            match action.inputs.command {
                inputs::ActionCommand::Run
                | inputs::ActionCommand::Announce
                | inputs::ActionCommand::Image
                | inputs::ActionCommand::Bisect => action::run(&action).await,
                inputs::ActionCommand::Sweep => {
                    run_sweep(&Sweep::from(&action.inputs), trust, &shared, &tools?).await
                }
                inputs::ActionCommand::Doctor => {
                    let options = Doctor { place: Place::from(&action.inputs) };
                    let subject = subject(&options, trust, &shared, &cache)?;
                    run_doctor(&subject, &shared, &progress, &cancel).await
                }
            }
        }
        Command::Post => action::post(&Action::open(&progress, &cancel)?).await,
    }
}

async fn run_doctor(
    subject: &Subject<'_>,
    shared: &Shared,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<ExitCode> {
    let examination = doctor::examine(subject, progress, cancel).await?;
    write_out(&examination.render(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::from(examination.exit_code()))
}

async fn run_demo(options: &Demo, shared: &Shared, tools: &Tools<'_>) -> Result<ExitCode> {
    let directory = match &options.directory {
        Some(directory) => std::path::absolute(directory)?,
        None => tools.cache.root().join("demo"),
    };
    let project = demo::write(&directory)?;
    tools.progress.say(format!("demo project: {}", project.display()));
    tools.progress.say(
        "its branch is worse on purpose: the comparison ends with \"regressed\" and exit code 1",
    );
    let options = Compare {
        base: demo::BASE.to_owned(),
        head: vec![demo::HEAD.to_owned()],
        fresh: false,
        config_from: None,
        trainings: Trainings::default(),
        place: Place::default(),
    };
    let told = "the comment that a pull request would get:\n";
    let format = shared.format.unwrap_or(Format::Markdown);
    let answered = |report: &Report| {
        tools.progress.say(told);
        write_out(&report.render(format)?)?;
        tools.progress.say(format!("\nreport and logs: {}", report.directory.display()));
        Ok(())
    };
    compare::all(&options, (&project, None), tools, answered).await
}

async fn run_sweep(
    options: &Sweep,
    trust: Option<&CaBundle>,
    shared: &Shared,
    tools: &Tools<'_>,
) -> Result<ExitCode> {
    let mut swept = sweep::sweep(tools.cache, tools.progress)?;
    if options.backend == BackendName::Kubernetes {
        let access = kubeconfig::connect(&kube_options(&options.kubernetes, trust)).await?;
        swept.extend(sweep::sweep_kubernetes(&access, tools.progress).await?);
    }
    write_out(&sweep::render(&swept, shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::SUCCESS)
}

/// What a comparison would begin with, each part as far as it can be had.
fn subject<'a>(
    options: &Doctor,
    trust: Option<&CaBundle>,
    shared: &Shared,
    cache: &'a Result<Cache>,
) -> Result<Subject<'a>> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let repository = Repository::discover(&here);
    let root = repository.as_ref().map_or(&*here, Repository::root);
    let config = read_config(root, shared.config.as_deref());
    let Place { login, .. } = &options.place;
    let (backend, registry) = (backend(&options.place, trust), registry(login, trust));
    Ok(Subject { repository, config, cache, backend, registry })
}

/// Where the config is, as errors and people call it.
fn config_path(named: Option<&Path>) -> &Path {
    named.unwrap_or(Path::new(DEFAULT_PATH))
}

fn read_config(root: &Path, named: Option<&Path>) -> Result<Config> {
    let text = config_text(root, named)?;
    Ok(Config::parse(&text, &config_path(named).display().to_string())?)
}

fn config_text(root: &Path, named: Option<&Path>) -> Result<String> {
    let path = named.map_or_else(|| root.join(DEFAULT_PATH), Path::to_owned);
    fs::read_to_string(path).map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        let remedy = if missing {
            "; `regression-action init` writes one, or name another with --config"
        } else {
            ""
        };
        anyhow::Error::new(error)
            .context(format!("cannot read the config {}{remedy}", config_path(named).display()))
    })
}

/// A reader that went away (`| head`) is no error.
fn write_out(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Starts logging to standard error, as much as `-v` asks for.
fn start_logging(verbose: u8) {
    let level = match verbose {
        // Kubernetes' client calls a head that does not listen yet an error, and tells others in the words of Rust.
        0 => "warn,kube_client=off,kube_runtime=off",
        1 => "regression_action=info,warn,kube_client=off,kube_runtime=off",
        _ => "regression_action=trace,debug",
    };
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
}
