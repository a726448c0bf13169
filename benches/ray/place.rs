//! A local Ray for benches, with the Python that they take.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use regression_action::{
    cluster::{Backend, Cluster, ClusterTerms, Gpus, with_cluster},
    progress::Progress,
    python::environment::Environment,
};
use tokio_util::sync::CancellationToken;

/// `REGRESSION_BENCH_PYTHON`.
pub(crate) fn python() -> PathBuf {
    env::var_os("REGRESSION_BENCH_PYTHON")
        .map(PathBuf::from)
        .expect("set REGRESSION_BENCH_PYTHON to a Python that has ray[default]")
}

/// Measures on a Ray of that Python, with so many logical GPUs.
pub(crate) async fn on_a_ray<F>(python: &Path, gpus: usize, measure: F)
where
    F: FnOnce(&Cluster) + Send + 'static,
{
    let directory = python.parent().and_then(Path::parent).unwrap().to_owned();
    let environment = Environment::given(directory, python.to_owned());
    let gpus = Gpus::of((0..gpus).map(|id| id.to_string()).collect());
    let (progress, cancel) = (Progress::silent(), CancellationToken::new());
    let work = async move |cluster: &Cluster| {
        let cluster = cluster.clone();
        Ok(tokio::task::spawn_blocking(move || measure(&cluster)).await?)
    };
    let terms = ClusterTerms::new(Duration::from_mins(2), &progress, &cancel);
    with_cluster(Backend::Local { environment, gpus }, &terms, work).await.unwrap();
}
