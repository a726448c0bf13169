//! The server: takes requests in, and gives answers or faults.

use std::{
    io,
    net::TcpListener,
    panic::resume_unwind,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use futures_util::stream;
use tokio::{runtime, sync::oneshot, task::spawn_blocking};

use super::{
    answer::Answer,
    fault::Fault,
    shared::{Asked, Shared},
    smart_http,
};

/// The server's thread.
pub struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let (stop, stopped) = oneshot::channel();
        listener.set_nonblocking(true).unwrap();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let router = Router::new()
                    .fallback(handle)
                    .layer(DefaultBodyLimit::disable())
                    .with_state(shared);
                // Connections that are kept alive would keep a graceful end waiting.
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropping the sender ends the server.
        drop(self.stop.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the tests' GitHub failed: {panic:?}");
        }
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    };
    let fault = shared.note(&asked);
    if let Some(answer) = fault.and_then(Fault::answer) {
        return shared.bytes(&answer, None);
    }
    match fault {
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        Some(Fault::Cut) if asked.method != "GET" => hang_up(),
        _ => {}
    }
    let begun = Instant::now();
    let response = answer(shared.clone(), asked).await;
    shared.answering.lock().unwrap().push((begun, Instant::now()));
    match fault {
        Some(Fault::Cut) => in_half(response).await,
        Some(Fault::CutAfterDoing) => hang_up(),
        Some(Fault::SlowAfterDoing(time)) => {
            tokio::time::sleep(time).await;
            response
        }
        _ => response,
    }
}

async fn answer(shared: Arc<Shared>, asked: Asked) -> Response {
    if let Some(rest) = smart_http::rest(&shared.site, &asked.path) {
        return smart_http::answer(&shared, rest, &asked).await;
    }
    // git runs below, which blocks.
    let (books, line) = (shared.clone(), format!("{} {}", asked.method, asked.path));
    let answered = spawn_blocking(move || {
        let (answer, needed) = shared.answer(&asked);
        shared.bytes(&answer, needed)
    });
    answered.await.unwrap_or_else(|panic| {
        books.violation(format!("{line}: the tests' GitHub failed: {panic}"));
        books.bytes(&Answer::error(500, "Server Error"), None)
    })
}

/// Ends the connection without another word; a panic without its message does so.
fn hang_up() -> ! {
    resume_unwind(Box::new("hung up, as the test wants it"))
}

/// The head of the response and half of its body.
async fn in_half(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    head.headers.insert("content-length", whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    let parts = stream::unfold(Some(half), |half| async {
        match half {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                // The half has to be on its way before the connection ends.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some((Err(io::Error::other("cut, as the test wants it")), None))
            }
            None => None,
        }
    });
    Response::from_parts(head, Body::from_stream(parts))
}
