//! Settings of pip's that choose what is installed and from where, none of which uv reads.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Settings that change nothing of that, as files name them.
const HARMLESS: [&str; 13] = [
    "break-system-packages",
    "cache-dir",
    "config-file",
    "default-timeout",
    "disable-pip-version-check",
    "no-cache-dir",
    "no-color",
    "no-input",
    "progress-bar",
    "require-virtualenv",
    "retries",
    "root-user-action",
    "timeout",
];

/// The first one, and where it stands; `python` is whose pip it is.
pub(super) fn found(python: &Path) -> Option<String> {
    let mut variables = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    // uv reads these certificates.
    let is_trusting = env::var_os("SSL_CERT_FILE").is_some();
    let of_files = || {
        files(python).into_iter().find_map(|path| {
            // One that cannot be read is none of pip's either.
            let text = fs::read_to_string(&path).ok()?;
            let key = in_text(&text)?;
            Some(format!("{key} in {}", path.display()))
        })
    };
    variables.find(|name| is_setting(name, is_trusting)).or_else(of_files)
}

/// Whether a variable is one of pip's, or of the library by which it reaches servers.
fn is_setting(variable: &str, is_trusting: bool) -> bool {
    let is_bundle = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].contains(&variable);
    variable.strip_prefix("PIP_").is_some_and(matters) || is_bundle && !is_trusting
}

/// The first key of a file that matters.
fn in_text(text: &str) -> Option<&str> {
    let keys = text.lines().filter_map(|line| line.split_once(['=', ':']));
    let mut keys = keys.map(|(key, _)| key.trim());
    keys.find(|key| !key.starts_with(['#', ';']) && matters(key))
}

/// Whether a key, in any of its spellings, changes what is installed.
fn matters(key: &str) -> bool {
    let key = key.trim_start_matches('-').to_ascii_lowercase().replace('_', "-");
    !key.is_empty() && !HARMLESS.contains(&key.as_str())
}

/// Where pip looks; nowhere if its variable names the null device.
fn files(python: &Path) -> Vec<PathBuf> {
    let named = env::var_os("PIP_CONFIG_FILE").map(PathBuf::from);
    if named.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let home = env::home_dir().unwrap_or_default();
    let settings =
        env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let system = env::var_os("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into());
    let system: Vec<PathBuf> =
        env::split_paths(&system).map(|directory| directory.join("pip/pip.conf")).collect();
    let of_python = python.parent().and_then(Path::parent).map(|prefix| prefix.join("pip.conf"));
    let usual = [
        settings.join("pip/pip.conf"),
        home.join(".pip/pip.conf"),
        home.join("Library/Application Support/pip/pip.conf"),
        "/etc/pip.conf".into(),
        "/Library/Application Support/pip/pip.conf".into(),
    ];
    named.into_iter().chain(usual).chain(system).chain(of_python).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chooses_packages_is_told_from_what_does_not() {
        for variable in ["PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "REQUESTS_CA_BUNDLE"] {
            assert!(is_setting(variable, false), "{variable}");
        }
        for variable in ["PIP_DISABLE_PIP_VERSION_CHECK", "PIP_CONFIG_FILE", "PIPX_HOME", "PATH"] {
            assert!(!is_setting(variable, false), "{variable}");
        }
        assert!(!is_setting("REQUESTS_CA_BUNDLE", true));
        let file =
            "# index-url = x\n[global]\ntime_out = 60\n\n[install]\nextra-index-url: https://x/y\n";
        assert_eq!(in_text(file), Some("time_out"));
        assert_eq!(in_text(&file.replace("time_out", "Default_Timeout")), Some("extra-index-url"));
        assert_eq!(in_text("[global]\nno-color = true\n; cert = x\n"), None);
        assert_eq!(in_text(""), None);
    }

    #[test]
    fn a_file_of_the_environment_counts() {
        let prefix = tempfile::tempdir().unwrap();
        let python = prefix.path().join("bin/python");
        assert!(files(&python).contains(&prefix.path().join("pip.conf")));
    }
}
