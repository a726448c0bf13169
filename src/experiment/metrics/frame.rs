//! The marks that our own words around a training's have in its log.

/// Marks with a word that nobody can guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    begins: String,
    wrote: String,
}

/// What our words say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ours<'a> {
    /// The training's words begin.
    Begins,
    /// A line of a file.
    Wrote(MetricsOrigin, &'a str),
}

/// Where metrics were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsOrigin {
    /// On a line of the log.
    Line,
    /// On a line that a pattern of the config matches.
    Match,
    /// In the file of the tree that the config names.
    Tree,
    /// In the file that [`super::FILE_VARIABLE`] names.
    File,
}

impl Frame {
    /// The marks with that word.
    pub fn new(word: &str) -> Self {
        Self {
            begins: format!("REGRESSION_BEGINS {word}"),
            wrote: format!("REGRESSION_WROTE {word} "),
        }
    }

    /// Whether the training's words begin behind a line.
    pub(crate) fn begins(&self, line: &str) -> bool {
        // Something may stand before it, whose line was not ended.
        line.trim_end().ends_with(&self.begins)
    }

    /// What a line of ours says; none if it is the training's.
    pub(super) fn read<'a>(&self, line: &'a str) -> Option<Ours<'a>> {
        if self.begins(line) {
            return Some(Ours::Begins);
        }
        let (tag, content) = line.strip_prefix(&self.wrote)?.split_once(' ')?;
        let place = if tag == "tree" { MetricsOrigin::Tree } else { MetricsOrigin::File };
        Some(Ours::Wrote(place, content))
    }
}
