//! What a command line says of a process: whether it is Java, whether it is RocketMQ, and its short name. JVM flags in
//! it are read by another format; the line itself is not kept, since it may hold passwords.

use crate::model::Event;

/// From how much of one processor a thread counts as hot.
pub(super) const HOT_THREAD_PCT: f64 = 5.0;

/// Start classes and what tools shorten them to.
const ROCKETMQ: &[&str] = &[
    "org.apache.rocketmq.",
    "com.alibaba.rocketmq.",
    "BrokerStartup",
    "NamesrvStartup",
    "ProxyStartup",
    "ControllerStartup",
    "BrokerContainerStartup",
    "rocketmq.home",
    "mqbroker",
    "mqnamesrv",
    "mqproxy",
];

/// Adds the fields that a command line gives.
pub(super) fn named(event: Event, command: &str) -> Event {
    let java = is_java(command);
    let rocketmq = is_rocketmq(command);
    let event = event.with("command", short_name(command, java));
    let event = if java { event.with("java", 1.0) } else { event };
    if rocketmq { event.with("rocketmq", 1.0) } else { event }
}

/// Whether a command line starts a JVM.
pub(super) fn is_java(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or("");
    program.rsplit('/').next() == Some("java")
}

/// Whether a row of a long list of processes says anything: idle kernel threads do not.
pub(super) fn is_worth_a_row(command: &str, cpu_pct: Option<f64>, mem_pct: Option<f64>) -> bool {
    let uses = |pct: Option<f64>| pct.is_some_and(|pct| pct >= 1.0);
    (uses(cpu_pct) || uses(mem_pct) || is_java(command) || is_rocketmq(command)) && !is_search(command)
}

/// Whether a command line is one of RocketMQ's servers or tools.
pub(super) fn is_rocketmq(command: &str) -> bool {
    ROCKETMQ.iter().any(|mark| command.contains(mark))
}

/// Whether it is a search for the process, as in `ps -ef | grep rocketmq`.
pub(super) fn is_search(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or("");
    matches!(program.rsplit('/').next(), Some("grep" | "egrep" | "awk"))
}

/// `java Main` or `java -jar app.jar` of a Java process, the program and its first words of others.
fn short_name(command: &str, java: bool) -> String {
    if !java {
        return command.chars().take(100).collect();
    }
    match main_class(command) {
        Some(main) => format!("java {main}"),
        None => "java".to_owned(),
    }
}

/// The first word behind the options of a Java command line.
fn main_class(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        match word {
            "-cp" | "-classpath" | "--class-path" | "--add-opens" | "--add-exports" | "--add-modules" => {
                words.next();
            }
            "-jar" => return words.next().and_then(|jar| jar.rsplit('/').next()),
            _ if word.starts_with('-') => {}
            _ => return Some(word),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names() {
        for (command, want) in [
            (
                "/usr/bin/java -server -Xms8g -cp a:b org.apache.rocketmq.broker.BrokerStartup -c x.conf",
                "java org.apache.rocketmq.broker.BrokerStartup",
            ),
            (
                "java -Dpassword=x -jar /opt/app/order.jar --server.port=1",
                "java order.jar",
            ),
            ("java", "java"),
            ("sshd: root@pts/0", "sshd: root@pts/0"),
        ] {
            assert_eq!(short_name(command, is_java(command)), want);
        }
        assert!(is_search("grep --color=auto rocketmq"));
    }
}
