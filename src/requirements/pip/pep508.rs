//! One dependency specifier (PEP 508) -> its canonical form, which changes only what is surely
//! without meaning.  Text in, text out.

pub(super) mod marker;
mod specifier;

use super::url::without_credentials;

/// A dependency specifier in canonical parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Requirement {
    /// Normalised by PEP 503.
    pub(super) name: String,
    /// Normalised, sorted, each once.
    pub(super) extras: Vec<String>,
    /// Such as `>=1.0`: sorted, each once.
    pub(super) specifiers: Vec<String>,
    /// Without credentials, otherwise byte for byte.
    pub(super) url: Option<String>,
    /// One space between tokens, double quotes.
    pub(super) marker: Option<String>,
}

impl Requirement {
    /// Reads a specifier by the grammar of `packaging`; the error says what was expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = Rest(text);
        rest.skip_blanks();
        let name = normalised(rest.identifier().ok_or("a package name is expected")?);
        rest.skip_blanks();
        let extras = extras(&mut rest)?;
        rest.skip_blanks();
        let mut requirement = Self { name, extras, ..Self::default() };
        if rest.take("@") {
            requirement.url = Some(url(&mut rest)?);
        } else {
            requirement.specifiers = specifier::list(&mut rest)?;
        }
        rest.skip_blanks();
        if rest.take(";") {
            requirement.marker = Some(marker::canonical(rest.0)?);
            return Ok(requirement);
        }
        rest.end().map(|()| requirement)
    }

    /// All but the name.
    pub(super) fn value(&self) -> String {
        let mut value = bracketed(&self.extras);
        value.push_str(&self.specifiers.join(","));
        let parts = [value, self.url.as_ref().map_or_else(String::new, |url| format!("@ {url}"))];
        let parts = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let marker = self.marker.as_ref().map_or_else(String::new, |marker| format!(" ; {marker}"));
        (parts + &marker).trim_start().to_owned()
    }
}

/// Extras as they are written; nothing for none.
pub(super) fn bracketed(extras: &[String]) -> String {
    if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) }
}

/// Reads `[a, b]` that stands alone.
pub(super) fn read_extras(text: &str) -> Result<Vec<String>, String> {
    let mut rest = Rest(text);
    let extras = extras(&mut rest)?;
    rest.end().map(|()| extras)
}

/// A name by PEP 503; `None` if it is no name.
pub(super) fn canonical_name(name: &str) -> Option<String> {
    let mut rest = Rest(name);
    rest.identifier().filter(|_| rest.0.is_empty())?;
    Some(normalised(name))
}

/// Lower case, each run of `-_.` a hyphen.
pub(in crate::requirements) fn normalised(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

fn extras(rest: &mut Rest<'_>) -> Result<Vec<String>, String> {
    if !rest.take("[") {
        return Ok(Vec::new());
    }
    let mut extras = Vec::new();
    rest.skip_blanks();
    while let Some(extra) = rest.identifier() {
        extras.push(normalised(extra));
        rest.skip_blanks();
        if !rest.take(",") {
            break;
        }
        rest.skip_blanks();
        if rest.0.starts_with(']') {
            return Err("an extra is expected after the comma".to_owned());
        }
    }
    if !rest.take("]") {
        return Err("] is expected after the extras".to_owned());
    }
    extras.sort();
    extras.dedup();
    Ok(extras)
}

fn url(rest: &mut Rest<'_>) -> Result<String, String> {
    rest.skip_blanks();
    let end = rest.0.find([' ', '\t']).unwrap_or(rest.0.len());
    let (url, after) = rest.0.split_at(end);
    rest.0 = after;
    if url.is_empty() {
        Err("a URL is expected after @".to_owned())
    } else {
        Ok(without_credentials(url))
    }
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip_blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, token: &str) -> bool {
        let after = self.0.strip_prefix(token);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// Letters, digits, `.`, `_` and `-`, from a letter or digit on; a hyphen or dot at the end is
    /// left.
    fn identifier(&mut self) -> Option<&'a str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let word = self.0[..end].trim_end_matches(['.', '-']);
        if !word.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        self.0 = &self.0[word.len()..];
        Some(word)
    }

    fn end(&self) -> Result<(), String> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err("a comma, a semicolon or the end is expected".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_without_meaning_does_not_stay() {
        let cases = [
            ("Foo_.Bar", "foo-bar", ""),
            ("foo (>=1,<2)", "foo", "<2,>=1"),
            ("foo [B_b, a,A] >= 1.0 , <2,>=1.0,", "foo", "[a,b-b]<2,>=1.0"),
            ("foo == v1.0", "foo", "==1.0"),
            ("foo===v1.0+X", "foo", "===v1.0+X"),
            ("foo[]==1.*", "foo", "==1.*"),
            ("a@https://u:p@h/w.whl#sha256=0", "a", "@ https://h/w.whl#sha256=0"),
            ("a @ https://h/w.whl ; os_name=='nt'", "a", "@ https://h/w.whl ; os_name == \"nt\""),
            ("a~=1.0;python_version<'3.9'", "a", "~=1.0 ; python_version < \"3.9\""),
        ];
        for (text, name, value) in cases {
            let read = Requirement::parse(text).unwrap();
            assert_eq!((&*read.name, &*read.value()), (name, value), "{text}");
        }
    }

    #[test]
    fn what_has_meaning_stays() {
        let texts = [
            "foo==1.0",
            "foo==1.0.0",
            "foo~=1.0",
            "foo~=1.0.0",
            "foo==1.*",
            "foo===1.0",
            "foo[a]==1.0",
            "foo==1.0; extra=='a'",
            "foo==1.0; extra==\"b\"",
            "foo @ https://h/1.0",
            "foo @ https://h/1.0#x",
        ];
        let mut values: Vec<_> = texts.map(|text| Requirement::parse(text).unwrap().value()).into();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), texts.len());
    }

    #[test]
    fn what_packaging_refuses_is_an_error() {
        let refused = [
            "",
            "-a",
            "foo-",
            "foo bar",
            "foo=1",
            "foo==",
            "foo>=1 <2",
            "foo>=1.*",
            "foo>=1+x",
            "foo~=1",
            "foo[a",
            "foo[a b]",
            "foo[a,]",
            "foo(>=1",
            "foo @",
            "foo;",
            "foo; x",
            "foo>=1;python_version",
            "foo==1;os_name=='a' and",
            "foo==${V}",
            "é",
        ];
        for text in refused {
            assert!(Requirement::parse(text).is_err(), "{text}");
        }
    }
}
