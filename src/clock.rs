//! The time of day.

use std::time::{Duration, SystemTime};

/// Milliseconds since 1970 at the end of the year 9999; later times have no common form.
const LAST: u64 = 253_402_300_799_000;

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    millis(SystemTime::now())
}

/// A time in milliseconds since 1970; 0 before that.
pub(crate) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The day of a time in milliseconds since 1970, in UTC: `2026-11-03`.
pub(crate) fn day(at: u64) -> String {
    let mut day = minute(at);
    day.truncate("2026-11-03".len());
    day
}

/// The minute of a time in milliseconds since 1970, in UTC: `2026-11-03 14:05`.
pub(crate) fn minute(at: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(at.min(LAST));
    let mut minute = humantime::format_rfc3339_seconds(time).to_string().replace('T', " ");
    minute.truncate("2026-11-03 14:05".len());
    minute
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_day() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(1_793_750_399_999), "2026-11-03");
        assert_eq!(day(u64::MAX), "9999-12-31");
        assert_eq!(minute(1_793_750_399_999), "2026-11-03 23:59");
    }
}
