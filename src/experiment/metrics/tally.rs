//! What one source told of metrics: the last value of each, and what could not be read.

use std::collections::BTreeSet;

use super::{
    Doubt, Readings,
    line::{self, Unread},
};

/// Most names that are kept: nothing that a training prints makes us grow without end.
const MOST_NAMES: usize = 10_000;

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The last readable value of each name.
    pub(super) values: Readings,
    /// The newest that could not be read, unless something later made up for it.
    pub(super) unread: Option<Unread>,
    /// The first for which something later did.
    pub(super) superseded: Option<Unread>,
    /// Names that are null where they stand last.
    pub(super) nulls: BTreeSet<String>,
}

impl Tally {
    /// Takes values in.  They make up for what could not be read, once each name in it came again.
    pub(super) fn read(&mut self, values: impl IntoIterator<Item = (String, f64)>) {
        let mut any = false;
        for (name, value) in values {
            any = true;
            self.nulls.remove(&name);
            if let Some(unread) = &mut self.unread {
                unread.names.retain(|missing| *missing != name);
            }
            if self.values.len() < MOST_NAMES || self.values.contains_key(&name) {
                self.values.insert(name, value);
            }
        }
        let made_up_for = |unread: &mut Unread| any && unread.names.is_empty();
        if let Some(unread) = self.unread.take_if(made_up_for) {
            self.superseded.get_or_insert(unread);
        }
    }

    /// Takes in what cannot be read.
    pub(super) fn fail(&mut self, mut unread: Unread) {
        if let Some(before) = self.unread.take() {
            let new = before.names.into_iter().filter(|name| !unread.names.contains(name));
            let new: Vec<String> = new.collect();
            unread.names.extend(new);
            unread.names.truncate(line::MOST_NAMES);
        }
        self.unread = Some(unread);
    }

    /// Takes in what another source told, which counts for more.
    pub(super) fn outdo(&mut self, other: Self) {
        self.read(other.values);
        self.nulls.extend(other.nulls);
        self.superseded = self.superseded.take().or(other.superseded);
        if let Some(unread) = other.unread {
            self.fail(unread);
        }
    }

    /// Where a file says something else.
    pub(super) fn differing(&self, file: &Self) -> Vec<Doubt> {
        let both = file.values.iter().filter_map(|(name, file)| {
            let log = self.values.get(name)?;
            let differs = log.to_bits() != file.to_bits();
            differs.then(|| Doubt::FileDiffers { name: name.clone(), file: *file, log: *log })
        });
        both.collect()
    }
}
