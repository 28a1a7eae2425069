//! What goes, and when: by age at an hour of the day, by the disk's ratio at any time.
//!
//! [`judge`] only decides; it is RocketMQ's `CleanCommitLogService` in a table. [`sweep`] does it.

use std::io;

use crate::commit_log::CommitLog;
use crate::config::Retention;
use crate::event::{Observer, StoreEvent};
use crate::index::Index;
use crate::queues::Queues;

/// What one look at disk and clock asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether to delete, and why: `hour`, `space` or `manual`.
    pub delete: Option<&'static str>,
    /// Whether the age of files does not matter.
    pub at_once: bool,
    /// Whether writes are refused.
    pub is_full: bool,
}

/// Judges by the ratios of the two disks (−1 when unknown) and the local hour.
pub fn judge(retention: &Retention, log_ratio: f64, queues_ratio: f64, hour: u8, is_manual: bool) -> Verdict {
    // RocketMQ's own bounds: no configuration may let a disk run full, or clean one that is nearly empty.
    let warning = retention.warning_ratio.clamp(0.35, 0.90);
    let clean = retention.clean_ratio.clamp(0.30, 0.85);
    let is_full = log_ratio > warning || queues_ratio > warning;
    let is_pressing = is_full || log_ratio > clean || queues_ratio > clean;
    let is_over = |ratio: f64| ratio < 0.0 || ratio > retention.max_used_ratio;
    let is_space = is_pressing || is_over(log_ratio) || is_over(queues_ratio);
    let delete = if retention.delete_hours.contains(&hour) {
        Some("hour")
    } else if is_space {
        Some("space")
    } else {
        is_manual.then_some("manual")
    };
    Verdict {
        delete,
        at_once: is_pressing && retention.may_force,
        is_full,
    }
}

/// Deletes commit log files as the verdict says; the last file stays. Gives their number.
pub(crate) fn sweep(
    log: &CommitLog,
    retention: &Retention,
    verdict: Verdict,
    now_ms: i64,
    observer: &dyn Observer,
) -> io::Result<usize> {
    let Some(cause) = verdict.delete else { return Ok(0) };
    let keep_ms = i64::from(retention.keep_hours).saturating_mul(3_600_000);
    let firsts = log.segments().firsts();
    let deletable = firsts.len().saturating_sub(1).min(retention.batch_files.max(1));
    let mut files = 0;
    for &first in &firsts[..deletable] {
        let is_old = now_ms >= log.segments().modified_ms(first)?.saturating_add(keep_ms);
        // Files go in order: none in the middle.
        if !is_old && !verdict.at_once {
            break;
        }
        log.segments().remove_first()?;
        files += 1;
    }
    if files > 0 {
        observer.event(&StoreEvent::DeleteExpired {
            files,
            cause,
            forced: verdict.at_once,
        });
    } else if cause == "space" {
        observer.event(&StoreEvent::DeleteFailed);
    }
    Ok(files)
}

/// Makes queues and index forget what the log no longer has.
pub(crate) fn follow_log(log: &CommitLog, queues: &Queues, index: Option<&Index>) -> io::Result<()> {
    let log_min = log.min();
    queues.for_each(|queue| queue.forget_before(log_min).map(drop))?;
    if let Some(index) = index {
        index.forget_before(log_min)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_as_rocketmq_does() {
        let retention = Retention::default();
        // (log ratio, queues ratio, hour, manual) → (delete, at once, full)
        let table = [
            ((0.10, 0.10, 3, false), (None, false, false)),
            ((0.10, 0.10, 4, false), (Some("hour"), false, false)),
            ((0.10, 0.10, 3, true), (Some("manual"), false, false)),
            ((0.75, 0.75, 3, false), (None, false, false)),
            ((0.76, 0.10, 3, false), (Some("space"), false, false)),
            ((0.10, 0.76, 3, false), (Some("space"), false, false)),
            ((0.85, 0.10, 3, false), (Some("space"), false, false)),
            ((0.86, 0.10, 3, false), (Some("space"), true, false)),
            ((0.90, 0.10, 3, false), (Some("space"), true, false)),
            ((0.91, 0.10, 3, false), (Some("space"), true, true)),
            ((0.10, 0.91, 3, false), (Some("space"), true, true)),
            ((0.91, 0.10, 4, false), (Some("hour"), true, true)),
            ((-1.0, 0.10, 3, false), (Some("space"), false, false)),
        ];
        for ((log, queues, hour, manual), (delete, at_once, is_full)) in table {
            let verdict = judge(&retention, log, queues, hour, manual);
            assert_eq!(
                verdict,
                Verdict {
                    delete,
                    at_once,
                    is_full
                },
                "{log} {queues} {hour} {manual}"
            );
        }
        let never = Retention {
            may_force: false,
            ..Retention::default()
        };
        assert!(!judge(&never, 0.95, 0.1, 3, false).at_once);
        // A configuration beyond the bounds counts as the bound.
        let wild = Retention {
            warning_ratio: 0.99,
            clean_ratio: 0.99,
            ..Retention::default()
        };
        assert!(judge(&wild, 0.91, 0.1, 3, false).is_full);
    }
}
