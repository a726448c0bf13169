//! Clients for one API server that differ in how long it may be silent, after which a connection is thrown
//! away, whether it was in use or in the pool.

use std::time::Duration;

use anyhow::{Context, Result};
use kube::{
    Client, Config,
    client::{ClientBuilder, middleware::AuthLayer},
};
use tower::{buffer::BufferLayer, filter::AsyncFilterLayer};

use super::bearer::Bearer;
use crate::http;

/// As many requests as kube's own client lets wait.
const WAITING_REQUESTS: usize = 1024;
/// Servers send a bookmark into a quiet watch once a minute.
const WATCH: Duration = Duration::from_secs(75);

/// How long the API server may be silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SilenceLimit {
    /// Before it answers.
    pub(crate) answer: Duration,
    /// In a watch.
    pub(crate) watch: Duration,
}

impl Default for SilenceLimit {
    fn default() -> Self {
        Self { answer: http::ANSWER, watch: WATCH }
    }
}

/// A client whose server may be silent for so long; none: for ever.
pub(super) fn build(
    config: &Config,
    bearer: Option<&Bearer>,
    program: Option<&AuthLayer>,
    silence: Option<Duration>,
) -> Result<Client> {
    let mut config = config.clone();
    config.read_timeout = silence;
    // The time that a connection lay in the pool is not the time of an answer.
    config.reset_reader_on_write = true;
    let builder = ClientBuilder::try_from(config).context("cannot set up the client")?;
    // Filters need a service that can be cloned, which the buffer makes of kube's.
    let buffer = BufferLayer::new(WAITING_REQUESTS);
    Ok(match (bearer, program) {
        (Some(bearer), _) => {
            builder.with_layer(&buffer).with_layer(&AsyncFilterLayer::new(bearer.clone())).build()
        }
        (None, Some(program)) => builder.with_layer(&buffer).with_layer(program).build(),
        (None, None) => builder.build(),
    })
}
