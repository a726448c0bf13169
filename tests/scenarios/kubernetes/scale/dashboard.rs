//! A stand-in for Ray's dashboard on fake nodes, whose pods hold no Ray.  It answers what a comparison
//! asks as Ray 2.60 does, and keeps one cluster for each token: none sees the jobs of another.
//!
//! Trainings run until they are released, so that any number of comparisons train at the same time.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const NODE: &str = "755eed17755eed17755eed17755eed17755eed17755eed17755eed17";
const LINE: &str = "REGRESSION_METRICS {\"accuracy\": 0.9}\n";

/// The stand-in.
#[derive(Debug, Clone, Default)]
pub struct Dashboard(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    clusters: HashMap<String, Cluster>,
    released: bool,
    /// Requests without a token.
    strangers: usize,
    /// Requests that the stand-in knows no answer to.
    unknown: Vec<String>,
}

#[derive(Debug, Default)]
struct Cluster {
    packages: HashSet<String>,
    jobs: BTreeMap<String, Job>,
}

#[derive(Debug)]
struct Job {
    /// When it was submitted, in milliseconds since 1970.
    begun: u64,
    log: String,
}

struct Request {
    method: String,
    path: String,
    token: Option<String>,
    body: Vec<u8>,
}

type Answer = (u16, String);

impl Dashboard {
    /// Serves on a port of the loopback address until the runtime ends.
    pub async fn serve(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await.unwrap();
        let dashboard = Self::default();
        let served = dashboard.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(served.clone().talk(client));
            }
        });
        dashboard
    }

    /// Jobs of each cluster that has any.
    pub fn jobs(&self) -> Vec<usize> {
        let state = self.0.lock().unwrap();
        state.clusters.values().map(|cluster| cluster.jobs.len()).filter(|jobs| *jobs > 0).collect()
    }

    /// Lets all trainings end, those that come later too.
    pub fn release(&self) {
        self.0.lock().unwrap().released = true;
    }

    /// Asserts that everybody showed a token, and asked for nothing that Ray does not have.
    pub fn assert_well_asked(&self) {
        let state = self.0.lock().unwrap();
        assert_eq!((state.strangers, &state.unknown), (0, &Vec::new()));
    }

    /// One connection, for as many requests as the client likes.
    async fn talk(self, client: TcpStream) {
        let mut client = BufReader::new(client);
        while let Some(request) = read(&mut client).await {
            if request.path.starts_with("/api/v0/logs/stream") {
                return follow(client).await;
            }
            let (status, body) = self.answer(&request);
            let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n\r\n", body.len());
            if client.write_all((head + &body).as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut state = self.0.lock().unwrap();
        let Some(token) = request.token.clone() else {
            state.strangers += 1;
            return (401, "Unauthorized: Missing authentication token".to_owned());
        };
        let released = state.released;
        let answer = state.clusters.entry(token).or_default().answer(request, released);
        answer.unwrap_or_else(|| {
            state.unknown.push(format!("{} {}", request.method, request.path));
            (404, "404: Not Found".to_owned())
        })
    }
}

impl Cluster {
    /// None if that is not one of the requests that a comparison makes.
    fn answer(&mut self, request: &Request, released: bool) -> Option<Answer> {
        let path = request.path.split('?').next().unwrap_or_default();
        let package = path.strip_prefix("/api/packages/gcs/").map(str::to_owned);
        let job = path.strip_prefix("/api/jobs/").filter(|id| !id.is_empty());
        let ok = |value: Value| Some((200, value.to_string()));
        match (&*request.method, path, package, job) {
            ("GET", "/api/version", ..) => ok(version()),
            ("GET", "/api/v0/nodes", ..) => ok(nodes()),
            ("GET", "/api/v0/logs/file", ..) => {
                let (_, id) = request.path.split_once("&filename=job-driver-")?;
                let job = self.jobs.get(id.split_once(".log&")?.0)?;
                Some((200, job.log.clone()))
            }
            ("GET", _, Some(name), _) if !self.packages.contains(&name) => {
                Some((404, "Package does not exist".to_owned()))
            }
            ("GET" | "PUT", _, Some(name), _) => {
                self.packages.insert(name);
                Some((200, String::new()))
            }
            ("POST", "/api/jobs/", ..) => Some(self.submit(&request.body)),
            ("GET", _, _, Some(id)) => Some(match self.jobs.get(id) {
                Some(job) => (200, job_info(id, job.begun, released).to_string()),
                None => (404, format!("Job {id} does not exist")),
            }),
            _ => None,
        }
    }

    fn submit(&mut self, body: &[u8]) -> Answer {
        let submission: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(id) = submission["submission_id"].as_str() else {
            return (500, "no submission_id".to_owned());
        };
        let word = submission["runtime_env"]["env_vars"]["REGRESSION_FRAME"].as_str();
        let log = format!("REGRESSION_BEGINS {}\n{LINE}", word.unwrap_or_default());
        if self.jobs.insert(id.to_owned(), Job { begun: now(), log }).is_some() {
            return (500, format!("Job with submission_id {id} already exists."));
        }
        (200, json!({"job_id": id, "submission_id": id}).to_string())
    }
}

fn version() -> Value {
    json!({"version": "4", "ray_version": "2.60.0", "ray_commit": "b7f4",
           "session_name": "session_2026-11-23_20-43-58_569407_1"})
}

fn nodes() -> Value {
    let node = json!({"node_id": NODE, "state": "ALIVE", "resources_total": {"CPU": 1.0}});
    json!({"result": true, "msg": "", "data": {"result": {"total": 1, "result": [node]}}})
}

fn job_info(id: &str, begun: u64, ended: bool) -> Value {
    json!({
        "type": "SUBMISSION", "job_id": "02000000", "submission_id": id,
        "status": if ended { "SUCCEEDED" } else { "RUNNING" },
        "entrypoint": "true", "message": null, "error_type": null,
        "start_time": begun, "end_time": ended.then(now), "metadata": {},
        "driver_node_id": NODE, "driver_exit_code": ended.then_some(0),
    })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

/// The log as it grows: nothing, until the client has had enough.
async fn follow(mut client: BufReader<TcpStream>) {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    if client.write_all(head.as_bytes()).await.is_ok() {
        drop(client.read(&mut [0]).await);
    }
}

/// The next request of a connection; none when the client is done.
async fn read(client: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    client.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut token, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match &*name.to_lowercase() {
            "x-ray-authorization" => token = value.strip_prefix("Bearer ").map(str::to_owned),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body).await.ok()?;
    Some(Request { method, path, token, body })
}
