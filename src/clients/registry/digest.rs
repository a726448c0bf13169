//! The sha256 by which registries name content.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use crate::hex::hex;

const ALGORITHM: &str = "sha256:";

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(ALGORITHM.to_owned() + &hex(Sha256::digest(bytes)))
    }

    /// With `sha256:` before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(ALGORITHM).ok_or(DigestError)?;
        let plain = digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if digits.len() == 64 && plain { Ok(Self(text.to_owned())) } else { Err(DigestError) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text names no content by its sha256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 lower-case hexadecimal digits")]
pub struct DigestError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sha256sum_says_is_what_we_say() {
        // `printf '' | sha256sum`
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(empty.parse::<Digest>().unwrap().to_string(), empty);
    }

    #[test]
    fn other_forms_are_refused() {
        let digits = "a".repeat(64);
        for wrong in [
            digits.clone(),
            format!("sha512:{digits}"),
            format!("sha256:{digits}a"),
            format!("sha256:{}", digits.to_uppercase()),
            "sha256:".to_owned(),
        ] {
            assert_eq!(wrong.parse::<Digest>(), Err(DigestError), "{wrong}");
        }
    }
}
