//! `rmqdoc diff`: two bundles in, what was changed and what it did out.

use super::args::{Common, RulesDirs};
use super::exit::Outcome;
use super::progress::ProgressLine;
use super::{analyze, config, lang, output, style};
use crate::compare;
use crate::diagnose::Request;
use crate::report::comparison;
use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  rmqdoc diff before/ after/                   what was changed and what it did
  rmqdoc diff --format markdown before.tar.gz after.tar.gz -o tuning.md
  rmqdoc diff monday/ tuesday/ --verbose       with everything that stayed the same

Exit codes:
  0  both sides were read
  2  bad arguments or config, or one side could not be read";

/// `rmqdoc diff`
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// File, folder or archive from before
    #[arg(value_name = "BEFORE", value_hint = ValueHint::AnyPath, help_heading = None::<&str>)]
    before: PathBuf,
    /// File, folder or archive from after
    #[arg(value_name = "AFTER", value_hint = ValueHint::AnyPath, help_heading = None::<&str>)]
    after: PathBuf,
    #[command(flatten)]
    rules: RulesDirs,
    /// Worker threads [default: one per processor, at most 8]
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        help_heading = "Input"
    )]
    threads: usize,
    /// text, markdown or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        hide_possible_values = true
    )]
    #[arg(help_heading = "Output")]
    format: Form,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Markdown,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, common: &Common) -> Result<Outcome> {
    let request = Request {
        rules_dirs: config::rules_dirs(&args.rules.rules_dirs),
        lang: lang(common),
        threads: args.threads,
        ..Request::default()
    };
    let before = std::slice::from_ref(&args.before);
    let after = std::slice::from_ref(&args.after);
    let comparison = compare::run(before, after, &request, &mut ProgressLine::new(!common.quiet))?;
    let read = [&comparison.before, &comparison.after].map(|side| analyze::tell_problems(side, common));
    let file = args.output.as_deref();
    let write = match args.format {
        Form::Text => comparison::text,
        Form::Markdown => comparison::markdown,
        Form::Json => comparison::json,
    };
    output::write(file, |out| write(&comparison, &style(common, file), out))?;
    Ok(if read == [true, true] {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}
