//! How soon a file of five lines is answered: a start with all rules, beside `rg` and `grep` on the same file, run in turn.
//!
//! ```text
//! cargo bench --bench startup -- [--runs N]
//! ```
//!
//! What is aimed at: 40 ms for the answer, so that nobody thinks twice before asking.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const FIVE_LINES: &str = "\
2024-05-01 16:02:10 INFO main - The broker[broker-a, 10.0.0.3:10911] boot success. serializeType=JSON
2024-05-01 16:02:11 INFO ClientManageThread_1 - new consumer connected, group: orders CONSUME_PASSIVELY CLUSTERING
2024-05-01 16:02:12 WARN SendMessageThread_1 - [TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while
2024-05-01 16:02:13 ERROR SendMessageThread_2 - [REJECTREQUEST]system busy, start flow control for a while
2024-05-01 16:02:14 WARN FlushRealTimeService - [NOTIFYME]putMessage in lock cost time(ms)=1500, bodyLength=300
";

const CONF: &str =
    "brokerClusterName=orders\nbrokerName=broker-a\nbrokerId=0\nbrokerRole=SYNC_MASTR\nlistenPort=10911\n";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|arg| arg == "--runs");
    let runs = at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(30);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("the target folder is writable");
    let (log, conf) = (folder.join("five.log"), folder.join("broker.conf"));
    fs::write(&log, FIVE_LINES).expect("the target folder is writable");
    fs::write(&conf, CONF).expect("the target folder is writable");
    let ours = env!("CARGO_BIN_EXE_rmqdoc");
    let mut commands = [
        ("rmqdoc analyze five.log", command(ours, &["analyze", "--quiet"], &log)),
        ("rmqdoc lint broker.conf", command(ours, &["lint", "--quiet"], &conf)),
        ("rg -c ERROR five.log", command("rg", &["-c", "ERROR"], &log)),
        ("grep -c ERROR five.log", command("grep", &["-c", "ERROR"], &log)),
    ];
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..=runs {
        for ((_, command), times) in commands.iter_mut().zip(&mut times) {
            times.extend(milliseconds(command));
        }
    }
    println!("milliseconds, {runs} runs in turn        least   median");
    for ((name, _), times) in commands.iter().zip(times) {
        match figures(times) {
            Some((least, median)) => println!("{name:32} {least:8.1} {median:8.1}"),
            None => println!("{name:32} not on this machine"),
        }
    }
}

fn command(program: &str, args: &[&str], file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn milliseconds(command: &mut Command) -> Option<f64> {
    let start = Instant::now();
    command.status().ok()?;
    Some(start.elapsed().as_secs_f64() * 1000.0)
}

/// Least and median; the first run, which warmed the page cache, is left out.
fn figures(mut times: Vec<f64>) -> Option<(f64, f64)> {
    times.get(1)?;
    times.remove(0);
    times.sort_by(f64::total_cmp);
    Some((times[0], times[times.len() / 2]))
}
