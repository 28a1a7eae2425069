//! What several tests need.

pub(crate) mod fixture;
pub(crate) mod golden;
pub(crate) mod program;

use rmqdoc::diagnose::{self, Request};
use rmqdoc::model::Diagnosis;
use rmqdoc::rule::RuleBook;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Diagnoses files and folders with the embedded rules, which are compiled once for all tests.
pub(crate) fn diagnose(paths: &[PathBuf]) -> Diagnosis {
    static BOOK: OnceLock<RuleBook> = OnceLock::new();
    let book = BOOK.get_or_init(|| diagnose::rulebook(&[]).unwrap_or_else(|e| panic!("{e:#}")));
    let request = Request {
        paths: paths.to_vec(),
        threads: 1,
        ..Request::default()
    };
    diagnose::run_with(book, &request, &mut ()).unwrap()
}
