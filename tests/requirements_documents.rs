//! Whole documents: what each format yields, what a change is called, what moves the tag.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "requirements_documents/changes.rs"]
mod changes;
#[path = "requirements_documents/commits.rs"]
mod commits;
#[path = "requirements_documents/formats.rs"]
mod formats;
#[path = "requirements_documents/locals.rs"]
mod locals;
#[path = "requirements_documents/properties.rs"]
mod properties;
#[path = "requirements/trees.rs"]
mod trees;
