//! The config file, and the one name that an option has in it, on the command line and in the environment.
//!
//! ```toml
//! # ~/.config/rmqdoc/config.toml
//! fail-on = "critical"
//! ignore  = ["port-probe"]
//! ```
//!
//! A value of the file becomes the default of its option, a value of the environment overrides it, and a flag overrides
//! both. The file is never created and never required.

use anyhow::{Context, Result, bail};
use clap::builder::FalseyValueParser;
use clap::{Arg, ArgAction, Command};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One key of a config file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// As the option, without `--`.
    key: String,
    /// One value, or those of an array.
    values: Vec<String>,
}

/// Options that make no sense as a setting.
const NOT_SETTINGS: [&str; 3] = ["config", "help", "version"];

/// Every option that can be set in a file or in the environment, each name once, in order of name.
pub(super) fn options(command: &Command) -> Vec<&Arg> {
    let mut all: Vec<&Arg> = Vec::new();
    collect(command, &mut all);
    all.sort_by_key(|arg| arg.get_long());
    all.dedup_by_key(|arg| arg.get_long());
    all
}

fn collect<'a>(command: &'a Command, all: &mut Vec<&'a Arg>) {
    let named = |arg: &&Arg| arg.get_long().is_some_and(|long| !NOT_SETTINGS.contains(&long));
    all.extend(command.get_arguments().filter(named));
    for sub in command.get_subcommands() {
        collect(sub, all);
    }
}

/// Whether `-o` or `--output` is followed by a value.
pub(super) fn takes_value(command: &Command, option: &str) -> bool {
    let mut all = Vec::new();
    collect(command, &mut all);
    all.extend(command.get_arguments());
    all.iter().any(|arg| {
        let long = arg
            .get_long()
            .is_some_and(|long| option.strip_prefix("--") == Some(long));
        let short = arg
            .get_short()
            .is_some_and(|short| option.strip_prefix('-').is_some_and(|it| it.chars().eq([short])));
        (long || short) && arg.get_action().takes_values()
    })
}

/// The environment variable of an option: `RMQDOC_FAIL_ON`.
pub(super) fn variable(long: &str) -> String {
    format!("RMQDOC_{}", long.to_ascii_uppercase().replace('-', "_"))
}

/// Lets every option be set by its environment variable.
pub(super) fn with_environment(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_long().map(str::to_owned) {
        Some(long) if !NOT_SETTINGS.contains(&long.as_str()) => {
            let flag = matches!(arg.get_action(), ArgAction::SetTrue);
            let arg = arg.env(variable(&long)).hide_env(true);
            if flag {
                arg.value_parser(FalseyValueParser::new())
            } else {
                arg
            }
        }
        _ => arg,
    });
    command.mut_subcommands(with_environment)
}

/// Reads the config file that the arguments, the environment or the user's folder name; none is fine.
pub(super) fn read(command: &Command, args: &[OsString]) -> Result<Vec<Setting>> {
    let named = named_file(args).or_else(|| {
        std::env::var_os("RMQDOC_CONFIG")
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    });
    let (path, required) = match (named, home()) {
        (Some(path), _) => (path, true),
        (None, Some(home)) => (home.join("config.toml"), false),
        (None, None) => return Ok(Vec::new()),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(command, &path.display().to_string(), &text),
        Err(_) if !required => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn named_file(args: &[OsString]) -> Option<PathBuf> {
    let mut rest = args.iter().skip(1).take_while(|arg| *arg != "--");
    while let Some(arg) = rest.next() {
        if arg == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    None
}

/// `$XDG_CONFIG_HOME/rmqdoc`, or `~/.config/rmqdoc`.
fn home() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(base.join("rmqdoc"))
}

/// The folders that the user named, and the one in the user's config folder when it is there.
pub(super) fn rules_dirs(named: &[PathBuf]) -> Vec<PathBuf> {
    let own = home().map(|home| home.join("rules")).filter(|dir| dir.is_dir());
    own.into_iter().chain(named.iter().cloned()).collect()
}

/// Reads a config file; every mistake is told with its place.
fn parse(command: &Command, file: &str, text: &str) -> Result<Vec<Setting>> {
    let known = options(command);
    let line_at = |offset: usize| {
        1 + text
            .as_bytes()
            .iter()
            .take(offset)
            .filter(|byte| **byte == b'\n')
            .count()
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_at(span.start));
            bail!("{file}:{line}: {}", error.message());
        }
    };
    let mut settings = Vec::new();
    for (key, value) in &table {
        let name = key.get_ref().as_ref();
        let place = format!("{file}:{}", line_at(key.span().start));
        if !known.iter().any(|arg| arg.get_long() == Some(name)) {
            let near = nearest(name, known.iter().filter_map(|arg| arg.get_long()));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            bail!("{place}: unknown key `{name}`{hint}");
        }
        let values = values(value).with_context(|| format!("{place}: `{name}`"))?;
        check(command, name, &values).with_context(|| place)?;
        settings.push(Setting {
            key: name.to_owned(),
            values,
        });
    }
    Ok(settings)
}

fn values(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(scalar).collect(),
        _ => Ok(vec![scalar(value)?]),
    }
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Result<String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        _ => bail!("expected a text, a whole number, true or false, or an array of these"),
    }
}

/// A value must be one that the option takes in at least one command.
fn check(command: &Command, key: &str, values: &[String]) -> Result<()> {
    let mut all = Vec::new();
    collect(command, &mut all);
    let mut complaint = None;
    for arg in all.into_iter().filter(|arg| arg.get_long() == Some(key)) {
        match accepts(arg, values) {
            Ok(()) => return Ok(()),
            Err(error) => complaint = Some(error),
        }
    }
    bail!("`{key}`: {}", complaint.unwrap_or_else(|| "is no option".into()))
}

/// Asks clap, with a command that has just this option.
fn accepts(arg: &Arg, values: &[String]) -> Result<(), String> {
    if !arg.get_action().takes_values() {
        return match values {
            [value] if value == "true" || value == "false" => Ok(()),
            _ => Err("expected true or false".into()),
        };
    }
    if values.len() != 1 && !matches!(arg.get_action(), ArgAction::Append) {
        return Err("expected one value".into());
    }
    let long = arg.get_long().unwrap_or_default();
    let words = std::iter::once("config".to_owned()).chain(values.iter().map(|value| format!("--{long}={value}")));
    // Its relations to options that are not here would be refused.
    let alone = Arg::new("alone")
        .long(long.to_owned())
        .action(arg.get_action().clone())
        .value_parser(arg.get_value_parser().clone());
    match Command::new("config")
        .arg(alone)
        .no_binary_name(false)
        .try_get_matches_from(words)
    {
        Ok(_) => Ok(()),
        Err(error) => Err(reason(&error)),
    }
}

/// Clap's message without its frame: `invalid value 'x' for … [possible values: …]`.
fn reason(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("For more information"));
    let words: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// Makes the settings the defaults of their options.
pub(super) fn apply(command: Command, settings: &[Setting]) -> Command {
    let command = command.mut_args(|arg| {
        let setting = settings.iter().find(|setting| arg.get_long() == Some(&setting.key));
        match setting {
            Some(setting) if accepts(&arg, &setting.values).is_ok() => arg.default_values(setting.values.clone()),
            _ => arg,
        }
    });
    command.mut_subcommands(|sub| apply(sub, settings))
}

/// The known name that is meant, if one is near enough.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known
        .map(|it| (strsim::jaro_winkler(name, it), it))
        .filter(|(score, _)| *score >= 0.8);
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, it)| it)
}

/// What a setting holds, for the example file and the schema.
pub(super) fn shape(arg: &Arg) -> Shape {
    let words: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    match arg.get_action() {
        ArgAction::SetTrue => Shape::Flag,
        ArgAction::Append => Shape::List,
        _ if !words.is_empty() => Shape::Word(words),
        _ if arg.get_value_parser().type_id() == std::any::TypeId::of::<usize>() => Shape::Number,
        _ => Shape::Text,
    }
}

/// See `shape`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// true or false
    Flag,
    /// An array of texts.
    List,
    /// One of these.
    Word(Vec<String>),
    /// A whole number.
    Number,
    /// Any text.
    Text,
}

/// The default of an option as the user would write it; empty when there is none.
pub(super) fn default_of(arg: &Arg) -> String {
    let values = arg.get_default_values().iter().map(|value: &clap::builder::OsStr| {
        let value: &OsStr = value.as_os_str();
        value.to_string_lossy().into_owned()
    });
    values.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    fn read_text(text: &str) -> Result<Vec<Setting>, String> {
        parse(&command(), "c.toml", text).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let cases = [
            (
                "\n\nfail-om = 'never'",
                "c.toml:3: unknown key `fail-om`; did you mean `fail-on`?",
            ),
            ("zzz = 1", "c.toml:1: unknown key `zzz`"),
            ("ascii = 'yes'", "c.toml:1: `ascii`: expected true or false"),
            (
                "threads = 1.5",
                "c.toml:1: `threads`: expected a text, a whole number, true or false, or an array of these",
            ),
            (
                "fail-on = ['never', 'notice']",
                "c.toml:1: `fail-on`: expected one value",
            ),
            ("config = 'x'", "c.toml:1: unknown key `config`"),
        ];
        for (text, want) in cases {
            assert_eq!(read_text(text).unwrap_err(), want, "{text}");
        }
        let wrong = read_text("lang = 'en'\nfail-on = 'sometimes'").unwrap_err();
        assert!(
            wrong.starts_with("c.toml:2: `fail-on`: invalid value 'sometimes'"),
            "{wrong}"
        );
        assert!(read_text("a = [").unwrap_err().starts_with("c.toml:1: "));
    }

    #[test]
    fn a_file_is_weaker_than_a_flag() {
        let settings = read_text("fail-on = 'never'\nignore = ['a', 'b']\nascii = true\nthreads = 3").unwrap();
        let matches = apply(command(), &settings)
            .try_get_matches_from(["rmqdoc", "analyze", "--fail-on", "notice", "x"])
            .unwrap();
        let (_, sub) = matches.subcommand().unwrap();
        assert_eq!(
            sub.get_one::<super::super::exit::FailOn>("fail_on"),
            Some(&super::super::exit::FailOn::Notice)
        );
        assert_eq!(
            sub.get_many::<String>("ignore").unwrap().collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(sub.get_one::<usize>("threads"), Some(&3));
        assert!(sub.get_flag("ascii"));
    }
}
