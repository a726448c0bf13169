//! Whether and when to ask again: GitHub's rules as a pure function of what failed.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use std::time::{Duration, SystemTime};

use reqwest::{StatusCode, header::HeaderMap};

use crate::http::retry::{doubled, number, retry_after};

/// What a call leaves behind, which decides whether it may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It reads.
    Nothing,
    /// It writes, but twice is as good as once.
    Same,
    /// It makes one more each time.
    Another,
}

/// Why a call failed, as far as trying again goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A rate limit: GitHub did nothing, and says from when on it will, if it says anything.
    Limited { wait: Option<Duration> },
    /// It never got there.
    Unsent,
    /// It got there, but nobody knows what came of it; with a wait, if the server named one.
    Unknown { wait: Option<Duration> },
    /// It fails whenever it is tried.
    Lasting,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one call in all, with its tries and pauses.
    pub total: Duration,
    /// For one answer.
    pub answer: Duration,
    /// How often a call is made that gets no good answer, or none.
    pub tries: u32,
    /// Before the second try of a call that got no good answer; doubles with each try.
    pub pause: Duration,
    /// After a rate limit that does not say how long; doubles too.
    pub limited: Duration,
    /// Between the end of one write and the start of the next.
    pub between_writes: Duration,
}

impl Default for Patience {
    /// GitHub's advice: a minute after a limit, a second between writes.  A server that is down gets
    /// a good minute.
    fn default() -> Self {
        Self {
            total: Duration::from_mins(10),
            answer: Duration::from_secs(30),
            tries: 7,
            pause: Duration::from_secs(1),
            limited: Duration::from_mins(1),
            between_writes: Duration::from_secs(1),
        }
    }
}

impl Patience {
    /// The pause after the `attempt`th try (from 1), or none if another try is not to be made.
    pub(super) fn retry(&self, failure: Failure, attempt: u32, effect: Effect) -> Option<Duration> {
        match failure {
            Failure::Lasting => None,
            // An answer that says "now" may say so for ever.
            Failure::Limited { wait } => {
                Some(wait.unwrap_or(doubled(self.limited, attempt)).max(self.pause))
            }
            Failure::Unknown { .. } | Failure::Unsent if attempt >= self.tries => None,
            Failure::Unknown { .. } if effect == Effect::Another => None,
            Failure::Unknown { wait } => Some(wait.unwrap_or(doubled(self.pause, attempt))),
            Failure::Unsent => Some(doubled(self.pause, attempt)),
        }
    }
}

/// What an answer other than success means; `message` is GitHub's.
pub(super) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    message: &str,
    now: SystemTime,
) -> Failure {
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Failure::Unknown { wait: retry_after(headers) };
    }
    let limits = [StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    // A lasting refusal may come with the last request of the hour.
    if !limits.contains(&status) || message.contains("not accessible by") {
        return Failure::Lasting;
    }
    let wait = retry_after(headers).or_else(|| until_reset(headers, now));
    let said = message.to_ascii_lowercase();
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || said.contains("rate limit")
        || said.contains("abuse detection");
    if limited || wait.is_some() { Failure::Limited { wait } } else { Failure::Lasting }
}

/// The time until the hour's requests are counted anew, if none is left.
fn until_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if number(headers, "x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let reset = Duration::from_secs(number(headers, "x-ratelimit-reset")?);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    // A second more: theirs are whole, and clocks differ.
    Some(reset.saturating_sub(now) + Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: Failure = Failure::Unknown { wait: None };
    /// An hour of the year 2023.
    const NOW: u64 = 1_700_000_000;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn classified(status: u16, headers: &[(&'static str, &str)], message: &str) -> Failure {
        let pairs = headers.iter().map(|&(name, value)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        let now = SystemTime::UNIX_EPOCH + seconds(NOW);
        classify(StatusCode::from_u16(status).unwrap(), &pairs.collect(), message, now)
    }

    fn limited(wait: u64) -> Failure {
        Failure::Limited { wait: Some(seconds(wait)) }
    }

    #[test]
    fn what_the_server_asks_for_comes_first() {
        let both = [
            ("retry-after", "7"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1700000100"),
        ];
        assert_eq!(classified(403, &both, ""), limited(7));
        assert_eq!(classified(429, &both, ""), limited(7));
        assert_eq!(classified(403, &both[1..], ""), limited(101));
        assert_eq!(classified(503, &both, ""), Failure::Unknown { wait: Some(seconds(7)) });
    }

    #[test]
    fn a_reset_in_the_past_is_now() {
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")];
        assert_eq!(classified(429, &past, ""), limited(1));
    }

    #[test]
    fn a_second_limit_says_nothing_but_a_minute_is_meant() {
        let message = "You have exceeded a secondary rate limit. Please wait a few minutes";
        let failure = classified(403, &[("x-ratelimit-remaining", "400")], message);
        assert_eq!(failure, Failure::Limited { wait: None });
        let pause = |attempt| Patience::default().retry(failure, attempt, Effect::Another);
        assert_eq!(pause(1), Some(seconds(60)));
        assert_eq!(pause(3), Some(seconds(240)));
    }

    #[test]
    fn a_refusal_lasts_even_with_the_last_request_of_the_hour() {
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000100")];
        let message = "Resource not accessible by integration";
        assert_eq!(classified(403, &spent, message), Failure::Lasting);
        for status in [301, 400, 401, 403, 404, 409, 422] {
            assert_eq!(classified(status, &[], "no"), Failure::Lasting, "{status}");
        }
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_unless_that_makes_one_more() {
        let patience = Patience::default();
        for effect in [Effect::Nothing, Effect::Same] {
            assert_eq!(patience.retry(UNKNOWN, 1, effect), Some(seconds(1)));
            assert_eq!(patience.retry(UNKNOWN, 4, effect), Some(seconds(8)));
        }
        assert_eq!(patience.retry(UNKNOWN, 1, Effect::Another), None);
        assert_eq!(patience.retry(Failure::Unsent, 1, Effect::Another), Some(seconds(1)));
        assert_eq!(patience.retry(Failure::Lasting, 1, Effect::Nothing), None);
    }

    #[test]
    fn a_server_that_is_down_is_asked_seven_times() {
        for failure in [UNKNOWN, Failure::Unsent] {
            let pause = |attempt| Patience::default().retry(failure, attempt, Effect::Nothing);
            assert_eq!((pause(6), pause(7)), (Some(seconds(32)), None));
        }
    }

    #[test]
    fn pauses_do_not_overflow() {
        let limit = Failure::Limited { wait: None };
        let pause = Patience::default().retry(limit, u32::MAX, Effect::Nothing);
        assert!(pause.is_some_and(|pause| pause > Duration::from_hours(24)));
    }
}
