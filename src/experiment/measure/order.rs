//! In which order trainings start, and which of them share a node.

use super::{Side, Training};

/// Whether the sides of a seed are trained on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// Wherever there is room.
    Anywhere,
    /// One after the other on one node, which takes differences between machines out.
    OneNode,
}

/// Every side with every seed, as chains.  The first side comes first: as many of its trainings as may be end
/// before code of the other arrives, and nothing waits for that.  On one node the sides take turns in going
/// first.
pub fn order<'a>(sides: &[&'a Side<'a>], seeds: &[u64], pairs: Pairs) -> Vec<Vec<Training<'a>>> {
    let seed = |(turn, seed): (usize, &u64)| -> Vec<Training<'a>> {
        let mut of_seed: Vec<_> = sides.iter().map(|side| Training { side, seed: *seed }).collect();
        if turn % 2 == 1 {
            of_seed.reverse();
        }
        of_seed
    };
    let of_side = |side: &&'a Side<'a>| {
        let side = *side;
        seeds.iter().map(move |seed| vec![Training { side, seed: *seed }])
    };
    match pairs {
        Pairs::OneNode => seeds.iter().enumerate().map(seed).collect(),
        Pairs::Anywhere => sides.iter().flat_map(of_side).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        cluster::ray::{Ray, Uploaded},
        experiment::measure::Role,
        git::{Commit, CommitSha},
    };

    #[test]
    fn base_comes_first_and_on_one_node_the_sides_take_turns() {
        let ray = Ray::new(&"http://127.0.0.1:1/".parse().unwrap(), None, None).unwrap();
        let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
        let commit = Commit { sha, subject: String::new() };
        let side = |role| Side {
            role,
            commit: &commit,
            ray: &ray,
            package: Uploaded::nowhere(),
            places: 1.0,
            resources: BTreeMap::new(),
            gpus: None,
            gang: None,
            tags: BTreeMap::new(),
            traced: None,
        };
        let (base, head) = (side(Role::Base), side(Role::Head));
        let told = |pairs| -> Vec<Vec<(&str, u64)>> {
            let chains = order(&[&base, &head], &[1, 2], pairs);
            let one = |training: &Training<'_>| (training.side.role.word(), training.seed);
            chains.iter().map(|chain| chain.iter().map(one).collect()).collect()
        };
        let pairs = [[("base", 1), ("head", 1)], [("head", 2), ("base", 2)]];
        assert_eq!(told(Pairs::OneNode), pairs);
        let all = [("base", 1), ("base", 2), ("head", 1), ("head", 2)];
        assert_eq!(told(Pairs::Anywhere).concat(), all);
    }
}
