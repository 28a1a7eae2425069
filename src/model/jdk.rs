//! Versions of the JDK: major numbers, and the conditions under which branches of start scripts hold.

/// Major number of a JDK version: 8 for `1.8.0_221`, 17 for `17.0.15`.
pub fn major(version: &str) -> Option<u32> {
    let mut parts = version.split(['.', '_', '+', '-']);
    match parts.next()?.parse().ok()? {
        1 => parts.next()?.parse().ok(),
        major => Some(major),
    }
}

/// Whether a condition of field `jdk` (`<9`, `>=9`, empty) holds for a major version.
pub fn applies(jdk: &str, major: u32) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    if let Some(limit) = jdk.strip_prefix(">=").and_then(number) {
        major >= limit
    } else if let Some(limit) = jdk.strip_prefix('<').and_then(number) {
        major < limit
    } else {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_conditions() {
        assert_eq!(
            (major("1.8.0_221"), major("17.0.15"), major("x")),
            (Some(8), Some(17), None)
        );
        assert!(applies("<9", 8) && !applies("<9", 17) && applies(">=9", 17) && applies("", 17));
    }
}
