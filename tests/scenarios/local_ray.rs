//! The local backend against real Ray: the environment is installed once for each checkout.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::ExitStatusExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use regression_action::{
    cluster::{Backend, Cancelled, Cleanup, Cluster, ClusterTerms, parse_address, with_cluster},
    progress::Progress,
    run::sweep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    named_async,
    world::{
        local_ray as ray,
        ray::{RunningRay, Test, on_a_running_ray},
        room::{ALL_CORES, ONE_CORE},
        scenario::Scenario,
    },
};

use ray::{
    END_LIMIT, OWNER_NOTE, START_LIMIT, assert_gone, eventually, local, marked, submit, test_cache,
};

pub fn scenarios() -> Vec<Scenario> {
    let tests = named_async![
        a_job_runs_beside_programs_on_the_default_ports_and_nothing_is_left,
        work_that_fails_leaves_nothing,
        cancelled_in_the_middle_of_the_start_nothing_is_left,
        cancelled_in_the_middle_of_the_work_nothing_is_left,
        a_dropped_scope_leaves_nothing,
        a_head_that_dies_ends_the_work_with_its_last_words,
        a_start_beyond_the_limit_is_an_error_that_names_it,
        after_sigkill_of_the_owner_ray_ends_by_itself_and_a_sweep_removes_what_does_not,
        a_sweep_does_not_follow_links,
        an_address_where_no_ray_answers_is_told_apart,
    ];
    // Each starts a Ray of its own, and looks at all that run on this machine.
    let own = tests.map(|(name, test)| Scenario::new("local_ray", name, ALL_CORES, test));
    let name = "an_existing_cluster_is_used_with_its_token_and_left_running";
    let existing: [Test; 1] = [(name, ONE_CORE, an_existing_cluster_is_used)];
    own.into_iter().chain(on_a_running_ray("local_ray", existing)).collect()
}

async fn on<T>(
    backend: Backend,
    work: impl AsyncFnOnce(&Cluster) -> Result<T>,
) -> Result<(T, Cleanup)> {
    let cancel = CancellationToken::new();
    with_cluster(backend, &ClusterTerms::new(START_LIMIT, &Progress::stderr(), &cancel), work).await
}

async fn on_local<T>(work: impl AsyncFnOnce(&Cluster) -> Result<T>) -> Result<(T, Cleanup)> {
    on(local().await, work).await
}

/// Started, used and gone: the Jobs API, `ray.init()` inside a job and the log, all by token, and on loopback alone.
async fn a_job_runs_beside_programs_on_the_default_ports_and_nothing_is_left() {
    let defaults = [6379, 8076, 8265, 10001, 44217, 44227, 52365];
    // One that cannot be bound is taken already, which serves as well.
    let taken: Vec<_> =
        defaults.iter().map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port))).collect();
    let script = "import ray, numpy, os; ray.init(); f = ray.remote(lambda: 6 * 7); \
                  print('answer', ray.get(f.remote())); \
                  print('inherited', [k for k in os.environ if k.startswith('CARGO_')][:1], \
                  [k for k in os.environ if k.startswith('GITHUB_')])";
    let (id, cleanup) = on_local(async |cluster| {
        submit(cluster, "job-1", &format!("python -c \"{script}\"")).await?;
        ray::succeeds(cluster, "job-1").await;
        let log = ray::get(cluster, "api/jobs/job-1/logs").await["logs"].to_string();
        assert!(log.contains("answer 42") && log.contains("'] []"), "{log}");
        let streamed = ray::stream_log(cluster, "job-1", "answer 42").await;
        assert!(streamed.contains("answer 42"), "{streamed}");
        let bare = ray::client().get(cluster.dashboard.join("api/version")?).send().await?;
        assert_eq!(bare.status(), 401, "another user of this machine must not get in");
        assert!(cluster.description.starts_with("local Ray 2.60.0, "), "{}", cluster.description);
        let listening = ray::listening(&marked(&ray::id(cluster)));
        assert!(listening.len() >= 8, "{listening:?}");
        for address in listening {
            assert!(address.ip().to_canonical().is_loopback(), "{address}");
            assert!(!defaults.contains(&address.port()), "{address}");
        }
        Ok(ray::id(cluster))
    })
    .await
    .unwrap();
    drop(taken);
    assert_eq!(cleanup.left, 0);
    let proof = "local Ray stopped: 0 processes left, checked at 20";
    assert!(cleanup.summary.starts_with(proof), "{}", cleanup.summary);
    assert_gone(&id);
}

async fn work_that_fails_leaves_nothing() {
    let mut id = String::new();
    let error = on_local(async |cluster| -> Result<()> {
        id = ray::id(cluster);
        bail!("training diverged")
    })
    .await
    .unwrap_err();
    assert_eq!(error.to_string(), "training diverged");
    assert_gone(&id);
}

async fn cancelled_in_the_middle_of_the_start_nothing_is_left() {
    let backend = local().await;
    let cancel = CancellationToken::new();
    let progress = Progress::stderr();
    let terms = ClusterTerms::new(START_LIMIT, &progress, &cancel);
    let start = with_cluster(backend, &terms, async |_| Ok(()));
    let (before, mut starting) = (ray::directories(), String::new());
    let watch = async {
        // In the middle: the head runs and has started its first children.
        eventually("Ray is starting", async || {
            starting = ray::ours(3, &before).unwrap_or_default();
            !starting.is_empty()
        })
        .await;
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(start, watch);
    assert!(outcome.unwrap_err().downcast_ref::<Cancelled>().is_some());
    assert_gone(&starting);
}

/// Even a job that ignores signals, and a daemon of it without parents or environment, are ended.
async fn cancelled_in_the_middle_of_the_work_nothing_is_left() {
    let stubborn = "trap '' TERM INT; (setsid env -i /bin/sleep 31536001 &); /bin/sleep 31536002";
    let cancel = CancellationToken::new();
    let mut id = String::new();
    let mut asked = Instant::now();
    let work = async |cluster: &Cluster| {
        id = ray::id(cluster);
        submit(cluster, "job-1", stubborn).await?;
        eventually("both sleep", async || ray::running("/bin/sleep 3153600").len() == 2).await;
        asked = Instant::now();
        cancel.cancel();
        std::future::pending::<Result<()>>().await
    };
    let outcome = with_cluster(
        local().await,
        &ClusterTerms::new(START_LIMIT, &Progress::stderr(), &cancel),
        work,
    )
    .await;
    eprintln!("cancelled and gone after {:?}", asked.elapsed());
    assert!(outcome.unwrap_err().downcast_ref::<Cancelled>().is_some());
    assert_gone(&id);
    assert_eq!(ray::running("/bin/sleep 3153600"), Vec::<u32>::new());
}

async fn a_dropped_scope_leaves_nothing() {
    let (started, mut has_started) = tokio::sync::mpsc::channel(1);
    let scope = on_local(async |cluster| {
        started.send(ray::id(cluster)).await?;
        std::future::pending::<Result<()>>().await
    });
    let id = tokio::select! {
        outcome = scope => panic!("it ended by itself: {:?}", outcome.map(|_| ())),
        id = has_started.recv() => id.unwrap(),
    };
    assert_gone(&id);
}

/// That its servers die is in `local::the_death_of_the_head_ends_the_run_with_its_reason`.
async fn a_head_that_dies_ends_the_work_with_its_last_words() {
    let mut id = String::new();
    let error = on_local(async |cluster| {
        id = ray::id(cluster);
        ray::kill(&marked(&id), "head.py");
        std::future::pending::<Result<()>>().await
    })
    .await
    .unwrap_err()
    .to_string();
    eprintln!("{error}");
    assert!(error.starts_with("the head of the local Ray died ("), "{error}");
    assert_gone(&id);
}

async fn a_start_beyond_the_limit_is_an_error_that_names_it() {
    let cancel = CancellationToken::new();
    let limit = Duration::from_millis(300);
    let error = with_cluster(
        local().await,
        &ClusterTerms::new(limit, &Progress::stderr(), &cancel),
        async |_| Ok(()),
    )
    .await
    .unwrap_err()
    .to_string();
    assert!(
        error.contains("not ready within 0.30 s") && error.contains("limits.provision"),
        "{error}"
    );
}

/// Whether this process is the child that the next one starts.
pub fn is_owner() -> bool {
    std::env::var_os(OWNER_NOTE).is_some()
}

/// Owns a cluster until it is killed; the cluster's name goes to the note.
#[tokio::main]
pub async fn own() {
    let note = std::env::var_os(OWNER_NOTE).unwrap();
    on_local(async |cluster| {
        // Written whole, then renamed: whoever sees the note can read all of it.
        let draft = Path::new(&note).with_extension("draft");
        fs::write(&draft, ray::id(cluster))?;
        fs::rename(&draft, &note)?;
        std::future::pending::<Result<()>>().await
    })
    .await
    .unwrap();
}

async fn after_sigkill_of_the_owner_ray_ends_by_itself_and_a_sweep_removes_what_does_not() {
    let (mut owner, id) = ray::spawn_owner().await;
    let alive = ray::sweep(&id).unwrap();
    assert!(!alive.removed && alive.detail.contains("living run"), "{alive:?}");

    // Ray follows its owner by itself; this one, which is of the same cluster, does not.  (A head
    // that is stopped would not do: the kernel wakes and hangs up an orphaned group.)
    let mut stubborn = ray::spawn_marked(&id);
    let number = stubborn.id().unwrap();
    let killed = Instant::now();
    owner.kill().await.unwrap();
    eventually("Ray has followed its owner", async || marked(&id) == [number]).await;
    eprintln!("Ray ended {:?} after its owner", killed.elapsed());
    assert!(killed.elapsed() < END_LIMIT);
    ray::swept(&id).await;
    let ended = stubborn.try_wait().unwrap().unwrap();
    assert_eq!(ended.signal(), Some(9), "{ended}");
    assert_gone(&id);
}

async fn a_sweep_does_not_follow_links() {
    let target = tempfile::tempdir().unwrap();
    fs::write(target.path().join("owner.lock"), "").unwrap();
    let link = format!("/tmp/regression-link{}", std::process::id());
    std::os::unix::fs::symlink(target.path(), &link).unwrap();
    let swept = sweep::sweep(&test_cache(), &Progress::silent());
    fs::remove_file(&link).unwrap();
    let swept = swept.unwrap();
    assert!(swept.iter().all(|one| !one.what.contains(&link)), "{swept:?}");
    assert!(target.path().join("owner.lock").exists());
}

fn an_existing_cluster_is_used(running: &RunningRay) {
    let dashboard = parse_address(&running.address()).unwrap();
    let with = |token: Option<&str>| {
        let (dashboard, token) = (dashboard.clone(), token.map(Into::into));
        let backend = Backend::Existing { dashboard, token, trust: None };
        let used = on(backend, async |cluster| Ok(cluster.description.clone()));
        running.runtime.block_on(used).map_err(|error| error.to_string())
    };
    let token = running.token();
    let (description, cleanup) = with(Some(token)).unwrap();
    assert!(description.starts_with("Ray 2.60.0 at http://127.0.0.1:"), "{description}");
    assert_eq!(cleanup.summary, "cluster not ours: left running");
    let wrong = with(Some("wrong")).unwrap_err();
    assert!(wrong.ends_with("refuses the token; check ray-token"), "{wrong}");
    let missing = with(None).unwrap_err();
    assert!(missing.ends_with("demands a token (mode token); set ray-token"), "{missing}");
    assert!(with(Some(token)).is_ok(), "it must still run");
}

async fn an_address_where_no_ray_answers_is_told_apart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let probe = async || {
        let backend = Backend::Existing {
            dashboard: parse_address(&address).unwrap(),
            token: None,
            trust: None,
        };
        format!("{:#}", on(backend, async |_| Ok(())).await.unwrap_err())
    };
    let page = ray::serve_one_page(listener);
    let other = probe().await;
    page.join().unwrap();
    assert!(other.contains("not as a Ray dashboard (200 OK to /api/version)"), "{other}");
    let nobody = probe().await;
    let start = format!("cannot reach the Ray dashboard at http://{address}/: ");
    assert!(nobody.starts_with(&start) && nobody.contains("; check the address"), "{nobody}");
}
