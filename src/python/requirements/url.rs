//! URLs and the names of packages: without credentials, in one spelling.

/// What names of parameters end in whose values are secret.
const SECRET: [&str; 11] = [
    "token",
    "apikey",
    "_key",
    "-key",
    "secret",
    "password",
    "auth",
    "sig",
    "signature",
    "credential",
    "jwt",
];
/// Stands for a secret that has a place in the URL.
const MASK: &str = "***";
/// A token of a channel is longer; what is shorter is a part of the address, such as `/t/v1/`, and counts.
const SHORTEST_TOKEN: usize = 8;

/// The text without `user:password@` in any URL, with the tokens of conda's channels (`/t/TOKEN/` behind
/// the host) and of parameters (`?token=TOKEN`) masked.  A user name stays for SSH, where it is no secret
/// and part of the address.
pub(super) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let (authority, tail) = after.split_at(end(after, &['/', '?', '#']));
        let before_it = masked(before, !clean.is_empty());
        clean.extend([&*before_it, "://"]);
        clean.push_str(&host(authority, before.ends_with("ssh")));
        rest = tail;
        let token = tail.strip_prefix("/t/").unwrap_or_default();
        let length = end(token, &['/', '?', '#']);
        if length >= SHORTEST_TOKEN {
            clean.extend(["/t/", MASK]);
            rest = &token[length..];
        }
    }
    clean.push_str(&masked(rest, !clean.is_empty()));
    clean
}

/// Where a part of a URL ends: at one of these, at white space and quotes, or with the text.
fn end(text: &str, at: &[char]) -> usize {
    let ends = |c: char| at.contains(&c) || matches!(c, '"' | '\'') || c.is_whitespace();
    text.find(ends).unwrap_or(text.len())
}

/// What follows a URL's host, with the values of secret parameters masked.
fn masked(text: &str, of_url: bool) -> String {
    let (mut clean, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['?', '&']).filter(|_| of_url) {
        let (before, after) = rest.split_at(at + 1);
        clean.push_str(before);
        rest = after;
        let name = &after[..end(after, &['=', '&', '#'])];
        let lower = name.to_ascii_lowercase();
        if after[name.len()..].starts_with('=') && SECRET.iter().any(|word| lower.ends_with(word)) {
            clean.extend([name, "=", MASK]);
            rest = &after[end(after, &['&', '#'])..];
        }
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
            (
                "https://h/t/ab-12345/main c://h/t/12345678?a d://t/t/ e://h/t/v1/x",
                "https://h/t/***/main c://h/t/***?a d://t/t/ e://h/t/v1/x",
            ),
            ("https://h/a/t/1/x", "https://h/a/t/1/x"),
            (
                "https://h?token=s#f 'b://h/p?a=1&X-Amz-Signature=s&c=2'",
                "https://h?token=***#f 'b://h/p?a=1&X-Amz-Signature=***&c=2'",
            ),
            ("x?token=1 y", "x?token=1 y"),
            ("a://h?api_key=https://u:p@h/t/secret-1/", "a://h?api_key=***://h/t/***/"),
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
