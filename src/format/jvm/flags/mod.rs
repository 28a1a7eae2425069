//! JVM options: command lines (`ps`, hs_err, `jcmd VM.command_line`, `CommandLine flags:` of GC logs), start scripts,
//! `jinfo -flags`, `jcmd VM.flags`, and the table of `-XX:+PrintFlagsFinal`.
//!
//! ```text
//!     uintx MaxHeapSize                              := 8589934592                          {product}            JDK 8
//!    size_t MaxHeapSize                              = 64424509440                {product} {command line}       JDK 9+
//! ```
//!
//! Values that GC logs tell of the running collector are theirs; messages that the JVM prints at start are signals.

mod option;
mod script;

use super::version;
use crate::format::{Format, Sink};
use crate::model::units::parse_bytes;
use crate::model::{Event, Text};
use option::VmOption;
use std::collections::HashSet;

/// JVM options.
pub const FORMAT: Format = Format {
    name: "jvm-flags",
    score,
    parse,
};

/// Most command lines read of one text: a GC log or console repeats them at each start.
const LINES_MAX: usize = 50;

fn score(text: &Text<'_>) -> u8 {
    let mut best = 0;
    for line in text.lines() {
        let score =
            if line.contains("java_command:") || line.contains("Non-default VM flags:") || table_row(line).is_some() {
                60
            } else if is_command_line(line) {
                30
            } else {
                continue;
            };
        best = best.max(score);
    }
    if script::is_script(text) { best.max(80) } else { best }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    if script::is_script(text) {
        let process = script_process(text);
        for found in script::read(text) {
            let mut event = option_event(text, found.line, &found.option, process);
            if !found.jdk.is_empty() {
                event = event.with("jdk", found.jdk);
            }
            out.event(event);
        }
        return;
    }
    let mut read = 0;
    // A crash file tells every option three times: command line, jvm_args and the table.
    let mut told: HashSet<(String, &str)> = HashSet::new();
    let mut same: HashSet<(String, String, &str)> = HashSet::new();
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(option) = table_row(line) {
            let process = process(text, at);
            if !told.contains(&(option.flag.clone(), process)) {
                out.event(option_event(text, at, &option, process));
            }
        } else if read < LINES_MAX && is_command_line(line) {
            read += 1;
            let process = process(text, at);
            for option in option::last_wins(option::options(line)) {
                told.insert((option.flag.clone(), process));
                if same.insert((option.flag.clone(), option.value.to_text(), process)) {
                    out.event(option_event(text, at, &option, process));
                }
            }
        }
    }
}

fn option_event(text: &Text<'_>, at: usize, option: &VmOption<'_>, process: &str) -> Event {
    Event::new("jvm.flag", text.span(at), text.lines()[at])
        .with("flag", option.flag.as_str())
        .with("value", option.value.clone())
        .with("raw", option.raw)
        .with("process", process)
}

/// A line with options of a JVM: more than one, or one beside a word that says what they are for.
fn is_command_line(line: &str) -> bool {
    let maybe = line.contains("-XX:") || line.contains("-Xm") || line.contains("-Xss") || line.contains("-Xlog");
    if !maybe || line.trim_start().starts_with('#') {
        return false;
    }
    let options = option::options(line);
    match options.len() {
        0 => false,
        1 => {
            let lower = line.to_ascii_lowercase();
            ["java", "jvm", "vm flags", "command line", "commandline", "catalina"]
                .iter()
                .any(|word| lower.contains(word))
                || line.trim() == options[0].raw
        }
        _ => true,
    }
}

/// Main classes and what they are.
const MAINS: &[(&str, &str)] = &[
    ("rocketmq.broker.BrokerStartup", "broker"),
    ("rocketmq.container.BrokerContainerStartup", "broker"),
    ("rocketmq.namesrv.NamesrvStartup", "namesrv"),
    ("rocketmq.proxy.ProxyStartup", "proxy"),
    ("rocketmq.controller.ControllerStartup", "controller"),
    ("rocketmq.tools.command.MQAdminStartup", "tools"),
    ("rocketmq.exporter", "exporter"),
    ("rocketmq-dashboard", "dashboard"),
    ("rocketmq-console", "dashboard"),
];

/// The process of a command line: by its main class, by the `java_command:` below `jvm_args:`, or by the file's name.
fn process(text: &Text<'_>, at: usize) -> &'static str {
    let lines = text.lines();
    let near = &lines[at..lines.len().min(at + 4)];
    let main = near
        .iter()
        .find_map(|line| MAINS.iter().find(|(class, _)| line.contains(class)));
    if let Some((_, process)) = main {
        return process;
    }
    let command = near.iter().any(|line| line.trim_start().starts_with("java_command:"));
    let launched = lines[at].contains("java ") && (lines[at].contains(" -jar ") || lines[at].contains(" -cp "));
    if command || launched {
        return "client";
    }
    by_name(&text.path.to_ascii_lowercase())
}

fn by_name(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    for part in [name, path] {
        if part.contains("broker") || part.contains("rmq_bk_gc") {
            return "broker";
        }
        if part.contains("namesrv") || part.contains("runserver") {
            return "namesrv";
        }
        if part.contains("proxy") {
            return "proxy";
        }
    }
    if name == "tools.sh" { "tools" } else { "unknown" }
}

/// The process a start script starts: by name, or by options only one of the shipped scripts has.
fn script_process(text: &Text<'_>) -> &'static str {
    let named = by_name(&text.path.to_ascii_lowercase());
    if named != "unknown" {
        return named;
    }
    let has = |word: &str| text.lines().iter().any(|line| line.contains(word));
    if has("AlwaysPreTouch") || has("BrokerStartup") || has("runbroker") {
        "broker"
    } else if has("MaxMetaspaceSize=320m") || has("NamesrvStartup") {
        "namesrv"
    } else if has("-Xmn256m") {
        "tools"
    } else {
        "unknown"
    }
}

/// Flags of the table that are told even when the JVM chose them itself.
const CHOSEN: &[&str] = &[
    "MaxHeapSize",
    "InitialHeapSize",
    "MaxDirectMemorySize",
    "MaxMetaspaceSize",
    "UseG1GC",
    "UseZGC",
    "UseParallelGC",
    "UseSerialGC",
    "UseConcMarkSweepGC",
    "UseShenandoahGC",
    "ParallelGCThreads",
    "ConcGCThreads",
    "ActiveProcessorCount",
];

/// A row of the flag table that somebody set.
fn table_row(line: &str) -> Option<VmOption<'_>> {
    let (left, right) = line.split_once('=')?;
    let (left, set) = match left.strip_suffix(':') {
        Some(left) => (left, true),
        None => (left, false),
    };
    let mut words = left.split_whitespace();
    let (kind, name) = (words.next()?, words.next()?);
    let typed = matches!(
        kind,
        "bool" | "intx" | "uintx" | "size_t" | "uint" | "int" | "uint64_t" | "double" | "ccstr" | "ccstrlist"
    );
    if !typed || words.next().is_some() {
        return None;
    }
    let brace = right.find('{')?;
    let value = right[..brace].trim();
    let origin = &right[brace..];
    let chosen = origin.contains("{ergonomic}") && CHOSEN.contains(&name);
    if value.is_empty() || !(set || chosen || origin.contains("command line")) {
        return None;
    }
    let raw = line[..line.len() - right.len() + brace].trim();
    let short = [("MaxHeapSize", "-Xmx"), ("InitialHeapSize", "-Xms")]
        .iter()
        .find(|(long, _)| *long == name);
    Some(match short.and_then(|(_, flag)| Some((flag, parse_bytes(value)?))) {
        Some((flag, bytes)) => VmOption {
            flag: (*flag).to_string(),
            value: bytes.into(),
            raw,
        },
        None => VmOption {
            flag: format!("-XX:{name}"),
            value: value.into(),
            raw,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;
    use crate::model::SourceId;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }

    #[test]
    fn tells_the_process() {
        let line = "rmq 1 java -Xmx1g org.apache.rocketmq.namesrv.NamesrvStartup";
        let text = Text::new(SourceId(0), "ps.txt", line);
        assert_eq!(process(&text, 0), "namesrv");
        let text = Text::new(SourceId(0), "a/rmq_bk_gc.log", "CommandLine flags: -Xmx1g");
        assert_eq!(process(&text, 0), "broker");
    }

    #[test]
    fn table_rows() {
        let row = table_row(
            "   size_t MaxHeapSize                              = 64424509440                {product} {command line}",
        )
        .unwrap();
        assert_eq!(
            (row.flag.as_str(), row.value.as_num()),
            ("-Xmx", Some(64_424_509_440.0))
        );
        let row = table_row("    uintx MaxGCPauseMillis       := 20    {product}").unwrap();
        assert_eq!(row.raw, "uintx MaxGCPauseMillis       := 20");
        assert!(table_row("     intx CICompilerCount   = 2   {product} {ergonomic}").is_none());
        assert!(table_row("int x = 3").is_none());
    }
}
