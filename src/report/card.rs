//! A rule as text and JSON.
use super::Style;
use crate::model::RuleCard;
use std::io::{Result, Write};
/// Text.
pub fn explain(_: &[&RuleCard], _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// One line per rule.
pub fn list(_: &[&RuleCard], _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
/// JSON.
pub fn json(_: &[&RuleCard], _: &mut dyn Write) -> Result<()> {
    Ok(())
}
