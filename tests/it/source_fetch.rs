//! `git::fetch` against git's own HTTP server behind a token, by the real git program.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::{Response, header},
};
use regression_action::git::{self, Code, CommitSha, package};
use reqwest::Url;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpListener, time::timeout};

const TOKEN: &str = "ghs_itisasecret";
/// Of `x-access-token:ghs_itisasecret`.
const BASIC: &str = "Basic eC1hY2Nlc3MtdG9rZW46Z2hzX2l0aXNhc2VjcmV0";

/// A repository with two commits, served over HTTP to who has the token.
struct World {
    directory: TempDir,
    server: Url,
}

impl World {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let origin = directory.path().join("origin");
        fs::create_dir(&origin).unwrap();
        git(&origin, &["init", "-q", "-b", "main"]);
        // The archive of a commit would lack one file and change the other; its tree has both.
        fs::write(origin.join(".gitattributes"), "secret.py export-ignore\nversion export-subst\n")
            .unwrap();
        fs::write(origin.join("version"), "$Format:%H$\n").unwrap();
        fs::write(origin.join("secret.py"), "print(1)\n").unwrap();
        for name in ["first", "second"] {
            fs::write(origin.join("name"), name).unwrap();
            git(&origin, &["add", "-A"]);
            git(&origin, &["commit", "-q", "-m", name]);
        }
        let server = serve(directory.path().to_owned()).await;
        Self { directory, server }
    }

    fn url(&self, path: &str) -> Url {
        self.server.join(path).unwrap()
    }

    fn commit(&self, revision: &str) -> CommitSha {
        let origin = self.directory.path().join("origin");
        CommitSha::parse(&git(&origin, &["rev-parse", revision])).unwrap()
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("fetched")
    }

    async fn refusal(&self, path: &str, token: &str, commits: &[CommitSha]) -> String {
        let fetched =
            git::fetch(&self.target(), &self.url(path), &token.into(), commits, None).await;
        format!("{:#}", fetched.unwrap_err())
    }
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(["-c", "user.name=A", "-c", "user.email=a@acme.dev"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn serve(root: PathBuf) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let router = Router::new().fallback(answer).with_state(root);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn answer(State(root): State<PathBuf>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let status = |status: u16| Response::builder().status(status);
    if path.starts_with("/forbidden") {
        return status(403).body(Body::empty()).unwrap();
    }
    if path.starts_with("/moved") {
        let target = path.replacen("/moved", "/origin/.git", 1) + "?service=git-upload-pack";
        return status(302).header(header::LOCATION, target).body(Body::empty()).unwrap();
    }
    if path.starts_with("/stalled") {
        std::future::pending::<()>().await;
    }
    let given = request.headers().get(header::AUTHORIZATION);
    if given.is_none_or(|given| given != BASIC) {
        let asked = status(401).header(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"");
        return asked.body(Body::empty()).unwrap();
    }
    backend(&root, request).await
}

/// Runs `git http-backend`, which is a CGI program.
async fn backend(root: &Path, request: Request) -> Response<Body> {
    let (parts, content) = request.into_parts();
    let header = |name: &str| {
        parts.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    };
    let mut command = tokio::process::Command::new("git");
    command.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", parts.uri.path()).env("REQUEST_METHOD", parts.method.as_str());
    command.env("QUERY_STRING", parts.uri.query().unwrap_or_default());
    command.env("CONTENT_TYPE", header("content-type"));
    command.env("HTTP_CONTENT_ENCODING", header("content-encoding"));
    command.env("GIT_PROTOCOL", header("git-protocol"));
    let mut child = command.spawn().unwrap();
    let content = body::to_bytes(content, 1 << 20).await.unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&content).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap().stdout;
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

fn token() -> SecretString {
    TOKEN.into()
}

/// Whether any file under `directory` holds one of `words`.
fn holds(directory: &Path, words: &[&str]) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, words);
        }
        let text = fs::read(&path).unwrap();
        words.iter().any(|word| text.windows(word.len()).any(|part| part == word.as_bytes()))
    })
}

#[tokio::test]
async fn commits_are_fetched_without_history_and_read_as_from_a_clone() {
    let world = World::new().await;
    let (base, head) = (world.commit("main~1"), world.commit("main"));
    let url = world.url("/origin/.git");
    let commits = [base.clone(), head.clone(), head.clone()];
    let fetched = git::fetch(&world.target(), &url, &token(), &commits, None).await.unwrap();

    let commit = fetched.resolve(head.as_str()).unwrap();
    assert_eq!((commit.sha.clone(), commit.subject.as_str()), (head, "second"));
    let earlier = fetched.resolve(base.as_str()).unwrap();
    assert_eq!(fetched.read(&earlier, "name").unwrap().unwrap(), b"first");
    // Not as in an archive.
    assert_eq!(fetched.read(&commit, "version").unwrap().unwrap(), b"$Format:%H$\n");
    let packages = world.directory.path().join("packages");
    fs::create_dir(&packages).unwrap();
    let package = package(&fetched, &Code::whole(&commit), &packages).unwrap();
    assert_eq!(package.files, 4);
    assert!(!holds(&world.target(), &[TOKEN, &BASIC[6..], "extraHeader"]));
}

#[tokio::test]
async fn a_directory_may_be_used_again() {
    let world = World::new().await;
    let url = world.url("/origin/.git");
    for revision in ["main~1", "main", "main"] {
        let commits = [world.commit(revision)];
        git::fetch(&world.target(), &url, &token(), &commits, None).await.unwrap();
    }
    let fetched = git::fetch(&world.target(), &url, &token(), &[], None).await.unwrap();
    assert!(fetched.resolve(world.commit("main~1").as_str()).is_ok());
    assert!(fetched.resolve(world.commit("main").as_str()).is_ok());
}

#[tokio::test]
async fn a_history_comes_without_contents_and_they_come_when_wanted() {
    let world = World::new().await;
    let origin = world.directory.path().join("origin");
    git(&origin, &["config", "uploadpack.allowFilter", "true"]);
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let (good, bad) = (world.commit("main~1"), world.commit("main"));
    let url = world.url("/origin/.git");
    let wanted = std::slice::from_ref(&bad);
    let into = world.target();
    let fetched = git::fetch_history(&into, &url, &token(), wanted, None).await.unwrap();
    let (good, bad) =
        (fetched.resolve(good.as_str()).unwrap(), fetched.resolve(bad.as_str()).unwrap());
    let line = fetched.line(&good, &bad, &["name".into()]).unwrap();
    assert_eq!(line.commits.len(), 2);
    assert!(line.commits[1].touched.requirements);
    assert!(fetched.differ(&good, &bad, &["name".into()]).unwrap());

    let packages = world.directory.path().join("packages");
    fs::create_dir(&packages).unwrap();
    let error = format!("{:#}", package(&fetched, &Code::whole(&bad), &packages).unwrap_err());
    assert!(error.contains("lazy fetching disabled"), "{error}");
    for _ in 0..2 {
        git::fetch_files(&fetched, &url, &token(), wanted, None).await.unwrap();
    }
    assert_eq!(package(&fetched, &Code::whole(&bad), &packages).unwrap().files, 4);
    assert_eq!(fetched.read(&bad, "name").unwrap().unwrap(), b"second");
    assert_ne!(fetched.read(&good, "name").ok().flatten().as_deref(), Some(&b"first"[..]));
    // Again, as for a second search on the same machine.
    let fetched = git::fetch_history(&into, &url, &token(), wanted, None).await.unwrap();
    assert_eq!(fetched.line(&good, &bad, &["name".into()]).unwrap(), line);
    assert!(!holds(&into, &[TOKEN, &BASIC[6..], "extraHeader"]));
}

#[tokio::test]
async fn a_server_that_cannot_leave_contents_out_sends_all() {
    let world = World::new().await;
    let (url, wanted) = (world.url("/origin/.git"), [world.commit("main")]);
    let into = world.target();
    let fetched = git::fetch_history(&into, &url, &token(), &wanted, None).await.unwrap();
    let nowhere = Url::parse("http://127.0.0.1:1/acme/train").unwrap();
    git::fetch_files(&fetched, &nowhere, &token(), &wanted, None).await.unwrap();
    let good = fetched.resolve(world.commit("main~1").as_str()).unwrap();
    assert_eq!(fetched.read(&good, "name").unwrap().unwrap(), b"first");
}

#[tokio::test]
async fn contents_of_a_commit_that_is_not_there_are_refused() {
    let world = World::new().await;
    let url = world.url("/origin/.git");
    let fetched = git::fetch_history(&world.target(), &url, &token(), &[], None).await.unwrap();
    let commits = [world.commit("main")];
    let refused = git::fetch_files(&fetched, &url, &token(), &commits, None).await;
    let error = format!("{:#}", refused.unwrap_err());
    assert!(error.contains(commits[0].as_str()), "{error}");
}

#[tokio::test]
async fn a_commit_that_is_gone_is_named() {
    let world = World::new().await;
    let gone = CommitSha::parse(&"ab".repeat(20)).unwrap();
    let commits = [world.commit("main"), gone.clone()];
    let error = world.refusal("/origin/.git", TOKEN, &commits).await;
    assert!(error.contains(gone.as_str()) && error.contains("pushed over"), "{error}");
}

#[tokio::test]
async fn refusals_name_the_permission_and_never_the_token() {
    let world = World::new().await;
    let commits = [world.commit("main")];
    let rows = [
        ("/origin/.git", "ghs_wrong", "does not accept the token"),
        ("/forbidden", TOKEN, "may not read"),
        ("/absent.git", TOKEN, "may not read"),
    ];
    for (path, token, expected) in rows {
        let error = world.refusal(path, token, &commits).await;
        assert!(error.contains(expected) && error.contains("  contents: read"), "{error}");
        assert!(!error.contains("ghs_"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new().await;
    let error = world.refusal("/moved", TOKEN, &[world.commit("main")]).await;
    assert!(error.contains("302"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let world = World::new().await;
    let remote = Url::parse("http://127.0.0.1:1/acme/train").unwrap();
    let commits = [world.commit("main")];
    let fetched = git::fetch(&world.target(), &remote, &token(), &commits, None).await;
    let error = format!("{:#}", fetched.unwrap_err());
    assert!(error.contains("127.0.0.1:1") && error.contains("onnect"), "{error}");
}

#[tokio::test]
async fn dropping_the_future_ends_git() {
    let world = World::new().await;
    let (into, url, commits) = (world.target(), world.url("/stalled"), [world.commit("main")]);
    let token = token();
    let fetching = git::fetch(&into, &url, &token, &commits, None);
    let running = async {
        while !processes().contains(url.as_str()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        _ = fetching => panic!("the server answered"),
        running = timeout(Duration::from_secs(10), running) => running.unwrap(),
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while processes().contains(url.as_str()) {
        assert!(std::time::Instant::now() < deadline, "git runs on: {}", processes());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The command lines of all processes.
fn processes() -> String {
    let output = Command::new("ps").args(["-A", "-o", "args="]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
