//! The files that `init` writes, each only where there is none.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, Result};

/// The workflows of the gate: where they go, and the example that they are.
const WORKFLOWS: [(&str, &str); 2] = [
    (".github/workflows/regression.yml", include_str!("../../examples/approval.yml")),
    (".github/workflows/regression-review.yml", include_str!("../../examples/review.yml")),
];

/// The commit of no release, with its version, as the examples have it.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
const NO_VERSION: &str = "v1.0.0";
/// What the examples say of that.
const TO_REPLACE: &str = "# Replace the zeros by the commit of a release:\n\
                          #   git ls-remote https://github.com/org/regression-action v1.0.0\n#\n";

/// A release that workflows name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Such as `v1.2.0`.
    pub(super) version: String,
    /// 40 digits.
    pub(super) commit: String,
}

/// The workflows with the action at a release; without one, with zeros, as the examples have them.
pub(super) fn workflows(release: Option<&Pinned>) -> Vec<(&'static str, String)> {
    let pinned = |text: &str| match release {
        None => text.to_owned(),
        Some(Pinned { version, commit }) => {
            let pin = format!("{NO_COMMIT} # {NO_VERSION}");
            text.replace(TO_REPLACE, "").replace(&pin, &format!("{commit} # {version}"))
        }
    };
    WORKFLOWS.map(|(path, text)| (path, pinned(text))).into()
}

/// Writes a file below `root`, with the directories above it; `false` if something is there already.
pub(super) fn write(root: &Path, path: &Path, text: &str) -> Result<bool> {
    let whole = root.join(path);
    let cannot = || format!("cannot write {}", path.display());
    if let Some(parent) = whole.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(&whole) {
        Ok(mut file) => file.write_all(text.as_bytes()).with_context(cannot).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(cannot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_name_the_release_and_no_zeros() {
        let release =
            Pinned { version: "v2.3.4".to_owned(), commit: "c0ffee".repeat(7)[..40].to_owned() };
        let pinned = workflows(Some(&release));
        let all: String = pinned.iter().map(|(_, text)| text.as_str()).collect();
        assert!(
            !all.contains("000000")
                && !all.contains("Replace the zeros")
                && !all.contains(NO_VERSION)
        );
        assert!(all.contains(&format!("org/regression-action@{} # v2.3.4", release.commit)));
        let as_they_are = workflows(None);
        assert!(as_they_are[0].1.contains(TO_REPLACE));
    }

    #[test]
    fn what_is_there_is_left() {
        let root = tempfile::tempdir().unwrap();
        let path = Path::new(".github/regression.yml");
        assert!(write(root.path(), path, "ours").unwrap());
        assert!(!write(root.path(), path, "other").unwrap());
        assert_eq!(fs::read_to_string(root.path().join(path)).unwrap(), "ours");
        fs::write(root.path().join("file"), "").unwrap();
        let error = write(root.path(), Path::new("file/x"), "").unwrap_err();
        assert_eq!(error.to_string(), "cannot write file/x");
    }
}
