//! `[host[:port]/]path[:tag][@digest]` -> the parts of an image's name, by docker's grammar.  Pure.
//!
//! <https://pkg.go.dev/github.com/distribution/reference>

use std::fmt;

use anyhow::{Context, Result, bail, ensure};

use super::{Digest, host::Host};
use crate::output::excerpt;

/// What a name without a host means, and how that registry is called by its API.
const HUB: &str = "docker.io";
/// Bytes of the longest name without tag and digest.
const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 128;

/// The name of an image; shown as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// Host and path as typed.
    name: String,
    host: Host,
    /// As the registry's API names it: `library/python`.
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl ImageReference {
    /// Reads a name, with or without host, tag and digest.
    pub fn parse(text: &str) -> Result<Self> {
        read(text).with_context(|| format!("`{}` names no image", excerpt(text, 300)))
    }

    /// The tag as typed.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest as typed.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Host and path as typed, without tag and digest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same repository by another tag, and by no digest.
    pub fn with_tag(&self, tag: &str) -> Result<Self> {
        let tag = Some(self::tag(tag)?);
        Ok(Self { tag, digest: None, ..self.clone() })
    }

    /// The name that stays the same content for ever: `repository[:tag]@digest`.
    pub fn pinned(&self, digest: &Digest) -> String {
        Self { digest: Some(digest.clone()), ..self.clone() }.to_string()
    }

    /// Whether a name, as logins have it, means its registry.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.host.is_called(name)
    }

    /// The registry.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// The path as the registry's API names it.
    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// What a manifest is asked for by: the digest, else the tag, else docker's `latest`.
    pub(super) fn selector(&self) -> &str {
        self.digest.as_ref().map(Digest::as_str).or(self.tag()).unwrap_or("latest")
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

fn read(text: &str) -> Result<ImageReference> {
    if let Some((scheme, rest)) = text.split_once("://") {
        bail!("leave `{}://` out: `{}`", excerpt(scheme, 20), excerpt(rest, 300));
    }
    let (tagged, digest) = match text.split_once('@') {
        Some((tagged, digest)) => (tagged, Some(digest.parse::<Digest>()?)),
        None => (text, None),
    };
    // A colon before the last slash stands before a port.
    let (name, tag) = match tagged.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(self::tag(tag)?)),
        Some(_) | None => (tagged, None),
    };
    ensure!(name.len() <= LONGEST_NAME, "it is longer than {LONGEST_NAME} characters");
    let (host, path) = split_host(name);
    check_path(path, name, host.is_some())?;
    let host = Host::parse(host.unwrap_or(HUB)).context("its host is invalid")?;
    let official = host.is_hub() && !path.contains('/');
    let repository = if official { format!("library/{path}") } else { path.to_owned() };
    Ok(ImageReference { name: name.to_owned(), host, repository, tag, digest })
}

/// The first part is a host if it could not be one of a path.
fn split_host(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
            (Some(first), rest)
        }
        Some(_) | None => (None, name),
    }
}

fn tag(text: &str) -> Result<String> {
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let plain = text.bytes().all(|c| word(c) || matches!(c, b'.' | b'-'));
    let begins = text.bytes().next().is_some_and(word);
    ensure!(
        begins && plain && text.len() <= LONGEST_TAG,
        "its tag `{}` is invalid: at most {LONGEST_TAG} letters, digits, `_`, `.` and `-`, of which the \
         last two do not begin it",
        excerpt(text, LONGEST_TAG)
    );
    Ok(text.to_owned())
}

fn check_path(path: &str, name: &str, has_host: bool) -> Result<()> {
    if path.split('/').all(is_component) {
        return Ok(());
    }
    let lower = path.to_ascii_lowercase();
    if lower.split('/').all(is_component) {
        let host = if has_host { name.strip_suffix(path).unwrap_or_default() } else { "" };
        bail!("names of images are lower-case; write `{host}{lower}`");
    }
    bail!(
        "its path is invalid: lower-case letters and digits, joined by `.`, `_`, `__`, `-` or `/`"
    )
}

/// Runs of lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joint = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|c| c == b'-');
    text.starts_with(letter)
        && text.ends_with(letter)
        && text.split(letter).filter(|between| !between.is_empty()).all(joint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        format!("{:#}", ImageReference::parse(text).unwrap_err())
    }

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let cases = [
            ("python", "registry-1.docker.io", "library/python", "latest"),
            ("python:3.11-slim", "registry-1.docker.io", "library/python", "3.11-slim"),
            ("acme/train", "registry-1.docker.io", "acme/train", "latest"),
            ("docker.io/python", "registry-1.docker.io", "library/python", "latest"),
            ("index.docker.io/acme/train:1", "registry-1.docker.io", "acme/train", "1"),
            ("ghcr.io/acme/a/b__c-d:req1-0a", "ghcr.io", "acme/a/b__c-d", "req1-0a"),
            ("localhost/train", "localhost", "train", "latest"),
            ("localhost:5000/train:X", "localhost:5000", "train", "X"),
            ("reg:5000/a/b", "reg:5000", "a/b", "latest"),
            ("[::1]:5000/a", "[::1]:5000", "a", "latest"),
        ];
        for (text, host, repository, selector) in cases {
            let read = ImageReference::parse(text).unwrap();
            let seen = (read.host().authority(), read.repository(), read.selector());
            assert_eq!(seen, (host, repository, selector), "{text}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn a_digest_goes_before_the_tag() {
        let digest = Digest::of(b"x");
        let read = ImageReference::parse(&format!("ghcr.io/a/b:1@{digest}")).unwrap();
        assert_eq!((read.tag(), read.digest()), (Some("1"), Some(&digest)));
        assert_eq!(read.selector(), digest.as_str());
        assert_eq!(read.name(), "ghcr.io/a/b");
        let other = Digest::of(b"y");
        assert_eq!(read.pinned(&other), format!("ghcr.io/a/b:1@{other}"));
        let tagged = read.with_tag("req1-1").unwrap();
        assert_eq!(tagged.to_string(), "ghcr.io/a/b:req1-1");
    }

    #[test]
    fn what_names_no_image_is_told_why() {
        let upper = refusal("ghcr.io/All-Hands-AI/Train:X");
        assert!(upper.contains("write `ghcr.io/all-hands-ai/train`"), "{upper}");
        assert!(refusal("Acme/train").contains("write `acme/train`"));
        assert!(refusal("https://ghcr.io/a/b").contains("leave `https://` out: `ghcr.io/a/b`"));
        for (text, why) in [
            ("", "its path"),
            ("ghcr.io/", "its path"),
            ("a//b", "its path"),
            ("a/b-", "its path"),
            ("a/b___c", "its path"),
            ("a/b:", "its tag"),
            ("a/b:1+2", "its tag"),
            ("a/b:.x", "its tag"),
            ("a/b@sha256:12", "a digest is"),
            ("reg:port/a", "its host"),
            ("-a.dev/b", "its host"),
        ] {
            let refused = refusal(text);
            assert!(refused.contains(why) && refused.contains(&format!("`{text}`")), "{refused}");
        }
        let named = ImageReference::parse("a/b").unwrap();
        assert!(format!("{:#}", named.with_tag("a b").unwrap_err()).contains("`a b`"));
        assert!(refusal(&"a/".repeat(200)).contains("longer than 255"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_read_is_shown_as_typed(text in "\\PC{0,60}") {
            if let Ok(read) = ImageReference::parse(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }

        #[test]
        fn what_the_grammar_makes_is_read(
            text in "([a-z0-9]{1,5}\\.dev(:[1-9][0-9]{0,3})?/)?[a-z0-9]{1,9}((_|__|-{1,3})[a-z0-9]{1,9}){0,2}(/[a-z0-9]{1,9}(\\.[a-z0-9]{1,9})?){0,2}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?"
        ) {
            prop_assert_eq!(ImageReference::parse(&text).unwrap().to_string(), text);
        }
    }
}
