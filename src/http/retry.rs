//! When to ask a server again: what its headers say, and pauses that double.  Pure.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// What `Retry-After` asks for in seconds; a date is not read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after").map(Duration::from_secs)
}

/// A header that is a whole number.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The pause after the `attempt`th try (from 1), where the one after the first is `first`.
pub(crate) fn doubled(first: Duration, attempt: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
}
