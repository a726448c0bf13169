//! The inputs that say where, as the options of the command line that say the same.

use super::Inputs;
use crate::cli::{Kubernetes, Place, RegistryLogin, Sweep};

impl From<&Inputs> for Place {
    fn from(inputs: &Inputs) -> Self {
        let ray_address = inputs.ray_address.as_ref().map(ToString::to_string);
        let (backend, ray_token) = (inputs.backend, inputs.ray_token.clone());
        let kubernetes = inputs.into();
        Self { backend, ray_address, ray_token, kubernetes, login: inputs.into() }
    }
}

impl From<&Inputs> for Sweep {
    fn from(inputs: &Inputs) -> Self {
        Self { backend: inputs.backend, kubernetes: inputs.into() }
    }
}

impl From<&Inputs> for RegistryLogin {
    fn from(inputs: &Inputs) -> Self {
        let Inputs { registry_username, registry_password, .. } = inputs.clone();
        Self { registry_username, registry_password }
    }
}

impl From<&Inputs> for Kubernetes {
    fn from(inputs: &Inputs) -> Self {
        let Inputs { kubeconfig, kube_context, namespace, .. } = inputs.clone();
        Self { kubeconfig, kube_context, namespace, lease: None }
    }
}
