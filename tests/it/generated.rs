//! Help, man page, completions, example config and schemas know every option.

use crate::support::golden;
use crate::support::program::{rmqdoc, run};
use std::collections::BTreeSet;

/// Every command that has options of its own.
const COMMANDS: [&[&str]; 11] = [
    &[],
    &["analyze"],
    &["lint"],
    &["gc"],
    &["diff"],
    &["explain"],
    &["rules"],
    &["rules", "list"],
    &["rules", "check"],
    &["gen"],
    &["gen", "schema"],
];

fn output(args: &[&str]) -> String {
    let it = run(rmqdoc(args), "");
    assert_eq!(it.code, Some(0), "{args:?}: {}", it.stderr);
    it.stdout
}

fn help(command: &[&str], flag: &str) -> String {
    output(&[command, &[flag]].concat())
}

/// All long options that any help names.
fn options() -> BTreeSet<String> {
    let helps = COMMANDS.iter().map(|command| help(command, "--help"));
    let mut options = BTreeSet::new();
    for text in helps {
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with('-')) {
            let words = line.split([' ', ',', '=']);
            options.extend(words.filter_map(|word| word.strip_prefix("--")).map(str::to_owned));
        }
    }
    assert!(options.len() > 15, "{options:?}");
    options
}

#[test]
fn short_help_takes_one_line_per_option() {
    for command in COMMANDS {
        let text = help(command, "-h");
        for line in text.lines() {
            assert!(line.chars().count() <= 79, "{command:?}: {line}");
        }
        let mut options = text
            .lines()
            .skip_while(|line| !line.starts_with("Usage"))
            .filter(|line| line.starts_with("          "));
        assert_eq!(
            options.find(|line| !line.trim_start().starts_with('-')),
            None,
            "{command:?}: an option takes two lines"
        );
        assert!(
            text.lines().count() <= 48,
            "{command:?}: {} lines are more than two screens",
            text.lines().count()
        );
        golden::check(
            &format!("help/{}-short.txt", [&["rmqdoc"], command].concat().join("-")),
            &text,
        );
    }
}

#[test]
fn long_help_is_as_before() {
    for command in COMMANDS {
        let text = help(command, "--help");
        for line in text.lines() {
            assert!(line.chars().count() <= 79, "{command:?}: {line}");
        }
        golden::check(
            &format!("help/{}-long.txt", [&["rmqdoc"], command].concat().join("-")),
            &text,
        );
    }
}

#[test]
fn man_page_and_completions_know_every_option() {
    let man = output(&["gen", "man"]).replace("\\-", "-");
    for option in options() {
        assert!(
            man.contains(&format!("--{option}")),
            "--{option} is missing in the man page"
        );
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = output(&["gen", "completions", shell]);
        for option in options() {
            let named = if shell == "fish" {
                format!("-l {option}")
            } else {
                format!("--{option}")
            };
            assert!(
                text.contains(&named),
                "--{option} is missing in the completions of {shell}"
            );
        }
    }
}

#[test]
fn example_config_and_its_schema_know_every_setting() {
    let example = output(&["gen", "config"]);
    let schema: serde_json::Value = serde_json::from_str(&output(&["gen", "schema", "config"])).unwrap();
    for option in options()
        .iter()
        .filter(|option| !["help", "version", "config"].contains(&option.as_str()))
    {
        assert!(
            example.contains(&format!("\n# {option} = ")),
            "{option} is missing in the example config"
        );
        assert!(
            schema["properties"].get(option).is_some(),
            "{option} is missing in the schema of the config"
        );
    }
    golden::check("generated/config.toml", &example);
}

#[test]
fn the_example_config_is_accepted_when_every_line_counts() {
    let example = output(&["gen", "config"]);
    let settings: Vec<&str> = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.contains(" = "))
        .collect();
    // Times and files have no default that could be written down.
    let written = settings.iter().filter(|line| !line.ends_with("\"\""));
    let text = written.copied().collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, &text).unwrap();
    let it = run(
        rmqdoc(&[
            "--config",
            file.to_str().unwrap(),
            "samples/incidents/vip-port-closed-client/input/mq-1/docker-run.sh",
        ]),
        "",
    );
    assert_eq!(it.code, Some(0), "{}\n{text}", it.stderr);
}

#[test]
fn schemas_are_as_before() {
    for what in ["report", "lint", "diff", "config"] {
        golden::check(
            &format!("generated/{what}.schema.json"),
            &output(&["gen", "schema", what]),
        );
    }
}
