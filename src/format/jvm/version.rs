//! Versions: `java -version`, the JVM's banner in dumps and crash files, jar names in class paths and stack traces.
//!
//! ```text
//! openjdk version "17.0.15" 2025-04-15
//! java version "1.8.0_221"
//! Full thread dump Java HotSpot(TM) 64-Bit Server VM (25.221-b11 mixed mode):      25.221 is 1.8.0_221
//! at org.apache.rocketmq.client.X.y(X.java:1) ~[rocketmq-client-4.9.2.jar:4.9.2]
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};
use std::collections::BTreeSet;

/// Versions of the JDK and of well-known jars.
pub const FORMAT: Format = Format {
    name: "versions",
    score,
    parse,
};

/// Version of the JDK behind the version of its virtual machine: `17.0.15+6`, `25.221-b11` → `1.8.0_221`.
pub fn of_vm_banner(banner: &str) -> Option<String> {
    let open = banner
        .find("VM (")
        .map(|at| at + 4)
        .or_else(|| banner.find('(').map(|at| at + 1))?;
    let inside = &banner[open..];
    let word = inside.split([' ', ')', ',']).next()?;
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let numbers = word.split(['+', '-']).next()?;
    let (major, minor) = numbers.split_once('.').unwrap_or((numbers, "0"));
    match major {
        "25" if !word.contains('+') => Some(format!("1.8.0_{minor}")),
        "24" if !word.contains('+') => Some(format!("1.7.0_{minor}")),
        "20" if !word.contains('+') => Some(format!("1.6.0_{minor}")),
        _ if numbers.len() <= 20 => Some(numbers.to_string()),
        _ => None,
    }
}

/// Version in `openjdk version "17.0.15" 2025-04-15` and its older forms.
pub fn of_java_version(line: &str) -> Option<&str> {
    let line = line.trim();
    let (maker, rest) = line.split_once(" version \"")?;
    let known = maker.ends_with("java") || maker.ends_with("openjdk");
    let version = rest.split('"').next()?;
    let sane = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= 30;
    (known && maker.len() <= 40 && sane).then_some(version)
}

/// Jar file names whose version matters, and what they are a part of.
const JARS: &[(&str, &str)] = &[
    ("rocketmq-broker-", "rocketmq"),
    ("rocketmq-store-", "rocketmq"),
    ("rocketmq-namesrv-", "rocketmq"),
    ("rocketmq-proxy-", "rocketmq"),
    ("rocketmq-controller-", "rocketmq"),
    ("rocketmq-remoting-", "rocketmq"),
    ("rocketmq-common-", "rocketmq"),
    ("rocketmq-client-java-", "client-java"),
    ("rocketmq-client-", "client"),
    ("rocketmq-spring-boot-starter-", "rocketmq-spring"),
    ("rocketmq-spring-boot-", "rocketmq-spring"),
    ("netty-all-", "netty"),
    ("netty-common-", "netty"),
    ("netty-transport-", "netty"),
    ("fastjson-", "fastjson"),
    ("logback-classic-", "logback"),
];

/// Versions told by the jar names of one line: component, version. A broker's class path holds all of RocketMQ's jars.
pub fn of_jars(line: &str) -> BTreeSet<(&'static str, &str)> {
    let mut found = BTreeSet::new();
    if !line.contains(".jar") && !line.contains("-bin-release") {
        return found;
    }
    // A class path is one word; jar names stand between separators.
    for name in line
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')))
        .take(5_000)
    {
        let Some(stem) = name.strip_suffix(".jar") else {
            continue;
        };
        if let Some((component, version)) = JARS
            .iter()
            .find_map(|(start, component)| Some((*component, stem.strip_prefix(start)?)))
        {
            let sane = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= 30;
            if sane {
                found.insert((component, version));
            }
        }
    }
    let server = found.iter().any(|(component, _)| *component == "rocketmq")
        && ["rocketmq-broker-", "rocketmq-namesrv-", "rocketmq-store-"]
            .iter()
            .any(|jar| line.contains(jar));
    if server {
        found.retain(|(component, _)| *component != "client");
    }
    found
}

fn score(text: &Text<'_>) -> u8 {
    let told = text.lines().iter().any(|line| of_java_version(line).is_some());
    if told {
        40
    } else if text.lines().iter().any(|line| !of_jars(line).is_empty()) {
        15
    } else {
        0
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut told = BTreeSet::new();
    for (at, line) in text.lines().iter().enumerate() {
        let jdk = of_java_version(line).map(|version| ("jdk", version));
        for (component, version) in of_jars(line).into_iter().chain(jdk) {
            if told.len() < 100 && told.insert((component, version)) {
                out.event(
                    Event::new("version", text.span(at), line)
                        .with("component", component)
                        .with("version", version),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples() {
        crate::format::testing::check_samples(&FORMAT);
        crate::format::testing::never_panics(&FORMAT);
    }

    #[test]
    fn reads_versions() {
        for (banner, expect) in [
            (
                "OpenJDK 64-Bit Server VM (17.0.15+6-Debian-1deb12u1 mixed mode, sharing)",
                Some("17.0.15"),
            ),
            (
                "Java HotSpot(TM) 64-Bit Server VM (25.221-b11 mixed mode)",
                Some("1.8.0_221"),
            ),
            ("OpenJDK 64-Bit Server VM (25.0.1+8-LTS mixed mode)", Some("25.0.1")),
            (
                "Java HotSpot(TM) 64-Bit Server VM (20.1-b02 mixed mode)",
                Some("1.6.0_1"),
            ),
            ("", None),
        ] {
            assert_eq!(of_vm_banner(banner).as_deref(), expect, "{banner}");
        }
        assert_eq!(
            of_java_version("openjdk version \"17.0.15\" 2025-04-15"),
            Some("17.0.15")
        );
        assert_eq!(of_java_version("java version \"1.8.0_221\""), Some("1.8.0_221"));
        let jars = of_jars(
            "-cp /opt/lib/rocketmq-broker-4.9.2.jar:/opt/lib/rocketmq-client-4.9.2.jar:/x/netty-all-4.0.42.Final.jar",
        );
        assert_eq!(
            jars.into_iter().collect::<Vec<_>>(),
            [("netty", "4.0.42.Final"), ("rocketmq", "4.9.2")]
        );
    }
}
