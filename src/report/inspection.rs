//! What lint says, in every form.
use super::{Report, Style};
use crate::model::{Event, Inspection, Severity};
use std::io::{Result, Write};
/// Severity of a lint event.
pub fn severity(item: &Event) -> Severity {
    match item.fields.str("severity") {
        Some("error") => Severity::Critical,
        Some("warning") => Severity::Warning,
        _ => Severity::Notice,
    }
}
/// Writes it.
pub fn write(_: &Inspection, _: &Report, _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// Schema.
pub fn schema() -> schemars::Schema {
    super::json::schema()
}
