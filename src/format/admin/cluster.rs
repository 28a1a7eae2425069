//! `mqadmin clusterList`, also with `-m`, of 4.x and 5.x.
//!
//! ```text
//! #Cluster Name     #Broker Name  #BID  #Addr             #Version  #InTPS(LOAD)  #OutTPS(LOAD) #PCWait(ms) #Hour #SPACE
//! DefaultCluster    broker-a      0     10.4.0.21:10911   V4_9_2    0.00(0,0ms)   0.00(0,0ms)   0 498754.38 0.1500
//! DefaultCluster    broker-a      0     10.4.0.21:10911   V5_3_3    0.00(0,0ms)   0.00(0,0ms|0,0ms)  0-0(0.0w, 0.0, 0.0)  0  498754.03  0.1500  true
//! ```

use crate::format::{Format, Sink};
use crate::model::{Event, Text};

/// clusterList tables.
pub const FORMAT: Format = Format {
    name: "mqadmin-cluster",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    if text.lines().iter().any(|line| title(line).is_some()) {
        90
    } else {
        0
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Table {
    /// Addresses and load.
    Base,
    /// `-m`: messages per day.
    More,
}

fn title(line: &str) -> Option<Table> {
    if !line.contains("#Cluster Name") || !line.contains("#Broker Name") {
        return None;
    }
    if line.contains("#BID") {
        Some(Table::Base)
    } else if line.contains("#InTotalYest") {
        Some(Table::More)
    } else {
        None
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let mut open = None;
    for (at, line) in text.lines().iter().enumerate() {
        if let Some(table) = title(line) {
            open = Some(table);
            continue;
        }
        let event = match open {
            Some(Table::Base) => base(line),
            Some(Table::More) => more(line),
            None => continue,
        };
        let Some(fields) = event else { continue };
        let mut event = Event::new("admin.cluster", text.span(at), line);
        let version = fields.version;
        for (name, value) in fields.words {
            event = event.with(name, value);
        }
        for (name, value) in fields.numbers {
            event = event.with(name, value);
        }
        out.event(event);
        if let Some(version) = version {
            out.event(
                Event::new("version", text.span(at), line)
                    .with("component", "rocketmq")
                    .with("version", version),
            );
        }
    }
}

#[derive(Default)]
struct Row<'a> {
    words: Vec<(&'static str, &'a str)>,
    numbers: Vec<(&'static str, f64)>,
    version: Option<String>,
}

fn more(line: &str) -> Option<Row<'_>> {
    let words: Vec<&str> = line.split_whitespace().take(7).collect();
    let [cluster, broker, counts @ ..] = &words[..] else {
        return None;
    };
    let [_, _, in_today, out_today] = counts else {
        return None;
    };
    Some(Row {
        words: vec![("cluster", cluster), ("broker", broker)],
        numbers: vec![
            ("in_today", in_today.parse().ok()?),
            ("out_today", out_today.parse().ok()?),
        ],
        version: None,
    })
}

/// A row of addresses. A broker that did not answer has empty columns, so each part is looked for by its form.
fn base(line: &str) -> Option<Row<'_>> {
    let words: Vec<&str> = line.split_whitespace().take(24).collect();
    let [cluster, broker, id, addr, rest @ ..] = &words[..] else {
        return None;
    };
    let port = addr
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let id = id.parse::<f64>().ok().filter(|_| port)?;
    let mut row = Row {
        words: vec![("cluster", cluster), ("broker", broker), ("addr", addr)],
        numbers: vec![("id", id)],
        version: None,
    };
    let loads: Vec<usize> = (0..rest.len()).filter(|at| load(rest[*at]).is_some()).collect();
    if let Some(version) = rest.first().filter(|word| word.starts_with('V')) {
        row.words.push(("version", version));
        row.version = Some(dotted(version));
    }
    for (at, names) in loads.iter().zip([
        ["in_tps", "send_queue", "send_wait_ms"],
        ["out_tps", "pull_queue", "pull_wait_ms"],
    ]) {
        let values = load(rest[*at]).unwrap_or_default();
        for (name, value) in names.into_iter().zip(values) {
            row.numbers.extend(value.map(|value| (name, value)));
        }
    }
    // From the end: [activated] space hour page-cache wait.
    let mut tail = rest[loads.last().map_or(0, |at| at + 1)..].iter().rev();
    let mut next = tail.next();
    if let Some(active) = next.filter(|word| matches!(**word, "true" | "false")) {
        row.words.push(("active", active));
        next = tail.next();
    }
    if let Some(space) = next.and_then(|word| word.parse::<f64>().ok()) {
        row.numbers.push(("disk_pct", (space * 1000.0).round() / 10.0));
        let _hour = tail.next();
        row.numbers.extend(
            tail.next()
                .and_then(|word| word.parse().ok())
                .map(|wait| ("page_cache_ms", wait)),
        );
    }
    Some(row)
}

/// `12.50(3,120ms)` or `0.00(0,0ms|0,0ms)`: rate, queue, wait of its head. A broker that did not answer: `0.00(,ms)`.
fn load(word: &str) -> Option<[Option<f64>; 3]> {
    let (rate, inside) = word.split_once('(')?;
    let inside = inside.strip_suffix("ms)")?;
    let first = inside.split("ms|").next().unwrap_or(inside);
    let (queue, wait) = first.split_once(',')?;
    let rate = rate.replace(',', ".").parse().ok()?;
    Some([Some(rate), queue.parse().ok(), wait.parse().ok()])
}

/// `V4_9_2` → `4.9.2`
pub(super) fn dotted(version: &str) -> String {
    version.trim_start_matches('V').replace('_', ".").to_ascii_lowercase()
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
    fn loads() {
        assert_eq!(load("12.50(3,120ms)"), Some([Some(12.5), Some(3.0), Some(120.0)]));
        assert_eq!(load("0.00(,ms)"), Some([Some(0.0), None, None]));
        assert_eq!(load("0-0(0.0w,"), None);
        assert_eq!(dotted("V5_0_0_PREVIEW"), "5.0.0.preview");
    }
}
