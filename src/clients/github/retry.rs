//! Whether and when to ask again: GitHub's rules as a pure function of what failed.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use std::time::{Duration, SystemTime};

use reqwest::{StatusCode, header::HeaderMap};

use crate::http::{RetryClass, number, retry_after};

/// What an answer other than success means; `message` is GitHub's.
pub(super) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    message: &str,
    now: SystemTime,
) -> RetryClass {
    let limits = [StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    // A lasting refusal may come with the last request of the hour.
    if !limits.contains(&status) || message.contains("not accessible by") {
        return RetryClass::of(status, headers);
    }
    let wait = retry_after(headers).or_else(|| until_reset(headers, now));
    let said = message.to_ascii_lowercase();
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || said.contains("rate limit")
        || said.contains("abuse detection");
    if limited || wait.is_some() { RetryClass::Limited { wait } } else { RetryClass::Lasting }
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
    use crate::{clients::github::GitHub, http::Effect};

    /// An hour of the year 2023.
    const NOW: u64 = 1_700_000_000;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn classified(status: u16, headers: &[(&'static str, &str)], message: &str) -> RetryClass {
        let pairs = headers.iter().map(|&(name, value)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        let now = SystemTime::UNIX_EPOCH + seconds(NOW);
        classify(StatusCode::from_u16(status).unwrap(), &pairs.collect(), message, now)
    }

    fn limited(wait: u64) -> RetryClass {
        RetryClass::Limited { wait: Some(seconds(wait)) }
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
        assert_eq!(classified(503, &both, ""), RetryClass::InDoubt { wait: Some(seconds(7)) });
    }

    #[test]
    fn a_reset_in_the_past_is_now() {
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")];
        assert_eq!(classified(429, &past, ""), limited(1));
    }

    #[test]
    fn a_second_limit_says_nothing_but_a_minute_is_meant() {
        let message = "You have exceeded a secondary rate limit. Please wait a few minutes";
        let class = classified(403, &[("x-ratelimit-remaining", "400")], message);
        assert_eq!(class, RetryClass::Limited { wait: None });
        let pause = |attempt| GitHub::RETRIES.pause(class, attempt, Effect::Another);
        assert_eq!(pause(1), Some(seconds(60)));
        assert_eq!(pause(3), Some(seconds(240)));
        // The ten minutes end it, not the number of tries.
        assert!(pause(100).is_some());
    }

    #[test]
    fn a_refusal_lasts_even_with_the_last_request_of_the_hour() {
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000100")];
        let message = "Resource not accessible by integration";
        assert_eq!(classified(403, &spent, message), RetryClass::Lasting);
        for status in [301, 400, 401, 403, 404, 409, 422] {
            assert_eq!(classified(status, &[], "no"), RetryClass::Lasting, "{status}");
        }
    }

    #[test]
    fn a_server_that_is_down_is_asked_seven_times() {
        for class in [RetryClass::InDoubt { wait: None }, RetryClass::Unsent] {
            let pause = |attempt| GitHub::RETRIES.pause(class, attempt, Effect::Nothing);
            assert_eq!((pause(6), pause(7)), (Some(seconds(32)), None));
        }
    }
}
