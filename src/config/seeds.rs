//! How many trainings a side, and after how many of them the result is looked at.

use schemars::JsonSchema;
use serde::Deserialize;

/// The seeds of one side, in the order in which they are used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedSeeds")]
#[schemars(with = "UncheckedSeeds")]
pub struct Seeds {
    values: Vec<u64>,
    min: usize,
}

/// More trainings a side than anybody pays for are a typing error.
const MOST: u64 = 1000;

/// More looks decide hardly sooner.
const STEPS: usize = 3;

impl Default for Seeds {
    fn default() -> Self {
        Self { values: (1..=9).collect(), min: 3 }
    }
}

impl Seeds {
    /// All seeds, from the first look to the last.
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// Those of the first look.
    pub fn of_first_look(&self) -> &[u64] {
        &self.values[..self.min]
    }

    /// Exactly so many, all of them before the first look: the first of these, and others where these are fewer.
    #[must_use]
    pub fn exactly(&self, count: usize) -> Self {
        let more = (1..).filter(|seed| !self.values.contains(seed));
        let values: Vec<u64> = self.values.iter().copied().chain(more).take(count).collect();
        Self { min: values.len(), values }
    }

    /// Numbers of seeds a side at which the result is looked at: from `min` in at most three equal steps to
    /// the end.
    pub fn looks(&self) -> Vec<usize> {
        let most = self.values.len();
        let step = (most - self.min).div_ceil(STEPS).max(1);
        let mut looks: Vec<usize> = (self.min..most).step_by(step).collect();
        looks.push(most);
        looks
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Seeds")]
struct UncheckedSeeds {
    /// Trainings a side before the first look.
    #[schemars(range(min = 1, max = 1000), extend("default" = 3))]
    min: Option<u64>,
    /// Most trainings a side, added while the result is undecided.
    #[schemars(range(min = 1, max = 1000), extend("default" = 9))]
    max: Option<u64>,
    /// The seeds themselves, in place of min and max.
    values: Option<Vec<u64>>,
}

impl TryFrom<UncheckedSeeds> for Seeds {
    type Error = String;

    fn try_from(file: UncheckedSeeds) -> Result<Self, String> {
        let UncheckedSeeds { min, max, values } = file;
        match (min, max, values) {
            (None, None, Some(values)) => Self::listed(values),
            (_, _, Some(_)) => {
                Err("read values beside min or max; allowed: either values, or min and max".into())
            }
            (min, max, None) => {
                let min = min.unwrap_or(3);
                Self::counted(min, max.unwrap_or_else(|| min.max(9)))
            }
        }
    }
}

impl Seeds {
    fn counted(min: u64, max: u64) -> Result<Self, String> {
        if min == 0 || min > max || max > MOST {
            return Err(format!(
                "read min {min} and max {max}; allowed: 1 <= min <= max <= {MOST}"
            ));
        }
        let min = usize::try_from(min).map_err(|error| error.to_string())?;
        Ok(Self { values: (1..=max).collect(), min })
    }

    fn listed(values: Vec<u64>) -> Result<Self, String> {
        let mut distinct = values.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if values.is_empty() || distinct.len() != values.len() {
            return Err(format!("values: read {values:?}; allowed: at least one seed, each once"));
        }
        let min = values.len();
        Ok(Self { values, min })
    }
}
