//! Readings by a shell command in a checkout.

use std::{path::Path, process::ExitStatus, time::Instant};

use anyhow::Result;

use super::{
    Question,
    answer::{Answer, Asked, Value},
    checkout::Checkouts,
    shell::Shell,
};
use crate::{bisect::SkipReason, log::Log, measure::Role, metrics::Readings, progress::seconds};

/// Lines of a failed command's output that are quoted.
const QUOTED_LINES: usize = 3;

/// Runs the command.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    question: &'a Question,
    shell: &'a str,
    limit: std::time::Duration,
    checkouts: Checkouts,
    logs: &'a Path,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        question: &'a Question,
        (shell, limit): (&'a str, std::time::Duration),
        (trees, logs): (&Path, &'a Path),
    ) -> Result<Self> {
        let checkouts = Checkouts::open(&question.repository, trees)?;
        Ok(Self { question, shell, limit, checkouts, logs })
    }

    pub(super) async fn read(&self, asked: &Asked) -> Result<Answer> {
        let checkout = self.checkouts.checkout(&asked.commit.sha, &asked.name()).await?;
        let path = self.logs.join(asked.name() + ".log");
        let mut log = Log::create(&asked.name(), &path)?;
        let started = Instant::now();
        let env = [
            ("REGRESSION_SEED", asked.seed.to_string()),
            ("REGRESSION_COMMIT", asked.commit.sha.to_string()),
            ("REGRESSION_ROLE", Role::Bisect.word().to_owned()),
        ];
        let (command, directory, limit) = (self.shell, &*checkout.path, self.limit);
        let status = Shell { command, directory, env: &env, limit }.run(&mut log).await?;
        let seconds = started.elapsed().as_secs_f64();
        let quoted = log.tail(QUOTED_LINES);
        let failed = |(reason, what): (SkipReason, String)| {
            let quoted = if quoted.is_empty() { "" } else { ":\n" }.to_owned() + &quoted;
            Answer::unreadable(reason, format!("{what} (log: {}){quoted}", path.display()))
        };
        if let Some(failure) = failure(status, self.limit) {
            return Ok(failed(failure));
        }
        Ok(match log.readings() {
            Ok(readings) => match readings.get(&self.question.metric) {
                Some(value) => Answer::Value(Value { value: *value, seconds, log: path }),
                None => failed((SkipReason::Run, self.unnamed(&readings))),
            },
            Err(error) => failed((SkipReason::Run, error.to_string())),
        })
    }

    fn unnamed(&self, readings: &Readings) -> String {
        let names: Vec<&str> = readings.keys().map(String::as_str).take(10).collect();
        let names = crate::output::excerpt(&names.join(", "), 200);
        format!("it reports no metric `{}`, but {names}", self.question.metric)
    }
}

/// Why a command that ended so reports nothing, if it does not.
fn failure(status: Option<ExitStatus>, limit: std::time::Duration) -> Option<(SkipReason, String)> {
    let Some(status) = status else {
        return Some((SkipReason::Run, format!("it did not end within {}", seconds(limit))));
    };
    match status.code() {
        _ if status.success() => None,
        // As `git bisect run` has it.
        Some(125) => Some((SkipReason::Run, "it says (125) that it cannot be tested".to_owned())),
        Some(code @ (126 | 127)) => {
            Some((SkipReason::Missing, format!("there is no such command (exit code {code})")))
        }
        Some(code) => Some((SkipReason::Run, format!("it failed with exit code {code}"))),
        None => Some((SkipReason::Run, format!("it was killed: {status}"))),
    }
}
