//! Words that nobody can guess.

use anyhow::{Context, Result};

use crate::hex::hex;

/// 256 random bits by the operating system, in hexadecimal digits.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system has no random numbers")?;
    Ok(hex(bytes))
}
