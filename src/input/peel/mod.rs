//! Takes off what others put around a log: encodings, and the prefixes of docker, Kubernetes, journald and compose.
//!
//! The first lines of a source decide (`Peel::detect`); a source without anything around it is passed through as it
//! stands. A peeled line keeps its number: a part that is joined to a later one leaves an empty line behind.
//!
//! ```text
//! {"log":"2024-05-02 14:56:12 WARN text\n","stream":"stdout","time":"2024-05-02T06:56:12.1Z"}   docker json-file
//! 2024-05-02T14:56:12.123456789+08:00 stdout F text        Kubernetes CRI (P = goes on in the next line)
//! 2024-05-02T06:56:12.123456789Z text                      kubectl logs --timestamps, docker logs -t
//! May 02 14:56:12 host-1 java[123]: text                   journald short, syslog; also with an ISO stamp
//! {"MESSAGE":"text","__REALTIME_TIMESTAMP":"1714632972123456","_HOSTNAME":"host-1"}   journalctl -o json
//! broker-a  | text                                         docker compose logs
//! [pod/broker-a-0/broker] text                             kubectl logs --prefix
//! ```
//!
//! Not here: stamps and levels that the program itself wrote (`format`).

mod container;
mod encoding;
mod journal;
mod prefix;
mod stamp;

use crate::model::Moment;
use std::borrow::Cow;

pub(super) use encoding::{Utf16, Utf16Read, decode_line, repair, utf16};

/// What one layer says of one line.
#[derive(Debug, Default)]
struct Peeled<'a> {
    inner: Cow<'a, str>,
    at: Option<Moment>,
    /// Host, container or pod that the prefix names.
    origin: Cow<'a, str>,
    /// Which of two streams (stdout, stderr) it belongs to.
    stream: usize,
    /// Whether the text goes on in a later line of the same stream.
    goes_on: bool,
}

/// One thing around every line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Layer {
    /// docker json-file; whether the text keeps its line feed, so that a text without one goes on.
    Docker { feeds: bool },
    /// Kubernetes CRI.
    Cri,
    /// A stamp and a blank.
    Stamped,
    /// `name | text`
    Compose,
    /// `[pod/name/container] text`
    Pod,
    /// Syslog lines of this tag; lines of other tags stay as they are.
    Syslog { tag: String, year: Option<i64> },
    /// journalctl -o json
    JournalJson,
}

impl Layer {
    fn peel<'a>(&self, line: &'a str) -> Option<Peeled<'a>> {
        match self {
            Layer::Docker { feeds } => container::docker(line, *feeds),
            Layer::Cri => container::cri(line),
            Layer::Stamped => container::stamped(line),
            Layer::Compose => prefix::compose(line),
            Layer::Pod => prefix::pod(line),
            Layer::Syslog { tag, year } => journal::syslog(line, *year).filter(|(t, _)| t == tag).map(|(_, p)| p),
            Layer::JournalJson => journal::json(line),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Layer::Docker { .. } => "docker json-file",
            Layer::Cri => "Kubernetes CRI",
            Layer::Stamped => "stamped container log",
            Layer::Compose => "docker compose",
            Layer::Pod => "kubectl --prefix",
            Layer::Syslog { .. } => "syslog",
            Layer::JournalJson => "journal JSON",
        }
    }
}

/// What is around the lines of a source.
#[derive(Debug, Clone, Default)]
pub struct Peel {
    layers: Vec<Layer>,
    /// Host or container that the prefixes name, if they all name the same; else empty.
    pub origin: String,
}

/// Lines of the head that decide.
const DECIDING_LINES: usize = 200;
/// Layers looked for; `docker compose logs -t` has two.
const MAX_LAYERS: usize = 3;

impl Peel {
    /// Looks at the first lines. `modified_ms` gives the year to stamps that have none.
    pub fn detect(head: &str, modified_ms: Option<i64>) -> Self {
        let mut lines: Vec<Cow<'_, str>> = head
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(DECIDING_LINES)
            .map(Cow::Borrowed)
            .collect();
        // The last line may be cut.
        if lines.len() > 1 && !head.ends_with('\n') {
            lines.pop();
        }
        let mut peel = Self::default();
        while peel.layers.len() < MAX_LAYERS {
            let Some(layer) = find_layer(&lines, modified_ms) else {
                break;
            };
            let mut origins: Vec<String> = Vec::new();
            lines = lines
                .iter()
                .map(|line| match layer.peel(line) {
                    Some(peeled) => {
                        if !peeled.origin.is_empty() && !origins.iter().any(|o| **o == *peeled.origin) {
                            origins.push(peeled.origin.into_owned());
                        }
                        Cow::Owned(peeled.inner.into_owned())
                    }
                    None => line.clone(),
                })
                .collect();
            if let [only] = origins.as_slice() {
                peel.origin.clone_from(only);
            }
            peel.layers.push(layer);
        }
        peel
    }

    /// Whether there is nothing to take off.
    pub fn is_plain(&self) -> bool {
        self.layers.is_empty()
    }

    /// What is around the lines, outermost first: `docker json-file`, `syslog`, …
    pub fn names(&self) -> Vec<&'static str> {
        self.layers.iter().map(Layer::name).collect()
    }
}

/// The layer that (nearly) all lines have.
fn find_layer(lines: &[Cow<'_, str>], modified_ms: Option<i64>) -> Option<Layer> {
    if lines.is_empty() {
        return None;
    }
    let year = modified_ms.map(stamp::year_of);
    // A stack trace in a CRI log has its prefix on every line, so near-all is the rule; what is left are stray lines.
    let most = |layer: &Layer| {
        let hits = lines.iter().filter(|line| layer.peel(line).is_some()).count();
        hits * 10 >= lines.len() * 9
    };
    let feeds = lines
        .iter()
        .filter_map(|line| container::docker(line, true))
        .any(|peeled| !peeled.goes_on);
    for layer in [
        Layer::Docker { feeds },
        Layer::Cri,
        Layer::JournalJson,
        Layer::Pod,
        Layer::Compose,
        Layer::Stamped,
    ] {
        let enough = layer != Layer::Compose || prefix::is_compose(lines);
        let enough = enough && (layer != Layer::Stamped || container::is_stamped(lines));
        if enough && most(&layer) {
            return Some(layer);
        }
    }
    journal::main_tag(lines).map(|tag| Layer::Syslog { tag, year })
}

/// Peels line after line of one source; holds parts that wait for their end.
#[derive(Debug)]
pub(super) struct Peeler {
    layers: Vec<Layer>,
    waiting: [String; 2],
    waiting_at: [Option<Moment>; 2],
    max_line_bytes: usize,
}

impl Peeler {
    pub(super) fn new(peel: &Peel, max_line_bytes: usize) -> Self {
        Self {
            layers: peel.layers.clone(),
            waiting: Default::default(),
            waiting_at: [None; 2],
            max_line_bytes,
        }
    }

    /// Peels all lines of a chunk into `out`, one stamp per line into `stamps`. `last` tells that none follow.
    pub(super) fn chunk(&mut self, text: &str, last: bool, out: &mut String, stamps: &mut Vec<Option<Moment>>) {
        out.clear();
        stamps.clear();
        for line in text.split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            stamps.push(self.line(body, out));
            if line.ends_with('\n') {
                out.push('\n');
            }
        }
        if last {
            self.flush(out);
        }
    }

    fn line(&mut self, line: &str, out: &mut String) -> Option<Moment> {
        let mut text = Cow::Borrowed(line);
        let mut at = None;
        let mut goes_on = false;
        let mut stream = 0;
        for layer in &self.layers {
            let Some(peeled) = layer.peel(&text) else { continue };
            at = peeled.at.or(at);
            goes_on |= peeled.goes_on;
            stream = peeled.stream.max(stream);
            text = Cow::Owned(peeled.inner.into_owned());
        }
        let stream = stream.min(1);
        let room = self.max_line_bytes.saturating_sub(self.waiting[stream].len());
        let text = prefix_of(&text, room);
        if goes_on {
            self.waiting[stream].push_str(text);
            self.waiting_at[stream] = self.waiting_at[stream].or(at);
            return None;
        }
        let from = out.len();
        out.push_str(&std::mem::take(&mut self.waiting[stream]));
        out.push_str(text);
        clean(out, from);
        let at = self.waiting_at[stream].take().or(at);
        at.filter(|_| !stamp::has_time_of_day(&out[from..]))
    }

    /// Puts parts whose end never came into the last line, if that is the empty one they left behind.
    fn flush(&mut self, out: &mut String) {
        for waiting in &mut self.waiting {
            let waiting = std::mem::take(waiting);
            let feed = out.ends_with('\n');
            let body = out.len() - usize::from(feed);
            if waiting.is_empty() || !(body == 0 || out.as_bytes()[body - 1] == b'\n') {
                continue;
            }
            out.truncate(body);
            out.push_str(&waiting);
            clean(out, body);
            if feed {
                out.push('\n');
            }
        }
    }
}

/// Escaped line ends and colours come to light only when a JSON string is decoded.
fn clean(out: &mut String, from: usize) {
    if memchr::memchr3(b'\n', b'\r', 0x1b, &out.as_bytes()[from..]).is_none() && !out[from..].contains('\0') {
        return;
    }
    let mut bytes = out.split_off(from).into_bytes();
    let len = super::lines::drop_escapes(&mut bytes);
    bytes.truncate(len);
    let len = super::lines::drop_nuls(&mut bytes);
    bytes.truncate(len);
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    for byte in &mut bytes {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// The first `max` bytes of a text, cut at a character.
fn prefix_of(text: &str, max: usize) -> &str {
    &text[..super::lines::cut_at_char(text.as_bytes(), max)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn peel(raw: &str) -> (String, Vec<Option<i64>>, Peel) {
        let plan = Peel::detect(raw, Some(1_717_000_000_000));
        let (mut out, mut stamps) = (String::new(), Vec::new());
        Peeler::new(&plan, 1 << 20).chunk(raw, true, &mut out, &mut stamps);
        (out, stamps.into_iter().map(|s| s.map(|m| m.ms)).collect(), plan)
    }

    #[test]
    fn plain_logs_have_nothing_around_them() {
        for raw in [
            "2024-05-02 14:56:12 INFO main - The broker boot success\n",
            "2024-05-02T14:56:12.123+0800: 1.234: [GC (Allocation Failure) 1K->1K(9K), 0.1 secs]\n",
            "[2024-05-02T14:56:12.123+0800][info][gc] GC(0) Pause Young 1M->1M(9M) 1.2ms\n",
            "May 02 14:56:12 host-1 kernel: Out of memory: Killed process 12 (java)\nMay 02 14:56:13 host-1 sshd[3]: x\n",
            "#Broker Name  | #TPS\nbroker-a | 12\n",
            "{\"level\":\"INFO\",\"message\":\"x\"}\n",
            "Device  r/s  w/s\nsda  1.0  2.0\n",
            "",
        ] {
            let (out, _, plan) = peel(raw);
            assert!(plan.is_plain(), "{raw:?}: {:?}", plan.names());
            assert_eq!(out, raw);
        }
    }

    #[test]
    fn docker_json_joins_parts() {
        let raw = concat!(
            r#"{"log":"2024-05-02 14:56:12 WARN a \u001b[31mred\u001b[0m\n","stream":"stdout","time":"2024-05-02T06:56:12.1Z"}"#,
            "\n",
            r#"{"log":"first ","stream":"stderr","time":"2024-05-02T06:56:13.5Z"}"#,
            "\n",
            r#"{"log":"last\r\n","stream":"stderr","time":"2024-05-02T06:56:14Z"}"#,
            "\n",
        );
        let (out, stamps, plan) = peel(raw);
        assert_eq!(plan.names(), ["docker json-file"]);
        assert_eq!(out, "2024-05-02 14:56:12 WARN a red\n\nfirst last\n");
        assert_eq!(stamps, [None, None, Some(1_714_632_973_500)]);
    }

    #[test]
    fn cri_and_stamps() {
        let (out, stamps, _) = peel(
            "2024-05-02T14:56:12.123456789+08:00 stdout P one \n2024-05-02T14:56:12.2+08:00 stdout F two\n\
             2024-05-02T14:56:13+08:00 stderr F \tat a.B.c(D.java:1)\n2024-05-02T14:56:13+08:00 stderr F\n",
        );
        assert_eq!(out, "\none two\n\tat a.B.c(D.java:1)\n\n");
        assert_eq!(stamps[1..3], [Some(1_714_632_972_123), Some(1_714_632_973_000)]);
        let (out, stamps, plan) = peel("2024-05-02T06:56:12.123456789Z x\n2024-05-02T06:56:13.123456789Z y\n");
        assert_eq!((out.as_str(), plan.names()), ("x\ny\n", vec!["stamped container log"]));
        assert_eq!(stamps[0], Some(1_714_632_972_123));
    }

    #[test]
    fn journals() {
        let (out, stamps, plan) = peel(
            "May 02 14:56:12 mq-1 systemd[1]: Started RocketMQ.\nMay 02 14:56:12 mq-1 java[123]: text\n\
             May  3 14:56:12 mq-1 java[123]: 2024-05-03 14:56:12 WARN x\nMay 03 14:56:12 mq-1 java[123]: y\n",
        );
        assert_eq!(
            out,
            "May 02 14:56:12 mq-1 systemd[1]: Started RocketMQ.\ntext\n2024-05-03 14:56:12 WARN x\ny\n"
        );
        assert_eq!(plan.origin, "mq-1");
        assert_eq!(stamps[1..3], [Some(1_714_661_772_000), None]);
        let (out, stamps, _) =
            peel("{\"MESSAGE\":\"boot\",\"__REALTIME_TIMESTAMP\":\"1714632972123456\",\"_HOSTNAME\":\"mq-1\"}\n");
        assert_eq!((out.as_str(), stamps[0]), ("boot\n", Some(1_714_632_972_123)));
    }

    #[test]
    fn compose_with_stamps() {
        let (out, stamps, plan) =
            peel("broker-a  | 2024-05-02T06:56:12.123456789Z boot\nbroker-a  | 2024-05-02T06:56:13.123456789Z ok\n");
        assert_eq!(out, "boot\nok\n");
        assert_eq!(plan.origin, "broker-a");
        assert_eq!(stamps[0], Some(1_714_632_972_123));
        let (out, _, plan) = peel("[pod/broker-a-0/broker] one\n[pod/broker-a-0/broker] two\n");
        assert_eq!((out.as_str(), plan.origin.as_str()), ("one\ntwo\n", "broker-a-0"));
    }

    #[test]
    fn a_part_without_end_is_kept() {
        let (out, _, _) = peel("2024-05-02T06:56:12Z stdout F a\n2024-05-02T06:56:12Z stdout P b\n");
        assert_eq!(out, "a\nb\n");
    }

    proptest! {
        #[test]
        fn never_panics_and_keeps_line_numbers(raw in "(?s)(\\{\"log\":\"|2024-05-02T14:56:12Z (stdout |stderr )?[FP]? ?|May 02 14:56:12 h java\\[1\\]: |b \\| |[ -~\n\r]|.){0,60}") {
            let raw = raw.replace('\r', "");
            let (out, stamps, _) = peel(&raw);
            prop_assert_eq!(out.matches('\n').count(), raw.matches('\n').count());
            prop_assert_eq!(stamps.len(), raw.split_inclusive('\n').count());
        }
    }
}
