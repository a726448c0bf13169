//! `run`: what GitHub's runner hands us -> event -> gate -> evidence or comparison -> the answer on
//! GitHub.  The only place that joins GitHub and comparisons; each knows nothing of the other.

use std::{collections::BTreeMap, ffi::OsString, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::{
    action::{
        gate::{Approval, Decision, Intent, Refusal},
        inputs::{ActionCommand, Inputs},
        runner::{Context, Level, Output, Runner, saved_state},
    },
    cancel::unless_cancelled,
    cli::{Kubernetes, Place, again::Again},
    clients::github::{GitHub, is_every_workflow},
    cluster::kubeconfig,
    compare::Run,
    config::{DEFAULT_PATH, Mlflow},
    git::CommitSha,
    http::CaBundle,
    progress::Progress,
};

pub mod event;
pub mod gate;
pub mod inputs;
pub mod runner;

mod answer;
mod bisect;
mod board;
mod claim;
mod comment;
mod commits;
mod comparison;
mod culprit;
mod facts;
mod good;
mod handed;
mod held;
mod image;
mod key;
mod known;
mod memory;
mod named;
mod pins;
mod post;
mod prepared;
mod publish;
mod records;
mod results;
mod seal;
mod sides;
mod standing;
mod watch;
mod witness;

use answer::Publication;
use board::Board;
pub(crate) use handed::hand_over;
pub(crate) use post::post;
use seal::Seal;

/// The action while it runs.
#[derive(Debug)]
pub(crate) struct Action<'a> {
    /// What the runner says.
    context: Context,
    /// What the workflow says.
    pub(crate) inputs: Inputs,
    /// Where outputs, state, summary and annotations go.
    runner: Runner,
    github: GitHub,
    /// The token that GitHub is asked with, and the commits are fetched with.
    token: SecretString,
    /// Certificates of the user's own.
    pub(crate) trust: Option<CaBundle>,
    /// What the main step kept for the post step.
    state: BTreeMap<String, String>,
    progress: &'a Progress,
    /// Ends the run, leaving nothing behind.
    cancel: &'a CancellationToken,
}

/// Answers the event, and publishes the answer.
pub(crate) async fn run(action: &Action<'_>) -> Result<ExitCode> {
    let looks = matches!(action.inputs.command, ActionCommand::Image | ActionCommand::Bisect);
    let answer = match unless_cancelled(action.cancel, approval(action)).await {
        Ok(Ok(approval)) if action.inputs.command == ActionCommand::Announce => {
            Publication::Announced(approval)
        }
        Ok(Ok(approval)) if action.inputs.command == ActionCommand::Bisect => {
            Box::pin(bisect::answer(action, &approval)).await
        }
        Ok(Ok(approval)) if looks => Box::pin(image::answer(action, &approval)).await,
        Ok(Ok(approval)) => Box::pin(comparison::answer(action, approval)).await,
        Ok(Err(refusal)) if looks => image::held(refusal),
        Ok(Err(refusal)) => Publication::Held(refusal),
        Err(error) => Publication::Failed { error, asked: None },
    };
    Box::pin(publish::publish(action, answer)).await
}

/// Whether the event starts a comparison, by fresh facts.
async fn approval(action: &Action<'_>) -> Result<Result<Approval, Refusal>> {
    let Context { event_name, event_path, repository, sha, .. } = &action.context;
    let payload = std::fs::read(event_path).with_context(|| {
        format!("cannot read the event at {} (GITHUB_EVENT_PATH)", event_path.display())
    })?;
    let event = event::parse(event_name, &payload)?;
    let found = match gate::intent(&event, &action.request(), repository, sha) {
        Intent::Decided(decision) => Err(decision),
        Intent::Pull(question) => Ok(question),
        Intent::Ran(sought) => facts::find(&action.github, &sought).await?.map_err(Decision::Held),
    };
    let decision = match found {
        Ok(question) => gate::decide(&question, &facts::gather(&action.github, &question).await?),
        Err(decision) => decision,
    };
    Ok(match decision {
        Decision::Held(refusal) => Err(refusal),
        Decision::Approved(approval) => {
            action.progress.say(format!("{}: {}", approval.head().short(), approval.who()));
            Ok(approval)
        }
    })
}

impl<'a> Action<'a> {
    /// Reads what the runner says and what the workflow says, masks secrets, and lets the runner obey
    /// nothing but us from here on.
    pub(crate) fn open(progress: &'a Progress, cancel: &'a CancellationToken) -> Result<Self> {
        let text = |value: OsString| value.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        let handed = handed::handed().context("cannot read the inputs that were handed over")?;
        let variables: Vec<(String, String)> = variables.chain(handed).collect();
        let runner = Runner::from_pairs(variables.clone());
        match ActionParts::read(variables, &runner) {
            Ok(ActionParts { context, inputs, github, token, trust, state }) => {
                Ok(Self { context, inputs, runner, github, token, trust, state, progress, cancel })
            }
            Err(error) => {
                // Best effort: the exit code tells all the same.
                drop(runner.output(Output::Verdict, "error"));
                drop(runner.output(Output::Reason, &format!("{error:#}")));
                drop(runner.annotate(Level::Error, "regression-action", &format!("{error:#}")));
                Err(error)
            }
        }
    }
}

/// What can be wrong before anything begins.
struct ActionParts {
    context: Context,
    inputs: Inputs,
    github: GitHub,
    token: SecretString,
    trust: Option<CaBundle>,
    state: BTreeMap<String, String>,
}

impl ActionParts {
    fn read(variables: Vec<(String, String)>, runner: &Runner) -> Result<Self> {
        let inputs = Inputs::from_pairs(variables.clone())?;
        mask(&inputs, runner)?;
        runner.guard()?;
        let context = Context::from_pairs(variables.clone())?;
        let token = inputs.github_token.clone().context(
            "the input github-token is blank; leave it out, and the job's own token is taken",
        )?;
        let trust = inputs.ca_bundle.as_deref().map(CaBundle::from_input).transpose()?;
        let api = inputs.github_api_url.as_ref().unwrap_or(&context.api_url);
        let github = GitHub::new(api, &token, context.repository.clone(), trust.as_ref())?;
        Ok(Self { github, token, trust, state: saved_state(variables), context, inputs })
    }
}

/// GitHub masks secrets as they were given; what is in them, only we can tell it.
fn mask(inputs: &Inputs, runner: &Runner) -> Result<()> {
    let tokens = [&inputs.github_token, &inputs.ray_token, &inputs.registry_password];
    let inside = inputs.kubeconfig.as_ref().map(kubeconfig::secrets).unwrap_or_default();
    tokens.into_iter().flatten().chain(&inside).try_for_each(|secret| runner.mask(secret))
}

impl Action<'_> {
    fn request(&self) -> gate::RequestedAction {
        let Inputs { pull_request, sha, base, approvals, command, .. } = self.inputs.clone();
        let compares = command != ActionCommand::Bisect;
        let last_push_approval = self.inputs.require_last_push_approval;
        gate::RequestedAction { pull_request, sha, base, compares, approvals, last_push_approval }
    }

    /// Path of the config in the repository.
    fn config(&self) -> String {
        self.inputs.config.display().to_string()
    }

    /// How whoever reads the report asks the same again; a kubeconfig of this machine is not on theirs.
    fn again(&self) -> Again {
        let place = Place::from(&self.inputs);
        let kubernetes = Kubernetes { kubeconfig: None, ..place.kubernetes };
        let config = Some(&*self.inputs.config).filter(|path| *path != Path::new(DEFAULT_PATH));
        Again::new(config, &Place { kubernetes, ..place })
    }

    /// Where this run writes how it goes.
    fn board(&self, sha: &CommitSha) -> Board<'_> {
        let (context, run) = (self.inputs.status_context.clone(), self.context.run_url());
        Board { github: &self.github, sha: sha.clone(), context, run, key: None, seal: None }
    }

    /// What proves that a status is ours; an account that writes for us alone needs no proof.
    async fn seal(&self) -> Result<Option<Seal>> {
        if is_every_workflow(self.github.viewer().await?) {
            return Seal::of_inputs(&self.inputs);
        }
        Ok(None)
    }

    /// Writes down which commit gets a status, before it does, so that the post step can end it.
    fn remember(&self, board: &Board<'_>) -> Result<()> {
        self.runner.state(post::SHA, board.sha.as_str())
    }

    /// Writes down what there will be, before it is there, so that the post step can remove it.
    fn promise(&self, run: &Run) -> Result<()> {
        self.runner.state(post::RUN, &run.name)
    }

    /// Writes down where runs are tracked, so that the post step can end them.
    fn promise_tracked(&self, mlflow: &Mlflow) -> Result<()> {
        self.runner.state(post::MLFLOW, &mlflow.uri)?;
        self.runner.state(post::EXPERIMENT, &mlflow.experiment)
    }

    /// Where the trainings run, as far as the inputs say it.
    fn place(&self) -> Vec<String> {
        let Inputs { kube_context, namespace, ray_address, .. } = &self.inputs;
        let ray = ray_address.as_ref().map(ToString::to_string);
        [kube_context.clone(), namespace.clone(), ray].map(Option::unwrap_or_default).into()
    }

    /// Nothing is left to remove; *best effort*, because the post step looks again.
    fn finished(&self) {
        drop(self.runner.state(post::REMOVED, "true"));
    }

    /// The status has its last word; *best effort*, likewise.
    fn answered(&self) {
        drop(self.runner.state(post::ANSWERED, "true"));
    }
}
