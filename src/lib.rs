//! regression-action: did this change make the model worse?

pub mod cache;
pub mod config;
pub mod progress;
pub mod source;
