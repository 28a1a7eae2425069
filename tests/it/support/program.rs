//! Runs the program as a user would, in a known environment.

use std::io::Write;
use std::process::{Command, Output, Stdio};

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
