//! Backlogs: `mqadmin consumerProgress` of one group and of all, `brokerConsumeStats`, `statsAll`.
//!
//! ```text
//! #Topic       #Broker Name  #QID  #Broker Offset  #Consumer Offset  #Client IP  #Diff  #Inflight  #LastTime
//! ORDER_EVENT  broker-a      0     1060            1                 10.4.1.7    1059   32         2026-05-02 17:19:00
//!
//! Consume TPS: 127.95
//! Diff Total: 3566                                (5.x: `Consume Diff Total`, `Consume Inflight Total`)
//!
//! #Group       #Count  #Version  #Type  #Model      #TPS   #Diff Total                       (all groups)
//! order-group  2       V4_9_2    PUSH   CLUSTERING  127    3566
//! ```
//!
//! 4.x cuts names to 32 characters. Growth between two files is derived later; within one file it is told here.

use super::command;
use crate::format::{Format, Sink};
use crate::model::stamp;
use crate::model::{Event, Moment, Text};
use std::collections::{BTreeSet, HashMap};

/// Backlog tables.
pub const FORMAT: Format = Format {
    name: "mqadmin-progress",
    score,
    parse,
};

/// Most rows told of one table; the sums count them all.
const ROWS_MAX: usize = 2000;

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| Columns::of(line).is_some()) {
        90
    } else {
        0
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Columns {
    /// One group, a queue a row.
    Queues { client: bool, inflight: bool },
    /// `brokerConsumeStats`: a queue a row, with its group.
    QueuesOfGroups,
    /// All groups, one a row.
    Groups,
    /// `statsAll`
    Stats,
}

impl Columns {
    fn of(line: &str) -> Option<Self> {
        let has = |name: &str| line.contains(name);
        if has("#QID") && has("#Broker Offset") && has("#Consumer Offset") {
            return Some(if has("#Group") {
                Columns::QueuesOfGroups
            } else {
                Columns::Queues {
                    client: has("#Client IP"),
                    inflight: has("#Inflight"),
                }
            });
        }
        if has("#Group") && has("#Count") && has("#Diff Total") {
            return Some(Columns::Groups);
        }
        (has("#Accumulation") && has("#InTPS")).then_some(Columns::Stats)
    }
}

/// One queue.
struct Queue<'a> {
    topic: &'a str,
    broker: &'a str,
    queue: &'a str,
    broker_offset: f64,
    consumer_offset: f64,
    client: Option<&'a str>,
    diff: f64,
    inflight: Option<f64>,
    last_time: Option<&'a str>,
}

fn queue_row(line: &str, client: bool, inflight: bool) -> Option<Queue<'_>> {
    let mut words = Words { rest: line };
    let (topic, broker, queue) = (words.next()?, words.next()?, words.next()?);
    queue.parse::<u32>().ok()?;
    let broker_offset = words.number()?;
    let consumer_offset = words.number()?;
    let client = if client { Some(words.next()?) } else { None };
    let diff = words.number()?;
    let inflight = if inflight { Some(words.number()?) } else { None };
    let last = words.rest.trim();
    Some(Queue {
        topic,
        broker,
        queue,
        broker_offset,
        consumer_offset,
        client: client.filter(|c| *c != "N/A" && !c.is_empty()),
        diff,
        inflight,
        last_time: (!last.is_empty() && last != "N/A").then_some(last),
    })
}

/// Words of a row, and what is left of it.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        self.rest = &text[end..];
        (end > 0).then(|| &text[..end])
    }

    fn number(&mut self) -> Option<f64> {
        self.next()?.parse().ok()
    }
}

/// What has been read of the table that is open.
#[derive(Default)]
struct Table<'a> {
    title: usize,
    last: usize,
    order: usize,
    group: Option<&'a str>,
    at: Option<Moment>,
    rows: usize,
    diff: f64,
    unassigned: usize,
    has_clients: bool,
    clients: BTreeSet<&'a str>,
    consume_tps: Option<f64>,
    diff_total: Option<f64>,
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut reader = Reader::default();
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(columns) = Columns::of(line) {
            reader.finish(text, out);
            reader.start(text, at, columns);
        } else if let Some(columns) = reader.columns {
            reader.row(text, at, line, columns, out);
        }
    }
    reader.finish(text, out);
}

#[derive(Default)]
struct Reader<'a> {
    columns: Option<Columns>,
    table: Table<'a>,
    tables: usize,
    /// Total backlog per group as of the table before.
    before: HashMap<String, f64>,
}

impl<'a> Reader<'a> {
    fn start(&mut self, text: &Text<'a>, at: usize, columns: Columns) {
        self.columns = Some(columns);
        let command = command::above(text, at);
        self.table = Table {
            title: at,
            last: at,
            order: self.tables,
            group: command.and_then(|c| c.group()),
            at: command::stamp_above(text, at).map(|stamp| stamp.local()),
            has_clients: columns
                == Columns::Queues {
                    client: true,
                    inflight: true,
                }
                || columns
                    == Columns::Queues {
                        client: true,
                        inflight: false,
                    },
            ..Table::default()
        };
        self.tables += 1;
    }

    fn row(&mut self, text: &Text<'a>, at: usize, line: &'a str, columns: Columns, out: &mut dyn Sink) {
        match columns {
            Columns::Queues { client, inflight } => {
                if let Some(row) = queue_row(line, client, inflight) {
                    self.queue(text, at, line, &row, None, out);
                } else {
                    self.total(at, line);
                }
            }
            Columns::QueuesOfGroups => {
                let mut words = Words { rest: line };
                let topic = words.next();
                let group = words.next();
                let rest = group.and_then(|group| line.find(group).map(|from| (group, &line[from + group.len()..])));
                if let (Some(topic), Some((group, rest))) = (topic, rest) {
                    // The row of one group, with the group cut out.
                    let mut words = Words { rest };
                    let parts = (
                        words.next(),
                        words.next(),
                        words.number(),
                        words.number(),
                        words.number(),
                    );
                    if let (Some(broker), Some(queue), Some(broker_offset), Some(consumer_offset), Some(diff)) = parts {
                        let last = words.rest.trim();
                        let row = Queue {
                            topic,
                            broker,
                            queue,
                            broker_offset,
                            consumer_offset,
                            client: None,
                            diff,
                            inflight: None,
                            last_time: (!last.is_empty() && last != "N/A").then_some(last),
                        };
                        self.queue(text, at, line, &row, Some(group), out);
                    }
                }
            }
            Columns::Groups => {
                if let Some(event) = self.group_row(text, at, line) {
                    out.event(event);
                }
            }
            Columns::Stats => {
                if let Some(event) = stats_row(text, at, line) {
                    out.event(event);
                }
            }
        }
    }

    fn queue(
        &mut self,
        text: &Text<'a>,
        at: usize,
        line: &'a str,
        row: &Queue<'a>,
        group: Option<&'a str>,
        out: &mut dyn Sink,
    ) {
        let table = &mut self.table;
        table.last = at;
        table.rows += 1;
        table.diff += row.diff;
        match row.client {
            Some(client) => {
                table.clients.insert(client);
            }
            None if table.has_clients => table.unassigned += 1,
            None => {}
        }
        if table.group.is_none() {
            table.group = row.topic.strip_prefix("%RETRY%");
        }
        if table.rows > ROWS_MAX {
            return;
        }
        let mut event = Event::new("admin.progress", text.span(at), line)
            .at(table.at)
            .with("topic", row.topic)
            .with("broker", row.broker)
            .with("queue", row.queue)
            .with("broker_offset", row.broker_offset)
            .with("consumer_offset", row.consumer_offset)
            .with("diff", row.diff);
        if let Some(client) = row.client {
            event = event.with("client", client);
        }
        if let Some(inflight) = row.inflight {
            event = event.with("inflight", inflight);
        }
        if let Some(last) = row.last_time.and_then(stamp::stamp) {
            event = event.with("last_ms", last.local().ms as f64);
        }
        if let Some(group) = group.or(table.group) {
            event = event.with("group", group);
        }
        out.event(event.with("order", table.order as f64));
    }

    fn total(&mut self, at: usize, line: &str) {
        let Some((name, value)) = line.trim().split_once(": ") else {
            return;
        };
        let Ok(value) = value.trim().replace(',', ".").parse::<f64>() else {
            return;
        };
        match name {
            "Consume TPS" => self.table.consume_tps = Some(value),
            "Diff Total" | "Consume Diff Total" => self.table.diff_total = Some(value),
            _ => return,
        }
        self.table.last = at;
    }

    fn group_row(&mut self, text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
        let words: Vec<&str> = line.split_whitespace().take(9).collect();
        let [group, count, version, .., tps, diff] = &words[..] else {
            return None;
        };
        let (clients, tps, diff) = (
            count.parse::<f64>().ok()?,
            tps.parse::<f64>().ok()?,
            diff.parse::<f64>().ok()?,
        );
        let mut event = Event::new("admin.progress.summary", text.span(at), line)
            .at(self.table.at)
            .with("group", *group)
            .with("diff_total", diff)
            .with("consume_tps", tps)
            .with("clients", clients)
            .with("version", *version);
        if let Some(model) = words
            .iter()
            .find(|word| matches!(**word, "CLUSTERING" | "BROADCASTING"))
        {
            event = event.with("model", *model);
        }
        if let Some(before) = self.before.insert((*group).to_string(), diff) {
            event = event.with("diff_growth", diff - before);
        }
        Some(event.with("order", self.table.order as f64))
    }

    /// Tells the sums of a table of queues.
    fn finish(&mut self, text: &Text<'_>, out: &mut dyn Sink) {
        let table = std::mem::take(&mut self.table);
        if !matches!(self.columns.take(), Some(Columns::Queues { .. })) || table.rows == 0 {
            return;
        }
        let mut span = text.span(table.title);
        span.end = text.span(table.last).line;
        let total = table.diff_total.unwrap_or(table.diff);
        let group = table.group.map(str::to_string).or_else(|| group_of_file(text));
        let mut event = Event::new("admin.progress.summary", span, text.lines()[table.last])
            .at(table.at)
            .with("diff_total", total);
        if let Some(tps) = table.consume_tps {
            event = event.with("consume_tps", tps);
        }
        if table.has_clients {
            event = event
                .with("unassigned", table.unassigned as f64)
                .with("clients", table.clients.len() as f64);
        }
        let key = group.clone().unwrap_or_default();
        if let Some(before) = self.before.insert(key, total) {
            event = event.with("diff_growth", total - before);
        }
        if let Some(group) = group {
            event = event.with("group", group);
        }
        out.event(event.with("order", table.order as f64));
    }
}

/// `consumerProgress-GID_ORDER.txt`: what is left of the name, when it is more than a number.
fn group_of_file(text: &Text<'_>) -> Option<String> {
    let name = text.path.rsplit(['/', '!']).next()?;
    let stem = name.split('.').next()?;
    let lower = stem.to_ascii_lowercase();
    let rest = stem.get(lower.find("consumerprogress")? + "consumerprogress".len()..)?;
    let rest = rest.trim_matches(['-', '_']);
    let named = rest.len() >= 3 && rest.bytes().any(|c| c.is_ascii_alphabetic());
    named.then(|| rest.to_string())
}

/// `order-topic  order-group  1059  57.33  12.00  1720  900`; without a consumer the group is blank.
fn stats_row(text: &Text<'_>, at: usize, line: &str) -> Option<Event> {
    let words: Vec<&str> = line.split_whitespace().take(8).collect();
    let number = |word: &str| word.replace(',', ".").parse::<f64>().ok();
    let event = Event::new("admin.progress.summary", text.span(at), line);
    match &words[..] {
        [topic, group, diff, in_tps, out_tps, _, _] => Some(
            event
                .with("group", *group)
                .with("topic", *topic)
                .with("diff_total", number(diff)?)
                .with("in_tps", number(in_tps)?)
                .with("consume_tps", number(out_tps)?),
        ),
        [topic, diff, in_tps, _, "NO_CONSUMER"] => Some(
            event
                .with("topic", *topic)
                .with("diff_total", number(diff)?)
                .with("in_tps", number(in_tps)?)
                .with("clients", 0.0),
        ),
        _ => None,
    }
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
    fn group_from_the_file_name() {
        let name = |path: &str| group_of_file(&Text::new(SourceId(0), path, ""));
        assert_eq!(name("ops/consumerProgress-GID_ORDER.txt").as_deref(), Some("GID_ORDER"));
        assert_eq!(name("ops/consumerProgress-1.txt"), None);
    }
}
