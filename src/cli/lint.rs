//! `rmqdoc lint`: configuration alone, full severities.

use super::analyze::{progress, request, tell_problems};
use super::args::{Common, Lint};
use super::exit::Outcome;
use super::{output, style};
use crate::diagnose;
use crate::report::inspection;
use anyhow::Result;

/// Runs the command.
pub(super) fn run(args: &Lint, common: &Common) -> Result<Outcome> {
    let request = request(&args.input, common);
    let inspection = diagnose::lint(&request, &mut progress(common, &args.output))?;
    let read = tell_problems(&inspection.coverage, common);
    let file = args.output.output.as_deref();
    let style = style(common, file);
    output::write(file, |out| {
        inspection::write(&inspection, args.output.format, &style, out)
    })?;
    let severities = inspection.items.iter().map(inspection::severity);
    Ok(if read {
        args.threshold.fail_on.judge(severities)
    } else {
        Outcome::Failed
    })
}
