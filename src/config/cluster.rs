//! The declared size of the Ray cluster.  The local and `ray` backends take what they find.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Quantity, marks};

/// Size and version of the Ray cluster.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterSize {
    /// Ray version, in the image and in the local environment.
    pub ray_version: String,
    /// Size of the head pod; without the key, 1 CPU and 4Gi.
    pub head: Option<HeadSize>,
    /// Size and number of the worker pods; each training takes one, unless `training` says otherwise. Without
    /// workers, trainings run on the head.
    pub workers: Option<WorkerSize>,
    /// File in the tree with a `RayCluster` spec, laid under these sizes: node selectors, tolerations, volumes.
    pub template: Option<String>,
    /// Whether the template may let trainings out of their pods, to the node or to Kubernetes: by hostPath,
    /// hostNetwork, hostPID, hostIPC, shareProcessNamespace, automountServiceAccountToken or privileged containers.
    pub trust_template: bool,
    /// Queue of Kueue (a `LocalQueue` of the namespace) that admits the cluster.
    #[serde(deserialize_with = "marks::name")]
    pub queue: Option<String>,
    /// Priority in the queue: a `WorkloadPriorityClass` of Kueue.
    #[serde(deserialize_with = "marks::name")]
    pub priority_class: Option<String>,
    /// Labels of the `RayJob`, which `KubeRay` gives to the `RayCluster` too; above those of the template.
    #[serde(deserialize_with = "marks::labels")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the `RayJob`, which `KubeRay` gives to the `RayCluster` too; above those of the template.
    #[serde(deserialize_with = "marks::annotations")]
    pub annotations: BTreeMap<String, String>,
}

impl Default for ClusterSize {
    fn default() -> Self {
        Self {
            ray_version: "2.60.0".into(),
            head: None,
            workers: None,
            template: None,
            trust_template: false,
            queue: None,
            priority_class: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
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

    /// The sizes of two clusters, which have no more workers together, where a training needs `each` of them.  Room
    /// for only one: each cluster has it in turn, and none while nothing is trained there.
    pub fn shares(&self, each: u32) -> [Self; 2] {
        let Some(workers) = &self.workers else { return [self.clone(), self.clone()] };
        let share = |min, max| {
            let workers = Some(WorkerSize { min, max, ..workers.clone() });
            Self { workers, ..self.clone() }
        };
        if self.has_one_place(each) {
            return [share(0, workers.max), share(0, workers.max)];
        }
        let max = workers.max / each / 2 * each;
        let min = (workers.min / 2).min(max);
        [share(min, max), share(workers.min - min, workers.max - max)]
    }

    /// The labels of the `RayJob`, with those by which Kueue knows its queue and its priority.
    pub fn all_labels(&self) -> BTreeMap<String, String> {
        let kueue = [(marks::QUEUE, &self.queue), (marks::PRIORITY, &self.priority_class)];
        let kueue = kueue.into_iter().filter_map(|(label, value)| Some((label, value.clone()?)));
        let labels = self.labels.clone().into_iter();
        labels.chain(kueue.map(|(label, value)| (label.to_owned(), value))).collect()
    }

    /// Whether workers have room for one training at a time, which needs `each` of them.
    pub fn has_one_place(&self, each: u32) -> bool {
        self.workers.as_ref().is_some_and(|workers| workers.max < 2 * each)
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

    #[test]
    fn two_clusters_have_no_more_workers_than_one() {
        let shares = |min: u32, max: u32| {
            let yaml = format!("workers: {{cpu: 1, memory: 1Gi, gpu: 1, min: {min}, max: {max}}}");
            let size: ClusterSize = serde_yaml::from_str(&yaml).unwrap();
            size.shares(1)
                .map(|size| size.workers.map(|workers| (workers.min, workers.max)).unwrap())
        };
        assert_eq!(shares(0, 4), [(0, 2), (0, 2)]);
        assert_eq!(shares(3, 5), [(1, 2), (2, 3)]);
        assert_eq!(shares(2, 2), [(1, 1), (1, 1)]);
        // In turn.
        assert_eq!(shares(1, 1), [(0, 1), (0, 1)]);
        assert_eq!(shares(0, 1), [(0, 1), (0, 1)]);
        for (min, max) in (2..9).flat_map(|max| (0..=max).map(move |min| (min, max))) {
            let [base, head] = shares(min, max);
            assert_eq!((base.0 + head.0, base.1 + head.1), (min, max));
            assert!(base.0 <= base.1 && head.0 <= head.1 && base.1 >= 1);
        }
        let without = ClusterSize::default();
        assert_eq!(without.shares(1), [without.clone(), without.clone()]);
    }

    #[test]
    fn two_clusters_have_whole_gangs() {
        let shares = |each: u32, min: u32, max: u32| {
            let yaml = format!("workers: {{cpu: 1, memory: 1Gi, min: {min}, max: {max}}}");
            let size: ClusterSize = serde_yaml::from_str(&yaml).unwrap();
            size.shares(each)
                .map(|size| size.workers.map(|workers| (workers.min, workers.max)).unwrap())
        };
        assert_eq!(shares(2, 0, 4), [(0, 2), (0, 2)]);
        assert_eq!(shares(2, 6, 6), [(2, 2), (4, 4)]);
        assert_eq!(shares(2, 0, 7), [(0, 2), (0, 5)]);
        // In turn.
        assert_eq!(shares(2, 3, 3), [(0, 3), (0, 3)]);
        assert_eq!(shares(4, 0, 4), [(0, 4), (0, 4)]);
        for (each, max) in (1..5).flat_map(|each| (2 * each..20).map(move |max| (each, max))) {
            for min in 0..=max {
                let [base, head] = shares(each, min, max);
                assert_eq!((base.0 + head.0, base.1 + head.1), (min, max));
                assert!(base.0 <= base.1 && head.0 <= head.1, "{each} {min} {max}");
                assert!(base.1 >= each && head.1 >= each, "{each} {min} {max}");
            }
        }
    }
}
