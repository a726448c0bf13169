//! How long the same obstacle has stood in the way, and whether that is too long.

use tokio::time::Instant;

use super::diagnosis::{ClusterFailure, Obstacle};
use crate::progress::seconds;

/// The obstacle of the moment, and since when.
#[derive(Debug, Default)]
pub(super) struct BlockedSince {
    since: Option<(&'static str, Instant)>,
}

impl BlockedSince {
    /// Words for the progress, such as `pulling the image (40.2 s): ghcr.io/acme/train`; or the
    /// obstacle's failure, once it has lasted for too long.
    pub(super) fn with(
        &mut self,
        obstacle: Option<Obstacle>,
    ) -> Result<Option<String>, ClusterFailure> {
        let Some(Obstacle { stage, detail, patience }) = obstacle else {
            self.since = None;
            return Ok(None);
        };
        if self.since.is_none_or(|(before, _)| before != stage) {
            self.since = Some((stage, Instant::now()));
        }
        let lasts = self.since.map_or_else(Default::default, |(_, since)| since.elapsed());
        match patience {
            Some((limit, failure)) if lasts >= limit => Err(failure),
            _ if detail.is_empty() => Ok(Some(format!("{stage} ({})", seconds(lasts)))),
            _ => Ok(Some(format!("{stage} ({}): {detail}", seconds(lasts)))),
        }
    }
}
