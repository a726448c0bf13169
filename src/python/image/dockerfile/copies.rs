//! What the generated Dockerfile copies: the files that decide, and nothing that changes without them,
//! so that other commits find the layers in the cache.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::below_root;
use crate::python::requirements::{Document, parent};

/// `COPY` instructions, one for each directory, each on a line of its own.
pub(super) fn instructions(document: &Document) -> Result<String> {
    if document.whole.contains("") {
        return Ok("COPY . /requirements/\n".to_owned());
    }
    let mut directories: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in document.files.iter().map(|file| &file.path) {
        check(path)?;
        directories.entry(parent(path).to_owned()).or_default().insert(path.clone());
    }
    let mut lines = String::new();
    for (directory, files) in &directories {
        let mut words: Vec<String> = files.iter().cloned().collect();
        words.push(format!("{}/", below_root(directory)));
        lines += &copy(&words);
    }
    for package in &document.whole {
        check(package)?;
        lines += &copy(&[package.to_owned(), below_root(package)]);
    }
    Ok(lines)
}

fn copy(words: &[String]) -> String {
    format!("COPY {}\n", serde_json::json!(words))
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
