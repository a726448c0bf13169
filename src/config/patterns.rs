//! Paths of the commit's tree by patterns: `train.py`, `docs/**`, `*.md`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use super::checks;

/// Patterns of paths in a commit's tree.
///
/// Each is a path from the root: `*` stands for any characters of a name, `?` for one, a part `**` for any
/// number of directories, and a directory for all that is below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns(Vec<String>);

/// Any number of directories.
const DEEP: &str = "**";

impl Patterns {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them takes a path.
    pub fn take(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| takes(pattern, path))
    }
}

/// Whether a pattern takes a path, or a directory that it is in.
pub(crate) fn takes(pattern: &str, path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let parts: Vec<&str> = pattern.split('/').chain([DEEP]).collect();
    wild(&parts, &names, |part| *part == DEEP, |part, name| is_name(part, name))
}

fn is_name(part: &str, name: &str) -> bool {
    let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
    wild(&part, &name, |one| *one == '*', |one, of| *one == '?' || one == of)
}

/// Whether the items are as a pattern says; a star of it stands for any number of them.  Where it fails,
/// the last star takes one more: to go back further would find nothing that this does not.
fn wild<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    is: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut item, mut star) = (0, 0, None);
    while item < items.len() {
        match pattern.get(at) {
            Some(part) if is_star(part) => {
                star = Some((at, item));
                at += 1;
            }
            Some(part) if is(part, &items[item]) => (at, item) = (at + 1, item + 1),
            Some(_) | None => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, item) = (place + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(is_star)
}

/// A pattern as it is kept; fails with what is wrong about it.
fn checked(text: &str) -> Result<String, String> {
    let pattern = text.strip_suffix('/').unwrap_or(text);
    let odd = |part: &str| matches!(part, "" | "." | "..") || (part != DEEP && part.contains(DEEP));
    if pattern.starts_with('!')
        || pattern.contains(['[', ']', '{', '}', '\\'])
        || pattern.split('/').any(odd)
    {
        return Err(format!(
            "read \"{text}\"; allowed: paths from the root of the tree, with * and ? in names, and ** for \
             any directories, such as docs/**/*.md"
        ));
    }
    Ok(pattern.to_owned())
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        let texts = checks::paths(yaml)?;
        let checked = texts.iter().map(|text| checked(text).map_err(D::Error::custom));
        checked.collect::<Result<_, _>>().map(Self)
    }
}

impl JsonSchema for Patterns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Patterns".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        checks::PathList::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Patterns {
        serde_yaml::from_str(&serde_json::to_string(texts).unwrap()).unwrap()
    }

    #[test]
    fn a_pattern_takes_what_it_says() {
        let cases = [
            ("evaluate.py", "evaluate.py", true),
            ("evaluate.py", "lib/evaluate.py", false),
            ("*.md", "README.md", true),
            ("*.md", "docs/a.md", false),
            ("**/*.md", "README.md", true),
            ("**/*.md", "a/b/c.md", true),
            ("docs/**", "docs/a/b", true),
            ("docs/**", "docs", true),
            ("docs", "docs/a/b", true),
            ("docs/", "docs/a", true),
            ("docs/**", "docs2/a", false),
            ("src/**/test_*.py", "src/test_a.py", true),
            ("src/**/test_*.py", "src/a/b/test_a.py", true),
            ("src/**/test_*.py", "src/a/b/a.py", false),
            ("a?.txt", "ab.txt", true),
            ("a?.txt", "a/.txt", false),
            ("**/a/**/b", "x/a/y/a/b", true),
            ("*a*b", "xaab", true),
            ("*a*b", "xaabc", false),
            ("**", "a/b", true),
            ("\u{e4}?", "\u{e4}\u{f6}", true),
        ];
        for (pattern, path, takes) in cases {
            assert_eq!(patterns(&[pattern]).take(path), takes, "{pattern} {path}");
        }
        assert!(patterns(&["a", "b"]).take("b") && !patterns(&[]).take("a"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["", "/", "/docs", "./a", "a/../b", "a//b", "!a", "[ab].py", "{a,b}", "a\\b", "**.md"]
        {
            let error = checked(text).unwrap_err();
            assert!(error.contains("docs/**/*.md"), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn stars_take_as_a_plain_search_does(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            fn plain(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.first(), text.first()) {
                    (None, None) => true,
                    (Some(b'*'), first) => {
                        plain(&pattern[1..], text) || first.is_some() && plain(pattern, &text[1..])
                    }
                    (Some(one), Some(other)) => one == other && plain(&pattern[1..], &text[1..]),
                    (Some(_), None) | (None, Some(_)) => false,
                }
            }
            let expected = plain(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(is_name(&pattern, &text), expected);
        }
    }
}
