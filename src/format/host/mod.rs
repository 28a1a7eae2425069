//! What a host says of itself: system tools, kernel messages, kernel settings and limits. One file per tool; the files
//! that are no format are what several of them share (`table`, `stamp`, `prompt`, `setting`, `socket`).
//!
//! Operators paste several of these into one file, with prompts and log lines between. So every format here finds its
//! own headings, takes the lines that fit below them, and leaves the rest.

mod iostat;
mod prompt;
mod stamp;
mod table;
#[cfg(test)]
mod tests;

use super::Format;

/// All formats of this folder.
pub const HOST_FORMATS: &[Format] = &[iostat::FORMAT];
