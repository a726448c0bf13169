//! Bare repositories over HTTP, by git's own CGI program, to who has the token: fetches and pushes.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::{Response, header},
};
use tokio::{io::AsyncWriteExt, net::TcpListener};

/// What opens every door.
pub(crate) const TOKEN: &str = "ghs_itisasecret";
/// Of `x-access-token:ghs_itisasecret`.
pub(crate) const BASIC: &str = "Basic eC1hY2Nlc3MtdG9rZW46Z2hzX2l0aXNhc2VjcmV0";

/// A server of all repositories below one directory.  Below `/readonly` it takes no pushes and says so
/// as GitHub does; below `/echo` it says what it was sent.
pub(crate) struct GitServer {
    pub(crate) url: String,
    /// The next push is done, but its answer gets lost.
    pub(crate) lose: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Site {
    root: PathBuf,
    lose: Arc<AtomicBool>,
}

impl GitServer {
    pub(crate) async fn new(root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let lose = Arc::<AtomicBool>::default();
        let site = Site { root: root.to_owned(), lose: lose.clone() };
        let router = Router::new().fallback(answer).with_state(site);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, lose }
    }
}

async fn answer(State(site): State<Site>, request: Request) -> Response<Body> {
    let uri = request.uri().to_string();
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    if given != BASIC {
        return said(401, "Invalid username or token.");
    }
    if uri.starts_with("/echo") {
        return said(500, &format!("{TOKEN} in {given}"));
    }
    let pushes = uri.contains("git-receive-pack");
    if pushes && uri.starts_with("/readonly") {
        return said(403, "Permission to acme/train.git denied to github-actions[bot].");
    }
    let response = backend(&site.root, request).await;
    let done = pushes && !uri.contains("info/refs");
    if done && site.lose.swap(false, Ordering::SeqCst) {
        return said(502, "Bad gateway");
    }
    response
}

fn said(status: u16, text: &str) -> Response<Body> {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain");
    let response = response.header(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"");
    response.body(Body::from(text.to_owned())).unwrap()
}

/// Runs `git http-backend`.
async fn backend(root: &Path, request: Request) -> Response<Body> {
    let (parts, content) = request.into_parts();
    let content = body::to_bytes(content, 64 << 20).await.unwrap();
    let header = |name: &str| {
        parts.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    };
    let path = parts.uri.path();
    let path = path.strip_prefix("/readonly").unwrap_or(path);
    let mut command = tokio::process::Command::new("git");
    command.args(["-c", "http.receivepack=true", "http-backend"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", path).env("REQUEST_METHOD", parts.method.as_str());
    command.env("QUERY_STRING", parts.uri.query().unwrap_or_default());
    command.env("CONTENT_TYPE", header("content-type"));
    command.env("CONTENT_LENGTH", content.len().to_string());
    command.env("HTTP_CONTENT_ENCODING", header("content-encoding"));
    command.env("GIT_PROTOCOL", header("git-protocol"));
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let write = async move { input.write_all(&content).await };
    let (_, output) = tokio::join!(write, child.wait_with_output());
    let output = output.unwrap().stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let mut response = Response::builder();
    for line in str::from_utf8(&output[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value[..3].parse::<u16>().unwrap()),
            name => response.header(name, value),
        };
    }
    response.body(output[end + 4..].to_vec().into()).unwrap()
}
