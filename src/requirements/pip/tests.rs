//! What the parser owes: pip's own reading (`differential`), properties, and facts case by case.

mod differential;
mod facts;
mod generated;
mod properties;
mod tree;
