//! The languages of clients (`LanguageCode.java`): a number in binary headers, a name in JSON headers.

/// The language a peer says it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Language {
    /// The default: what a missing or unknown language is read as.
    #[default]
    Java = 0,
    /// rocketmq-client-cpp.
    Cpp = 1,
    /// .NET.
    DotNet = 2,
    /// Python.
    Python = 3,
    /// Delphi.
    Delphi = 4,
    /// Erlang.
    Erlang = 5,
    /// Ruby.
    Ruby = 6,
    /// Anything else.
    Other = 7,
    /// HTTP gateways.
    Http = 8,
    /// rocketmq-client-go.
    Go = 9,
    /// PHP.
    Php = 10,
    /// OpenMessaging.
    Oms = 11,
    /// Rust.
    Rust = 12,
    /// Node.js.
    NodeJs = 13,
}

const ALL: [(Language, &str); 14] = [
    (Language::Java, "JAVA"),
    (Language::Cpp, "CPP"),
    (Language::DotNet, "DOTNET"),
    (Language::Python, "PYTHON"),
    (Language::Delphi, "DELPHI"),
    (Language::Erlang, "ERLANG"),
    (Language::Ruby, "RUBY"),
    (Language::Other, "OTHER"),
    (Language::Http, "HTTP"),
    (Language::Go, "GO"),
    (Language::Php, "PHP"),
    (Language::Oms, "OMS"),
    (Language::Rust, "RUST"),
    (Language::NodeJs, "NODE_JS"),
];

impl Language {
    /// The name in JSON headers and in the tools' lists.
    pub fn name(self) -> &'static str {
        ALL[usize::from(self.number())].1
    }

    /// The number in binary headers.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The language of a number; unknown numbers are read as Java, as a missing language is.
    pub fn from_number(number: u8) -> Self {
        ALL.get(usize::from(number))
            .map(|(language, _)| *language)
            .unwrap_or_default()
    }

    /// The language of a name or of its number written as text (some clients send the ordinal).
    pub fn from_text(text: &str) -> Self {
        match ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)) {
            Some((language, _)) => *language,
            None => text.parse().map(Self::from_number).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name_by_number_and_unknown() {
        for (language, name) in ALL {
            assert_eq!(Language::from_text(name), language);
            assert_eq!(Language::from_number(language.number()), language);
        }
        assert_eq!(Language::from_text("9"), Language::Go);
        assert_eq!(Language::from_text("COBOL"), Language::Java);
        assert_eq!(Language::from_number(200), Language::Java);
    }
}
