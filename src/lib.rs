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
//! In GitHub Actions, [`event`], [`gate`] and [`github`] stand before that, and outputs, status,
//! summary and comment after it:
//!
//! ```text
//! event -> intent -> facts -> gate -> approval -> evidence, or compare -> outputs, status, summary, comment
//! ```
//!
//! Values go one way; each stage takes the value of the stage before.  What decides ([`config`],
//! [`event`], [`gate`], [`requirements`], [`metrics`], [`statistics`], [`verdict`], [`report`]) is pure;
//! what does IO ([`source`], [`environment`], [`cluster`], [`ray`], [`github`], [`runner`]) stands at the
//! edges.  A cluster is a scope
//! ([`cluster::with_cluster`]): it is removed on success, error and cancellation alike.  After that
//! scope has begun, everything is one base URL of Ray's Jobs API, whatever the backend: a local Ray,
//! one on Kubernetes, or one that runs already.
//!
//! A failing verdict is `Ok`; `Err` means that we could not tell, and never becomes a pass.
//!
//! # A bisect, step by step
//!
//! [`search::search()`] reads the line of commits between good and bad ([`source::Line`]), asks the policy
//! in [`bisect`] what to read next, reads that by a shell command in checkouts or by trainings on
//! clusters, and writes each reading down at once, so that a search that was killed goes on; in the
//! [`history`] too, so that it goes on elsewhere.
//!
//! # The action
//!
//! The private module `action` joins the two halves; neither knows of the other.  It claims a comparison by a
//! pending status that ends with the comparison's key, so that of several runs one trains and the
//! others wait for its verdict; while it trains, it looks at the approval again every two minutes,
//! and once more before it says anything.  What may be left is written down for the post step before
//! it exists.  [`runner`] is the only one that the runner obeys.
//!
//! # Kubernetes
//!
//! [`kubeconfig::connect`] turns what the user said into a client and runs no program for it.  From
//! then on `cluster/kuberay` is the only user of that client in a comparison: it creates one `RayJob`
//! under a lease, renews the lease while we live, watches the pods to say why they do not start,
//! forwards a port to the head, and deletes and counts at the end.  If we are killed, `KubeRay` ends the
//! cluster when the lease runs out.  What a run waits for others' sake is counted by a [`queue::Queue`], and no
//! part of its other limits.  [`doctor`] looks at all of that beforehand, by a dry run of the
//! same `RayJob` and by asking for each right of `manifests/role.yml`.
//!
//! # One comparison, step by step
//!
//! [`run()`] parses the config and resolves both revisions ([`source::Repository`]); of a head that lacks
//! commits of base, what merging it would make is compared ([`compare::Sides`]).
//! [`compare::compare`] reads what is remembered ([`history`]), finds or makes the environment of each
//! commit's requirements, packs both trees while the cluster starts, uploads them, and lets [`measure`]
//! run one job for each side and seed that is not known yet, each with a run in the tracker
//! ([`tracking`]).  After each look the readings are judged ([`verdict::judge_all`]); the readings of
//! the base are kept, and the report is written to the cache and printed.

// In the order of reading.

// What is asked, by a command line or by a workflow.
pub mod cli;
pub mod config;
pub mod inputs;
mod run;
mod setup;

// GitHub: from an event to an approval, and what is said there.
mod action;
pub mod event;
pub mod gate;
pub mod github;
pub mod runner;

// A commit's code, and what its trainings need to be installed.
pub mod environment;
pub mod image;
pub mod registry;
pub mod requirements;
pub mod source;

// Where trainings run.
pub mod cluster;
pub mod kubeconfig;
pub mod queue;
pub mod ray;

// One training, and what it says.
pub mod data;
pub mod job;
pub mod log;
pub mod machine;
mod marked;
pub mod measure;
pub mod metrics;
pub mod trace;

// What is remembered of trainings.
pub mod history;
pub mod tracking;

// Decisions; pure.
pub mod bisect;
pub mod statistics;
pub mod verdict;

// Two commits, or the one of many.
pub mod compare;
pub mod search;

// What people and machines read.
pub mod again;
mod output;
pub mod report;

// Beside comparisons.
pub mod demo;
pub mod doctor;
pub mod sweep;

// The ground floor.
pub mod cache;
pub mod cancel;
mod clock;
mod erase;
mod group;
mod hex;
pub mod http;
pub mod progress;
mod scrub;
mod shell;
mod token;

pub use run::run;
