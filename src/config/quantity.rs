//! Kubernetes resource quantities: `2`, `500m`, `8Gi`
//! (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A quantity, kept as it was written once it is known to be valid and positive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Quantity(String);

const SUFFIXES: [&str; 15] =
    ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E"];

/// What each suffix multiplies by.
const FACTORS: [f64; 15] = [
    1024.0,
    1_048_576.0,
    1_073_741_824.0,
    1_099_511_627_776.0,
    1_125_899_906_842_624.0,
    1_152_921_504_606_846_976.0,
    1e-9,
    1e-6,
    1e-3,
    1e3,
    1e6,
    1e9,
    1e12,
    1e15,
    1e18,
];

impl Quantity {
    /// The quantity as a number: `500m` is 0.5.
    pub fn value(&self) -> f64 {
        let suffixes = SUFFIXES.iter().zip(FACTORS);
        let mut read = suffixes.filter_map(|(suffix, factor)| {
            Some(self.0.strip_suffix(suffix)?.parse::<f64>().ok()? * factor)
        });
        // It was read before, so that one of the two is a number.
        read.next().or_else(|| self.0.parse().ok()).unwrap_or(0.0)
    }
}

impl TryFrom<String> for Quantity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(&text);
        let plain =
            number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'));
        match number.parse::<f64>() {
            Ok(value) if plain && value > 0.0 && value.is_finite() => Ok(Self(text)),
            Ok(_) | Err(_) => Err(format!(
                "read \"{text}\"; allowed: a Kubernetes quantity above zero such as 2, 500m or 8Gi"
            )),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "pattern": "^[0-9.]+([eE][0-9]+)?([KMGTPE]i|[numkMGTPE])?$",
            "exclusiveMinimum": 0,
            "description": "A Kubernetes quantity such as 2, 500m or 8Gi."
        })
    }
}
