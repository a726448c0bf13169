//! What the action can be asked to do.

use clap::ValueEnum;

/// Commands of the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ActionCommand {
    /// Event -> gate -> comparison -> status, outputs, summary and comment.
    Run,
    /// The gate alone: tell what is awaited, start nothing.
    Announce,
    /// The gate, then whether the head commit's image is there; trains nothing.
    Image,
    /// The gate, then the commit that made the default branch worse.
    Bisect,
    /// Look at everything that `run` needs, and say what to fix.
    Doctor,
    /// Remove what dead runs left.
    Sweep,
}
