//! Masking of secrets: no password may reach a report because a configuration was read. The number of stars tells a
//! secret's length (up to 16), which checks on too short keys need.

use regex::Regex;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Whether the value of this key is a secret by itself.
pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.rsplit(['.', '[']).next().unwrap_or(key).to_ascii_lowercase();
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    [
        "secretkey",
        "password",
        "passwd",
        "securitytoken",
        "secret",
        "secretaccesskey",
    ]
    .iter()
    .any(|word| key.ends_with(word))
}

/// As many stars as the secret has characters, at most 16; as many when somebody masked it before (`xxx`, `***`, `<key>`).
pub(super) fn stars(secret: &str) -> String {
    let masked = secret.starts_with('<') || secret.chars().all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-' | '#'));
    let length = if masked && !secret.is_empty() {
        16
    } else {
        secret.chars().count().min(16)
    };
    "*".repeat(length)
}

/// The text with values after `secretKey`, `password` and the like replaced by stars.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    static SECRET: OnceLock<Regex> = OnceLock::new();
    let pattern = SECRET.get_or_init(|| {
        Regex::new(
            r#"(?i)((?:secret[_-]?(?:access[_-]?)?key|password|passwd|security[_-]?token|secret)["']?\s*[:=,]\s*["']?)([^\s"',;}]+)"#,
        )
        .expect("the pattern is a constant")
    });
    pattern.replace_all(text, |found: &regex::Captures<'_>| {
        format!("{}{}", &found[1], stars(&found[2]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_starred() {
        assert_eq!(masked("  secretKey: 12345678"), "  secretKey: ********");
        assert_eq!(
            masked(r#"{"accessKey":"rmq","secretKey":"abc"}"#),
            r#"{"accessKey":"rmq","secretKey":"***"}"#
        );
        assert_eq!(masked("brokerName=broker-a"), "brokerName=broker-a");
        assert!(is_secret_key("accounts[0].secretKey") && is_secret_key("rocketmq.producer.secret-key"));
        assert!(!is_secret_key("accessKey"));
    }
}
