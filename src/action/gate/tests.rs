//! The gate by payloads: each rule once, and any sequence of events.

mod model;
mod occasions;
mod pushers;
mod runs;
mod sample;
mod table;
mod targets;
