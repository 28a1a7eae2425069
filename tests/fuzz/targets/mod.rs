//! What is attacked. A target says what its cases are made of and reads each as the program does.

/// The whole engine and every report.
mod engine;
/// Formats, the reader of GC logs, lint.
mod formats;
/// Files, encodings, prefixes, archives.
mod input;
/// The log scanner, series, headers.
mod log;
/// Rule files and conditions.
mod rules;

use super::corpus::Corpus;
use super::hunt::hunt;
use super::{mutate, random};
