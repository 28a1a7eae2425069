//! What the place we write to can show: colours, symbols, columns, language. Asked once per run.

use crate::model::Lang;
use clap::ValueEnum;
use std::ffi::OsString;
use std::io::IsTerminal;

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR or TERM=dumb say otherwise.
    Auto,
    /// Even into files and pipes.
    Always,
    /// Never.
    Never,
}

/// Columns of a report that does not go to a terminal.
const WIDTH_ELSEWHERE: usize = 80;

/// Looks up an environment variable; a function, so that tests need not touch the real environment.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Whether to colour, decided in this order: the option, NO_COLOR, CLICOLOR_FORCE or FORCE_COLOR, TERM, the terminal.
pub(super) fn wants_color(choice: ColorChoice, terminal: bool, env: Lookup<'_>) -> bool {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| env(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        ColorChoice::Auto if env("TERM").is_some_and(|term| term == "dumb") => false,
        ColorChoice::Auto => terminal,
    }
}

/// The first of these variables that is set, as POSIX orders them.
fn locale(names: [&str; 3], env: Lookup<'_>) -> String {
    let values = names.into_iter().filter_map(env);
    let mut set = values.filter(|value| !value.is_empty());
    set.next().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

/// Whether the locale's characters are UTF-8; otherwise symbols stay ASCII.
pub(super) fn speaks_utf8(env: Lookup<'_>) -> bool {
    let locale = locale(["LC_ALL", "LC_CTYPE", "LANG"], env);
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The language of messages in this locale.
pub(super) fn language(env: Lookup<'_>) -> Lang {
    match locale(["LC_ALL", "LC_MESSAGES", "LANG"], env).starts_with("zh") {
        true => Lang::Zh,
        false => Lang::En,
    }
}

/// Columns of standard output: those of the terminal within reason, 80 elsewhere. A pipe mostly ends on the terminal of
/// standard error (`| less -R`, `| head`), so it takes that one's width; a file does not.
pub(super) fn columns() -> usize {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let size = if stdout.is_terminal() {
        rustix::termios::tcgetwinsize(&stdout)
    } else if is_pipe(&stdout) && stderr.is_terminal() {
        rustix::termios::tcgetwinsize(&stderr)
    } else {
        return WIDTH_ELSEWHERE;
    };
    size.map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH_ELSEWHERE)
        .clamp(40, 160)
}

fn is_pipe(stdout: &std::io::Stdout) -> bool {
    use rustix::fs::{FileType, fstat};
    fstat(stdout).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    #[test]
    fn colour_is_decided_in_order() {
        type Row<'a> = (ColorChoice, bool, &'a [(&'a str, &'a str)], bool);
        let rows: [Row<'_>; 9] = [
            (ColorChoice::Auto, true, &[], true),
            (ColorChoice::Auto, false, &[], false),
            (ColorChoice::Always, false, &[("NO_COLOR", "1")], true),
            (ColorChoice::Never, true, &[("FORCE_COLOR", "1")], false),
            (ColorChoice::Auto, true, &[("NO_COLOR", "0")], false),
            (ColorChoice::Auto, true, &[("NO_COLOR", "")], true),
            (ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (ColorChoice::Auto, false, &[("FORCE_COLOR", "0")], false),
            (ColorChoice::Auto, true, &[("TERM", "dumb")], false),
        ];
        for (choice, terminal, set, want) in rows {
            assert_eq!(
                wants_color(choice, terminal, &env(set)),
                want,
                "{choice:?} {terminal} {set:?}"
            );
        }
    }

    #[test]
    fn language_and_charset_follow_the_locale() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Lang, bool);
        let rows: [Row<'_>; 5] = [
            (&[], Lang::En, false),
            (&[("LANG", "zh_CN.UTF-8")], Lang::Zh, true),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], Lang::En, false),
            (&[("LANG", "en_US.utf8"), ("LC_MESSAGES", "zh_CN")], Lang::Zh, true),
            (&[("LANG", "zh_CN.GBK")], Lang::Zh, false),
        ];
        for (set, lang, utf8) in rows {
            assert_eq!((language(&env(set)), speaks_utf8(&env(set))), (lang, utf8), "{set:?}");
        }
    }
}
