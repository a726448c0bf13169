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
    Wrote(Place, &'a str),
}

/// Where metrics were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On a line of the log.
    Line,
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

    /// What a line of ours says; none if it is the training's.
    pub(super) fn read<'a>(&self, line: &'a str) -> Option<Ours<'a>> {
        // Something may stand before it, whose line was not ended.
        if line.trim_end().ends_with(&self.begins) {
            return Some(Ours::Begins);
        }
        let content = line.strip_prefix(&self.wrote)?.strip_prefix("file ")?;
        Some(Ours::Wrote(Place::File, content))
    }
}
