//! Real numbers in JSON, which has none that are not finite: those are written as words.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum JsonNumber {
    Finite(f64),
    Other(NonFinite),
}

#[derive(Serialize, Deserialize)]
enum NonFinite {
    NaN,
    Infinity,
    #[serde(rename = "-Infinity")]
    MinusInfinity,
}

impl From<f64> for JsonNumber {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::Finite(value)
        } else if value.is_nan() {
            Self::Other(NonFinite::NaN)
        } else if value > 0.0 {
            Self::Other(NonFinite::Infinity)
        } else {
            Self::Other(NonFinite::MinusInfinity)
        }
    }
}

impl From<JsonNumber> for f64 {
    fn from(number: JsonNumber) -> Self {
        match number {
            JsonNumber::Finite(value) => value,
            JsonNumber::Other(NonFinite::NaN) => Self::NAN,
            JsonNumber::Other(NonFinite::Infinity) => Self::INFINITY,
            JsonNumber::Other(NonFinite::MinusInfinity) => Self::NEG_INFINITY,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn serialize<S: Serializer>(value: &f64, json: S) -> Result<S::Ok, S::Error> {
    JsonNumber::from(*value).serialize(json)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<f64, D::Error> {
    JsonNumber::deserialize(json).map(f64::from)
}

/// Named numbers.
pub(super) mod named {
    use super::{BTreeMap, Deserialize, Deserializer, JsonNumber, Serializer};

    type Values = BTreeMap<String, f64>;

    pub(in crate::experiment::history) fn serialize<S: Serializer>(
        values: &Values,
        json: S,
    ) -> Result<S::Ok, S::Error> {
        json.collect_map(values.iter().map(|(name, value)| (name, JsonNumber::from(*value))))
    }

    pub(in crate::experiment::history) fn deserialize<'de, D: Deserializer<'de>>(
        json: D,
    ) -> Result<Values, D::Error> {
        let numbers = BTreeMap::<String, JsonNumber>::deserialize(json)?;
        Ok(numbers.into_iter().map(|(name, number)| (name, number.into())).collect())
    }
}
