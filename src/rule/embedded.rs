//! The rules that are packed into the binary by `build.rs`.

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// All embedded files.
pub fn embedded() -> Vec<super::RuleText> {
    EMBEDDED
        .iter()
        .map(|(path, text)| super::RuleText {
            path: (*path).into(),
            text: (*text).into(),
        })
        .collect()
}
