//! Whole documents: what each format yields, what a change is called, what moves the tag.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod changes;
mod commits;
mod corpus;
mod dockerfiles;
mod formats;
mod lines;
mod locals;
mod properties;
mod secrets;
use crate::world::trees;
