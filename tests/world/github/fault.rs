//! What GitHub can be told to do wrong.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::Answer;

/// As many times as asked.
pub const ALWAYS: usize = usize::MAX;

/// One way to fail.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// This status with GitHub's words for it; nothing is done.
    Status(u16),
    /// 429: wait so many seconds (`retry-after`).
    RateLimited { retry_after: u64 },
    /// 403: the requests of the hour are used up until `x-ratelimit-reset`; no `retry-after`.
    Exhausted { reset_in: u64 },
    /// 403: too fast; says not for how long.
    SecondaryLimit,
    /// The right answer, late.
    Slow(Duration),
    /// It is done at once, and told late.
    SlowAfterDoing(Duration),
    /// Nothing is done and the connection ends: in the middle of the body of a GET, before the answer
    /// of anything else.
    Cut,
    /// It is done, and the connection ends before the answer.
    CutAfterDoing,
}

/// A fault that waits for its request.
pub struct Armed {
    pub method: String,
    pub path: String,
    pub fault: Fault,
    pub times: usize,
}

impl Armed {
    /// Whether it meets this request; takes one of its times if so.
    pub fn meets(&mut self, method: &str, path: &str) -> bool {
        let met = self.times > 0 && self.method == method && path.contains(&self.path);
        if met && self.times != ALWAYS {
            self.times -= 1;
        }
        met
    }
}

impl Fault {
    /// The answer instead of the right one, if the fault has one.
    pub fn answer(self) -> Option<Answer> {
        let exceeded = "API rate limit exceeded for installation ID 1.";
        match self {
            Self::Status(status) => Some(answer(status)),
            Self::RateLimited { retry_after } => Some(
                Answer::error(429, exceeded)
                    .with("retry-after", &retry_after)
                    .with("x-ratelimit-remaining", &0)
                    .with("x-ratelimit-reset", &in_seconds(retry_after)),
            ),
            Self::Exhausted { reset_in } => Some(
                Answer::error(403, exceeded)
                    .with("x-ratelimit-remaining", &0)
                    .with("x-ratelimit-reset", &in_seconds(reset_in)),
            ),
            Self::SecondaryLimit => Some(Answer::error(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try \
                 again.",
            )),
            Self::Slow(_) | Self::SlowAfterDoing(_) | Self::Cut | Self::CutAfterDoing => None,
        }
    }
}

/// The time so many seconds from now, as the heads have it: seconds since 1970.
pub fn in_seconds(from_now: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + from_now
}

fn answer(status: u16) -> Answer {
    match status {
        401 => Answer::error(401, "Bad credentials"),
        403 => Answer::forbidden(),
        404 => Answer::not_found(),
        409 => Answer::error(409, "Conflict"),
        410 => Answer::error(410, "This issue was deleted"),
        422 => Answer::error(422, "Validation Failed"),
        503 => Answer::error(503, "Service unavailable"),
        _ => Answer::error(status, "Server Error"),
    }
}
