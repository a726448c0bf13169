//! Numbers as people read them.

/// About four significant digits, without a tail of zeros: `0.938`, `12.35`, `1.2e-7`.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
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
pub(super) fn signed(value: f64) -> String {
    if value >= 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// A number that may be unknown.
pub(super) fn known(value: Option<f64>) -> String {
    value.map_or_else(|| "?".to_owned(), number)
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
        assert_eq!(signed(0.0), "+0");
        assert_eq!(signed(-0.25), "-0.25");
    }
}
