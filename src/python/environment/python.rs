//! Finds the Python that an environment is made with.  Starts the candidates, changes nothing.

use std::{
    env,
    fmt::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Result, bail};
use tokio::{process::Command, time::timeout};

/// Ray 2.52 and newer, the first with a token, need no less.
const OLDEST: (u32, u32) = (3, 10);
/// A broken shim may hang.
const PROBE_LIMIT: Duration = Duration::from_secs(10);
/// Where it really is (a shim may answer), then its version.
const PROBE: &str = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";

/// An interpreter that was seen to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// Where it is.
    pub path: PathBuf,
    /// Such as `3.11.7`.
    pub version: String,
}

/// The first suitable one in the order of PATH, so that what a virtual environment, pyenv or a
/// set-up step put first wins: `python3.X` for a wanted `3.X`, then `python3`, then `python`.
///
/// Fails if there is none, and says which there are.
pub async fn find(wanted: Option<&str>) -> Result<Python> {
    if let Some(wanted) = wanted
        && minor(wanted).is_none_or(|version| version < OLDEST)
    {
        bail!("python {wanted} is too old for Ray: choose 3.10 or newer in `python` of the config");
    }
    let names = wanted.map(|version| format!("python{}", short(version)));
    let mut seen = Vec::new();
    for name in names.iter().map(String::as_str).chain(["python3", "python"]) {
        for path in on_path(name) {
            let Some(python) = probe(&path).await else { continue };
            if suits(&python.version, wanted) {
                return Ok(python);
            }
            seen.push(python);
        }
    }
    bail!("{}", not_found(wanted, &seen))
}

fn on_path(name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .filter(|file| file.is_file())
        .collect()
}

/// `None` if it does not run: a shim of pyenv exists for versions that are not installed.
async fn probe(path: &Path) -> Option<Python> {
    let mut command = Command::new(path);
    command.args(["-I", "-c", PROBE]).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PROBE_LIMIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let (path, version) = text.trim().split_once('\n')?;
    Some(Python { path: path.trim().into(), version: version.trim().to_owned() })
}

/// Whether `version` is new enough and is what was wanted, part by part: `3.11` wants any `3.11.X`.
fn suits(version: &str, wanted: Option<&str>) -> bool {
    let matches = |wanted: &str| {
        version == wanted || version.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
    };
    minor(version).is_some_and(|minor| minor >= OLDEST) && wanted.is_none_or(matches)
}

fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn short(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn not_found(wanted: Option<&str>, seen: &[Python]) -> String {
    let mut message = match wanted {
        Some(version) => format!("python {version} is not on PATH"),
        None => "no python 3.10 or newer is on PATH".to_owned(),
    };
    for (index, python) in seen.iter().enumerate() {
        let lead = if index == 0 { "; found " } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(message, "{lead}{} {}", python.path.display(), python.version);
    }
    message.push_str("; install it (in a workflow: actions/setup-python)");
    if wanted.is_some() {
        message.push_str(" or change `python` in the config");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_suits_part_by_part() {
        assert!(suits("3.11.7", Some("3.11")) && suits("3.11.7", Some("3.11.7")));
        assert!(suits("3.10.0", None) && suits("3.13.1", None));
        assert!(!suits("3.11.7", Some("3.1")) && !suits("3.1.1", Some("3.1")));
        assert!(!suits("3.9.18", None) && !suits("2.7.18", None));
    }

    #[tokio::test]
    async fn a_version_too_old_for_ray_is_refused_at_once() {
        for wanted in ["3.9", "2.7", "three"] {
            let error = find(Some(wanted)).await.unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("3.10"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_missing_version_is_told_with_what_was_found() {
        let error = find(Some("3.99")).await.unwrap_err().to_string();
        assert!(error.starts_with("python 3.99 is not on PATH; found /"), "{error}");
        assert!(error.ends_with("or change `python` in the config"), "{error}");
    }
}
