//! What the parser owes: pip's own reading (`differential`), properties, and facts case by case.

#![expect(clippy::format_push_string, reason = "plain is better than fast in a test")]

mod differential;
mod facts;
mod generated;
mod properties;
mod tree;
