//! A metric's value as MLflow writes it in JSON, and as its databases can keep it.
//!
//! JSON has no NaN or infinity: MLflow quotes them, and takes a bare NaN for 0.  Its SQL stores keep
//! an infinity as the largest number, so that one is read as infinite.

use serde::Deserialize;
use serde_json::{Value, json};

/// A value that was read.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Number(pub(super) f64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

impl TryFrom<Written> for Number {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let value = match written {
            Written::Number(value) => value,
            Written::Word(word) => {
                let error = |_| format!("`{}` is no number", crate::output::excerpt(&word, 40));
                word.parse().map_err(error)?
            }
        };
        let infinite = value.abs() >= f64::MAX;
        Ok(Self(if infinite { f64::INFINITY.copysign(value) } else { value }))
    }
}

/// The value for MLflow.
pub(super) fn written(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<f64, serde_json::Error> {
        serde_json::from_str::<Number>(json).map(|number| number.0)
    }

    #[test]
    fn numbers_and_the_words_for_others_are_read() {
        assert_eq!(read("0.1").unwrap().to_bits(), 0.1_f64.to_bits());
        assert_eq!(read("3").unwrap().to_bits(), 3.0_f64.to_bits());
        assert!(read("\"NaN\"").unwrap().is_nan());
        assert!(read("\"x\"").is_err() && read("null").is_err() && read("[]").is_err());
        for (json, wanted) in [
            ("\"Infinity\"", f64::INFINITY),
            ("1.7976931348623157e+308", f64::INFINITY),
            ("-1.7976931348623157e+308", f64::NEG_INFINITY),
        ] {
            assert_eq!(read(json).unwrap().to_bits(), wanted.to_bits(), "{json}");
        }
    }

    #[test]
    fn whatever_is_written_is_read_back() {
        for value in [0.1, -0.0, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let back = read(&written(value).to_string()).unwrap();
            assert!(
                back.to_bits() == value.to_bits() || back.is_nan() && value.is_nan(),
                "{value}"
            );
        }
    }
}
