//! The canonical, versioned text of all that decides an environment, and its hash.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Change, Recipe, RequirementsFile, Root, change};
use crate::hex::hex;

/// Raised when the same facts must give another environment than they did before.
const VERSION: &str = "2";

/// A fact that decides what gets installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What sort of fact.
    pub kind: FactKind,
    /// What it is about: a package's normalised name, an option's number, a path.
    pub name: String,
    /// What it says, in canonical form.
    pub value: String,
}

/// Sorts of facts, in the order in which the document lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// A package that gets installed.
    Requirement,
    /// A bound on a package, should it get installed.
    Constraint,
    /// An option of the installer, such as an index; their order counts.
    Option,
    /// A package of a lock file.
    Locked,
    /// What else a project file or a lock says.
    Metadata,
    /// A file that counts by its content.
    File,
}

impl FactKind {
    /// Its name in the document.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requirement => "requirement",
            Self::Constraint => "constraint",
            Self::Option => "option",
            Self::Locked => "locked",
            Self::Metadata => "metadata",
            Self::File => "file",
        }
    }
}

/// A package in the repository itself, which a requirement names by its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalPackage {
    /// Where it is, from the root of the tree.
    pub directory: String,
    /// The path as it was typed, without extras and `file:`.
    pub path: String,
    /// The requirements file that names it.
    pub named_in: String,
}

/// All that decides an environment: a pure function of a commit and a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What was asked for.
    pub recipe: Recipe,
    /// Facts of the recipe: word and value.
    pub head: Vec<(&'static str, String)>,
    /// The requirement files that were asked for, in that order.
    pub roots: Vec<Root>,
    /// What the files say, in the order of the text.
    pub entries: BTreeSet<Fact>,
    /// Every file that was read, once, in the order of reading.
    pub files: Vec<RequirementsFile>,
    /// Packages of the repository itself that the requirements name.
    pub locals: BTreeSet<LocalPackage>,
    /// Files and directories, from the root of the tree (which is empty), of which everything counts
    /// because the installer may read everything.
    pub whole: BTreeSet<String>,
    /// What a reader should know: what was not understood, what can change without a commit.
    pub warnings: Vec<String>,
}

impl Document {
    /// The canonical text: one fact a line, each a JSON array of strings; `sha256sum` of it is the
    /// hash.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: &[&str]| {
            // Strings always have a form in JSON.
            text.push_str(&serde_json::to_string(words).unwrap_or_default());
            text.push('\n');
        };
        line(&["regression-action requirements", VERSION]);
        for (word, value) in &self.head {
            line(&[word, value]);
        }
        for entry in &self.entries {
            line(&[entry.kind.word(), &entry.name, &entry.value]);
        }
        text
    }

    /// The SHA-256 of the text: 64 hex digits.
    pub fn hash(&self) -> String {
        hex(Sha256::digest(self.text()))
    }

    /// The tag of the image: `req2-` and the first 20 digits of the hash.
    pub fn tag(&self) -> String {
        format!("req{VERSION}-{:.20}", self.hash())
    }

    /// What differs from the document of another commit, in words.
    pub fn changes_since(&self, before: &Self) -> Vec<Change> {
        change::changes(before, self)
    }
}
