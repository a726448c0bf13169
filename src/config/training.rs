//! What one training needs of the machines: the same words for a laptop, a Ray that runs already, and Kubernetes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use super::Quantity;

/// More GPUs, workers, or trainings at a time, than anybody has are a typing error.
const MOST: u32 = 1000;

/// Where the workers of one training run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// As near to each other as can be.
    #[default]
    Pack,
    /// Each on a node of its own.
    Spread,
}

/// What one training needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingNeeds {
    /// GPUs of the entrypoint, which sees these alone, and which no other training has meanwhile. Without the key:
    /// on Kubernetes those of a whole worker; on a laptop one, where `torch` or `jax` is installed with CUDA. Otherwise
    /// trainings share what there is, or with `cpu` or `memory` see none.
    #[serde(deserialize_with = "gpu")]
    #[schemars(range(max = 1000))]
    pub gpu: Option<u32>,
    /// CPUs of the entrypoint; its Ray tasks take others.
    pub cpu: Option<Quantity>,
    /// Memory of the entrypoint, by which Ray finds it a place; not a limit.
    pub memory: Option<Quantity>,
    /// Ray workers that each training starts, from 2 on: then `gpu`, `cpu` and `memory` are those of each worker, the
    /// entrypoint itself takes none, and as many trainings run at a time as have room with all of their workers.
    #[serde(deserialize_with = "count")]
    #[schemars(range(min = 1, max = 1000), extend("default" = 1))]
    pub workers: Option<u32>,
    /// Where the `workers` of a training have places before it begins; it asks Ray for them in the same way. A node is
    /// one of Ray's: on Kubernetes, a worker pod.
    #[schemars(extend("default" = "pack"))]
    pub placement: Option<Placement>,
    /// Most trainings at a time; without the key, as many as have room. On a Ray that runs already so many are
    /// asked for whatever is there, because it may grow; those with `workers` begin as it does.
    #[serde(deserialize_with = "count")]
    #[schemars(range(min = 1, max = 1000))]
    pub parallel: Option<u32>,
}

impl TrainingNeeds {
    /// Workers of one training; 1 where the entrypoint itself is what trains.
    pub(crate) fn gang(&self) -> u32 {
        self.workers.unwrap_or(1)
    }

    /// Where its workers run.
    pub(crate) fn placement(&self) -> Placement {
        self.placement.unwrap_or_default()
    }

    /// GPUs of one training with all of its workers, where they are declared.
    pub(crate) fn gpus(&self) -> Option<u32> {
        self.gpu.map(|gpus| gpus * self.gang())
    }

    /// What a training could learn from what it has, and train otherwise: batches are sized by GPUs and workers, and
    /// throughput is measured on CPUs.  Not `placement`: where workers run is what the commit's code asks Ray for, and
    /// the key says only what is waited for before.  Nothing where nothing is declared.
    pub(crate) fn told(&self) -> Option<String> {
        let Self { gpu, cpu, workers, .. } = self;
        let gpu = gpu.map(|gpu| format!("gpu {gpu}"));
        let cpu = cpu.as_ref().map(|cpu| format!("cpu {cpu}"));
        let workers = workers.filter(|workers| *workers > 1);
        let workers = workers.map(|workers| format!("workers {workers}"));
        let all: Vec<String> = gpu.into_iter().chain(cpu).chain(workers).collect();
        (!all.is_empty()).then(|| format!("training {}", all.join(", ")))
    }
}

fn gpu<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<u32>, D::Error> {
    within(yaml, 0)
}

fn count<'de, D: Deserializer<'de>>(yaml: D) -> Result<Option<u32>, D::Error> {
    within(yaml, 1)
}

fn within<'de, D: Deserializer<'de>>(yaml: D, least: u32) -> Result<Option<u32>, D::Error> {
    let count = Option::<u32>::deserialize(yaml)?;
    match count.filter(|count| !(least..=MOST).contains(count)) {
        None => Ok(count),
        Some(wrong) => Err(Error::custom(format!(
            "read {wrong}; allowed: a whole number from {least} to {MOST}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_counted_within_reason() {
        let read = |text: &str| serde_yaml::from_str::<TrainingNeeds>(text);
        let needs =
            read("{gpu: 0, cpu: 500m, memory: 8Gi, workers: 4, placement: spread, parallel: 2}")
                .unwrap();
        assert_eq!((needs.gpu, needs.gang(), needs.parallel), (Some(0), 4, Some(2)));
        assert_eq!(needs.placement(), Placement::Spread);
        assert_eq!(read("{}").unwrap(), TrainingNeeds::default());
        assert_eq!(needs.told().as_deref(), Some("training gpu 0, cpu 500m, workers 4"));
        assert_eq!(read("{memory: 1Gi, workers: 1, parallel: 1}").unwrap().told(), None);
        for wrong in
            ["{gpu: 1001}", "{gpu: 0.5}", "{parallel: 0}", "{workers: 0}", "{cpu: 0}", "{gpus: 1}"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let told = read("{parallel: 0}").unwrap_err().to_string();
        assert!(told.contains("allowed: a whole number from 1 to 1000"), "{told}");
    }
}
