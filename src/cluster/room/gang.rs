//! The workers that one training starts, and how many such gangs have room.

use super::{
    slots::{of_nodes, whole_gangs},
    want::{Resources, Want, amounts},
};
use crate::{
    cluster::ray::{CPU, GPU, Node},
    config::{Placement, TrainingNeeds},
};

/// The workers that one training starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Gang {
    /// How many.
    pub workers: u32,
    /// What each takes, by Ray's names.
    pub each: Resources,
    /// Where they run.
    pub placement: Placement,
}

impl Gang {
    /// Of a training that names several; `whole` is what each takes if nothing is said of that.
    pub(super) fn of(needs: &TrainingNeeds, wants: &[Want], whole: &[(&str, f64)]) -> Option<Self> {
        let workers = Some(needs.gang()).filter(|workers| *workers > 1)?;
        let mut each = amounts(wants);
        // Memory alone would be found on a head, on which nothing is trained.
        if !each.contains_key(CPU) && !each.contains_key(GPU) {
            let whole = whole.iter().filter(|(_, amount)| *amount > 0.0);
            each.extend(whole.map(|(name, amount)| ((*name).to_owned(), *amount)));
        }
        Some(Self { workers, each, placement: needs.placement() })
    }

    /// How many gangs have room on these nodes together, used or not.  At least one, for whoever asks has seen that
    /// Ray has places for one.
    pub(crate) fn room_on(&self, nodes: &[Node]) -> u64 {
        let slots = of_nodes(nodes, &self.each);
        let gangs = whole_gangs((self.workers, self.placement), &slots);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 up")]
        let gangs = gangs.max(1.0) as u64;
        gangs
    }
}
