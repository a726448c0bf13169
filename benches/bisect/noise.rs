//! Numbers that look random and depend on their key alone.

/// One simulated bisect: a line, its culprit and the step in deviations of a reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) last: usize,
    pub(crate) culprit: usize,
    pub(crate) separation: f64,
}

impl World {
    /// The culprit is anywhere in `1..=last`.
    pub(crate) fn new(seed: u64, last: usize, separation: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "less than `last`")]
        let culprit = 1 + (mixed(seed) % last as u64) as usize;
        Self { seed, last, culprit, separation }
    }

    /// The `count`-th reading of `commit`: levels 0 and `separation`, deviation 1.
    pub(crate) fn reading(&self, commit: usize, count: usize) -> f64 {
        let key =
            mixed(mixed(self.seed ^ 0x00b1_5ec7) ^ mixed(((commit as u64) << 32) | count as u64));
        let level = if commit < self.culprit { 0.0 } else { self.separation };
        level + normal(key)
    }
}

/// Splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
fn mixed(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Box and Muller, "A note on the generation of random normal deviates" (1958).
fn normal(key: u64) -> f64 {
    let uniform = |key: u64| ((mixed(key) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let radius = (-2.0 * uniform(key).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(!key)).cos()
}
