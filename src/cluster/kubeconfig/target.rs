//! Which API server a context leads to, as another kubeconfig can name it: nothing in it leads to a file.

use anyhow::{Context, Result, bail};
use kube::config::Cluster;

use super::{
    KubeOptions, KubeVariables, Place, choice,
    choice::Choice,
    given,
    load::{self, KubeconfigSource},
    pem,
};

/// An API server.
#[derive(Debug, Clone)]
pub(crate) struct ClusterTarget {
    /// The name of the context.
    pub(crate) context: String,
    /// How a kubeconfig names the server, with the certificates themselves.
    pub(crate) cluster: Cluster,
}

/// Reads the kubeconfig as [`super::connect`] does, and sends nothing.
///
/// # Errors
///
/// As there.
pub(crate) fn target(options: &KubeOptions) -> Result<ClusterTarget> {
    target_from(options, &KubeVariables::read())
}

pub(super) fn target_from(
    options: &KubeOptions,
    environment: &KubeVariables,
) -> Result<ClusterTarget> {
    let found = load::find(options.kubeconfig.as_ref(), environment)?;
    let KubeconfigSource::Kubeconfig(kubeconfig) = found else {
        bail!("there is no kubeconfig whose API server another one could name: this runs in a pod");
    };
    let read = || -> Result<ClusterTarget> {
        let choice = choice::choose(&kubeconfig.config, given(options.context.as_deref()))?;
        Ok(ClusterTarget {
            context: choice.context.to_owned(),
            cluster: cluster(&choice, kubeconfig.place)?,
        })
    };
    read().with_context(|| kubeconfig.origin.clone())
}

fn cluster(choice: &Choice, place: Place) -> Result<Cluster> {
    let Cluster { server, insecure_skip_tls_verify, proxy_url, tls_server_name, .. } =
        choice.cluster.clone();
    let authority = pem::authority_data(choice.cluster, choice.cluster_name, place)?;
    Ok(Cluster {
        server,
        insecure_skip_tls_verify,
        proxy_url,
        tls_server_name,
        certificate_authority_data: authority,
        ..Cluster::default()
    })
}
