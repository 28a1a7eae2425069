//! `rmqdoc analyze`: files and folders in, report out.

use super::args::{Analyze, Common, Input, Output};
use super::exit::Outcome;
use super::progress::ProgressLine;
use super::{config, lang, output, remark, rulebook, style};
use crate::diagnose::{self, Request};
use crate::model::RuleCard;
use crate::model::finding::{Coverage, Severity};
use crate::report::Style;
use anyhow::{Result, bail};
use std::io::IsTerminal;

/// Runs the command.
pub(super) fn run(args: &Analyze, common: &Common) -> Result<Outcome> {
    let request = Request {
        since: args.period.since,
        until: args.period.until,
        at: args.period.at,
        select: args.selection.select.clone(),
        ignore: args.selection.ignore.clone(),
        timeline: args.timeline,
        ..request(&args.input, common)
    };
    check_selection(&request)?;
    let diagnosis = diagnose::run(&request, &mut progress(common, &args.output))?;
    let read = tell_problems(&diagnosis.coverage, common);
    let style = Style {
        timeline: args.timeline,
        ..style(common, args.output.output.as_deref())
    };
    let file = args.output.output.as_deref();
    output::write(file, |out| (args.output.format.write)(&diagnosis, &style, out))?;
    // Files that nobody understands, or a window without lines, are told in the report: they never change the code.
    Ok(if read {
        args.threshold.fail_on.judge_diagnosis(&diagnosis)
    } else {
        Outcome::Failed
    })
}

/// The part of a request that all commands share.
pub(super) fn request(input: &Input, common: &Common) -> Request {
    Request {
        paths: input.paths.clone(),
        rules_dirs: config::rules_dirs(&input.rules.rules_dirs),
        lang: lang(common),
        threads: input.threads,
        ..Request::default()
    }
}

/// A progress line, unless a program's format goes to the same terminal.
pub(super) fn progress(common: &Common, output: &Output) -> ProgressLine {
    let mixed = output.format.machine && output.output.is_none() && std::io::stdout().is_terminal();
    ProgressLine::new(!common.quiet && !mixed)
}

/// Tells on standard error what could not be read; the rest of the problems stands in the report. Returns whether
/// anything was read at all.
pub(super) fn tell_problems(coverage: &Coverage, common: &Common) -> bool {
    let read = coverage.bytes > 0;
    if !common.quiet || !read {
        for problem in &coverage.problems {
            remark(&format!("{}: {}", problem.path, problem.what));
        }
    }
    if !read && coverage.problems.is_empty() {
        remark("nothing to read: the input is empty");
    }
    read
}

/// Refuses names that select nothing, with the nearest one that would.
fn check_selection(request: &Request) -> Result<()> {
    if request.select.is_empty() && request.ignore.is_empty() {
        return Ok(());
    }
    let cards = rulebook::cards(&request.rules_dirs)?;
    let known = selectable(&cards);
    for (option, names) in [("--select", &request.select), ("--ignore", &request.ignore)] {
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let hint = config::nearest(name, known.iter().copied());
            let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            bail!("{option}: no rule, cause, area or severity is called `{name}`{hint}");
        }
    }
    Ok(())
}

fn selectable(cards: &[RuleCard]) -> Vec<&str> {
    let severities = [Severity::Critical, Severity::Warning, Severity::Notice].map(Severity::word);
    let of_rules = cards
        .iter()
        .flat_map(|card| [card.id.as_str(), &card.cause, &card.area]);
    of_rules.chain(severities).collect()
}
