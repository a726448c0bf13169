//! Python source, as far as `init` reads it: calls with their arguments as typed, and imports.  No parser:
//! strings and comments are told from code, brackets are matched, and the rest is left alone.

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PythonCall<'a> {
    /// As typed, with its dots: `mlflow.log_metric`; of a call on a result, what follows it: `.fit`.
    pub(super) name: &'a str,
    /// What stands between its parentheses.
    pub(super) inside: &'a str,
    /// Where it begins, from 1.
    pub(super) line: usize,
}

/// Words that may stand before a parenthesis and call nothing.
const KEYWORDS: [&str; 16] = [
    "and", "assert", "await", "del", "elif", "else", "for", "if", "in", "is", "lambda", "not",
    "or", "return", "while", "yield",
];

impl<'a> PythonCall<'a> {
    /// The name behind its last dot.
    pub(super) fn short(&self) -> &'a str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// Its arguments as typed.
    pub(super) fn arguments(&self) -> Vec<&'a str> {
        split(self.inside, b',')
    }

    /// The first argument, if it begins as a string.
    pub(super) fn text(&self) -> Option<Literal> {
        self.arguments().first().and_then(|first| literal(first))
    }

    /// The entries of the first dictionary among its arguments, as typed; also inside of a call there.
    pub(super) fn entries(&self) -> Vec<(String, &'a str)> {
        let Some(open) = self.inside.find('{') else { return Vec::new() };
        let body = &self.inside[open + 1..];
        let body = &body[..closing(body)];
        let entry = |entry: &&'a str| {
            let parts = split(entry, b':');
            let [key, value] = parts[..] else { return None };
            Some((literal(key).filter(|key| !key.is_format)?.text, value))
        };
        split(body, b',').iter().filter_map(entry).collect()
    }
}

/// A string of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// What it holds; in a format string, with its braces.
    pub(super) text: String,
    /// Whether it is an f-string.
    pub(super) is_format: bool,
}

/// All calls, in the order in which they begin.
pub(super) fn calls(source: &str) -> Vec<PythonCall<'_>> {
    let bytes = source.as_bytes();
    let (mut calls, mut open) = (Vec::new(), Vec::new());
    let (mut at, mut line, mut word) = (0, 1, "");
    while let Some(&byte) = bytes.get(at) {
        let next = after(source, at);
        match byte {
            b'(' | b'[' | b'{' => {
                let is_call = byte == b'(' && !word.is_empty() && !KEYWORDS.contains(&word);
                open.push(is_call.then_some((word, at + 1, line)));
            }
            b')' | b']' | b'}' => {
                if let Some(Some((name, from, line))) = open.pop() {
                    calls.push((from, PythonCall { name, inside: &source[from..at], line }));
                }
            }
            _ => {}
        }
        word = match byte {
            b' ' => word,
            _ if is_word(byte) => named(word, &source[at..next]),
            _ => "",
        };
        line += source[at..next].matches('\n').count();
        at = next;
    }
    calls.sort_by_key(|(from, _)| *from);
    calls.into_iter().map(|(_, call)| call).collect()
}

/// The name that a parenthesis may follow: none behind `def` and `class`, which define.
fn named<'a>(before: &str, word: &'a str) -> &'a str {
    if ["def", "class"].contains(&before) { "" } else { word }
}

/// The top-level names of what is imported, each line's, such as `torch` of `import torch.nn as nn`; of a relative
/// import, with its dots.
pub(super) fn imports(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in source.lines().map(str::trim_start) {
        let names = match line.split_once(' ') {
            Some(("import", names)) => names.split(',').collect(),
            Some(("from", rest)) => rest.split(" import").take(1).collect(),
            _ => Vec::new(),
        };
        found
            .extend(names.into_iter().map(|name| top(name.trim())).filter(|name| !name.is_empty()));
    }
    found
}

/// The dots and the first name of a module's path.
fn top(module: &str) -> &str {
    let name = module.trim_start_matches('.');
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    &module[..module.len() - name.len() + end]
}

/// The parts between separators that stand in no bracket and no string, trimmed; the last one, if blank, is none.
pub(super) fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut depth, mut at, mut from) = (Vec::new(), 0_usize, 0, 0);
    while let Some(&byte) = text.as_bytes().get(at) {
        let next = after(text, at);
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                parts.push(text[from..at].trim());
                from = next;
            }
            _ => {}
        }
        at = next;
    }
    let last = text[from..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// Where the bracket closes that was open before the text; its end if it never does.
fn closing(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = text.as_bytes().get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        at = after(text, at);
    }
    text.len()
}

/// The string at the start of a text, with those that follow it directly.
pub(super) fn literal(text: &str) -> Option<Literal> {
    let mut whole: Option<Literal> = None;
    let mut rest = text.trim_start();
    while let Some((prefix, quote)) = opening(rest) {
        let end = string_end(rest, prefix, quote);
        let from = prefix + quote.len();
        let inside = rest.get(from..end.saturating_sub(quote.len())).unwrap_or_default();
        let letters = rest[..prefix].to_ascii_lowercase();
        let part = if letters.contains('r') { inside.to_owned() } else { unescaped(inside) };
        let whole = whole.get_or_insert_with(|| Literal { text: String::new(), is_format: false });
        whole.text += &part;
        whole.is_format |= letters.contains('f');
        rest = rest[end..].trim_start();
    }
    whole
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"").replace("\\'", "'")
}

/// Where what begins here ends: a string, a comment, a name, or one character.
fn after(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if let Some((prefix, quote)) = opening(rest) {
        return at + string_end(rest, prefix, quote);
    }
    match rest.as_bytes().first() {
        Some(b'#') => at + rest.find('\n').unwrap_or(rest.len()),
        Some(&byte) if is_word(byte) => {
            at + rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len())
        }
        _ => at + first,
    }
}

/// Bytes of a name with its dots; those of other letters than ASCII are some.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || !byte.is_ascii()
}

/// The bytes of a string's prefix and its quotes, if the text begins with a string.
fn opening(text: &str) -> Option<(usize, &'static str)> {
    let prefix = text.bytes().take(2).take_while(|byte| b"rRbBfFuU".contains(byte)).count();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote = quotes.into_iter().find(|quote| text[prefix..].starts_with(quote))?;
    Some((prefix, quote))
}

/// Where a string ends; one that is never closed ends with its line, or with the text if its quotes are three.
fn string_end(text: &str, prefix: usize, quote: &str) -> usize {
    let mut at = prefix + quote.len();
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\n' if quote.len() == 1 => return at,
            _ if bytes[at..].starts_with(quote.as_bytes()) => return at + quote.len(),
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
