//! The requirement files of a commit -> one value and its hash.  Reads by a closure, so that the
//! same code serves a working tree and a commit; does no IO of its own.

mod entry;
mod files;
mod pip;
mod references;

use std::{collections::VecDeque, env::consts};

use anyhow::{Result, bail};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::hex::hex;

pub use entry::{Entry, Gathered, Kind, LocalPackage};
pub use files::{Files, Listed, ListedKind};

/// Raised when the same files must give another environment than they did before.
const FORMAT: u32 = 1;

/// A requirements file, as it stands in the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementsFile {
    /// Path from the root of the tree, with `/` and without `.` or `..`.
    pub path: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// All files that decide what gets installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// The files that were asked for, as paths from the root of the tree.
    pub roots: Vec<String>,
    /// Every file once: the roots in their order, then those they name, level by level.
    pub files: Vec<RequirementsFile>,
}

/// Collects the files at `paths` and all that they name by `-r` and `-c`.
///
/// `read` gets a path from the root of the tree and answers `None` where there is no such file.
pub fn collect(
    paths: &[String],
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>>,
) -> Result<Requirements> {
    let mut queue = VecDeque::new();
    for path in paths {
        queue.push_back((references::resolve("", path)?, None));
    }
    let roots = queue.iter().map(|(path, _)| path.clone()).collect();
    let mut files: Vec<RequirementsFile> = Vec::new();
    while let Some((path, asked_by)) = queue.pop_front() {
        if files.iter().any(|file| file.path == path) {
            continue;
        }
        refuse_other_formats(&path)?;
        let Some(bytes) = read(&path)? else {
            match asked_by {
                None => bail!(
                    "requirements file {path} is not in the commit; check `requirements` in the config"
                ),
                Some(by) => bail!("requirements file {path}, named in {by}, is not in the commit"),
            }
        };
        for reference in references::references(&String::from_utf8_lossy(&bytes), &path)? {
            queue.push_back((reference, Some(path.clone())));
        }
        files.push(RequirementsFile { path, bytes });
    }
    Ok(Requirements { roots, files })
}

impl Requirements {
    /// The name of the environment that these files give on this platform: 64 hex digits.
    pub fn hash(&self, python: &str, ray_version: &str) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            format: u32,
            python: &'a str,
            ray: &'a str,
            platform: String,
            roots: &'a [String],
            files: Vec<(&'a str, String)>,
        }
        let document = Document {
            format: FORMAT,
            python,
            ray: ray_version,
            platform: format!("{}/{}", consts::OS, consts::ARCH),
            roots: &self.roots,
            files: self
                .files
                .iter()
                .map(|file| (&*file.path, hex(Sha256::digest(&file.bytes))))
                .collect(),
        };
        hex(Sha256::digest(serde_json::json!(document).to_string()))
    }
}

fn refuse_other_formats(path: &str) -> Result<()> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let other = matches!(extension, "toml" | "lock" | "yml" | "yaml" | "json" | "py" | "cfg");
    if other || name == "Pipfile" {
        bail!(
            "requirements file {path} is not in pip's requirements format, the only one understood \
             so far; export it to a requirements.txt and name that"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)], roots: &[&str]) -> Result<Requirements> {
        let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
        collect(&roots, |path| {
            let found = files.iter().find(|(name, _)| *name == path);
            Ok(found.map(|(_, text)| text.as_bytes().to_vec()))
        })
    }

    fn paths(requirements: &Requirements) -> Vec<&str> {
        requirements.files.iter().map(|file| &*file.path).collect()
    }

    #[test]
    fn nested_files_follow_their_roots_and_a_cycle_ends() {
        let files = [
            ("a.txt", "-r deps/b.txt\nnumpy"),
            ("deps/b.txt", "-r ../a.txt\n-c pins.txt"),
            ("deps/pins.txt", "numpy==2.0"),
            ("z.txt", ""),
        ];
        let found = tree(&files, &["./a.txt", "z.txt"]).unwrap();
        assert_eq!(paths(&found), ["a.txt", "z.txt", "deps/b.txt", "deps/pins.txt"]);
        assert_eq!(found.roots, ["a.txt", "z.txt"]);
    }

    #[test]
    fn a_missing_file_is_named_with_who_asked() {
        let error = tree(&[("a.txt", "-r deps/b.txt")], &["a.txt"]).unwrap_err().to_string();
        assert_eq!(error, "requirements file deps/b.txt, named in a.txt, is not in the commit");
        let error = tree(&[], &["a.txt"]).unwrap_err().to_string();
        assert!(error.contains("a.txt is not in the commit; check `requirements`"), "{error}");
    }

    #[test]
    fn other_formats_are_refused() {
        for name in ["pyproject.toml", "uv.lock", "env/environment.yml", "setup.py", "Pipfile"] {
            let error = tree(&[(name, "")], &[name]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("requirements.txt"), "{error}");
        }
    }

    #[test]
    fn the_hash_moves_with_everything_that_decides_and_nothing_else() {
        let one = tree(&[("a.txt", "numpy")], &["a.txt"]).unwrap();
        let hash = one.hash("3.11.7", "2.60.0");
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, one.clone().hash("3.11.7", "2.60.0"));
        let mut others = vec![
            one.hash("3.11.8", "2.60.0"),
            one.hash("3.11.7", "2.61.0"),
            tree(&[("a.txt", "numpy\n")], &["a.txt"]).unwrap().hash("3.11.7", "2.60.0"),
            tree(&[("b.txt", "numpy")], &["b.txt"]).unwrap().hash("3.11.7", "2.60.0"),
            hash,
        ];
        others.sort();
        others.dedup();
        assert_eq!(others.len(), 5);
    }
}
