//! Where trainings run, as asked for: from what a user chose to a cluster's request, and to the Ray in it.

use anyhow::Result;
use reqwest::Url;
use secrecy::SecretString;

use crate::{
    cluster::{Backend, Cluster, ray::Ray},
    http::CaBundle,
};

mod kubernetes;

pub use kubernetes::KubernetesChoice;
pub(crate) use kubernetes::{connect, ray_jobs, request, template};

/// The backend, as asked for.
#[derive(Debug, Clone)]
pub enum BackendChoice {
    /// A Ray of our own on this machine, in the commits' own environments.
    Local,
    /// A Ray of our own on Kubernetes, in the commits' images.
    Kubernetes(KubernetesChoice),
    /// A Ray that runs already, with whatever environment it has.
    Existing {
        /// Its dashboard.
        dashboard: Url,
        /// Token of its token authentication.
        token: Option<SecretString>,
        /// Certificates to trust besides the system's.
        trust: Option<CaBundle>,
    },
}

impl BackendChoice {
    /// The Ray that runs already, if that was chosen.
    pub(crate) fn existing(&self) -> Option<Backend> {
        let Self::Existing { dashboard, token, trust } = self else { return None };
        let (dashboard, token, trust) = (dashboard.clone(), token.clone(), trust.clone());
        Some(Backend::Existing { dashboard, token, trust })
    }

    /// Whether the Ray is somebody else's, and outlives us.
    pub(crate) fn is_existing(&self) -> bool {
        matches!(self, Self::Existing { .. })
    }

    /// The ways to two clusters, which are one where the cluster is: the gangs on it are counted there.
    pub(crate) fn rays(&self, first: &Cluster, second: &Cluster) -> Result<(Ray, Ray)> {
        let way = self.ray(first)?;
        let other =
            if first.dashboard == second.dashboard { way.clone() } else { self.ray(second)? };
        Ok((way, other))
    }

    /// The way to a cluster of this choice; on a borrowed one, others' jobs are respected.
    pub(crate) fn ray(&self, cluster: &Cluster) -> Result<Ray> {
        let ray = Ray::new(&cluster.dashboard, cluster.token.clone(), cluster.trust.as_ref())?;
        let ray = ray.known_as(&cluster.description, cluster.patience);
        Ok(if self.is_existing() { ray.borrowed() } else { ray })
    }
}
