//! Two bundles: what was changed, what it did, and which change goes with which effect. Prints nothing.

use crate::diagnose::{self, Progress, Request};
use crate::model::Comparison;
use anyhow::Result;
use std::path::PathBuf;

/// Diagnoses both sides with the same request and compares them.
pub fn run(
    before: &[PathBuf],
    after: &[PathBuf],
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Comparison> {
    let side = |paths: &[PathBuf], progress: &mut dyn Progress| {
        let request = Request {
            paths: paths.to_vec(),
            ..request.clone()
        };
        diagnose::run(&request, progress)
    };
    let before = side(before, progress)?;
    let after = side(after, progress)?;
    Ok(Comparison {
        before: before.coverage,
        after: after.coverage,
        ..Comparison::default()
    })
}
