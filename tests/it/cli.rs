//! Exit codes, streams, standard input, broken pipes.

use crate::support::program::{rmqdoc, run};
use std::io::Read;
use std::process::Stdio;

/// A file that rmqdoc reads and finds nothing in.
const QUIET: &str = "samples/incidents/vip-port-closed-client/input/mq-1/docker-run.sh";

#[test]
fn a_missing_path_is_told_and_fails() {
    let it = run(rmqdoc(&["analyze", "no/such/path"]), "");
    assert_eq!(it.code, Some(2));
    assert!(
        it.stderr.starts_with("rmqdoc: no/such/path: no such file"),
        "{}",
        it.stderr
    );
}

#[test]
fn a_missing_path_beside_a_good_one_does_not_change_the_code() {
    let it = run(rmqdoc(&["analyze", "no/such/path", QUIET]), "");
    assert_eq!(it.code, Some(0), "{}", it.stderr);
    assert!(it.stderr.contains("no/such/path"), "{}", it.stderr);
    let quiet = run(rmqdoc(&["analyze", "--quiet", "no/such/path", QUIET]), "");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
}

#[test]
fn bad_arguments_fail_with_a_hint() {
    let cases: [(&[&str], &str); 8] = [
        (&["analyse"], "analyze"),
        (&["analyze", "--fromat", "json", QUIET], "--format"),
        (&["analyze", "--format", "jsno", QUIET], "json"),
        (&["analyze", "--fail-on", "sometimes", QUIET], "never"),
        (&["analyze", "--since", "yesterday", QUIET], "2024-05-01 14:02"),
        (
            &["analyze", "--at", "14:02", "--since", "14:00", QUIET],
            "cannot be used with",
        ),
        (&["analyze", "--select", "critcal", QUIET], "did you mean `critical`?"),
        (&["explain", "no-such-rule"], "no-such-rule"),
    ];
    for (args, hint) in cases {
        let it = run(rmqdoc(args), "");
        assert_eq!(it.code, Some(2), "{args:?}");
        assert!(it.stderr.contains(hint), "{args:?}: {}", it.stderr);
        assert_eq!(it.stdout, "", "{args:?}");
    }
}

#[test]
fn the_first_path_means_analyze() {
    let it = run(rmqdoc(&["--format", "json", QUIET]), "");
    let document: serde_json::Value = serde_json::from_str(&it.stdout).unwrap();
    assert_eq!(document["schema"], "rmqdoc.diagnosis/1");
    assert_eq!(document["inputs"][0], QUIET);
}

#[test]
fn a_dash_reads_standard_input() {
    let it = run(rmqdoc(&["--format", "json", "-"]), "hello\n");
    let document: serde_json::Value = serde_json::from_str(&it.stdout).unwrap();
    assert_eq!(document["inputs"][0], "-");
    assert_eq!(it.code, Some(0), "read, though not understood: {}", it.stderr);
    let unknown = run(rmqdoc(&["-"]), "hello\n");
    assert!(!unknown.stdout.contains("nothing is wrong"), "{}", unknown.stdout);
    let known = run(
        rmqdoc(&["-"]),
        "2024-05-21 15:37:44 INFO main - The Name Server boot success. serializeType=JSON\n",
    );
    assert_eq!(known.code, Some(0), "{}", known.stdout);
    let empty = run(rmqdoc(&["-"]), "");
    assert_eq!(empty.code, Some(2), "{}", empty.stdout);
}

#[test]
fn a_report_goes_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let it = run(
        rmqdoc(&["analyze", "-f", "json", "-o", file.to_str().unwrap(), QUIET]),
        "",
    );
    assert_eq!((it.code, it.stdout.as_str()), (Some(0), ""));
    assert!(std::fs::read_to_string(&file).unwrap().contains("rmqdoc.diagnosis/1"));
    let nowhere = run(rmqdoc(&["analyze", "-o", "no/such/folder/x", QUIET]), "");
    assert_eq!(nowhere.code, Some(2));
    assert!(
        nowhere.stderr.starts_with("rmqdoc: no/such/folder/x: "),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    // More than a pipe holds, so that the program is still writing when the reader goes.
    let mut command = rmqdoc(&["gen", "schema", "report"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn colour_only_where_wanted() {
    let coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = rmqdoc(args);
        command.envs(variables.iter().copied());
        run(command, "").stdout.contains('\x1b')
    };
    assert!(!coloured(&["analyze", QUIET], &[]));
    assert!(coloured(&["analyze", "--color", "always", QUIET], &[("NO_COLOR", "1")]));
    assert!(coloured(&["analyze", QUIET], &[("FORCE_COLOR", "1")]));
    assert!(!coloured(
        &["analyze", QUIET],
        &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]
    ));
    assert!(!coloured(
        &["analyze", QUIET],
        &[("FORCE_COLOR", "1"), ("RMQDOC_COLOR", "never")]
    ));
    assert!(!coloured(
        &["analyze", "--format", "json", "--color", "always", QUIET],
        &[]
    ));
}

#[test]
fn language_follows_locale_environment_and_flag() {
    let first = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = rmqdoc(args);
        command.envs(variables.iter().copied());
        run(command, "").stdout
    };
    let chinese = |text: String| text.contains("已读取");
    assert!(!chinese(first(&["analyze", QUIET], &[])));
    assert!(chinese(first(&["analyze", QUIET], &[("LC_ALL", "zh_CN.UTF-8")])));
    assert!(chinese(first(&["analyze", QUIET], &[("RMQDOC_LANG", "zh")])));
    assert!(!chinese(first(
        &["analyze", "--lang", "en", QUIET],
        &[("RMQDOC_LANG", "zh")]
    )));
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let mut command = rmqdoc(&["analyze", QUIET]);
    command.env("LC_ALL", "C");
    assert!(run(command, "").stdout.is_ascii());
}

#[test]
fn the_config_file_counts_and_its_mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let with = |text: &str, args: &[&str]| {
        std::fs::write(&config, text).unwrap();
        let mut command = rmqdoc(args);
        command.env("RMQDOC_CONFIG", &config);
        run(command, "")
    };
    let json = with("format = 'json'\nlang = 'zh'", &[QUIET]);
    assert!(json.stdout.starts_with('{'), "{}", json.stdout);
    let text = with("format = 'json'", &["--format", "text", QUIET]);
    assert!(!text.stdout.starts_with('{'), "{}", text.stdout);
    let wrong = with("\nformt = 'json'", &[QUIET]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong
            .stderr
            .contains("config.toml:2: unknown key `formt`; did you mean `format`?"),
        "{}",
        wrong.stderr
    );
    let missing = run(rmqdoc(&["--config", "no/such.toml", QUIET]), "");
    assert_eq!(missing.code, Some(2));
}

#[test]
fn help_and_version_succeed() {
    let version = run(rmqdoc(&["--version"]), "");
    assert_eq!(version.code, Some(0));
    assert!(
        version
            .stdout
            .starts_with(concat!("rmqdoc ", env!("CARGO_PKG_VERSION"))),
        "{}",
        version.stdout
    );
    assert!(version.stdout.contains("rules: "), "{}", version.stdout);
    assert_eq!(run(rmqdoc(&["--help"]), "").code, Some(0));
    let nothing = run(rmqdoc(&[]), "");
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("Usage: rmqdoc"), "{}", nothing.stderr);
}
