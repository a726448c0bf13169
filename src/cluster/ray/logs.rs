//! A job's log, as bytes, from any offset: `/api/v0/logs/stream` while it grows (of a Ray that outlives
//! us, `/file` again and again), `/file` at the end.
//!
//! Not `/api/jobs/<id>/logs/tail`: one byte that is not UTF-8 makes that one end empty and well.
//! The end of a log says nothing of the job; only its status does.

use std::{convert::Infallible, time::Duration};

use anyhow::{Result, bail, ensure};
use reqwest::{Method, Response, Url};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{LARGEST, LogLost, Ray, RayError, refused};
use crate::http::{self, NoAnswer};

/// Wait before a broken stream is opened again.
const RECONNECT: Duration = Duration::from_millis(500);
/// A log that is polled comes whole each time: it is asked for when it has grown by a twentieth, so
/// that what comes is some twenty times the log, however long it takes.
const POLLS: u32 = 20;
/// How often Ray may refuse the log of a job that has ended: mostly its node is gone, and the log with it.
const REFUSALS: u32 = 3;
/// Bytes that may be missing of a log whose job has ended: what answers may not be Ray any more.
const MOST_MISSING: u64 = 4 << 30;

/// Who takes a job's log.
pub trait LogSink {
    /// Bytes taken so far.
    fn received(&self) -> u64;
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]) -> Result<()>;
}

impl Ray {
    /// Copies the log while it grows, reconnecting where it broke off, or where Ray was out of reach, for
    /// a log that does not grow cannot be told from a way that is dead; never ends by itself.
    /// `node` yields the node that holds the log, once it is known.
    pub async fn follow(
        &self,
        id: &str,
        mut node: watch::Receiver<Option<String>>,
        log: &mut impl LogSink,
    ) -> Infallible {
        let begun = Instant::now();
        let kind = if self.borrowed { "file" } else { "stream" };
        let mut returns = self.returns.subscribe();
        loop {
            let Ok(Some(node)) = node.wait_for(Option::is_some).await.map(|node| node.clone())
            else {
                return std::future::pending().await;
            };
            let copied = async {
                let url = self.log(&node, id, kind)?;
                let response = self.open(&url, Duration::MAX).await?;
                copy(response, log, u64::MAX, Duration::MAX).await
            };
            tokio::select! {
                copied = copied => tracing::debug!(?copied, id, "the log has ended for now"),
                _ = returns.changed() => {}
            }
            let pause = if self.borrowed { begun.elapsed() / POLLS } else { Duration::ZERO };
            sleep(pause.max(RECONNECT)).await;
        }
    }

    /// Copies what is still missing of the log of a job that ended.
    ///
    /// # Errors
    ///
    /// [`LogLost`] where Ray answers and does not give the log; else the way to Ray is broken, or our disk full.
    pub async fn drain(&self, id: &str, node: &str, log: &mut impl LogSink) -> Result<()> {
        let most = log.received().saturating_add(MOST_MISSING);
        let what = format!("read the log of {id} to its end");
        let url = self.log(node, id, "file")?;
        let mut refusals = 0;
        self.ask(&what, self.policy, async |limit| {
            let response = loop {
                match self.open(&url, limit).await {
                    Err(RayError::Refused { .. }) if refusals < REFUSALS => refusals += 1,
                    // Not as Ray's error, which may pass.
                    Err(refused @ RayError::Refused { .. }) => bail!(LogLost(refused.to_string())),
                    opened => break opened?,
                }
                sleep(RECONNECT).await;
            };
            copy(response, log, most, limit).await
        })
        .await
    }

    /// A log that has begun to come.
    async fn open(&self, url: &Url, limit: Duration) -> Result<Response, RayError> {
        let response = http::begun(self.request(Method::GET, url).send(), limit).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let answer = timeout(limit, http::whole(response, LARGEST)).await;
        Err(refused(&answer.map_err(|_elapsed| NoAnswer::Slow(limit))??))
    }

    fn log(&self, node: &str, id: &str, kind: &str) -> Result<Url> {
        // Rays from 2.35 to 2.44 put a byte before each chunk unless they are asked for text.
        let interval = if kind == "stream" { "&interval=0.2" } else { "" };
        // By the name of its file: asked by `submission_id`, Ray reads every job that it ever had, each time.
        let file = format!("job-driver-{id}.log");
        let query = format!("node_id={node}&filename={file}&lines=-1&format=text{interval}");
        self.url(&format!("api/v0/logs/{kind}?{query}"))
    }
}

/// Ray replays a log from its start: what was received before is skipped.  It may have `most` bytes, and be
/// silent for so long.
async fn copy(
    mut response: Response,
    log: &mut impl LogSink,
    most: u64,
    silence: Duration,
) -> Result<()> {
    let mut skip = log.received();
    let lost = |error: reqwest::Error| RayError::from(NoAnswer::of(&error));
    loop {
        let chunk = timeout(silence, response.chunk()).await;
        let chunk =
            chunk.map_err(|_elapsed| RayError::from(NoAnswer::Slow(silence)))?.map_err(lost)?;
        let Some(chunk) = chunk else { return Ok(()) };
        let known = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
        skip -= known as u64;
        log.push(&chunk[known..])?;
        ensure!(log.received() <= most, "it goes on for more than {most} bytes");
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Body;

    use super::*;

    struct Kept(Vec<u8>);

    impl LogSink for Kept {
        fn received(&self) -> u64 {
            self.0.len() as u64
        }

        fn push(&mut self, bytes: &[u8]) -> Result<()> {
            self.0.extend(bytes);
            Ok(())
        }
    }

    /// What answers for an ended job could write until our disk is full.
    #[tokio::test]
    async fn a_log_ends_where_it_may_have_no_more() {
        let (most, silence) = (10, Duration::MAX);
        for (known, whole) in [(0, 10), (4, 10), (10, 4)] {
            let mut log = Kept(vec![b'x'; known]);
            let response = ::http::Response::new(Body::from(vec![b'x'; whole]));
            copy(response.into(), &mut log, most, silence).await.unwrap();
            assert_eq!(log.0.len(), 10);
        }
        let response = ::http::Response::new(Body::from(vec![b'x'; 11]));
        let error = copy(response.into(), &mut Kept(Vec::new()), most, silence).await.unwrap_err();
        assert_eq!(error.to_string(), "it goes on for more than 10 bytes");
    }
}
