//! The one word for "the user or GitHub asked us to stop"; takes nothing, yields an error.

/// The run was cancelled.  Callers downcast to it, to end quietly rather than report a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;
