//! Where a metric's value stands in a log without lines of metrics.

use std::ops::Range;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

/// A regular expression with exactly one group, which holds the value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Pattern {
    regex: Regex,
    /// The same with a group for what is not finite: one for digits goes on finding the value from before a training
    /// diverged.
    not_finite: Option<Regex>,
}

/// What a pattern finds on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PatternMatch<'a> {
    /// What its group holds.
    pub(crate) held: &'a str,
    /// The number that this is part of, or the same.
    pub(crate) whole: &'a str,
}

/// How programs write values that are not finite.
const NOT_FINITE: &str = r"(?i:(?:[+-]|\b)(?:nan|inf(?:inity)?)\b)";

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let example = "one group around the value, such as 'val_loss=([0-9.eE+-]+)'";
        let regex = Regex::new(&text).map_err(|error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("read \"{text}\", and {reason}; allowed: {example}")
        })?;
        match regex.captures_len() - 1 {
            1 => Ok(Self { not_finite: not_finite(&text), regex }),
            groups => Err(format!(
                "read \"{text}\", with {groups} groups; allowed: {example}; (?:...) groups without counting"
            )),
        }
    }
}

impl Pattern {
    /// The expression as it was typed.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// What the group holds in the last match on a line.
    pub(crate) fn last<'a>(&self, line: &'a str) -> Option<PatternMatch<'a>> {
        let both = [Some(&self.regex), self.not_finite.as_ref()].into_iter().flatten();
        let groups = both
            .filter_map(|regex| regex.captures_iter(line).filter_map(|found| found.get(1)).last());
        let group = groups.max_by_key(regex::Match::start)?;
        Some(PatternMatch { held: group.as_str(), whole: whole(line, group.range()) })
    }
}

/// An expression with another group in the place of its own.
fn not_finite(text: &str) -> Option<Regex> {
    let Range { start, end } = group(text)?;
    let text = format!("{}{NOT_FINITE}{}", text.get(..start)?, text.get(end..)?);
    Regex::new(&text).ok().filter(|regex| regex.captures_len() == 2)
}

/// The inside of an expression's only group.
fn group(text: &str) -> Option<Range<usize>> {
    let (mut escaped, mut classes, mut open) = (false, 0_usize, Vec::new());
    for (at, c) in text.char_indices() {
        let (before, behind) = text.split_at(at);
        // At the start of a class it stands for itself.
        let is_plain = before.ends_with('[') || before.ends_with("[^");
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => classes += 1,
            ']' if classes > 0 && !is_plain => classes -= 1,
            '(' if classes == 0 => open.push(inside(behind).map(|inside| at + inside)),
            ')' if classes == 0 => {
                if let Some(Some(start)) = open.pop() {
                    return Some(start..at);
                }
            }
            _ => {}
        }
    }
    None
}

/// How far behind its parenthesis the inside of a group begins; none of one that does not count.
fn inside(text: &str) -> Option<usize> {
    let is_named = ["(?P<", "(?<"].iter().any(|start| text.starts_with(start));
    match text.starts_with("(?") {
        false => Some(1),
        true if is_named => text.find('>').map(|end| end + 1),
        true => None,
    }
}

/// What was found, with what of the same number stands in front of it and behind it.
fn whole(line: &str, Range { start, end }: Range<usize>) -> &str {
    let (held, bytes) = (&line.as_bytes()[start..end], line.as_bytes());
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let of_number =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    let (mut from, mut to) = (start, end);
    if of_number(held.first()) {
        while from > 0
            && (digit(from - 1) || from > 1 && bytes[from - 1] == b'.' && digit(from - 2))
        {
            from -= 1;
        }
    }
    if of_number(held.last()) {
        while digit(to) || bytes.get(to) == Some(&b'.') && digit(to + 1) {
            to += 1;
        }
        let sign = usize::from(matches!(bytes.get(to + 1), Some(b'+' | b'-')));
        if matches!(bytes.get(to), Some(b'e' | b'E')) && digit(to + 1 + sign) {
            to += 2 + sign;
            while digit(to) {
                to += 1;
            }
        }
    }
    // All that was added is ASCII.
    line.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last<'a>(pattern: &str, line: &'a str) -> Option<(&'a str, &'a str)> {
        let pattern = Pattern::try_from(pattern.to_owned()).unwrap();
        pattern.last(line).map(|PatternMatch { held, whole }| (held, whole))
    }

    #[test]
    fn what_is_not_finite_is_found_whatever_the_group_takes() {
        for (pattern, line, found) in [
            ("loss=([0-9.eE+-]+)", "loss=nan", "nan"),
            ("loss=([0-9.]+)", "loss=0.5 loss=NaN, 3 s", "NaN"),
            ("loss=([0-9.]+)", "loss=nan loss=0.5", "0.5"),
            (r"loss=(\d+\.\d{4})\b", "loss=inf", "inf"),
            (r"^loss: (?P<loss>\d+)%", "loss: -Infinity%", "-Infinity"),
            (r"loss=(?<loss>[+-]?\d+)", "loss=+inf", "+inf"),
            (r"(?:val|test) \(loss\) ((?:\d+)(?:\.\d+)?)", "test (loss) nan", "nan"),
            (r"[(]loss[])] ([^]a-z ]+)", "(loss) nan", "nan"),
            (r"tensor\(([0-9.]+)", "tensor(nan, device='cuda:0')", "nan"),
            (r"loss=(\S+)", "loss=nan", "nan"),
        ] {
            assert_eq!(last(pattern, line), Some((found, found)), "{pattern}: {line}");
        }
        for line in ["loss=nano", "loss=information", "loss=none", "epoch nan"] {
            assert_eq!(last("loss=([0-9.eE+-]+)", line), None, "{line}");
        }
    }

    #[test]
    fn of_part_of_a_number_the_whole_is_told() {
        for (pattern, line, found) in [
            ("loss=([0-9.]+)", "loss=1e-05", ("1", "1e-05")),
            ("loss=([0-9]+)", "loss=0.5 ", ("0", "0.5")),
            ("loss.*([0-9.]+)", "loss: 0.512", ("2", "0.512")),
            (r"loss.*?(\.\d)", "loss: 10.512e+3x", (".5", "10.512e+3")),
            ("loss=([0-9.]+)", "loss=0.5. 3 s", ("0.5.", "0.5.")),
            ("loss=([0-9]+)", "loss=5. Done", ("5", "5")),
            (r"loss\.+([0-9.]+)", "1 loss.....0.5e", ("0.5", "0.5")),
            ("loss ([0-9.]+)", "2 epochs, loss 3epochs", ("3", "3")),
            (r"loss=(\S+)", "\u{20ac}loss=x1\u{20ac}", ("x1\u{20ac}", "x1\u{20ac}")),
            ("loss=([a-z]*)", "loss=", ("", "")),
        ] {
            assert_eq!(last(pattern, line), Some(found), "{pattern}: {line}");
        }
    }
}
