//! How long a registry is waited for, and how often it is asked.  Pure but for the dice.

use std::time::Duration;

use crate::http::retry::doubled;

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one whole answer.
    pub answer: Duration,
    /// How often a request is made that gets no good answer, or none.
    pub tries: u32,
    /// Before the second try; doubles with each, and as much again at random comes on top.
    pub pause: Duration,
    /// The longest wait that a registry may ask for; a longer one is an answer of its own.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(30),
            tries: 3,
            pause: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// The pause after the `attempt`th try (from 1), or none if another is not to be made; `wait` is
    /// what the server asked for.
    pub(super) fn pause(&self, attempt: u32, wait: Option<Duration>) -> Option<Duration> {
        let asked = wait.unwrap_or(doubled(self.pause, attempt));
        let again = attempt < self.tries && wait.is_none_or(|wait| wait <= self.longest_wait);
        again.then(|| asked.saturating_add(jitter(self.pause)))
    }
}

/// Up to `most`, so that those who were refused together do not come back together.
fn jitter(most: Duration) -> Duration {
    // Without random numbers there is a pause without jitter.
    let dice = getrandom::u32().unwrap_or_default();
    most.mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_with_jitter_and_end() {
        let patience = Patience::default();
        let within = |attempt, wait, least: u64, most: u64| {
            let pause = patience.pause(attempt, wait).unwrap();
            let range = Duration::from_millis(least)..=Duration::from_millis(most);
            assert!(range.contains(&pause), "{attempt}: {pause:?}");
        };
        for _ in 0..100 {
            within(1, None, 500, 1000);
            within(2, None, 1000, 1500);
            within(1, Some(Duration::from_secs(7)), 7000, 7500);
        }
        assert_eq!(patience.pause(3, None), None);
        assert_eq!(patience.pause(1, Some(Duration::from_secs(31))), None);
        assert_eq!(patience.pause(1, Some(Duration::MAX)), None);
    }
}
