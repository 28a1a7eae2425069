//! Runs the program as a user would, in a known environment.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The program with a clean environment: UTF-8, English, no colour settings, no config file.
pub(crate) fn rmqdoc(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqdoc"));
    command
        .args(args)
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("XDG_CONFIG_HOME", "/nonexistent");
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs with this text on standard input.
pub(crate) fn run(mut command: Command, stdin: &str) -> Run {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that does not read its input closes the pipe; that is no failure of the test.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Run {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// A run and what it took.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) run: Run,
    /// Most memory it held, where the system tells that of a running process.
    pub(crate) peak_bytes: Option<u64>,
    /// What it read from files and pipes, cached or not, where the system tells.
    pub(crate) read_bytes: Option<u64>,
    pub(crate) time: Duration,
}

/// Runs with whatever `feed` writes to standard input.
pub(crate) fn measured(mut command: Command, feed: impl FnOnce(&mut dyn Write) + Send) -> Measured {
    let start = Instant::now();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (status, io) = (
        format!("/proc/{}/status", child.id()),
        format!("/proc/{}/io", child.id()),
    );
    let (peak, read, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let output = std::thread::scope(|scope| {
        scope.spawn(move || feed(&mut stdin));
        // The marks only rise, so that the last look before the end is near enough.
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(high_water_bytes(&status).unwrap_or(0), Ordering::Relaxed);
                read.fetch_max(read_bytes(&io).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let output = child.wait_with_output();
        ended.store(true, Ordering::Relaxed);
        output.unwrap()
    });
    let (peak, read) = (peak.into_inner(), read.into_inner());
    Measured {
        run: Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        },
        peak_bytes: (peak > 0).then_some(peak),
        read_bytes: (read > 0).then_some(read),
        time: start.elapsed(),
    }
}

/// `VmHWM:    10240 kB`
fn high_water_bytes(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()
        .map(|kib| kib << 10)
}

/// `rchar: 10240`
fn read_bytes(io: &str) -> Option<u64> {
    let text = std::fs::read_to_string(io).ok()?;
    text.lines().find_map(|line| line.strip_prefix("rchar: "))?.parse().ok()
}
