//! Texts of ours on GitHub: told from all others by a hidden marker at their end, and by their author.
//! Anyone may copy the marker, so the author counts too.

use super::{Account, Error, GitHub};

/// How often a text is written, at most, if the answers do not come.
const TRIES: u32 = 3;

/// What a comment or an issue says, and who wrote it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) body: Option<&'a str>,
    pub(super) user: Option<&'a Account>,
}

impl Text<'_> {
    /// Whether `login` wrote it as a text of ours: its marker is the last line.
    pub(super) fn is_ours(self, login: &str, marker: &str) -> bool {
        let author = self.user.map(|user| user.login.as_str()).unwrap_or_default();
        let body = self.body.unwrap_or_default();
        body.trim_end().ends_with(marker) && author.eq_ignore_ascii_case(login)
    }

    /// Whether it says the same; GitHub keeps neither trailing blanks nor everybody's line ends.
    pub(super) fn says(self, body: &str) -> bool {
        let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
        self.body.is_some_and(|own| plain(own) == plain(body))
    }
}

impl GitHub {
    /// What `settle` finds and brings up to date; if there is nothing, what `write` writes.
    pub(super) async fn write_once<T>(
        &self,
        settle: impl AsyncFn() -> Result<Option<T>, Error>,
        write: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut attempt = 1;
        loop {
            if let Some(there) = settle().await? {
                return Ok(there);
            }
            match write().await {
                // It may have been written all the same: look before writing again.
                Err(error) if attempt < TRIES && error.leaves_doubt() => {
                    self.pause_in_doubt(attempt).await;
                    attempt += 1;
                }
                written => return written,
            }
        }
    }
}

/// The hidden end of a text of some kind about these, whatever they hold: letters and digits stay, and
/// nothing else, which could end the hidden part or run into the next.
pub(crate) fn marker(kind: &str, about: &[&str]) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let hidden = about.iter().map(|part| part.bytes().map(byte).collect());
    let words: Vec<String> = std::iter::once(kind.to_owned()).chain(hidden).collect();
    format!("<!-- regression-action: {} -->", words.join(" "))
}

/// The text with the marker at its end, without which it would never be found again.
pub(super) fn with_marker(body: &str, marker: &str) -> String {
    let body = body.trim_end();
    if body.ends_with(marker) { body.to_owned() } else { format!("{body}\n\n{marker}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::MARKER;

    #[test]
    fn a_marker_is_one_hidden_line_whatever_it_is_about() {
        assert_eq!(
            marker("bisect", &["abc", "loss"]),
            "<!-- regression-action: bisect abc loss -->"
        );
        let strange = marker("bisect", &["a -->\n@all", "b"]);
        assert_eq!(strange, "<!-- regression-action: bisect a%20%2D%2D%3E%0A%40all b -->");
        assert_ne!(marker("verdict", &["a", "b c"]), marker("verdict", &["a b", "c"]));
        assert_eq!(marker("verdict", &[]), MARKER);
    }

    #[test]
    fn a_text_about_something_is_not_the_one_about_nothing() {
        let bot = Account { login: "bot".to_owned(), kind: "Bot".to_owned() };
        let named = marker("verdict", &["<!-- regression-action: verdict", "x.yml"]);
        for (marker, other) in [(MARKER, named.as_str()), (&named, MARKER)] {
            let text = Text { body: Some(marker), user: Some(&bot) };
            assert!(text.is_ours("bot", marker) && !text.is_ours("bot", other), "{marker}");
        }
    }
}
