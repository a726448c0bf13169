//! What the generated Dockerfile copies: the files that decide, and nothing that changes without them,
//! so that other commits find the layers in the cache.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::{
    below_root, normal,
    own_project::{OwnProject, PROJECT_FILE},
};
use crate::requirements::{Document, Format, Recipe, Root, beside, parent};

/// `COPY` instructions, one for each directory, each on a line of its own.
pub(super) fn instructions(
    recipe: &Recipe,
    document: &Document,
    own: Option<&OwnProject>,
) -> Result<String> {
    if own.is_some_and(OwnProject::is_installed) {
        return Ok("COPY . /requirements/\n".to_owned());
    }
    let mut directories: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files(document, own) {
        check(&path)?;
        directories.entry(parent(&path).to_owned()).or_default().insert(path);
    }
    let mut lines = String::new();
    for (directory, files) in &directories {
        let mut words: Vec<String> = files.iter().cloned().collect();
        words.push(format!("{}/", below_root(directory)));
        lines += &copy(&words);
    }
    for package in packages(recipe, document) {
        check(&package)?;
        let target = below_root(&package);
        lines += &copy(&[package, target]);
    }
    Ok(lines)
}

fn copy(words: &[String]) -> String {
    format!("COPY {}\n", serde_json::json!(words))
}

fn files(document: &Document, own: Option<&OwnProject>) -> BTreeSet<String> {
    let read = document.files().iter().map(|file| file.path.clone());
    // Locks of projects are exported by tools that read the project file beside it.
    let exported = |root: &&Root| matches!(root.format, Format::UvLock | Format::PoetryLock);
    let projects = document.roots().iter().filter(exported);
    let projects = projects.map(|root| beside(&root.path, PROJECT_FILE));
    let own = own.map(|_| PROJECT_FILE.to_owned());
    read.chain(projects).chain(own).collect()
}

/// Directories and wheels in the repository that the requirements name, but not the project itself.
fn packages(recipe: &Recipe, document: &Document) -> BTreeSet<String> {
    let paths =
        document.locals().map(|local| normal(&format!("{}/{}", recipe.directory, local.path)));
    paths.filter(|path| !path.is_empty()).collect()
}

/// `COPY` takes some characters for patterns and variables.
fn check(path: &str) -> Result<()> {
    ensure!(
        !path.contains(['*', '?', '[', '\\', '$', '\n']),
        "the generated Dockerfile cannot copy {}: its name is a pattern to Docker; rename it, or write a \
         Dockerfile of your own and name it under `dockerfile` in the config",
        path.escape_debug()
    );
    Ok(())
}
