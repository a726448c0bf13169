//! Where a metric's value stands in a log without lines of metrics.

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

/// A regular expression with exactly one group, which holds the value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Pattern(Regex);

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
            1 => Ok(Self(regex)),
            groups => Err(format!(
                "read \"{text}\", with {groups} groups; allowed: {example}; (?:...) groups without counting"
            )),
        }
    }
}

impl Pattern {
    /// The expression as it was typed.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What the group holds in the last match on a line.
    pub(crate) fn last<'a>(&self, line: &'a str) -> Option<&'a str> {
        self.0
            .captures_iter(line)
            .filter_map(|found| found.get(1))
            .last()
            .map(|group| group.as_str())
    }
}
