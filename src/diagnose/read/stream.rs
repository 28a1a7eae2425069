//! A big source that is read as a log: a stream of chunks, scanned by all threads where it is a plain file.

use super::merge::Merge;
use super::whole::head_of;
use super::{Opened, Read, Reading, SHARED_MIN, info};
use crate::format::log::{which, which_log};
use crate::input::{Buffer, Kind, Source};
use crate::model::{Skipped, SourceId};
use std::sync::OnceLock;

pub(super) fn read_stream(reading: Reading<'_>, source: &Source, id: SourceId, host: &str, opened: Opened) -> Read {
    let Opened {
        reader,
        first,
        lines,
        skipped_to,
    } = opened;
    let first_head = source.head().map(|h| h.text).unwrap_or_default();
    let head = if first.is_empty() {
        first_head.as_str()
    } else {
        head_of(&first)
    };
    let log = which_log(&source.path, head);
    let mut info = info(source, host, "log");
    info.role = which::role_of(log);
    info.log = Some(log);
    let info = &info;
    let merge = Merge::new(reading, id, log, info, head);
    if lines > 0 {
        merge.part(&first, 1, lines);
    }
    let behind = OnceLock::new();
    let work = || {
        let mut buffer = Buffer::new();
        while let Some(chunk) = reader.next(&mut buffer) {
            if skipped_to == Some(chunk.offset) {
                let (line, byte) = (chunk.first_line, chunk.offset);
                behind.get_or_init(|| Skipped { line, byte });
            }
            merge.part(chunk.text, chunk.first_line, chunk.lines);
        }
    };
    let threads = if source.kind() == Kind::File && source.size >= SHARED_MIN {
        reading.threads.max(1)
    } else {
        1
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let outcome = reader.finish();
    let (mut gather, templates) = merge.finish();
    let mut info = info.clone();
    info.bytes = outcome.bytes;
    info.lines = outcome.lines;
    info.skipped = behind.into_inner();
    if skipped_to.is_some()
        && let Some(ends) = reading.window.and_then(|window| window.ends(id))
    {
        gather.note_ends(ends);
    }
    gather.seen(id, &info, first_head.lines().next().unwrap_or(""));
    Read {
        info,
        tallies: gather.matcher.tallies,
        facts: gather.facts,
        measured: gather.collector.finish(id.0),
        ends: gather.ends,
        templates,
        problems: outcome.problems,
    }
}
