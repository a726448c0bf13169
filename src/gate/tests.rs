mod sample;
mod table;

mod model;
