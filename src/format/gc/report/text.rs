//! The text form: at most 80 columns, the figures an operator asks for first on top.

use super::Style;
use super::chart::bars;
use super::words::{Words, failure, foreign, kind, words};
use crate::format::gc::record::{FailureKind, GcLog, Pause};
use crate::format::gc::stats::{Stats, stats};
use crate::model::{Moment, Zone};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: usize = 80;
/// Rows of the table of causes.
const CAUSES: usize = 8;
/// Rows of the list of the longest pauses.
const LONGEST: usize = 3;

/// Reports on logs in the order given.
pub fn text(logs: &[GcLog], style: Style) -> String {
    let words = words(style.lang);
    let mut out = String::new();
    for (index, log) in logs.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        one(&mut out, log, style, words);
    }
    if logs.len() > 1 {
        let pauses: u64 = logs.iter().map(|log| log.totals.pauses).sum();
        let full: u64 = logs.iter().map(|log| log.totals.full).sum();
        let total: f64 = logs.iter().map(|log| log.totals.pause_s).sum();
        let longest = logs.iter().map(|log| log.totals.max_pause_s).fold(0.0, f64::max);
        line(
            &mut out,
            &format!(
                "\n{} ({} {}): {} {pauses}, {} {full}, {} {}, {} {}",
                words.together,
                logs.len(),
                words.files,
                words.pauses,
                words.full,
                words.total,
                duration(total),
                words.longest,
                duration(longest),
            ),
        );
    }
    out
}

fn one(out: &mut String, log: &GcLog, style: Style, words: &Words) {
    let mut about = vec![log.collector.word().to_owned()];
    if log.process != "unknown" {
        about.insert(0, log.process.to_owned());
    }
    if let Some(jdk) = &log.jdk {
        about.push(format!("JDK {jdk}"));
    }
    let about = about.join(", ");
    let name_width = WIDTH.saturating_sub(width(words.title) + width(&about) + 5);
    let name = shorten(&log.path, name_width, style);
    if let Some(what) = log.foreign {
        line(
            out,
            &format!("{} {}", words.title, shorten(&log.path, WIDTH - 10, style)),
        );
        line(out, &format!("  {}: {}", words.not_gc, foreign(what, style.lang)));
        return;
    }
    line(out, &format!("{} {name}  ({about})", words.title));
    let stats = stats(log);
    covers(out, log, &stats, words);
    if stats.pauses == 0 {
        line(out, &format!("  {}", words.no_pause));
    }
    figures(out, &stats, words);
    stops(out, log, words);
    failures(out, log, style, words);
    causes(out, &stats, style, words);
    longest_rows(out, log, style, words);
    chart(out, log, style, words);
}

fn covers(out: &mut String, log: &GcLog, stats: &Stats, words: &Words) {
    let mut text = format!("  {} ", words.covers);
    match (log.first, log.last, stats.span_s) {
        (Some(first), Some(last), Some(span)) => {
            let _ = write!(
                text,
                "{} .. {} ({}), ",
                clock(first, words),
                clock(last, words),
                duration(span)
            );
        }
        (Some(first), ..) => {
            let _ = write!(text, "{}, ", clock(first, words));
        }
        _ => text.push_str("-, "),
    }
    let _ = write!(text, "{} {}", log.lines, words.lines);
    line(out, &text);
}

fn figures(out: &mut String, stats: &Stats, words: &Words) {
    let secs = |value: Option<f64>| value.map_or("-".into(), duration);
    let number = |value: Option<f64>, unit: &str| value.map_or("-".into(), |v| format!("{}{unit}", short(v)));
    line(
        out,
        &format!(
            "\n  {} {}   {} {}   {} {}   {} {}   {} {}",
            words.pauses,
            stats.pauses,
            words.full,
            stats.full_gcs,
            words.total,
            duration(stats.total_pause_s),
            words.longest,
            duration(stats.max_pause_s),
            words.throughput,
            stats.throughput_pct.map_or("-".into(), |pct| format!("{pct:.2} %")),
        ),
    );
    line(
        out,
        &format!(
            "  p50 {}   p90 {}   p95 {}   p99 {}",
            secs(stats.p50_s),
            secs(stats.p90_s),
            secs(stats.p95_s),
            secs(stats.p99_s)
        ),
    );
    line(
        out,
        &format!(
            "  {} {}   {} {}   {} {}   {} {}",
            words.young,
            number(stats.young_per_min, words.per_min),
            words.full,
            number(stats.full_per_min, words.per_min),
            words.allocation,
            number(stats.alloc_mb_per_s, " MB/s"),
            words.promotion,
            number(stats.promo_mb_per_s, " MB/s"),
        ),
    );
    let mut heap = format!(
        "  {} {}   {} {}",
        words.heap,
        number(stats.heap_max_mb, " MB"),
        words.live,
        number(stats.live_mb, " MB")
    );
    if let Some(trend) = stats.live_trend_mb_per_h {
        let sign = if trend >= 0.0 { "+" } else { "" };
        let _ = write!(
            heap,
            " ({sign}{} MB/h, {} {} {})",
            short(trend),
            words.trend_over,
            stats.live_samples,
            words.collections
        );
    }
    if let Some(young) = stats.young_mb {
        let _ = write!(heap, "   {} {} MB", words.young, short(young));
    }
    line(out, &heap);
    if let Some(pct) = stats.after_full_pct {
        line(out, &format!("  {} {pct:.0} % {}", words.heap, words.after_full));
    }
}

fn stops(out: &mut String, log: &GcLog, words: &Words) {
    let totals = &log.totals;
    if totals.stops == 0 {
        return;
    }
    let beyond = (totals.stopped_s - totals.pause_s).max(0.0);
    line(
        out,
        &format!(
            "  {} {}   {} {}   {} {}   {} {}",
            words.stopped,
            totals.stops,
            words.total,
            duration(totals.stopped_s),
            words.longest,
            duration(totals.max_stopped_s),
            words.beyond_gc,
            duration(beyond),
        ),
    );
}

fn failures(out: &mut String, log: &GcLog, style: Style, words: &Words) {
    let mut kinds: BTreeMap<FailureKind, (u64, u32)> = BTreeMap::new();
    for failure in &log.failures {
        kinds.entry(failure.kind).or_insert((0, failure.line)).0 += 1;
    }
    for (index, (what, (count, first))) in kinds.iter().enumerate() {
        if index == 0 {
            line(out, &format!("\n  {}", words.failures));
        }
        line(
            out,
            &format!(
                "    {} {count}  ({} {first})",
                failure(*what, style.lang),
                words.first_line
            ),
        );
    }
}

fn causes(out: &mut String, stats: &Stats, style: Style, words: &Words) {
    if stats.causes.is_empty() {
        return;
    }
    let mut row = |name: &str, count: &str, total: &str, longest: &str| {
        let text = format!(
            "  {}{}{}{}",
            left(name, 42),
            right(count, 10),
            right(total, 12),
            right(longest, 12)
        );
        line(out, &text);
    };
    row("", "", "", "");
    row(words.causes, words.count, words.total, words.longest);
    for cause in stats.causes.iter().take(CAUSES) {
        let name = if cause.cause.is_empty() {
            words.not_told
        } else {
            &cause.cause
        };
        let name = format!("{} ({})", shorten(name, 26, style), kind(cause.kind, style.lang));
        row(
            &name,
            &cause.count.to_string(),
            &duration(cause.total_s),
            &duration(cause.max_s),
        );
    }
}

/// The longest pauses, longest first.
pub(super) fn longest(log: &GcLog, count: usize) -> Vec<&Pause> {
    let mut pauses: Vec<&Pause> = log.pauses.iter().collect();
    let longer = |a: &&Pause, b: &&Pause| b.secs.total_cmp(&a.secs).then(a.line.cmp(&b.line));
    if pauses.len() > count {
        pauses.select_nth_unstable_by(count, longer);
        pauses.truncate(count);
    }
    pauses.sort_unstable_by(longer);
    pauses
}

fn longest_rows(out: &mut String, log: &GcLog, style: Style, words: &Words) {
    let rows = longest(log, LONGEST);
    if rows.is_empty() {
        return;
    }
    line(out, &format!("\n  {}", words.longest_pauses));
    for pause in rows {
        let at = pause.end.map_or("-".into(), |end| clock(end, words));
        let text = format!(
            "  {}  {}  {} {}  {} {}",
            right(&duration(pause.secs), 10),
            at,
            words.line,
            pause.line,
            kind(pause.kind, style.lang),
            shorten(log.cause(pause.cause), 26, style)
        );
        line(out, &text);
    }
}

fn chart(out: &mut String, log: &GcLog, style: Style, words: &Words) {
    let columns = WIDTH - 6;
    let Some((bars, first, last)) = bars(&log.pauses, columns, style.ascii) else {
        return;
    };
    let zone = log.pauses.iter().rev().find_map(|pause| pause.end).map(|end| end.zone);
    let at = |ms: i64| zone.map_or(String::new(), |zone| clock(Moment { ms, zone }, words));
    let (from, to) = (at(first), at(last));
    line(
        out,
        &format!(
            "\n  {} ({} {})",
            words.chart,
            words.longest,
            duration(log.totals.max_pause_s)
        ),
    );
    line(out, &format!("  |{bars}|"));
    let gap = (columns + 2).saturating_sub(width(&from) + width(&to));
    line(out, &format!("  {from}{}{to}", " ".repeat(gap)));
}

/// Adds a line, without blanks at its end.
fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// `950 us`, `5.2 ms`, `1.35 s`, `12.4 min`: three digits and a unit.
pub(super) fn duration(secs: f64) -> String {
    if secs <= 0.0 {
        "0 ms".into()
    } else if secs < 1e-3 {
        format!("{} us", short(secs * 1e6))
    } else if secs < 1.0 {
        format!("{} ms", short(secs * 1e3))
    } else if secs < 600.0 {
        format!("{} s", short(secs))
    } else if secs < 36_000.0 {
        format!("{} min", short(secs / 60.0))
    } else {
        format!("{} h", short(secs / 3600.0))
    }
}

/// Three digits, no more than the figure deserves.
fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || size == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// `2026-11-22 13:16:35Z`, without `Z` for an unknown zone, `up 12.3 s` for uptime.
fn clock(at: Moment, words: &Words) -> String {
    match at.zone {
        Zone::Uptime => format!("{} {}", words.uptime, duration(at.ms as f64 / 1e3)),
        Zone::Local => date(at.ms, ' ')[..19].to_owned(),
        Zone::Written | Zone::Gmt8 => format!("{}Z", &date(at.ms, ' ')[..19]),
    }
}

/// `2026-11-22T13:16:35.980`, always 23 bytes long.
pub(super) fn date(ms: i64, between: char) -> String {
    // Years from 0 to 9999 keep the length; stamps outside of that are nonsense and shown at the edge.
    const FIRST: i64 = -62_135_596_800_000;
    const LAST: i64 = 253_402_300_799_999;
    let stamp = jiff::Timestamp::from_millisecond(ms.clamp(FIRST, LAST)).unwrap_or_default();
    let civil = jiff::tz::TimeZone::UTC.to_datetime(stamp);
    format!(
        "{:04}-{:02}-{:02}{between}{:02}:{:02}:{:02}.{:03}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.millisecond()
    )
}

/// Columns that a text takes: Chinese characters and full-width marks take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60) { 2 } else { 1 })
        .sum()
}

fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The end of a long path or name, which tells most.
fn shorten(text: &str, columns: usize, style: Style) -> String {
    let cut = if style.ascii { "..." } else { "…" };
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars().rev() {
        let mut longer = c.to_string();
        longer.push_str(&kept);
        if width(&longer) + width(cut) > columns {
            break;
        }
        kept = longer;
    }
    format!("{cut}{kept}")
}
