//! Real numbers in JSON, which has none that are not finite: those are written as words.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Other(Word),
}

#[derive(Serialize, Deserialize)]
enum Word {
    NaN,
    Infinity,
    #[serde(rename = "-Infinity")]
    MinusInfinity,
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::Finite(value)
        } else if value.is_nan() {
            Self::Other(Word::NaN)
        } else if value > 0.0 {
            Self::Other(Word::Infinity)
        } else {
            Self::Other(Word::MinusInfinity)
        }
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        match number {
            Number::Finite(value) => value,
            Number::Other(Word::NaN) => Self::NAN,
            Number::Other(Word::Infinity) => Self::INFINITY,
            Number::Other(Word::MinusInfinity) => Self::NEG_INFINITY,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn serialize<S: Serializer>(value: &f64, json: S) -> Result<S::Ok, S::Error> {
    Number::from(*value).serialize(json)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<f64, D::Error> {
    Number::deserialize(json).map(f64::from)
}

/// Named numbers.
pub(super) mod named {
    use super::{BTreeMap, Deserialize, Deserializer, Number, Serializer};

    type Values = BTreeMap<String, f64>;

    pub(in crate::experiment::history) fn serialize<S: Serializer>(
        values: &Values,
        json: S,
    ) -> Result<S::Ok, S::Error> {
        json.collect_map(values.iter().map(|(name, value)| (name, Number::from(*value))))
    }

    pub(in crate::experiment::history) fn deserialize<'de, D: Deserializer<'de>>(
        json: D,
    ) -> Result<Values, D::Error> {
        let numbers = BTreeMap::<String, Number>::deserialize(json)?;
        Ok(numbers.into_iter().map(|(name, number)| (name, number.into())).collect())
    }
}
