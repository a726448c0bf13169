//! Why there are no readings, and what is to be told of those that there are.

use std::fmt;

use super::MARKER;
use crate::output::excerpt;

/// A training without usable readings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// Nothing that could be meant as readings.
    #[error(
        "it ended well but printed no line `{MARKER} {{\"name\": value}}`{}; print one at the end",
        mentioned(.mention.as_ref())
    )]
    Absent {
        /// The last line that has the marker but no object, printable.
        mention: Option<String>,
    },
    /// The newest of a name is not a JSON object of numbers.
    #[error(
        "cannot read its line `{text}`: {reason}; print it at once, on a line of its own: \
         print(\"\\n{MARKER}\", json.dumps({{\"name\": 0.5}}), flush=True)"
    )]
    Malformed {
        /// Start of it, its hidden characters as escapes.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl MetricsError {
    /// Whether there are no readings, rather than wrong ones.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::Absent { .. } => true,
            Self::Malformed { .. } => false,
        }
    }
}

fn mentioned(mention: Option<&String>) -> String {
    mention.map(|line| format!(" (no object stands behind it in `{line}`)")).unwrap_or_default()
}

/// Something odd about readings that count all the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// Something could not be read, but what came later could.
    Superseded {
        /// Start of it, its hidden characters as escapes.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// One name with several values in one report.
    Ranks {
        /// The metric.
        name: String,
        /// Who told which value, the one that counts last; blank where nobody knows who.
        told: Vec<(String, f64)>,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded { text, reason } => {
                write!(f, "`{text}` cannot be read ({reason}); what came later counts")
            }
            Self::Ranks { name, told } => {
                let name = excerpt(name, 100);
                let last = told.last().map_or(f64::NAN, |(_, value)| *value);
                let told: Vec<String> = told.iter().map(one).collect();
                let told = told.join(", ");
                write!(
                    f,
                    "{name} was reported several times at once, with different values ({told}), \
                     and the last, {last}, counts; of ranks, let the first alone print: \
                     if os.environ.get(\"RANK\", \"0\") == \"0\""
                )
            }
        }
    }
}

fn one((who, value): &(String, f64)) -> String {
    if who.is_empty() { value.to_string() } else { format!("{who}: {value}") }
}
