//! Words that nobody can guess.

use anyhow::{Context, Result};

use crate::hex::hex;

/// 128 random bits by the operating system, in hexadecimal digits.
pub(super) fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the operating system has no random numbers")?;
    Ok(hex(bytes))
}
