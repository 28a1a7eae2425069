//! For people.
use super::Style;
use crate::model::Diagnosis;
use std::io::{Result, Write};
/// Text.
pub fn write(_: &Diagnosis, _: &Style, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
