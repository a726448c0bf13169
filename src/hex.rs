//! Bytes as lower-case hexadecimal digits, and hashes of texts.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Two digits a byte.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The hash of texts, none of which can run into the next.
pub(crate) fn name_of<'a>(
    kind: &'a str,
    parts: impl IntoIterator<Item = &'a str>,
    bytes: usize,
) -> String {
    hex(&digest_of(kind, parts)[..bytes])
}

/// The same as bytes, all of them.
pub(crate) fn digest_of<'a>(kind: &'a str, parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in std::iter::once(kind).chain(parts) {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
