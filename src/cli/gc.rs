//! `rmqdoc gc`: figures of GC logs and a small chart.

use super::args::{Common, Plain};
use super::exit::Outcome;
use super::{lang, output, remark, style};
use crate::format::gc::report::{Style, json, text};
use crate::format::gc::{GcLog, GcReader};
use crate::input::{Limits, Source, collect};
use anyhow::Result;
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
pub(super) fn run(args: &GcArgs, common: &Common) -> Result<Outcome> {
    let found = collect(&args.paths, &Limits::default());
    let tell = |problem: &crate::input::Problem| {
        if !common.quiet {
            remark(&format!("{}: {}", problem.path, problem.what));
        }
    };
    found.problems.iter().for_each(tell);
    let logs: Vec<GcLog> = found
        .sources
        .iter()
        .filter_map(|source| read(source).map_err(|problem| tell(&problem)).ok())
        .collect();
    // Beside GC logs, other files of a folder are not worth a word; alone, they are told for what they are.
    let found_any = logs.iter().any(|log| log.foreign.is_none());
    let named = |log: &GcLog| args.paths.iter().any(|path| path.as_os_str() == log.path.as_str());
    let logs: Vec<GcLog> = logs
        .into_iter()
        .filter(|log| log.foreign.is_none() || !found_any || named(log))
        .collect();
    if logs.is_empty() {
        return Ok(Outcome::Failed);
    }
    let ascii = style(common, None).ascii;
    let style = Style {
        lang: lang(common),
        ascii,
    };
    output::write(None, |out| match args.format {
        Plain::Text => out.write_all(text(&logs, style).as_bytes()),
        Plain::Json => writeln!(out, "{}", json(&logs)),
    })?;
    Ok(Outcome::Fine)
}

fn read(source: &Source) -> Result<GcLog, crate::input::Problem> {
    let mut reader = GcReader::new(&source.path);
    source.chunks(|chunk| reader.feed(chunk.text.as_bytes()))?;
    Ok(reader.finish())
}
