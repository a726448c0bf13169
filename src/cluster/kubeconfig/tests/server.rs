//! Small real servers: HTTP with or without TLS, and a proxy that knows CONNECT.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server on this machine that remembers the head of each request.
pub(super) struct Server {
    pub(super) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    /// How many came, also those that hung up.
    pub(super) visits: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request with the status and body that `answer` makes of its head.
    pub(super) fn start(
        tls: Option<ServerConfig>,
        answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let (tls, answer) = (tls.map(Arc::new), Arc::new(answer));
        Self::accept(move |stream, heads| {
            let answer = |head: &str| answer(head);
            // A client that hangs up in the handshake is what some tests are about.
            drop(match &tls {
                Some(config) => ServerConnection::new(Arc::clone(config))
                    .map_err(io::Error::other)
                    .and_then(|tls| respond(StreamOwned::new(tls, stream), heads, answer)),
                None => respond(stream, heads, answer),
            });
        })
    }

    fn accept(serve: impl Fn(TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let visits = Arc::new(AtomicUsize::new(0));
        let (serve, seen, came) = (Arc::new(serve), Arc::clone(&heads), Arc::clone(&visits));
        thread::spawn(move || {
            for stream in listener.incoming() {
                came.fetch_add(1, Ordering::SeqCst);
                let (serve, seen) = (Arc::clone(&serve), Arc::clone(&seen));
                thread::spawn(move || serve(stream.unwrap(), &seen));
            }
        });
        Self { port, heads, visits }
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(super) fn last(&self) -> String {
        self.heads().pop().expect("no request has come")
    }
}

fn respond(
    mut stream: impl Read + Write,
    heads: &Mutex<Vec<String>>,
    answer: impl Fn(&str) -> (u16, String),
) -> io::Result<()> {
    let head = head(&mut stream)?;
    heads.lock().unwrap().push(head.clone());
    let (status, body) = answer(&head);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    stream.flush()
}

/// Reads up to the blank line; no request here has a body.
fn head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

/// A proxy that joins the two ends of a tunnel.
pub(super) fn connect_proxy() -> Server {
    Server::accept(|mut client, heads| {
        let head = head(&mut client).unwrap();
        heads.lock().unwrap().push(head.clone());
        let target = head.split(' ').nth(1).unwrap();
        let server = TcpStream::connect(target).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (upstream, downstream) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let up = thread::spawn(move || join(upstream, downstream));
        join(server, client);
        up.join().unwrap();
    })
}

fn join(mut from: TcpStream, mut to: TcpStream) {
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Write));
}
