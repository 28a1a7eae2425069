//! What the Java virtual machine and its tools print, but for garbage collection: thread dumps, crash files, counters,
//! flags, histograms, versions.

pub mod crash;
pub mod flags;
pub mod histo;
pub mod jstat;
pub mod threads;
pub mod version;

use crate::format::Format;

/// Formats of this folder.
pub const JVM_FORMATS: &[Format] = &[
    threads::FORMAT,
    crash::FORMAT,
    jstat::FORMAT,
    histo::FORMAT,
    flags::FORMAT,
    version::FORMAT,
];
