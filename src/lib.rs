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
//! git -> requirements -> environment -> cluster -> job -> metrics = measure -> observations
//!                                                    |
//!        compare(base, head): measure both, look after look, until decided -> verdict -> report
//! ```
//!
//! In GitHub Actions, [`action::event`], [`action::gate`] and [`clients::github`] stand before that, and outputs, status,
//! summary and comment after it:
//!
//! ```text
//! event -> intent -> facts -> gate -> approval -> evidence, or compare -> outputs, status, summary, comment
//! ```
//!
//! Values go one way; each stage takes the value of the stage before.  What decides ([`config`],
//! [`action::event`], [`action::gate`], [`python::requirements`], [`experiment::metrics`], [`statistics`], [`verdict`], [`report`]) is pure;
//! what does IO ([`git`], [`python::environment`], [`cluster`], [`cluster::ray`], [`clients`], [`action::runner`]) stands at the
//! edges.  A cluster is a scope
//! ([`cluster::with_cluster`]): it is removed on success, error and cancellation alike.  After that
//! scope has begun, everything is one base URL of Ray's Jobs API, whatever the backend: a local Ray,
//! one on Kubernetes, or one that runs already.
//!
//! A failing verdict is `Ok`; `Err` means that we could not tell, and never becomes a pass.
//!
//! # A bisect, step by step
//!
//! [`bisect::search()`] reads the line of commits between good and bad ([`git::Line`]), asks the policy
//! in [`bisect::policy`] what to read next, reads that by a shell command in checkouts or by trainings on
//! clusters, and writes each reading down at once, so that a search that was killed goes on; in the
//! [`experiment::history`] too, so that it goes on elsewhere.
//!
//! # The action
//!
//! [`action`] joins the two halves; neither knows of the other.  It claims a comparison by a
//! pending status that ends with the comparison's key, so that of several runs one trains and the
//! others wait for its verdict; while it trains, it looks at the approval again at least every two
//! minutes, and once more before it says anything.  What may be left is written down for the post step before
//! it exists.  [`action::runner`] is the only one that the runner obeys.
//!
//! # Kubernetes
//!
//! [`cluster::kubeconfig::connect`] turns what the user said into a client, in the action without running a program
//! for it.  From then on `cluster/kuberay` is the only user of that client in a comparison: it creates one `RayJob`
//! under a lease, renews the lease while we live, watches the pods to say why they do not start,
//! forwards a port to the head, and deletes and counts at the end.  If we are killed, `KubeRay` ends the
//! cluster when the lease runs out.  What a run waits for others' sake is counted by a [`cluster::queue::Queue`], and no
//! part of its other limits.  [`run::doctor`] looks at all of that beforehand, by a dry run of the
//! same `RayJob` and by asking for each right of `manifests/role.yml`.
//!
//! # One comparison, step by step
//!
//! [`run()`] parses the config and resolves both revisions ([`git::Repository`]); of a head that lacks
//! commits of base, what merging it would make is compared ([`compare::Sides`]).
//! [`compare::compare`] reads what is remembered ([`experiment::history`]), finds or makes the environment of each
//! commit's requirements, packs both trees while the cluster starts, uploads them, and lets [`experiment::measure`]
//! run one job for each side and seed that is not known yet, each with a run in the tracker
//! ([`experiment::tracking`]).  After each look the readings are judged ([`verdict::judge_all`]); the readings of
//! the base are kept, and the report is written to the cache and printed.

// In the order of reading.

// What is asked, by a command line, a config or a workflow.
pub mod action;
pub mod cli;
pub mod config;
pub mod run;

// A commit's code, and what its trainings need to be installed.
pub mod git;
pub mod python;

// Where trainings run, and what they say.
pub mod cluster;
pub mod experiment;

// Decisions; pure.
pub mod statistics;
pub mod verdict;

// Two commits, or the one of many.
pub mod bisect;
pub mod compare;

// What people and machines read.
mod output;
pub mod report;

// What we ask over the network.
pub mod clients;
pub mod http;

// Beside comparisons.
pub mod connect;
pub mod demo;
pub mod init;

// The ground floor.
pub mod cache;
pub mod cancel;
mod clock;
mod erase;
mod group;
mod hex;
pub mod progress;
mod scrub;
mod shell;
mod token;

pub use run::run;
