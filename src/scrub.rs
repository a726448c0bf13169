//! What a child process that runs the code of others may see of us and of our environment variables.

use std::{env, ffi::OsStr};

/// Those of the CI runner hold tokens; those of Ray would lead the child to another cluster.
const PREFIXES: [&str; 9] = [
    "GITHUB_",
    "RUNNER_",
    "ACTIONS_",
    "INPUT_",
    "GH_",
    "STATE_",
    "RAY_",
    "REGRESSION_",
    "UV_PUBLISH_",
];
/// These would mix other packages into a virtual environment, or send ours elsewhere.
const NAMES: [&str; 6] =
    ["PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__"];
/// GitHub's runner ends by this mark what a job leaves behind, so our children must carry it.
const KEPT: &str = "RUNNER_TRACKING_ID";

/// Whether a GitHub runner started us.
const ON_GITHUB: &str = "GITHUB_ACTIONS";
/// Names that a workflow lets through besides, separated by commas; `*` at the end stands for anything.
const PASSED: &str = "REGRESSION_PASS_ENV";
/// What a program needs of the machine that it runs on, and what holds no secrets: all that is seen on a
/// GitHub runner, where a step's environment holds logins.  Settings of installers may hold those of a
/// package index, without which nothing is installed.
const OF_THE_MACHINE: [&str; 43] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "HOSTNAME",
    "PWD",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "SSL_CERT_*",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_*",
    "UV_*",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "CUDA_*",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NCCL_*",
    "OMP_*",
    "MKL_*",
    "OPENBLAS_*",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
];

/// On a GitHub runner: nobody but the administrator may read our memory and our environment, which hold
/// tokens, by `/proc`.  Neither programs that we start are covered, nor the shell that started us.
pub(crate) fn conceal() {
    #[cfg(target_os = "linux")]
    if on_github() {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::debug!(?error, "the process stays readable");
        }
    }
}

pub(crate) fn on_github() -> bool {
    env::var_os(ON_GITHUB).is_some_and(|value| value == "true")
}

/// The names of our variables that a child must not inherit.
pub(crate) fn hidden() -> impl Iterator<Item = std::ffi::OsString> {
    let allowed = on_github().then(|| env::var(PASSED).unwrap_or_default());
    env::vars_os().map(|(name, _)| name).filter(move |name| is_hidden(name, allowed.as_deref()))
}

/// `allowed`: what is let through besides, if not all is.
fn is_hidden(name: &OsStr, allowed: Option<&str>) -> bool {
    let name = name.to_string_lossy();
    let ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&&*name);
    let may = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let withheld = |allowed: &str| {
        let mut patterns = OF_THE_MACHINE.into_iter().chain(allowed.split(',').map(str::trim));
        !patterns.any(may)
    };
    name != KEPT && (ours || allowed.is_some_and(withheld))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ray_settings_are_hidden_and_the_rest_is_kept() {
        for name in ["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "INPUT_KUBECONFIG", "GH_TOKEN"] {
            assert!(is_hidden(OsStr::new(name), None), "{name}");
        }
        for name in ["RAY_ADDRESS", "RAY_AUTH_TOKEN", "PYTHONPATH", "REGRESSION_CLUSTER"] {
            assert!(is_hidden(OsStr::new(name), None), "{name}");
        }
        for name in ["PATH", "HOME", "CUDA_VISIBLE_DEVICES", "RUNNER_TRACKING_ID", "ARRAY_X"] {
            assert!(!is_hidden(OsStr::new(name), None), "{name}");
        }
    }

    #[test]
    fn on_a_runner_only_the_machine_is_seen_and_what_the_workflow_lets_through() {
        let hidden = |name: &str, allowed| is_hidden(OsStr::new(name), Some(allowed));
        for name in ["AWS_SECRET_ACCESS_KEY", "NVIDIA_API_KEY", "UV_PUBLISH_TOKEN", "KUBECONFIG"] {
            assert!(hidden(name, "") && hidden(name, "PATHS, AWS"), "{name}");
        }
        for name in ["PATH", "LC_ALL", "CUDA_VISIBLE_DEVICES", "PIP_INDEX_URL", "https_proxy", KEPT]
        {
            assert!(!hidden(name, ""), "{name}");
        }
        assert!(!hidden("AWS_REGION", "NPM_TOKEN, AWS_*") && !hidden("NPM_TOKEN", "NPM_TOKEN"));
        assert!(hidden("NPM_TOKENS", "NPM_TOKEN"));
        assert!(hidden("INPUT_KUBECONFIG", "*") && hidden("GITHUB_TOKEN", "GITHUB_TOKEN"));
    }
}
