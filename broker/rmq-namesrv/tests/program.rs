//! The program itself: its options, its first line, how it ends.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mqnamesrv"))
}

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Waits until it says that it is ready; gives back all lines until then.
fn until_ready(child: &mut Child) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.last().unwrap().starts_with("The Name Server boot success.") {
            break;
        }
    }
    lines
}

#[test]
fn starts_with_a_file_and_ends_with_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("namesrv.conf");
    let kv = folder.path().join("kv.json");
    std::fs::write(
        &file,
        format!("listenPort=0\nserverWorkerThreads=16\nkvConfigPath={}\n", kv.display()),
    )
    .unwrap();
    let mut child = program()
        .args(["-n", "ignored:9876", "-c"])
        .arg(&file)
        .env("HOME", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = until_ready(&mut child);
    assert_eq!(lines[0], format!("load config properties file OK, {}", file.display()));
    assert!(
        lines[1].starts_with("The Name Server boot success. serializeType=JSON, address 0.0.0.0:"),
        "{lines:?}"
    );
    assert!(
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(
        text(&output).1.contains("serverWorkerThreads has no effect here"),
        "{:?}",
        text(&output)
    );
    let log = std::fs::read_to_string(folder.path().join("logs/rocketmqlogs/namesrv.log")).unwrap();
    assert!(log.contains("shutdown hook done"), "{log}");
}

#[test]
fn prints_the_effective_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("namesrv.conf");
    std::fs::write(&file, "listenPort = 9877").unwrap();
    let output = program().arg("-p").arg("-c").arg(&file).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output).0.contains("\nlistenPort=9877\n"));
    let output = program().args(["-c", "/nowhere/namesrv.conf"]).output().unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output)
            .1
            .starts_with("mqnamesrv: cannot read /nowhere/namesrv.conf: "),
        "{:?}",
        text(&output)
    );
}

#[test]
fn without_a_file_everything_is_in_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    let output = program().arg("-p").current_dir(folder.path()).output().unwrap();
    let printed = text(&output).0;
    assert!(
        printed.contains("\nkvConfigPath=rocketmq-data/namesrv/kvConfig.json\n"),
        "{printed}"
    );
    assert!(printed.contains("\nbindAddress=127.0.0.1\n"), "{printed}");
}
