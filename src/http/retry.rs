//! When to ask a server again: each service's policy as data, what a failure means for it, and the one
//! loop.  Knows no protocol, so that Kubernetes' client is asked again by it, too.

use std::time::Duration;

use anyhow::Error;
use tokio::time::{Instant, sleep};

use crate::progress::seconds;

/// A pause from this on is told to everybody, since nothing else happens meanwhile.
const SILENT: Duration = Duration::from_secs(5);

/// A moment's trouble: three tries, and pauses of half a second, then a whole one.
const THRICE: Pauses =
    Pauses { tries: 3, first: Duration::from_millis(500), longest: Duration::from_mins(1) };

/// How long to wait for what, and how often to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For all tries of one call and the pauses between them: no try begins later.
    pub total: Duration,
    /// For one whole answer.
    pub answer: Duration,
    /// Each try that took all of its time doubles that of the next, up to this: who is slow but alive
    /// answers in the end.
    pub slowest: Duration,
    /// Where there is no good answer, or none.
    pub failures: Pauses,
    /// Where there is a rate limit, which is no failure and does not count as one.
    pub limits: Pauses,
}

/// How often a call is made that ends in the same kind of trouble, and the pauses between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// With the first call.
    pub tries: u32,
    /// Before the second try; doubles with each.  A little more, at random, comes on top.
    pub first: Duration,
    /// The longest pause that nobody asked for.
    pub longest: Duration,
}

/// What a call leaves behind, which decides whether it may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads.
    Nothing,
    /// It writes, but twice is as good as once.
    Same,
    /// It makes one more each time.
    Another,
}

/// Why a try failed, as far as another one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryClass {
    /// A rate limit: the server did nothing, and says from when on it will, if it says anything.
    Limited { wait: Option<Duration> },
    /// It never got there.
    Unsent,
    /// It got there, but nobody knows what came of it; with a wait, if the server named one.
    InDoubt { wait: Option<Duration> },
    /// It fails whenever it is tried.
    Lasting,
}

/// One try that failed.
#[derive(Debug)]
pub(crate) struct FailedTry<E> {
    pub(crate) class: RetryClass,
    pub(crate) error: E,
}

/// A call that was given up.
#[derive(Debug)]
pub(crate) struct GivenUp<E> {
    /// Why the last try failed.
    pub(crate) error: E,
    /// How long it was tried; none: it would fail whenever it is tried.
    pub(crate) tried: Option<Duration>,
}

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    policy: RetryPolicy,
    begun: Instant,
    /// When this try began, and how long it may take.
    asked: Instant,
    pub(crate) limit: Duration,
    /// How many tries ended in either kind of trouble.
    failures: u32,
    limits: u32,
}

impl Pauses {
    /// As often as the time for all tries allows.
    pub const fn within_total(first: Duration, longest: Duration) -> Self {
        Self { tries: u32::MAX, first, longest }
    }

    /// The pause after the `number`th try (from 1).
    pub(crate) fn after(&self, number: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1)));
        doubled.min(self.longest)
    }
}

impl RetryPolicy {
    /// What suits a service that has no rules of its own.
    pub const USUAL: Self = Self {
        total: Duration::from_mins(1),
        answer: Duration::from_secs(30),
        slowest: Duration::from_secs(30),
        failures: THRICE,
        limits: THRICE,
    };

    /// For a way that may be broken for so long because nothing else depends on it: time alone counts.
    pub(crate) fn within(total: Duration, answer: Duration) -> Self {
        let (first, longest) = (Duration::from_millis(200), Duration::from_secs(2));
        let pauses = Pauses::within_total(first.min(answer), longest.min(answer));
        Self { total, answer, slowest: 4 * answer, failures: pauses, limits: pauses }
    }

    /// The pause after the `number`th try (from 1) that ended in this kind of trouble, or none if another
    /// one is not to be made.
    pub(crate) fn pause(&self, class: RetryClass, number: u32, effect: Effect) -> Option<Duration> {
        let Self { failures, limits, .. } = self;
        let (pauses, wait) = match class {
            RetryClass::Lasting => return None,
            RetryClass::InDoubt { .. } if effect == Effect::Another => return None,
            RetryClass::InDoubt { wait } => (failures, wait),
            RetryClass::Unsent => (failures, None),
            // An answer that says "now" may say so for ever.
            RetryClass::Limited { wait } => {
                (limits, wait.map(|wait| wait.max(failures.after(number))))
            }
        };
        (number < pauses.tries).then(|| wait.unwrap_or_else(|| pauses.after(number)))
    }

    /// Begins to try.
    pub(crate) fn tries(self) -> Tries {
        let now = Instant::now();
        let limit = self.answer;
        Tries { policy: self, begun: now, asked: now, limit, failures: 0, limits: 0 }
    }

    /// Calls until there is an answer, or a failure that does not pass, or the time is over.  A call
    /// gets the time that its try may take, and keeps to it.  `told`: what an error says in a log.
    pub(crate) async fn ask<T, E>(
        self,
        effect: Effect,
        told: impl Fn(&E) -> String,
        mut call: impl AsyncFnMut(Duration) -> Result<T, FailedTry<E>>,
    ) -> Result<T, GivenUp<E>> {
        let mut tries = self.tries();
        loop {
            // Boxed, because futures of callers hold many of them.
            match Box::pin(call(tries.limit)).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => tries.after(effect, &told(&failed.error), failed).await?,
            }
        }
    }
}

impl Tries {
    /// After a try that failed: waits before the next one, or gives up.  [`RetryPolicy::ask`] one by one,
    /// where the compiler cannot tell that a closure's calls are `Send`.
    pub(crate) async fn after<E>(
        &mut self,
        effect: Effect,
        told: &str,
        FailedTry { class, error }: FailedTry<E>,
    ) -> Result<(), GivenUp<E>> {
        let Some(pause) = self.pause(class, effect) else {
            let tried = (class != RetryClass::Lasting).then(|| self.begun.elapsed());
            return Err(GivenUp { error, tried });
        };
        if pause < SILENT {
            tracing::debug!("{told}; trying again in {}", seconds(pause));
        } else {
            tracing::warn!("{told}; trying again in {}", seconds(pause));
        }
        if self.asked.elapsed() >= self.limit {
            self.limit = (self.limit * 2).min(self.policy.slowest);
        }
        sleep(pause).await;
        self.asked = Instant::now();
        Ok(())
    }

    /// The same after a failure that may pass, of a call that may be made twice.
    pub(crate) async fn again(&mut self, error: Error) -> Result<(), GivenUp<Error>> {
        let told = format!("{error:#}");
        self.after(Effect::Same, &told, FailedTry { class: RetryClass::Unsent, error }).await
    }

    /// The pause before the next try, with a little more at random; none if it would end too late.
    fn pause(&mut self, class: RetryClass, effect: Effect) -> Option<Duration> {
        let limited = matches!(class, RetryClass::Limited { .. });
        let number = if limited { &mut self.limits } else { &mut self.failures };
        *number += 1;
        let pause = self.policy.pause(class, *number, effect)?;
        let pause = pause.saturating_add(jitter(self.policy.failures.first));
        let left = self.policy.total.saturating_sub(self.begun.elapsed());
        (pause <= left).then_some(pause)
    }
}

impl<E> FailedTry<E> {
    /// One that lasts.
    pub(crate) fn for_good(error: E) -> Self {
        Self { class: RetryClass::Lasting, error }
    }
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

/// Up to `most`, so that those who were refused together do not come back together.
pub(crate) fn jitter(most: Duration) -> Duration {
    // Without random numbers it is all of that.
    let dice = getrandom::u32().unwrap_or(u32::MAX);
    most.mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
