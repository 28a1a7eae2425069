//! `Version`: a version of RocketMQ (or of a JDK) as numbers, so that versions can be compared. Which of them a rule
//! holds for is told by `rule/range.rs`.

use std::fmt;

/// Up to four numbers: major, minor, patch, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u32; 4]);

impl Version {
    /// The version of these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch, 0])
    }

    /// Reads `4.9.2`, `V4_9_2`, `5.3`, `v5.1.0-SNAPSHOT`, `1.8.0_292`, `rocketmq-all-4.9.2-bin-release`: the first number
    /// that a dot or underscore ties to another; a text that is one number only, too. What looks like an IP address (four
    /// numbers between dots) is refused.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(major) = text.trim().parse() {
            return Some(Self::new(major, 0, 0));
        }
        let words = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_')));
        words.map(|word| word.trim_matches(['.', '_'])).find_map(Self::of_word)
    }

    fn of_word(word: &str) -> Option<Self> {
        let mut numbers = [0; 4];
        let mut count = 0;
        for part in word.split(['.', '_']) {
            *numbers.get_mut(count)? = part.parse().ok()?;
            count += 1;
        }
        let is_address = count == 4 && !word.contains('_');
        (count > 1 && !is_address).then_some(Self(numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, rest] = self.0;
        write!(f, "{major}.{minor}.{patch}")?;
        if rest > 0 { write!(f, ".{rest}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_people_write_them() {
        for (text, want) in [
            ("4.9.2", Some("4.9.2")),
            ("V5_1_0", Some("5.1.0")),
            ("V4_9_2_SNAPSHOT", Some("4.9.2")),
            ("5.1.4-SNAPSHOT", Some("5.1.4")),
            ("rocketmq-all-4.9.2-bin-release", Some("4.9.2")),
            ("5.3", Some("5.3.0")),
            ("5", Some("5.0.0")),
            ("1.8.0_292", Some("1.8.0.292")),
            ("17.0.9+9-LTS", Some("17.0.9")),
            ("10.1.2.3", None),
            ("99999999999.1", None),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(text).map(|v| v.to_string()).as_deref(), want, "{text}");
        }
        assert!(Version::parse("4.9.10") > Version::parse("4.9.2"));
    }
}
