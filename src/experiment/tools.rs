//! What every command that trains works with.

use tokio_util::sync::CancellationToken;

use crate::{cache::Cache, progress::Progress};

/// What a comparison or a bisect works with besides what it is asked.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Environments and results are kept here.
    pub cache: &'a Cache,
    /// Who watches.
    pub progress: &'a Progress,
    /// Ends the run, leaving nothing behind.
    pub cancel: &'a CancellationToken,
}
