//! The gate by payloads: each rule once, and any sequence of events.

mod model;
mod sample;
mod table;
