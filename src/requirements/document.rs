//! The canonical, versioned text of all that decides an environment, and its hash.

use sha2::{Digest, Sha256};

use super::{Change, Entry, Gathered, LocalPackage, Recipe, RequirementsFile, Root, change};
use crate::hex::hex;

/// Raised when the same facts must give another environment than they did before.
const VERSION: &str = "1";

/// All that decides an environment: a pure function of a commit and a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What was asked for.
    pub(super) recipe: Recipe,
    /// Facts of the recipe.
    pub(super) head: Vec<Vec<String>>,
    /// The files that were asked for, in that order.
    pub(super) roots: Vec<Root>,
    /// What the files say.
    pub(super) gathered: Gathered,
}

impl Document {
    /// The canonical text: one fact a line, each a JSON array of strings; `sha256sum` of it is the
    /// hash.
    pub fn text(&self) -> String {
        let mut text = format!("[\"regression-action requirements\",\"{VERSION}\"]\n");
        let mut line = |words: &[&str]| {
            // Strings always have a form in JSON.
            text.push_str(&serde_json::to_string(words).unwrap_or_default());
            text.push('\n');
        };
        for fact in &self.head {
            line(&fact.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for entry in &self.gathered.entries {
            line(&[entry.kind.word(), &entry.name, &entry.value]);
        }
        text
    }

    /// The SHA-256 of the text: 64 hex digits.
    pub fn hash(&self) -> String {
        hex(Sha256::digest(self.text()))
    }

    /// The tag of the image: `req1-` and the first 20 digits of the hash.
    pub fn tag(&self) -> String {
        format!("req{VERSION}-{:.20}", self.hash())
    }

    /// What was asked for.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What the files say, in the order of the text.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.gathered.entries.iter()
    }

    /// What a reader should know: what was not understood, what can change without a commit.
    pub fn warnings(&self) -> &[String] {
        &self.gathered.warnings
    }

    /// Every file that was read, once, in the order of reading.
    pub fn files(&self) -> &[RequirementsFile] {
        &self.gathered.files
    }

    /// The requirement files that were asked for, in that order.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Packages of the repository itself that the requirements name.
    pub fn locals(&self) -> impl Iterator<Item = &LocalPackage> {
        self.gathered.locals.iter()
    }

    /// What differs from the document of another commit, in words.
    pub fn changes_since(&self, before: &Self) -> Vec<Change> {
        change::changes(before, self)
    }
}
