//! Paths within the tree of a commit, by words alone.

use anyhow::{Result, bail};

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

/// The path of a requirements file that is named in `directory`; the root is empty.
pub(super) fn requirements_file(directory: &str, path: &str) -> Result<String> {
    if path.starts_with('/') {
        bail!("requirements file {path} is an absolute path; name it from the repository's root");
    }
    match join(directory, path) {
        Some(path) => Ok(path),
        None => bail!("requirements file {path} is outside of the repository"),
    }
}

/// The way from `directory` to `path`, both from the root.
pub(super) fn relative(directory: &str, path: &str) -> String {
    let up = directory.split('/').filter(|part| !part.is_empty()).map(|_| "..");
    let down = path.split('/').filter(|part| !part.is_empty());
    let way: Vec<&str> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

/// The directory of the file at `path`; the root is empty.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The path of another file in the directory of the file at `path`.
pub(crate) fn beside(path: &str, name: &str) -> String {
    match parent(path) {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_not_leave_the_tree() {
        assert_eq!(requirements_file("", "./a//b/../c.txt").unwrap(), "a/c.txt");
        assert_eq!(requirements_file("a/b", "../c.txt").unwrap(), "a/c.txt");
        assert_eq!(join("a/b", ".."), Some("a".to_owned()));
        for path in ["a/../../c.txt", "/etc/x"] {
            assert!(requirements_file("", path).is_err(), "{path}");
        }
        for path in ["../../c.txt", "/etc/x"] {
            assert!(requirements_file("a", path).is_err(), "{path}");
        }
    }

    #[test]
    fn the_way_between_two_places() {
        assert_eq!(relative("", "a/b"), "a/b");
        assert_eq!(relative("x/y", "a"), "../../a");
        assert_eq!(relative("", ""), ".");
    }

    #[test]
    fn a_neighbour_stands_in_the_same_directory() {
        assert_eq!(beside("a/uv.lock", "pyproject.toml"), "a/pyproject.toml");
        assert_eq!(beside("uv.lock", "pyproject.toml"), "pyproject.toml");
    }
}
