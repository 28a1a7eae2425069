//! Plain, compressed, in an archive, in chunks of any size, on several threads: the same lines with the same numbers.

use super::*;
use proptest::prelude::*;

fn small(chunk_bytes: usize) -> Limits {
    Limits {
        chunk_bytes,
        max_line_bytes: 4096,
        ..Limits::default()
    }
}

/// Text whose lines end in every way, with a hole, empty lines and Chinese; never long enough to be cut.
fn text() -> impl Strategy<Value = String> {
    let line = "[a-z 中文é0-9]{0,30}";
    let end = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\r\r\n"]);
    (prop::collection::vec((line, end), 0..40), "\0{0,300}").prop_map(|(parts, hole)| {
        let body: String = parts.into_iter().map(|(line, end)| format!("{line}{end}")).collect();
        format!("2024-05-02 first line\n{body}{hole}last")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_chunk_size_and_any_number_of_threads(text in text(), chunk in 1usize..200) {
        let found = collect_bytes("x.log", text.clone().into_bytes(), &small(chunk));
        let want = lines_of(&text);
        prop_assert_eq!(&read(&found.sources[0]).0, &want);
        prop_assert_eq!(read_in_parallel(&found.sources[0]), want);
    }

    #[test]
    fn every_packing(text in text(), chunk in 1usize..200, keep in prop::sample::select(vec![0usize, 20, 1 << 20])) {
        let want = lines_of(&text);
        let raw = text.as_bytes();
        let packings = [
            gzip(raw),
            zstd(raw),
            bzip2(raw),
            xz(raw),
            gzip(&zstd(raw)),
            [gzip(&raw[..21]), gzip(&raw[21..])].concat(),
            tar(&[("a.log", raw)]),
            gzip(&tar(&[("a.log", raw)])),
            zip(&[("a.log", raw)]),
            xz(&tar(&[("inner.zip", &zip(&[("a.log.gz", &gzip(raw))]))])),
        ];
        for (index, packed) in packings.into_iter().enumerate() {
            let limits = Limits { keep_total_bytes: keep, ..small(chunk) };
            let found = collect_bytes("x", packed, &limits);
            prop_assert_eq!(found.problems.len(), 0, "packing {}: {:?}", index, found.problems);
            prop_assert_eq!(found.sources.len(), 1);
            prop_assert_eq!(&read(&found.sources[0]).0, &want, "packing {}", index);
            prop_assert_eq!(&read_in_parallel(&found.sources[0]), &want, "packing {}, threads", index);
        }
    }
}

#[test]
fn files_larger_than_a_chunk() {
    let line =
        "2024-05-02 14:56:12 INFO SendMessageThread_1 - a line of usual length in a broker's log, and some more\n";
    let text = line.repeat(60_000);
    let dir = folder(&[
        ("broker.log", text.as_bytes()),
        ("store.log.gz", &gzip(text.as_bytes())),
    ]);
    let found = collect_one(dir.path(), &Limits::default());
    for source in &found.sources {
        let (lines, outcome) = read(source);
        assert_eq!(lines.len(), 60_000);
        assert!(lines.iter().all(|l| l.len() == line.len() - 1));
        assert_eq!(outcome.bytes as usize, text.len());
        assert!(outcome.problems.is_empty());
        assert_eq!(read_in_parallel(source).len(), 60_000);
    }
    assert_eq!(found.sources[0].kind(), Kind::File);
    assert_eq!(found.sources[1].kind(), Kind::Packed { archive: 0 });
    assert!(found.sources[0].tail(500).unwrap().ends_with(line));
    assert!(!found.sources[0].head().unwrap().is_whole);
    let part = found.sources[0].read_all(1000).unwrap();
    assert_eq!(part.text, line.repeat(1000 / line.len()));
    assert_eq!(part.outcome.problems.len(), 1);
}

#[test]
fn members_of_one_archive_in_any_order() {
    let text = |name: &str| format!("{name} 2024-05-02 a line\n").repeat(50_000);
    let bodies: Vec<(String, String)> = (0..5).map(|i| (format!("{i}.log"), text(&i.to_string()))).collect();
    let members: Vec<(&str, &[u8])> = bodies.iter().map(|(n, b)| (n.as_str(), b.as_bytes())).collect();
    let limits = Limits {
        keep_total_bytes: 0,
        ..Limits::default()
    };
    let found = collect_bytes("b.tar.gz", gzip(&tar(&members)), &limits);
    assert_eq!(found.passes(), [[0, 1, 2, 3, 4]]);
    for order in [[0, 1, 2, 3, 4], [4, 2, 0, 1, 3], [1, 3, 4, 4, 0]] {
        for index in order {
            let (lines, _) = read(&found.sources[index]);
            assert_eq!(lines, lines_of(&bodies[index].1), "member {index}");
        }
    }
    // Two at once, one of them left half read.
    let first = found.sources[0].open().unwrap();
    let second = found.sources[1].open().unwrap();
    let (mut one, mut two) = (Buffer::new(), Buffer::new());
    assert!(first.next(&mut one).unwrap().text.starts_with("0 "));
    assert!(second.next(&mut two).unwrap().text.starts_with("1 "));
    drop(first);
    while second.next(&mut two).is_some() {}
    assert_eq!(second.finish().lines, 50_000);
}

#[test]
fn encodings_and_prefixes() {
    let gbk = encoding_rs::GBK.encode("2024 连接超时\nplain\n").0.into_owned();
    let utf16: Vec<u8> = [0xfeff_u16]
        .into_iter()
        .chain("一 two\r\nthree\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let colour = b"\x1b[31mERROR\x1b[0m x\ny\n".to_vec();
    let bom = "\u{feff}first\nsecond\n".as_bytes().to_vec();
    let docker = b"{\"log\":\"one\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-02T06:56:12Z\"}\n".repeat(2);
    for (raw, want) in [
        (gbk, vec!["2024 连接超时", "plain"]),
        (utf16, vec!["一 two", "three"]),
        (colour, vec!["ERROR x", "y"]),
        (bom, vec!["first", "second"]),
        (docker, vec!["one", "one"]),
        (b"".to_vec(), vec![]),
        (b"\n".to_vec(), vec![""]),
    ] {
        for packed in [raw.clone(), gzip(&raw), tar(&[("a", &raw)])] {
            let found = collect_bytes("x", packed, &Limits::default());
            assert_eq!(read(&found.sources[0]).0, want);
            let whole = found.sources[0].read_all(1 << 20).unwrap();
            assert_eq!(whole.text.lines().collect::<Vec<_>>(), want);
            assert_eq!(found.sources[0].head().unwrap().text.lines().collect::<Vec<_>>(), want);
        }
    }
}
