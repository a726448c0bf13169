//! Fetching by git's own protocol: git itself answers, as a CGI program.

use std::process::Stdio;

use axum::{body::Body, response::Response};
use tokio::{io::AsyncWriteExt, process::Command};

use super::super::clean;
use super::{
    shared::{Asked, Shared},
    site::Site,
    token,
};

/// What GitHub lets a fetch ask for: any commit, and a part of its files.
const OPTIONS: [(&str, &str); 3] = [
    ("uploadpack.allowAnySHA1InWant", "true"),
    ("uploadpack.allowFilter", "true"),
    ("http.receivepack", "false"),
];

/// What follows the repository in a path of git's protocol.
pub fn rest<'a>(site: &Site, path: &'a str) -> Option<&'a str> {
    let (repository, rest) = path.strip_prefix('/')?.split_at_checked(site.repository.len())?;
    let rest = rest.strip_prefix(".git").unwrap_or(rest);
    let served = ["/info/refs", "/git-upload-pack", "/git-receive-pack"].contains(&rest);
    (served && repository.eq_ignore_ascii_case(&site.repository)).then_some(rest)
}

pub async fn answer(shared: &Shared, rest: &str, asked: &Asked) -> Response {
    let (private, may) = {
        let state = shared.state.lock().unwrap();
        (state.private, token::may(&state.permissions, &["contents: read"]))
    };
    match header(asked, "authorization").map(token::presented) {
        Some(Some(token)) if token == shared.site.token => {}
        None if !private => {}
        _ => return plain(401, "Invalid username or token.\n"),
    }
    if private && !may || rest == "/git-receive-pack" || asked.query.contains("receive-pack") {
        return plain(403, "Write access to repository not granted.\n");
    }
    let mut command = Command::from(backend(shared, rest, asked));
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let (written, output) =
        tokio::join!(async move { input.write_all(&asked.body).await }, child.wait_with_output());
    let output = output.unwrap();
    if written.is_err() || !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        shared.violation(format!("git http-backend {rest}: {said}"));
    }
    from_cgi(&output.stdout)
}

fn backend(shared: &Shared, rest: &str, asked: &Asked) -> std::process::Command {
    let directory = &shared.site.directory;
    let inner = directory.join(".git");
    let mut command = clean("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", if inner.exists() { &inner } else { directory })
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", rest)
        .env("REQUEST_METHOD", &asked.method)
        .env("QUERY_STRING", &asked.query)
        .env("CONTENT_LENGTH", asked.body.len().to_string())
        .env("GIT_CONFIG_COUNT", OPTIONS.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (number, (name, value)) in OPTIONS.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), name);
        command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    let passed = [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ];
    for (name, variable) in passed {
        command.envs(header(asked, name).map(|value| (variable, value)));
    }
    command
}

fn header<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked.headers.get(name).and_then(|value| value.to_str().ok())
}

/// A CGI program's output as a response.
fn from_cgi(output: &[u8]) -> Response {
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let mut response = Response::builder();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        response = match name {
            "Status" => response.status(value.get(..3).unwrap_or("500")),
            _ => response.header(name, value),
        };
    }
    response.body(output[(end + 4).min(output.len())..].to_vec().into()).unwrap()
}

fn plain(status: u16, text: &'static str) -> Response {
    let response = Response::builder().status(status).header("content-type", "text/plain");
    response.header("www-authenticate", "Basic realm=\"GitHub\"").body(Body::from(text)).unwrap()
}
