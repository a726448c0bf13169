//! Noise of known shape, with mean 0 and standard deviation 1, from a seeded generator.

use std::f64::consts::TAU;

/// `SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0 and below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what fits")]
        let bits = (self.next() >> 11) as f64;
        (bits + 0.5) / 9_007_199_254_740_992.0
    }

    /// Box and Muller, "A note on the generation of random normal deviates" (1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

/// Shapes of noise from seed to seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Normal,
    Lognormal,
    Bimodal,
    StudentT3,
}

impl Shape {
    pub(crate) const ALL: [Self; 4] =
        [Self::Normal, Self::Lognormal, Self::Bimodal, Self::StudentT3];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Lognormal => "lognormal (sigma .7)",
            Self::Bimodal => "bimodal 80/20 (10 SD apart)",
            Self::StudentT3 => "Student's t, 3 df",
        }
    }

    /// One value; the tails of the skewed shapes are where the metric is worse.
    pub(crate) fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Normal => random.normal(),
            Self::Lognormal => {
                let square = 0.7_f64.powi(2);
                let variance = square.exp_m1() * square.exp();
                ((0.7 * random.normal()).exp() - (square / 2.0).exp()) / variance.sqrt()
            }
            Self::Bimodal => {
                let mode = if random.uniform() < 0.2 { 10.0 } else { 0.0 };
                (mode + random.normal() - 2.0) / 17.0_f64.sqrt()
            }
            Self::StudentT3 => {
                let squares: f64 = (0..3).map(|_| random.normal().powi(2)).sum();
                // A variance of 3.
                random.normal() / (squares / 3.0).sqrt() / 3.0_f64.sqrt()
            }
        }
    }

    pub(crate) fn draws<const N: usize>(self, random: &mut Random) -> [f64; N] {
        std::array::from_fn(|_| self.draw(random))
    }
}
