//! Asks again what failed on the way: the one policy for Kubernetes and for Ray.  Knows no protocol.

use std::time::Duration;

use anyhow::Error;
use tokio::time::{Instant, sleep};

use super::retry::doubled;
use crate::progress::seconds;

/// How long an answer may take that is no stream.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);
/// How long a way may be broken unless something longer depends on it.
const TOTAL: Duration = Duration::from_secs(30);
/// Pauses between tries double from the one to the other.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How many times as long the slowest try may take: who is slow but alive answers in the end.
const SLOWEST: u32 = 4;

/// How long is tried what fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Persistence {
    /// For the first answer; each try that took all of its time doubles it, up to four times as long.
    pub(crate) answer: Duration,
    /// For all tries: no try begins later.
    pub(crate) total: Duration,
}

/// Why a call was given up.
#[derive(Debug)]
pub(crate) struct GivenUp<E> {
    /// Why the last try failed.
    pub(crate) error: E,
    /// How long it was tried; none: it would fail whenever it is tried.
    pub(crate) tried: Option<Duration>,
}

impl From<GivenUp<Error>> for Error {
    /// The error, and how long it was tried.
    fn from(GivenUp { error, tried }: GivenUp<Error>) -> Self {
        match tried {
            Some(tried) => error.context(format!("tried for {}", seconds(tried))),
            None => error,
        }
    }
}

impl Default for Persistence {
    fn default() -> Self {
        Self { answer: ANSWER, total: TOTAL }
    }
}

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    persistence: Persistence,
    begun: Instant,
    /// When this try began, and how long it may take.
    asked: Instant,
    pub(crate) limit: Duration,
    number: u32,
}

impl Persistence {
    /// Begins to try.
    pub(crate) fn tries(self) -> Tries {
        let now = Instant::now();
        Tries { persistence: self, begun: now, asked: now, limit: self.answer, number: 1 }
    }

    /// Calls until there is an answer, or a failure that does not pass, or the time is over.  A call
    /// gets the time that its try may take, and keeps to it.
    pub(crate) async fn ask<T, E>(
        self,
        passes: impl Fn(&E) -> bool,
        mut call: impl AsyncFnMut(Duration) -> Result<T, E>,
    ) -> Result<T, GivenUp<E>> {
        let mut tries = self.tries();
        loop {
            match call(tries.limit).await {
                Ok(answer) => return Ok(answer),
                Err(error) if passes(&error) => tries.again(error).await?,
                Err(error) => return Err(GivenUp { error, tried: None }),
            }
        }
    }
}

impl Tries {
    /// After a failure that may pass: waits before the next try, or gives up.
    pub(crate) async fn again<E>(&mut self, error: E) -> Result<(), GivenUp<E>> {
        let Persistence { answer, total } = self.persistence;
        let tried = self.begun.elapsed();
        if tried >= total {
            return Err(GivenUp { error, tried: Some(tried) });
        }
        if self.asked.elapsed() >= self.limit {
            self.limit = (self.limit * 2).min(answer * SLOWEST);
        }
        sleep(doubled(PAUSE, self.number).min(LONGEST_PAUSE).min(answer)).await;
        self.number += 1;
        self.asked = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Persistence =
        Persistence { answer: Duration::from_millis(20), total: Duration::from_millis(400) };

    #[tokio::test]
    async fn what_passes_is_tried_for_the_whole_time_and_what_lasts_once() {
        let begun = Instant::now();
        let mut limits = Vec::new();
        let silent = async |limit| {
            limits.push(limit);
            sleep(limit).await;
            Err::<(), _>("silent")
        };
        let given_up = QUICK.ask(|_| true, silent).await.unwrap_err();
        let tried = given_up.tried.unwrap();
        assert!(given_up.error == "silent" && tried >= QUICK.total, "{given_up:?}");
        assert!(begun.elapsed() >= tried);
        assert_eq!(limits[..4], [20, 40, 80, 80].map(Duration::from_millis));

        let mut calls = 0;
        let refused = async |_| {
            calls += 1;
            Err::<(), _>("forbidden")
        };
        assert_eq!(QUICK.ask(|_| false, refused).await.unwrap_err().tried, None);
        assert_eq!(calls, 1);
    }

    #[tokio::test]
    async fn a_try_that_fails_at_once_does_not_lengthen_the_next() {
        let begun = Instant::now();
        let heals = async |limit| {
            assert_eq!(limit, QUICK.answer);
            if begun.elapsed() > QUICK.total / 2 { Ok(()) } else { Err("refused") }
        };
        QUICK.ask(|_| true, heals).await.unwrap();
    }
}
