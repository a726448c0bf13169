//! Numbers that look random and depend on their key alone.

/// One simulated bisect: a line, its culprit and the step in deviations of a reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) last: usize,
    pub(crate) culprit: usize,
    pub(crate) separation: f64,
    pub(crate) kind: Kind,
}

/// What is unlike a plain step, whose readings differ by noise alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Plain,
    /// Each commit has an offset of its own, of this deviation.
    Offsets(f64),
    /// From the culprit on this share of readings diverges; the others are as before.
    Diverges(f64),
    /// No culprit: this share of all readings diverges.
    AllDiverge(f64),
    /// No culprit: from the first commit to the last it becomes worse little by little.
    Drift,
}

impl World {
    /// The culprit is anywhere in `1..=last`.
    pub(crate) fn new(seed: u64, last: usize, separation: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "less than `last`")]
        let culprit = 1 + (mixed(seed) % last as u64) as usize;
        Self { seed, last, culprit, separation, kind: Kind::Plain }
    }

    /// The `count`-th reading of `commit`: levels 0 and `separation`, deviation 1; NaN if it diverged.
    pub(crate) fn reading(&self, commit: usize, count: usize) -> f64 {
        let key =
            mixed(mixed(self.seed ^ 0x00b1_5ec7) ^ mixed(((commit as u64) << 32) | count as u64));
        let is_bad = commit >= self.culprit;
        let step = if is_bad { self.separation } else { 0.0 };
        let level = match self.kind {
            Kind::Plain => step,
            Kind::Offsets(deviation) => {
                step + deviation * normal(mixed(self.seed ^ 0x00ff_5e75) ^ mixed(commit as u64))
            }
            Kind::Diverges(share) if is_bad && uniform(key ^ 0xd1_4e46) < share => f64::NAN,
            Kind::AllDiverge(share) if uniform(key ^ 0xd1_4e46) < share => f64::NAN,
            Kind::Diverges(_) | Kind::AllDiverge(_) => 0.0,
            Kind::Drift => self.separation * commit as f64 / self.last as f64,
        };
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
    let radius = (-2.0 * uniform(key).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(!key)).cos()
}

/// Between 0 and 1.
fn uniform(key: u64) -> f64 {
    ((mixed(key) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

impl World {
    /// Whether there is a commit to be named.
    pub(crate) fn has_culprit(&self) -> bool {
        match self.kind {
            Kind::Drift | Kind::AllDiverge(_) => false,
            Kind::Diverges(_) => true,
            Kind::Plain | Kind::Offsets(_) => self.separation > 0.0,
        }
    }

    /// What `git bisect run` names if each step is one reading, and the readings it takes.  As the script of
    /// `git bisect run` is in [`crate::git`], it is given the middle of the two levels; a reading that
    /// diverged is bad.
    pub(crate) fn halved(&self) -> (usize, usize) {
        let threshold =
            if let Kind::Diverges(_) = self.kind { f64::MAX } else { self.separation / 2.0 };
        let (mut good, mut bad, mut readings) = (0, self.last, 0);
        while bad - good > 1 {
            let middle = usize::midpoint(good, bad);
            readings += 1;
            let value = self.reading(middle, 0);
            if value.is_finite() && value <= threshold { good = middle } else { bad = middle }
        }
        (bad, readings)
    }
}
