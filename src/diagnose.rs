//! The whole run.

pub mod engine;
mod happenings;
mod read;
