//! The command line: one file per subcommand. The only place that prints; what it prints comes from `report`.

mod analyze;
mod args;
mod config;
mod diff;
mod exit;
mod explain;
mod gc;
mod generate;
mod lint;
mod output;
mod progress;
mod rulebook;
mod rules;
mod terminal;
mod time;
mod version;

use anyhow::Result;
use args::{Cli, Command, Common};
use clap::{CommandFactory, FromArgMatches};
use exit::Outcome;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::model::Lang;
use crate::report::Style;

/// Runs the command line and tells the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match start(args.into_iter().collect()) {
        Ok(outcome) => outcome,
        Err(error) if output::is_broken_pipe(&error) => Outcome::Fine,
        Err(error) => {
            remark(&format!("{error:#}"));
            Outcome::Failed
        }
    };
    outcome.into()
}

fn start(args: Vec<OsString>) -> Result<Outcome> {
    let args = with_default_command(&command(), args);
    let settings = config::read(&command(), &args)?;
    let matches = match config::apply(command(), &settings).try_get_matches_from(args) {
        Ok(matches) => matches,
        // Help and version are no failure, and go to standard output; clap knows which is which.
        Err(error) => {
            let _ = error.print();
            return Ok(if error.use_stderr() {
                Outcome::Failed
            } else {
                Outcome::Fine
            });
        }
    };
    let cli = Cli::from_arg_matches(&matches)?;
    let common = &cli.common;
    match &cli.command {
        Command::Analyze(args) => analyze::run(args, common),
        Command::Lint(args) => lint::run(args, common),
        Command::Gc(args) => gc::run(args, common),
        Command::Diff(args) => diff::run(args, common),
        Command::Explain(args) => explain::run(args, common),
        Command::Rules(command) => rules::run(command, common),
        Command::Gen(args) => generate::run(args),
    }
}

/// The whole command line as clap knows it.
fn command() -> clap::Command {
    config::with_environment(Cli::command().version(version::long()).term_width(79))
}

/// `rmqdoc logs/` means `rmqdoc analyze logs/`. A word that is no path but nearly a command stays, so that clap can say
/// which command was meant.
fn with_default_command(command: &clap::Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let misspelt = |word: &str| config::nearest(word, command.get_subcommands().map(clap::Command::get_name)).is_some();
    let analyze = match first_word(command, &args) {
        Some(word) if command.find_subcommand(word).is_some() => false,
        Some(word) => {
            let text = word.to_string_lossy();
            text == "-" || text.contains(['/', '.']) || Path::new(word).exists() || !misspelt(&text)
        }
        None => {
            args.len() > 1
                && !args[1..]
                    .iter()
                    .any(|arg| ["-h", "--help", "-V", "--version"].iter().any(|it| arg == it))
        }
    };
    if analyze {
        args.insert(1, "analyze".into());
    }
    args
}

/// The first argument that is neither an option nor an option's value.
fn first_word<'a>(command: &clap::Command, args: &'a [OsString]) -> Option<&'a OsString> {
    let mut rest = args.iter().skip(1);
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if text == "--" {
            return rest.next();
        }
        if text == "-" || !text.starts_with('-') {
            return Some(arg);
        }
        if !text.contains('=') && config::takes_value(command, &text) {
            rest.next();
        }
    }
    None
}

/// A line on standard error.
fn remark(text: &str) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "rmqdoc: {text}");
}

/// The language that the user wants to read.
fn lang(common: &Common) -> Lang {
    common
        .lang
        .unwrap_or_else(|| terminal::language(&|name| std::env::var_os(name)))
}

/// How reports are to look at that place.
fn style(common: &Common, file: Option<&Path>) -> Style {
    let env = |name: &str| std::env::var_os(name);
    let terminal = file.is_none() && std::io::IsTerminal::is_terminal(&std::io::stdout());
    Style {
        lang: lang(common),
        width: if file.is_none() {
            terminal::columns()
        } else {
            Style::default().width
        },
        color: terminal::wants_color(common.color, terminal, &env),
        ascii: common.ascii || !terminal::speaks_utf8(&env),
        verbose: common.verbose,
        timeline: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn analyze_is_the_default_for_paths() {
        let cases = [
            ("rmqdoc logs/", "rmqdoc analyze logs/"),
            ("rmqdoc -", "rmqdoc analyze -"),
            ("rmqdoc broker.log", "rmqdoc analyze broker.log"),
            ("rmqdoc --format json logs/", "rmqdoc analyze --format json logs/"),
            ("rmqdoc --lang zh gc gc.log", "rmqdoc --lang zh gc gc.log"),
            ("rmqdoc --lang=zh gc gc.log", "rmqdoc --lang=zh gc gc.log"),
            ("rmqdoc -- lint/", "rmqdoc analyze -- lint/"),
            ("rmqdoc --format json", "rmqdoc analyze --format json"),
            ("rmqdoc lint conf/", "rmqdoc lint conf/"),
            ("rmqdoc analyse", "rmqdoc analyse"),
            ("rmqdoc lnit conf/", "rmqdoc lnit conf/"),
            ("rmqdoc logz", "rmqdoc analyze logz"),
            ("rmqdoc --help", "rmqdoc --help"),
            ("rmqdoc -V", "rmqdoc -V"),
            ("rmqdoc", "rmqdoc"),
        ];
        for (given, want) in cases {
            let args = given.split(' ').map(OsString::from).collect();
            let got = with_default_command(&command(), args);
            let words: Vec<OsString> = want.split(' ').map(OsString::from).collect();
            assert_eq!(got, words, "{given}");
        }
    }
}
