//! The sentences of checks, in English and Chinese, with the severity, cause and harm each check has by default. Data in
//! `texts.toml`; a new check needs an entry there.

use crate::model::{Event, Lang};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The texts of a check in one language. `{key}`, `{value}`, `{suggestion}`, `{detail}`, `{other}`, `{version}` stand for
/// fields of the `lint` event; see [`filled`].
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Deserialize)]
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

impl Check {
    /// The texts in this language.
    pub fn text(&self, lang: Lang) -> &CheckText {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// All checks by id.
pub fn checks() -> &'static BTreeMap<String, Check> {
    static CHECKS: OnceLock<BTreeMap<String, Check>> = OnceLock::new();
    CHECKS.get_or_init(|| toml::from_str(include_str!("texts.toml")).unwrap_or_default())
}

/// The check of this id.
pub fn check(id: &str) -> Option<&'static Check> {
    checks().get(id)
}

/// A text of a check with the fields of its finding put in; an unknown or missing field leaves nothing.
pub fn filled(template: &str, finding: &Event) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let behind = &rest[open + 1..];
        let Some(close) = behind.find('}') else {
            rest = &rest[open..];
            break;
        };
        if let Some(value) = finding.fields.get(&behind[..close]) {
            out.push_str(value.to_text().trim_end());
        }
        rest = &behind[close + 1..];
    }
    out.push_str(rest);
    out
}
