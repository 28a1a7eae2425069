//! `rmqdoc gc`: figures of GC logs and a small chart.

use super::args::{Common, Plain};
use super::exit::Outcome;
use anyhow::{Result, bail};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `rmqdoc gc`
#[derive(Debug, Args)]
pub(super) struct GcArgs {
    /// GC logs; `-` is standard input
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    /// text or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        hide_possible_values = true
    )]
    pub(super) format: Plain,
}

/// Runs the command.
pub(super) fn run(_args: &GcArgs, _common: &Common) -> Result<Outcome> {
    bail!("gc: not built in yet")
}
