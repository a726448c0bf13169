//! Nodes with room for workers, and how many whole gangs of them fit.

use super::want::{Resources, fit};
use crate::{
    cluster::ray::Node,
    config::{Placement, TrainingNeeds},
};

/// How many nodes have room for how many workers each.
pub(super) type Slots = (f64, f64);

/// Of the nodes that a Ray has; whatever takes nothing that is named takes a CPU.
pub(super) fn of_nodes(nodes: &[Node], takes: &Resources) -> Vec<Slots> {
    let on = |node: &Node| {
        if takes.is_empty() { node.cpus() } else { fit(&node.resources, takes) }
    };
    nodes.iter().map(|node| (1.0, on(node))).collect()
}

pub(super) fn total(nodes: &[Slots]) -> f64 {
    nodes.iter().map(|(count, slots)| count * slots).sum()
}

/// How many gangs have room with all of their workers, placed as declared.  Of so many never do all wait for each
/// other, whichever nodes they began on: there is a place left on a node that one of them does not have yet.
pub(super) fn whole_gangs((workers, placement): (u32, Placement), nodes: &[Slots]) -> f64 {
    let workers = f64::from(workers);
    if usable(placement, nodes, 1.0) < workers {
        return 0.0;
    }
    let mut gangs = (usable(placement, nodes, f64::INFINITY) / workers).floor();
    while usable(placement, nodes, gangs) < gangs * workers {
        gangs -= 1.0;
    }
    gangs
}

/// How many workers of one training have room.
pub(super) fn of_one(needs: &TrainingNeeds, nodes: &[Slots]) -> f64 {
    usable(needs.placement(), nodes, 1.0)
}

/// How many workers of so many gangs have room: on a node, one of each gang that spreads.
fn usable(placement: Placement, nodes: &[Slots], gangs: f64) -> f64 {
    let most = match placement {
        Placement::Pack => f64::INFINITY,
        Placement::Spread => gangs,
    };
    nodes.iter().map(|(count, slots)| count * slots.floor().min(most)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_holds_one_worker_of_each_gang_that_spreads() {
        let gangs = |workers, nodes: &[Slots]| {
            let [pack, spread] = [Placement::Pack, Placement::Spread];
            (whole_gangs((workers, pack), nodes), whole_gangs((workers, spread), nodes))
        };
        assert_eq!(gangs(2, &[(4.0, 1.0)]), (2.0, 2.0));
        assert_eq!(gangs(2, &[(1.0, 8.0)]), (4.0, 0.0));
        assert_eq!(gangs(3, &[(3.0, 4.0)]), (4.0, 4.0));
        assert_eq!(gangs(2, &[(3.0, 2.0)]), (3.0, 3.0));
        // The first node's other places serve none.
        assert_eq!(gangs(2, &[(1.0, 8.0), (1.0, 3.0)]), (5.0, 3.0));
        assert_eq!(gangs(3, &[(1.0, 8.0), (2.0, 1.0)]), (3.0, 1.0));
        assert_eq!(gangs(2, &[(2.0, 1.5)]), (1.0, 1.0));
        assert_eq!(gangs(2, &[(1.0, f64::INFINITY)]), (f64::INFINITY, 0.0));
        assert_eq!(gangs(2, &[]), (0.0, 0.0));
    }
}
