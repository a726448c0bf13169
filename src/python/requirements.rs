//! The requirement files of a commit -> one document and its hash.  Reads by [`Files`], so that the
//! same code serves a working tree and a commit; does no IO of its own, and asks no network, no
//! environment and no clock.
//!
//! What is not understood counts as bytes, and nothing that an installer could read is left out: an
//! image made twice without need costs minutes, one that stays the same by mistake costs the answer.

mod change;
mod dockerfile;
mod document;
mod format;
mod head;
mod lines;
mod local;
mod parse;
mod path;
mod pip;
mod project;
mod reading;
mod recipe;
mod table;
mod url;

use anyhow::Result;

use crate::git::{Files, Listed, ListedKind};

pub use change::Change;
pub use document::{Document, Fact, FactKind, LocalPackage};

pub use format::{RequirementsFormat, Root};
pub(crate) use path::{below, beside, parent};
use reading::RequirementsReader;
pub use recipe::{DEFAULT_PYTHON, EnvironmentBase, Recipe, UV};

/// What people read where there are no requirement files.
pub(crate) const NO_FILES: &str = "none: Ray alone is installed";

/// A file that was read, as it stands in the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementsFile {
    /// Path from the root of the tree, with `/` and without `.` or `..`.
    pub path: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// Reads what decides the environment that `recipe` asks for.
///
/// Fails if a file is not in the commit or leads out of the repository, and if the files ask for
/// another Ray than the recipe.
pub fn read(recipe: &Recipe, files: &dyn Files) -> Result<Document> {
    let mut reading = RequirementsReader::new(recipe, files);
    let mut roots: Vec<Root> = Vec::new();
    for path in &recipe.requirements {
        let path = path::within("", path)?;
        if roots.iter().all(|root| root.path != path) {
            roots.push(reading.root(path)?);
        }
    }
    for path in &recipe.build.extra_files {
        let path = path::within("", path)?;
        let bytes = reading.need(&path, "build.extra-files")?;
        reading.bytes(&path, &bytes);
    }
    reading.document.roots = roots;
    reading.document.head = head::facts(&mut reading)?;
    reading.tell_unpinned();
    Ok(reading.document)
}
