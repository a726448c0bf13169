//! regression-action: did this change make the model worse?
//!
//! It trains two commits, in several seeds each, on a short-lived Ray cluster, compares what they
//! report, and answers pass, regressed or inconclusive.
//!
//! # Data flow
//!
//! ```text
//!           config + commit
//!                 |
//! source -> requirements -> environment -> cluster -> job -> metrics    = measure -> observations
//!                                                       |
//!        compare(base, head): measure both, look after look, until decided -> verdict -> report
//! ```
//!
//! Values go one way; each stage takes the value of the stage before.  What decides ([`config`],
//! [`requirements`], [`metrics`], [`statistics`], [`verdict`], [`report`]) is pure; what does IO
//! ([`source`], [`environment`], [`cluster`], [`ray`]) stands at the edges.  A cluster is a scope
//! ([`cluster::with_cluster`]): it is removed on success, error and cancellation alike.  After that
//! scope has begun, everything is one base URL of Ray's Jobs API, whatever the backend.
//!
//! A failing verdict is `Ok`; `Err` means that we could not tell, and never becomes a pass.
//!
//! # One comparison, step by step
//!
//! [`run()`] parses the config and resolves both revisions ([`source::Repository`]).
//! [`compare::compare`] finds or makes the environment of each commit's requirements, packs both
//! trees while the cluster starts, uploads them, and lets [`measure`] run one job for each side and
//! seed.  After each look the readings are judged ([`verdict::judge`]); the report is written to
//! the cache and printed.

pub mod cache;
pub mod cancel;
pub mod cli;
pub mod cluster;
pub mod compare;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod environment;
mod erase;
mod hex;
pub mod http;
pub mod job;
pub mod kubeconfig;
pub mod log;
pub mod measure;
pub mod metrics;
mod output;
pub mod progress;
pub mod ray;
pub mod report;
pub mod requirements;
mod run;
mod scrub;
pub mod source;
pub mod statistics;
pub mod sweep;
pub mod verdict;

pub use run::run;
