//! The sieve of each kind of log: which lines need no second look, since no rule speaks of them.

use crate::format::log::Sieve;
use crate::format::series::marks;
use crate::model::LogKind;
use crate::rule::{RuleBook, compile};
use aho_corasick::AhoCorasick;
use std::sync::OnceLock;

/// The sieve of each kind of log, made when the first log of that kind is read.
#[derive(Debug)]
pub(in crate::diagnose) struct Sieves<'a> {
    book: &'a RuleBook,
    automaton: &'a AhoCorasick,
    by_log: [OnceLock<Option<Sieve>>; LogKind::COUNT],
}

impl<'a> Sieves<'a> {
    pub(in crate::diagnose) fn new(book: &'a RuleBook, automaton: &'a AhoCorasick) -> Self {
        Self {
            book,
            automaton,
            by_log: [const { OnceLock::new() }; LogKind::COUNT],
        }
    }

    /// Applications may say anything at INFO; RocketMQ's own logs say what is known.
    pub(super) fn of(&self, log: LogKind) -> Option<&Sieve> {
        let make = || {
            let bit = compile::log_bit(log);
            let useful = |literal: u32| {
                let signals = &self.book.literals.signals[literal as usize];
                signals.iter().any(|signal| {
                    let logs = self.book.signals[*signal as usize].logs;
                    !self.book.by_signal[*signal as usize].is_empty() && (logs == 0 || logs & bit != 0)
                })
            };
            marks(log).map(|marks| Sieve::new(self.automaton, &self.book.literals.texts, &useful, marks))
        };
        self.by_log[log as usize].get_or_init(make).as_ref()
    }
}
