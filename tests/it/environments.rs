//! Environments, made by pip: once, named by their hash, never half-made.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{env, fs, path::PathBuf, process::Command, time::Instant};

use regression_action::{
    cache::Cache,
    cluster::Cancelled,
    progress::Progress,
    python::environment::{Environment, prepare},
    run::sweep::sweep,
};
use sysinfo::Signal;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::world::{
    ACCURACY, World,
    local_ray::{self as ray, eventually},
};

async fn make(text: &str, cache: &Cache) -> anyhow::Result<Environment> {
    let spec = ray::spec(text).await;
    prepare(&spec, cache, &Progress::stderr(), &CancellationToken::new()).await
}

fn empty_cache() -> (TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(directory.path())).unwrap().without_uv();
    (directory, cache)
}

fn homes(cache: &Cache) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.root().join("environments")).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[tokio::test]
async fn two_at_once_install_once() {
    let (_directory, cache) = empty_cache();
    let started = Instant::now();
    let (one, other) = tokio::join!(make("# two at once", &cache), make("# two at once", &cache));
    eprintln!("installed in {:?}", started.elapsed());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!([one.reused, other.reused].iter().filter(|reused| **reused).count(), 1);
    assert_eq!((&one.directory, &one.hash), (&other.directory, &other.hash));
    let version =
        Command::new(&one.python).args(["-c", "import ray; print(ray.__version__)"]).output();
    assert_eq!(version.unwrap().stdout, b"2.60.0\n");
    assert_eq!(homes(&cache).len(), 1);

    // A Python that has been removed since makes the environment useless, marker or not.
    let started = Instant::now();
    assert!(make("# two at once", &cache).await.unwrap().reused);
    eprintln!("found again in {:?}", started.elapsed());
}

#[tokio::test]
async fn a_conflict_shows_the_reason_of_pip_and_leaves_nothing() {
    let (_directory, cache) = empty_cache();
    let error = format!("{:#}", make("six==1.16.0\nsix==1.17.0\n", &cache).await.unwrap_err());
    assert!(error.contains("six==1.16.0") && error.contains("conflict"), "{error}");
    assert!(!error.contains('\u{1b}') && error.lines().count() < 30, "{error}");
    assert_eq!(homes(&cache), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_package_that_does_not_exist_is_named() {
    let (_directory, cache) = empty_cache();
    let text = "numpy==0.0.0.1\n";
    let error = format!("{:#}", make(text, &cache).await.unwrap_err());
    assert!(error.contains("No matching distribution found for numpy==0.0.0.1"), "{error}");
    assert_eq!(homes(&cache), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn cancelled_in_the_middle_nothing_is_left() {
    let (_directory, cache) = empty_cache();
    let cancel = CancellationToken::new();
    let spec = ray::spec("# cancelled").await;
    let progress = Progress::stderr();
    let preparing = prepare(&spec, &cache, &progress, &cancel);
    let installer = cache.root().display().to_string();
    let watch = async {
        eventually("pip runs", async || !ray::naming(&[&installer, "ray[default]"]).is_empty())
            .await;
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(preparing, watch);
    assert!(outcome.unwrap_err().downcast_ref::<Cancelled>().is_some());
    assert_eq!(homes(&cache), Vec::<PathBuf>::new());
    eventually("the installer is gone", async || ray::naming(&[&installer]).is_empty()).await;
}

/// Without settings of pip's: the certificates of a machine behind a proxy are not pip's alone.
#[test]
fn uv_is_brought_where_it_is_not_on_the_path() {
    let world = World::training("true", ACCURACY);
    world.commit(&[("requirements.txt", "")]);
    let mut command = world.binary(&["measure"]);
    let settings = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_"));
    for (name, _) in settings {
        command.env_remove(name);
    }
    if let Some(certificates) = env::var_os("PIP_CERT") {
        command.env("REQUESTS_CA_BUNDLE", &certificates).env("SSL_CERT_FILE", &certificates);
    }
    let path = env::var_os("PATH").unwrap();
    let places = env::split_paths(&path).filter(|place| !place.join("uv").is_file());
    command.env("PATH", env::join_paths(places).unwrap()).env("PIP_CONFIG_FILE", "/dev/null");
    command.env("REGRESSION_CACHE_DIR", world.path("cache"));
    let mut running = world.start(command);
    // Then the environment is there.
    world.wait_for(&mut running, "starting a local Ray");
    running.signal(Signal::Interrupt);
    let told = world.outcome(running).expect(2, &["cancelled"]).stderr;
    let tools = world.path("cache/tools");
    let brought = format!("comes from the package index into {}", tools.display());
    assert!(told.contains(&brought) && !told.contains("pip tries the same"), "{told}");
    let tools: Vec<PathBuf> =
        fs::read_dir(&tools).unwrap().map(|tool| tool.unwrap().path().join("bin/uv")).collect();
    assert!(tools.len() == 1 && tools[0].is_file(), "{tools:?}");
}

#[tokio::test]
async fn a_half_made_environment_is_swept_and_a_complete_one_kept() {
    let (_directory, cache) = empty_cache();
    let home = |name: &str| cache.directory("environments").unwrap().join(name);
    fs::create_dir_all(home("half").join("venv/bin")).unwrap();
    fs::create_dir_all(home("whole")).unwrap();
    fs::write(home("whole").join("complete"), "").unwrap();
    let swept = sweep(&cache, &Progress::silent()).unwrap();
    let ours: Vec<_> = swept.iter().filter(|one| one.what.contains("environment")).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert!(ours[0].removed && ours[0].what.ends_with("/half"), "{ours:?}");
    assert_eq!(homes(&cache), [home("whole")]);
}

/// A disk of two megabytes, unmounted when dropped.
struct TinyDisk(TempDir);

impl TinyDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(directory.path());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(directory))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[tokio::test]
async fn a_full_disk_is_told_with_the_remedy() {
    let Some(disk) = TinyDisk::mount() else {
        assert!(std::env::var_os("CI").is_none(), "in CI this test needs the right to mount");
        eprintln!("SKIPPED: a_full_disk_is_told_with_the_remedy needs the right to mount a tmpfs");
        return;
    };
    let cache = Cache::open(Some(disk.0.path())).unwrap().without_uv();
    let error = format!("{:#}", make("numpy", &cache).await.unwrap_err());
    eprintln!("{error}");
    assert!(
        error.contains("the disk is full: free space, or choose another place with --cache-dir"),
        "{error}"
    );
    assert!(error.contains(&disk.0.path().display().to_string()), "{error}");
    assert_eq!(homes(&cache), Vec::<PathBuf>::new());
}
