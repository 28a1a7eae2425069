//! Input that is missing, broken, endless or meant to do harm: one line on standard error for each, the rest is
//! analysed, in little memory and time.
//!
//! `RMQDOC_SLOW=1` takes the sizes of the real thing.

use crate::support::program::{Measured, Run, measured, rmqdoc};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Memory that no input may exceed. Where nothing tells the memory of a process it is not checked.
const MOST_MEMORY_BYTES: u64 = 150 << 20;
/// Time that no test here may take, on a loaded machine and without optimisation.
const MOST_TIME: Duration = Duration::from_secs(60);

/// A log of which a rule speaks, to see that the rest is analysed.
const GOOD: &str = "samples/rules/acl-denied/fires/app.log";
const FOUND: &str = "acl-denied";

fn is_slow() -> bool {
    std::env::var_os("RMQDOC_SLOW").is_some()
}

fn good() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOOD)).unwrap()
}

/// Analyses these paths within the bounds.
fn analyse(paths: &[&Path]) -> Run {
    analyse_with(paths, |_| {})
}

fn analyse_with(paths: &[&Path], feed: impl FnOnce(&mut dyn Write) + Send) -> Run {
    let mut command = rmqdoc(&["analyze", "--threads", "2"]);
    command.args(paths);
    let Measured {
        run, peak_bytes, time, ..
    } = measured(command, feed);
    assert!(time < MOST_TIME, "{paths:?}: took {time:?}");
    let most = peak_bytes.unwrap_or(0);
    assert!(most < MOST_MEMORY_BYTES, "{paths:?}: took {} MiB", most >> 20);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

/// A bad path alone ends with code 2 and one line that names it; beside a good one, the good one is analysed.
fn is_told_and_passed_by(bad: &Path, named: &str, what: &str) {
    let line = format!("rmqdoc: {named}: {what}\n");
    let alone = analyse(&[bad]);
    assert_eq!(
        (alone.code, alone.stderr.as_str()),
        (Some(2), line.as_str()),
        "{}",
        bad.display()
    );
    let both = analyse(&[bad, Path::new(GOOD)]);
    assert_eq!(
        (both.code, both.stderr.as_str()),
        (Some(1), line.as_str()),
        "{}",
        bad.display()
    );
    assert!(both.stdout.contains(FOUND), "{}", both.stdout);
}

/// What can be read of a bad path is read: a finding, and one line about the rest.
fn gives_a_part(bad: &Path, what: &str) {
    let run = analyse(&[bad]);
    assert_eq!(run.code, Some(1), "{}: {}", bad.display(), run.stderr);
    assert!(run.stdout.contains(FOUND), "{}: {}", bad.display(), run.stdout);
    assert_eq!(run.stderr.lines().count(), 1, "{}: {}", bad.display(), run.stderr);
    assert!(run.stderr.contains(what), "{}: {}", bad.display(), run.stderr);
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn tar(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut to = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if name.len() > 100 {
            let mut long = tar::Header::new_gnu();
            long.set_entry_type(tar::EntryType::GNULongName);
            long.set_size(name.len() as u64);
            long.set_cksum();
            to.append(&long, *name).unwrap();
        } else {
            // The crate refuses to write names that lead out, so they are put into the header by hand.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        }
        header.set_cksum();
        to.append(&header, *bytes).unwrap();
    }
    to.into_inner().unwrap()
}

#[test]
fn paths_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.log");
    is_told_and_passed_by(&missing, &missing.display().to_string(), "no such file or folder");
    let endless = "x/".repeat(5000);
    let told = analyse(&[Path::new(&endless), Path::new(GOOD)]);
    assert_eq!(
        (told.code, told.stderr.lines().count()),
        (Some(1), 1),
        "{}",
        told.stderr
    );
    assert!(told.stderr.contains("too long"), "{}", told.stderr);
}

#[cfg(unix)]
#[test]
fn things_that_are_no_files() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let named = |path: &Path| path.display().to_string();
    let socket = at("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    is_told_and_passed_by(&socket, &named(&socket), "No such device or address");
    symlink(at("ring-b"), at("ring-a")).unwrap();
    symlink(at("ring-a"), at("ring-b")).unwrap();
    is_told_and_passed_by(
        &at("ring-a"),
        &named(&at("ring-a")),
        "Too many levels of symbolic links",
    );
    symlink(at("nowhere"), at("dangling")).unwrap();
    is_told_and_passed_by(&at("dangling"), &named(&at("dangling")), "no such file or folder");
    is_told_and_passed_by(
        Path::new("/dev/zero"),
        "/dev/zero",
        "starts with nothing but NUL bytes, not read",
    );
    is_told_and_passed_by(Path::new("/dev/urandom"), "/dev/urandom", "binary file, not read");
}

#[cfg(unix)]
#[test]
fn a_folder_of_traps() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    file(&folder, "logs/app.log", &good());
    // Folders that hold themselves, a pipe nobody writes to, a socket, a link to nothing: each would hang or loop.
    symlink(folder.path(), at("logs/up")).unwrap();
    symlink(at("logs"), at("logs/again")).unwrap();
    symlink(at("nowhere"), at("logs/dangling")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(at("logs/fifo")).status();
    let fifos = usize::from(fifo.is_ok_and(|status| status.success()));
    let _listening = std::os::unix::net::UnixListener::bind(at("logs/socket")).unwrap();
    let run = analyse(&[folder.path()]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    assert_eq!(run.stderr.lines().count(), 2 + fifos, "{}", run.stderr);
    assert!(
        run.stderr.contains("logs/dangling: link to nothing\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("logs/socket: neither a file nor a folder, not read\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn folders_far_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut path = folder.path().to_path_buf();
    (0..1000).for_each(|_| path.push("d"));
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("deep.log"), good()).unwrap();
    file(&folder, "app.log", &good());
    gives_a_part(folder.path(), "folders more than 64 deep, not read from here on");
}

#[test]
fn binary_and_empty_files() {
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (name, bytes, what) in [
        ("noise.log", noise.as_slice(), "binary file, not read"),
        (
            "core.log",
            b"\x7fELF\x02\x01\x01\0",
            "program or core dump (ELF), not read",
        ),
        ("commitlog", &[0; 1 << 20], "starts and ends with NUL bytes, not read"),
        ("short", &[0; 100], "holds nothing but NUL bytes"),
    ] {
        let path = file(&folder, name, bytes);
        is_told_and_passed_by(&path, &path.display().to_string(), what);
    }
    let empty = file(&folder, "empty/empty.log", b"");
    let run = analyse(&[&empty]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(2), "rmqdoc: nothing to read: the input is empty\n")
    );
    assert_eq!(analyse(&[&empty, Path::new(GOOD)]).code, Some(1));
}

#[test]
fn broken_archives_give_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    // Incompressible lines around the good one, so that half of an archive holds half of them.
    let mut text = good();
    let mut random = 1u64;
    while text.len() < 2 << 20 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(format!("{random:016x}\n").as_bytes());
    }
    let bzip2 = |bytes: &[u8]| {
        let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    };
    let xz = |bytes: &[u8]| {
        let mut to = liblzma::write::XzEncoder::new(Vec::new(), 0);
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    };
    let tarred = tar(&[(b"app.log", &text)]);
    for (name, packed, kind) in [
        ("a.gz", gzip(&text), "gzip"),
        ("a.zst", zstd::encode_all(text.as_slice(), 1).unwrap(), "zstd"),
        ("a.bz2", bzip2(&text), "bzip2"),
        ("a.xz", xz(&text), "xz"),
        ("a.tar", tarred.clone(), "tar"),
        ("a.tar.gz", gzip(&tarred), "gzip"),
    ] {
        let path = file(&folder, name, &packed[..packed.len() / 2]);
        gives_a_part(
            &path,
            if kind == "tar" || name == "a.tar.gz" {
                "broken "
            } else {
                "ends too early"
            },
        );
        // Nothing but the first bytes: no part can be read.
        let path = file(&folder, &format!("short-{name}"), &packed[..20.min(packed.len())]);
        let run = analyse(&[&path, Path::new(GOOD)]);
        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        assert!(run.stdout.contains(FOUND), "{name}: {}", run.stdout);
        assert!(run.stderr.lines().count() <= 1, "{name}: {}", run.stderr);
        assert!(
            kind == "tar" || run.stderr.contains(&path.display().to_string()),
            "{name}: {}",
            run.stderr
        );
    }
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    to.start_file("app.log", zip::write::SimpleFileOptions::default())
        .unwrap();
    to.write_all(&text).unwrap();
    let packed = to.finish().unwrap().into_inner();
    let path = file(&folder, "a.zip", &packed[..packed.len() / 2]);
    let run = analyse(&[&path, Path::new(GOOD)]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{}", run.stderr);
    assert!(run.stderr.contains("a.zip: broken zip: "), "{}", run.stderr);
}

#[test]
fn bombs_end_early() {
    let folder = tempfile::tempdir().unwrap();
    // Members of a gzip file follow each other: 64 MiB, 160 times, are 10 GiB in 10 MiB.
    for (name, byte) in [("nul.gz", 0), ("digits.gz", b'0'), ("lines.gz", b'\n')] {
        let member = gzip(&vec![byte; 64 << 20]);
        let path = file(&folder, name, &member.repeat(160));
        let run = analyse(&[&path, Path::new(GOOD)]);
        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        // The digits are one endless line, too.
        let lines = if name == "digits.gz" { 2 } else { 1 };
        assert_eq!(run.stderr.lines().count(), lines, "{name}: {}", run.stderr);
        assert!(run.stderr.contains("decompression bomb: "), "{name}: {}", run.stderr);
        assert!(run.stdout.contains(FOUND), "{name}: {}", run.stdout);
    }
    let zeros = vec![b'0'; 64 << 20];
    let member = gzip(&tar(&[(b"a.log", &good()), (b"b.log", &zeros), (b"c.log", &zeros)]));
    let run = analyse(&[&file(&folder, "bomb.tar.gz", &member)]);
    assert!(run.stderr.contains("decompression bomb: "), "{}", run.stderr);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
}

#[test]
fn names_that_lead_out_are_read_inside() {
    let folder = tempfile::tempdir().unwrap();
    let text = good();
    let members: [(&[u8], &[u8]); 3] = [
        (b"../../etc/passwd", &text),
        (b"/etc/shadow", b"root:x\n"),
        (b"a/\x1b[2J\nb.log", b"text\n"),
    ];
    let path = file(&folder, "x.tar", &tar(&members));
    gives_a_part(
        &path,
        "x.tar: 2 names lead out of the archive (first: ../../etc/passwd); nothing is written, they are read as if inside\n",
    );
    let run = analyse(&[&path]);
    assert!(
        run.stdout.contains("x.tar!/etc/passwd") && !run.stdout.contains("!/.."),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains(['\x1b', '\0']), "{}", run.stdout);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the archive was unpacked");
}

#[test]
fn ten_thousand_inside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let deep = [b"d/".repeat(10_000).as_slice(), b"app.log"].concat();
    let path = file(&folder, "folders.tar", &tar(&[(&deep, &good())]));
    let run = analyse(&[&path]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    let mut inside = good();
    for _ in 0..10_000 {
        // Without compression, which would take its time on what is compressed already.
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        to.write_all(&inside).unwrap();
        inside = to.finish().unwrap();
    }
    let path = file(&folder, "gz.gz", &inside);
    let what = "more than 8 archives inside each other: this gzip is not opened";
    is_told_and_passed_by(&path, &path.display().to_string(), what);
    // Brackets of JSON, YAML and conditions.
    for (name, open) in [
        ("rmq-proxy.json", "{\"a\":["),
        ("plain_acl.yml", "- [{a: "),
        ("application.yml", "a:\n "),
    ] {
        let mut text = good();
        text.extend_from_slice(open.repeat(10_000).as_bytes());
        let run = analyse(&[&file(&folder, name, &text), Path::new(GOOD)]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{name}");
    }
}

/// The good log, a line of this length, the good log again.
fn write_endless_line(to: &mut dyn Write, bytes: u64) -> std::io::Result<()> {
    let block = [b'x'; 1 << 20];
    to.write_all(&good())?;
    for _ in 0..bytes >> 20 {
        to.write_all(&block)?;
    }
    to.write_all(b"\n")?;
    to.write_all(&good())
}

#[test]
fn one_endless_line() {
    let bytes = if is_slow() { 1 << 30 } else { 64 << 20 };
    let what = "is longer than 1.0 MiB; the rest of it was skipped\n";
    let run = analyse_with(&[Path::new("-")], |to| write_endless_line(to, bytes).unwrap());
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{}", run.stderr);
    assert!(
        run.stderr.starts_with("rmqdoc: -: line ") && run.stderr.ends_with(what),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    write_endless_line(&mut File::create(&path).unwrap(), bytes).unwrap();
    gives_a_part(&path, what);
}

#[test]
fn a_hole_in_a_log() {
    // What a rotation by truncation leaves: the writer goes on at its old place.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    File::create(&path)
        .unwrap()
        .set_len(if is_slow() { 1 << 30 } else { 64 << 20 })
        .unwrap();
    File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(&good())
        .unwrap();
    let run = analyse(&[&path]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
}

#[test]
fn files_that_change_under_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let filler = "2024-05-02 10:00:00 INFO main - nothing to see\n".repeat(1 << 18);
    let text = [good(), filler.into_bytes()].concat();
    let half = text.len() as u64 / 2;
    type Change<'a> = &'a (dyn Fn(&Path) + Sync);
    let cut: Change<'_> = &|path| File::options().write(true).open(path).unwrap().set_len(half).unwrap();
    let grow: Change<'_> = &|path| {
        File::options()
            .append(true)
            .open(path)
            .unwrap()
            .write_all(b"more\n")
            .unwrap()
    };
    let remove: Change<'_> = &|path| fs::remove_file(path).unwrap();
    for (name, change, lines) in [("cut.log", cut, 1), ("grown.log", grow, 0), ("removed.log", remove, 1)] {
        let path = file(&folder, name, &text);
        // Paths are looked at in their order, so the file was found once standard input is being read.
        let run = analyse_with(&[&path, Path::new("-")], |to| {
            to.write_all(&b"2024-05-02 10:00:00 INFO main - x\n".repeat(1 << 13))
                .unwrap();
            change(&path);
        });
        assert_ne!(run.code, Some(2), "{name}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), lines, "{name}: {}", run.stderr);
        assert!(lines == 0 || run.stderr.contains(name), "{name}: {}", run.stderr);
        assert_eq!(
            run.stdout.contains(FOUND),
            name != "removed.log",
            "{name}: {}",
            run.stdout
        );
    }
    // And somewhere on the way, wherever that is.
    for wait in [5, 50, 200] {
        let path = file(&folder, "racing.log", &text);
        let run = analyse_with(&[&path], |_| {
            std::thread::sleep(Duration::from_millis(wait));
            cut(&path);
        });
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(
            run.stderr.is_empty() || run.stderr.contains("shrank from "),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn very_many_small_files() {
    let folder = tempfile::tempdir().unwrap();
    let count = if is_slow() { 110_000 } else { 5000 };
    for number in 0..count {
        let text: &[u8] = if number % 2 == 0 {
            b"2024-05-02 10:00:00 INFO main - x\n"
        } else {
            b"\x7fELF"
        };
        file(&folder, &format!("{}/{number}.log", number / 1000), text);
    }
    file(&folder, "0/app.log", &good());
    let run = analyse(&[folder.path()]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains(FOUND), "{}", run.stdout);
    // Of the same problem in a folder only the first is told, with the number of the others.
    assert!(run.stderr.lines().count() <= count / 1000 + 1, "{}", run.stderr);
}
