//! The sentences of checks, in English and Chinese, with the severity, cause and harm each check has by default. Data in
//! `texts.toml`, which the build script packs; a new check needs an entry there.

use super::entry::{Check, CheckText, Checks};
use crate::model::{Event, Lang};
use std::sync::OnceLock;

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
pub fn checks() -> &'static Checks {
    static CHECKS: OnceLock<Checks> = OnceLock::new();
    const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/checks.postcard"));
    CHECKS
        .get_or_init(|| postcard::from_bytes(PACKED).expect("the build script packed the very type that is read here"))
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
