//! The declared size of the Ray cluster.  The local and `ray` backends take what they find.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Quantity;

/// Size and version of the Ray cluster.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterSize {
    /// Ray version, in the image and in the local environment.
    pub ray_version: String,
    /// The head.
    pub head: Option<HeadSize>,
    /// The workers.
    pub workers: Option<WorkerSize>,
    /// `RayCluster` spec in the tree, laid under these sizes.
    pub template: Option<String>,
    /// Whether the template may let trainings reach out of their pods, to the node or to Kubernetes: by hostPath,
    /// hostNetwork, hostPID, hostIPC, shareProcessNamespace, automountServiceAccountToken or privileged containers.
    pub trust_template: bool,
}

impl Default for ClusterSize {
    fn default() -> Self {
        Self {
            ray_version: "2.60.0".into(),
            head: None,
            workers: None,
            template: None,
            trust_template: false,
        }
    }
}

impl ClusterSize {
    /// Trainings that it has room for at a time: one to a worker; without workers, one to a CPU of the
    /// head.  1 where nothing is said.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1, and small"
    )]
    pub fn places(&self) -> usize {
        let workers = self.workers.as_ref().map(|workers| f64::from(workers.max));
        let head = self.head.as_ref().map(|head| head.cpu.value());
        workers.or(head).unwrap_or(1.0).max(1.0) as usize
    }

    /// CPUs that a training has: those of a worker, else those of the head; 1 where nothing is said.
    pub fn cpus_each(&self) -> f64 {
        let worker = self.workers.as_ref().map(|workers| workers.cpu.value());
        worker.or_else(|| self.head.as_ref().map(|head| head.cpu.value())).unwrap_or(1.0)
    }
}

/// Size of the head pod.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadSize {
    /// CPUs.
    pub cpu: Quantity,
    /// Memory.
    pub memory: Quantity,
}

/// Size and number of the worker pods.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedWorkers")]
#[schemars(with = "UncheckedWorkers")]
pub struct WorkerSize {
    /// CPUs of each.
    pub cpu: Quantity,
    /// Memory of each.
    pub memory: Quantity,
    /// GPUs of each.
    pub gpu: u32,
    /// Fewest workers.
    pub min: u32,
    /// Most workers; above `min` turns on Ray's autoscaler.
    pub max: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkerSize")]
struct UncheckedWorkers {
    /// CPUs of each.
    cpu: Quantity,
    /// Memory of each.
    memory: Quantity,
    /// GPUs of each.
    #[serde(default)]
    gpu: u32,
    /// Fewest workers.
    min: u32,
    /// Most workers; above `min` turns on Ray's autoscaler.
    max: u32,
}

impl TryFrom<UncheckedWorkers> for WorkerSize {
    type Error = String;

    fn try_from(file: UncheckedWorkers) -> Result<Self, String> {
        let UncheckedWorkers { cpu, memory, gpu, min, max } = file;
        if min > max || max == 0 {
            return Err(format!("read min {min} and max {max}; allowed: min <= max, and max >= 1"));
        }
        Ok(Self { cpu, memory, gpu, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_has_one_training_and_a_head_one_to_a_cpu() {
        let places = |yaml: &str| serde_yaml::from_str::<ClusterSize>(yaml).unwrap().places();
        let head = "head: {cpu: 3500m, memory: 2Gi}";
        assert_eq!(
            places(&format!("{{{head}, workers: {{cpu: 1, memory: 1Gi, min: 0, max: 8}}}}")),
            8
        );
        assert_eq!(places(head), 3);
        assert_eq!(places("head: {cpu: 500m, memory: 2Gi}"), 1);
        assert_eq!(places("{}"), 1);
    }
}
