//! Whether a training that is done again gives what it gave before.

use std::collections::BTreeMap;

use super::ruler::Ruler;
use crate::{
    config::Metric,
    statistics::{Sample, quantile},
};

/// How often, at most, a training of which nothing changed is said to give something else.
const RATE: f64 = 0.01;

/// The values of one metric that earlier trainings of a commit gave, by their seed, oldest first.
pub type EarlierValues = BTreeMap<u64, Vec<f64>>;

/// How far from each other trainings may be.
#[derive(Debug, Clone, Copy)]
struct Noise {
    variance: f64,
    freedom: f64,
}

/// Whether a training with `seed` that gave `value` repeats the earlier ones with that seed, for one of
/// `metrics` that are asked; true where there was none.
///
/// The value lies within the prediction interval about the mean of the earlier ones, mean ± t s √(1 + 1/n),
/// for s from repeats of one seed, and for s from seed to seed, which is no smaller; of each as far as it is
/// known.  Repeats that are all the same leave no room: there a seed fixes the training.  Nor is there any
/// where neither is known.
pub fn repeats(
    metric: Metric,
    metrics: usize,
    earlier: &EarlierValues,
    (seed, value): (u64, f64),
) -> bool {
    let ruler = Ruler::of(metric);
    let badness = |values: &Vec<f64>| -> Vec<f64> {
        let values = values.iter().map(|value| ruler.badness(*value));
        values.filter(|value| value.is_finite()).collect()
    };
    let earlier: BTreeMap<u64, Vec<f64>> =
        earlier.iter().map(|(seed, values)| (*seed, badness(values))).collect();
    let Some(before) = earlier.get(&seed).filter(|values| !values.is_empty()) else { return true };
    let before = Sample::of(before);
    let noises = noises(metric, &earlier);
    let least = ruler.least_variance(metric.resolution, before.mean);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let share = RATE / (metrics * noises.len()) as f64;
    let distance = (ruler.badness(value) - before.mean).abs();
    noises.iter().all(|noise| {
        let variance = noise.variance.max(least) * (1.0 + before.count.recip());
        distance <= quantile(share / 2.0, noise.freedom) * variance.sqrt()
    })
}

/// What is known of the noise: of one seed, and from seed to seed.
fn noises(metric: Metric, earlier: &EarlierValues) -> Vec<Noise> {
    const NONE: Noise = Noise { variance: 0.0, freedom: f64::INFINITY };
    if metric.deterministic {
        return vec![NONE];
    }
    let samples: Vec<Sample> = earlier
        .values()
        .filter(|values| !values.is_empty())
        .map(|values| Sample::of(values))
        .collect();
    let freedom: f64 = samples.iter().map(|sample| sample.count - 1.0).sum();
    let squares: f64 = samples.iter().map(|sample| (sample.count - 1.0) * sample.variance).sum();
    let of_seed = Noise { variance: squares / freedom, freedom };
    let latest: Vec<f64> = earlier.values().filter_map(|values| values.last().copied()).collect();
    let latest = Sample::of(&latest);
    let from_seed = match metric.sd {
        Some(sd) => Noise { variance: sd * sd, freedom: f64::INFINITY },
        None => Noise { variance: latest.variance, freedom: latest.count - 1.0 },
    };
    let known: Vec<Noise> =
        [of_seed, from_seed].into_iter().filter(|noise| noise.freedom > 0.0).collect();
    if known.is_empty() { vec![NONE] } else { known }
}
