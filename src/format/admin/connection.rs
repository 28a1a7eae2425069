//! Who is connected: `mqadmin consumerConnection`, `producerConnection`, `consumerStatus` and the file it writes.
//!
//! ```text
//! #ClientId                            #ClientAddr            #Language  #Version
//! 10.4.1.7@4711                        10.4.1.7:50322         JAVA       V4_9_2
//!
//! Below is subscription:
//! #Topic               #SubExpression
//! order-topic          *
//!
//! ConsumeType: CONSUME_PASSIVELY
//!
//! 0001  10.4.1.7@4711                    10.4.1.7:50322         JAVA     V4_9_2       (producerConnection)
//! 001   10.4.1.7@4711                    10.4.1.7:50322         JAVA     V4_4_0       (consumerConnection before 4.9)
//!
//! #Index     #ClientId                    #Version       #ConsumerRunningInfoFile     (consumerStatus)
//! 001 Topic: order-topic                              ClassFilter: false    SubExpression: *   (running info)
//! ```

use super::cluster::dotted;
use super::command;
use crate::format::{Format, Sink};
use crate::model::{Event, Text};
use std::collections::{HashMap, HashSet};

/// Connection tables.
pub const FORMAT: Format = Format {
    name: "mqadmin-connection",
    score,
    parse,
};

/// Most rows told of one text.
const ROWS_MAX: usize = 3000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Table {
    Consumers,
    Status,
    Subscriptions,
}

fn title(line: &str) -> Option<Table> {
    let has = |name: &str| line.contains(name);
    let mut names = cells(line);
    let copied = names.next() == Some("ClientId") && names.next() == Some("ClientAddr");
    if copied || has("#ClientId") && has("#ClientAddr") {
        Some(Table::Consumers)
    } else if has("#ClientId") && has("#ConsumerRunningInfoFile") {
        Some(Table::Status)
    } else if has("#Topic") && has("#SubExpression") {
        Some(Table::Subscriptions)
    } else {
        None
    }
}

fn score(text: &Text<'_>) -> u8 {
    let titled = text
        .lines()
        .iter()
        .any(|line| title(line).is_some() || line.contains("#Consumer Subscription#"));
    if titled {
        90
    } else if text.lines().iter().any(|line| producer_row(line).is_some()) {
        70
    } else {
        0
    }
}

/// A connected client.
#[derive(Debug, Clone, PartialEq)]
struct Client<'a> {
    line: usize,
    id: &'a str,
    addr: Option<&'a str>,
    language: Option<&'a str>,
    version: &'a str,
}

/// The words of a row; people also paste the console's table, with or without bars between the columns.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || c == '|')
        .filter(|word| !word.is_empty())
}

fn consumer_row(line: &str) -> Option<Client<'_>> {
    let words: Vec<&str> = cells(line).take(5).collect();
    let [id, addr, language, version] = &words[..] else {
        return None;
    };
    let whole = addr.contains(':') && is_version(version);
    whole.then_some(Client {
        line: 0,
        id,
        addr: Some(addr),
        language: Some(language),
        version,
    })
}

/// `0001  10.4.1.7@4711  10.4.1.7:50322  JAVA  V4_9_2`, with three digits where older tools list consumers.
fn producer_row(line: &str) -> Option<Client<'_>> {
    let (index, rest) = line.split_once(' ')?;
    let numbered = matches!(index.len(), 3 | 4) && index.bytes().all(|c| c.is_ascii_digit());
    if numbered { consumer_row(rest) } else { None }
}

/// `1  10.4.1.7@4711  V4_9_2  1777700000000/10.4.1.7@4711`
fn status_row(line: &str) -> Option<Client<'_>> {
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    let [index, id, version, _file] = &words[..] else {
        return None;
    };
    (index.parse::<u32>().is_ok() && is_version(version)).then_some(Client {
        line: 0,
        id,
        addr: None,
        language: None,
        version,
    })
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('V')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || word.starts_with("HIGHER_VERSION")
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut open = None;
    let mut group = None;
    let mut clients: Vec<Client<'_>> = Vec::new();
    let mut told = 0;
    for (at, line) in text.lines().iter().enumerate() {
        if told >= ROWS_MAX {
            break;
        }
        if let Some(table) = title(line) {
            if table != Table::Subscriptions {
                told += tell(text, &clients, group, out);
                clients.clear();
                group = command::above(text, at).and_then(|c| c.group());
            }
            open = Some(table);
            continue;
        }
        let client = match open {
            Some(Table::Consumers) => consumer_row(line),
            Some(Table::Status) => status_row(line),
            _ => None,
        };
        if let Some(client) = client.or_else(|| producer_row(line)) {
            if clients.is_empty() && open.is_none() {
                group = command::above(text, at).and_then(|c| c.group());
            }
            clients.push(Client { line: at, ..client });
        } else if let Some((topic, expression)) = subscription(line, open) {
            told += 1;
            let mut event = Event::new("admin.subscription", text.span(at), line)
                .with("topic", topic)
                .with("expression", expression);
            if let Some(group) = group {
                event = event.with("group", group);
            }
            out.event(event);
        } else if open == Some(Table::Subscriptions) && line.trim().is_empty() {
            open = None;
        } else if let Some((key, value)) = consume_mode(line) {
            told += 1;
            out.event(
                Event::new("admin.status", text.span(at), line)
                    .with("key", key)
                    .with("value", value),
            );
        } else if let Some((topic, failed)) = rates(line) {
            told += 1;
            out.event(
                failed.into_iter().fold(
                    Event::new("admin.status", text.span(at), line)
                        .with("key", "consume-rates")
                        .with("value", topic),
                    |event, (name, value)| event.with(name, value),
                ),
            );
        }
    }
    tell(text, &clients, group, out);
}

/// Tells the clients of one table. Two rows with one id mean that two processes chose the same.
fn tell(text: &Text<'_>, clients: &[Client<'_>], group: Option<&str>, out: &mut dyn Sink) -> usize {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut versions: HashSet<&str> = HashSet::new();
    for client in clients {
        *ids.entry(client.id).or_default() += 1;
    }
    for client in clients.iter().take(ROWS_MAX) {
        let line = text.lines()[client.line];
        let mut event = Event::new("admin.connection", text.span(client.line), line).with("client", client.id);
        if let Some(addr) = client.addr {
            event = event.with("addr", addr);
        }
        if let Some(language) = client.language {
            event = event.with("language", language);
        }
        event = event.with("version", dotted(client.version));
        if let Some(group) = group {
            event = event.with("group", group);
        }
        let collision = client.addr.is_some() && ids.get(client.id).copied().unwrap_or(0) > 1;
        out.event(event.with("collision", f64::from(u8::from(collision))));
        let java = client.language.is_none_or(|language| language == "JAVA");
        if java && versions.insert(client.version) {
            out.event(
                Event::new("version", text.span(client.line), line)
                    .with("component", "client")
                    .with("version", dotted(client.version)),
            );
        }
    }
    clients.len()
}

fn subscription(line: &str, open: Option<Table>) -> Option<(&str, &str)> {
    if let Some((head, rest)) = line.split_once(" ClassFilter: ") {
        let topic = head.split_once("Topic: ")?.1.trim();
        return Some((topic, rest.split_once("SubExpression: ")?.1.trim()));
    }
    if open != Some(Table::Subscriptions) {
        return None;
    }
    let line = line.trim();
    let end = line.find(char::is_whitespace)?;
    let expression = line[end..].trim();
    (!line.starts_with("Consume") && !line.starts_with("Message")).then_some((&line[..end], expression))
}

/// Sentences below the tables, and the properties of the running info that tell how a consumer is set up.
fn consume_mode(line: &str) -> Option<(&str, &str)> {
    const KEYS: &[&str] = &[
        "ConsumeType",
        "MessageModel",
        "ConsumeFromWhere",
        "PROP_CONSUME_TYPE",
        "PROP_CONSUMEORDERLY",
        "PROP_CLIENT_VERSION",
        "PROP_THREADPOOL_CORE_SIZE",
        "PROP_CONSUMER_START_TIMESTAMP",
        "PROP_NAMESERVER_ADDR",
        "consumeThreadMin",
        "consumeThreadMax",
        "consumeMessageBatchMaxSize",
        "pullBatchSize",
        "pullThresholdForQueue",
        "maxReconsumeTimes",
        "consumeTimeout",
        "messageModel",
        "consumeFromWhere",
    ];
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    KEYS.contains(&key).then(|| (key, value.trim()))
}

/// A row of `#Consumer RT&TPS#`: topic, pull RT, pull TPS, consume RT, OK TPS, failed TPS, failed in an hour.
fn rates(line: &str) -> Option<(&str, Vec<(&'static str, f64)>)> {
    let words: Vec<&str> = line.split_whitespace().take(8).collect();
    let [topic, numbers @ ..] = &words[..] else { return None };
    if numbers.len() != 6 || numbers[..5].iter().any(|word| !word.contains(['.', ','])) {
        return None;
    }
    let values: Option<Vec<f64>> = numbers.iter().map(|word| word.replace(',', ".").parse().ok()).collect();
    let names = [
        "pull_rt_ms",
        "pull_tps",
        "consume_rt_ms",
        "consume_ok_tps",
        "consume_failed_tps",
        "failed_in_hour",
    ];
    Some((topic, names.into_iter().zip(values?).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }

    #[test]
    fn rows() {
        assert_eq!(
            producer_row("0001  a@1  10.4.1.7:5032  JAVA  V4_9_2").unwrap().id,
            "a@1"
        );
        assert_eq!(
            producer_row("001  a@1  10.4.1.7:5032  JAVA  V4_4_0").unwrap().version,
            "V4_4_0"
        );
        assert!(producer_row("2026  a b c d").is_none());
        assert_eq!(
            title("ClientId  | ClientAddr  | Language | Version"),
            Some(Table::Consumers)
        );
        assert_eq!(title("lost ClientId of ClientAddr"), None);
        assert_eq!(
            consumer_row("| 10.4.1.7@1 | 10.4.1.8:5032 | JAVA | V4_9_2 |")
                .unwrap()
                .addr,
            Some("10.4.1.8:5032")
        );
        assert_eq!(
            subscription("001 Topic: t      ClassFilter: false    SubExpression: a || b", None),
            Some(("t", "a || b"))
        );
        assert_eq!(
            rates("t 1.00 2.00 3.00 4.00 5.00 6").unwrap().1[4],
            ("consume_failed_tps", 5.0)
        );
    }
}
