//! One real Ray with a token, for all tests of a binary.

use std::{process::ExitCode, sync::Arc, time::Duration};

use libtest_mimic::{Arguments, Trial};
use regression_action::{
    cache::Cache,
    cluster::{Backend, Cluster, Terms, with_cluster},
    config::Config,
    environment::{EnvironmentSpec, find_python, prepare},
    progress::Progress,
    ray::Ray,
    requirements::{Files, Listed},
};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use super::{REQUIREMENTS, cache, room::Room};

/// A Ray that runs already.
#[derive(Clone)]
pub struct RunningRay {
    cluster: Cluster,
    pub runtime: tokio::runtime::Handle,
}

/// A test's name, how much room it needs, and what it does with the running Ray.
pub type Test = (&'static str, u32, fn(&RunningRay));

/// Starts it, runs the tests as far as there is room for them, and ends it.
pub fn on_a_running_ray<const N: usize>(room: Room, tests: [Test; N]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(2);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let exit = runtime.block_on(async {
        let (progress, cancel) = (Progress::stderr(), CancellationToken::new());
        let environment = {
            let config = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 0.1}}";
            let config = Config::parse(config, "test").unwrap();
            let python = find_python(None).await.unwrap();
            let spec = EnvironmentSpec::read(&config, python, &One(REQUIREMENTS)).unwrap();
            let cache = Cache::open(Some(&cache())).unwrap();
            prepare(&spec, &cache, &progress, &cancel).await.unwrap()
        };
        let limit = Duration::from_mins(2);
        let work = async |cluster: &Cluster| {
            let runtime = tokio::runtime::Handle::current();
            let ray = RunningRay { cluster: cluster.clone(), runtime };
            Ok(tokio::task::spawn_blocking(move || run(&arguments, room, tests, &ray)).await?)
        };
        let backend = Backend::Local { environment };
        let (exit, cleanup) =
            with_cluster(backend, &Terms::new(limit, &progress, &cancel), work).await.unwrap();
        assert_eq!(cleanup.left, 0, "{cleanup:?}");
        exit
    });
    runtime.shutdown_background();
    exit
}

/// A tree that has a `requirements.txt` alone.
struct One(&'static str);

impl Files for One {
    fn read(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        Ok((path == "requirements.txt").then(|| self.0.as_bytes().to_vec()))
    }

    fn list(&self, _directory: &str) -> anyhow::Result<Vec<Listed>> {
        Ok(Vec::new())
    }
}

fn run<const N: usize>(
    arguments: &Arguments,
    room: Room,
    tests: [Test; N],
    ray: &RunningRay,
) -> ExitCode {
    let room = Arc::new(room);
    let trials = tests.map(|(name, needs, test)| {
        let (room, ray) = (Arc::clone(&room), ray.clone());
        Trial::test(name, move || {
            room.run(name, needs, || test(&ray));
            Ok(())
        })
    });
    libtest_mimic::run(arguments, trials.into()).exit_code()
}

impl RunningRay {
    pub fn address(&self) -> String {
        self.cluster.dashboard.to_string()
    }

    pub fn token(&self) -> &str {
        self.cluster.token.as_ref().unwrap().expose_secret()
    }

    pub fn client(&self) -> Ray {
        Ray::new(&self.cluster.dashboard, self.cluster.token.clone()).unwrap()
    }

    pub fn running_jobs(&self) -> Vec<String> {
        let jobs = self.runtime.block_on(self.client().jobs()).unwrap();
        let running = jobs.into_iter().filter(|job| !job.status.is_terminal());
        running.filter_map(|job| job.submission_id).collect()
    }
}
