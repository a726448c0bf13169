//! Which files a requirements file names.  Reads pip's format (pip's documentation, "Requirements
//! File Format") as far as this question goes, and refuses what the hash could not cover.

use anyhow::{Result, bail};

/// The files named by `-r` and `-c` in the `text` of the file at `path`, from the root of the tree.
pub(super) fn references(text: &str, path: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for line in logical_lines(text) {
        if let Some(target) = target(&line) {
            if target.contains("://") {
                bail!(
                    "{path} takes requirements from an address on the network, which can change \
                     from one run to the next; copy the file into the repository"
                );
            }
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            found.push(resolve(directory, target)?);
        } else if is_local_package(&line) {
            bail!(
                "{path} installs from the repository itself ({line}), which an environment \
                 shared between commits cannot do; import the code from the working \
                 directory, or publish the package"
            );
        }
    }
    Ok(found)
}

/// Joins `path` to `directory` by words alone; it may not leave the tree.
pub(super) fn resolve(directory: &str, path: &str) -> Result<String> {
    if path.starts_with('/') {
        bail!("requirements file {path} is an absolute path; name it from the repository's root");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            ".." if parts.pop().is_none() => {
                bail!("requirements file {path} is outside of the repository");
            }
            "" | "." | ".." => {}
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Lines without comments, continued lines joined.
fn logical_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\r\n", "").replace("\\\n", "");
    let code = |line: &str| {
        let comment = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #") };
        line[..comment.unwrap_or(line.len())].trim().to_owned()
    };
    joined.lines().map(code).filter(|line| !line.is_empty()).collect()
}

/// The value of `-r FILE`, `-rFILE`, `--requirement FILE`, `--requirement=FILE`, and so for `-c`.
fn target(line: &str) -> Option<&str> {
    let long = ["--requirement", "--constraint"].iter().find_map(|option| {
        line.strip_prefix(option).filter(|rest| rest.starts_with(['=', ' ', '\t']))
    });
    let short = || ["-r", "-c"].iter().find_map(|option| line.strip_prefix(option));
    let value = long.or_else(short)?;
    Some(value.trim_start_matches(['=', ' ', '\t']).trim_matches(['"', '\'']))
}

fn is_local_package(line: &str) -> bool {
    let editable = ["--editable", "-e"].iter().find_map(|option| line.strip_prefix(option));
    match editable {
        Some(source) => !source.contains("://"),
        None => {
            line.starts_with(['.', '/']) || line.starts_with("file:") || line.contains("@ file:")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_reference_is_found() {
        let text = "-r a\n-rb\n--requirement c\n--requirement=d # why\n-c  e\n--constraint='f'\n\
                    # -r no\nnumpy==1.0 \\\n  --hash=sha256:00\n-r \\\n g\n--require-hashes\n";
        let found = references(text, "deps/x.txt").unwrap();
        let wanted = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("deps/{name}"));
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_the_hash_cannot_cover_is_refused() {
        for line in ["-e .", "./libs/core", "file:///x.whl", "core @ file:///x", "-r https://x/y"] {
            let error = references(line, "a.txt").unwrap_err().to_string();
            assert!(error.contains("a.txt"), "{line}: {error}");
        }
        assert!(references("-e git+https://x/y#egg=z", "a.txt").is_ok());
    }

    #[test]
    fn a_path_may_not_leave_the_tree() {
        assert_eq!(resolve("a/b", "../c.txt").unwrap(), "a/c.txt");
        for path in ["../../c.txt", "/etc/x"] {
            assert!(resolve("a", path).is_err(), "{path}");
        }
    }
}
