//! Environments: made once, named by their hash, never half-made.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use regression_action::{
    cache::Cache,
    cluster::Cancelled,
    environment::{Environment, EnvironmentSpec, prepare},
    progress::Progress,
    requirements::{Requirements, collect},
    sweep::sweep,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::ray::{self, eventually};

fn requirements(text: &str) -> Requirements {
    collect(&["requirements.txt".to_owned()], |_| Ok(Some(text.as_bytes().to_vec()))).unwrap()
}

async fn make(text: &str, cache: &Cache) -> anyhow::Result<Environment> {
    let requirements = requirements(text);
    let spec = EnvironmentSpec { requirements: &requirements, python: None, ray_version: "2.60.0" };
    prepare(&spec, cache, &Progress::stderr(), &CancellationToken::new()).await
}

fn empty_cache() -> (TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(directory.path())).unwrap();
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
    let error = format!("{:#}", make("ray==2.9.0\n", &cache).await.unwrap_err());
    assert!(error.contains("ray==2.9.0") && error.contains("conflict"), "{error}");
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
    let requirements = requirements("# cancelled");
    let spec = EnvironmentSpec { requirements: &requirements, python: None, ray_version: "2.60.0" };
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

#[tokio::test]
async fn a_half_made_environment_is_swept_and_a_complete_one_kept() {
    let (_directory, cache) = empty_cache();
    let home = |name: &str| cache.directory("environments").unwrap().join(name);
    fs::create_dir_all(home("half").join("venv/bin")).unwrap();
    fs::create_dir_all(home("whole")).unwrap();
    fs::write(home("whole").join("complete"), "").unwrap();
    let _turn = ray::turn().await;
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
    let cache = Cache::open(Some(disk.0.path())).unwrap();
    let error = format!("{:#}", make("numpy", &cache).await.unwrap_err());
    eprintln!("{error}");
    assert!(
        error.contains("the disk is full: free space, or choose another place with --cache-dir"),
        "{error}"
    );
    assert!(error.contains(&disk.0.path().display().to_string()), "{error}");
    assert_eq!(homes(&cache), Vec::<PathBuf>::new());
}

/// Run with a PATH of its own by the next test, as the environment of a process is shared.
#[tokio::test]
async fn seeker() {
    let Some(wanted) = std::env::var_os("ENVIRONMENT_SEEKER") else { return };
    let wanted = wanted.into_string().unwrap();
    let requirements = requirements("");
    let python = (wanted != "any").then_some(&*wanted);
    let spec = EnvironmentSpec { requirements: &requirements, python, ray_version: "none" };
    let (_directory, cache) = empty_cache();
    let outcome = prepare(&spec, &cache, &Progress::silent(), &CancellationToken::new()).await;
    println!("error: {:#}", outcome.unwrap_err());
}

fn seek(wanted: &str, path: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "environments::seeker", "--nocapture"]);
    command.env("PATH", path).env("ENVIRONMENT_SEEKER", wanted);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

fn script(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_python_that_is_missing_too_old_or_a_broken_shim_is_told_with_what_was_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let none = seek("any", path);
    assert!(none.contains("error: no python 3.10 or newer is on PATH; install it"), "{none}");

    script(path, "python3", "echo /opt/old/python3; echo 3.9.18");
    script(path, "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127");
    let old = seek("any", path);
    assert!(old.contains("on PATH; found /opt/old/python3 3.9.18; install it"), "{old}");
    let shim = seek("3.12", path);
    assert!(
        shim.contains("error: python 3.12 is not on PATH; found /opt/old/python3 3.9.18"),
        "{shim}"
    );
    assert!(shim.contains("or change `python` in the config"), "{shim}");
}
