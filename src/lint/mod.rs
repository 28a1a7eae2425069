//! Checks on configuration: keys and values of RocketMQ's files, contradictions inside a file and between the files of a
//! cluster, JVM options, kernel settings, command lines. Facts in, `lint` events out; one file per family of checks.
//!
//! Not here: reading (`format/conf/`), the sentences (`texts.toml`, one entry per check), printing (`cli/lint.rs`).

mod acl;
mod address;
mod client;
mod cluster;
mod controller;
mod entry;
mod facts;
mod hit;
mod jvm;
mod kernel;
mod keys;
mod one_file;
mod paths;
mod ports;
mod shell;
mod texts;
mod types;

pub use entry::{Check, CheckText};
pub use texts::{check, checks, filled};

use crate::model::{Event, SourceInfo};
use facts::Facts;
use hit::Hits;

/// A family of checks.
type Family = fn(&Facts<'_>, &mut Hits);

/// All families, in the order of their findings.
const FAMILIES: &[Family] = &[
    keys::check,
    types::check,
    one_file::check,
    cluster::check,
    ports::check,
    paths::check,
    address::check,
    controller::check,
    acl::check,
    client::check,
    jvm::check,
    kernel::check,
    shell::check,
];

/// Checks all configuration of a bundle. `facts` are its events (others than `conf.key`, `jvm.flag`, `sysctl`, `limit`,
/// `hosts`, `env`, `mem.sample`, `disk.usage` and `version` are passed over); `sources` is indexed by their spans.
pub fn lint(facts: &[Event], sources: &[SourceInfo]) -> Vec<Event> {
    let facts = Facts::new(facts, sources);
    let mut hits = Hits::default();
    for family in FAMILIES {
        family(&facts, &mut hits);
    }
    hits.into_events()
}

#[cfg(test)]
mod tests;
