//! regression-action: did this change make the model worse?

pub mod cache;
pub mod cancel;
pub mod cluster;
pub mod environment;
mod erase;
mod hex;
pub mod http;
mod output;
pub mod progress;
pub mod requirements;
mod scrub;
pub mod sweep;
