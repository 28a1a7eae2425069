//! The whole run.

pub mod engine;
mod read;
