//! A base that is known from the history, while the world may have moved since: the first of its seeds is trained
//! again, as a comparison does it.

use regression_action::verdict::{EarlierValues, Reading, repeats};

use crate::{
    draws::Random,
    promises::{PLANNED, SEEDS, Side, World},
};

/// What is known of base, and what became of the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reuse {
    /// By how much all trainings are worse today; in standard deviations of base.
    pub(crate) drift: f64,
    /// Share of the standard deviation that a seed does not fix, from 0 to 1.
    pub(crate) loose: f64,
    /// Earlier trainings with the seed that is trained again; of other seeds there is one.
    pub(crate) times: usize,
}

impl Reuse {
    /// Base as it is known, and true; or as it is today, and false, if the seed does not repeat what it gave.
    pub(crate) fn base(self, world: &World, random: &mut Random) -> (Side, bool) {
        let (mut known, mut today, mut holds) = (Side::new(), Side::new(), true);
        let fixed = (1.0 - self.loose * self.loose).sqrt();
        for _ in 0..world.metrics {
            let of_seed: [f64; SEEDS] = world.shapes[0].draws(random);
            let mut train = |seed: usize, drift: f64| {
                world.mean() + drift + fixed * of_seed[seed] + self.loose * random.normal()
            };
            let first = (0..self.times).map(|_| train(0, 0.0)).collect();
            let others: Vec<f64> = (1..PLANNED).map(|seed| train(seed, 0.0)).collect();
            let once = others.iter().map(|value| vec![*value]);
            let earlier: EarlierValues = (0..).zip([first].into_iter().chain(once)).collect();
            let again = train(0, self.drift);
            let anew: Vec<f64> = (1..SEEDS).map(|seed| train(seed, self.drift)).collect();
            holds &= repeats(world.metric(), world.metrics, &earlier, (0, again));
            let with =
                |rest: Vec<f64>| [again].into_iter().chain(rest).map(Reading::Value).collect();
            known.push(with(others));
            today.push(with(anew));
        }
        if holds { (known, true) } else { (today, false) }
    }
}
