//! A comparison as text, Markdown and JSON.
use super::Style;
use crate::model::Comparison;
use std::io::{Result, Write};
/// Text.
pub fn text(_: &Comparison, _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// Markdown.
pub fn markdown(_: &Comparison, _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// JSON.
pub fn json(_: &Comparison, _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// Schema.
pub fn schema() -> schemars::Schema {
    super::json::schema()
}
