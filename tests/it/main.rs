//! The binary, the library's edges and our own files: what needs nothing but git and, for some, an
//! MLflow that they install.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "one binary in several files")]

mod bisect;
mod ca_bundle;
mod cache;
mod cli;
mod compare_sides;
mod concealed;
mod config_from;
mod connect;
mod contract;
mod environments;
mod events;
mod evidence;
mod github;
mod github_client;
mod history;
mod image_command;
mod init;
mod judge;
mod mirror;
mod packages;
mod past;
mod prebuild;
mod release;
mod requirements_documents;
mod requirements_golden;
mod requirements_watched;
mod runner;
mod runs;
mod setup;
mod source;
mod source_fetch;
mod source_line;
mod source_merge;
mod step;
mod tracking;
#[path = "../world/mod.rs"]
mod world;
