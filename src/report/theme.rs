//! Roles of text and their colours; symbols and their ASCII twins. The only file of the reports that names a colour.
//!
//! Only the terminal's own 16 colours and no background are used, so light, dark and user palettes all work. Blue and
//! yellow carry meaning, never red against green; word and symbol always stand beside a colour.

use crate::model::Severity;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The usual.
    Plain,
    /// Titles.
    Strong,
    /// Less important: labels, frames, places.
    Muted,
    /// The marked part of a proving line and what it shows.
    Mark,
    /// A severity.
    Critical,
    /// A severity.
    Warning,
    /// A severity.
    Notice,
    /// What to do.
    Action,
}

impl Role {
    /// The codes that switch it on; empty for the terminal's own look.
    pub(super) fn codes(self) -> &'static str {
        match self {
            Role::Plain => "",
            Role::Strong => "\x1b[1m",
            Role::Muted => "\x1b[2m",
            Role::Mark => "\x1b[1;33m",
            Role::Critical => "\x1b[1;7;31m",
            Role::Warning => "\x1b[1;33m",
            Role::Notice => "\x1b[34m",
            Role::Action => "\x1b[1;36m",
        }
    }

    /// Back to the terminal's own look.
    pub(super) const RESET: &'static str = "\x1b[0m";
}

impl From<Severity> for Role {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Role::Critical,
            Severity::Warning => Role::Warning,
            Severity::Notice => Role::Notice,
        }
    }
}

/// Characters beyond letters.
#[derive(Debug)]
pub(super) struct Symbols {
    pub(super) critical: &'static str,
    pub(super) warning: &'static str,
    pub(super) notice: &'static str,
    pub(super) ok: &'static str,
    pub(super) unknown: &'static str,
    /// Corner of a frame.
    pub(super) corner: &'static str,
    /// Side of a frame.
    pub(super) side: &'static str,
    /// Something was cut out.
    pub(super) cut: &'static str,
    /// Between items of a list.
    pub(super) dot: &'static str,
    /// Before half of a spread.
    pub(super) plus_minus: &'static str,
    /// Between two ends.
    pub(super) dash: &'static str,
    /// From one to another.
    pub(super) arrow: &'static str,
}

const UNICODE: Symbols = Symbols {
    critical: "✖",
    warning: "▲",
    notice: "●",
    ok: "✔",
    unknown: "?",
    corner: "┌",
    side: "│",
    cut: "…",
    dot: "·",
    plus_minus: "±",
    dash: "–",
    arrow: "→",
};

const ASCII: Symbols = Symbols {
    critical: "X",
    warning: "!",
    notice: "*",
    ok: "+",
    unknown: "?",
    corner: "+",
    side: "|",
    cut: "...",
    dot: "|",
    plus_minus: "+-",
    dash: "-",
    arrow: "->",
};

impl Symbols {
    /// The set for a terminal.
    pub(super) fn of(ascii: bool) -> &'static Symbols {
        if ascii { &ASCII } else { &UNICODE }
    }

    /// The symbol of a severity.
    pub(super) fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.critical,
            Severity::Warning => self.warning,
            Severity::Notice => self.notice,
        }
    }
}
