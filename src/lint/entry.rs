//! An entry of `texts.toml` as written. The build script reads the file with this very code and packs what it read:
//! nothing here may need more than serde.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All checks by id.
pub(super) type Checks = BTreeMap<String, Check>;

/// The texts of a check in one language. `{key}`, `{value}`, `{suggestion}`, `{detail}`, `{other}`, `{version}` stand for
/// fields of the `lint` event; see `lint::filled`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckText {
    /// One line: what is wrong.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// One check.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `error`, `warning`, `info`; a finding may carry another one.
    pub severity: String,
    /// Cause id, empty for information.
    #[serde(default)]
    pub cause: String,
    /// `stops-start`, `data`, `availability`, `speed`, `none`.
    pub harm: String,
    /// English.
    pub en: CheckText,
    /// Chinese.
    pub zh: CheckText,
}
