//! Header lines of a GC log: JVM version, command line flags, the collector in use, the largest heap.
//!
//! ```text
//! OpenJDK 64-Bit Server VM (25.71-b00) for linux-amd64 JRE (1.8.0_262-b10), built on …
//! CommandLine flags: -XX:MaxHeapSize=838860800 -XX:+UseConcMarkSweepGC …
//! [0.016s][info][gc] Using G1
//! [0.016s][info][gc,init] Version: 17.0.15+6 (release)
//! ```

use super::collect::Collect;
use super::record::Collector;
use super::scan::{number, size_kb};
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

/// Reads a header line of a classic log; true when it was one. Crash reports have the first two lines too, so those
/// prove nothing.
pub fn classic(no: u32, line: &[u8], out: &mut Collect) -> bool {
    let proof = match line.first() {
        Some(b'J' | b'O') if vm(no, line, out) => false,
        Some(b'M') if line.starts_with(b"Memory: ") && memmem::find(line, b" page, physical ").is_some() => false,
        Some(b'C') if line.starts_with(b"CommandLine flags: ") => {
            flags(line, out);
            true
        }
        Some(b'2') if memmem::find(line, b" GC log file ").is_some_and(|at| at < 30) => true,
        _ => return false,
    };
    if proof {
        out.saw_classic();
    } else {
        out.saw_detail();
    }
    true
}

static APPLICATION_TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"Application time: "));

/// Whether the line belongs to a table that a classic log prints around its records: heap listings, ages of objects.
pub fn table(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 17] = [
        b"- age ",
        b"Desired survivor size",
        b"{Heap before",
        b"Heap after GC",
        b"Heap",
        b"}",
        b" par new gen",
        b" PSYoungGen ",
        b" PSOldGen ",
        b" ParOldGen ",
        b" concurrent",
        b" garbage-first heap",
        b"  eden space",
        b"  from space",
        b"  to   space",
        b" Metaspace ",
        b"  class space",
    ];
    matches!(line.first(), Some(b' ' | b'-' | b'D' | b'{' | b'}' | b'H')) && STARTS.iter().any(|s| line.starts_with(s))
        || APPLICATION_TIME.find(line).is_some()
}

fn vm(no: u32, line: &[u8], out: &mut Collect) -> bool {
    if memmem::find(line, b" VM (").is_none() {
        return false;
    }
    let Some(at) = memmem::find(line, b" JRE (") else {
        return false;
    };
    let rest = &line[at + 6..];
    let end = rest
        .iter()
        .position(|b| matches!(b, b')' | b'-'))
        .unwrap_or(rest.len())
        .min(40);
    out.saw_jdk(&String::from_utf8_lossy(&rest[..end]), no);
    true
}

fn flags(line: &[u8], out: &mut Collect) {
    for (flag, collector) in [
        (&b"-XX:+UseG1GC"[..], Collector::G1),
        (b"-XX:+UseConcMarkSweepGC", Collector::Cms),
        (b"-XX:+UseParallelGC", Collector::Parallel),
        (b"-XX:+UseParallelOldGC", Collector::Parallel),
        (b"-XX:+UseSerialGC", Collector::Serial),
        (b"-XX:+UseShenandoahGC", Collector::Shenandoah),
    ] {
        if memmem::find(line, flag).is_some() {
            out.saw_collector(collector);
        }
    }
    let heap = b"-XX:MaxHeapSize=";
    if let Some(at) = memmem::find(line, heap)
        && let Some((bytes, _)) = number(&line[at + heap.len()..])
    {
        out.saw_heap_max((bytes / 1024.0) as u64);
    }
}

/// Reads the message of a unified line without a collection's id; true when it belongs to a GC log.
pub fn unified(no: u32, message: &[u8], region_kb: &mut u64, out: &mut Collect) -> bool {
    if let Some(name) = message.strip_prefix(b"Using ") {
        return using(name, out);
    }
    if let Some(version) = message.strip_prefix(b"Version: ") {
        let end = version.iter().position(|b| *b == b' ').unwrap_or(version.len()).min(40);
        out.saw_jdk(&String::from_utf8_lossy(&version[..end]), no);
        return true;
    }
    let sizes: [(&[u8], bool); 4] = [
        (b"Heap Max Capacity: ", false),
        (b"Max Capacity: ", false),
        (b"Heap region size: ", true),
        (b"Heap Region Size: ", true),
    ];
    for (label, is_region) in sizes {
        if let Some(size) = message.strip_prefix(label).and_then(size_kb) {
            if is_region {
                *region_kb = size.0;
            } else {
                out.saw_heap_max(size.0);
            }
            return true;
        }
    }
    false
}

fn using(name: &[u8], out: &mut Collect) -> bool {
    for (start, collector) in [
        (&b"G1"[..], Collector::G1),
        (b"Parallel", Collector::Parallel),
        (b"Serial", Collector::Serial),
        (b"Concurrent Mark Sweep", Collector::Cms),
        (b"The Z Garbage", Collector::Zgc),
        (b"Shenandoah", Collector::Shenandoah),
    ] {
        if name.starts_with(start) {
            out.saw_collector(collector);
            return true;
        }
    }
    false
}
