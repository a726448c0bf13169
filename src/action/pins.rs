//! The hosts that a workflow pins: its credentials are sent nowhere else, whatever the config names.

use anyhow::{Result, ensure};
use reqwest::Url;

use crate::{action::inputs::Inputs, clients::registry::ImageReference, config::Config};

/// Fails if the config names another host than an input allows; before anything is asked of any host.
pub(super) fn check(inputs: &Inputs, config: &Config) -> Result<()> {
    if let (Some(pinned), Some(image)) = (&inputs.registry_host, &config.image) {
        ensure!(
            ImageReference::parse(image)?.is_on(pinned),
            "the config names the image `{image}`, and the input registry-host allows `{pinned}` alone"
        );
    }
    config.mlflow.as_ref().map_or(Ok(()), |mlflow| check_mlflow(inputs, &mlflow.uri))
}

/// The same of MLflow's address alone.
pub(super) fn check_mlflow(inputs: &Inputs, uri: &str) -> Result<()> {
    if let Some(pinned) = &inputs.mlflow_host {
        ensure!(
            Url::parse(uri).is_ok_and(|uri| is_called(&uri, pinned)),
            "the config names MLflow at `{uri}`, and the input mlflow-host allows `{pinned}` alone"
        );
    }
    Ok(())
}

/// Whether a name means an address's host: with its port if that is not the usual one.
fn is_called(uri: &Url, name: &str) -> bool {
    let host = uri.host_str().unwrap_or_default();
    let own = uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    own.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(registry: Option<&str>, mlflow: Option<&str>) -> Result<()> {
        let config = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 1}}\n\
                      image: registry.acme.dev:5000/train\n\
                      mlflow: {uri: \"https://mlflow.acme.dev/x\", experiment: e}";
        let [registry_host, mlflow_host] = [registry, mlflow].map(|name| name.map(str::to_owned));
        let inputs = Inputs { registry_host, mlflow_host, ..Inputs::default() };
        check(&inputs, &Config::parse(config, "test").unwrap())
    }

    #[test]
    fn credentials_go_to_pinned_hosts_alone() {
        for (registry, mlflow) in
            [(None, None), (Some("Registry.acme.dev:5000"), Some("MLFLOW.acme.dev"))]
        {
            checked(registry, mlflow).unwrap();
        }
        for name in ["registry.acme.dev", "acme.dev:5000", "registry.acme.dev:5000.evil", ""] {
            let told = checked(Some(name), None).unwrap_err().to_string();
            assert!(
                told.contains("registry.acme.dev:5000/train") && told.contains("registry-host")
            );
        }
        for name in ["mlflow.acme.dev:80", "acme.dev", "mlflow.acme.dev.evil"] {
            let told = checked(None, Some(name)).unwrap_err().to_string();
            assert!(told.contains("mlflow-host allows"), "{told}");
        }
    }
}
