//! `connect`: the command line -> what would be made, shown and asked; then the account, its kubeconfig where it is
//! wanted, and what `doctor` sees with it.

use std::{
    io::{IsTerminal, Write, stderr, stdin},
    process::ExitCode,
};

use anyhow::{Result, bail};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use super::{doctor, subject, write_out};
use crate::{
    cache::Cache,
    cancel::unless_cancelled,
    cli::{BackendName, Connect, Doctor, Kubernetes, Place, Shared},
    cluster::kubeconfig::{self, Access, ClusterTarget, KubeOptions},
    connect::{self, AccountPlan, KubeconfigFile, SecretPlace, SecretStore, WantedAccount},
    output::{Check, Examination, Format, State},
    progress::Progress,
};

/// What people miss first.
const CLOSED: &str = "trainings reach names and their own cluster, and nothing else yet: add data, MLflow and what else \
                      they need to the network policy (docs/connect.md#what-trainings-reach)";

/// Where the kubeconfig goes; neither: to standard output.
struct Destination {
    file: Option<KubeconfigFile>,
    secret: Option<SecretStore>,
}

/// Answers with exit code 0, or 2 if the account lacks something that comparisons need.
pub(super) async fn run(
    options: &Connect,
    shared: &Shared,
    cache: &Result<Cache>,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<ExitCode> {
    let wanted = WantedAccount { namespace: options.home.clone(), quota: options.bounds() };
    let objects = connect::objects(&wanted)?;
    let (yaml, list) = (connect::yaml(&objects)?, connect::list(&objects)?);
    let format = shared.format.unwrap_or_default();
    let destination = if options.dry_run {
        // Programs read an error in its place, if there is one.
        if format != Format::Json {
            write_out(&yaml)?;
        }
        None
    } else {
        Some(unless_cancelled(cancel, Destination::open(options)).await?)
    };
    let place = place(options);
    let target = kubeconfig::target(&place)?;
    let access = unless_cancelled(cancel, kubeconfig::connect(&place)).await?;
    let plan = unless_cancelled(cancel, connect::plan(&access, objects)).await?;
    let asks = !options.yes && destination.is_some();
    if asks && may_ask() {
        progress.say(&yaml);
    }
    tell(&plan, &access, progress);
    plan.allowed(&access)?;
    let Some(destination) = destination else {
        if format == Format::Json {
            write_out(&list)?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    if asks && !unless_cancelled(cancel, confirmed(&access)).await? {
        bail!("nothing was changed");
    }
    let making = make(options, &plan, (&access, &target), &destination, progress);
    let kubeconfig = unless_cancelled(cancel, making).await?;
    let subject = subject(&as_account(kubeconfig, wanted.namespace), None, shared, cache)?;
    let mut seen = doctor::examine(&subject, progress, cancel).await?;
    of_the_account(&mut seen);
    let report = seen.render(format)?;
    if destination.is_standard_output() {
        progress.say(report.trim_end());
    } else {
        write_out(&report)?;
    }
    Ok(ExitCode::from(seen.exit_code()))
}

/// An administrator need not stand in a clone: what lacks there is no fault of the account.
fn of_the_account(seen: &mut Examination) {
    let beside = |check: &&mut Check| ["repository", "config"].contains(&check.name);
    for check in seen.checks.iter_mut().filter(beside) {
        if check.state == State::Problem {
            check.state = State::Warning;
        }
    }
}

/// What the account begins a comparison with.
fn as_account(kubeconfig: SecretString, namespace: String) -> Doctor {
    let kubernetes = Kubernetes {
        kubeconfig: Some(kubeconfig),
        namespace: Some(namespace),
        ..Kubernetes::default()
    };
    let backend = BackendName::Kubernetes;
    Doctor { place: Place { backend, kubernetes, ..Place::default() } }
}

fn place(options: &Connect) -> KubeOptions {
    KubeOptions {
        kubeconfig: options.kubeconfig.clone(),
        context: options.context.clone(),
        namespace: Some(options.home.clone()),
        trust: None,
    }
}

fn tell(plan: &AccountPlan, access: &Access, progress: &Progress) {
    progress.say(format!("{}:\n{}", access.description, plan.told().trim_end()));
    access.warnings.iter().for_each(|warning| progress.say(format!("warning: {warning}")));
}

/// Makes what is missing and a token, and puts its kubeconfig where it is wanted.
async fn make(
    options: &Connect,
    plan: &AccountPlan,
    (access, target): (&Access, &ClusterTarget),
    destination: &Destination,
    progress: &Progress,
) -> Result<SecretString> {
    plan.carry_out(access).await?;
    let minted = connect::mint(access, options.expires).await?;
    let kubeconfig = connect::text(target, &access.namespace, &minted.token)?;
    destination.keep(&kubeconfig, progress).await?;
    progress.say(minted.told());
    for warning in connect::warnings(&target.cluster).await {
        progress.say(format!("warning: {warning}"));
    }
    if plan.changes() {
        progress.say(CLOSED);
    }
    let account = KubeOptions { kubeconfig: Some(kubeconfig.clone()), ..KubeOptions::default() };
    connect::settled(&kubeconfig::connect(&account).await?).await;
    Ok(kubeconfig)
}

impl Destination {
    /// Looks whether it can be used, before anything is changed.
    async fn open(options: &Connect) -> Result<Self> {
        let file = options.output.as_deref().map(KubeconfigFile::at).transpose()?;
        let secret = match &options.secret {
            Some(name) => {
                let environment = options.environment.clone();
                let repository = options.repository.clone();
                Some(
                    SecretStore::open(SecretPlace { name: name.clone(), environment, repository })
                        .await?,
                )
            }
            None => None,
        };
        Ok(Self { file, secret })
    }

    fn is_standard_output(&self) -> bool {
        self.file.is_none() && self.secret.is_none()
    }

    async fn keep(&self, kubeconfig: &SecretString, progress: &Progress) -> Result<()> {
        if self.is_standard_output() {
            write_out(kubeconfig.expose_secret())?;
        }
        if let Some(file) = &self.file {
            file.write(kubeconfig)?;
            progress.say(format!("the kubeconfig is in {}", file.path().display()));
        }
        if let Some(store) = &self.secret {
            store.keep(kubeconfig).await?;
            progress.say(format!("the kubeconfig is {}", store.told()));
        }
        Ok(())
    }
}

/// Whether there is somebody who sees a question and answers.
fn may_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// In a thread of its own, so that Ctrl-C ends it.
async fn confirmed(access: &Access) -> Result<bool> {
    if !may_ask() {
        bail!(
            "this would change Kubernetes ({}), and there is no terminal to ask on: say --yes, or --dry-run to see what \
             would change",
            access.description
        );
    }
    let asking = || -> Result<bool> {
        write!(stderr(), "make that, and a token? [y/N] ")?;
        let mut typed = String::new();
        stdin().read_line(&mut typed)?;
        Ok(matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    };
    tokio::task::spawn_blocking(asking).await?
}
