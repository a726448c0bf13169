//! A port of this machine's loopback that leads to Ray's dashboard in the head pod, through the API
//! server.  Each connection is a forward of its own, so a broken one is mended by connecting again.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::{
    io::{AsyncWriteExt, copy, split},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// Where Ray's dashboard listens in the pod.
pub(super) const DASHBOARD: u16 = 8265;
/// How long a forward may take to open: through the API server, the node and its container runtime.
const OPENING: Duration = Duration::from_secs(20);

/// An open port.  Dropped, it closes with all its connections.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) address: SocketAddr,
    _task: JoinSet<()>,
}

impl Forward {
    /// Opens a port that leads to whatever pod `head` names at the time.
    pub(super) async fn open(pods: Api<Pod>, head: watch::Receiver<String>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("cannot open a port on this machine")?;
        let address = listener.local_addr()?;
        let mut task = JoinSet::new();
        task.spawn(serve(listener, pods, head));
        Ok(Self { address, _task: task })
    }
}

async fn serve(listener: TcpListener, pods: Api<Pod>, head: watch::Receiver<String>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                let pod = head.borrow().clone();
                connections.spawn(carry(client, pods.clone(), pod));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A failure closes the client's connection, which says all that there is to say: it tries again.
async fn carry(mut client: TcpStream, pods: Api<Pod>, pod: String) {
    let mut forward = match timeout(OPENING, pods.portforward(&pod, &[DASHBOARD])).await {
        Ok(Ok(forward)) => forward,
        Ok(Err(error)) => return tracing::debug!(%error, pod, "no port-forward"),
        Err(_) => return tracing::debug!(pod, "the port-forward does not open"),
    };
    let Some(stream) = forward.take_stream(DASHBOARD) else { return };
    let (mut from_pod, mut to_pod) = split(stream);
    let (mut from_client, mut to_client) = client.split();
    // The end of either is the end of both: of a dead way, the other end would never be heard of.
    tokio::select! {
        sent = copy(&mut from_client, &mut to_pod) => {
            tracing::trace!(?sent, pod, "a client hung up");
        }
        received = copy(&mut from_pod, &mut to_client) => {
            tracing::trace!(?received, pod, "a forwarded connection ended");
            drop(to_client.shutdown().await);
        }
    }
    forward.abort();
}
