//! `jmap -histo` and `jcmd GC.class_histogram`.
//!
//! ```text
//!  num     #instances         #bytes  class name (module)
//! -------------------------------------------------------
//!    1:          8773         483552  [B (java.base@17.0.15)
//! Total         35011        7534856
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

/// Class histograms.
pub const FORMAT: Format = Format {
    name: "jmap-histo",
    score,
    parse,
};

/// Rows told of each table.
const ROWS_MAX: u32 = 10;

fn is_title(line: &str) -> bool {
    line.contains("#instances") && line.contains("#bytes") && line.contains("class name")
}

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| is_title(line)) {
        95
    } else {
        0
    }
}

/// One row.
struct Row<'a> {
    rank: u32,
    instances: f64,
    bytes: f64,
    class: &'a str,
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut words = line.split_whitespace();
    let rank = words.next()?.strip_suffix(':')?.parse().ok()?;
    let instances = words.next()?.parse().ok()?;
    let bytes = words.next()?.parse().ok()?;
    let class = words.next()?;
    Some(Row {
        rank,
        instances,
        bytes,
        class,
    })
}

/// Sums of one table.
#[derive(Default)]
struct Table<'a> {
    title: usize,
    last: usize,
    bytes: f64,
    instances: f64,
    top: Option<(&'a str, f64)>,
    open: bool,
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut table = Table::default();
    for (at, line) in text.lines().iter().enumerate() {
        if is_title(line) {
            summary(text, &table, out);
            table = Table {
                title: at,
                open: true,
                ..Table::default()
            };
        } else if table.open {
            if let Some(row) = row(line) {
                table.last = at;
                table.bytes += row.bytes;
                table.instances += row.instances;
                table.top.get_or_insert((row.class, row.bytes));
                if row.rank <= ROWS_MAX {
                    out.event(row_event(text, at, &row));
                }
            } else if let Some((instances, bytes)) = total(line) {
                (table.instances, table.bytes, table.last) = (instances, bytes, at);
                summary(text, &table, out);
                table.open = false;
            }
        }
    }
    summary(text, &table, out);
}

fn total(line: &str) -> Option<(f64, f64)> {
    let mut words = line.trim_start().strip_prefix("Total")?.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn row_event(text: &Text<'_>, at: usize, row: &Row<'_>) -> Event {
    Event::new("jvm.histo", text.span(at), text.lines()[at])
        .with("rank", f64::from(row.rank))
        .with("class", row.class)
        .with("instances", row.instances)
        .with("bytes", row.bytes)
}

fn summary(text: &Text<'_>, table: &Table<'_>, out: &mut dyn Sink) {
    let (true, Some((class, bytes))) = (table.open, table.top) else {
        return;
    };
    let mut span = text.span(table.title);
    span.end = text.span(table.last).line;
    let share = if table.bytes > 0.0 {
        (bytes / table.bytes * 1000.0).round() / 10.0
    } else {
        0.0
    };
    out.event(
        Event::new("jvm.histo.summary", span, text.lines()[table.last])
            .with("total_bytes", table.bytes)
            .with("total_instances", table.instances)
            .with("top_class", class)
            .with("top_share_pct", share),
    );
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
}
