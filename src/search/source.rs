//! Where readings come from: the one place that knows whether it is a command or a cluster.

use anyhow::Result;

use super::{
    Question, Readings,
    answer::{Answer, Asked},
    command::Runner,
    state::State,
};

/// What reads commits.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Command(Runner<'a>),
}

impl<'a> Source<'a> {
    pub(super) fn new(question: &'a Question, state: &'a State) -> Result<Self> {
        match &question.readings {
            Readings::Command { shell, limit } => {
                let places = (&*state.trees, &*state.logs);
                Ok(Self::Command(Runner::new(question, (shell, *limit), places)?))
            }
        }
    }

    /// Reads a commit.  That it cannot be read is an answer; an error ends the search.
    pub(super) async fn read(&self, asked: &Asked) -> Result<Answer> {
        match self {
            Self::Command(runner) => runner.read(asked).await,
        }
    }

    /// Removes what is ours.
    pub(super) fn close(&self) {
        match self {
            Self::Command(runner) => runner.close(),
        }
    }
}
