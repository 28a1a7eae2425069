//! Where commands get rules from: the one place that joins `cli` with `rule`.

use crate::model::RuleCard;
use crate::model::card::RuleProblem;
use anyhow::Result;
use std::path::PathBuf;

/// All rules: the embedded ones and those of these folders.
pub(super) fn cards(_rules_dirs: &[PathBuf]) -> Result<Vec<RuleCard>> {
    Ok(Vec::new())
}

/// What is wrong with the rule files of these folders (of the embedded ones when there is none).
pub(super) fn problems(_rules_dirs: &[PathBuf]) -> Result<Vec<RuleProblem>> {
    Ok(Vec::new())
}

/// How many rules are built in, for `--version`.
pub(super) fn embedded_count() -> usize {
    cards(&[]).map_or(0, |cards| cards.len())
}
