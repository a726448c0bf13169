//! One real Ray with a token, for all scenarios that do not break it.

use std::{
    sync::{Mutex, OnceLock, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use regression_action::{
    cache::Cache,
    cluster::{Backend, Cleanup, Cluster, ClusterTerms, Gpus, ray::Ray, with_cluster},
    config::Config,
    git::{Files, Listed},
    progress::Progress,
    python::environment::{EnvironmentSpec, find_python, prepare},
};
use secrecy::ExposeSecret;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{REQUIREMENTS, cache, room::Needs, scenario::Scenario};

/// A Ray that runs already.
#[derive(Clone)]
pub struct RunningRay {
    cluster: Cluster,
    pub runtime: tokio::runtime::Handle,
}

/// A scenario's name, what it needs, and what it does with the running Ray.
pub type Test = (&'static str, Needs, fn(&RunningRay));

/// Scenarios on the one Ray, which the first of them starts.
pub fn on_a_running_ray<const N: usize>(kind: &str, tests: [Test; N]) -> Vec<Scenario> {
    tests.map(|(name, needs, test)| Scenario::new(kind, name, needs, move || test(shared()))).into()
}

/// How the thread that owns the Ray is told to end it.
static OWNER: Mutex<Option<(oneshot::Sender<()>, JoinHandle<Cleanup>)>> = Mutex::new(None);

fn shared() -> &'static RunningRay {
    static RAY: OnceLock<RunningRay> = OnceLock::new();
    RAY.get_or_init(|| {
        let (tell, ray) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        let owner = std::thread::spawn(move || own(&tell, ended));
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, owner));
        ray.recv().expect("the thread that starts the Ray says why it failed")
    })
}

/// Ends the Ray if there is one, and holds that nothing of it is left.
pub fn end() {
    let owner = OWNER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((end, owner)) = owner {
        end.send(()).expect("the Ray runs until it is told to end");
        let cleanup = owner.join().expect("the Ray ends");
        assert_eq!(cleanup.left, 0, "{cleanup:?}");
    }
}

/// Starts a Ray, hands it out, and ends it when told to.
fn own(tell: &mpsc::Sender<RunningRay>, end: oneshot::Receiver<()>) -> Cleanup {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cleanup = runtime.block_on(async {
        let (progress, cancel) = (Progress::stderr(), CancellationToken::new());
        let environment = {
            let config = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 0.1}}";
            let config = Config::parse(config, "test").unwrap();
            let python = find_python(None).await.unwrap();
            let spec = EnvironmentSpec::read(&config, python, &One(REQUIREMENTS)).unwrap();
            let cache = Cache::open(Some(&cache())).unwrap();
            prepare(&spec, &cache, &progress, &cancel).await.unwrap()
        };
        let work = async |cluster: &Cluster| {
            let runtime = tokio::runtime::Handle::current();
            tell.send(RunningRay { cluster: cluster.clone(), runtime })?;
            Ok(end.await?)
        };
        let terms = ClusterTerms::new(Duration::from_mins(2), &progress, &cancel);
        // Ray counts as many as it is told.
        let gpus = Gpus::of(vec!["0".to_owned(), "1".to_owned()]);
        let backend = Backend::Local { environment, gpus };
        with_cluster(backend, &terms, work).await.unwrap().1
    });
    runtime.shutdown_background();
    cleanup
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

impl RunningRay {
    pub fn address(&self) -> String {
        self.cluster.dashboard.to_string()
    }

    pub fn token(&self) -> &str {
        self.cluster.token.as_ref().unwrap().expose_secret()
    }

    pub fn client(&self) -> Ray {
        Ray::new(&self.cluster.dashboard, self.cluster.token.clone(), None).unwrap()
    }

    pub fn running_jobs(&self) -> Vec<String> {
        let jobs = self.runtime.block_on(self.client().jobs()).unwrap();
        let running = jobs.into_iter().filter(|job| !job.status.is_terminal());
        running.filter_map(|job| job.submission_id).collect()
    }
}
