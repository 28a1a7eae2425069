//! Sheets of settings out of the facts of one side. Not here: what differs.

use crate::compare::side::{Line, Side};
use crate::model::comparison::ChangeKind;
use crate::model::units::{parse_bytes, show_bytes};
use crate::model::{Event, LogKind};
use crate::rule::effects::listed;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Where settings were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// In a file or script that somebody wrote: what is not there was not set by it.
    Written,
    /// From the running process or kernel: complete.
    Running,
    /// Now and then, by whoever knew: what is missing is not known.
    Told,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// For comparing.
    pub(super) value: String,
    /// For people.
    pub(super) shown: String,
    /// `file:line`
    pub(super) at: String,
    /// Source and line.
    pub(super) span: Line,
}

/// Settings that belong together.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) kind: ChangeKind,
    pub(super) host: String,
    /// Class of a configuration with its unit, process of a JVM; empty elsewhere.
    pub(super) class: String,
    pub(super) origin: Origin,
    /// Path of the first file.
    pub(super) file: String,
    /// Name and id of the broker, when the sheet tells it.
    pub(super) broker: String,
    pub(super) settings: BTreeMap<String, Setting>,
}

/// Most sheets of one side.
const SHEETS_MAX: usize = 400;

/// One setting out of an event, and the sheet it belongs to.
struct Read {
    kind: ChangeKind,
    class: String,
    origin: Origin,
    /// Whether sheets of several files are one.
    joined: bool,
    key: String,
    value: String,
    shown: String,
}

/// All sheets of a side, in the order of their files.
pub(super) fn read(side: &Side<'_>, volatile: &[String]) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut places: HashMap<(ChangeKind, String, String, Origin, String), usize> = HashMap::new();
    let events = side.it.facts.iter();
    let in_log = |event: &Event| {
        let log = side.source(event.span.source.0).and_then(|source| source.log);
        log.is_some_and(|log| !matches!(log, LogKind::App | LogKind::Tools))
    };
    let path = |event: &Event| {
        side.source(event.span.source.0)
            .map_or("", |source| source.path.as_str())
    };
    for (event, it) in events.flat_map(|event| {
        settings(event, path(event), in_log(event))
            .into_iter()
            .map(move |it| (event, it))
    }) {
        if it.kind == ChangeKind::Kernel && listed(volatile, &it.key) {
            continue;
        }
        let source = event.span.source.0;
        let (host, path) = (side.host(source).to_owned(), path(event));
        let name = if it.joined { String::new() } else { path.to_owned() };
        let full = sheets.len() >= SHEETS_MAX;
        let at = match places.entry((it.kind, host.clone(), it.class.clone(), it.origin, name)) {
            Entry::Occupied(slot) => *slot.get(),
            Entry::Vacant(_) if full => continue,
            Entry::Vacant(slot) => *slot.insert(sheets.len()),
        };
        if at == sheets.len() {
            let file = path.to_owned();
            let (kind, class, origin) = (it.kind, it.class.clone(), it.origin);
            sheets.push(Sheet {
                kind,
                host,
                class,
                origin,
                file,
                broker: String::new(),
                settings: BTreeMap::new(),
            });
        }
        let span = (source, event.span.line);
        add(
            &mut sheets[at],
            it.key,
            Setting {
                value: it.value,
                shown: it.shown,
                at: side.place(event),
                span,
            },
        );
    }
    for sheet in &mut sheets {
        let value = |key: &str| sheet.settings.get(key).map_or("", |it| it.value.as_str());
        let (name, id) = (value("brokerName"), value("brokerId"));
        let broker = if name.is_empty() {
            String::new()
        } else {
            format!("{name}:{id}")
        };
        sheet.broker = broker;
    }
    sheets
}

/// The last value stands; of versions all do.
fn add(sheet: &mut Sheet, key: String, setting: Setting) {
    match sheet.settings.get_mut(&key) {
        Some(old) if sheet.kind == ChangeKind::Version => {
            let mut all: Vec<&str> = old.value.split(", ").chain([setting.value.as_str()]).collect();
            all.sort_unstable();
            all.dedup();
            all.truncate(20);
            old.value = all.join(", ");
            old.shown.clone_from(&old.value);
        }
        _ => {
            sheet.settings.insert(key, setting);
        }
    }
}

/// `in_log`: the source is one of RocketMQ's own logs, in which only a dump of the start is a configuration.
fn settings(event: &Event, path: &str, in_log: bool) -> Vec<Read> {
    let text = |name: &str| event.fields.get(name).map(|it| it.to_text()).unwrap_or_default();
    let one = match &*event.kind {
        "conf.key" => (!in_log || text("form") == "dump").then(|| conf_key(&text)),
        "jvm.flag" => Some(flag(path, &text)),
        "limit" => return limits(event, &text),
        "sysctl" => {
            let value = text("value").split_whitespace().collect::<Vec<_>>().join(" ");
            let origin = of_form(&text("form"));
            Some(Read {
                origin,
                ..told(ChangeKind::Kernel, text("key").replace('/', "."), value)
            })
        }
        "version" => Some(told(ChangeKind::Version, text("component"), text("version"))),
        "env" => env(event, &text),
        "disk.usage" => disk(event, &text),
        _ => None,
    };
    one.into_iter().filter(|it| !it.key.is_empty()).collect()
}

fn disk(event: &Event, text: &dyn Fn(&str) -> String) -> Option<Read> {
    let device = text("device");
    let size = show_bytes(event.fields.num("size_kb")? * 1024.0);
    let real = device.starts_with("/dev/") && !device.starts_with("/dev/loop");
    real.then(|| {
        told(
            ChangeKind::Topology,
            format!("disk {}", text("mount")),
            format!("{device} {size}"),
        )
    })
}

fn of_form(form: &str) -> Origin {
    if form == "live" {
        Origin::Running
    } else {
        Origin::Written
    }
}

fn told(kind: ChangeKind, key: String, value: String) -> Read {
    Read {
        kind,
        class: String::new(),
        origin: Origin::Told,
        joined: true,
        key,
        shown: value.clone(),
        value,
    }
}

fn conf_key(text: &dyn Fn(&str) -> String) -> Read {
    let value = text("value");
    let value = value.trim();
    let (class, unit) = (text("class"), text("unit"));
    let running = matches!(text("form").as_str(), "dump" | "admin");
    Read {
        kind: ChangeKind::Config,
        class: if unit.is_empty() {
            class
        } else {
            format!("{class} {unit}")
        },
        origin: if running { Origin::Running } else { Origin::Written },
        joined: false,
        key: text("key"),
        value: if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
            value.to_ascii_lowercase()
        } else {
            value.to_owned()
        },
        shown: value.to_owned(),
    }
}

fn flag(path: &str, text: &dyn Fn(&str) -> String) -> Read {
    let (name, value) = (text("flag"), text("value"));
    let branch = text("jdk");
    let branch = if branch.starts_with(['<', '>']) {
        format!(" (jdk {branch})")
    } else {
        String::new()
    };
    let size = size_of(&name, &value);
    let script = [".sh", ".cmd", ".bat", ".conf", ".yaml", ".yml", ".service", ".env"]
        .iter()
        .any(|it| path.ends_with(it));
    let process = text("process");
    Read {
        kind: ChangeKind::Jvm,
        class: if process == "unknown" { String::new() } else { process },
        origin: if script { Origin::Written } else { Origin::Running },
        joined: false,
        key: format!("{name}{branch}"),
        value: size.map_or_else(|| value.clone(), |bytes| format!("{bytes:.0}")),
        shown: size.map_or(value, short_size),
    }
}

/// Bytes, where a flag is a size of at least a megabyte.
fn size_of(name: &str, value: &str) -> Option<f64> {
    let written = value.parse().ok().or_else(|| parse_bytes(value));
    written.filter(|bytes| *bytes >= 1_048_576.0 && !name.starts_with("-D"))
}

/// `8g`, `512m`, as a command line has it.
fn short_size(bytes: f64) -> String {
    let whole = |unit: f64| bytes % unit == 0.0;
    match bytes {
        _ if whole(1_073_741_824.0) => format!("{:.0}g", bytes / 1_073_741_824.0),
        _ if whole(1_048_576.0) => format!("{:.0}m", bytes / 1_048_576.0),
        _ => format!("{bytes:.0}"),
    }
}

fn env(event: &Event, text: &dyn Fn(&str) -> String) -> Option<Read> {
    let (what, value) = (text("what"), text("value"));
    match what.as_str() {
        "io_scheduler" | "transparent_hugepage" | "qdisc" => Some(told(ChangeKind::Kernel, what, value)),
        "cpus" | "cpu_limit" | "cpu_model" | "numa_nodes" | "virtualization" => {
            Some(told(ChangeKind::Topology, what, value))
        }
        "ram_bytes" | "memory_limit_bytes" => {
            Some(told(ChangeKind::Topology, what, show_bytes(event.fields.num("value")?)))
        }
        "os" | "arch" => Some(told(ChangeKind::Version, what, value)),
        _ => None,
    }
}

/// The soft and the hard limit are settings of their own.
fn limits(event: &Event, text: &dyn Fn(&str) -> String) -> Vec<Read> {
    let domain = match text("domain").as_str() {
        "" | "*" => String::new(),
        domain => format!(" {domain}"),
    };
    let shown = |limit: f64| {
        if limit >= 1e17 {
            "unlimited".to_owned()
        } else {
            format!("{limit:.0}")
        }
    };
    let one = |side: &str| {
        let value = shown(event.fields.num(side)?);
        let origin = of_form(&text("form"));
        Some(Read {
            origin,
            ..told(ChangeKind::Limit, format!("{}{domain} {side}", text("what")), value)
        })
    };
    ["soft", "hard"].into_iter().filter_map(one).collect()
}
