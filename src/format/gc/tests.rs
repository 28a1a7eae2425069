//! Tables of line shapes by family, samples, and hostile input. Samples are named by their origin: `recorded-jdk17-…`
//! and `recorded-jdk25-…` are runs of a small allocating program with `-Xlog:gc*` and different collectors and
//! decorators (some shortened), everything else is written from the format with invented numbers.

use super::record::{FailureKind, GcLog, PauseKind};
use super::{FORMAT, GcReader};
use crate::format::testing::{check_samples, never_panics};
use crate::model::{SourceId, Text, Zone};

fn read(text: &str) -> GcLog {
    let mut reader = GcReader::new("gc.log");
    reader.feed(text.as_bytes());
    reader.finish()
}

/// Kind, milliseconds and heap after in MB of every pause.
fn pauses(text: &str) -> Vec<(PauseKind, f64)> {
    let ms = |secs: f64| (secs * 1e6).round() / 1e3;
    read(text)
        .pauses
        .iter()
        .map(|pause| (pause.kind, ms(pause.secs)))
        .collect()
}

#[test]
fn samples_give_their_events() {
    check_samples(&FORMAT);
}

#[test]
fn no_text_panics() {
    never_panics(&FORMAT);
}

use PauseKind::{Cleanup, Degenerated, Full, InitialMark, Mixed, Phase, Remark, Young};

#[test]
fn impossible_times_do_no_harm() {
    let huge = "9".repeat(40);
    for text in [
        format!("{huge}.0: [GC 10K->5K(20K), 0.5 secs]\n"),
        format!("1.0: [GC 10K->5K(20K), {huge}.5 secs]\n2.0: [GC 10K->5K(20K), 0.5 secs]\n"),
        format!("2024-05-02T10:00:00.000+0800: {huge}.0: [GC 10K->5K(20K), {huge}.0 secs]\n"),
        format!("[{huge}.0s][info][gc] GC(0) Pause Young (Normal) 1M->1M(2M) {huge}.0ms\n"),
    ] {
        let mut events: Vec<crate::model::Event> = Vec::new();
        (FORMAT.parse)(&Text::new(SourceId(0), "gc.log", &text), &mut events);
        super::stats(&read(&text));
    }
}

#[test]
fn classic_shapes() {
    let cases: &[(&str, &[(PauseKind, f64)])] = &[
        ("1.0: [GC 10K->5K(20K), 0.5 secs]", &[(Young, 500.0)]),
        ("1.0: [GC-- 10K->15K(20K), 0.5 secs]", &[(Young, 500.0)]),
        ("1.0: [GC 2548071K(3028408K), 0.0743383 secs]", &[(InitialMark, 74.338)]),
        (
            "1.0: [Full GC (System.gc()) 597M->1142K(7168K), 0.1604955 secs]",
            &[(Full, 160.496)],
        ),
        (
            "1.0: [GC 1.0: [DefNew: 9K->1K(9K), 0.1 secs]1.1: [Tenured: 9K->9K(9K), 0.2 secs] 9K->9K(9K), [Perm : 1K->1K(2K)], 0.4 secs]",
            &[(Full, 400.0)],
        ),
        (
            "1.0: [GC [PSYoungGen: 9K->1K(9K)] 9K->1K(20K), 0.2 secs] [Times: user=0.1 sys=0.0, real=0.2 secs]",
            &[(Young, 200.0)],
        ),
        (
            "1.0: [GC [1 CMS-initial-mark: 9K(20K)] 12K(40K), 0.018 secs]",
            &[(InitialMark, 18.0)],
        ),
        (
            "1.0: [GC[YG occupancy: 9 K (9 K)]1.0: [Rescan (parallel) , 0.1 secs]1.1: [weak refs processing, 0.0 secs] [1 CMS-remark: 9K(9K)] 9K(9K), 0.3 secs]",
            &[(Remark, 300.0)],
        ),
        (
            "1.0: [GC pause (young) (initial-mark) (to-space exhausted), 0.115 secs]",
            &[(Young, 115.0)],
        ),
        (
            "1.0: [GC pause (G1 Evacuation Pause) (mixed), 0.026 secs]",
            &[(Mixed, 26.0)],
        ),
        (
            "1.0: [GC remark 1.0: [GC ref-proc, 0.000007 secs], 0.0005 secs]",
            &[(Remark, 0.5)],
        ),
        ("1.0: [GC cleanup, 0.0000004 secs]", &[(Cleanup, 0.0)]),
        (
            "1.0: [Pause Init Mark, start]\n1.1: [Pause Init Mark, 3.942 ms]",
            &[(Phase, 3.942)],
        ),
        (
            "1.0: [Pause Degenerated GC (Mark) 9M->1M(9M), 184.489 ms]",
            &[(Degenerated, 184.489)],
        ),
        (
            "1.0: [GCBefore GC:\nTotal Free Space: 7\n1.0: [ParNew: 9K->1K(9K), 0.1 secs] 9K->1K(9K)After GC:\nTree: 0\n, 0.2 secs]",
            &[(Young, 200.0)],
        ),
        (
            "1.0: [GC pause (young)Mark stack is full.\nSetting abort because push failed.\n, 0.08 secs]",
            &[(Young, 80.0)],
        ),
        (
            "1.0: [Full GC {Heap before gc invocations=5:\n par new generation total 9K, used 9K [0x80, 0x90, 0x90)\n1.0: [CMS: 9K->8K(9K), 1.0 secs] 9K->8K(9K)Heap after gc:\n}\n, 1.5 secs]",
            &[(Full, 1500.0)],
        ),
        (
            "1.0: [GC 9K->1K(9K)GC time would exceed GCTimeLimit of 98%, 0.123 secs]",
            &[(Young, 123.0)],
        ),
        (
            "1.0: [Full GC (Allocation Failure) 1.0: [Heap Dump (before full gc): Dumping heap to java_pid7.hprof ...\nHeap dump file created [26000000 bytes in 0.7 secs]\n, 0.75 secs]1.8: [CMS: 9K->8K(9K), 0.05 secs] 9K->8K(9K), 0.9 secs]",
            &[(Full, 900.0)],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(&pauses(text), expected, "{text}");
    }
}

#[test]
fn records_cut_into_each_other() {
    // a concurrent line inside a pause, twice, and between a stamp and its bracket
    assert_eq!(
        pauses(
            "1.0: [GC pause (young)1.1: [GC concurrent-mark-end, 0.2 sec]\n1.2: [GC concurrent-mark-reset-for-overflow]\n (initial-mark), 5.5 secs]"
        ),
        [(Young, 5500.0)]
    );
    // a remark inside a young collection is no pause of its own
    assert_eq!(
        pauses(
            "1.0: [GC 1.0: [ParNew1.1: [GC[YG occupancy: 9 K (9 K)]1.1: [Rescan (parallel) , 0.1 secs][1 CMS-remark: 9K(9K)] 9K(9K), 0.3 secs]\n: 9K->1K(9K), 0.5 secs] 9K->1K(9K), 0.6 secs]"
        ),
        [(Young, 600.0)]
    );
    // a head that was printed twice does not swallow what follows
    let stray =
        "1.0: [GC\n1.0: [GC 9K->1K(9K), 0.1 secs]\n2.0: [GC 9K->1K(9K), 0.2 secs]\n3.0: [GC 9K->1K(9K), 0.3 secs]\n";
    assert_eq!(pauses(stray), [(Young, 100.0), (Young, 200.0), (Young, 300.0)]);
    // the tail of a record whose head was rotated away
    assert_eq!(
        pauses(", 0,0854230 secs]\n   [Parallel Time: 66,4 ms]\n"),
        [(Young, 85.423)]
    );
    // a bracket that never came
    assert_eq!(
        pauses("1.0: [GC 9K->1K(9K), 0.1 secs\n2.0: [GC 9K->1K(9K), 0.2 secs"),
        [(Young, 100.0), (Young, 200.0)]
    );
    // the end of a long remark was lost, but its parts tell that it was long
    assert_eq!(
        pauses(
            "1.0: [GC (CMS Final Remark) [YG occupancy: 9 K (9 K)][Rescan (parallel) , 0.5 secs][class unloading, 29.5 secs][1 CMS-rem"
        ),
        [(Remark, 30_000.0)]
    );
}

#[test]
fn unified_shapes() {
    let cases: &[(&str, &[(PauseKind, f64)])] = &[
        (
            "GC(18) Pause Young (Normal) (G1 Evacuation Pause) 38M->3M(64M) 1.312ms",
            &[(Young, 1.312)],
        ),
        (
            "[0.3s][info][gc,start] GC(11) Pause Young (Normal) (G1 Evacuation Pause)",
            &[],
        ),
        (
            "[1,331s][info][gc] GC(0) Pause Full (System.gc()) 10M->1M(128M) 5,636ms",
            &[(Full, 5.636)],
        ),
        (
            "[0.3s][info][gc] GC(3) Pause Initial Mark 61M->61M(150M) 0.136ms",
            &[(InitialMark, 0.136)],
        ),
        (
            "[0.3s][gc,phases] GC(3) Y: Pause Mark Start (Major) 0.005ms",
            &[(Phase, 0.005)],
        ),
        ("[0.3s][gc] GC(3) Concurrent Mark Cycle 15.005ms", &[]),
        ("[0.3s][gc,stats] Pause Init Mark (N)    =    0.002 s", &[]),
        (
            "2024-01-01T12:00:00.1Z stdout F [0.3s][gc] GC(4) Pause Cleanup 9M->9M(20M) 0.5ms",
            &[(Cleanup, 0.5)],
        ),
        (
            "[0.3s][gc] GC(1473) Pause Young (Normal) (G1 Evacuation\nPause) 8M->8M(9M) 47.840ms",
            &[(Young, 47.84)],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(&pauses(text), expected, "{text}");
    }
}

#[test]
fn a_full_collection_inside_a_young_one_is_one_pause() {
    let nested = "[0.293s][gc] GC(3) Pause Full (Allocation Failure) 74M->10M(92M) 7.097ms\n[0.293s][gc] GC(2) Pause Young (Allocation Failure) 74M->10M(92M) 7.236ms\n";
    assert_eq!(pauses(nested), [(Full, 7.236)]);
    let parallel = "[0.2s][gc] GC(1) Pause Young (Allocation Failure) 62M->62M(123M) 7.8ms\n[0.2s][gc] GC(2) Pause Full (Ergonomics) 62M->61M(123M) 13.7ms\n";
    assert_eq!(pauses(parallel), [(Young, 7.8), (Full, 13.7)]);
}

#[test]
fn tells_failures() {
    let kinds = |text: &str| -> Vec<FailureKind> { read(text).failures.iter().map(|failure| failure.kind).collect() };
    let cases: &[(&str, &[FailureKind])] = &[
        (
            "1.0: [GC pause (G1 Humongous Allocation) (mixed) (to-space exhausted), 0.2 secs]",
            &[FailureKind::ToSpaceExhausted, FailureKind::Humongous],
        ),
        (
            "1.0: [GC 1.0: [ParNew (promotion failed): 9K->9K(9K), 0.1 secs]1.1: [CMS (concurrent mode failure): 9K->1K(9K), 0.2 secs] 9K->1K(9K), 0.4 secs]",
            &[FailureKind::PromotionFailed, FailureKind::ConcurrentModeFailure],
        ),
        (
            "[1.0s][gc] GC(7) To-space exhausted\n[1.0s][gc] GC(7) Pause Young (Normal) (G1 Evacuation Pause) 9M->9M(9M) 4.0ms",
            &[FailureKind::ToSpaceExhausted],
        ),
        (
            "[1.0s][gc] GC(7) Pause Young (Normal) (G1 Evacuation Pause) (Evacuation Failure: Allocation) 9M->9M(9M) 4.0ms",
            &[FailureKind::EvacuationFailure],
        ),
        (
            "[1.0s][gc] Allocation Stall (main) 12.5ms",
            &[FailureKind::AllocationStall],
        ),
        (
            "[1.0s][gc] GC(1) Pause Degenerated GC (Mark) 9M->1M(9M) 4.0ms",
            &[FailureKind::Degenerated],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(&kinds(text), expected, "{text}");
    }
}

#[test]
fn safepoint_statistics() {
    let log = read(
        "         vmop                    [threads: total initially_running wait_to_block]    [time: spin block sync cleanup vmop] page_trap_count\n\
         9.500: RevokeBias                       [     40          1              3    ]      [  2211     2  2214     1     5    ]  0   \n\
         11.250: G1IncCollectionPause             [     40          1              1    ]      [     3     0     3     1   900    ]  0   \n",
    );
    let told: Vec<_> = log
        .stops
        .iter()
        .map(|stop| (stop.stopped_ms, stop.reach_ms, stop.operation.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (2220.0, Some(2214.0), Some("RevokeBias")),
            (4.0, Some(3.0), Some("G1IncCollectionPause"))
        ]
    );
}

#[test]
fn tells_stops_and_what_gc_has_of_them() {
    let log = read(
        "1.000: [GC 9K->1K(9K), 0.100 secs]\n1.101: Total time for which application threads were stopped: 0.1200 seconds, Stopping threads took: 0.0150 seconds\n\
         2.101: Total time for which application threads were stopped: 37.5 seconds\n",
    );
    let stops: Vec<_> = log
        .stops
        .iter()
        .map(|stop| (stop.stopped_ms.round(), stop.reach_ms, stop.gc_ms.round()))
        .collect();
    assert_eq!(stops, [(120.0, Some(15.0), 100.0), (37_500.0, None, 0.0)]);
    let log = read(
        "[1.0s][safepoint] Safepoint \"RevokeBias\", Time since last: 9 ns, Reaching safepoint: 5000000 ns, Cleanup: 1 ns, At safepoint: 1000000 ns, Total: 6000000 ns\n",
    );
    let stop = &log.stops[0];
    assert_eq!((stop.stopped_ms, stop.reach_ms), (6.0, Some(5.0)));
    assert_eq!(stop.operation.as_deref(), Some("RevokeBias"));
}

#[test]
fn stamps_are_of_the_end_of_a_pause() {
    let log = read("2024-05-11T09:31:04.000+0800: 75.283: [Full GC 9K->1K(9K), 6.5 secs]\n");
    let end = log.pauses[0].end.unwrap();
    assert_eq!((end.ms, end.zone), (1_715_391_070_500, Zone::Written));
    let log = read("75.283: [Full GC 9K->1K(9K), 6.5 secs]\n");
    assert_eq!(
        log.pauses[0].end.map(|end| (end.ms, end.zone)),
        Some((81_783, Zone::Uptime))
    );
    let log = read("[2024-05-11T09:31:04.000][gc] GC(1) Pause Remark 9M->9M(9M) 1.0ms\n");
    assert_eq!(log.pauses[0].end.unwrap().zone, Zone::Local);
}

#[test]
fn other_texts_are_not_claimed() {
    for text in [
        "2024-05-11 09:30:01 INFO - [GC] [Pause 12 ms] scheduled [task, 5 secs] done\n",
        "2024-05-11 09:30:02 WARN - [GCInspector] broker busy, period in queue: 201ms\n",
        "   [Parallel: 3]\n[main] Using Parallel consumers\n",
        "2024-05-11 09:30:04 INFO - Pause Full of flow 10M->5M 12.5ms\n",
        "OpenJDK 64-Bit Server VM (17.0.15+6) for linux-amd64 JRE (17.0.15+6), built on May 1 2025\n",
    ] {
        let text = Text::new(SourceId(0), "broker.log", text);
        assert_eq!((FORMAT.score)(&text), 0);
    }
}
