//! Paths within the tree of a commit, by words alone.

use anyhow::{Context, Result};

/// Joins `path` to `directory` without `.` and `..`; `None` where that leaves the tree.
pub(super) fn join(directory: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            ".." => drop(parts.pop()?),
            "" | "." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The path of a file that is named in `directory`; the root is empty.
pub(super) fn within(directory: &str, path: &str) -> Result<String> {
    let absolute = "an absolute path; name it from the repository's root";
    let wrong = if path.starts_with('/') { absolute } else { "outside of the repository" };
    join(directory, path).with_context(|| format!("requirements file {path} is {wrong}"))
}

/// The directory of the file at `path`; the root is empty.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The path of another file in the directory of the file at `path`.
pub(crate) fn beside(path: &str, name: &str) -> String {
    below(parent(path), name)
}

/// The path of a file in a directory.
pub(crate) fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_not_leave_the_tree() {
        assert_eq!(within("", "./a//b/../c.txt").unwrap(), "a/c.txt");
        assert_eq!(within("a/b", "../c.txt").unwrap(), "a/c.txt");
        assert_eq!(join("a/b", ".."), Some("a".to_owned()));
        for path in ["a/../../c.txt", "/etc/x"] {
            assert!(within("", path).is_err(), "{path}");
        }
        for path in ["../../c.txt", "/etc/x"] {
            assert!(within("a", path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_neighbour_stands_in_the_same_directory() {
        assert_eq!(beside("a/uv.lock", "pyproject.toml"), "a/pyproject.toml");
        assert_eq!(beside("uv.lock", "pyproject.toml"), "pyproject.toml");
    }
}
