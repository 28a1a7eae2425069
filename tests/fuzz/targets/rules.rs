//! Rule files and conditions: a mistake is an error with a message, whatever was written.

use super::random::Random;
use super::{Corpus, hunt, mutate};
use rmqdoc::model::Version;
use rmqdoc::rule::embedded::embedded;
use rmqdoc::rule::expr::Expr;
use rmqdoc::rule::file::ReadFile;
use rmqdoc::rule::range::Range;
use rmqdoc::rule::{RuleBook, RuleText};

#[test]
fn rules() {
    let corpus = Corpus::new(&["rules"]);
    let files = embedded();
    let shared: Vec<ReadFile> = files.into_iter().filter(is_shared).collect();
    hunt(
        "rules",
        |random| mutate::case(&corpus, random),
        |bytes, random| {
            // In place of a shared file, or as a rule beside them.
            let mut files = shared.clone();
            let path = match random.one_in(4) {
                true => files.swap_remove(random.below(files.len())).path,
                false => "jvm/new-rule.toml".to_owned(),
            };
            let text = String::from_utf8_lossy(bytes).into_owned();
            if let Err(errors) = RuleBook::load(files, &[RuleText { path, text }]) {
                assert!(!errors.is_empty(), "rules are refused without a word");
            }
        },
    );
}

/// Causes, symptoms and signals, which rules refer to.
fn is_shared(file: &ReadFile) -> bool {
    !file.path.contains('/') || file.path.starts_with("signals/")
}

const WORDS: &[&str] = &[
    "a",
    "send-timeout.count",
    "max(a)",
    "p99(a.b)",
    "has(x)",
    "contains(a, \"b\")",
    "1",
    "2.5e3",
    "\"text\"",
    "[1, 2]",
    "[",
    "]",
    "(",
    ")",
    "and",
    "or",
    "not",
    "not not",
    "==",
    "!=",
    "<",
    "<=",
    "=~",
    "in",
    "+",
    "-",
    "*",
    "/",
    ",",
    "\"",
    "\\",
    "(((((",
    "[[[[[",
    "-----",
    "\"(a+)+$\"",
    "\"(x{1000}){1000}\"",
    "é",
];

#[test]
fn rule_conditions() {
    hunt(
        "rule_conditions",
        |random| condition(random).into_bytes(),
        |bytes, _| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok(expr) = Expr::parse(&text) {
                expr.fields();
                expr.aggregated();
            }
            let _ = Range::parse(&text);
            let _ = Version::parse(&text);
        },
    );
}

fn condition(random: &mut Random) -> String {
    let mut words: Vec<&str> = (0..1 + random.below(12)).map(|_| *random.pick(WORDS)).collect();
    if random.one_in(3) {
        let word = *random.pick(WORDS);
        let at = random.below(words.len());
        let times = random.below(2000);
        words.splice(at..at, std::iter::repeat_n(word, times));
    }
    words.join(if random.one_in(3) { "" } else { " " })
}
