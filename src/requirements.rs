//! The requirement files of a commit -> one document and its hash.  Reads by [`Files`], so that the
//! same code serves a working tree and a commit; does no IO of its own, and asks no network, no
//! environment and no clock.

mod canonical;
mod change;
mod document;
mod entry;
mod files;
mod format;
mod formats;
mod head;
mod locals;
mod path;
mod pip;
mod reading;
mod recipe;

use std::collections::BTreeSet;

use anyhow::Result;

pub use change::Change;
pub use document::Document;
pub use entry::{Entry, Gathered, Kind, LocalPackage};
pub use files::{Files, Listed, ListedKind};
pub use format::{Format, Root};
pub(crate) use path::{beside, parent};
use reading::Reading;
pub use recipe::{Base, DEFAULT_PYTHON, Recipe};

/// A requirements file, as it stands in the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementsFile {
    /// Path from the root of the tree, with `/` and without `.` or `..`.
    pub path: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// Reads what decides the environment that `recipe` asks for.
///
/// Fails if a file is not in the commit or leads out of the repository, and if a requirements file
/// holds what no installer would accept.
pub fn read(recipe: &Recipe, files: &dyn Files) -> Result<Document> {
    let into = Gathered::default();
    let mut reading = Reading { recipe, files, into, packages: BTreeSet::new() };
    let mut roots: Vec<Root> = Vec::new();
    for path in &recipe.requirements {
        let path = path::requirements_file("", path)?;
        if roots.iter().any(|root| root.path == path) {
            continue;
        }
        let root = Root { format: Format::of(&path), path };
        formats::read(&mut reading, &root)?;
        roots.push(root);
    }
    locals::add(&mut reading)?;
    for path in &recipe.extra_files {
        let path = path::requirements_file("", path)?;
        let bytes = reading.need(&path, "build.extra-files")?;
        reading.bytes(&path, &bytes);
    }
    let head = head::facts(&mut reading)?;
    Ok(Document { recipe: recipe.clone(), head, roots, gathered: reading.into })
}
