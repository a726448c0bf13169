//! What a child process that runs the code of others may see of our environment variables.

use std::{env, ffi::OsStr};

/// Those of the CI runner hold tokens; those of Ray would lead the child to another cluster.
const PREFIXES: [&str; 8] =
    ["GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "GH_", "STATE_", "RAY_", "REGRESSION_"];
/// These would mix other packages into a virtual environment, or send ours elsewhere.
const NAMES: [&str; 6] =
    ["PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__"];
/// GitHub's runner ends by this mark what a job leaves behind, so our children must carry it.
const KEPT: &str = "RUNNER_TRACKING_ID";

/// The names of our variables that a child must not inherit.
pub(crate) fn hidden() -> impl Iterator<Item = std::ffi::OsString> {
    env::vars_os().map(|(name, _)| name).filter(|name| is_hidden(name))
}

fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name != KEPT
        && (PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&&*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ray_settings_are_hidden_and_the_rest_is_kept() {
        for name in ["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "INPUT_KUBECONFIG", "GH_TOKEN"] {
            assert!(is_hidden(OsStr::new(name)), "{name}");
        }
        for name in ["RAY_ADDRESS", "RAY_AUTH_TOKEN", "PYTHONPATH", "REGRESSION_CLUSTER"] {
            assert!(is_hidden(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "HOME", "CUDA_VISIBLE_DEVICES", "RUNNER_TRACKING_ID", "ARRAY_X"] {
            assert!(!is_hidden(OsStr::new(name)), "{name}");
        }
    }
}
