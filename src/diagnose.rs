//! The whole run: what was asked, and the one function that answers it. Reads files through `input`; prints nothing.

mod engine;
mod gathered;
mod happenings;
mod measure;
mod read;
mod seek;
mod window;

use crate::input::{self, Limits, Problem, Source};
use crate::model::{Diagnosis, Inspection, Lang};
use crate::rule::embedded::embedded;
use crate::rule::{RuleBook, RuleText};
use anyhow::{Context, Result};
pub use engine::Examination;
use engine::Job;
pub use measure::{Measured, Series};
use std::path::{Path, PathBuf};

/// Most worker threads that a run takes unasked: each costs memory for its chunk and its caches, and disks and archives
/// give no more.
pub const THREADS_MAX: usize = 8;

/// What a run is asked to do.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files, folders, archives; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Folders of rules beside the embedded ones.
    pub rules_dirs: Vec<PathBuf>,
    /// Language of titles, notes and advice.
    pub lang: Lang,
    /// Ignore what happened before.
    pub since: Option<TimePoint>,
    /// Ignore what happened after.
    pub until: Option<TimePoint>,
    /// Look at the 15 minutes before and after.
    pub at: Option<TimePoint>,
    /// Worker threads; 0 takes one per processor, at most [`THREADS_MAX`].
    pub threads: usize,
    /// Rule ids, causes, areas or severities to keep; empty keeps all.
    pub select: Vec<String>,
    /// Rule ids, causes, areas or severities to leave out.
    pub ignore: Vec<String>,
    /// Whether to fill `Diagnosis::timeline`.
    pub timeline: bool,
}

/// A time as a user writes it. It is settled once the clocks of the bundle are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePoint {
    /// With a written offset: milliseconds UTC.
    Utc(i64),
    /// A wall clock in the zone that the logs show: milliseconds as if it were UTC.
    Wall(i64),
    /// A time of day on the last day of the logs: milliseconds since midnight.
    OfDay(i64),
    /// That many milliseconds before the end of the logs.
    BeforeEnd(i64),
}

impl TimePoint {
    /// Milliseconds UTC, given the offset that times are shown in and the last time in the logs.
    pub fn settle(self, offset_min: i32, last: i64) -> i64 {
        let offset = i64::from(offset_min) * 60_000;
        match self {
            TimePoint::Utc(ms) => ms,
            TimePoint::Wall(ms) => ms.saturating_sub(offset),
            TimePoint::OfDay(ms) => {
                let wall = last.saturating_add(offset);
                let midnight = wall.saturating_sub(wall.rem_euclid(86_400_000));
                midnight.saturating_add(ms).saturating_sub(offset)
            }
            TimePoint::BeforeEnd(ms) => last.saturating_sub(ms),
        }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The source that is read now, 1-based.
    pub source: usize,
    /// How many there are.
    pub sources: usize,
    /// Its path as shown to people.
    pub path: &'a str,
    /// Bytes read so far, of all sources.
    pub bytes: u64,
    /// Bytes to read, as far as known.
    pub bytes_total: u64,
}

/// Someone who wants to know how far a run has come.
pub trait Progress: Send {
    /// Called now and then, at most once per block of input.
    fn step(&mut self, step: Step<'_>);
}

/// Nobody wants to know.
impl Progress for () {
    fn step(&mut self, _: Step<'_>) {}
}

/// Reads everything and answers.
pub fn run(request: &Request, progress: &mut dyn Progress) -> Result<Diagnosis> {
    run_with(&rulebook(&request.rules_dirs)?, request, progress)
}

/// The same with rules at hand.
///
/// # Errors
/// Threads cannot be started.
pub fn run_with(book: &RuleBook, request: &Request, progress: &mut dyn Progress) -> Result<Diagnosis> {
    examine_as(book, request, false, progress).map(|it| it.diagnosis)
}

/// The same, with all that a comparison needs.
///
/// # Errors
/// Threads cannot be started.
pub fn examine(book: &RuleBook, request: &Request, progress: &mut dyn Progress) -> Result<Examination> {
    examine_as(book, request, true, progress)
}

fn examine_as(book: &RuleBook, request: &Request, measures: bool, progress: &mut dyn Progress) -> Result<Examination> {
    let (found, problems) = Found::new(request);
    let job = Job {
        measures,
        ..found.job(book, request)
    };
    let mut examination = found.pool()?.install(|| engine::diagnose(&job, problems, progress));
    let diagnosis = &mut examination.diagnosis;
    diagnosis.inputs = shown(&request.paths);
    diagnosis.findings.retain(|f| {
        let area = book.rule(&f.rule).map_or("", |r| r.area.as_str());
        let named = |list: &[String]| {
            let names = [f.rule.as_str(), &f.cause, area, f.severity.word()];
            list.iter().any(|n| names.contains(&n.as_str()))
        };
        (request.select.is_empty() || named(&request.select)) && !named(&request.ignore)
    });
    Ok(examination)
}

/// The embedded rules and those of these folders.
///
/// # Errors
/// All mistakes in the folders' files.
pub fn rulebook(dirs: &[PathBuf]) -> Result<RuleBook> {
    let mut files = Vec::new();
    for dir in dirs {
        files.extend(rule_files(dir)?);
    }
    RuleBook::load(embedded(), &files).map_err(|errors| anyhow::anyhow!(errors.join("\n")))
}

/// The rule files of a folder, in order.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn rule_files(dir: &Path) -> Result<Vec<RuleText>> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(folder) = open.pop() {
        let list =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read the rules folder {}", folder.display()))?;
        for entry in list {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
                files.push(RuleText { path: name, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads configuration files and checks them.
///
/// # Errors
/// Rules cannot be read, threads cannot be started.
pub fn lint(request: &Request, progress: &mut dyn Progress) -> Result<Inspection> {
    let book = rulebook(&request.rules_dirs)?;
    let (found, problems) = Found::new(request);
    let inspection = found
        .pool()?
        .install(|| engine::inspect(&found.job(&book, request), problems, progress));
    Ok(Inspection {
        inputs: shown(&request.paths),
        rule_count: book.rules.len(),
        ..inspection
    })
}

/// The sources of a request.
struct Found {
    sources: Vec<Source>,
    threads: usize,
}

impl Found {
    fn new(request: &Request) -> (Self, Vec<Problem>) {
        let found = input::collect(&request.paths, &Limits::default());
        let threads = match request.threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS_MAX)),
            threads => threads,
        };
        (
            Self {
                sources: found.sources,
                threads,
            },
            found.problems,
        )
    }

    fn pool(&self) -> Result<rayon::ThreadPool> {
        Ok(rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?)
    }

    fn job<'a>(&'a self, book: &'a RuleBook, request: &Request) -> Job<'a> {
        Job {
            book,
            sources: &self.sources,
            lang: request.lang,
            threads: self.threads,
            since: request.since,
            until: request.until,
            at: request.at,
            measures: false,
        }
    }
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_times() {
        let last = 1_714_550_531_000; // 2024-05-01 16:02:11 +08:00
        let cases = [
            (TimePoint::Utc(5), 5),
            (TimePoint::Wall(1_714_579_331_000), last),
            (TimePoint::OfDay(14 * 3_600_000), 1_714_543_200_000),
            (TimePoint::BeforeEnd(60_000), last - 60_000),
            (TimePoint::BeforeEnd(i64::MIN), i64::MAX),
        ];
        for (point, want) in cases {
            assert_eq!(point.settle(480, last), want, "{point:?}");
        }
    }
}
