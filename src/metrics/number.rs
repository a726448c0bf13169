//! Numbers as training code prints them: Python's `json.dumps` writes NaN and Infinity bare.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

const NON_FINITE: [(&str, f64); 3] =
    [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];

/// A number, or one of the three words that stand for a non-finite one.
#[derive(Debug)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        #[expect(clippy::cast_precision_loss, reason = "metrics are real numbers")]
        Ok(Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        #[expect(clippy::cast_precision_loss, reason = "metrics are real numbers")]
        Ok(Number(value as f64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        match NON_FINITE.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Number(*value)),
            None => Err(E::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }
}

/// Puts quotes around bare NaN, Infinity and -Infinity, which JSON itself does not have.
pub(super) fn quote_non_finite(json: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(json.len());
    let (mut rest, mut in_text) = (json, false);
    while let Some((&byte, tail)) = rest.split_first() {
        let word =
            NON_FINITE.iter().map(|(word, _)| word.as_bytes()).find(|word| rest.starts_with(word));
        let taken = match word {
            Some(word) if !in_text => {
                quoted.extend([b"\"", word, b"\""].concat());
                word.len()
            }
            Some(_) | None if in_text && byte == b'\\' => {
                quoted.extend(rest.iter().take(2));
                2.min(1 + tail.len())
            }
            Some(_) | None => {
                in_text ^= byte == b'"';
                quoted.push(byte);
                1
            }
        };
        rest = &rest[taken..];
    }
    quoted
}
