//! Crash files of the JVM (`hs_err_pid<pid>.log`), whole, cut, or only their headline as stdout repeats it.
//!
//! ```text
//! # There is insufficient memory for the Java Runtime Environment to continue.
//! # Native memory allocation (mmap) failed to map 64424509440 bytes. Error detail: committing reserved memory.
//! #  Out of Memory Error (os_linux.cpp:2832), pid=2614, tid=2615
//! #
//! #  SIGSEGV (0xb) at pc=0x00007f2b, pid=1, tid=2
//! # Problematic frame:
//! # C  [librocksdbjni.so+0x3a1b]  rocksdb::DBImpl::Get+0x1b
//! ```
//!
//! Options of its command line are read by `flags`.

use super::version;
use crate::format::{Format, Sink};
use crate::model::moment::civil_ms;
use crate::model::stamp;
use crate::model::{Event, Moment, Text};

/// Crash files.
pub const FORMAT: Format = Format {
    name: "hs_err",
    score,
    parse,
};

const NO_MEMORY: &str = "There is insufficient memory for the Java Runtime Environment to continue";
const FATAL: &str = "A fatal error has been detected by the Java Runtime Environment";

/// A file tells one death; a console may tell several.
const CRASHES_MAX: usize = 20;

fn score(text: &Text<'_>) -> u8 {
    let told = text
        .lines()
        .iter()
        .any(|line| line.contains(NO_MEMORY) || line.contains(FATAL));
    let body = text
        .lines()
        .iter()
        .any(|line| line.contains("S U M M A R Y") || line.starts_with("jvm_args:"));
    match (told, body) {
        (true, true) => 95,
        (true, false) => 60,
        _ => 0,
    }
}

fn parse(text: &Text<'_>, out: &mut dyn Sink) {
    let lines = text.lines();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].contains(NO_MEMORY) || lines[*at].contains(FATAL))
        .take(CRASHES_MAX)
        .collect();
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(lines.len());
        let mut crash = Crash::default();
        for at in *start..end {
            crash.line(at, bare(lines[at]), lines);
        }
        crash.tell(text, *start, out);
    }
}

/// A line without the `#` of the headline.
fn bare(line: &str) -> &str {
    line.trim_start_matches(['#', ' ', '\t']).trim_end()
}

/// What a crash file says.
#[derive(Debug, Default)]
struct Crash<'a> {
    out_of_memory: bool,
    signal: Option<&'a str>,
    what: Option<(usize, String)>,
    bytes: Option<f64>,
    frame: Option<(usize, &'a str)>,
    thread: Option<&'a str>,
    at: Option<Moment>,
    utc: bool,
    elapsed_s: Option<f64>,
    process: Option<&'static str>,
    max_map_count: Option<(usize, f64)>,
    maps: u32,
    in_maps: bool,
    maps_from: usize,
    oom_count: Option<(usize, f64)>,
    map_failed: u32,
    memory: Option<(usize, [f64; 4])>,
    cpus: Option<(usize, f64)>,
    jdk: Option<(usize, String)>,
    limits: Option<(usize, &'a str)>,
}

impl<'a> Crash<'a> {
    fn line(&mut self, at: usize, line: &'a str, lines: &[&'a str]) {
        self.headline(at, line, lines);
        self.maps(at, line);
        if self.thread.is_none() && line.starts_with("Current thread") {
            self.thread = line.split('"').nth(1);
        }
        if let Some(rest) = line.strip_prefix("java_command:") {
            self.process = Some(process(rest));
        }
        self.time(line);
        self.machine(at, line, lines);
        if line.contains("java/lang/OutOfMemoryError") || line.starts_with("OutOfMemoryError ") {
            let count = line.rsplit_once('=').and_then(|(_, n)| n.trim().parse().ok());
            let before = self.oom_count.map_or(0.0, |(_, n)| n);
            let first = self.oom_count.map_or(at, |(line, _)| line);
            self.oom_count = Some((first, before + count.unwrap_or(1.0)));
        }
        if line.contains("Map failed") {
            self.map_failed += 1;
        }
    }

    fn headline(&mut self, at: usize, line: &'a str, lines: &[&'a str]) {
        if line.contains(NO_MEMORY) {
            self.out_of_memory = true;
        }
        if line.starts_with("Native memory allocation") && self.bytes.is_none() {
            self.bytes = number_before(line, " bytes");
            self.what = Some((at, line.to_string()));
        }
        if self.signal.is_none() && self.what.is_none() {
            let word = line.split([' ', '(']).next().unwrap_or("");
            let windows = line.starts_with("EXCEPTION_");
            if (word.starts_with("SIG") || windows) && line.contains("at pc=") {
                self.signal = Some(word);
                self.what = Some((at, line.split(" at pc=").next().unwrap_or(line).to_string()));
            } else if line.starts_with("Internal Error") || line.starts_with("Out of Memory Error") {
                let detail = lines.get(at + 1).map_or("", |next| bare(next));
                self.what = Some((
                    at,
                    format!("{} {detail}", line.split(", pid=").next().unwrap_or(line))
                        .trim()
                        .to_string(),
                ));
            }
        }
        if self.frame.is_none() && line.starts_with("Problematic frame:") {
            self.frame = lines.get(at + 1).map(|next| (at + 1, bare(next)));
        }
        if self.jdk.is_none()
            && (line.starts_with("JRE version:") || line.starts_with("vm_info:") || line.starts_with("Java VM:"))
        {
            self.jdk = jdk(line).map(|version| (at, version));
        }
    }

    /// Lines of `Dynamic libraries:` are the process's memory maps; `vm.max_map_count` limits them.
    fn maps(&mut self, at: usize, line: &str) {
        if line.starts_with("Dynamic libraries:") {
            self.in_maps = true;
            self.maps_from = at;
        } else if self.in_maps {
            let is_map = line.split(' ').next().is_some_and(|range| {
                range.split_once('-').is_some_and(|(from, to)| {
                    from.len() >= 8 && from.bytes().chain(to.bytes()).all(|c| c.is_ascii_hexdigit())
                })
            });
            if is_map {
                self.maps += 1;
            } else if !line.is_empty() {
                self.in_maps = false;
            }
        }
    }

    fn time(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("Time: ").or_else(|| line.strip_prefix("time: ")) {
            if self.at.is_none() {
                self.at = c_time(rest);
            }
            self.utc |= rest.contains(" UTC") || rest.contains(" GMT");
        }
        if let Some(rest) = line.strip_prefix("timezone: ") {
            self.utc |= rest.starts_with("UTC") || rest.starts_with("GMT");
        }
        if let Some((_, rest)) = line.split_once("elapsed time: ") {
            self.elapsed_s = self.elapsed_s.or_else(|| rest.split(' ').next()?.parse().ok());
        }
    }

    fn machine(&mut self, at: usize, line: &'a str, lines: &[&'a str]) {
        if line.starts_with("/proc/sys/vm/max_map_count") {
            let same = line.rsplit([':', ' ']).next().and_then(|n| n.parse().ok());
            let value = same.or_else(|| lines.get(at + 1)?.trim().parse().ok());
            self.max_map_count = value.map(|n| (at, n));
        }
        if let Some(rest) = line.strip_prefix("Memory: ") {
            let number = |word: &str| rest.find(word).and_then(|from| leading(&rest[from + word.len()..]));
            let free = |word: &str| {
                let tail = &rest[rest.find(word)?..];
                leading(&tail[tail.find('(')? + 1..])
            };
            if let (Some(total), Some(free_kb)) = (number("physical "), free("physical ")) {
                let swap = (number("swap ").unwrap_or(0.0), free("swap ").unwrap_or(0.0));
                self.memory = Some((at, [total, free_kb, swap.0, swap.1]));
            }
        }
        if self.cpus.is_none() && (line.starts_with("Host: ") || line.starts_with("CPU:") || line.starts_with("CPU: "))
        {
            let count =
                number_before(line, " cores").or_else(|| line.split_once("total ").and_then(|(_, n)| leading(n)));
            self.cpus = count.map(|n| (at, n));
        }
        if line.starts_with("rlimit") {
            self.limits = Some((at, line));
        }
    }

    fn tell(&self, text: &Text<'_>, start: usize, out: &mut dyn Sink) {
        let at = self.at.map(|at| if self.utc { Moment::utc(at.ms) } else { at });
        let (proof, what) = match &self.what {
            Some((line, what)) => (*line, what.clone()),
            None => (start, bare(text.lines()[start]).to_string()),
        };
        let mut span = text.span(start);
        span.end = text.span(proof.max(start)).line;
        let mut event = Event::new("jvm.crash", span, text.lines()[proof])
            .at(at)
            .with("what", what.as_str());
        for (name, value) in [
            ("signal", self.signal),
            ("frame", self.frame.map(|(_, f)| f)),
            ("thread", self.thread),
            ("process", self.process),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                event = event.with(name, value);
            }
        }
        let maps = (self.maps > 0).then_some(f64::from(self.maps));
        let failed = (self.map_failed > 0).then_some(f64::from(self.map_failed));
        let limit = self.max_map_count.map(|(_, n)| n);
        for (name, value) in [
            ("bytes", self.bytes),
            ("uptime_s", self.elapsed_s),
            ("maps", maps),
            ("max_map_count", limit),
            ("map_failed", failed),
        ] {
            if let Some(value) = value {
                event = event.with(name, value);
            }
        }
        out.event(event);
        if self.out_of_memory {
            out.event(
                Event::new("jvm.oom", span, text.lines()[proof])
                    .at(at)
                    .with("what", what),
            );
        } else if let Some((line, count)) = self.oom_count {
            out.event(Event::new("jvm.oom", text.span(line), text.lines()[line]).at(at).with(
                "what",
                format!("OutOfMemoryError thrown {count} times before the crash"),
            ));
        }
        self.tell_machine(text, at, out);
    }

    fn tell_machine(&self, text: &Text<'_>, at: Option<Moment>, out: &mut dyn Sink) {
        let event = |kind: &str, line: usize| Event::new(kind, text.span(line), text.lines()[line]).at(at);
        if let Some((line, version)) = &self.jdk {
            out.event(
                event("version", *line)
                    .with("component", "jdk")
                    .with("version", version.as_str()),
            );
        }
        if let Some((line, n)) = self.cpus {
            out.event(event("env", line).with("what", "cpus").with("value", n));
        }
        if let Some((line, [total, free, swap, swap_free])) = self.memory {
            out.event(
                event("env", line)
                    .with("what", "ram_bytes")
                    .with("value", total * 1024.0),
            );
            out.event(
                event("mem.sample", line)
                    .with("total_mb", (total / 1024.0).round())
                    .with("free_mb", (free / 1024.0).round())
                    .with("swap_total_mb", (swap / 1024.0).round())
                    .with("swap_used_mb", ((swap - swap_free) / 1024.0).round()),
            );
        }
        if let Some((line, n)) = self.max_map_count {
            out.event(
                event("sysctl", line)
                    .with("key", "vm.max_map_count")
                    .with("value", n)
                    .with("form", "live"),
            );
        }
        if let Some((line, limits)) = self.limits {
            for (name, what) in [("NOFILE ", "nofile"), ("NPROC ", "nproc"), ("AS ", "as")] {
                let Some((soft, hard)) = limits.find(name).and_then(|from| rlimit(&limits[from + name.len()..])) else {
                    continue;
                };
                out.event(
                    event("limit", line)
                        .with("what", what)
                        .with("soft", soft)
                        .with("hard", hard)
                        .with("form", "live"),
                );
            }
        }
    }
}

/// `20000/20000`, `8192k/infinity`, or before JDK 11 `20000` alone.
fn rlimit(text: &str) -> Option<(f64, f64)> {
    const UNLIMITED: f64 = 1e18;
    let word = text.split([' ', ',']).next()?;
    let read = |part: &str| {
        if part == "infinity" {
            Some(UNLIMITED)
        } else {
            leading(part)
        }
    };
    let (soft, hard) = word.split_once('/').unwrap_or((word, word));
    Some((read(soft)?, read(hard)?))
}

/// The number that a text starts with.
fn leading(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// The number that stands before a word.
fn number_before(line: &str, word: &str) -> Option<f64> {
    let head = &line[..line.find(word)?];
    let from = head
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
    head[from..].parse().ok()
}

fn process(command: &str) -> &'static str {
    for (class, process) in [
        ("BrokerStartup", "broker"),
        ("NamesrvStartup", "namesrv"),
        ("ProxyStartup", "proxy"),
        ("ControllerStartup", "controller"),
    ] {
        if command.contains(class) {
            return process;
        }
    }
    if command.contains("MQAdminStartup") {
        "tools"
    } else {
        "client"
    }
}

/// `JRE version: OpenJDK Runtime Environment (17.0.15+6) (build …)`, `(8.0_221-b11)`.
fn jdk(line: &str) -> Option<String> {
    if line.starts_with("Java VM:") || line.starts_with("vm_info:") {
        let banner = line.find("VM (").map(|at| &line[at..])?;
        return version::of_vm_banner(banner);
    }
    line.split('(').skip(1).find_map(|part| {
        let word = part.trim_start_matches("build ").split([')', ' ', ',']).next()?;
        let word = word.split(['+', '-']).next()?;
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        Some(match word.strip_prefix("8.0_") {
            Some(update) => format!("1.8.0_{update}"),
            None => word.to_string(),
        })
    })
}

/// `Tue Nov 24 09:58:30 2026`
fn c_time(text: &str) -> Option<Moment> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    if let Some(stamp) = stamp::stamp(text) {
        return Some(stamp.local());
    }
    let mut words = text.split_whitespace().skip(1);
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u32 + 1;
    let day = words.next()?.parse::<u32>().ok().filter(|day| (1..=31).contains(day))?;
    let mut clock = words
        .next()?
        .split(':')
        .map(|part| part.parse::<u32>().ok().filter(|n| *n < 61));
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let year = words
        .next()?
        .parse::<i64>()
        .ok()
        .filter(|year| (1990..2200).contains(year))?;
    Some(Moment::local(civil_ms(year, month, day, hour, minute, second, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing;

    #[test]
    fn samples() {
        testing::check_samples(&FORMAT);
        testing::never_panics(&FORMAT);
    }

    #[test]
    fn small_parts() {
        assert_eq!(c_time("Thu Jan  1 00:00:01 1970 UTC"), None);
        assert_eq!(c_time("Sat Jan  1 00:00:01 2000 UTC").unwrap().ms, 946_684_801_000);
        assert_eq!(
            jdk("JRE version:  (8.0_221-b11) (build )").as_deref(),
            Some("1.8.0_221")
        );
        assert_eq!(
            jdk("JRE version: OpenJDK Runtime Environment (17.0.15+6) (build 17.0.15+6)").as_deref(),
            Some("17.0.15")
        );
        assert_eq!(number_before("failed to map 644 bytes.", " bytes"), Some(644.0));
        assert_eq!(rlimit("20000/infinity ,"), Some((20000.0, 1e18)));
    }
}
