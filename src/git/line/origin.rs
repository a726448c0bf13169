//! What a commit says of itself -> its author's login and its pull request, as GitHub writes them.
//! Anybody can write the same: this names whom to ask, and proves nothing.

use schemars::JsonSchema;
use serde::Serialize;

/// Who wrote a commit, as the commit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Author {
    /// As configured in git; not UTF-8 turned into it.
    pub name: String,
    /// The address as in the commit, without a `.mailmap`.
    pub email: String,
    /// The login at GitHub, if the address is one that GitHub gives against spam.
    pub login: Option<String>,
}

pub(super) fn author(name: String, email: String) -> Author {
    let login = login(&email).map(str::to_owned);
    Author { name, email, login }
}

/// `1234+octocat@users.noreply.github.com`, since 2017 with the number; GitHub Enterprise Server puts
/// its own name behind `users.noreply.`.
fn login(email: &str) -> Option<&str> {
    let (local, domain) = email.split_once('@')?;
    domain.strip_prefix("users.noreply.")?;
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    is_login(login).then_some(login)
}

/// Letters, digits, hyphens, 39 at most; `_` before the suffix of a company's users, `[bot]` for apps.
fn is_login(login: &str) -> bool {
    let plain = login.strip_suffix("[bot]").unwrap_or(login);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=39).contains(&plain.len()) && plain.bytes().all(fits)
}

/// The number in `Merge pull request #12 from ..`, or at the end in `Faster loader (#12)`, which a
/// squash and a merge by title have.
pub(super) fn pull(subject: &str) -> Option<u64> {
    let merged = subject.strip_prefix("Merge pull request #").and_then(|rest| {
        let (number, rest) = rest.split_once(' ')?;
        rest.starts_with("from ").then_some(number)
    });
    let squashed = || subject.trim_end().strip_suffix(')')?.rsplit_once("(#").map(|(_, end)| end);
    let digits = merged.or_else(squashed)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::{login, pull};

    #[test]
    fn the_login_is_in_the_address_that_github_gives() {
        let rows = [
            ("1234+octocat@users.noreply.github.com", Some("octocat")),
            ("octo-cat@users.noreply.github.com", Some("octo-cat")),
            ("7+mona_acme@users.noreply.github.acme.dev", Some("mona_acme")),
            ("49699333+dependabot[bot]@users.noreply.github.com", Some("dependabot[bot]")),
            ("noreply@github.com", None),
            ("octocat@acme.dev", None),
            ("a@b@users.noreply.github.com", None),
            ("1+@users.noreply.github.com", None),
            ("1+x](http://evil)@users.noreply.github.com", None),
            ("no address", None),
        ];
        for (email, expected) in rows {
            assert_eq!(login(email), expected, "{email}");
        }
        assert_eq!(login(&format!("{}@users.noreply.github.com", "a".repeat(40))), None);
    }

    #[test]
    fn the_pull_request_is_where_github_writes_it() {
        let rows = [
            ("Merge pull request #12 from acme/relu", Some(12)),
            ("Faster loader (#345)", Some(345)),
            ("Revert \"Faster loader (#345)\" (#346)", Some(346)),
            ("Faster loader (#345) (#350)", Some(350)),
            ("Revert \"Faster loader (#345)\"", None),
            ("Revert \"Merge pull request #12 from acme/relu\"", None),
            ("Fix (#12) the loader", None),
            ("Fix #12", None),
            ("Merge pull request #12", None),
            ("Merge pull request #x from acme", None),
            ("Loader (#+12)", None),
            ("Loader (#0)", None),
            ("Loader (#)", None),
            ("Loader (#99999999999999999999)", None),
            ("", None),
        ];
        for (subject, expected) in rows {
            assert_eq!(pull(subject), expected, "{subject}");
        }
    }
}
