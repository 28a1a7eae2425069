//! `rmqdoc explain <rule|cause>`: what rmqdoc knows of it, as text or JSON.

use super::args::{Common, Plain, RulesDirs};
use super::exit::Outcome;
use super::{config, output, rulebook, style};
use crate::model::RuleCard;
use crate::report::card;
use anyhow::{Result, bail};
use clap::Args;

/// `rmqdoc explain`
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A rule id or a cause id, as reports show them
    #[arg(value_name = "RULE|CAUSE")]
    name: String,
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

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, common: &Common) -> Result<Outcome> {
    let cards = rulebook::cards(&config::rules_dirs(&args.rules.rules_dirs))?;
    let named: Vec<&RuleCard> = cards.iter().filter(|card| card.id == args.name).collect();
    let found = match named.is_empty() {
        true => cards.iter().filter(|card| card.cause == args.name).collect(),
        false => named,
    };
    if found.is_empty() {
        let known = cards.iter().flat_map(|card| [card.id.as_str(), &card.cause]);
        let hint = config::nearest(&args.name, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        bail!("no rule or cause is called `{}`{hint}", args.name);
    }
    output::write(None, |out| match args.format {
        Plain::Text => card::explain(&found, &style(common, None), out),
        Plain::Json => card::json(&found, out),
    })?;
    Ok(Outcome::Fine)
}
