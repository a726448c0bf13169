//! Where readings come from: the one place that knows whether it is a command or a cluster.

use anyhow::Result;

use super::{
    Question, Readings,
    answer::{Answer, Asked, Unreadable},
    archive::Place,
    command::Runner,
    fleet::Fleet,
    keeper,
    known::Earlier,
    state::State,
};
use crate::{
    bisect::KnownNoise,
    cancel::unless_cancelled,
    cluster::Cleanup,
    compare::Tools,
    source::{Commit, CommitSha, Line},
};

/// What reads commits.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Command(Runner<'a>),
    Ray(Fleet<'a>),
}

/// Runs `work` with the question's source, and removes what is ours, however that ends.
pub(super) async fn with<T>(
    question: &Question,
    tools: &Tools<'_>,
    state: &State,
    work: impl AsyncFnOnce(&Source<'_>) -> Result<T>,
) -> Result<(T, Vec<Cleanup>)> {
    match &question.readings {
        Readings::Command { shell, limit } => {
            let places = (&*state.trees, &*state.logs);
            let runner = Runner::new(question, (shell, *limit), places)?;
            let source = Source::Command(runner);
            let outcome = unless_cancelled(tools.cancel, work(&source)).await;
            Ok((outcome?, Vec::new()))
        }
        Readings::Ray(ray) => {
            // Large, for it holds everything that clusters' lives need.
            Box::pin(keeper::with((question, ray), tools, state, work)).await
        }
    }
}

impl Source<'_> {
    /// Looks for what the commits of a line need; yields those that cannot be read for want of it.
    pub(super) async fn prepare(&self, line: &Line) -> Result<Vec<(usize, Unreadable)>> {
        match self {
            Self::Command(_) => Ok(Vec::new()),
            Self::Ray(fleet) => fleet.prepare(line).await,
        }
    }

    /// Readings of earlier runs of a prepared line's commits, by place.
    pub(super) fn known(&self, line: &Line) -> Result<Vec<(usize, Vec<Earlier>)>> {
        match self {
            Self::Command(_) => Ok(Vec::new()),
            Self::Ray(fleet) => fleet.known(line),
        }
    }

    /// Under what readings of a commit in the home of another are kept; none if nobody keeps them, or it
    /// was not prepared.
    pub(super) fn place(&self, commit: &Commit, home: &CommitSha) -> Result<Option<Place>> {
        let found = match self {
            Self::Command(_) => None,
            Self::Ray(fleet) => fleet.key(commit, home)?,
        };
        Ok(found.map(|(key, facts)| Place { commit: commit.clone(), key, image: facts.image }))
    }

    /// The noise that the past shows.
    pub(super) fn noise(&self) -> Option<KnownNoise> {
        match self {
            Self::Command(_) => None,
            Self::Ray(fleet) => fleet.noise(),
        }
    }

    /// Reads a commit.  That it cannot be read is an answer; an error ends the search.
    pub(super) async fn read(&self, asked: &Asked) -> Result<Answer> {
        match self {
            Self::Command(runner) => runner.read(asked).await,
            Self::Ray(fleet) => fleet.read(asked).await,
        }
    }

    /// Whether two commits have environments of their own, each of which the other's code can run in.
    pub(super) fn apart(&self, a: &CommitSha, b: &CommitSha) -> bool {
        match self {
            Self::Command(_) => false,
            Self::Ray(fleet) => fleet.apart(a, b),
        }
    }

    /// Ends what a dropped reading left running.
    pub(super) async fn give_up(&self, asked: &Asked) {
        match self {
            // It went with the future.
            Self::Command(_) => {}
            Self::Ray(fleet) => fleet.give_up(asked).await,
        }
    }
}
