//! URLs and the names of packages: without credentials, in one spelling.

use serde_json::Value;

/// The text without `user:password@` in any URL.  A user name stays for SSH, where it is no secret
/// and part of the address.
pub(super) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after
            .find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        clean.push_str(before);
        clean.push_str("://");
        clean.push_str(&host(authority, before.ends_with("ssh")));
        rest = tail;
    }
    clean + rest
}

fn host(authority: &str, keep_user: bool) -> String {
    match authority.rsplit_once('@') {
        None => authority.to_owned(),
        Some((user, host)) if keep_user => {
            format!("{}@{host}", user.split_once(':').map_or(user, |(name, _)| name))
        }
        Some((_, host)) => host.to_owned(),
    }
}

/// Takes the credentials out of every text of a value: passwords of indexes are never shown, and a
/// new one changes nothing.
pub(super) fn forget_credentials(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('@') && text.contains("://") => {
            *text = without_credentials(text);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_credentials),
        Value::Object(table) => table.values_mut().for_each(forget_credentials),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether pip would look for `${NAME}` in the environment: capitals, digits and `_` only.
pub(super) fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, start)| {
        let rest = &text[at + start.len()..];
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        rest.find(|c| !is_name(c)).is_some_and(|end| end > 0 && rest[end..].starts_with('}'))
    })
}

/// A package's, an extra's or a group's name by PEP 503: lower case, each run of `-_.` a hyphen.
pub(super) fn name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_the_rest_stays() {
        let cases = [
            ("https://u:p@h/x", "https://h/x"),
            ("git+ssh://git:p@h/r@v1", "git+ssh://git@h/r@v1"),
            ("a @ https://u:p@h@i/x b://u@v 'c://w@x'", "a @ https://i/x b://v 'c://x'"),
            ("https://h/a@b", "https://h/a@b"),
        ];
        for (text, clean) in cases {
            assert_eq!(without_credentials(text), clean, "{text}");
        }
    }

    #[test]
    fn names_have_one_spelling_and_variables_are_those_of_pip() {
        assert_eq!(name(" Foo__Bar.-baz"), "foo-bar-baz");
        assert!(has_variable("a${A_1}") && has_variable("${a}${B}"));
        assert!(!has_variable("$A ${a} ${} ${A"));
    }
}
