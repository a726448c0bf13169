//! Where readings come from: the one place that knows whether it is a command or a cluster.

use anyhow::Result;

use super::{
    BisectRequest, ReadingSource,
    answer::{ReadingOutcome, ReadingRequest, Unreadable},
    archive::ArchiveKey,
    command::CommandRunner,
    fleet::Fleet,
    keeper,
    known::EarlierReadings,
    limits::{RoomLeft, SearchLimits},
    state::SearchState,
};
use crate::{
    bisect::policy::KnownNoise,
    cancel::unless_cancelled,
    cluster::Cleanup,
    experiment::{
        Tools,
        measure::{Spent, Tracked},
    },
    git::{Commit, CommitSha, Line},
};

/// What a search reads with.
#[derive(Debug)]
pub(super) struct SearchInput<'a> {
    pub(super) state: &'a SearchState,
    pub(super) limits: SearchLimits,
    /// Its run in the experiment tracker, if there is one.
    pub(super) tracked: Option<&'a Tracked<'a>>,
}

/// What reads commits, as long as it may.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) reader: CommitReader<'a>,
    pub(super) limits: &'a SearchLimits,
}

/// What does that.
#[derive(Debug)]
pub(super) enum CommitReader<'a> {
    Command(CommandRunner<'a>),
    Ray(Box<Fleet<'a>>),
}

/// Runs `work` with the question's source, and removes what is ours, however that ends.
pub(super) async fn with<T>(
    question: &BisectRequest,
    tools: &Tools<'_>,
    given: &SearchInput<'_>,
    work: impl AsyncFnOnce(&Source<'_>) -> Result<T>,
) -> Result<(T, Vec<Cleanup>)> {
    let SearchInput { state, limits, .. } = given;
    match &question.readings {
        ReadingSource::Command { shell, limit, sources, .. } => {
            let runner =
                CommandRunner::new(question, (shell, *limit, sources), state, tools.progress)?;
            let reader = CommitReader::Command(runner);
            let source = Source { reader, limits };
            let outcome = unless_cancelled(tools.cancel, work(&source)).await;
            Ok((outcome?, Vec::new()))
        }
        ReadingSource::Ray(ray) => {
            // Large because it holds everything that clusters' lives need.
            Box::pin(keeper::with((question, ray), tools, given, work)).await
        }
    }
}

impl Source<'_> {
    /// Looks for what the commits of a line need; yields those that cannot be read for want of it.
    pub(super) async fn prepare(&self, line: &Line) -> Result<Vec<(usize, Unreadable)>> {
        match &self.reader {
            CommitReader::Command(_) => Ok(Vec::new()),
            CommitReader::Ray(fleet) => fleet.prepare(line).await,
        }
    }

    /// Readings of earlier runs of a prepared line's commits.
    pub(super) fn known(&self, line: &Line) -> Result<EarlierReadings> {
        match &self.reader {
            CommitReader::Command(_) => Ok(EarlierReadings::default()),
            CommitReader::Ray(fleet) => fleet.known(line),
        }
    }

    /// Under what readings of a commit in the home of another are kept; none if nobody keeps them, or it
    /// was not prepared.
    pub(super) fn place(&self, commit: &Commit, home: &CommitSha) -> Result<Option<ArchiveKey>> {
        let found = match &self.reader {
            CommitReader::Command(_) => None,
            CommitReader::Ray(fleet) => fleet.key(commit, home)?,
        };
        Ok(found.map(|(key, facts)| ArchiveKey { commit: commit.clone(), key, image: facts.image }))
    }

    /// The noise that the past shows.
    pub(super) fn noise(&self) -> Option<KnownNoise> {
        match &self.reader {
            CommitReader::Command(_) => None,
            CommitReader::Ray(fleet) => fleet.noise(),
        }
    }

    /// Reads a commit.  That it cannot be read is an answer; an error ends the search.  Dropped when the
    /// time is over.
    pub(super) async fn read(&self, asked: &ReadingRequest) -> Result<ReadingOutcome> {
        if self.limits.are_over() {
            return Ok(ReadingOutcome::Dropped);
        }
        let reading = async {
            match &self.reader {
                CommitReader::Command(runner) => runner.read(asked).await,
                CommitReader::Ray(fleet) => fleet.read(asked).await,
            }
        };
        let answer = tokio::select! {
            biased;
            () = self.limits.over() => None,
            answer = reading => Some(answer),
        };
        if let Some(answer) = answer {
            return answer;
        }
        self.give_up(asked).await;
        Ok(ReadingOutcome::Dropped)
    }

    /// How many more readings may begin, where a limit tells: one took `each` seconds so far.
    pub(super) fn room(&self, each: Option<f64>) -> Option<RoomLeft> {
        let budget = match &self.reader {
            CommitReader::Command(_) => None,
            CommitReader::Ray(fleet) => Some(fleet.budget()),
        };
        self.limits.room(each, budget)
    }

    /// What trainings used up, those that failed or were stopped included; none if that is not known.
    pub(super) fn spent(&self) -> Option<Spent> {
        match &self.reader {
            CommitReader::Command(_) => None,
            CommitReader::Ray(fleet) => Some(fleet.budget().spent()),
        }
    }

    /// Lets clusters go that serve none of these commits.
    pub(super) fn release<'c>(&self, needed: impl Iterator<Item = &'c CommitSha>) {
        match &self.reader {
            CommitReader::Command(_) => {}
            CommitReader::Ray(fleet) => fleet.release(needed),
        }
    }

    /// Whether two commits have environments of their own, each of which the other's code can run in.
    pub(super) fn apart(&self, a: &CommitSha, b: &CommitSha) -> bool {
        match &self.reader {
            CommitReader::Command(_) => false,
            CommitReader::Ray(fleet) => fleet.apart(a, b),
        }
    }

    /// Ends what a dropped reading left running.
    pub(super) async fn give_up(&self, asked: &ReadingRequest) {
        match &self.reader {
            // It went with the future.
            CommitReader::Command(_) => {}
            CommitReader::Ray(fleet) => fleet.give_up(asked).await,
        }
    }
}
