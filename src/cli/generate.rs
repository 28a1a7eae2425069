//! `rmqdoc gen`: what is made from the definition of the command line and the wire types, so that it never lags behind.

use super::config::{self, Shape};
use super::exit::Outcome;
use super::{command, output};
use crate::report::{comparison, inspection, json};
use anyhow::Result;
use clap::builder::StyledStr;
use clap::{Arg, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// `rmqdoc gen`
#[derive(Debug, Subcommand)]
pub(super) enum GenCommand {
    /// Completions for bash, zsh, fish, elvish or powershell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum, hide_possible_values = true)]
        shell: Shell,
    },
    /// The man page
    Man,
    /// An example config file with every key and its default
    Config,
    /// A JSON schema: report, lint, diff or config
    Schema {
        /// Of what
        #[arg(
            value_name = "WHAT",
            value_enum,
            default_value = "report",
            hide_possible_values = true
        )]
        what: SchemaOf,
    },
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// `analyze --format json`
    Report,
    /// `lint --format json`
    Lint,
    /// `diff --format json`
    Diff,
    /// The config file.
    Config,
}

/// Runs the command.
pub(super) fn run(generate: &GenCommand) -> Result<Outcome> {
    output::write(None, |out| match generate {
        GenCommand::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command(), "rmqdoc", &mut text);
            out.write_all(&text)
        }
        GenCommand::Man => man(out),
        GenCommand::Config => example(out),
        GenCommand::Schema { what } => {
            let schema = match what {
                SchemaOf::Report => json::schema().to_value(),
                SchemaOf::Lint => inspection::schema().to_value(),
                SchemaOf::Diff => comparison::schema().to_value(),
                SchemaOf::Config => config_schema(),
            };
            serde_json::to_writer_pretty(&mut *out, &schema).map_err(io::Error::from)?;
            out.write_all(b"\n")
        }
    })?;
    Ok(Outcome::Fine)
}

/// One page for everything: the program, then each command with its options.
fn man(out: &mut dyn Write) -> io::Result<()> {
    let mut root = command();
    root.build();
    let page = clap_mangen::Man::new(root.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    for sub in root.get_subcommands() {
        man_of(sub, "rmqdoc", out)?;
    }
    page.render_extra_section(out)?;
    page.render_version_section(out)
}

fn man_of(sub: &clap::Command, parent: &str, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{parent} {}", sub.get_name());
    let page = clap_mangen::Man::new(sub.clone());
    let about = sub.get_about().map(StyledStr::to_string).unwrap_or_default();
    writeln!(out, ".SH \"{}\"\n{about}.\n.PP", name.to_uppercase())?;
    let mut body = Vec::new();
    page.render_synopsis_section(&mut body)?;
    page.render_options_section(&mut body)?;
    page.render_extra_section(&mut body)?;
    // Sections of a command stand under the command, one level deeper than clap_mangen writes them.
    let body = String::from_utf8_lossy(&body).replace("\n.SH ", "\n.SS ");
    let body = match body.strip_prefix(".SH ") {
        Some(rest) => format!(".SS {rest}"),
        None => body,
    };
    out.write_all(body.as_bytes())?;
    for deeper in sub.get_subcommands() {
        man_of(deeper, &name, out)?;
    }
    Ok(())
}

/// Every key, commented out, with its help and default.
fn example(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Settings of rmqdoc. Every key is an option of the same name; RMQDOC_<KEY> and the option win over it."
    )?;
    writeln!(
        out,
        "# Place: $RMQDOC_CONFIG, or $XDG_CONFIG_HOME/rmqdoc/config.toml, or ~/.config/rmqdoc/config.toml"
    )?;
    for arg in config::options(&command()) {
        let Some(long) = arg.get_long() else { continue };
        let help = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
        writeln!(out, "\n# {help}\n# {long} = {}", example_value(arg))?;
    }
    Ok(())
}

fn example_value(arg: &Arg) -> String {
    let default = config::default_of(arg);
    match config::shape(arg) {
        Shape::Flag => "false".into(),
        Shape::List => "[]".into(),
        Shape::Number => default,
        Shape::Word(words) if default.is_empty() => format!("\"{}\"", words.first().map_or("", |word| word)),
        _ => format!("\"{default}\""),
    }
}

fn config_schema() -> Value {
    let mut properties = Map::new();
    for arg in config::options(&command()) {
        let Some(long) = arg.get_long() else { continue };
        let help = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
        let mut schema = match config::shape(arg) {
            Shape::Flag => json!({"type": "boolean"}),
            Shape::List => json!({"type": "array", "items": {"type": "string"}}),
            Shape::Word(words) => json!({"type": "string", "enum": words}),
            Shape::Number => json!({"type": "integer", "minimum": 0}),
            Shape::Text => json!({"type": "string"}),
        };
        schema["description"] = help.into();
        properties.insert(long.to_owned(), schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.toml of rmqdoc",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}
