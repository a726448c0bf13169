//! The seed of a reading: its own, for every reading of every commit and for every question.
//!
//! Were seeds shared, two commits of the same level would read the same number, and a harmless change
//! that only shifts the random stream would look like a step without noise.  Were they shared by two
//! questions, one would read the number again that it knows from the other, and count it twice.

use sha2::{Digest, Sha256};

use crate::{bisect::policy::Measure, git::CommitSha};

/// `question` is [what sets it apart](super::state::SearchState::seeds); `merge` is the merge whose inside is
/// searched.  Below 2^31, which every generator takes.
pub(super) fn seed(
    question: &str,
    merge: Option<&CommitSha>,
    commit: &CommitSha,
    measure: Measure,
) -> u64 {
    let Measure { purpose, repeat, .. } = measure;
    let merge = merge.map_or("", CommitSha::as_str);
    let digest = Sha256::digest(format!("{question} {merge} {commit} {purpose:?} {repeat}"));
    digest.iter().take(4).fold(0, |seed, byte| seed << 8 | u64::from(*byte)) >> 1
}
