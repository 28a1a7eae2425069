//! `rmqdoc 0.3.0 (abc1234, 2026-09-01) rules: 142`

use super::rulebook;

/// What stands behind the program's name in `--version`. Commit and date are known when the build sets them.
pub(super) fn long() -> String {
    let number = env!("CARGO_PKG_VERSION");
    let build = match (option_env!("RMQDOC_COMMIT"), option_env!("RMQDOC_DATE")) {
        (Some(commit), Some(date)) => format!(" ({commit}, {date})"),
        (Some(commit), None) => format!(" ({commit})"),
        _ => String::new(),
    };
    format!("{number}{build} rules: {}", rulebook::embedded_count())
}
