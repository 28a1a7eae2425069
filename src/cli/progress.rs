//! The progress line on standard error: `reading 3/12 broker.log 41 % 180 MB/s`. Shown when standard error is a terminal
//! and the run lasts over a second; cleared before the report.

use crate::diagnose::{Progress, Step};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
/// The line changes at most this often.
const PACE: Duration = Duration::from_millis(100);
/// Longest file name shown.
const NAME_MAX: usize = 30;

/// Draws the line, or does nothing.
#[derive(Debug)]
pub(super) struct ProgressLine {
    wanted: bool,
    started: Instant,
    drawn: Option<Instant>,
}

impl ProgressLine {
    /// `wanted` is false for `--quiet` and for a machine's format on the same terminal.
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted: wanted && std::io::stderr().is_terminal(),
            started: Instant::now(),
            drawn: None,
        }
    }
}

impl Progress for ProgressLine {
    fn step(&mut self, step: Step<'_>) {
        let due = match self.drawn {
            None => self.started.elapsed() >= PATIENCE,
            Some(drawn) => drawn.elapsed() >= PACE,
        };
        if self.wanted && due {
            self.drawn = Some(Instant::now());
            let text = line(step, self.started.elapsed());
            // A terminal that went away is no reason to stop reading.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(step: Step<'_>, elapsed: Duration) -> String {
    let name = step.path.rsplit(['/', '!']).next().unwrap_or(step.path);
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let rate = step.bytes as f64 / elapsed.as_secs_f64().max(0.001) / 1e6;
    let share = match step.bytes_total {
        0 => String::new(),
        total => format!(" {:.0} %", (step.bytes as f64 / total as f64 * 100.0).min(100.0)),
    };
    format!("reading {}/{} {name}{share} {rate:.0} MB/s", step.source, step.sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_source_share_and_rate() {
        let step = Step {
            source: 3,
            sources: 12,
            path: "logs/b\x1broker.log",
            bytes: 410_000_000,
            bytes_total: 1_000_000_000,
        };
        assert_eq!(
            line(step, Duration::from_secs(2)),
            "reading 3/12 broker.log 41 % 205 MB/s"
        );
        let unknown = Step { bytes_total: 0, ..step };
        assert_eq!(line(unknown, Duration::ZERO), "reading 3/12 broker.log 410000 MB/s");
    }
}
