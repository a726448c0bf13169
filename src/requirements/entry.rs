//! What reading requirements gathers: facts that decide what gets installed, files, warnings.

use std::collections::BTreeSet;

use super::RequirementsFile;

/// A fact that decides what gets installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What sort of fact.
    pub kind: Kind,
    /// What it is about: a package's normalised name, an option, a path.
    pub name: String,
    /// What it says, in canonical form.
    pub value: String,
}

/// Sorts of facts, in the order in which the document lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A package that gets installed.
    Requirement,
    /// A bound on a package, should it get installed.
    Constraint,
    /// An option of the installer, such as an index.
    Option,
    /// A package of a lock file.
    Locked,
    /// What else a project file or a lock says.
    Metadata,
    /// A channel of conda.
    Channel,
    /// A file of a local package.
    Local,
    /// A file that counts by its bytes.
    File,
}

impl Kind {
    /// Its name in the document.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requirement => "requirement",
            Self::Constraint => "constraint",
            Self::Option => "option",
            Self::Locked => "locked",
            Self::Metadata => "metadata",
            Self::Channel => "channel",
            Self::Local => "local",
            Self::File => "file",
        }
    }
}

/// A package in the repository itself, which a requirement names by its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalPackage {
    /// The path as it was typed, without extras and `file:`.
    pub path: String,
    /// Installed by `-e`.
    pub editable: bool,
    /// The requirements file that names it.
    pub named_in: String,
}

/// What reading gathers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The facts.
    pub entries: BTreeSet<Entry>,
    /// Packages of the repository itself; their content is added to the facts afterwards.
    pub locals: BTreeSet<LocalPackage>,
    /// Every file that was read, once, in the order of reading.
    pub files: Vec<RequirementsFile>,
    /// What a reader should know: what was not understood, what can change without a commit.
    pub warnings: Vec<String>,
}
