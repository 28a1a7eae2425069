//! `Release`: a RocketMQ version as numbers, so that versions can be compared.

use std::fmt;

/// A RocketMQ version: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u32, pub u32, pub u32);

impl Release {
    /// Reads `4.9.2`, `V4_9_2`, `5.3`, `v5.1.0-SNAPSHOT`, `rocketmq-all-4.9.2-bin-release`: the first number that a dot
    /// or underscore ties to another. Anything that looks like an IP address (four parts) is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let from = at;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.' || bytes[at] == b'_') {
                at += 1;
            }
            let word = text[from..at].trim_end_matches(['.', '_']);
            let parts: Vec<&str> = word.split(['.', '_']).collect();
            if !(2..=3).contains(&parts.len()) {
                continue;
            }
            let number = |i: usize| parts.get(i).map_or(Some(0), |part| part.parse().ok());
            if let (Some(major), Some(minor), Some(patch)) = (number(0), number(1), number(2)) {
                return Some(Release(major, minor, patch));
            }
        }
        None
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_people_write_them() {
        for (text, want) in [
            ("4.9.2", Some(Release(4, 9, 2))),
            ("V5_1_0", Some(Release(5, 1, 0))),
            ("rocketmq-all-4.9.2-bin-release", Some(Release(4, 9, 2))),
            ("5.3", Some(Release(5, 3, 0))),
            ("10.1.2.3", None),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(Release::parse(text), want, "{text}");
        }
    }
}
