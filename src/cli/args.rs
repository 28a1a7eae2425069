//! Every option, its help and its group. What an option means to a command stands in the command's own file.
//!
//! An option has one name: `--fail-on` on the command line, `fail-on` in the config file, `RMQDOC_FAIL_ON` in the
//! environment. The last two are derived from the first (`config.rs`), so nothing is written twice.

use super::exit::FailOn;
use super::terminal::ColorChoice;
use super::{diff, explain, gc, generate, rules, time};
use crate::diagnose::TimePoint;
use crate::model::Lang;
use crate::report::{self, Report};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// The doctor for Apache RocketMQ: reads logs, names the cause, shows the proof and the fix.
///
/// Give it whatever you have: logs of brokers, name servers, clients and applications, GC logs, thread dumps, iostat,
/// sar, sysctl, configuration files; folders and archives of them; or a paste on standard input. It changes nothing and
/// sends nothing.
#[derive(Debug, Parser)]
#[command(name = "rmqdoc", subcommand_required = true, arg_required_else_help = true)]
#[command(infer_long_args = false, disable_help_subcommand = true, after_help = EXAMPLES_SHORT, after_long_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES_SHORT: &str = "`rmqdoc logs/` is `rmqdoc analyze logs/`. See `rmqdoc <command> --help`.";

const EXAMPLES: &str = "\
Examples:
  rmqdoc logs/                                 what is wrong, with proof and fix
  kubectl logs app-1 | rmqdoc -                the same for a paste
  rmqdoc lint conf/broker.conf                 settings that are wrong or risky

Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above it
  2  bad arguments or config, or nothing could be read";

/// What rmqdoc can do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read logs and name the cause (the default)
    #[command(after_long_help = ANALYZE_EXAMPLES)]
    Analyze(Analyze),
    /// Check configuration files
    #[command(after_long_help = LINT_EXAMPLES)]
    Lint(Lint),
    /// Read GC logs and show their figures
    Gc(gc::GcArgs),
    /// Compare two bundles: what was changed, what it did
    #[command(after_long_help = diff::EXAMPLES)]
    Diff(diff::DiffArgs),
    /// Explain a rule or a cause
    Explain(explain::ExplainArgs),
    /// List and check rules
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Print completions, man page, example config, schemas
    #[command(subcommand)]
    Gen(generate::GenCommand),
}

const ANALYZE_EXAMPLES: &str = "\
Examples:
  rmqdoc analyze logs/ gc.log.gz               folders, files, archives
  rmqdoc analyze --at 14:02 bundle.tar.gz      what happened around 14:02
  rmqdoc analyze --format json logs/ | jq .findings[0].cause

Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above it
  2  bad arguments or config, or nothing could be read";

const LINT_EXAMPLES: &str = "\
Examples:
  rmqdoc lint conf/                            every file in it that is understood
  rmqdoc lint broker-a.conf broker-b.conf      the same, and how they fit together
  rmqdoc lint --format sarif conf/ -o lint.sarif

Exit codes:
  0  nothing at or above --fail-on
  1  problems at or above it
  2  bad arguments or config, or nothing could be read";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Common {
    /// Language of the texts [default: that of the locale]
    ///
    /// Taken from LC_ALL, LC_MESSAGES or LANG when not given.
    #[arg(long, global = true, value_name = "LANG", value_parser = lang_parser(), hide_possible_values = true)]
    pub(super) lang: Option<Lang>,
    /// When to colour: auto, always, never
    ///
    /// `auto` colours on a terminal, and heeds NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(super) color: ColorChoice,
    /// Keep to ASCII symbols
    ///
    /// The default where the locale's characters are not UTF-8.
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    /// No progress, no remarks on skipped files
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show all evidence, weights and references
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Read options from FILE
    ///
    /// Otherwise from $RMQDOC_CONFIG, or $XDG_CONFIG_HOME/rmqdoc/config.toml (~/.config when unset). Flags win over
    /// the environment (RMQDOC_FAIL_ON is --fail-on), the environment over the file. `rmqdoc gen config` prints one.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
}

/// `rmqdoc analyze`
#[derive(Debug, Args)]
pub(super) struct Analyze {
    #[command(flatten)]
    pub(super) input: Input,
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) period: Period,
    #[command(flatten)]
    pub(super) output: Output,
    /// Show what happened in order of time
    #[arg(long, help_heading = "Output")]
    pub(super) timeline: bool,
    #[command(flatten)]
    pub(super) threshold: Threshold,
}

/// `rmqdoc lint`
#[derive(Debug, Args)]
pub(super) struct Lint {
    #[command(flatten)]
    pub(super) input: Input,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) threshold: Threshold,
}

/// What to read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct Input {
    /// Files, folders, archives; `-` is standard input
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = None::<&str>)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) rules: RulesDirs,
    /// Worker threads [default: one per processor, at most 8]
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    pub(super) threads: usize,
}

/// Where rules come from beside the embedded ones.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct RulesDirs {
    /// Add rules from DIR (may be repeated)
    ///
    /// A rule of the same id replaces the embedded one. $XDG_CONFIG_HOME/rmqdoc/rules is read as well.
    #[arg(long = "rules", value_name = "DIR", value_delimiter = ',', value_hint = ValueHint::DirPath)]
    pub(super) rules_dirs: Vec<PathBuf>,
}

/// Which findings.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Selection {
    /// Only these rules, causes, areas or severities
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Not these rules, causes, areas or severities
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
}

/// Which part of the logs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Period {
    /// Ignore what happened before TIME
    ///
    /// A TIME is `2024-05-01 14:02` in the clock of the logs, with an offset (`2024-05-01T14:02:11+08:00`) in that one,
    /// `14:02` on the last day of the logs, or `-30m` before their end.
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(super) since: Option<TimePoint>,
    /// Ignore what happened after TIME
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(super) until: Option<TimePoint>,
    /// Look at the 15 minutes before and after TIME
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["since", "until"])]
    pub(super) at: Option<TimePoint>,
}

/// In which form, and where to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// text (default), markdown, json, jsonl, sarif, junit
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    #[arg(hide_default_value = true)]
    #[arg(value_parser = report_parser())]
    pub(super) format: &'static Report,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
}

/// What makes the exit code 1.
#[derive(Debug, Args)]
#[command(next_help_heading = "Thresholds")]
pub(super) struct Threshold {
    /// Exit 1 at critical, warning (default), notice, never
    #[arg(
        long,
        value_name = "LEVEL",
        value_enum,
        default_value = "warning",
        hide_possible_values = true
    )]
    #[arg(hide_default_value = true)]
    pub(super) fail_on: FailOn,
}

/// Text for people or JSON for programs, for commands without the other forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Plain {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn lang_parser() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new([PossibleValue::new("en"), PossibleValue::new("zh")]).map(|name| match name.as_str() {
        "zh" => Lang::Zh,
        _ => Lang::En,
    })
}

fn report_parser() -> impl TypedValueParser<Value = &'static Report> {
    PossibleValuesParser::new(report::REPORTS.iter().map(|report| report.name))
        .try_map(|name| report::named(&name).ok_or_else(|| format!("no report is called {name}")))
}
