#![doc = include_str!("README.md")]

pub mod cli;
pub mod compare;
pub mod derive;
pub mod diagnose;
pub mod format;
pub mod input;
pub mod lint;
pub mod model;
pub mod report;
pub mod rule;
