//! Trainings of a commit: a job for each seed -> its log and data -> metrics; and what is remembered of them.

pub mod data;
pub mod history;
pub mod job;
pub mod log;
pub mod machine;
pub(crate) mod marked;
pub mod measure;
pub mod metrics;
pub mod trace;
pub mod tracking;
