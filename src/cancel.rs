//! "The user or GitHub asked us to stop": signals go in, a token and an error come out.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The run was cancelled.  Callers downcast to it, to end quietly rather than report a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A token that is cancelled by SIGINT or SIGTERM.  A container's first process has no default
/// handlers, and ours must not die with a cluster on its hands.
pub fn on_signals() -> Result<CancellationToken> {
    let cancel = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn({
        let cancel = cancel.clone();
        async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            cancel.cancel();
        }
    });
    Ok(cancel)
}

/// Does `work`, unless the run is cancelled before it is done; then its future is dropped.
pub(crate) async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Cancelled.into()),
        outcome = work => outcome,
    }
}
