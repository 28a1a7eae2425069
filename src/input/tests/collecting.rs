//! What `collect` finds and in which order.

use super::*;

#[test]
fn folders_archives_and_what_is_in_the_way() {
    let bundle = gzip(&tar(&[
        ("broker-a/logs/broker.log", b"text\n"),
        ("broker-a/logs/otherdays/broker.1.log.gz", &gzip(b"older\n")),
        ("broker-a/._broker.log", b"\0\x05\x16\x07"),
        (
            "tool.zip",
            &zip(&[("META-INF/MANIFEST.MF", b"x\n"), ("a.class", b"\xca\xfe\xba\xbe")]),
        ),
    ]));
    let dir = folder(&[
        ("b/2.log", b"two\n"),
        ("b/10.log", b"ten\n"),
        ("bundle.tar.gz", &bundle),
        ("core", b"\x7fELF\x02\x01"),
        ("empty", b""),
        ("logs.zip", &zip(&[("x/y.log", b"zipped\n")])),
    ]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("b/loop")).unwrap();
    std::os::unix::fs::symlink("nothing", dir.path().join("dangling")).unwrap();
    std::os::unix::fs::symlink("b/2.log", dir.path().join("same.log")).unwrap();
    let found = collect_one(dir.path(), &Limits::default());
    let (sources, problems) = shown(&found, dir.path());
    assert_eq!(
        sources,
        [
            "b/10.log",
            "b/2.log",
            "bundle.tar.gz!/broker-a/logs/broker.log",
            "bundle.tar.gz!/broker-a/logs/otherdays/broker.1.log.gz",
            "empty",
            "logs.zip!/x/y.log",
        ]
    );
    assert_eq!(
        problems,
        [
            "bundle.tar.gz!/tool.zip: Java archive, not read",
            "core: program or core dump (ELF), not read",
            "dangling: link to nothing",
        ]
    );
    assert_eq!(found.sources[2].modified_ms, Some(1_714_632_972_000));
}

#[test]
fn bad_paths_are_named() {
    let dir = folder(&[("a.log", b"x\n")]);
    let missing = dir.path().join("missing");
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let found = collect(&[missing, dir.path().to_owned()], &Limits::default());
    let (sources, problems) = shown(&found, dir.path());
    assert_eq!(sources, ["a.log"]);
    assert_eq!(
        problems,
        [
            "missing: no such file or folder",
            "socket: neither a file nor a folder, not read"
        ]
    );
}

#[test]
fn many_binary_files_are_one_line() {
    let names: Vec<String> = (0..50).map(|i| format!("store/{i:020}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &[0_u8; 9000][..])).collect();
    let dir = folder(&files);
    let found = collect_one(dir.path(), &Limits::default());
    let (_, problems) = shown(&found, dir.path());
    assert_eq!(
        problems,
        ["store/00000000000000000000: starts and ends with NUL bytes, not read (and 49 more files in this folder)"]
    );
}

#[test]
fn limits_on_numbers() {
    let names: Vec<String> = (0..20).map(|i| format!("{i:02}.log")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x\n"[..])).collect();
    let limits = Limits {
        max_sources: 5,
        ..Limits::default()
    };
    let dir = folder(&files);
    for found in [
        collect_one(dir.path(), &limits),
        collect_bytes("t", tar(&files), &limits),
    ] {
        assert_eq!(found.sources.len(), 5);
        assert_eq!(found.problems.len(), 1);
        assert!(
            found.problems[0].what.starts_with("more than 5 files"),
            "{:?}",
            found.problems
        );
    }
}

#[test]
fn deep_folders_end() {
    let dir = tempfile::tempdir().unwrap();
    let deep: PathBuf = std::iter::repeat_n("d", 100).collect();
    std::fs::create_dir_all(dir.path().join(&deep)).unwrap();
    std::fs::write(dir.path().join(&deep).join("x.log"), "x\n").unwrap();
    std::fs::write(dir.path().join("d/y.log"), "y\n").unwrap();
    let found = collect_one(dir.path(), &Limits::default());
    let (sources, problems) = shown(&found, dir.path());
    assert_eq!(sources, ["d/y.log"]);
    assert!(
        problems[0].ends_with("folders more than 64 deep, not read from here on"),
        "{problems:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_are_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let status = std::process::Command::new("mkfifo").arg(&fifo).status();
    if !status.is_ok_and(|s| s.success()) {
        return;
    }
    let text = "2024-05-02 a line\n".repeat(10_000);
    let tarred = {
        let mut to = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        to.append_data(&mut header, "a.log", text.as_bytes()).unwrap();
        to.into_inner().unwrap()
    };
    let packed = gzip(text.as_bytes());
    // How many bytes are held, and whether it can be read again.
    for (bytes, held, again) in [
        (text.as_bytes(), 1 << 20, true),
        (text.as_bytes(), 1000, false),
        (&packed, 1 << 20, true),
        (&packed, 100, false),
        (&gzip(&packed), 50, false),
        (&tarred, 1000, true),
        (&gzip(&tarred), 100, true),
    ] {
        let writer = {
            let (fifo, bytes) = (fifo.clone(), bytes.to_vec());
            std::thread::spawn(move || std::fs::write(fifo, bytes))
        };
        let limits = Limits {
            pipe_text_bytes: held,
            spool_memory_bytes: held,
            ..Limits::default()
        };
        let found = collect_one(&fifo, &limits);
        assert_eq!(read(&found.sources[0]).0.len(), 10_000);
        assert_eq!(found.sources[0].open().is_ok(), again);
        writer.join().unwrap().unwrap();
    }
}
