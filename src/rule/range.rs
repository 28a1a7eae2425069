//! `Range`: the versions that a rule holds for.

use crate::model::Version;

/// `>=4.9.3 <5.2 | >=5.3`: alternatives of comparisons that must all hold.
#[derive(Debug, Clone, Default)]
pub struct Range(Vec<Vec<(String, Version)>>);

impl Range {
    /// Reads a range; empty or `*` holds for all.
    ///
    /// # Errors
    /// Names the part that is not a comparison with a version.
    pub fn parse(text: &str) -> Result<Range, String> {
        let mut alternatives = Vec::new();
        for alternative in text.split('|').map(str::trim).filter(|a| !a.is_empty() && *a != "*") {
            let mut all = Vec::new();
            for part in alternative.split([' ', ',']).filter(|p| !p.is_empty()) {
                let split = part.find(|c: char| c.is_ascii_digit()).ok_or_else(|| bad(part))?;
                let (op, version) = part.split_at(split);
                if !matches!(op, ">=" | "<=" | ">" | "<" | "=" | "==" | "") {
                    return Err(bad(part));
                }
                all.push((op.to_string(), Version::parse(version).ok_or_else(|| bad(part))?));
            }
            alternatives.push(all);
        }
        Ok(Range(alternatives))
    }

    /// Whether every version is in the range.
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this version is in the range.
    pub fn contains(&self, version: Version) -> bool {
        self.is_any()
            || self.0.iter().any(|all| {
                all.iter().all(|(op, bound)| match op.as_str() {
                    ">=" => version >= *bound,
                    "<=" => version <= *bound,
                    ">" => version > *bound,
                    "<" => version < *bound,
                    _ => version == *bound,
                })
            })
    }
}

fn bad(part: &str) -> String {
    format!("`{part}` is not a comparison with a version such as >=4.9.3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold() {
        let v = |t| Version::parse(t).unwrap();
        let range = Range::parse(">=4.9.3 <5.0 | >=5.1.1 <=5.1.4").unwrap();
        assert!(range.contains(v("4.9.3")) && range.contains(v("V4_9_8")) && range.contains(v("5.1.4-SNAPSHOT")));
        assert!(!range.contains(v("5.0.0")) && !range.contains(v("4.9.2")) && !range.contains(v("5.2.0")));
        assert!(Range::parse("newer than 4").is_err());
        assert!(Range::parse("*").unwrap().contains(v("1")));
    }
}
