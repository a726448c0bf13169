//! Trainings of a commit: where they run, a job for each seed -> its log and data -> metrics; and what is
//! remembered of them.  Comparisons and bisects train by it; it knows of neither.

pub mod backend;
pub mod data;
pub mod history;
pub mod job;
pub(crate) mod key;
pub mod log;
pub mod machine;
pub(crate) mod marked;
pub mod measure;
pub mod metrics;
mod needs;
mod packages;
mod tools;
pub mod trace;
pub mod tracking;

pub use backend::{BackendChoice, KubernetesChoice};
pub(crate) use key::Asking;
pub use key::EnvironmentFacts;
pub(crate) use needs::on_this_machine;
pub(crate) use packages::{PACKAGES, for_packages, packing};
pub use tools::Tools;
