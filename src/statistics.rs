//! Means, differences and their bounds, error rates and power: pure functions of numbers.
//!
//! Each function names the source of its formula; the tests hold published values.

mod chi_squared;
mod difference;
mod fisher;
mod holm;
mod looks;
mod power;
mod sample;
mod student;

pub use chi_squared::{chi_squared_quantile, chi_squared_tail};
pub use difference::Difference;
pub use fisher::Share;
pub use holm::holm;
pub use looks::nominal_level;
pub use power::{Growth, detectable, seeds_needed, separation};
pub use sample::Sample;
pub use student::{quantile, tail};

#[cfg(test)]
mod tests;
