//! A way to a server that breaks as networks do, and heals: a TCP proxy in this process.

#![allow(dead_code, unreachable_pub, reason = "every test binary uses its own part")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What a way does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Carries everything.
    Open,
    /// Carries nothing until it opens, and then all that was held.
    Stalled,
    /// What was open then never carries anything again, nor ends; new connections are fine.
    BlackHole,
    /// Resets what was open, and each new connection.
    Resets,
    /// Resets what was open, and takes no new connection.
    Refuses,
    /// Resets what was open, and answers what comes anew with this status, as an API server that speaks HTTP
    /// without encryption.
    Answers(u16),
}

/// Every way of breaking.
pub const BROKEN: [Way; 4] = [Way::Stalled, Way::BlackHole, Way::Resets, Way::Refuses];

/// The proxy; dropped, it ends with its connections.
#[derive(Debug)]
pub struct Proxy {
    pub address: SocketAddr,
    way: watch::Sender<Way>,
    _task: JoinSet<()>,
}

impl Proxy {
    /// Listens on a port of its own for a server on this machine; within a runtime.
    pub fn start(server: SocketAddr) -> Self {
        let port = bound((Ipv4Addr::LOCALHOST, 0).into());
        let address = port.local_addr().unwrap();
        // Before anybody knows the address.
        let listener = listen(address);
        let way = watch::Sender::new(Way::Open);
        let mut task = JoinSet::new();
        task.spawn(serve((port, listener), server, way.subscribe()));
        Self { address, way, _task: task }
    }

    /// From now on the way does this.
    pub fn turn(&self, way: Way) {
        self.way.send_replace(way);
    }
}

/// A socket that has the port and takes no connection: nobody else gets the port while the way refuses.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // Without it, the socket beside it that listens could not have the same port.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

fn listen(address: SocketAddr) -> TcpListener {
    bound(address).listen(1024).unwrap()
}

async fn serve(
    (port, listener): (TcpSocket, TcpListener),
    server: SocketAddr,
    mut way: watch::Receiver<Way>,
) {
    let address = port.local_addr().unwrap();
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let now = *way.borrow_and_update();
        if now == Way::Refuses {
            listener = None;
        } else if listener.is_none() {
            listener = Some(listen(address));
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Ok((client, _)) = accepted => {
                drop(connections.spawn(carry(client, server, way.clone())));
            }
            Ok(()) = way.changed() => {}
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One request's answer; the request is not looked at.
async fn answer(client: &mut TcpStream, status: u16) -> std::io::Result<()> {
    let mut request = vec![0; 16 << 10];
    if client.read(&mut request).await? == 0 {
        return Ok(());
    }
    let body = format!(
        r#"{{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "broken on purpose", "code": {status}}}"#
    );
    let head = format!(
        "HTTP/1.1 {status} Broken\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    client.write_all(format!("{head}{body}").as_bytes()).await?;
    client.shutdown().await
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut way: watch::Receiver<Way>) {
    let at_first = *way.borrow();
    if let Way::Answers(status) = at_first {
        return answer(&mut client, status).await.unwrap_or_default();
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let mut now = match *way.borrow_and_update() {
        // It swallows only what was open before.
        Way::BlackHole => Way::Open,
        now @ (Way::Open | Way::Stalled | Way::Resets | Way::Refuses | Way::Answers(_)) => now,
    };
    {
        let mut carried = pin!(copy_bidirectional(&mut client, &mut server));
        while !matches!(now, Way::Resets | Way::Refuses | Way::Answers(_)) {
            tokio::select! {
                Ok(()) = way.changed() => now = match (now, *way.borrow_and_update()) {
                    (Way::BlackHole, _) => Way::BlackHole,
                    (_, next) => next,
                },
                _ = &mut carried, if now == Way::Open => return,
                else => return,
            }
        }
    }
    client.set_zero_linger().unwrap();
}
