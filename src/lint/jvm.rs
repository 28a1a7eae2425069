//! JVM options: memory against the host, options that hurt, options that this JDK ignores or refuses.

use super::facts::{ConfFile, Facts, Flag, Jvm};
use super::hit::{Hit, Hits};
use crate::model::units::{parse_bytes, show_bytes};
use regex::Regex;
use std::sync::OnceLock;

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for jvm in &facts.jvms {
        memory(facts, jvm, hits);
        heap_shape(jvm, hits);
        habits(jvm, hits);
        spelling(jvm, hits);
        removed(facts, jvm, hits);
    }
    for class in ["docker", "k8s"] {
        for file in facts.of_class(class) {
            container(file, hits);
        }
    }
}

/// Heap against the memory limit of the container.
fn container(file: &ConfFile<'_>, hits: &mut Hits) {
    let options = file.entries.iter().find(|entry| entry.raw.contains("-Xmx"));
    let limit = file.meant("memory").and_then(parse_bytes);
    let (Some(entry), Some(limit)) = (options, limit) else {
        return;
    };
    let heap = entry
        .raw
        .split("-Xmx")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let Some(heap) = heap.and_then(|size| parse_bytes(size.trim_matches('"'))) else {
        return;
    };
    if heap > limit * 0.85 {
        let check = if heap > limit {
            "heap-over-ram"
        } else {
            "heap-as-large-as-ram"
        };
        let half = (limit / 2.0 / MIB).floor();
        hits.add(
            Hit::new(check, entry.event)
                .detail(format!("{} / {}", show_bytes(heap), show_bytes(limit)))
                .other(show_bytes(limit))
                .suggestion(format!("-Xms{half:.0}m -Xmx{half:.0}m")),
        );
    }
}

/// Whether the JVM is (or may be) a broker's.
fn may_be_broker(jvm: &Jvm<'_>) -> bool {
    jvm.process.is_empty() || jvm.process == "unknown" || jvm.process.contains("broker")
}

/// Heap and direct memory against the host's memory.
fn memory(facts: &Facts<'_>, jvm: &Jvm<'_>, hits: &mut Hits) {
    let told = jvm.flag("-Xmx").or(jvm.flag("MaxHeapSize")).or(jvm.flag("-Xms"));
    let heap = jvm
        .bytes("-Xmx")
        .or_else(|| jvm.bytes("MaxHeapSize"))
        .or_else(|| jvm.bytes("-Xms"));
    let direct = jvm.bytes("MaxDirectMemorySize");
    let ram = facts.ram(jvm.host);
    if let (Some(heap), Some(ram), Some(flag)) = (heap, ram, told) {
        let share = heap / ram * 100.0;
        let detail = format!("{} / {}", show_bytes(heap), show_bytes(ram));
        let half = (ram / 2.0 / GIB).floor().max(1.0);
        let hit = if heap > ram {
            Some(Hit::new("heap-over-ram", flag.event))
        } else if share >= 85.0 {
            Some(Hit::new("heap-as-large-as-ram", flag.event))
        } else if share > 60.0 && may_be_broker(jvm) {
            Some(Hit::new("heap-leaves-little-page-cache", flag.event))
        } else {
            None
        };
        if let Some(hit) = hit {
            hits.add(
                hit.detail(&detail)
                    .other(show_bytes(ram))
                    .suggestion(format!("-Xms{half:.0}g -Xmx{half:.0}g")),
            );
        }
    }
    let Some(flag) = jvm.flag("MaxDirectMemorySize") else {
        return;
    };
    let (Some(heap), Some(direct)) = (heap, direct) else {
        return;
    };
    match ram {
        Some(ram) if heap + direct > ram => hits.add(Hit::new("heap-and-direct-over-ram", flag.event).detail(format!(
            "{} + {} > {}",
            show_bytes(heap),
            show_bytes(direct),
            show_bytes(ram)
        ))),
        None if direct >= 15.0 * GIB => hits.add(Hit::new("direct-memory-15g", flag.event).detail(show_bytes(direct))),
        _ => {}
    }
}

/// Xms, Xmx, Xmn and the collector.
fn heap_shape(jvm: &Jvm<'_>, hits: &mut Hits) {
    let (low, high) = (jvm.bytes("-Xms"), jvm.bytes("-Xmx"));
    if let (Some(low), Some(high), Some(flag)) = (low, high, jvm.flag("-Xms")) {
        if low > high {
            hits.add(Hit::new("xms-over-xmx", flag.event).detail(format!(
                "{} > {}",
                show_bytes(low),
                show_bytes(high)
            )));
        } else if (high - low) / high > 0.01 {
            let raw = jvm
                .flag("-Xmx")
                .map_or("", |f| f.event.fields.str("raw").unwrap_or(&f.value));
            hits.add(
                Hit::new("xms-unlike-xmx", flag.event)
                    .detail(format!("{} .. {}", show_bytes(low), show_bytes(high)))
                    .suggestion(raw),
            );
        }
    }
    if let Some(flag) = jvm
        .flag("-Xmn")
        .or(jvm.flag("NewSize"))
        .filter(|_| jvm.is_on("UseG1GC"))
    {
        hits.add(Hit::new("xmn-with-g1", flag.event));
    }
    if let (Some(young), Some(high), Some(flag)) = (jvm.bytes("-Xmn"), high, jvm.flag("-Xmn"))
        && young >= high * 0.8
    {
        hits.add(Hit::new("young-nearly-whole-heap", flag.event).detail(format!(
            "{} / {}",
            show_bytes(young),
            show_bytes(high)
        )));
    }
}

fn habits(jvm: &Jvm<'_>, hits: &mut Hits) {
    if let Some(flag) = jvm.flag("MaxGCPauseMillis")
        && flag.value.trim().parse::<f64>().is_ok_and(|ms| ms < 50.0)
    {
        hits.add(Hit::new("pause-goal-tiny", flag.event).suggestion(200));
    }
    if let Some(flag) = jvm.flag("AlwaysPreTouch").filter(|_| jvm.is_on("AlwaysPreTouch")) {
        hits.add(Hit::new("always-pre-touch", flag.event));
    }
    if let Some(flag) = jvm.flag("UseParNewGC").filter(|_| jvm.is_off("UseParNewGC")) {
        hits.add(Hit::new("par-new-off", flag.event));
    }
    if let Some(flag) = jvm
        .flag("DisableExplicitGC")
        .filter(|_| jvm.is_on("DisableExplicitGC") && may_be_broker(jvm))
    {
        hits.add(Hit::new("explicit-gc-off", flag.event));
    }
    if let Some(flag) = jvm
        .flag("UseSerialGC")
        .filter(|_| jvm.is_on("UseSerialGC") && may_be_broker(jvm))
    {
        hits.add(Hit::new("serial-collector", flag.event));
    }
    let in_ram = jvm.flags.iter().find(|flag| {
        let raw = flag.event.fields.str("raw").unwrap_or("");
        let log = flag.name.contains("loggc") || flag.name.contains("-Xlog") || raw.contains("gc");
        log && (flag.value.contains("/dev/shm") || raw.contains("/dev/shm"))
    });
    if let Some(flag) = in_ram {
        hits.add(Hit::new("gc-log-in-ram", flag.event));
    }
}

/// `-XX:MaxGCPauseMillis = 20`: three words to the JVM.
fn spelling(jvm: &Jvm<'_>, hits: &mut Hits) {
    static BLANKS: OnceLock<Regex> = OnceLock::new();
    let blanks = BLANKS.get_or_init(|| {
        Regex::new(r"-XX:([A-Za-z0-9]+)(?:\s+=\s*|=\s+)([0-9][0-9a-zA-Z]*)").expect("the pattern is a constant")
    });
    for flag in &jvm.flags {
        let Some(found) = blanks.captures(&flag.event.text) else {
            continue;
        };
        // Several options share the line: only the one with the blanks is meant.
        if found[1] == *flag.name {
            hits.add(
                Hit::new("flag-with-blanks", flag.event)
                    .value(&found[0])
                    .suggestion(format!("-XX:{}={}", &found[1], &found[2])),
            );
        }
    }
}

/// Options that JDKs dropped: name, first JDK that ignores it with a warning, first that refuses to start.
const DROPPED: &[(&str, u32, u32)] = &[
    ("UseBiasedLocking", 18, 19),
    ("UseConcMarkSweepGC", 14, 15),
    ("CMSInitiatingOccupancyFraction", 14, 15),
    ("UseCMSInitiatingOccupancyOnly", 14, 15),
    ("CMSParallelRemarkEnabled", 14, 15),
    ("CMSClassUnloadingEnabled", 14, 15),
    ("CMSScavengeBeforeRemark", 14, 15),
    ("UseCMSCompactAtFullCollection", 9, 9),
    ("CMSFullGCsBeforeCompaction", 9, 9),
    ("UseParNewGC", 10, 11),
    ("PermSize", 8, 17),
    ("MaxPermSize", 8, 17),
    ("PrintGCDateStamps", 9, 9),
    ("PrintGCTimeStamps", 9, 9),
    ("PrintGCApplicationStoppedTime", 9, 9),
    ("PrintAdaptiveSizePolicy", 9, 9),
    ("PrintTenuringDistribution", 9, 9),
    ("PrintHeapAtGC", 9, 9),
    ("UseGCLogFileRotation", 9, 9),
    ("NumberOfGCLogFiles", 9, 9),
    ("GCLogFileSize", 9, 9),
    ("PrintReferenceGC", 9, 9),
    ("AggressiveOpts", 12, 13),
    ("UseFastAccessorMethods", 9, 10),
    ("ThreadPriorityPolicy", 99, 99),
];

/// Options that came later: name, first JDK.
const CAME: &[(&str, u32)] = &[("UseZGC", 11), ("UseShenandoahGC", 11), ("ActiveProcessorCount", 8)];

fn removed(facts: &Facts<'_>, jvm: &Jvm<'_>, hits: &mut Hits) {
    let jdk = facts.jdk(jvm);
    let forgiving = jvm.is_on("IgnoreUnrecognizedVMOptions");
    for flag in &jvm.flags {
        if flag.name.contains("java.ext.dirs") {
            ext_dirs(flag, jdk, hits);
            continue;
        }
        let Some(jdk) = jdk else { continue };
        let dropped = DROPPED.iter().find(|(name, ..)| *name == flag.name);
        let early = CAME.iter().find(|(name, since)| *name == flag.name && jdk < *since);
        match dropped {
            Some((_, _, refused)) if jdk >= *refused && !forgiving => {
                hits.add(Hit::new("flag-refused", flag.event).version(jdk).other(refused));
            }
            Some((_, ignored, _)) if jdk >= *ignored => {
                hits.add(Hit::new("flag-ignored", flag.event).version(jdk).other(ignored));
            }
            _ if early.is_some() && !forgiving => {
                let since = early.map_or(0, |(_, since)| *since);
                hits.add(Hit::new("flag-too-new", flag.event).version(jdk).other(since));
            }
            _ => {}
        }
    }
}

fn ext_dirs(flag: &Flag<'_>, jdk: Option<u32>, hits: &mut Hits) {
    match jdk {
        Some(jdk) if jdk >= 9 => hits.add(Hit::new("ext-dirs-refused", flag.event).version(jdk)),
        _ => hits.add(Hit::new("ext-dirs-needs-jdk-8", flag.event)),
    }
}
