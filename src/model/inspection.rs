//! `Inspection`: what lint says of a set of configuration files.

use super::event::Event;
use super::finding::Coverage;

/// Lint events in the order of their files and lines, and what was read.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// The paths that the run was given.
    pub inputs: Vec<String>,
    /// Events of kind `lint` (fields in `kind.rs`); `span.source` indexes `coverage.sources`.
    pub items: Vec<Event>,
    /// How many sources tell any setting.
    pub checked: usize,
    /// How many rules were at hand.
    pub rule_count: usize,
    /// What was read.
    pub coverage: Coverage,
}
