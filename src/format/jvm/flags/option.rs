//! Options of the JVM inside a line, wherever the line comes from.
//!
//! ```text
//! numactl --interleave=all java -server -Xms8g -Xmx8g -XX:+UseG1GC -XX:MaxDirectMemorySize=15g -cp … BrokerStartup
//! JAVA_OPT="${JAVA_OPT} -XX:MaxGCPauseMillis = 20"        a blank around `=` breaks the option; kept in `raw`
//! ```

use crate::model::Value;
use crate::model::units::parse_bytes;

/// One option as it stands, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VmOption<'a> {
    /// `-Xmx`, `-XX:UseG1GC`, `-Duser.home`, `-Xlog`.
    pub(super) flag: String,
    /// Bytes for heap and stack sizes, `true` or `false` for switches, otherwise the text.
    pub(super) value: Value,
    /// The text as it stands.
    pub(super) raw: &'a str,
}

/// Properties worth an event; applications set dozens that say nothing here.
const PROPERTIES: &[&str] = &[
    "java.util.concurrent.ForkJoinPool",
    "rocketmq",
    "com.rocketmq",
    "rmq.",
    "mq.",
    "user.home",
    "user.timezone",
    "java.ext.dirs",
    "java.io.tmpdir",
    "java.net.prefer",
    "io.netty",
    "sun.net",
    "file.encoding",
    "fastjson",
    "tls.",
];

/// Most options read of one line.
const OPTIONS_MAX: usize = 300;
/// Longest option in characters; a line of dashes would otherwise be read to its end from each of them.
const OPTION_MAX: usize = 4096;

/// All options of a line in order.
pub(super) fn options(line: &str) -> Vec<VmOption<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find('-').map(|at| at + from) {
        from = at + 1;
        if !starts_word(line, at) {
            continue;
        }
        if let Some(option) = option_at(&line[at..]) {
            from = at + option.raw.len();
            found.push(option);
            if found.len() >= OPTIONS_MAX {
                break;
            }
        }
    }
    found
}

/// Keeps the last of options given twice, as the JVM does.
pub(super) fn last_wins(options: Vec<VmOption<'_>>) -> Vec<VmOption<'_>> {
    let mut kept: Vec<VmOption<'_>> = Vec::new();
    for option in options {
        kept.retain(|earlier| {
            earlier.flag != option.flag || earlier.flag.starts_with("-Xlog") || earlier.flag == "-javaagent"
        });
        kept.push(option);
    }
    kept
}

fn starts_word(line: &str, at: usize) -> bool {
    match line[..at].chars().next_back() {
        None => true,
        Some(before) => {
            before.is_whitespace() || matches!(before, '"' | '\'' | '=' | '(' | '[' | '`' | ',' | ':' | '}')
        }
    }
}

fn option_at(text: &str) -> Option<VmOption<'_>> {
    if !text[1..].starts_with(['X', 'D', 'j', 'a']) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    let mut chars = text.char_indices().enumerate();
    let end = chars.find(|(count, (_, c))| *count >= OPTION_MAX || ends(*c));
    let end = end.map_or(text.len(), |(_, (at, _))| at);
    let word = text[..end].trim_end_matches([',', ']', ')', ';', '\\']);
    if let Some(rest) = word.strip_prefix("-XX:") {
        return advanced(text, word, rest);
    }
    for size in ["-Xmx", "-Xms", "-Xmn", "-Xss"] {
        if let Some(value) = word.strip_prefix(size) {
            let bytes = parse_bytes(value.trim_start_matches('='))?;
            return Some(option(size.to_string(), bytes, word));
        }
    }
    for named in [
        "-Xloggc",
        "-Xlog",
        "-javaagent",
        "-agentlib",
        "-Xrunjdwp",
        "-Xbootclasspath/a",
    ] {
        if let Some(value) = word.strip_prefix(named).and_then(|rest| rest.strip_prefix(':')) {
            return Some(option(named.to_string(), value, word));
        }
    }
    if matches!(word, "-Xint" | "-Xdebug" | "-Xcomp" | "-Xbatch" | "-Xrs") {
        return Some(option(word.to_string(), "true", word));
    }
    let property = word.strip_prefix("-D")?;
    let (name, value) = property.split_once('=').unwrap_or((property, ""));
    PROPERTIES
        .iter()
        .any(|start| name.starts_with(start))
        .then(|| option(format!("-D{name}"), value, word))
}

fn option<'a>(flag: String, value: impl Into<Value>, raw: &'a str) -> VmOption<'a> {
    VmOption {
        flag,
        value: value.into(),
        raw,
    }
}

/// `-XX:+Name`, `-XX:-Name`, `-XX:Name=value`, and the broken `-XX:Name = value`.
fn advanced<'a>(text: &'a str, word: &'a str, rest: &str) -> Option<VmOption<'a>> {
    if let Some(name) = rest.strip_prefix('+') {
        return is_name(name).then(|| option(format!("-XX:{name}"), "true", word));
    }
    if let Some(name) = rest.strip_prefix('-') {
        return is_name(name).then(|| option(format!("-XX:{name}"), "false", word));
    }
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) if !value.is_empty() => (name, value),
        other => {
            let name = other.map_or(rest, |(name, _)| name);
            return is_name(name).then(|| blanks_around(text, name)).flatten();
        }
    };
    if !is_name(name) {
        return None;
    }
    // GC logs and `jinfo` print the heap under its long name.
    let short = match name {
        "MaxHeapSize" => Some("-Xmx"),
        "InitialHeapSize" => Some("-Xms"),
        "MaxNewSize" => Some("-Xmn"),
        _ => None,
    };
    match short.zip(parse_bytes(value)) {
        Some((short, bytes)) => Some(option(short.to_string(), bytes, word)),
        None => Some(option(format!("-XX:{name}"), value, word)),
    }
}

/// `-XX:Name = 20`, `-XX:Name= 20`, `-XX:Name =20`: what was meant, with the blanks in `raw`.
fn blanks_around<'a>(text: &'a str, name: &str) -> Option<VmOption<'a>> {
    let start = "-XX:".len() + name.len();
    let tail = text.get(start..)?;
    let rest = tail
        .trim_start_matches([' ', '\t'])
        .strip_prefix('=')?
        .trim_start_matches([' ', '\t']);
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .unwrap_or(rest.len());
    let value = &rest[..end];
    if value.is_empty() || value.starts_with('-') {
        return None;
    }
    let length = text.len() - rest.len() + end;
    Some(option(format!("-XX:{name}"), value, &text[..length]))
}

fn is_name(name: &str) -> bool {
    name.len() >= 3 && name.len() <= 80 && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_dashes_is_read_once() {
        for part in [",-", ",-X", ",-D", ",-XX:"] {
            let line = part.repeat(100_000);
            let start = std::time::Instant::now();
            options(&line);
            assert!(start.elapsed().as_secs() < 10, "{part}: took {:?}", start.elapsed());
        }
    }

    #[test]
    fn reads_options() {
        let show = |line: &str| {
            options(line)
                .iter()
                .map(|o| format!("{}={}", o.flag, o.value.to_text()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (line, expect) in [
            (
                "java -Xms8g -Xmx8g -XX:+UseG1GC -XX:-UseLargePages Main",
                "-Xms=8589934592 -Xmx=8589934592 -XX:UseG1GC=true -XX:UseLargePages=false",
            ),
            ("JAVA_OPT_EXT=-Xmn4g", "-Xmn=4294967296"),
            (
                "\"-Xmx512m\",\"-XX:MaxDirectMemorySize=1g\"",
                "-Xmx=536870912 -XX:MaxDirectMemorySize=1g",
            ),
            (
                "-XX:MaxHeapSize=1024 -Xlog:gc*:file=/x.log:time,tags",
                "-Xmx=1024 -Xlog=gc*:file=/x.log:time,tags",
            ),
            ("Decrease Java heap size (-Xmx/-Xms)", ""),
            (
                "-Dserver.port=1 -Djava.util.concurrent.ForkJoinPool.common.parallelism=64",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=64",
            ),
            ("no options - here -x -XX: -XX:+", ""),
        ] {
            assert_eq!(show(line), expect, "{line}");
        }
        let broken = options("-XX:MaxGCPauseMillis = 20 -Xmx1g");
        assert_eq!(
            (broken[0].raw, broken[0].value.to_text().as_str()),
            ("-XX:MaxGCPauseMillis = 20", "20")
        );
        assert_eq!(broken.len(), 2);
        assert_eq!(options("-XX:A_b= 5\"")[0].raw, "-XX:A_b= 5");
    }
}
