//! How rules are read, matched and weighed. Knows nothing of any single rule, and sees no files and no bytes.
//!
//! `file` (the TOML as written; `embedded`: packed by the build script) → `compile` (names, conditions, literals) →
//! `matcher` (counts events while the scan runs) → `weigh` (contests, verdicts, findings, once all input is read).

pub mod compile;
pub mod crowd;
pub mod effects;
pub mod embedded;
pub mod expr;
pub mod file;
pub mod literals;
pub mod matcher;
pub mod occurrence;
pub mod pattern;
pub mod range;
pub mod tally;
pub mod text;
pub mod weigh;

pub use compile::{RuleBook, RuleText};
pub use matcher::Matcher;
