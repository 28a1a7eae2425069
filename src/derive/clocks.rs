//! One honest clock: which offset the stamps of a source without a written zone have.
//!
//! RocketMQ's server logs are GMT+8 whatever the host's zone; GC logs write their zone; clients of 4.3 to 5.0, iostat and
//! the like print the host's zone and do not say which. Such a source is moved by the whole (or half) hour that makes it
//! end and begin closest to the sources whose time is known, preferring its own host; without any of those GMT+8 is
//! assumed, since then only differences matter. What was assumed is told once.

use crate::model::moment::GMT8_MS;
use crate::model::{Lang, Moment, SourceInfo, Zone};
use std::collections::BTreeMap;

/// First and last raw stamp of one source per kind of zone, milliseconds.
pub type Ends = BTreeMap<Zone, (i64, i64)>;

/// Settled clocks of all sources.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    local_ms: Vec<i64>,
    /// What was assumed, by offset.
    pub assumptions: Vec<Assumption>,
    /// Whether any source's offset is a guess.
    pub assumed: bool,
}

/// How the stamps of some hosts without a written zone are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumption {
    /// Hosts; empty when hosts are not told apart.
    pub hosts: Vec<String>,
    /// The offset that fits the sources with a known zone, in milliseconds; `None` when there was nothing to compare with.
    pub offset_ms: Option<i64>,
}

impl Assumption {
    /// The sentence for the report.
    pub fn sentence(&self, lang: Lang) -> String {
        let zone = name(self.offset_ms.unwrap_or(GMT8_MS));
        let (between, colon) = match lang {
            Lang::En => (", ", ": "),
            Lang::Zh => ("、", "："),
        };
        let hosts = match self.hosts.is_empty() {
            true => String::new(),
            false => self.hosts.join(between) + colon,
        };
        match (lang, self.offset_ms) {
            (Lang::En, Some(_)) => format!(
                "{hosts}stamps without a zone are read as {zone}, the offset that fits the sources with a known zone"
            ),
            (Lang::En, None) => format!("{hosts}stamps without a zone are read as {zone}; nothing tells the zone"),
            (Lang::Zh, Some(_)) => {
                format!("{hosts}不带时区的时间按 {zone} 解读，这与时区已知的日志吻合")
            }
            (Lang::Zh, None) => format!("{hosts}不带时区的时间按 {zone} 解读，没有内容说明实际时区"),
        }
    }
}

const HOUR_MS: i64 = 3_600_000;

impl Clocks {
    /// Settled time in milliseconds UTC; `None` for a JVM's uptime.
    pub fn utc(&self, source: u32, moment: Moment) -> Option<i64> {
        match moment.zone {
            Zone::Written | Zone::Gmt8 => Some(moment.ms),
            Zone::Local => Some(moment.ms - self.local_ms.get(source as usize).copied().unwrap_or(GMT8_MS)),
            Zone::Uptime => None,
        }
    }

    /// Notes an assumption; hosts with the same one stand together.
    fn assume(&mut self, host: &str, offset_ms: Option<i64>) {
        let named = |it: &Assumption| it.hosts.is_empty() == host.is_empty();
        let same = |it: &&mut Assumption| it.offset_ms == offset_ms && named(it);
        match self.assumptions.iter_mut().find(same) {
            Some(it) => it.hosts.push(host.to_owned()),
            None => self.assumptions.push(Assumption {
                hosts: Some(host.to_owned()).filter(|it| !it.is_empty()).into_iter().collect(),
                offset_ms,
            }),
        }
    }

    /// The offset to show times in: that of the servers' logs when there are any, else that of the local stamps.
    pub fn shown_offset_min(&self, ends: &[Ends]) -> i32 {
        let local = || {
            let source = ends.iter().position(|e| e.contains_key(&Zone::Local))?;
            self.local_ms.get(source).copied()
        };
        let gmt8 = ends.iter().any(|e| e.contains_key(&Zone::Gmt8));
        let ms = if gmt8 { GMT8_MS } else { local().unwrap_or(GMT8_MS) };
        (ms / 60_000) as i32
    }
}

/// Settles the clocks of a bundle.
pub fn settle(sources: &[SourceInfo], ends: &[Ends]) -> Clocks {
    let known = |ends: &Ends| {
        let spans: Vec<_> = [Zone::Written, Zone::Gmt8].iter().filter_map(|z| ends.get(z)).collect();
        let first = spans.iter().map(|(first, _)| *first).min()?;
        spans.iter().map(|(_, last)| *last).max().map(|last| (first, last))
    };
    let mut by_host: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    let mut all = Vec::new();
    for (source, ends) in sources.iter().zip(ends) {
        if let Some(span) = known(ends) {
            by_host.entry(&source.host).or_default().push(span);
            all.push(span);
        }
    }
    let mut clocks = Clocks {
        local_ms: vec![GMT8_MS; sources.len()],
        ..Clocks::default()
    };
    // One offset per host: the tools and clients of a host share its zone.
    let mut hosts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (source, ends)) in sources.iter().zip(ends).enumerate() {
        if ends.contains_key(&Zone::Local) {
            hosts.entry(&source.host).or_default().push(index);
        }
    }
    for (host, members) in hosts {
        let anchors = by_host.get(host).filter(|_| !host.is_empty()).unwrap_or(&all);
        let anchors = if anchors.is_empty() { &all } else { anchors };
        let spans: Vec<(i64, i64)> = members
            .iter()
            .filter_map(|m| ends[*m].get(&Zone::Local).copied())
            .collect();
        let offset = best_offset(&spans, anchors);
        for member in members {
            clocks.local_ms[member] = offset.unwrap_or(GMT8_MS);
        }
        clocks.assumed |= offset.is_none();
        clocks.assume(host, offset);
    }
    clocks
}

/// The offset of the grid with the least distance of ends; `None` without anything to compare with.
fn best_offset(spans: &[(i64, i64)], anchors: &[(i64, i64)]) -> Option<i64> {
    let (first, last) = (anchors.iter().map(|a| a.0).min()?, anchors.iter().map(|a| a.1).max()?);
    let (from, to) = (spans.iter().map(|s| s.0).min()?, spans.iter().map(|s| s.1).max()?);
    let distance = |offset: i64| {
        let (from, to) = (from.saturating_sub(offset), to.saturating_sub(offset));
        // A short log inside a long one fits wherever it lies; outside it, the gap counts.
        let before = i128::from(first) - i128::from(from);
        let after = i128::from(to) - i128::from(last);
        (before.max(0) + after.max(0)) * 4 + after.abs() + before.abs() / 4
    };
    let likely = [GMT8_MS, 0];
    let best_likely = likely.into_iter().min_by_key(|o| distance(*o))?;
    let best = (-24..=28).map(|half| half * HOUR_MS / 2).min_by_key(|o| distance(*o))?;
    let far_better = distance(best) + 30 * 60_000 < distance(best_likely) / 4;
    Some(if far_better { best } else { best_likely })
}

fn name(offset: i64) -> String {
    let minutes = offset / 60_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    match minutes.abs() % 60 {
        0 => format!("UTC{sign}{}", minutes.abs() / 60),
        rest => format!("UTC{sign}{}:{rest:02}", minutes.abs() / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(host: &str) -> SourceInfo {
        SourceInfo {
            host: host.into(),
            format: "log",
            ..SourceInfo::default()
        }
    }

    #[test]
    fn local_stamps_are_moved_to_the_known_ones() {
        let hour = HOUR_MS;
        let sources = [source("broker-a"), source("app-1"), source("")];
        let known = Ends::from([(Zone::Gmt8, (100 * hour, 110 * hour))]);
        for (offset, want) in [(0, 0), (8, 8), (9, 9)] {
            let local = Ends::from([(Zone::Local, ((101 + offset) * hour, (110 + offset) * hour - 5000))]);
            let clocks = settle(&sources, &[known.clone(), local, Ends::new()]);
            assert_eq!(clocks.utc(1, Moment::local(want * hour)), Some(0), "UTC+{offset}");
            assert_eq!(clocks.assumptions.len(), 1);
        }
    }

    #[test]
    fn hosts_of_one_offset_share_a_sentence() {
        let known = Ends::from([(Zone::Gmt8, (0, 10 * HOUR_MS))]);
        let local = Ends::from([(Zone::Local, (8 * HOUR_MS, 18 * HOUR_MS))]);
        let sources = ["ns-1", "app-1", "app-2"].map(source);
        let clocks = settle(&sources, &[known, local.clone(), local]);
        let said: Vec<String> = clocks.assumptions.iter().map(|it| it.sentence(Lang::En)).collect();
        assert_eq!(
            said,
            [
                "app-1, app-2: stamps without a zone are read as UTC+8, the offset that fits the sources with a known zone"
            ]
        );
    }

    #[test]
    fn nothing_known_is_said() {
        let local = Ends::from([(Zone::Local, (0, 10))]);
        assert!(settle(&[source("")], &[local]).assumed);
    }
}
