//! Words that nobody can guess.

use anyhow::{Context, Result};

use crate::hex::hex;

/// 256 random bits by the operating system, in hexadecimal digits.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system has no random numbers")?;
    Ok(hex(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_repeat() {
        let tokens: std::collections::BTreeSet<_> = (0..100).map(|_| random().unwrap()).collect();
        assert!(tokens.len() == 100 && tokens.iter().all(|token| token.len() == 64));
    }
}
