//! Numbers as people read them.

/// About four significant digits, without a tail of zeros: `0.938`, `12.35`, `1.2e-7`.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 {
        // Without the sign that it may have.
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 7")]
    let digits = (3.0 - magnitude).clamp(0.0, 7.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number with its sign: `+0.76`, `-0.0012`.
pub(crate) fn signed(value: f64) -> String {
    if value >= 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// A number that may be unknown.
pub(crate) fn known(value: Option<f64>) -> String {
    value.map_or_else(|| "?".to_owned(), number)
}

/// The way from one value to another in percent of the first: `-26.2 %`; unknown from zero.
pub(crate) fn percent(from: f64, to: f64) -> Option<String> {
    let change = (to - from) / from.abs() * 100.0;
    match change.abs() {
        large if !large.is_finite() => None,
        large if large >= 1000.0 => Some(format!("{} %", signed(change.round()))),
        small if small < 0.005 => Some("0 %".to_owned()),
        small if small < 1.0 => Some(format!("{change:+.2} %")),
        _ => Some(format!("{change:+.1} %")),
    }
}

/// Seconds as `14.8 s`, `3 min 20 s` or `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = seconds.round() as u64;
    match whole / 3600 {
        0 => format!("{} min {} s", whole / 60, whole % 60),
        hours => format!("{hours} h {} min", whole % 3600 / 60),
    }
}

/// Bytes as people read them: `812 B`, `34 MB`, `1.2 GB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) if bytes < 10 * unit => {
            format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10))
        }
        Some((name, unit)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} B"),
    }
}

/// `1 training`, `3 trainings`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_shown() {
        let cases =
            [(0.938_24, "0.9382"), (0.5, "0.5"), (123_456.0, "123456"), (12.345_6, "12.35")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(1.234e-7), "1.234e-7");
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(number(-0.0), "0");
        assert_eq!(signed(0.0), "+0");
        assert_eq!(signed(-0.25), "-0.25");
    }

    #[test]
    fn changes_are_in_percent_of_where_they_begin() {
        assert_eq!(percent(0.95, 0.70).unwrap(), "-26.3 %");
        assert_eq!(percent(-2.0, -1.0).unwrap(), "+50.0 %");
        assert_eq!(percent(1.0, 1.004).unwrap(), "+0.40 %");
        assert_eq!(percent(1.0, 1.0).unwrap(), "0 %");
        assert_eq!(percent(0.001, 1.0).unwrap(), "+99900 %");
        assert_eq!(percent(0.0, 1.0), None);
        assert_eq!(percent(1.0, f64::NAN), None);
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_260_000_000, "1.2 GB"),
            (34_999_999, "34 MB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn times_are_read_at_a_glance() {
        let cases = [(0.25, "0.2 s"), (59.96, "1 min 0 s"), (200.0, "3 min 20 s")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(7500.0), "2 h 5 min");
        assert_eq!(count(1, "training") + ", " + &count(0, "training"), "1 training, 0 trainings");
    }
}
