//! Which namespace our objects go to.  Pure.

use anyhow::{Result, bail};

use super::given;

const DNS_LABEL_LENGTH: usize = 63;

/// The option, else the context's, else `default`.
pub(super) fn choose(wanted: Option<&str>, of_context: Option<&str>) -> Result<String> {
    let named = given(wanted).or(given(of_context)).unwrap_or("default");
    if !is_dns_label(named) {
        bail!(
            "`{named}` is not the name of a namespace: at most {DNS_LABEL_LENGTH} lower-case \
             letters, digits and `-`, with a letter or digit first and last"
        );
    }
    Ok(named.to_owned())
}

/// RFC 1123, which Kubernetes asks of the names of namespaces.
fn is_dns_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=DNS_LABEL_LENGTH).contains(&name.len())
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_dns_labels() {
        let long = "a".repeat(64);
        for (name, good) in [
            ("ml", true),
            ("a-1", true),
            ("-a", false),
            ("a-", false),
            ("A", false),
            ("a.b", false),
        ] {
            assert_eq!(is_dns_label(name), good, "{name}");
        }
        assert!(is_dns_label(&long[1..]) && !is_dns_label(&long) && !is_dns_label(""));
    }
}
