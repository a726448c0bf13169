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

/// The directory of the file at `path`; the root is empty.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The way from `directory` to `path`, both from the root.
pub(super) fn relative(directory: &str, path: &str) -> String {
    let up = directory.split('/').filter(|part| !part.is_empty()).map(|_| "..");
    let down = path.split('/').filter(|part| !part.is_empty());
    let way: Vec<&str> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

/// The path of a requirements file that is named in `directory`.
pub(super) fn requirements_file(directory: &str, path: &str) -> Result<String> {
    if path.starts_with('/') {
        bail!("requirements file {path} is an absolute path; name it from the repository's root");
    }
    match join(directory, path) {
        Some(path) => Ok(path),
        None => bail!("requirements file {path} is outside of the repository"),
    }
}

/// Refuses `${NAME}` in the name of a file: which file it is would depend on the machine.
pub(super) fn refuse_variable(path: &str, named_in: &str) -> Result<()> {
    if has_variable(path) {
        bail!(
            "{named_in} takes the path {path} from an environment variable, so that no commit \
             decides it; write the path itself"
        );
    }
    Ok(())
}

/// Whether pip would look for `${NAME}` in the environment: capitals, digits and `_` only.
pub(super) fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, start)| {
        let rest = &text[at + start.len()..];
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        rest.find(|c| !is_name(c)).is_some_and(|end| end > 0 && rest[end..].starts_with('}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_not_leave_the_tree() {
        assert_eq!(requirements_file("a/b", "../c.txt").unwrap(), "a/c.txt");
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
    fn a_variable_is_what_pip_expands() {
        assert!(has_variable("a${A_1}") && has_variable("${a}${B}"));
        assert!(!has_variable("$A ${a} ${} ${A"));
    }
}
