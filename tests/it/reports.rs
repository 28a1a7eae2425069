//! Every report on diagnoses made by hand, compared with files.

use crate::support::{fixture, golden};
use rmqdoc::model::{Diagnosis, Lang};
use rmqdoc::report::{REPORTS, Style, card, comparison, inspection, named};

fn written(report: &str, diagnosis: &Diagnosis, style: &Style) -> String {
    let mut out = Vec::new();
    (named(report).unwrap().write)(diagnosis, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn style(lang: Lang, width: usize) -> Style {
    Style {
        lang,
        width,
        ..Style::default()
    }
}

#[test]
fn text_at_80_and_120_columns_in_both_languages() {
    for (lang, word) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        for width in [80, 120] {
            for (name, diagnosis) in [
                ("full", fixture::full(lang)),
                ("unknown", fixture::unknown(lang)),
                ("healthy", fixture::healthy(lang)),
            ] {
                let text = written("text", &diagnosis, &style(lang, width));
                golden::check(&format!("text/{name}-{word}-{width}.txt"), &text);
            }
        }
    }
}

#[test]
fn text_with_everything_on() {
    let verbose = Style {
        verbose: true,
        timeline: true,
        ..style(Lang::En, 80)
    };
    golden::check(
        "text/verbose-timeline.txt",
        &written("text", &fixture::full(Lang::En), &verbose),
    );
    let plain = Style {
        ascii: true,
        ..style(Lang::En, 80)
    };
    let ascii = written("text", &fixture::full(Lang::En), &plain);
    assert!(ascii.is_ascii());
    golden::check("text/ascii.txt", &ascii);
    let colour = Style {
        color: true,
        ..style(Lang::En, 80)
    };
    golden::check("text/colour.txt", &written("text", &fixture::full(Lang::En), &colour));
    golden::check(
        "text/nothing-read.txt",
        &written("text", &Diagnosis::default(), &style(Lang::En, 80)),
    );
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    let colour = Style {
        color: true,
        ..style(Lang::Zh, 80)
    };
    let painted = written("text", &fixture::full(Lang::Zh), &colour);
    let mut bare = String::new();
    let mut rest = painted.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        trimmed(&bare),
        trimmed(&written("text", &fixture::full(Lang::Zh), &style(Lang::Zh, 80)))
    );
}

#[test]
fn other_forms() {
    for (lang, word) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        for (report, ending) in [
            ("markdown", "md"),
            ("json", "json"),
            ("jsonl", "jsonl"),
            ("sarif", "sarif"),
            ("junit", "xml"),
        ] {
            for (name, diagnosis) in [("full", fixture::full(lang)), ("healthy", fixture::healthy(lang))] {
                let text = written(report, &diagnosis, &style(lang, 80));
                golden::check(&format!("{report}/{name}-{word}.{ending}"), &text);
            }
        }
    }
}

#[test]
fn text_never_passes_its_width() {
    for width in [40, 60, 80, 120, 160] {
        for lang in [Lang::En, Lang::Zh] {
            for diagnosis in [fixture::full(lang), fixture::unknown(lang), fixture::hostile()] {
                for line in written("text", &diagnosis, &style(lang, width)).lines() {
                    let columns = unicode_width::UnicodeWidthStr::width(line);
                    assert!(columns <= width, "{columns} > {width}: {line}");
                }
            }
        }
    }
}

#[test]
fn hostile_text_stays_inside_its_format() {
    let diagnosis = fixture::hostile();
    for report in REPORTS {
        let text = written(report.name, &diagnosis, &style(Lang::En, 80));
        let commands = |c: char| c.is_control() && c != '\n';
        assert!(
            !text.contains(commands),
            "{} lets a control character through",
            report.name
        );
        if report.name == "jsonl" {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            }
        }
        if ["json", "sarif"].contains(&report.name) {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
}

#[test]
fn the_json_report_is_what_its_schema_says() {
    let document: serde_json::Value =
        serde_json::from_str(&written("json", &fixture::full(Lang::En), &style(Lang::En, 80))).unwrap();
    let schema = rmqdoc::report::json::schema().to_value();
    let finding = &document["findings"][0];
    let known = &schema["$defs"]["Finding"]["properties"];
    for key in finding.as_object().unwrap().keys() {
        assert!(known.get(key).is_some(), "`{key}` is missing in the schema");
    }
    for key in [
        "rule",
        "cause",
        "verdict",
        "severity",
        "confidence",
        "title",
        "evidence",
        "ruled_out",
        "not_checked",
        "advice",
        "weights",
    ] {
        assert!(!finding[key].is_null(), "`{key}` is missing in a finding");
    }
    assert_eq!(finding["first"], "2024-05-01T15:37:44+08:00");
    assert_eq!(document["findings"][1]["zone"], "assumed");
}

#[test]
fn lint_in_every_form() {
    let inspection = fixture::inspection();
    for report in REPORTS {
        let mut out = Vec::new();
        inspection::write(&inspection, report, &style(Lang::En, 80), &mut out).unwrap();
        golden::check(&format!("lint/{}.txt", report.name), &String::from_utf8(out).unwrap());
    }
    let mut out = Vec::new();
    inspection::write(&inspection, named("text").unwrap(), &style(Lang::Zh, 60), &mut out).unwrap();
    golden::check("lint/text-zh-60.txt", &String::from_utf8(out).unwrap());
}

#[test]
fn comparisons_in_every_form() {
    for (lang, word) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        let it = fixture::comparison(lang);
        type Write<T> = fn(&T, &Style, &mut dyn std::io::Write) -> std::io::Result<()>;
        let forms: [(&str, Write<_>); 3] = [
            ("txt", comparison::text),
            ("md", comparison::markdown),
            ("json", comparison::json),
        ];
        for (ending, write) in forms {
            let mut out = Vec::new();
            write(&it, &style(lang, 80), &mut out).unwrap();
            golden::check(&format!("comparison/{word}.{ending}"), &String::from_utf8(out).unwrap());
        }
    }
}

#[test]
fn rules_are_explained_and_listed() {
    let it = fixture::card();
    for (lang, word) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        let mut out = Vec::new();
        card::explain(&[&it], &style(lang, 80), &mut out).unwrap();
        out.push(b'\n');
        card::list(&[&it, &it], &style(lang, 80), &mut out).unwrap();
        golden::check(&format!("card/{word}.txt"), &String::from_utf8(out).unwrap());
    }
    let mut out = Vec::new();
    card::json(&[&it], &mut out).unwrap();
    golden::check("card/card.json", &String::from_utf8(out).unwrap());
}
