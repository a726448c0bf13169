//! Durations (`30s 10m 2h`) and percentages (`0.5%`), as text in the file and as numbers inside.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// A span of time, written as whole numbers with `s`, `m` or `h`: `30s`, `10m`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(Duration);

/// A percentage from 0 % to 100 %, kept as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
pub struct Percent(f64);

impl Span {
    /// A span of whole minutes.
    pub fn minutes(minutes: u64) -> Self {
        Self(Duration::from_secs(60 * minutes))
    }

    /// The span as a duration.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!("read \"{text}\"; allowed: a duration above zero such as 30s, 10m, 2h or 1h30m")
        };
        let mut total: u64 = 0;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let count = rest[..end].parse::<u64>().ok().ok_or_else(wrong)?;
            let unit = match rest.as_bytes()[end] {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                _ => return Err(wrong()),
            };
            total = count.checked_mul(unit).and_then(|s| total.checked_add(s)).ok_or_else(wrong)?;
            rest = &rest[end + 1..];
        }
        if total == 0 { Err(wrong()) } else { Ok(Self(Duration::from_secs(total))) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds % 3600, seconds % 60) {
            (0, _) => write!(f, "{}h", seconds / 3600),
            (_, 0) => write!(f, "{}m", seconds / 60),
            _ => write!(f, "{seconds}s"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Percent {
    /// The percentage as a fraction: `0.5%` is 0.005.
    pub fn fraction(self) -> f64 {
        self.0
    }
}

impl TryFrom<String> for Percent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.trim().strip_suffix('%').and_then(|n| n.trim_end().parse::<f64>().ok());
        match number {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Self(percent / 100.0)),
            Some(_) | None => {
                Err(format!("read \"{text}\"; allowed: a percentage from 0% to 100%, such as 0.5%"))
            }
        }
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9]+[smh])+$",
            "description": "A duration such as 30s, 10m, 2h or 1h30m."
        })
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9]+([.][0-9]*)?|[.][0-9]+) *%$",
            "description": "A percentage from 0% to 100%, such as 0.5%."
        })
    }
}
