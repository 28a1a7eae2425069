//! Files of broker, name server, controller and broker container, and the same keys as `mqadmin getBrokerConfig` and
//! `mqbroker -p` print them. Told by their keys, not by their names: a paste may hold several files.
//!
//! ```text
//! brokerClusterName = DefaultCluster
//! brokerName=broker-a
//! #brokerIP1=10.0.0.5
//! flushDiskType=ASYNC_FLUSH
//!
//! ============10.0.0.5:10911============
//! serverSelectorThreads                             =  3
//! ```

use super::properties::{self, Entry, Line};
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;
use crate::model::conf_keys::{self, classes_of_file, rows_of};

pub(super) const FORMAT: Format = Format {
    name: "rocketmq-conf",
    score,
    parse,
};

/// From this many keys on nobody wrote the block by hand: it is a dump of all keys.
const DUMP_KEYS: usize = 100;

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let (mut known, mut lines) = (0usize, 0usize);
    for block in blocks(text) {
        known += block.entries.iter().filter(|e| conf_keys::is_known(&e.key)).count();
    }
    for line in text.lines() {
        lines += usize::from(!line.trim().is_empty() && !line.trim_start().starts_with('#'));
    }
    (known * 100).checked_div(lines).map_or(0, |share| {
        let least = u8::from(known > 0);
        u8::try_from(share).unwrap_or(100).clamp(least, 100)
    })
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut keys = Keys::new(text, sink);
    for (number, block) in blocks(text).into_iter().enumerate() {
        let class = class_of(&block.entries, &text.file_name());
        let form = match (block.header, block.entries.len()) {
            (Some(_), _) => "admin",
            (None, count) if count >= DUMP_KEYS => "dump",
            _ => "file",
        };
        let unit = match (block.header, number) {
            (Some(header), _) => header.to_owned(),
            (None, 0) => String::new(),
            (None, number) => format!("#{}", number + 1),
        };
        let place = Place {
            class,
            form,
            unit: &unit,
        };
        for entry in &block.entries {
            keys.give(place, &entry.key, &entry.value, entry.line);
        }
    }
}

/// A run of lines that are nothing but keys, comments and blanks, most of them RocketMQ's.
struct Block<'a> {
    /// `addr` of a `====addr====` line above it.
    header: Option<&'a str>,
    entries: Vec<Entry<'a>>,
}

/// The runs of lines that are configuration of RocketMQ's servers.
fn blocks<'a>(text: &Text<'a>) -> Vec<Block<'a>> {
    let lines = text.lines();
    let hinted = is_named_like_one(text);
    let mut out = Vec::new();
    let mut open = Block {
        header: None,
        entries: Vec::new(),
    };
    let mut index = 0;
    while index < lines.len() {
        // The first line decides, so that text in which every line ends in a backslash is not joined again and again.
        match properties::read(&lines[..=index], index) {
            Line::Nothing => index += 1,
            Line::Key(first, _) if is_conf_line(&first) => {
                if let Line::Key(entry, taken) = properties::read(lines, index) {
                    open.entries.push(entry);
                    index += taken;
                }
            }
            // A whole file is one block, whatever odd lines stand in it.
            Line::Key(..) if hinted && admin_header(lines[index]).is_none() => index += 1,
            Line::Key(..) => {
                let header = admin_header(lines[index]);
                let done = std::mem::replace(
                    &mut open,
                    Block {
                        header,
                        entries: Vec::new(),
                    },
                );
                out.extend(Some(done).filter(|block| is_ours(block, hinted)));
                index += 1;
            }
        }
    }
    out.extend(Some(open).filter(|block| is_ours(block, hinted)));
    out
}

/// `name = value`, or a known name alone, with a blank or with a colon behind it (other names with a colon are YAML).
fn is_conf_line(entry: &Entry<'_>) -> bool {
    properties::is_name(&entry.key)
        && (entry.separator == Some('=')
            || conf_keys::is_known(&entry.key)
            || entry.separator.is_none() && is_nearly_known(&entry.key))
}

/// Files that people name as RocketMQ's own; Spring's and canal's have readers of their own.
fn is_named_like_one(text: &Text<'_>) -> bool {
    let name = text.file_name();
    let ending = [".conf", ".properties", ".cnf", ".cfg", ".config"];
    let stem = ["broker", "namesrv", "nameserver", "controller", "namesvr", "rocketmq"];
    ending.iter().any(|e| name.contains(e)) && stem.iter().any(|s| name.contains(s))
        || name == "broker.conf"
        || name == "namesrv.conf"
}

fn is_ours(block: &Block<'_>, hinted: bool) -> bool {
    let count = block.entries.len();
    let known = block
        .entries
        .iter()
        .filter(|e| conf_keys::is_known(&e.key) || is_nearly_known(&e.key))
        .count();
    if hinted {
        return known > 0;
    }
    match count {
        0 => false,
        // One line alone: only where the name says all.
        1 => known == 1 && is_telling(&block.entries[0].key),
        _ => known * 2 >= count && known >= 2,
    }
}

/// A known key in the wrong case counts as ours.
fn is_nearly_known(key: &str) -> bool {
    const STARTS: &[&str] = &[
        "broker",
        "storepath",
        "flushdisk",
        "mapedfile",
        "mappedfile",
        "namesrvaddr",
    ];
    let lower = key.to_ascii_lowercase();
    !key.contains(['.', '-']) && STARTS.iter().any(|start| lower.starts_with(start))
}

/// Keys that no other program uses.
fn is_telling(key: &str) -> bool {
    conf_keys::is_known(key) && key.len() >= 8 && key.bytes().any(|b| b.is_ascii_uppercase())
        || conf_keys::WITHOUT_EFFECT.contains(&key)
}

/// `============Master: 10.0.0.5:10911============` → `10.0.0.5:10911`.
fn admin_header(line: &str) -> Option<&str> {
    let line = line.trim();
    let inner = line.trim_matches('=');
    if line.len() < inner.len() + 8 || inner.len() > 120 {
        return None;
    }
    let inner = inner.trim();
    inner.rsplit(' ').next().filter(|addr| addr.contains(':'))
}

/// Which process reads these keys: the one that knows most of them; the file's name decides a tie.
fn class_of(entries: &[Entry<'_>], file_name: &str) -> &'static str {
    // In order of who wins a tie.
    const CANDIDATES: [&str; 4] = ["broker", "namesrv", "controller", "container"];
    const HINTS: [(&str, &str); 5] = [
        ("container", "container"),
        ("namesrv", "namesrv"),
        ("nameserver", "namesrv"),
        ("controller", "controller"),
        ("broker", "broker"),
    ];
    let hint = HINTS
        .iter()
        .find(|(part, _)| file_name.contains(part))
        .map(|(_, class)| *class);
    let mut best = ("broker", 0usize);
    let with_controller = entries.iter().any(|e| e.key == "enableControllerInNamesrv");
    for class in CANDIDATES {
        let classes = match class {
            "namesrv" if !with_controller => &["namesrv", "netty-server"],
            other => classes_of_file(other),
        };
        let known = entries
            .iter()
            .filter(|e| rows_of(&e.key).iter().any(|row| classes.contains(&row.class)))
            .count();
        let rank = known * 2 + usize::from(hint == Some(class));
        if rank > best.1 {
            best = (class, rank);
        }
    }
    best.0
}
