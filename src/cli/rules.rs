//! `rmqdoc rules list` and `rmqdoc rules check`.

use super::args::{Common, Plain, RulesDirs};
use super::exit::Outcome;
use super::{config, output, rulebook, style};
use crate::model::RuleCard;
use crate::report::card;
use anyhow::Result;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `rmqdoc rules`
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// One line per rule
    List(ListArgs),
    /// Check rule files: keys, ids, conditions, samples
    Check(CheckArgs),
}

/// `rmqdoc rules list`
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    rules: RulesDirs,
    /// text or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        hide_possible_values = true
    )]
    #[arg(help_heading = "Output")]
    format: Plain,
}

/// `rmqdoc rules check`
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Folders of rules [default: the embedded ones]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    dirs: Vec<PathBuf>,
}

/// Runs the command.
pub(super) fn run(command: &RulesCommand, common: &Common) -> Result<Outcome> {
    match command {
        RulesCommand::List(args) => list(args, common),
        RulesCommand::Check(args) => check(args),
    }
}

fn list(args: &ListArgs, common: &Common) -> Result<Outcome> {
    let cards = rulebook::cards(&config::rules_dirs(&args.rules.rules_dirs))?;
    let mut cards: Vec<&RuleCard> = cards.iter().collect();
    cards.sort_by(|a, b| (&a.area, &a.id).cmp(&(&b.area, &b.id)));
    output::write(None, |out| match args.format {
        Plain::Text => card::list(&cards, &style(common, None), out),
        Plain::Json => card::json(&cards, out),
    })?;
    Ok(Outcome::Fine)
}

fn check(args: &CheckArgs) -> Result<Outcome> {
    let problems = rulebook::problems(&args.dirs)?;
    output::write(None, |out| {
        for problem in &problems {
            match problem.line {
                0 => writeln!(out, "{}: {}", problem.file, problem.what)?,
                line => writeln!(out, "{}:{line}: {}", problem.file, problem.what)?,
            }
        }
        match problems.is_empty() {
            true => writeln!(out, "ok"),
            false => Ok(()),
        }
    })?;
    Ok(if problems.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Found
    })
}
