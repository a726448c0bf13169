//! What is odd about readings of a run's trainings: told once for each kind, and kept for the report.

use std::{
    mem::{Discriminant, discriminant},
    sync::{Mutex, PoisonError},
};

use crate::{experiment::metrics::Doubt, output::count, progress::Progress};

/// The doubts so far.
#[derive(Debug, Default)]
pub struct Doubts(Mutex<Vec<DoubtKind>>);

/// Doubts of one kind.
#[derive(Debug)]
struct DoubtKind {
    of: Discriminant<Doubt>,
    /// The first, with the training's name.
    first: String,
    /// Trainings with another one.
    more: usize,
}

impl Doubts {
    /// Takes a training's doubts in, and tells those of a new kind.
    pub(crate) fn add(&self, training: &str, doubts: &[Doubt], progress: &Progress) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for doubt in doubts {
            let kind = discriminant(doubt);
            if let Some(known) = kinds.iter_mut().find(|known| known.of == kind) {
                known.more += 1;
                continue;
            }
            let first = format!("{training}: {doubt}");
            progress.say(format!("warning: {first}"));
            kinds.push(DoubtKind { of: kind, first, more: 0 });
        }
    }

    /// The same for the report: one sentence for each kind.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = kinds.iter().map(|kind| match kind.more {
            0 => kind.first.clone(),
            more => format!("{} (and {} like it)", kind.first, count(more, "warning")),
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_and_counted() {
        let doubts = Doubts::default();
        let ranks = |value| Doubt::Ranks {
            name: "loss".to_owned(),
            told: vec![("rank 0".to_owned(), value), ("rank 1".to_owned(), 0.5)],
        };
        let torn = Doubt::Superseded { text: "{".to_owned(), reason: "torn".to_owned() };
        doubts.add("head, seed 1", &[ranks(0.1), torn], &Progress::silent());
        doubts.add("head, seed 2", &[ranks(0.2)], &Progress::silent());
        let [of_ranks, torn] = doubts.warnings().try_into().unwrap();
        assert!(of_ranks.starts_with("head, seed 1: loss was reported"), "{of_ranks}");
        assert!(of_ranks.contains("(rank 0: 0.1, rank 1: 0.5), and the last, 0.5, counts"));
        assert!(of_ranks.ends_with("(and 1 warning like it)"), "{of_ranks}");
        assert_eq!(torn, "head, seed 1: `{` cannot be read (torn); what came later counts");
    }
}
