//! Single commands as the runner reads them, on one line each: `::name key=value::data`.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt;

/// Characters of a message that the runner keeps.
const LONGEST_MESSAGE: usize = 4096;

/// How an annotation looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Something did not work, and the verdict holds all the same.
    Warning,
    /// There is no verdict, or a bad one.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Shows `message` beside the step; what is too long is cut.
pub(super) fn annotation(level: Level, title: &str, message: &str) -> String {
    let end = message.char_indices().nth(LONGEST_MESSAGE).map_or(message.len(), |(end, _)| end);
    format!("::{level} title={}::{}", property(title), data(&message[..end]))
}

/// Masks `secret`, which is one line.
pub(super) fn mask(secret: &str) -> String {
    format!("::add-mask::{}", data(secret))
}

/// The percent sign goes first, so that none of our own is escaped again.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
