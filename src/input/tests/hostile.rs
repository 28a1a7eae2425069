//! Bombs, endless lines, broken and lying archives: a clear message, a partial result, bounded memory.

use super::*;
use proptest::prelude::*;

fn problems(found: &Collected) -> Vec<String> {
    found
        .problems
        .iter()
        .map(|p| format!("{}: {}", p.path, p.what))
        .collect()
}

#[test]
fn bombs_stop() {
    let limits = Limits {
        ratio_grace_bytes: 1 << 20,
        max_ratio: 50,
        ..Limits::default()
    };
    let zeros = vec![b'0'; 64 << 20];
    for (name, bomb) in [
        ("x.gz", gzip(&zeros)),
        ("x.zst", zstd(&zeros)),
        ("x.bz2", bzip2(&zeros)),
        ("x.xz", xz(&zeros)),
        ("x.gz.gz", gzip(&gzip(&zeros))),
    ] {
        let found = collect_bytes(name, bomb, &limits);
        let (lines, outcome) = read(&found.sources[0]);
        assert_eq!(lines.len(), 1, "{name}");
        assert!(outcome.bytes < 32 << 20, "{name}");
        assert!(
            outcome.problems[0].what.starts_with("decompression bomb: "),
            "{:?}",
            outcome.problems
        );
    }
    for (name, bomb) in [
        ("x.zip", zip(&[("a.log", &zeros)])),
        ("x.tar.zst", zstd(&tar(&[("a.log", &zeros)]))),
    ] {
        let found = collect_bytes(name, bomb, &limits);
        assert_eq!(found.sources.len(), 1, "{name}");
        let told = problems(&found);
        assert!(told.iter().any(|p| p.contains("decompression bomb: ")), "{told:?}");
        assert!(told.len() <= 2, "{told:?}");
        read(&found.sources[0]);
    }
    let limits = Limits {
        max_decoded_bytes: 1 << 20,
        ..Limits::default()
    };
    let (_, outcome) = read(&collect_bytes("x.gz", gzip(&zeros), &limits).sources[0]);
    assert_eq!(outcome.problems[0].what, "unpacks to more than 1.0 MiB, stopped there");
}

/// Gzip without compression, which would grow what it cannot shrink.
fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

#[test]
fn deep_nesting_stops() {
    let mut gz = b"text\n".to_vec();
    let mut zips = b"text\n".to_vec();
    for _ in 0..10_000 {
        gz = stored_gzip(&gz);
    }
    for _ in 0..20 {
        zips = zip(&[("a.zip", &zips)]);
    }
    for bytes in [gz, zips] {
        let found = collect_bytes("x", bytes, &Limits::default());
        assert!(found.sources.is_empty());
        let told = problems(&found);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("more than 8 archives inside each other: this "),
            "{told:?}"
        );
    }
}

#[test]
fn names_cannot_lead_out() {
    let members: [(&str, &[u8]); 4] = [
        ("../../etc/cron.d/x", b"one\n"),
        ("/etc/passwd", b"two\n"),
        ("C:\\Windows\\x.log", b"three\n"),
        ("ok/\x1b[2Jx.log", b"four\n"),
    ];
    let found = collect_bytes("x.tar", tar(&members), &Limits::default());
    let (sources, _) = shown(&found, Path::new("/nowhere"));
    assert_eq!(
        sources,
        [
            "x.tar!/etc/cron.d/x",
            "x.tar!/etc/passwd",
            "x.tar!/C:/Windows/x.log",
            "x.tar!/ok/?[2Jx.log"
        ]
    );
    assert_eq!(
        problems(&found),
        [
            "x.tar: 3 names lead out of the archive (first: ../../etc/cron.d/x); nothing is written, they are read as if inside"
        ]
    );
}

#[test]
fn what_an_archive_says_is_told_in_one_line() {
    let mut bytes = tar(&[("a.log", b"one\n")]);
    // A size that is no number, under a checksum that is right.
    bytes[124..136].copy_from_slice(b"\n\x1b[2J\r777777");
    let sum = |block: &[u8]| block.iter().map(|&b| u64::from(b)).sum::<u64>();
    let sum = sum(&bytes[..148]) + 8 * u64::from(b' ') + sum(&bytes[156..512]);
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let told = problems(&collect_bytes("x.tar", bytes, &Limits::default()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("x.tar: broken tar: numeric field"), "{told:?}");
    assert!(!told[0].contains(char::is_control), "{told:?}");
}

#[test]
fn long_lines_are_cut_and_numbers_stay_right() {
    let long = "x".repeat(40_000);
    let text = format!("first\n{long}\nthird\n\0\0{}after a hole\n{long}", "\0".repeat(30_000));
    for chunk in [64, 1000, 1 << 20] {
        let limits = Limits {
            max_line_bytes: 1000,
            chunk_bytes: chunk,
            ..Limits::default()
        };
        for packed in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let found = collect_bytes("x", packed, &limits);
            let (lines, outcome) = read(&found.sources[0]);
            let want = ["first", &long[..1000], "third", "after a hole", &long[..1000]];
            assert_eq!(lines, want, "chunk {chunk}");
            assert_eq!(outcome.cut_lines, 2);
            assert_eq!(
                outcome.problems[0].what,
                "2 lines are longer than 1000 bytes (first: line 2); the rest of each was skipped"
            );
            assert_eq!(read_in_parallel(&found.sources[0]), want);
        }
    }
}

#[test]
fn one_line_of_a_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.log");
    let mut file = std::fs::File::create(&path).unwrap();
    for _ in 0..256 {
        file.write_all(&[b'a'; 1 << 20]).unwrap();
    }
    file.write_all(b"\nlast\n").unwrap();
    let found = collect_one(&path, &Limits::default());
    let (lines, outcome) = read(&found.sources[0]);
    assert_eq!((lines.len(), lines[0].len(), lines[1].as_str()), (2, 1 << 20, "last"));
    assert_eq!(
        outcome.problems[0].what,
        "line 1 is longer than 1.0 MiB; the rest of it was skipped"
    );
}

#[test]
fn cut_off_archives_give_what_is_there() {
    let text = (0..60_000)
        .map(|i| format!("2024-05-02 line number {i}\n"))
        .collect::<String>();
    let raw = text.as_bytes();
    for (name, packed) in [
        ("x.gz", gzip(raw)),
        ("x.zst", zstd(raw)),
        ("x.xz", xz(raw)),
        ("x.bz2", bzip2(raw)),
        ("x.tar", tar(&[("a.log", raw)])),
        ("x.tar.gz", gzip(&tar(&[("a.log", raw)]))),
    ] {
        let half = packed[..packed.len() / 2].to_vec();
        for keep in [0, 256 << 20] {
            let limits = Limits {
                keep_total_bytes: keep,
                ..Limits::default()
            };
            let found = collect_bytes(name, half.clone(), &limits);
            let (lines, outcome) = read(&found.sources[0]);
            assert!(lines.len() > 1000 || name == "x.bz2", "{name}: {} lines", lines.len());
            let told: Vec<String> = found
                .problems
                .iter()
                .chain(&outcome.problems)
                .map(|p| p.what.clone())
                .collect();
            assert!(
                !told.is_empty() && told.iter().all(|t| t.starts_with("broken ")),
                "{name}: {told:?}"
            );
            assert!(told.len() <= 2, "{name}: {told:?}");
            if name == "x.gz" {
                assert_eq!(
                    told,
                    ["broken gzip: ends too early (cut off or still being written); read up to there"]
                );
            }
        }
    }
    let found = collect_bytes("x.zip", zip(&[("a.log", raw)])[..2000].to_vec(), &Limits::default());
    assert!(
        found.problems[0].what.starts_with("broken zip: "),
        "{:?}",
        found.problems
    );
}

#[test]
fn a_file_that_shrinks_while_it_is_read() {
    let dir = folder(&[("x.log", "2024-05-02 a line\n".repeat(10_000).as_bytes())]);
    let path = dir.path().join("x.log");
    let limits = Limits {
        chunk_bytes: 1000,
        ..Limits::default()
    };
    let found = collect_one(&path, &limits);
    let reader = found.sources[0].open().unwrap();
    let mut buffer = Buffer::new();
    reader.next(&mut buffer).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(5_000)
        .unwrap();
    while reader.next(&mut buffer).is_some() {}
    let outcome = reader.finish();
    assert_eq!(outcome.bytes, 5_000);
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!(
        outcome.problems[0].what,
        "shrank from 175.8 KiB to 4.9 KiB or less while it was read; read up to there"
    );
}

#[test]
fn a_sparse_log_after_copytruncate() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.log");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(100 << 20).unwrap();
    drop(file);
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    file.write_all(b"2024-05-02 after the hole\nsecond\n").unwrap();
    let found = collect_one(&path, &Limits::default());
    assert_eq!(read(&found.sources[0]).0, ["2024-05-02 after the hole", "second"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_end(raw in prop::collection::vec(any::<u8>(), 0..2000), magic in 0usize..8, chunk in 1usize..100) {
        let magics: [&[u8]; 8] =
            [b"", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"\xfd7zXZ\0", b"PK\x03\x04", b"\xff\xfe", b"log\n"];
        let bytes = [magics[magic], &raw].concat();
        let limits = Limits { chunk_bytes: chunk, max_line_bytes: 50, ..Limits::default() };
        for source in collect_bytes("x", bytes, &limits).sources {
            read(&source);
            source.head().unwrap();
        }
    }

    #[test]
    fn damaged_archives_end(at in 0usize..3000, byte in any::<u8>(), kind in 0usize..7) {
        let text = "2024-05-02 a line of text\n".repeat(40);
        let raw = text.as_bytes();
        let members: [(&str, &[u8]); 2] = [("a.log", raw), ("b/c.log", raw)];
        let mut packed = match kind {
            0 => gzip(raw),
            1 => zstd(raw),
            2 => bzip2(raw),
            3 => xz(raw),
            4 => zip(&members),
            5 => tar(&members),
            _ => gzip(&tar(&members)),
        };
        let at = at % packed.len();
        packed[at] = byte;
        let limits = Limits { keep_total_bytes: 100, ..Limits::default() };
        for source in collect_bytes("x", packed, &limits).sources {
            if source.open().is_ok() {
                read(&source);
            }
        }
    }
}
