//! What was read, in the labelled lines that text, Markdown and comparisons end with. A report that does not say what it
//! looked at cannot be trusted on what it did not find.

use super::answer::Phrases;
use super::words::count;
use crate::model::finding::Coverage;
use crate::model::units::show_bytes;

/// One labelled line; several values of one label stand under each other.
#[derive(Debug, PartialEq)]
pub(super) struct Covered {
    pub(super) label: &'static str,
    pub(super) values: Vec<String>,
}

/// How many files or problems are named before the rest is only counted.
const SHOWN: usize = 10;

/// The lines, without those that have nothing to say.
pub(super) fn covered(coverage: &Coverage, phrases: &Phrases, verbose: bool) -> Vec<Covered> {
    let words = phrases.words;
    let shown = if verbose { usize::MAX } else { SHOWN };
    let line = |label, values: Vec<String>| Covered {
        label,
        values: capped(values, shown, phrases),
    };
    let lines = vec![
        line(words.covered, vec![totals(coverage, phrases)]),
        line(words.time, range(coverage, phrases).into_iter().collect()),
        line(words.window, window(coverage, phrases).into_iter().collect()),
        line(words.versions, versions(coverage)),
        line(words.clocks, coverage.assumptions.clone()),
        line(words.not_understood, not_understood(coverage, phrases)),
        line(
            words.problems,
            coverage
                .problems
                .iter()
                .map(|it| format!("{}: {}", it.path, it.what))
                .collect(),
        ),
    ];
    lines.into_iter().filter(|line| !line.values.is_empty()).collect()
}

fn capped(mut values: Vec<String>, shown: usize, phrases: &Phrases) -> Vec<String> {
    if values.len() > shown {
        let rest = (values.len() - shown) as u64;
        values.truncate(shown);
        values.push(format!("{} {}", phrases.symbols.cut, count(rest, phrases.words.more)));
    }
    values
}

/// `12 files · 48.2 MiB · 401,233 lines · 3 hosts (broker-a, broker-b, app-1)`
pub(super) fn totals(coverage: &Coverage, phrases: &Phrases) -> String {
    let words = phrases.words;
    if coverage.sources.is_empty() {
        return words.nothing_covered.into();
    }
    let mut parts = vec![
        count(coverage.sources.len() as u64, words.file),
        show_bytes(coverage.bytes as f64),
        count(coverage.lines, words.line),
    ];
    let hosts = coverage.hosts();
    if !hosts.is_empty() {
        let named = hosts.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let cut = if hosts.len() > SHOWN {
            format!(", {}", phrases.symbols.cut)
        } else {
            String::new()
        };
        parts.push(format!("{} ({named}{cut})", count(hosts.len() as u64, words.host)));
    }
    phrases.list(&parts)
}

/// The same without bytes and names, for one short line.
pub(super) fn summary(coverage: &Coverage, phrases: &Phrases) -> String {
    let words = phrases.words;
    let counts = [
        (coverage.sources.len() as u64, words.file),
        (coverage.lines, words.line),
        (coverage.hosts().len() as u64, words.host),
    ];
    let told = counts.into_iter().filter(|(number, _)| *number > 0);
    phrases.list(&told.map(|(number, noun)| count(number, noun)).collect::<Vec<_>>())
}

/// `2024-05-01 14:00:00 – 16:02:11 +08:00`
pub(super) fn range(coverage: &Coverage, phrases: &Phrases) -> Option<String> {
    let (first, last) = coverage.range()?;
    Some(format!("{} {}", phrases.between(first, last), phrases.clock.offset()))
}

/// The time that was asked for, where it cuts the logs' time off: `2024-05-01 14:00:00 – 15:00:00`; an end that nobody
/// named is left open.
fn window(coverage: &Coverage, phrases: &Phrases) -> Option<String> {
    /// No log is from before 1970 or after the year 9999.
    const YEARS: std::ops::Range<i64> = 0..253_402_300_800_000;
    let (from, to) = coverage.window?;
    let end = |ms: i64| match YEARS.contains(&ms) {
        true => phrases.clock.full(ms),
        false => String::new(),
    };
    let said = format!("{} {} {}", end(from), phrases.symbols.dash, end(to));
    Some(said.trim().to_owned())
}

fn versions(coverage: &Coverage) -> Vec<String> {
    let told = coverage.versions.iter();
    told.map(|(component, version, place)| match place.is_empty() {
        true => format!("{component} {version}"),
        false => format!("{component} {version} ({place})"),
    })
    .collect()
}

fn not_understood(coverage: &Coverage, phrases: &Phrases) -> Vec<String> {
    let unknown = coverage.sources.iter().filter(|source| source.format == "unknown");
    unknown
        .map(|source| format!("{} ({})", source.path, count(source.lines, phrases.words.line)))
        .collect()
}
