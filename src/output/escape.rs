//! Text by strangers (trainings, commits, tags, machines) in Markdown: text, and nothing else.

use reqwest::Url;

use super::excerpt;

/// Longer text of one field is cut.
const LONGEST: usize = 200;

/// A stranger's text on one line, as text.  It never stands first on a line, where a dash or a number
/// would begin a list.
pub(crate) fn escape(text: &str) -> String {
    shortened(text, LONGEST)
}

/// The same, cut after `most` characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    literal(&excerpt(text, most))
}

/// Text by strangers as text: no markup, no mention of people, no issue that is closed, no link.
pub(crate) fn literal(line: &str) -> String {
    let mut escaped = String::new();
    for (at, c) in line.char_indices() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // GitHub draws formulas between dollars, whatever backslashes are before them.
            '$' => escaped.push_str("&#36;"),
            // A zero-width joiner keeps names and issue numbers from becoming links.
            '@' | '#' => escaped.extend([c, '\u{200d}']),
            ':' if line[at..].starts_with("://") => escaped.extend([c, '\u{200d}']),
            '.' if ends_with_www(&line[..at]) => escaped.extend(['\u{200d}', c]),
            '-' if line[..at].ends_with("GH") => escaped.extend(['\u{200d}', c]),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn ends_with_www(before: &str) -> bool {
    before.len().checked_sub(3).and_then(|from| before.get(from..)) == Some("www")
}

/// A link to one of our own addresses; none unless it is http(s).  A password in it is not told.
pub(crate) fn link(text: &str, address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let mut target = url.to_string();
    // What a URL may hold and a link's target in a table may not.
    for (c, code) in [('(', "%28"), (')', "%29"), ('|', "%7C"), ('\\', "%5C"), ('`', "%60")] {
        target = target.replace(c, code);
    }
    Some(format!("[{text}]({target})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_writes_is_markup() {
        assert_eq!(literal("a|b *c* <img>"), "a\\|b \\*c\\* &lt;img&gt;");
        assert_eq!(literal("@me fixes #7, GH-7"), "@\u{200d}me fixes #\u{200d}7, GH\u{200d}-7");
        assert_eq!(literal("$\\color{red}$"), "&#36;\\\\color{red}&#36;");
        assert_eq!(escape("a\r\n\n| b"), "a  \\| b");
        assert_eq!(shortened("abc", 2), "ab...");
    }

    #[test]
    fn an_address_by_a_stranger_is_no_link() {
        assert_eq!(literal("https://evil.example"), "https:\u{200d}//evil.example");
        assert_eq!(literal("www.evil.example"), "www\u{200d}.evil.example");
        assert_eq!(literal("éwww.a, ww.b"), "éwww\u{200d}.a, ww.b");
    }

    #[test]
    fn links_are_web_addresses_without_a_password() {
        let page = link("the page", "https://me:secret@mlflow.example/#/a (1)|b");
        assert_eq!(page.unwrap(), "[the page](https://mlflow.example/#/a%20%281%29%7Cb)");
        for address in ["javascript:alert(1)", "ftp://a/b", "/runs/1", "", "file:///etc/passwd"] {
            assert_eq!(link("x", address), None, "{address}");
        }
    }
}
