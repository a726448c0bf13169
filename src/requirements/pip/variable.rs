//! `${NAME}` in requirements files, which pip would look for in the environment.

use anyhow::{Result, bail};

/// Refuses `${NAME}` in the name of a file: which file it is would depend on the machine.
pub(super) fn refuse(path: &str, named_in: &str) -> Result<()> {
    if is_in(path) {
        bail!(
            "{named_in} takes the path {path} from an environment variable, so that no commit \
             decides it; write the path itself"
        );
    }
    Ok(())
}

/// Whether pip would look for `${NAME}` in the environment: capitals, digits and `_` only.
pub(super) fn is_in(text: &str) -> bool {
    text.match_indices("${").any(|(at, start)| {
        let rest = &text[at + start.len()..];
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        rest.find(|c| !is_name(c)).is_some_and(|end| end > 0 && rest[end..].starts_with('}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_what_pip_expands() {
        assert!(is_in("a${A_1}") && is_in("${a}${B}"));
        assert!(!is_in("$A ${a} ${} ${A"));
    }
}
