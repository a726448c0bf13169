//! How long MLflow is waited for: a verdict does not need it.

use std::time::Duration;

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one call in all, with its tries and pauses.
    pub total: Duration,
    /// The same after a call that got no good answer: an outage is waited for once.
    pub after_outage: Duration,
    /// Before the second try; doubles with each.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(10),
            after_outage: Duration::from_secs(2),
            pause: Duration::from_millis(250),
        }
    }
}
