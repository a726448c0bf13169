//! What the tests of the local Ray share: one installed environment, and eyes on the system.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use regression_action::{
    cache::Cache,
    cluster::{Backend, Cluster, Gpus},
    config::Config,
    git::{Files, Listed},
    http,
    progress::Progress,
    python::environment::{self, EnvironmentSpec},
    run::sweep::{self, Swept},
};
use secrecy::ExposeSecret;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Where a child notes which cluster it owns.
pub(crate) const OWNER_NOTE: &str = "LOCAL_RAY_OWNER";
/// For a local Ray to start, with several tests on a slow machine at once.
pub(crate) const START_LIMIT: Duration = Duration::from_mins(3);
/// For Ray to end by itself once its owner is dead.
pub(crate) const END_LIMIT: Duration = Duration::from_secs(30);
/// For everything else that is waited for.
const WAIT_LIMIT: Duration = Duration::from_mins(2);

/// The requirements of the demo, so that one environment serves all tests.
const REQUIREMENTS: &str = include_str!("../../src/demo/project/requirements.txt");

/// The cache that all tests of this checkout share.
pub(crate) fn test_cache() -> Cache {
    let root = std::env::var_os("REGRESSION_TEST_CACHE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/test-cache"),
        PathBuf::from,
    );
    Cache::open(Some(&root)).unwrap()
}

/// A tree that has a `requirements.txt` alone.
struct One(String);

impl Files for One {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok((path == "requirements.txt").then(|| self.0.clone().into_bytes()))
    }

    fn list(&self, _directory: &str) -> Result<Vec<Listed>> {
        Ok(Vec::new())
    }
}

/// The environment of a `requirements.txt` with this text.
pub(crate) async fn spec(requirements: &str) -> EnvironmentSpec {
    let config = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 0.1}}";
    let config = Config::parse(config, "test").unwrap();
    let python = environment::find_python(None).await.unwrap();
    EnvironmentSpec::read(&config, python, &One(requirements.to_owned())).unwrap()
}

/// The backend, with its environment installed by whichever test comes first.
pub(crate) async fn local() -> Backend {
    let spec = spec(REQUIREMENTS).await;
    let cancel = CancellationToken::new();
    let prepared = environment::prepare(&spec, &test_cache(), &Progress::stderr(), &cancel).await;
    Backend::Local { environment: prepared.unwrap(), gpus: Gpus::default() }
}

pub(crate) fn client() -> reqwest::Client {
    http::client().unwrap()
}

pub(crate) async fn get(cluster: &Cluster, path: &str) -> serde_json::Value {
    let request = client().get(cluster.dashboard.join(path).unwrap());
    let response = authorised(cluster, request).send().await.unwrap();
    response.json().await.unwrap_or_default()
}

/// Submits a job through Ray's Jobs API.
pub(crate) async fn submit(cluster: &Cluster, id: &str, entrypoint: &str) -> Result<()> {
    let job = serde_json::json!({ "entrypoint": entrypoint, "submission_id": id });
    let request = client().post(cluster.dashboard.join("api/jobs/")?).json(&job);
    let response = authorised(cluster, request).send().await?;
    let status = response.status();
    ensure!(status.is_success(), "{status}: {}", response.text().await?);
    Ok(())
}

/// Waits until the job has succeeded.
pub(crate) async fn succeeds(cluster: &Cluster, id: &str) {
    eventually("the job succeeds", async || {
        let job = get(cluster, &format!("api/jobs/{id}")).await;
        assert_ne!(job["status"], "FAILED", "{}", job["message"]);
        job["status"] == "SUCCEEDED"
    })
    .await;
}

/// Reads the job's log from the stream that has no end, until it holds `wanted`.
pub(crate) async fn stream_log(cluster: &Cluster, id: &str, wanted: &str) -> String {
    let job = get(cluster, &format!("api/jobs/{id}")).await;
    let node = job["driver_node_id"].as_str().unwrap();
    let file = format!("job-driver-{id}.log");
    let query = format!("node_id={node}&filename={file}&lines=-1&interval=0.2&format=text");
    let url = cluster.dashboard.join(&format!("api/v0/logs/stream?{query}")).unwrap();
    let mut response = authorised(cluster, client().get(url)).send().await.unwrap();
    let mut log = String::new();
    let reading = async {
        while !log.contains(wanted) {
            log.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(WAIT_LIMIT, reading).await.unwrap();
    log
}

pub(crate) fn token(cluster: &Cluster) -> &str {
    cluster.token.as_ref().unwrap().expose_secret()
}

fn authorised(cluster: &Cluster, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("X-Ray-Authorization", format!("Bearer {}", token(cluster)))
}

/// The mark of the processes of a local cluster, which is the name of its directory.
pub(crate) fn id(cluster: &Cluster) -> String {
    let port = cluster.dashboard.port().unwrap();
    let listens = |id: &String| listening(&marked(id)).iter().any(|address| address.port() == port);
    directories().into_iter().find(listens).unwrap()
}

/// The mark of the local Ray whose head is our child, that runs `processes` or more, and that was not
/// there `before`; others of this machine may run beside ours.
pub(crate) fn ours(processes: usize, before: &BTreeSet<String>) -> Option<String> {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let is_ours = |pid: &u32| proc(*pid, "status").contains(&parent);
    let is_running = |id: &&String| {
        let marked = marked(id);
        marked.len() >= processes && marked.iter().any(is_ours)
    };
    directories().difference(before).find(|id| is_running(id)).cloned()
}

/// The names of all directories of local Rays.
pub(crate) fn directories() -> BTreeSet<String> {
    let names = fs::read_dir("/tmp").unwrap().map(|entry| entry.unwrap().file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("regression-"))
        .collect()
}

/// The living processes whose environment holds the mark of `id`; read here from /proc, so that
/// the code under test is not its own witness.
pub(crate) fn marked(id: &str) -> Vec<u32> {
    let mark = format!("REGRESSION_CLUSTER={id}");
    living().filter(|pid| proc(*pid, "environ").split('\0').any(|one| one == mark)).collect()
}

/// The living processes whose command line starts with `command`.
pub(crate) fn running(command: &str) -> Vec<u32> {
    living().filter(|pid| proc(*pid, "cmdline").replace('\0', " ").starts_with(command)).collect()
}

/// The living processes whose command line holds all of `words`.
pub(crate) fn naming(words: &[&str]) -> Vec<u32> {
    let names = |pid: &u32| {
        let command = proc(*pid, "cmdline");
        words.iter().all(|word| command.contains(word))
    };
    living().filter(names).collect()
}

fn living() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").unwrap();
    let pids = all.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid| !proc(*pid, "status").contains("State:\tZ"))
}

fn proc(pid: u32, file: &str) -> String {
    String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default()).into()
}

/// Neither a process nor the directory.
pub(crate) fn assert_gone(id: &str) {
    assert!(id.starts_with("regression-"), "{id:?}");
    assert_eq!(marked(id), Vec::<u32>::new());
    assert_eq!(naming(&[&format!("/tmp/{id}/")]), Vec::<u32>::new());
    assert!(!PathBuf::from(format!("/tmp/{id}")).exists());
}

/// Sends SIGKILL to the one whose command line holds `name`.
pub(crate) fn kill(processes: &[u32], name: &str) {
    let named =
        |pid: &&u32| proc(**pid, "cmdline").split('\0').take(2).any(|word| word.ends_with(name));
    let victims: Vec<u32> = processes.iter().filter(named).copied().collect();
    assert_eq!(victims.len(), 1, "{name}");
    signal(&victims, "KILL");
}

pub(crate) fn signal(processes: &[u32], signal: &str) {
    let ids = processes.iter().map(ToString::to_string);
    let mut kill = std::process::Command::new("kill");
    assert!(kill.arg(format!("-{signal}")).args(ids).status().unwrap().success());
}

/// The addresses on which the processes listen, from /proc/net/tcp and tcp6.
pub(crate) fn listening(processes: &[u32]) -> Vec<SocketAddr> {
    let sockets: BTreeSet<OsString> = processes.iter().flat_map(|pid| open_files(*pid)).collect();
    let mut addresses = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = fs::read_to_string(table).unwrap();
        for line in table.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_theirs = sockets.contains(&OsString::from(format!("socket:[{}]", fields[9])));
            if fields[3] == "0A" && is_theirs {
                addresses.push(address(fields[1]));
            }
        }
    }
    addresses
}

fn open_files(pid: u32) -> Vec<OsString> {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let target = |file: std::io::Result<fs::DirEntry>| fs::read_link(file.ok()?.path()).ok();
    files.filter_map(target).map(PathBuf::into_os_string).collect()
}

/// `0100007F:1F90`: words of four bytes, each in the order of this machine.
fn address(text: &str) -> SocketAddr {
    let (ip, port) = text.split_once(':').unwrap();
    let word = |start: usize| u32::from_str_radix(&ip[start..start + 8], 16).unwrap().to_ne_bytes();
    let ip: IpAddr = if ip.len() == 8 {
        Ipv4Addr::from(word(0)).into()
    } else {
        let bytes: Vec<u8> = (0..4).flat_map(|index| word(index * 8)).collect();
        Ipv6Addr::from(<[u8; 16]>::try_from(bytes).unwrap()).into()
    };
    SocketAddr::new(ip, u16::from_str_radix(port, 16).unwrap())
}

/// A process that carries the mark of `id` and ends only if it is killed.
pub(crate) fn spawn_marked(id: &str) -> Child {
    let mut sleep = Command::new("sleep");
    sleep.arg("1000").env("REGRESSION_CLUSTER", id).kill_on_drop(true).spawn().unwrap()
}

/// What a sweep says of the local Ray `id`.
pub(crate) fn sweep(id: &str) -> Option<Swept> {
    let swept = sweep::sweep(&test_cache(), &Progress::stderr()).unwrap();
    swept.into_iter().find(|one| one.what.contains(id))
}

/// Sweeps until the local Ray `id`, whose owner is dead, is gone.  More than once only if another
/// run of this machine is sweeping it at the same moment and so holds its lock.
pub(crate) async fn swept(id: &str) {
    let directory = Path::new("/tmp").join(id);
    eventually("the remains are swept", async || {
        sweep(id);
        !directory.exists()
    })
    .await;
}

/// This test binary once more, as the owner of a cluster; yields it and the cluster's mark.
pub(crate) async fn spawn_owner() -> (Child, String) {
    // Installed here and not there, so that the child's wait is short.
    local().await;
    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("note");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(OWNER_NOTE, &note);
    let child = command.kill_on_drop(true).spawn().unwrap();
    eventually("the owner has a cluster", async || note.exists()).await;
    (child, fs::read_to_string(note).unwrap())
}

/// Answers one request as a web server that is not Ray, then closes the port.
pub(crate) fn serve_one_page(listener: TcpListener) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
        stream.write_all(page.as_bytes()).unwrap();
    })
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < WAIT_LIMIT, "in {WAIT_LIMIT:?} it did not happen that {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
