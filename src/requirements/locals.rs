//! Packages of the repository itself -> facts about their content.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::{Kind, Listed, ListedKind, LocalPackage, path, reading::Reading};
use crate::{config::LocalPaths, hex::hex};

/// What says how a package is built.
const METADATA: [&str; 4] = ["pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in"];
/// How a pointer of Git LFS begins (its specification, version 1).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Adds the content of every local package.
pub(super) fn add(reading: &mut Reading<'_>) -> Result<()> {
    for (path, local) in std::mem::take(&mut reading.packages) {
        package(reading, &path, &local)?;
        reading.into.locals.insert(local);
    }
    Ok(())
}

fn package(reading: &mut Reading<'_>, path: &str, local: &LocalPackage) -> Result<()> {
    let project = path.is_empty() || path == reading.recipe.directory;
    if project && local.editable && reading.recipe.local_paths == LocalPaths::Metadata {
        return metadata(reading, path, local);
    }
    if project {
        reading.warn(format!(
            "{} installs the project itself ({}) with its content: every commit that changes it \
             asks for another image",
            local.named_in, local.path
        ));
    }
    reading.fact(Kind::Metadata, format!("local {}", shown(path)), "content");
    match reading.files.read(path)? {
        Some(bytes) => file(reading, path, &bytes),
        None => content(reading, path, local)?,
    }
    Ok(())
}

/// The code comes with every commit anyway; what decides the image is how it is built.
fn metadata(reading: &mut Reading<'_>, path: &str, local: &LocalPackage) -> Result<()> {
    reading.fact(Kind::Metadata, format!("local {}", shown(path)), "metadata");
    reading.warn(format!(
        "{} installs the project itself ({}): only {} count; `local-paths: content` makes every \
         file count",
        local.named_in,
        local.path,
        METADATA.join(", ")
    ));
    let mut found = false;
    for name in METADATA {
        let path = path::join(path, name).unwrap_or_default();
        if let Some(bytes) = reading.files.read(&path)? {
            file(reading, &path, &bytes);
            found = true;
        }
    }
    if found { Ok(()) } else { missing(local) }
}

/// All files below a directory, and what links there lead to.
fn content(reading: &mut Reading<'_>, directory: &str, local: &LocalPackage) -> Result<()> {
    let listed = reading.files.list(directory)?;
    if listed.is_empty() {
        return missing(local);
    }
    let (mut seen, mut ahead) = (BTreeSet::new(), below(reading, directory, listed)?);
    while let Some(path) = ahead.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let listed = reading.files.list(&path)?;
        if !listed.is_empty() {
            ahead.extend(below(reading, &path, listed)?);
        } else if let Some(bytes) = reading.files.read(&path)? {
            file(reading, &path, &bytes);
        } else {
            reading.warn(format!("{path}, which a symbolic link names, is not in the commit"));
        }
    }
    Ok(())
}

/// Adds what is listed below a directory; yields where its links lead.
fn below(reading: &mut Reading<'_>, directory: &str, all: Vec<Listed>) -> Result<Vec<String>> {
    let mut ahead = Vec::new();
    for listed in all {
        let path = listed.path.strip_prefix(directory).unwrap_or(&listed.path);
        if !skipped(path.trim_start_matches('/')) {
            ahead.extend(one(reading, &listed)?);
        }
    }
    Ok(ahead)
}

/// Adds a listed path; yields where a link leads, which counts too.
fn one(reading: &mut Reading<'_>, listed: &Listed) -> Result<Option<String>> {
    let path = &listed.path;
    match &listed.kind {
        ListedKind::File => {
            let bytes = reading.files.read(path)?.unwrap_or_default();
            file(reading, path, &bytes);
        }
        ListedKind::Submodule(commit) => {
            reading.fact(Kind::Local, path, format!("submodule {commit}"));
        }
        ListedKind::Link(target) => {
            let Some(leads_to) = path::join(path::parent(path), target) else {
                bail!(
                    "{path} is a symbolic link out of the repository ({target}); no commit decides \
                     what is there"
                )
            };
            reading.fact(Kind::Local, path, format!("-> {target}"));
            return Ok(Some(leads_to));
        }
    }
    Ok(None)
}

fn file(reading: &mut Reading<'_>, path: &str, bytes: &[u8]) {
    if bytes.starts_with(LFS) {
        reading.warn(format!(
            "{path} is a pointer of Git LFS: it counts as it is committed, not by what it points to"
        ));
    }
    reading.fact(Kind::Local, path, hex(Sha256::digest(bytes)));
}

/// What building and running leave behind; `path` is from the package's directory.
fn skipped(path: &str) -> bool {
    // A package may have a part that is called `build`; at its top, it is the result of a build.
    let top = path.split('/').next().unwrap_or_default();
    let left_behind = |name: &str| {
        matches!(name, ".git" | "__pycache__" | ".venv")
            || [".pyc", ".egg-info"].iter().any(|ending| name.ends_with(ending))
    };
    (path.contains('/') && matches!(top, "build" | "dist")) || path.split('/').any(left_behind)
}

fn missing(local: &LocalPackage) -> Result<()> {
    bail!("{}, which {} installs, is not in the commit", local.path, local.named_in)
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}
