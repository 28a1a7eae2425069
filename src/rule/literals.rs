//! `Literals`: all texts that rules look for, and the automaton that finds them at once.
//!
//! There are two automata, made when first asked for. The small one is made in a moment; the fast one costs tens of
//! milliseconds and megabytes, which a large input pays back.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Inputs of this size are worth the fast automaton.
const LARGE: u64 = 4 << 20;
/// Most bytes of all literals together: both automata can be made of so many.
const BYTES_MAX: usize = 4 << 20;

/// The literals of all signals.
#[derive(Debug, Default)]
pub struct Literals {
    /// By the automaton's pattern index.
    pub texts: Vec<String>,
    /// Signals of each literal.
    pub signals: Vec<Vec<u32>>,
    small: OnceLock<AhoCorasick>,
    fast: OnceLock<AhoCorasick>,
}

impl Literals {
    /// The literals of the signals, in their order.
    ///
    /// # Errors
    /// There are too many.
    pub fn new<'a>(signals: impl Iterator<Item = &'a [String]>) -> Result<Self, String> {
        let mut it = Self::default();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut bytes = 0;
        for (signal, literals) in signals.enumerate() {
            for literal in literals {
                let at = *known.entry(literal).or_insert_with(|| {
                    bytes += literal.len();
                    it.texts.push(literal.clone());
                    it.signals.push(Vec::new());
                    it.texts.len() - 1
                });
                it.signals[at].push(signal as u32);
            }
        }
        match bytes <= BYTES_MAX {
            true => Ok(it),
            false => Err(format!(
                "the literals of all rules have {bytes} bytes, more than {BYTES_MAX}"
            )),
        }
    }

    /// The automaton for an input of so many bytes.
    pub fn automaton(&self, bytes: u64) -> &AhoCorasick {
        match bytes < LARGE {
            true => self.small(),
            false => self.fast(),
        }
    }

    /// The automaton that finds most bytes in a second.
    pub fn fast(&self) -> &AhoCorasick {
        self.fast.get_or_init(|| self.build(AhoCorasickKind::DFA))
    }

    /// The automaton that is there, for a line.
    pub fn any(&self) -> &AhoCorasick {
        self.fast.get().unwrap_or_else(|| self.small())
    }

    fn small(&self) -> &AhoCorasick {
        self.small.get_or_init(|| self.build(AhoCorasickKind::NoncontiguousNFA))
    }

    fn build(&self, kind: AhoCorasickKind) -> AhoCorasick {
        AhoCorasick::builder()
            .kind(Some(kind))
            .build(&self.texts)
            .expect("so few bytes make less states than an automaton may have")
    }
}
