//! Pairs of bundles under `samples/diff/`: what `rmqdoc diff` makes of them.

use crate::support::program::{rmqdoc, run};
use rmqdoc::compare;
use rmqdoc::diagnose::{self, Request};
use rmqdoc::model::comparison::{Comparison, Figure, Trend};
use rmqdoc::rule::RuleBook;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn folder(slug: &str, side: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/diff")
        .join(slug)
        .join(side)
}

fn compared(before: PathBuf, after: PathBuf) -> Comparison {
    static BOOK: OnceLock<RuleBook> = OnceLock::new();
    let book = BOOK.get_or_init(|| diagnose::rulebook(&[]).unwrap_or_else(|e| panic!("{e:#}")));
    let request = Request {
        threads: 1,
        ..Request::default()
    };
    compare::run_with(book, &[before], &[after], &request, &mut ()).unwrap()
}

fn sample(slug: &str) -> Comparison {
    compared(folder(slug, "before"), folder(slug, "after"))
}

/// What is printed for a pair of bundles, as a user calls it from the root of the repository.
fn printed(slug: &str, options: &[&str]) -> String {
    let sides = ["before", "after"].map(|side| format!("samples/diff/{slug}/{side}"));
    let mut args = vec!["diff", &sides[0], &sides[1]];
    args.extend(options);
    let run = run(rmqdoc(&args), "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

/// What must hold of a pair of bundles whatever rules are added: changes, quantities that differ, and by which mechanism.
fn told(it: &Comparison) -> String {
    let mut out = String::new();
    for change in &it.changes {
        let value = |it: &Option<String>| it.clone().unwrap_or_else(|| "not set".into());
        let (kind, before, after) = (change.kind.word(), value(&change.before), value(&change.after));
        let check = change.verdict.as_ref().map_or("", |verdict| verdict.check.as_str());
        let _ = writeln!(out, "{kind} {}: {before} -> {after}  {check}", change.key);
    }
    for (at, effect) in it.effects.iter().enumerate().filter(|(_, effect)| effect.differs()) {
        let median = |it: &Option<Figure>| it.map_or(f64::NAN, |it| it.median);
        let (before, after) = (median(&effect.before), median(&effect.after));
        let mechanism = it
            .pairs
            .iter()
            .find(|pair| pair.effect == Some(at))
            .map_or("", |pair| pair.link.as_str());
        let _ = write!(out, "{} {} {}: ", effect.trend.word(), effect.what, effect.place);
        let _ = writeln!(out, "{before:.1} -> {after:.1} {}  {mechanism}", effect.unit);
    }
    out
}

#[test]
fn samples_come_out_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/diff");
    let slugs = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap());
    for slug in slugs
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
    {
        let told = told(&sample(&slug));
        let expect = root.join(&slug).join("expect.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expect, &told).unwrap();
        }
        assert_eq!(told, std::fs::read_to_string(&expect).unwrap_or_default(), "{slug}");
    }
}

/// The trend of a quantity, by its English name.
fn trend(it: &Comparison, what: &str) -> Trend {
    let found = it.effects.iter().find(|effect| effect.what == what);
    found.unwrap_or_else(|| panic!("{what} is not measured")).trend
}

/// The settings that most plausibly explain a quantity.
fn explained_by(it: &Comparison, what: &str) -> Vec<String> {
    let at = it.effects.iter().position(|effect| effect.what == what);
    let pairs = || it.pairs.iter().filter(|pair| pair.effect == at && at.is_some());
    let best = pairs().map(|pair| pair.plausibility).fold(0.0, f64::max);
    let mut keys: Vec<String> = pairs()
        .filter(|pair| pair.plausibility > best - 0.01)
        .map(|pair| it.changes[pair.change].key.clone())
        .collect();
    keys.sort();
    keys
}

#[test]
fn a_tuning_that_hurt_is_blamed_on_the_dirty_pages() {
    let it = sample("tuning-that-hurt");
    let trends = [
        ("benchmark sends", Trend::Better),
        ("benchmark consumes", Trend::Worse),
        ("disk busy", Trend::Worse),
        ("disk await", Trend::Worse),
        ("CPU idle", Trend::Same),
    ];
    for (what, want) in trends {
        assert_eq!(trend(&it, what), want, "{what}");
    }
    for what in ["benchmark consumes", "benchmark sends", "disk busy", "disk await"] {
        let keys = explained_by(&it, what);
        assert!(
            !keys.is_empty() && keys.iter().all(|key| key.starts_with("vm.dirty_")),
            "{what}: {keys:?}"
        );
    }
    let keys: Vec<&str> = it.changes.iter().map(|change| change.key.as_str()).collect();
    for key in [
        "vm.dirty_ratio",
        "vm.extra_free_kbytes",
        "vm.swappiness",
        "nofile",
        "memlock",
    ] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    assert!(
        !keys
            .iter()
            .any(|key| key.starts_with("fs.") || key.starts_with("kernel.random")),
        "{keys:?}"
    );
    assert!(
        it.changes.iter().all(|change| change.verdict.is_some()),
        "{:?}",
        it.changes
    );
}

#[test]
fn a_smaller_young_generation_means_more_collections() {
    let it = sample("gc-young-smaller");
    assert_eq!(trend(&it, "GC pauses a minute"), Trend::Worse);
    assert_eq!(trend(&it, "GC pause"), Trend::Better);
    assert_eq!(
        explained_by(&it, "GC pauses a minute"),
        ["-XX:MaxGCPauseMillis", "-Xmn"]
    );
}

#[test]
fn noise_is_no_change() {
    let it = sample("same-with-noise");
    assert!(
        it.is_empty(),
        "{:?}",
        it.effects.iter().filter(|effect| effect.differs()).collect::<Vec<_>>()
    );
    assert!(it.effects.len() > 10);
}

#[test]
fn a_bundle_is_like_itself_and_turned_round_better_becomes_worse() {
    let slug = "tuning-that-hurt";
    for side in ["before", "after"] {
        let it = compared(folder(slug, side), folder(slug, side));
        assert!(it.is_empty() && it.is_read(), "{:?}", it.changes);
    }
    let back = compared(folder(slug, "after"), folder(slug, "before"));
    assert_eq!(trend(&back, "benchmark consumes"), Trend::Better);
    let keys = explained_by(&back, "benchmark consumes");
    assert!(
        !keys.is_empty() && keys.iter().all(|key| key.starts_with("vm.dirty_")),
        "{keys:?}"
    );
}

#[test]
fn every_form_tells_the_same_in_both_languages() {
    let slug = "tuning-that-hurt";
    for options in [
        &["--lang", "zh"][..],
        &["--format", "markdown"],
        &["--format", "markdown", "--lang", "zh"],
        &["-v"],
    ] {
        let text = printed(slug, options);
        assert!(text.contains("vm.dirty") && text.contains("17,669"), "{text}");
    }
    let wide = |line: &str| line.chars().count() > 80;
    assert!(!printed(slug, &[]).lines().any(wide));
    let json: serde_json::Value = serde_json::from_str(&printed(slug, &["--format", "json"])).unwrap();
    let pair = &json["pairs"][0];
    let change = &json["changes"][pair["change"].as_u64().unwrap() as usize];
    assert!(change["key"].as_str().unwrap().starts_with("vm.dirty_"), "{change}");
    assert_eq!(json["schema"], "rmqdoc.comparison/1");
}

#[test]
fn an_empty_side_is_not_alike() {
    let empty = tempfile::tempdir().unwrap();
    let it = compared(empty.path().to_path_buf(), folder("same-with-noise", "after"));
    assert!(!it.is_read());
}
