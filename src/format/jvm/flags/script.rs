//! Start scripts of RocketMQ: `runbroker.sh`, `runserver.sh`, `tools.sh` of 4.x and 5.x, and what users made of them.
//!
//! ```text
//! if [ -z "$JAVA_MAJOR_VERSION" ] || [ "$JAVA_MAJOR_VERSION" -lt "9" ] ; then
//!   JAVA_OPT="${JAVA_OPT} -server -Xms4g -Xmx4g -Xmn2g -XX:MetaspaceSize=128m"
//! else
//!   JAVA_OPT="${JAVA_OPT} -server -Xms4g -Xmx4g -XX:MetaspaceSize=128m"
//! fi
//! ```
//!
//! Of two branches one counts. When the text tells the JDK only that branch is given; otherwise both are, each with the
//! condition in field `jdk` (`<9`, `>=9`).

use super::option::{self, VmOption};
use super::version;
use crate::model::Text;
use crate::model::jdk::{self, applies};

/// One option of a script.
#[derive(Debug)]
pub(super) struct ScriptOption<'a> {
    /// Index of its line.
    pub(super) line: usize,
    /// The option.
    pub(super) option: VmOption<'a>,
    /// Condition on the JDK's major version under which it holds; empty when it always does.
    pub(super) jdk: String,
}

/// Whether the text is (or holds) such a script.
pub(super) fn is_script(text: &Text<'_>) -> bool {
    text.lines().iter().any(|line| assigns(line))
}

fn assigns(line: &str) -> bool {
    let line = line.trim_start();
    let line = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .trim_start_matches("set ")
        .trim_start_matches('"');
    line.starts_with("JAVA_OPT=") || line.starts_with("JAVA_OPTS=") || line.starts_with("JAVA_OPT+=")
}

/// Options of the script, of options given twice under one condition the last.
pub(super) fn read<'a>(text: &Text<'a>) -> Vec<ScriptOption<'a>> {
    let mut found: Vec<ScriptOption<'a>> = Vec::new();
    // Conditions of the `if`s that are open; `None` for those that ask for something else than the JDK.
    let mut open: Vec<Option<Condition>> = Vec::new();
    for (at, line) in text.lines().iter().enumerate() {
        let code = line.trim_start();
        if code.starts_with('#') {
            continue;
        }
        follow(code, &mut open);
        if !assigns(code) && !code.starts_with("-X") {
            continue;
        }
        let jdk = open
            .iter()
            .rev()
            .flatten()
            .next()
            .map(Condition::show)
            .unwrap_or_default();
        for option in option::options(line) {
            found.retain(|earlier| earlier.option.flag != option.flag || earlier.jdk != jdk);
            found.push(ScriptOption {
                line: at,
                option,
                jdk: jdk.clone(),
            });
            if found.len() > 500 {
                return found;
            }
        }
    }
    if let Some(major) = known_jdk(text, &found) {
        found.retain(|option| applies(&option.jdk, major));
        for option in &mut found {
            option.jdk.clear();
        }
    }
    found
}

/// The JDK's major version, if the text itself tells it.
fn known_jdk(text: &Text<'_>, found: &[ScriptOption<'_>]) -> Option<u32> {
    let printed = text.lines().iter().find_map(|line| version::of_java_version(line));
    if let Some(major) = printed.and_then(jdk::major) {
        return Some(major);
    }
    // JDK 9 and later refuse to start with java.ext.dirs, so a script in use that sets it (4.x up to 4.9.2) runs on 8.
    let old = found
        .iter()
        .any(|o| o.option.flag == "-Djava.ext.dirs" && o.jdk.is_empty());
    old.then_some(8)
}

#[derive(Debug, Clone, Copy)]
struct Condition {
    below: bool,
    limit: u32,
}

impl Condition {
    fn show(&self) -> String {
        format!("{}{}", if self.below { "<" } else { ">=" }, self.limit)
    }
}

fn follow(code: &str, open: &mut Vec<Option<Condition>>) {
    let word = code
        .split(|c: char| c.is_whitespace() || c == ';' || c == '[')
        .next()
        .unwrap_or("");
    match word {
        "if" if open.len() < 64 && !code.trim_end().ends_with("fi") => open.push(condition(code)),
        "elif" => {
            if let Some(last) = open.last_mut() {
                *last = condition(code);
            }
        }
        "else" => {
            if let Some(Some(last)) = open.last_mut() {
                last.below = !last.below;
            }
        }
        "fi" => {
            open.pop();
        }
        _ => {}
    }
}

/// `[ "$JAVA_MAJOR_VERSION" -lt "9" ]`
fn condition(code: &str) -> Option<Condition> {
    if !code.contains("VERSION") {
        return None;
    }
    let number = |at: usize| {
        let tail = code[at..].trim_start().trim_start_matches('"');
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        tail[..end].parse::<u32>().ok()
    };
    for (word, below, plus) in [("-lt", true, 0), ("-le", true, 1), ("-ge", false, 0), ("-gt", false, 1)] {
        if let Some(limit) = code.find(word).and_then(|at| number(at + word.len())) {
            return Some(Condition {
                below,
                limit: limit.saturating_add(plus),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    const SCRIPT: &str = "choose_gc_options()\n{\n    if [ -z \"$JAVA_MAJOR_VERSION\" ] || [ \"$JAVA_MAJOR_VERSION\" -lt \"9\" ] ; then\n      JAVA_OPT=\"${JAVA_OPT} -Xmx4g -Xmn2g\"\n    else\n      JAVA_OPT=\"${JAVA_OPT} -Xmx6g\"\n    fi\n}\n#JAVA_OPT=\"${JAVA_OPT} -Xdebug\"\nJAVA_OPT=\"${JAVA_OPT} -XX:+AlwaysPreTouch\"\n";

    fn show(body: &str) -> Vec<String> {
        read(&Text::new(SourceId(0), "runserver.sh", body))
            .iter()
            .map(|o| format!("{}{}", o.option.raw, o.jdk))
            .collect()
    }

    #[test]
    fn branches() {
        assert_eq!(
            show(SCRIPT),
            ["-Xmx4g<9", "-Xmn2g<9", "-Xmx6g>=9", "-XX:+AlwaysPreTouch"]
        );
        let with_version = format!("openjdk version \"17.0.1\" 2021\n{SCRIPT}");
        assert_eq!(show(&with_version), ["-Xmx6g", "-XX:+AlwaysPreTouch"]);
    }
}
