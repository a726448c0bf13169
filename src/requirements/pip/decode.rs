//! The bytes of a requirements file -> text, by pip's order of trust: a byte order mark, a declared
//! encoding, UTF-8.  Where pip would ask the machine's locale, this is an error.

use anyhow::{Result, bail};

/// Reads the bytes of the file that messages name `path`.
pub(super) fn decode(bytes: &[u8], path: &str) -> Result<String> {
    if let Some((encoding, start)) = byte_order_mark(bytes) {
        return encoding.decode(bytes, start, path);
    }
    match declared(bytes) {
        None => Encoding::Utf8.decode(bytes, 0, path),
        Some(name) => match Encoding::named(&name) {
            Some(encoding) => encoding.decode(bytes, 0, path),
            None => bail!(
                "requirements file {path} declares the encoding {name}, which is not read here; \
                 save it as UTF-8 and remove the declaration"
            ),
        },
    }
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Latin1,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

/// UTF-32 comes before UTF-16, whose little-endian mark is a prefix.
fn byte_order_mark(bytes: &[u8]) -> Option<(Encoding, usize)> {
    let marks: [(&[u8], Encoding); 5] = [
        (b"\xef\xbb\xbf", Encoding::Utf8),
        (b"\xff\xfe\0\0", Encoding::Utf32 { big: false }),
        (b"\0\0\xfe\xff", Encoding::Utf32 { big: true }),
        (b"\xff\xfe", Encoding::Utf16 { big: false }),
        (b"\xfe\xff", Encoding::Utf16 { big: true }),
    ];
    let (mark, encoding) = marks.into_iter().find(|(mark, _)| bytes.starts_with(mark))?;
    Some((encoding, mark.len()))
}

/// The encoding that a comment declares (PEP 263) at the start of one of the first two lines.
fn declared(bytes: &[u8]) -> Option<String> {
    let mut comments =
        bytes.split(|byte| *byte == b'\n').take(2).filter(|line| line.starts_with(b"#"));
    comments.find_map(|line| declaration(&String::from_utf8_lossy(line)))
}

fn declaration(comment: &str) -> Option<String> {
    comment.match_indices("coding").find_map(|(at, word)| {
        let value = comment[at + word.len()..].strip_prefix([':', '='])?.trim_ascii_start();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = value.find(|c| !is_name(c)).unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    })
}

impl Encoding {
    /// By Python's names and aliases, as far as they occur.
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" | "u8" | "ascii" | "us-ascii" => Some(Self::Utf8),
            "latin-1" | "latin1" | "l1" | "latin" | "iso-8859-1" | "iso8859-1" | "8859" => {
                Some(Self::Latin1)
            }
            _ => None,
        }
    }

    fn decode(self, bytes: &[u8], start: usize, path: &str) -> Result<String> {
        let body = &bytes[start..];
        let decoded = match self {
            Self::Utf8 => {
                std::str::from_utf8(body).map(str::to_owned).map_err(|error| error.valid_up_to())
            }
            Self::Latin1 => Ok(body.iter().map(|byte| char::from(*byte)).collect()),
            Self::Utf16 { big } => utf16(body, big),
            Self::Utf32 { big } => utf32(body, big),
        };
        decoded.or_else(|offset| {
            bail!(
                "requirements file {path} is not {} at byte {}; save it as UTF-8, or declare \
                 `# -*- coding: latin-1 -*-` in its first line",
                self.name(),
                start + offset
            )
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "Latin-1",
            Self::Utf16 { .. } => "UTF-16",
            Self::Utf32 { .. } => "UTF-32",
        }
    }
}

/// The error is the offset of the first bad byte.
fn utf16(body: &[u8], big: bool) -> Result<String, usize> {
    let (pairs, rest) = body.as_chunks::<2>();
    let unit =
        |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    let mut text = String::new();
    let mut offset = 0;
    for decoded in char::decode_utf16(pairs.iter().map(unit)) {
        let character = decoded.or(Err(offset))?;
        offset += 2 * character.len_utf16();
        text.push(character);
    }
    if rest.is_empty() { Ok(text) } else { Err(offset) }
}

fn utf32(body: &[u8], big: bool) -> Result<String, usize> {
    let (words, rest) = body.as_chunks::<4>();
    let point =
        |word: &[u8; 4]| if big { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) };
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        text.push(char::from_u32(point(word)).ok_or(4 * index)?);
    }
    if rest.is_empty() { Ok(text) } else { Err(4 * words.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_that_pip_can_be_sure_of_is_read() {
        let utf16 = |big: bool, text: &str| -> Vec<u8> {
            let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
        };
        let utf32 = |text: &str| -> Vec<u8> {
            format!("\u{feff}{text}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
        };
        let cases: [(Vec<u8>, &str); 9] = [
            ("a # é".into(), "a # é"),
            ("\u{feff}a".into(), "a"),
            (utf16(true, "é😀"), "é😀"),
            (utf16(false, "é😀"), "é😀"),
            (utf32("é😀"), "é😀"),
            (b"# coding: latin-1\na\xe9".into(), "# coding: latin-1\naé"),
            (
                b"\n# vim: fileencoding=ISO_8859-1 :\n\xe9".into(),
                "\n# vim: fileencoding=ISO_8859-1 :\né",
            ),
            (b"# -*- coding:utf8 -*-\n\xc3\xa9".into(), "# -*- coding:utf8 -*-\né"),
            (b"\xef\xbb\xbf# coding: cp1252\n\xc3\xa9".into(), "# coding: cp1252\né"),
        ];
        for (bytes, text) in cases {
            assert_eq!(decode(&bytes, "r.txt").unwrap(), text, "{bytes:?}");
        }
    }

    #[test]
    fn what_a_machine_would_have_to_guess_is_an_error_with_its_place() {
        let cases: [(&[u8], &str); 7] = [
            (b"ab\xe9", "is not UTF-8 at byte 2"),
            (b"\xef\xbb\xbfa\xff", "is not UTF-8 at byte 4"),
            (b"\xff\xfea\0\0\xd8", "is not UTF-16 at byte 4"),
            (b"\xff\xfea\0b", "is not UTF-16 at byte 4"),
            (b"\xff\xfe\0\0a\0\0\0\0\0\0\x7f", "is not UTF-32 at byte 8"),
            (b"# coding: cp1252\na\xe9", "declares the encoding cp1252"),
            (b"\n\n# coding: latin-1\n\xe9", "is not UTF-8 at byte 20"),
        ];
        for (bytes, wanted) in cases {
            let error = decode(bytes, "r.txt").unwrap_err().to_string();
            assert!(error.contains("r.txt") && error.contains(wanted), "{error}");
        }
    }
}
