//! Readings by a shell command in a checkout.

use std::{
    path::Path,
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    Question,
    answer::{Answer, Asked, Reading},
    checkout::Checkouts,
    shell::{Ended, Shell},
};
use crate::{
    bisect::SkipReason, job::Fault, log::Log, measure::Role, metrics::Readings, progress::seconds,
};

/// Lines of a failed command's output that are quoted.
const QUOTED_LINES: usize = 3;

/// Runs the command.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    question: &'a Question,
    shell: &'a str,
    limit: Duration,
    checkouts: Checkouts,
    logs: &'a Path,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        question: &'a Question,
        (shell, limit): (&'a str, Duration),
        (trees, logs): (&Path, &'a Path),
    ) -> Result<Self> {
        let checkouts = Checkouts::open(&question.repository, trees)?;
        Ok(Self { question, shell, limit, checkouts, logs })
    }

    /// Reads a commit.  What may be chance is tried once more, as trainings on a cluster are.
    pub(super) async fn read(&self, asked: &Asked) -> Result<Answer> {
        match self.attempt(asked, "").await? {
            (Answer::Unreadable(_), Fault::Unclear | Fault::Machine) => {
                Ok(self.attempt(asked, "-retry").await?.0)
            }
            (answer, _) => Ok(answer),
        }
    }

    /// The answer, and of a failure whose fault it is.
    async fn attempt(&self, asked: &Asked, suffix: &str) -> Result<(Answer, Fault)> {
        let name = asked.name() + suffix;
        let checkout = self.checkouts.checkout(&asked.commit.sha).await?;
        let path = self.logs.join(name.clone() + ".log");
        let mut log = Log::create(&name, &path)?;
        let started = Instant::now();
        let env = [
            ("REGRESSION_SEED", asked.seed.to_string()),
            ("REGRESSION_COMMIT", asked.commit.sha.to_string()),
            ("REGRESSION_ROLE", Role::Bisect.word().to_owned()),
        ];
        let (command, directory, limit) = (self.shell, &*checkout.path, self.limit);
        let Ended { status, over } =
            Shell { command, directory, env: &env, limit }.run(&mut log).await?;
        if over {
            checkout.give_back();
        }
        let seconds = started.elapsed().as_secs_f64();
        let quoted = log.tail(QUOTED_LINES);
        let failed = |(reason, fault, what): Failure| {
            let quoted = if quoted.is_empty() { "" } else { ":\n" }.to_owned() + &quoted;
            let why = format!("{what} (log: {}){quoted}", path.display());
            (Answer::unreadable(reason, why), fault)
        };
        if let Some(failure) = failure(status, self.limit) {
            return Ok(failed(failure));
        }
        let mute = |what| failed((SkipReason::Run, Fault::Certain, what));
        Ok(match log.readings() {
            Ok(readings) => match readings.get(&self.question.metric) {
                Some(value) => (
                    Answer::Read(Reading { value: *value, seconds, gpus: 0.0, log: path }),
                    Fault::Certain,
                ),
                None => mute(self.unnamed(&readings)),
            },
            Err(error) => mute(error.to_string()),
        })
    }

    fn unnamed(&self, readings: &Readings) -> String {
        let names: Vec<&str> = readings.keys().map(String::as_str).take(10).collect();
        let names = crate::output::excerpt(&names.join(", "), 200);
        format!("it reports no metric `{}`, but {names}", self.question.metric)
    }
}

/// Why a commit cannot be read, whose fault that is, and the same in words.
type Failure = (SkipReason, Fault, String);

/// Why a command that ended so reports nothing, if it does not.
fn failure(status: Option<ExitStatus>, limit: Duration) -> Option<Failure> {
    let Some(status) = status else {
        let what = format!("it did not end within {}", seconds(limit));
        return Some((SkipReason::Run, Fault::Certain, what));
    };
    let (reason, fault, what) = match status.code() {
        _ if status.success() => return None,
        // As `git bisect run` has it.
        Some(125) => {
            let what = "it says (exit code 125) that it cannot be tested".to_owned();
            (SkipReason::Run, Fault::Certain, what)
        }
        Some(code @ (126 | 127)) => {
            let what = format!("there is no such command (exit code {code})");
            (SkipReason::Missing, Fault::Certain, what)
        }
        Some(code) => (SkipReason::Run, Fault::Unclear, format!("it failed with exit code {code}")),
        None => (SkipReason::Run, Fault::Machine, format!("it was killed: {status}")),
    };
    Some((reason, fault, what))
}
