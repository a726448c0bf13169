//! Which commit made it worse?  The policy of a noisy bisect with several readings at a time.  Pure.
//!
//! A line of commits begins with a good one (index 0) and ends with a bad one.  A reading is one
//! training's metric, turned so that higher is worse; it is the level before or after the culprit,
//! plus noise.  Both levels and the noise are unknown and integrated out ([`posterior()`]).
//!
//! ```text
//! both ends afresh -> search, k readings a round, until 70 % -> culprit and neighbour afresh -> 95 %: named
//!                     ^-----------------------------------------/ no longer likely
//!                                                            \-> if it seems more than one change: is it?
//! ```
//!
//! A reading that diverged has no value; then the shares that diverge are compared ([`statistics::Share`]).
//!
//! [`statistics::Share`]: crate::statistics::Share
//!
//! [`next`] is a function of what was read ([`Evidence`]) and of the [`Terms`]; it keeps nothing.  So
//! a bisect that was killed goes on from its readings, and none is asked for or counted twice.
//!
//! The batch rule is a section into k + 1 parts of equal probability, after Horstein's probabilistic
//! bisection (IEEE Transactions on Information Theory 9, 1963); the levels are those of a single
//! change point with flat priors (Smith, Biometrika 62, 1975).

mod attribute;
mod batch;
mod claim;
mod confirm;
mod ends;
mod evidence;
mod fit;
mod moments;
mod offsets;
mod outcome;
mod posterior;
mod residual;
mod shares;
mod step;
mod terms;

pub use attribute::{Cause, Cells, attribute};
pub use batch::{batch, no_longer_matters};
pub use evidence::{Evidence, Measure, Purpose, SkipReason};
pub use outcome::{BisectOutcome, Claim, CommitSpan, End, Levels};
pub use posterior::posterior;
pub use residual::TwoSteps;
pub use step::{SearchProgress, Step, next};
pub use terms::{KnownNoise, Terms};

#[cfg(test)]
mod tests;
