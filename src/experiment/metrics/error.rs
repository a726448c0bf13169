//! Why there are no readings, and what is to be told of those that there are.

use std::fmt;

use super::{FILE_VARIABLE, MARKER, MetricsOrigin};
use crate::output::excerpt;

/// A training without usable readings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// Nothing that could be meant as readings.
    #[error(
        "it ended well but printed no line `{MARKER} {{\"name\": value}}`{}; print one at the end, \
         or write the object to the file ${FILE_VARIABLE}",
        mentioned(.mention.as_ref())
    )]
    Absent {
        /// The last line that has the marker but no object, printable.
        mention: Option<String>,
    },
    /// The newest of a name is not a JSON object of numbers.
    #[error("cannot read {} `{text}`: {reason}; {}", called(*.place), remedy(*.place))]
    Malformed {
        /// Where it stands.
        place: MetricsOrigin,
        /// Start of it, its hidden characters as escapes.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn called(place: MetricsOrigin) -> String {
    match place {
        MetricsOrigin::Line | MetricsOrigin::Match => "its line".to_owned(),
        MetricsOrigin::Tree => "its metrics-file".to_owned(),
        MetricsOrigin::File => format!("its ${FILE_VARIABLE}"),
    }
}

fn remedy(place: MetricsOrigin) -> String {
    match place {
        MetricsOrigin::Line => format!(
            "print it at once, on a line of its own: print(\"\\n{MARKER}\", \
             json.dumps({{\"name\": 0.5}}), flush=True), or write the object to the file ${FILE_VARIABLE}"
        ),
        MetricsOrigin::Match => {
            "let the pattern's group take all of a number and nothing else, as in loss=([0-9.eE+-]+)"
                .to_owned()
        }
        MetricsOrigin::Tree | MetricsOrigin::File => "write json.dumps({\"name\": 0.5}) to it".to_owned(),
    }
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
    /// Null stands where the file in the tree names a metric last.
    Null {
        /// The metric.
        name: String,
        /// The value from before, which counts.
        value: f64,
    },
    /// A line too long for patterns.
    LongLine,
    /// A log too long to be kept whole.
    LongLog {
        /// Bytes in its middle that are not in the file.
        left_out: u64,
    },
    /// The file says something else than the log.
    FileDiffers {
        /// The metric.
        name: String,
        /// Value in the file, which counts.
        file: f64,
        /// Value in the log.
        log: f64,
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
            Self::LongLog { left_out } => {
                write!(f, "its log was read whole, but {left_out} bytes in its middle are not kept")
            }
            Self::Null { name, value } => {
                let name = excerpt(name, 100);
                write!(
                    f,
                    "{name} is null where its metrics-file names it last; {value} from before counts, though null \
                     may stand for NaN"
                )
            }
            Self::LongLine => {
                f.write_str("a line is longer than 1 MiB; patterns are matched with its end alone")
            }
            Self::FileDiffers { name, file, log } => {
                let name = excerpt(name, 100);
                write!(
                    f,
                    "{name} is {file} in ${FILE_VARIABLE} and {log} in the log; the file counts"
                )
            }
        }
    }
}

fn one((who, value): &(String, f64)) -> String {
    if who.is_empty() { value.to_string() } else { format!("{who}: {value}") }
}
