//! Text as a shell takes it.

#[cfg(test)]
#[path = "../tests/world/executable.rs"]
pub(crate) mod executable;

/// Text as one word of a shell, as it is where that is one already.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
