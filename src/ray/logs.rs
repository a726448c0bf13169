//! A job's log, as bytes, from any offset: `/api/v0/logs/stream` while it grows (of a Ray that outlives
//! us, `/file` again and again), `/file` at the end.
//!
//! Not `/api/jobs/<id>/logs/tail`: one byte that is not UTF-8 makes that one end empty and well.
//! The end of a log says nothing of the job; only its status does.

use std::{convert::Infallible, time::Duration};

use anyhow::{Context, Result, ensure};
use reqwest::{Method, Response};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{Ray, accept};
use crate::log::Log;

/// Wait before a broken stream is opened again.
const RECONNECT: Duration = Duration::from_millis(500);
/// A log that is polled comes whole each time: it is asked for when it has grown by a twentieth, so
/// that what comes is some twenty times the log, however long it takes.
const POLLS: u32 = 20;
/// Bytes that may be missing of a log whose job has ended: what answers may not be Ray any more.
const MOST_MISSING: u64 = 4 << 30;

impl Ray {
    /// Copies the log while it grows, reconnecting where it broke off; never ends by itself.
    /// `node` yields the node that holds the log, once it is known.
    pub async fn follow(
        &self,
        id: &str,
        mut node: watch::Receiver<Option<String>>,
        log: &mut Log,
    ) -> Infallible {
        let begun = Instant::now();
        let kind = if self.polls { "file" } else { "stream" };
        loop {
            let Ok(Some(node)) = node.wait_for(Option::is_some).await.map(|node| node.clone())
            else {
                return std::future::pending().await;
            };
            match self.open(&node, id, kind).await {
                Ok(response) => drop(copy(response, log, u64::MAX).await),
                Err(error) => tracing::debug!(?error, id, "the log does not open yet"),
            }
            let pause = if self.polls { begun.elapsed() / POLLS } else { Duration::ZERO };
            sleep(pause.max(RECONNECT)).await;
        }
    }

    /// Copies what is still missing of the log of a job that ended.
    pub async fn drain(&self, id: &str, node: &str, log: &mut Log) -> Result<()> {
        let most = log.received().saturating_add(MOST_MISSING);
        let mut tries = 0;
        loop {
            tries += 1;
            let copied = match self.open(node, id, "file").await {
                Ok(response) => copy(response, log, most).await,
                Err(error) => Err(error),
            };
            match copied {
                Err(error) if tries < 4 => tracing::debug!(?error, id, "reading the log again"),
                other => {
                    return other
                        .with_context(|| format!("cannot read the log of {id} to its end"));
                }
            }
            sleep(RECONNECT).await;
        }
    }

    async fn open(&self, node: &str, id: &str, kind: &str) -> Result<Response> {
        // Rays from 2.35 to 2.44 put a byte before each chunk unless they are asked for text.
        let interval = if kind == "stream" { "&interval=0.2" } else { "" };
        let query = format!("node_id={node}&submission_id={id}&lines=-1&format=text{interval}");
        Ok(accept(self.request(Method::GET, &format!("api/v0/logs/{kind}?{query}"))?).await?)
    }
}

/// Ray replays a log from its start: what was received before is skipped.  It may have `most` bytes.
async fn copy(mut response: Response, log: &mut Log, most: u64) -> Result<()> {
    let mut skip = log.received();
    while let Some(chunk) = response.chunk().await? {
        let known = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
        skip -= known as u64;
        log.push(&chunk[known..])?;
        ensure!(log.received() <= most, "it goes on for more than {most} bytes");
    }
    Ok(())
}
