//! One line of a thread dump: what it is, without knowing what stood above it.
//!
//! ```text
//! "main" #1 prio=5 os_prio=0 cpu=413.36ms elapsed=78.90s tid=0x00007f02 nid=0x61d4 waiting on condition  [0x00007f02]
//!    java.lang.Thread.State: TIMED_WAITING (sleeping)
//!     at java.lang.Thread.sleep(java.base@17.0.15/Native Method)
//!     - waiting to lock <0x00000000f40ae278> (a java.lang.Object)
//! "http-exec-1" Id=22 cpuUsage=1.2% deltaTime=2ms time=9ms BLOCKED on java.lang.Object@5b owned by "other" Id=12     (arthas)
//! SendMessageThread_1                     TID: 44 STATE: RUNNABLE                                  (RocketMQ's own dump)
//! ```

use super::frames;

/// `java.lang.Thread.State`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Not told.
    #[default]
    Unknown,
    /// RUNNABLE
    Runnable,
    /// BLOCKED
    Blocked,
    /// WAITING
    Waiting,
    /// TIMED_WAITING
    TimedWaiting,
}

/// What a thread has to do with a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// `- waiting to lock`, `- blocked on`: wants a monitor.
    Wants,
    /// `- waiting on`, `- waiting to re-lock in wait()`: gave the monitor up in `Object.wait`.
    WaitsOn,
    /// `- parking to wait for`: a synchronizer of java.util.concurrent.
    Parks,
    /// `- locked`
    Monitor,
    /// Listed under `Locked ownable synchronizers`.
    Synchronizer,
    /// `- waiting on the Class initialization monitor for`
    WantsClass,
}

/// A lock line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lock<'a> {
    /// What the thread has to do with it.
    pub(super) hold: Hold,
    /// Identity: the address, or `Class@hash`. Empty when the JVM knows none.
    pub(super) id: &'a str,
    /// Its class.
    pub(super) class: &'a str,
    /// arthas `thread -b`: how many threads wait for it.
    pub(super) blocks: u32,
}

/// The first line of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Header<'a> {
    /// Thread name.
    pub(super) name: &'a str,
    /// What tells two threads of one name apart: tid, Id or number.
    pub(super) key: &'a str,
    /// State, if the header tells it.
    pub(super) state: State,
    /// `in Object.wait()`
    pub(super) in_wait: bool,
    /// Lock the header names (arthas, `ThreadInfo.toString`).
    pub(super) lock: Option<Lock<'a>>,
    /// Name of the thread that holds it.
    pub(super) owner: &'a str,
    /// arthas `thread -n`: share of a processor.
    pub(super) cpu_pct: Option<f64>,
    /// RocketMQ's own dump: frames repeat the name at the start of each line.
    pub(super) own_layout: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Line<'a> {
    /// A dump starts; the JVM's name and version if told.
    DumpStart(&'a str),
    /// A thread starts.
    Header(Header<'a>),
    /// `java.lang.Thread.State:`
    State(State),
    /// A frame, cleaned.
    Frame(&'a str),
    /// A lock line.
    Lock(Lock<'a>),
    /// `Locked ownable synchronizers:`, `Number of locked synchronizers = 1`
    Synchronizers,
    /// `Found one Java-level deadlock:`
    Deadlock,
    /// `"Thread-1":` of the deadlock section.
    Listed(&'a str),
    /// A wait or holder of the deadlock section.
    DeadlockEdge(&'a str),
    /// `Java stack information for the threads listed above`, `JNI global ref…`: no thread is open any more.
    Close,
    /// Nothing but blanks.
    Blank,
    /// Anything else.
    Other,
}

/// Markers that start a dump inside a log.
pub(super) const LOG_MARKERS: &[&str] = &["broker jstack", "jstack start", "#Consumer jstack#"];

/// Tells what a line is.
pub(super) fn classify(raw: &str) -> Line<'_> {
    let text = raw.trim_start_matches([' ', '\t', '>', '|']).trim_end();
    match text.as_bytes().first() {
        None => Line::Blank,
        Some(b'"') => quoted(text),
        Some(b'#') => numbered(text),
        Some(b'-') => lock_line(text).map_or(Line::Other, Line::Lock),
        Some(b'a') if text.starts_with("at ") => Line::Frame(frames::clean(text)),
        _ => plain(text),
    }
}

fn plain(text: &str) -> Line<'_> {
    if let Some(at) = text.find("Full thread dump") {
        return Line::DumpStart(text[at + "Full thread dump".len()..].trim());
    }
    if let Some(state) = text.strip_prefix("java.lang.Thread.State:") {
        return Line::State(read_state(state.trim_start()));
    }
    if text.starts_with("Locked ownable synchronizers") || text.starts_with("Number of locked synchronizers") {
        return Line::Synchronizers;
    }
    if text.starts_with("Found") && text.contains("Java-level deadlock") {
        return Line::Deadlock;
    }
    if text.starts_with("waiting to lock monitor")
        || text.starts_with("waiting for ownable synchronizer")
        || text.starts_with("which is held by")
    {
        return Line::DeadlockEdge(text);
    }
    if text.starts_with("Java stack information for the threads") || text.starts_with("JNI global ref") {
        return Line::Close;
    }
    if let Some(header) = own_header(text) {
        return Line::Header(header);
    }
    if LOG_MARKERS.iter().any(|marker| text.ends_with(marker)) {
        return Line::DumpStart("");
    }
    Line::Other
}

/// `SendMessageThread_1      TID: 44 STATE: RUNNABLE` of `UtilAll.jstack`.
fn own_header(text: &str) -> Option<Header<'_>> {
    let at = text.rfind("TID: ")?;
    let (id, state) = text[at + 5..].split_once(" STATE: ")?;
    let whole = !id.is_empty() && id.bytes().all(|c| c.is_ascii_digit());
    let state = read_state(state.trim());
    (whole && state != State::Unknown).then(|| Header {
        name: text[..at].trim(),
        key: id,
        state,
        own_layout: true,
        ..Header::default()
    })
}

/// `#22 "name" virtual` of `jcmd Thread.dump_to_file`; the log marker `#Consumer jstack#`.
fn numbered(text: &str) -> Line<'_> {
    if text.starts_with("#Consumer jstack#") {
        return Line::DumpStart("");
    }
    let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[1 + digits..].trim_start();
    if digits == 0 || !rest.starts_with('"') {
        return Line::Other;
    }
    let Some(end) = rest[1..].find('"') else {
        return Line::Other;
    };
    Line::Header(Header {
        name: &rest[1..=end],
        key: &text[1..=digits],
        state: rest[end + 2..]
            .split_whitespace()
            .map(read_state)
            .find(|s| *s != State::Unknown)
            .unwrap_or_default(),
        ..Header::default()
    })
}

/// A line that starts with a quoted name.
fn quoted(text: &str) -> Line<'_> {
    let Some(end) = text[1..].find('"').map(|at| at + 1) else {
        return Line::Other;
    };
    let (name, rest) = (&text[1..end], text[end + 1..].trim_end());
    if rest == ":" {
        return Line::Listed(name);
    }
    let marks = [
        " prio=",
        " tid=",
        " nid=",
        " Id=",
        " [Internal]",
        " daemon ",
        " os_prio=",
    ];
    let number = rest
        .strip_prefix(" #")
        .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    if !number && !marks.iter().any(|mark| rest.contains(mark)) {
        return Line::Other;
    }
    Line::Header(header(name, rest))
}

fn header<'a>(name: &'a str, rest: &'a str) -> Header<'a> {
    let value = |mark: &str| {
        rest.find(mark).map(|at| {
            let tail = &rest[at + mark.len()..];
            &tail[..tail.find(char::is_whitespace).unwrap_or(tail.len())]
        })
    };
    let mut header = Header {
        name,
        key: value(" tid=")
            .or_else(|| value(" Id="))
            .or_else(|| value(" #"))
            .unwrap_or(""),
        in_wait: rest.contains("in Object.wait()"),
        cpu_pct: value(" cpuUsage=").and_then(|v| v.trim_end_matches('%').parse().ok()),
        ..Header::default()
    };
    header.state = header_state(rest);
    if let Some((state, on)) = rest.split_once(" on ")
        && let Some(lock) = named_lock(on, state.ends_with("BLOCKED"))
    {
        header.lock = Some(lock);
        header.owner = on.split('"').nth(1).unwrap_or("");
    }
    header
}

fn header_state(rest: &str) -> State {
    let word = rest
        .split_whitespace()
        .map(read_state)
        .find(|state| *state != State::Unknown);
    word.unwrap_or_else(|| {
        if rest.contains("waiting for monitor entry") {
            State::Blocked
        } else if rest.contains("in Object.wait()") || rest.contains("waiting on condition") || rest.contains("parking")
        {
            State::Waiting
        } else if rest.contains("sleeping") {
            State::TimedWaiting
        } else if rest.contains("runnable") {
            State::Runnable
        } else {
            State::Unknown
        }
    })
}

fn read_state(text: &str) -> State {
    let word = text
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .next()
        .unwrap_or("");
    match word {
        "RUNNABLE" => State::Runnable,
        "BLOCKED" => State::Blocked,
        "WAITING" => State::Waiting,
        "TIMED_WAITING" => State::TimedWaiting,
        _ => State::Unknown,
    }
}

/// `java.lang.Object@5b1d` after `BLOCKED on` or `WAITING on`.
fn named_lock(on: &str, blocked: bool) -> Option<Lock<'_>> {
    let id = on.split_whitespace().next()?;
    let (class, _) = id.split_once('@')?;
    Some(Lock {
        hold: if blocked { Hold::Wants } else { Hold::Parks },
        id,
        class,
        blocks: 0,
    })
}

fn lock_line(text: &str) -> Option<Lock<'_>> {
    let text = text[1..].trim_start();
    const WORDS: &[(&str, Hold)] = &[
        ("waiting on the Class initialization monitor for", Hold::WantsClass),
        ("waiting to re-lock in wait()", Hold::WaitsOn),
        ("waiting to lock", Hold::Wants),
        ("waiting on", Hold::WaitsOn),
        ("blocked on", Hold::Wants),
        ("parking to wait for", Hold::Parks),
        ("locked", Hold::Monitor),
        ("<", Hold::Synchronizer),
    ];
    let (hold, rest) = WORDS.iter().find_map(|(word, hold)| {
        let rest = text.strip_prefix(word)?;
        Some((*hold, if *word == "<" { text } else { rest.trim_start() }))
    })?;
    Some(Lock {
        hold,
        ..lock_object(rest)
    })
}

/// `<0x00000000f40ae278> (a java.lang.Object)` or `java.lang.Object@5b1d <---- but blocks 4 other threads!`.
fn lock_object(text: &str) -> Lock<'_> {
    let mut lock = Lock {
        hold: Hold::Monitor,
        id: "",
        class: "",
        blocks: 0,
    };
    if let Some(inner) = text.strip_prefix('<') {
        let (id, rest) = inner.split_once('>').unwrap_or((inner, ""));
        lock.id = if id.contains(' ') { "" } else { id };
        let class = rest
            .trim()
            .trim_start_matches("(a ")
            .trim_start_matches("(an ")
            .trim_end_matches(')');
        // `(a java.lang.Class for com.acme.Settings)`
        lock.class = class;
    } else {
        lock.id = text.split_whitespace().next().unwrap_or("");
        lock.class = lock.id.split('@').next().unwrap_or("");
        if let Some((_, count)) = text.split_once("but blocks ") {
            lock.blocks = count.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        }
    }
    lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_makers() {
        let name_of = |line: &str| match classify(line) {
            Line::Header(h) => format!("{}|{}|{:?}", h.name, h.key, h.state),
            other => format!("{other:?}"),
        };
        for (line, expect) in [
            (
                "\"main\" prio=10 tid=0x08e nid=0x1a runnable [0x0]",
                "main|0x08e|Runnable",
            ),
            (
                "\"a b\" #1 daemon prio=5 os_prio=0 cpu=1ms elapsed=2s tid=0x7 nid=0x6 waiting for monitor entry  [0x0]",
                "a b|0x7|Blocked",
            ),
            (
                "\"v\" #12 [8192] daemon prio=5 os_prio=0 cpu=1ms tid=0x9 nid=8192 waiting on condition [0x0]",
                "v|0x9|Waiting",
            ),
            ("\"x_1@3109\" prio=5 tid=0x29 nid=NA runnable", "x_1@3109|0x29|Runnable"),
            (
                "\"h-1\" Id=22 cpuUsage=1.2% deltaTime=2ms time=9ms WAITING on a.B@5b",
                "h-1|22|Waiting",
            ),
            (
                "\"C1\" [Internal] cpuUsage=1.63% deltaTime=3ms time=1170ms",
                "C1||Unknown",
            ),
            (
                "SendMessageThread_1                     TID: 44 STATE: RUNNABLE",
                "SendMessageThread_1|44|Runnable",
            ),
            ("#22 \"worker\" virtual", "worker|22|Unknown"),
            ("\"key\": \"value\",", "Other"),
            ("\"Thread-1\":", "Listed(\"Thread-1\")"),
        ] {
            assert_eq!(name_of(line), expect);
        }
    }

    #[test]
    fn lock_lines() {
        let check = |line: &str, hold: Hold, id: &str, class: &str| {
            let Line::Lock(lock) = classify(line) else {
                panic!("{line}")
            };
            assert_eq!((lock.hold, lock.id, lock.class), (hold, id, class), "{line}");
        };
        check(
            "\t- waiting to lock <0xf4> (a java.lang.Object)",
            Hold::Wants,
            "0xf4",
            "java.lang.Object",
        );
        check(
            "\t- parking to wait for  <0xf4> (a a.B$C)",
            Hold::Parks,
            "0xf4",
            "a.B$C",
        );
        check("\t- waiting on <no object reference available>", Hold::WaitsOn, "", "");
        check(
            "\t- locked <0xf4> (a java.lang.Class for a.B)",
            Hold::Monitor,
            "0xf4",
            "java.lang.Class for a.B",
        );
        check("\t- <0xf4> (a a.B)", Hold::Synchronizer, "0xf4", "a.B");
        check(
            "    -  blocked on java.lang.Object@5b",
            Hold::Wants,
            "java.lang.Object@5b",
            "java.lang.Object",
        );
        let Line::Lock(lock) = classify("    -  locked java.lang.Object@72 <---- but blocks 4 other threads!") else {
            panic!()
        };
        assert_eq!(lock.blocks, 4);
        assert_eq!(classify("\t- None"), Line::Other);
    }
}
