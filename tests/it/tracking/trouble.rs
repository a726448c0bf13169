//! What `Tracker` makes of answers that a healthy MLflow does not give, and of no answer.

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::Response,
};
use regression_action::{
    experiment::tracking::{Experiment, Tracker, TrackerCredentials, TrackingError},
    http::{Pauses, RetryPolicy},
};

use super::{none, server::run_id, tags};

const EXPERIMENT: &str =
    r#"{"experiment": {"experiment_id": "4", "name": "x", "lifecycle_stage": "active"}}"#;
const NO_RUNS: &str = "{}";
const RUN: &str =
    r#"{"run": {"info": {"run_id": "ab", "run_name": "n", "status": "RUNNING", "start_time": 1}}}"#;

/// An answer: its status, a header, its text.  Status 0 is none: the connection ends.
type Reply = (u16, (&'static str, &'static str), &'static str);

const JSON: (&str, &str) = ("content-type", "application/json");

/// Answers in the order of its script, and notes what it was asked.
struct Scripted {
    uri: String,
    stage: Stage,
}

impl Scripted {
    async fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let stage = Arc::new(Mutex::new((script.into_iter().collect(), Vec::new())));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { uri, stage }
    }

    /// A line for each request; all of the script must be played.
    fn asked(&self) -> Vec<String> {
        let stage = self.stage.lock().unwrap();
        assert!(stage.0.is_empty(), "not asked for: {:?}", stage.0);
        stage.1.clone()
    }
}

/// What is still to be answered, and what was asked.
type Stage = Arc<Mutex<(VecDeque<Reply>, Vec<String>)>>;

async fn answer(State(stage): State<Stage>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    body::to_bytes(body, 1 << 20).await.unwrap();
    let mut stage = stage.lock().unwrap();
    let name = head.uri.path().strip_prefix("/api/2.0/mlflow/").unwrap_or(head.uri.path());
    let who = head.headers.get("authorization").map_or("nobody", |value| value.to_str().unwrap());
    stage.1.push(format!("{} {name} by {who}", head.method));
    let (status, (header, value), text) = stage.0.pop_front().expect("more than the script");
    let response = Response::builder().header(header, value);
    if status == 0 {
        // A body that breaks off ends the connection.
        let broken = futures_util::stream::iter([Err::<&str, _>(std::io::Error::other("cut"))]);
        return response.body(Body::from_stream(broken)).unwrap();
    }
    response.status(status).body(Body::from(text)).unwrap()
}

fn tracker(uri: &str, credentials: TrackerCredentials) -> Tracker {
    let pauses = Pauses { first: Duration::from_millis(1), ..Tracker::RETRIES.failures };
    let total = Duration::from_secs(2);
    let policy = RetryPolicy { total, failures: pauses, limits: pauses, ..Tracker::RETRIES };
    Tracker::new(uri, credentials, None).unwrap().with_retries(policy)
}

fn nobody(uri: &str) -> Tracker {
    tracker(uri, TrackerCredentials::None)
}

async fn failure(uri: &str) -> TrackingError {
    nobody(uri).experiment("x").await.unwrap_err()
}

#[tokio::test]
async fn a_token_is_shown_to_the_server_alone() {
    let refusal = (401, ("www-authenticate", "Bearer"), "who are you?");
    let server = Scripted::new([(200, JSON, EXPERIMENT), refusal]).await;
    let lookup = |name: &str| (name == "MLFLOW_TRACKING_TOKEN").then(|| "t0ken".to_owned());
    let credentials = TrackerCredentials::from_env(lookup).unwrap();
    let tracker = tracker(&server.uri, credentials);
    let experiment = tracker.experiment("x").await.unwrap();
    assert_eq!(experiment, Experiment { id: "4".to_owned(), name: "x".to_owned() });
    let error = tracker.experiment("x").await.unwrap_err();
    let told = format!("{error} {error:?} {tracker:?}");
    assert!(
        told.contains("check MLFLOW_TRACKING_TOKEN") && told.contains("who are you?"),
        "{told}"
    );
    assert!(!told.contains("t0ken"), "{told}");
    assert_eq!(server.asked(), ["GET experiments/get-by-name by Bearer t0ken"; 2]);
}

#[tokio::test]
async fn passing_trouble_is_waited_out() {
    let script = [
        (503, JSON, r#"{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "locked"}"#),
        (429, ("retry-after", "0"), "slow down"),
        (0, JSON, ""),
        (200, JSON, EXPERIMENT),
    ];
    let server = Scripted::new(script).await;
    assert_eq!(nobody(&server.uri).experiment("x").await.unwrap().id, "4");
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_wait_beyond_our_patience_is_not_begun() {
    let server = Scripted::new([(429, ("retry-after", "60"), "slow down")]).await;
    let started = Instant::now();
    let error = failure(&server.uri).await;
    assert!(error.is_gone() && error.to_string().contains("429"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// A lost answer to "make a run" never makes a second one: it is looked for first.
#[tokio::test]
async fn a_run_is_not_made_twice() {
    let experiment = Experiment { id: "4".to_owned(), name: "x".to_owned() };
    let start = async |server: &Scripted, at| {
        let made = nobody(&server.uri).start(&experiment, "n", None, &none(), at).await;
        made.map(|run| run.to_string())
    };
    let there = r#"{"runs": [{"info": {"run_id": "cd", "run_name": "n", "status": "RUNNING",
        "start_time": 1}}]}"#;
    let (create, search) = ("POST runs/create by nobody", "POST runs/search by nobody");

    let server = Scripted::new([(0, JSON, ""), (200, JSON, there)]).await;
    assert_eq!(start(&server, 1).await.unwrap(), "cd");
    assert_eq!(server.asked(), [create, search]);

    for found in [there, NO_RUNS] {
        let script = [(502, JSON, "bad gateway"), (200, JSON, found), (200, JSON, RUN)];
        let server = Scripted::new(script).await;
        assert_eq!(start(&server, 2).await.unwrap(), "ab", "another of that name is not it");
        assert_eq!(server.asked(), [create, search, create]);
    }

    let server = Scripted::new([(429, ("retry-after", "0"), ""), (200, JSON, RUN)]).await;
    assert_eq!(start(&server, 1).await.unwrap(), "ab");
    assert_eq!(server.asked(), [create, create], "after a limit there is no doubt");
}

#[tokio::test]
async fn what_is_not_mlflow_is_told_apart() {
    let html = ("content-type", "text/html");
    for (reply, told) in [
        ((404, html, "<h1>Not Found</h1>"), "it answers 404 Not Found"),
        ((200, html, "<h1>Welcome</h1>"), "`<h1>Welcome</h1>`"),
        ((200, JSON, r#"{"experiments": []}"#), "missing field `experiment`"),
        ((302, ("location", "https://login.acme.dev"), ""), "leads to https://login.acme.dev"),
    ] {
        let server = Scripted::new([reply]).await;
        let error = failure(&server.uri).await;
        assert!(matches!(error, TrackingError::NotMlflow { .. }) && !error.is_gone(), "{error}");
        let message = error.to_string();
        assert!(message.contains(told) && message.contains("check mlflow.uri"), "{message}");
        assert!(message.contains(&server.uri), "{message}");
    }
}

#[tokio::test]
async fn words_of_a_server_are_cut_and_made_plain() {
    let hostile = "##[error]x\u{1b}[31m\n::set-output name=a::b";
    let server = Scripted::new([(403, JSON, hostile)]).await;
    let told = failure(&server.uri).await.to_string();
    assert!(told.contains("403") && !told.contains(['\u{1b}', '\n']), "{told}");
    assert!(!told.contains("##["), "{told}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_gone_and_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for (uri, cause) in [
        (format!("http://{free}/"), "refused"),
        (format!("http://{}", silent.local_addr().unwrap()), "no answer within"),
        ("http://mlflow.invalid:5000".to_owned(), "mlflow.invalid"),
    ] {
        let started = Instant::now();
        let error = failure(&uri).await;
        let told = error.to_string();
        eprintln!("{told}");
        assert!(error.is_gone() && told.contains(&uri) && told.contains(cause), "{told}");
        assert!(started.elapsed() < Duration::from_secs(20), "{uri}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_page_that_leads_to_itself_ends() {
    let page = (200, JSON, r#"{"runs": [], "next_page_token": "a"}"#);
    let server = Scripted::new([page, page]).await;
    let experiment = Experiment { id: "4".to_owned(), name: "x".to_owned() };
    let found = nobody(&server.uri).search(&experiment, &tags(&[]), 9).await.unwrap();
    assert!(found.is_empty() && server.asked().len() == 2);
}

#[tokio::test]
async fn a_name_of_a_run_is_no_way_to_another_page() {
    let server = Scripted::new([(200, JSON, RUN)]).await;
    nobody(&server.uri).run(&run_id("../x?run_id=a&b")).await.unwrap();
    assert_eq!(server.asked(), ["GET runs/get by nobody"]);
}
