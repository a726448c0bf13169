//! The words of options -> which options with which values, as Python's optparse reads pip's table:
//! abbreviations, `--name=value`, `-nvalue`, clusters.

use super::url::without_credentials;

/// An option of a line, by its one name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The long name without hyphens.
    pub(super) name: &'static str,
    /// Its value; empty for a switch.
    pub(super) value: String,
}

/// What a line's options say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// In the order of the line.
    pub(super) given: Vec<Given>,
    /// Words that belong to no option, which pip drops.
    pub(super) stray: Vec<String>,
}

/// Every option that pip 26.3 reads in a file: name, letter, whether a value follows.
const TABLE: [(&str, char, bool); 20] = [
    ("index-url", 'i', true),
    ("pypi-url", ' ', true),
    ("extra-index-url", ' ', true),
    ("no-index", ' ', false),
    ("constraint", 'c', true),
    ("requirement", 'r', true),
    ("editable", 'e', true),
    ("find-links", 'f', true),
    ("no-binary", ' ', true),
    ("only-binary", ' ', true),
    ("prefer-binary", ' ', false),
    ("require-hashes", ' ', false),
    ("no-require-hashes", ' ', false),
    ("pre", ' ', false),
    ("all-releases", ' ', true),
    ("only-final", ' ', true),
    ("trusted-host", ' ', true),
    ("use-feature", ' ', true),
    ("hash", ' ', true),
    ("config-settings", 'C', true),
];

/// Reads the words; the error says what pip would not accept.
pub(super) fn parse(words: Vec<String>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            options.stray.extend(words.by_ref());
        } else if let Some(long) = word.strip_prefix("--") {
            options.given.push(read_long(long, &mut words)?);
        } else if word.len() > 1 && word.starts_with('-') {
            read_letters(&word[1..], &mut words, &mut options.given)?;
        } else {
            options.stray.push(word);
        }
    }
    Ok(options)
}

impl Options {
    /// The values of an option, in order.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |given| given.name == name).map(|given| &*given.value)
    }

    /// Whether an option stands in the line.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|given| given.name == name)
    }
}

fn read_long(word: &str, words: &mut impl Iterator<Item = String>) -> Result<Given, String> {
    let (typed, inline) =
        word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let (name, takes_value) = long_name(typed)?;
    let value = match (takes_value, inline) {
        (false, Some(_)) => return Err(format!("--{name} takes no value")),
        (false, None) => String::new(),
        (true, Some(value)) => value.to_owned(),
        (true, None) => words.next().ok_or_else(|| format!("--{name} needs a value"))?,
    };
    checked(name, value)
}

/// The option that `typed` names or abbreviates.
fn long_name(typed: &str) -> Result<(&'static str, bool), String> {
    let matching = || TABLE.iter().filter(|(name, ..)| name.starts_with(typed));
    let exact = TABLE.iter().find(|(name, ..)| *name == typed);
    let found = exact.or_else(|| matching().next().filter(|_| matching().count() == 1));
    let (name, _, takes_value) = found.ok_or_else(|| {
        format!("--{} is no option of a requirements file", without_credentials(typed))
    })?;
    Ok((name, *takes_value))
}

fn read_letters(
    letters: &str,
    words: &mut impl Iterator<Item = String>,
    given: &mut Vec<Given>,
) -> Result<(), String> {
    // Every letter of the table takes a value: the rest of the word, else the next word.
    let letter = letters.chars().next().unwrap_or_default();
    let (name, ..) = TABLE
        .iter()
        .find(|(_, short, _)| *short == letter && letter != ' ')
        .ok_or_else(|| format!("-{letter} is no option of a requirements file"))?;
    let inline = &letters[letter.len_utf8()..];
    let value = if inline.is_empty() { words.next() } else { Some(inline.to_owned()) };
    given.push(checked(name, value.ok_or_else(|| format!("-{letter} needs a value"))?)?);
    Ok(())
}

/// What pip asks of an option's value.
fn checked(name: &'static str, value: String) -> Result<Given, String> {
    let algorithm = value.split_once(':').map_or("", |(algorithm, _)| algorithm);
    match name {
        "hash" if !matches!(algorithm, "sha256" | "sha384" | "sha512") => {
            Err("--hash needs sha256:, sha384: or sha512: before the digits".to_owned())
        }
        "config-settings" if !value.contains('=') => {
            Err("--config-settings needs the form KEY=VALUE".to_owned())
        }
        "no-binary" | "only-binary" | "all-releases" | "only-final" if value.starts_with('-') => {
            Err(format!("--{name} needs a value"))
        }
        "pypi-url" => Ok(Given { name: "index-url", value }),
        name => Ok(Given { name, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirements::pip::words::shell_words;

    fn read(text: &str) -> Result<Options, String> {
        parse(shell_words(text).unwrap())
    }

    #[test]
    fn every_spelling_of_an_option_is_read() {
        let cases = [
            ("-r a", "requirement", "a"),
            ("-ra", "requirement", "a"),
            ("-r=a", "requirement", "=a"),
            ("--requirement a", "requirement", "a"),
            ("--requirement=a", "requirement", "a"),
            ("--requirem a", "requirement", "a"),
            ("--extra-index=u", "extra-index-url", "u"),
            ("--pypi-url u", "index-url", "u"),
            ("--pre", "pre", ""),
            ("-C a=b", "config-settings", "a=b"),
            ("--hash sha256:00", "hash", "sha256:00"),
            ("-r --pre", "requirement", "--pre"),
        ];
        for (text, name, value) in cases {
            let read = read(text).unwrap();
            assert_eq!(read.given, [Given { name, value: value.to_owned() }], "{text}");
        }
        let stray = read("-r a b - -- --pre").unwrap().stray;
        assert_eq!(stray, ["b", "-", "--pre"]);
    }

    #[test]
    fn what_pip_refuses_is_an_error() {
        let refused = [
            "--re a",
            "--no",
            "--global-option x",
            "--no-deps",
            "-x",
            "-r",
            "--index-url",
            "--pre=1",
            "--hash=md5:00",
            "--hash=sha256",
            "-C a",
            "--no-binary=-x",
            "-\u{e9}",
        ];
        for text in refused {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
