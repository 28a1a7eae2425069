//! `Pattern`: a regular expression of a rule. Most runs use few of the hundreds there are, so it is compiled when it first
//! has something to match, and a start reads no more of it than the names of its groups.

use memchr::memmem;
use regex::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::literal::Extractor;
use smallvec::{Array, SmallVec};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

/// Most bytes of one compiled pattern, and of the cache of its automaton.
const SIZE_MAX: usize = 4 << 20;

/// A regular expression that waits for its first use.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: OnceLock<Option<Regex>>,
    finder: OnceLock<Option<Finder>>,
}

/// Places of groups, kept between searches so that none allocates.
pub type Slots = Vec<Option<NonMaxUsize>>;

/// A pattern made for records in which a literal of its signal was found: mostly it begins with that literal, and a search
/// that must match right there is several times as fast as one that may match anywhere.
#[derive(Clone)]
struct Finder {
    regex: meta::Regex,
    /// Named groups.
    groups: Vec<(usize, String)>,
    /// For texts one of which every match begins with; empty when there is no such list.
    finders: Vec<Needle>,
}

impl Finder {
    fn new(source: &str) -> Option<Self> {
        let config = meta::Config::new()
            .nfa_size_limit(Some(SIZE_MAX))
            .hybrid_cache_capacity(SIZE_MAX);
        let hir = syntax::parse_with(source, &syntax::Config::new()).ok()?;
        let regex = meta::Builder::new().configure(config).build_from_hir(&hir).ok()?;
        let names = regex.group_info().pattern_names(regex_automata::PatternID::ZERO);
        let groups = names
            .enumerate()
            .filter_map(|(group, name)| Some((group, name?.to_string())));
        let groups = groups.collect();
        // Short beginnings: longer ones multiply with every choice behind them.
        let prefixes = Extractor::new().limit_literal_len(PREFIX_MAX).extract(&hir);
        let prefixes: BTreeSet<&[u8]> = prefixes
            .literals()
            .into_iter()
            .flatten()
            .map(|l| l.as_bytes())
            .collect();
        let mut finders: Vec<Needle> = prefixes.into_iter().map(needle).collect();
        // An empty text is a beginning of everything.
        if finders.len() > PREFIXES_MAX || finders.iter().any(|finder| finder.needle().len() < PREFIX_MIN) {
            finders.clear();
        }
        Some(Self { groups, finders, regex })
    }

    fn search(&self, text: &str, at: usize, slots: &mut Slots) -> bool {
        let bytes = text.as_bytes();
        let begins_at = |at: usize, slots: &mut Slots| {
            let input = Input::new(text).range(at..).anchored(Anchored::Yes);
            self.regex.search_slots(&input, slots).is_some()
        };
        let tail = bytes.get(at..).unwrap_or_default();
        let begins = self.finders.iter().any(|finder| tail.starts_with(finder.needle()));
        if begins && begins_at(at, slots) {
            return true;
        }
        let elsewhere = || {
            let places = self.finders.iter().flat_map(|finder| finder.find_iter(bytes));
            places.filter(|place| *place != at || !begins)
        };
        if self.finders.is_empty() || elsewhere().nth(PLACES_MAX).is_some() {
            return self.regex.search_slots(&Input::new(text), slots).is_some();
        }
        elsewhere().any(|place| begins_at(place, slots))
    }
}

/// Most places at which a match is tried one by one.
const PLACES_MAX: usize = 8;

/// A text that is looked for again and again.
pub type Needle = memmem::Finder<'static>;

/// The needle for a text.
pub fn needle<B: AsRef<[u8]> + ?Sized>(text: &B) -> Needle {
    memmem::Finder::new(text).into_owned()
}

/// Shorter beginnings stand anywhere.
const PREFIX_MIN: usize = 3;
/// Longer ones are not needed to find few places.
const PREFIX_MAX: usize = 9;
/// Most beginnings that are looked for one by one.
const PREFIXES_MAX: usize = 4;

impl Pattern {
    /// A pattern of which only the text is known; [`Pattern::check`] tells whether it is one.
    pub fn new(source: &str) -> Self {
        Self {
            source: source.to_string(),
            regex: OnceLock::new(),
            finder: OnceLock::new(),
        }
    }

    /// Looks for a match in a text, first right at `at`, where a literal stands. Named groups that hold something are put
    /// into `groups`.
    pub fn find<'t, A>(&'t self, text: &'t str, at: usize, slots: &mut Slots, groups: &mut SmallVec<A>) -> bool
    where
        A: Array<Item = (&'t str, &'t str)>,
    {
        let Some(finder) = self.finder.get_or_init(|| Finder::new(&self.source)) else {
            return false;
        };
        slots.clear();
        slots.resize(finder.regex.group_info().slot_len(), None);
        if !finder.search(text, at, slots) {
            return false;
        }
        for (group, name) in &finder.groups {
            if let (Some(Some(from)), Some(Some(to))) = (slots.get(group * 2), slots.get(group * 2 + 1))
                && from < to
            {
                groups.push((name, &text[from.get()..to.get()]));
            }
        }
        true
    }

    /// Compiles it now.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn check(&self) -> Result<(), String> {
        match compile(&self.source) {
            Ok(regex) => {
                let _ = self.regex.set(Some(regex));
                Ok(())
            }
            Err(error) => Err(error.to_string().replace('\n', " ")),
        }
    }

    /// The compiled pattern; `None` when it is none, which matches nothing.
    pub fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile(&self.source).ok()).as_ref()
    }

    #[cfg(test)]
    pub(super) fn is_compiled(&self) -> bool {
        self.regex.get().is_some()
    }

    /// The names of its groups, in their order.
    pub fn names(&self) -> Vec<String> {
        match self.regex.get() {
            Some(Some(regex)) => regex.capture_names().flatten().map(str::to_string).collect(),
            _ => names(&self.source).into_iter().map(str::to_string).collect(),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pattern({:?})", self.source)
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source)
        .size_limit(SIZE_MAX)
        .dfa_size_limit(SIZE_MAX)
        .build()
}

/// Names of `(?P<name>` and `(?<name>`. Knows escapes and classes, but not the comments of `(?x)`.
fn names(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let bytes = source.as_bytes();
    let (mut at, mut classes) = (0, 0u32);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'\\' => at += 1,
            b'[' => {
                classes += 1;
                // A `]` right behind the opening stands for itself.
                let literal = [&b"[^]"[..], b"[]"].into_iter().find(|open| rest.starts_with(open));
                at += literal.map_or(0, |open| open.len() - 1);
            }
            b']' => classes = classes.saturating_sub(1),
            b'(' if classes == 0 => {
                let opening = ["(?P<", "(?<"]
                    .into_iter()
                    .find(|open| rest.starts_with(open.as_bytes()));
                let name = opening.and_then(|open| source[at + open.len()..].split_once('>'));
                found.extend(name.map(|(name, _)| name));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the compiled pattern says.
    fn compiled(source: &str) -> Vec<String> {
        let regex = compile(source).unwrap_or_else(|e| panic!("{e}"));
        regex.capture_names().flatten().map(str::to_string).collect()
    }

    #[test]
    fn names_are_read_without_compiling() {
        for source in [
            "plain (group) (?:none) (?i)",
            r"connect to <?\[?(?P<addr>(?P<ip>[^\s:<>\[\],]+):(?P<port>\d+))[>\]]? ?failed",
            r"\((?<cost>\d+)\) \(?P<no> [(?P<no>x] [^](?<no>] [](?<no>] [[:alpha:](?<no>] (?<last>.)",
            r"\\(?<a>\[)(?<b>])",
            "",
        ] {
            assert_eq!(names(source), compiled(source), "{source}");
        }
    }

    /// What `find` finds, and what a plain search finds.
    fn both(source: &str, text: &str, at: usize) -> [Option<Vec<(String, String)>>; 2] {
        let pattern = Pattern::new(source);
        let mut groups: SmallVec<[(&str, &str); 8]> = SmallVec::new();
        let found = pattern.find(text, at, &mut Slots::new(), &mut groups);
        let owned = |(name, text): (&str, &str)| (name.to_string(), text.to_string());
        let regex = compile(source).unwrap();
        let plain = regex.captures(text).map(|captures| {
            let names = regex.capture_names().flatten();
            let groups = names.filter_map(|name| Some((name, captures.name(name)?.as_str())));
            groups.filter(|(_, text)| !text.is_empty()).map(owned).collect()
        });
        [found.then(|| groups.into_iter().map(owned).collect()), plain]
    }

    #[test]
    fn a_match_is_found_where_its_literal_stands_and_elsewhere() {
        for (source, text, literal) in [
            (r"costs (?P<ms>\d+) ms", "Flush data to disk costs 812 ms", "costs"),
            (r"(?P<who>\w+) costs (?P<ms>\d+)", "disk costs 812 ms", "costs"),
            (
                r"clientId=(?P<client>(?:127\.0\.0\.1|localhost)@1)\b",
                "clientId=a clientId=localhost@1",
                "clientId=",
            ),
            (
                r"(?:clientId=|ClientID: ?)(?P<client>\d+)",
                "clientId=x ClientID: 7",
                "clientId=",
            ),
            (
                r"fix the request offset (?P<from>\d+)",
                "no queue data, fix the request offset x",
                "no queue data",
            ),
            (r"(?m)^(?P<first>\w+)", "é\nabc", "abc"),
            (r"", "abc", "b"),
        ] {
            let [found, plain] = both(source, text, text.find(literal).unwrap());
            assert_eq!(found, plain, "{source}");
        }
    }

    #[test]
    fn a_mistake_is_told_and_matches_nothing() {
        let wrong = Pattern::new("(?P<a>");
        assert!(wrong.check().unwrap_err().contains("unclosed group"));
        assert!(wrong.regex().is_none());
    }

    proptest! {
        #[test]
        fn any_text_never_panics(source in r"[\PC\\\[\](?P<>^:a]*") {
            names(&source);
        }

        #[test]
        fn what_compiles_has_the_names_that_were_read(source in r"(\(\?P?<[a-z]>|[\\(\[\]^a)])*") {
            let pattern = Pattern::new(&source);
            let read = pattern.names();
            if pattern.check().is_ok() {
                prop_assert_eq!(read, pattern.names());
            }
        }
    }
}
