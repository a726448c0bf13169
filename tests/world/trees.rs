//! A tree of files in memory, and what to ask of it.

use std::collections::BTreeMap;

use regression_action::{
    config::Build,
    git::{Files, Listed, ListedKind},
    python::requirements::{Document, EnvironmentBase, Recipe, read},
};

/// Files by path; a text that begins with `-> ` is a symbolic link to a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// A tree of these files.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(path, text): (&str, &str)| (path.to_owned(), text.as_bytes().to_vec());
        Self(files.into_iter().map(owned).collect())
    }
}

impl Files for Tree {
    fn read(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let bytes = self.0.get(path);
        match bytes.and_then(|bytes| str::from_utf8(bytes).ok()?.strip_prefix("-> ")) {
            Some(to) => to_path(path, to).map_or(Ok(None), |to| self.read(&to)),
            None => Ok(bytes.cloned()),
        }
    }

    fn list(&self, directory: &str) -> anyhow::Result<Vec<Listed>> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let inside = self.0.iter().filter(|(path, _)| path.starts_with(&prefix));
        let listed = |(path, bytes): (&String, &Vec<u8>)| {
            let link =
                bytes.strip_prefix(b"-> ").map(|to| String::from_utf8_lossy(to).into_owned());
            let kind = link.map_or(ListedKind::File, ListedKind::Link);
            let object = String::from_utf8_lossy(bytes).into_owned();
            Listed { path: path.clone(), kind, object }
        };
        Ok(inside.map(listed).collect())
    }
}

/// Where a link leads; none: out of the tree.
fn to_path(link: &str, to: &str) -> Option<String> {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// A recipe for an image of these requirement files.
pub(crate) fn recipe(requirements: &[&str]) -> Recipe {
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    Recipe {
        requirements: requirements.iter().map(ToString::to_string).collect(),
        python: "3.11".to_owned(),
        ray_version: "2.60.0".to_owned(),
        platform: "linux/amd64".to_owned(),
        base: EnvironmentBase::Image {
            base_image: format!("python:3.11-slim-bookworm@{digest}"),
            dockerfile: None,
        },
        build: Build { directory: String::new(), ..Build::default() },
    }
}

/// The document of one file.
pub(crate) fn document(path: &str, text: &str) -> Document {
    read(&recipe(&[path]), &Tree::of([(path, text)])).unwrap()
}
