//! Two bundles: what was changed, what it did, and which change goes with which effect. Prints nothing.
//!
//! Both sides are diagnosed like any bundle; what people set and what was measured comes along (`diagnose::examine`).
//! `side` matches hosts, `changes` compares settings, `effects` compares series against their own spread (`noise` says
//! how), `findings` compares diagnoses, and `pairs` puts changes and effects together by `rules/effects.toml`.

mod changes;
mod effects;
mod findings;
mod noise;
mod pairs;
mod side;

use crate::diagnose::{self, Examination, Progress, Request};
use crate::model::{Comparison, Lang};
use crate::rule::RuleBook;
use anyhow::Result;
use side::Side;
use std::path::PathBuf;

/// Diagnoses both sides with the same request and compares them.
///
/// # Errors
/// Rules cannot be read, threads cannot be started.
pub fn run(
    before: &[PathBuf],
    after: &[PathBuf],
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Comparison> {
    run_with(
        &diagnose::rulebook(&request.rules_dirs)?,
        before,
        after,
        request,
        progress,
    )
}

/// The same with rules at hand.
///
/// # Errors
/// Threads cannot be started.
pub fn run_with(
    book: &RuleBook,
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
        diagnose::examine(book, &request, progress)
    };
    let before = side(before, progress)?;
    let after = side(after, progress)?;
    Ok(compare(&before, &after, book, request.lang))
}

fn compare(before: &Examination, after: &Examination, book: &RuleBook, lang: Lang) -> Comparison {
    let (old, new) = Side::both(before, after);
    let changes = changes::changes(&old, &new, &book.effects.volatile, lang);
    let effects = effects::effects(&old, &new, &book.effects, lang);
    let findings = findings::findings(&old, &new);
    let pairs = pairs::pairs(&changes, &effects, &findings, &book.effects, lang);
    Comparison {
        before: before.diagnosis.coverage.clone(),
        after: after.diagnosis.coverage.clone(),
        changes: changes.into_iter().map(|it| it.change).collect(),
        effects: effects.into_iter().map(|it| it.effect).collect(),
        findings: findings.into_iter().map(|it| it.finding).collect(),
        pairs,
    }
}
