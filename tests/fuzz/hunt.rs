//! Runs one target over many cases and judges each: no panic, no hang, no more memory than a small multiple of the input.

use super::HEAP;
use super::random::Random;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Processor time for each started `UNIT_BYTES` of a case, without and with optimisation.
const TIME_PER_UNIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 250 });
const UNIT_BYTES: usize = 100 << 10;
/// A case that is not through after this time will never be.
const HANG: Duration = Duration::from_secs(120);
/// Memory of a case: this much, and so many times its size.
const MEMORY: usize = 64 << 20;
const MEMORY_PER_BYTE: usize = 64;
/// Kinds of failure after which a target has shown enough.
const ENOUGH: usize = 20;

/// One target at a time: time and memory are those of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Makes cases and runs them until the time is over.
pub(crate) fn hunt(target: &str, make: impl Fn(&mut Random) -> Vec<u8>, run: impl Fn(&[u8], &mut Random)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = setting("RMQDOC_FUZZ_SEED").unwrap_or(1);
    let only = setting("RMQDOC_FUZZ_CASE");
    let time = Duration::from_secs(setting("RMQDOC_FUZZ_SECONDS").unwrap_or(2));
    let watch = Watch::start(target, seed);
    let start = Instant::now();
    let mut failures: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    let mut worst = Worst::default();
    let mut case = only.unwrap_or(0);
    while failures.len() < ENOUGH && (start.elapsed() < time || only.is_some()) {
        let mut random = Random::of_case(seed, target, case);
        let bytes = make(&mut random);
        watch.began(case, start.elapsed());
        if let Some(what) = judge(case, &bytes, &mut worst, |bytes| run(bytes, &mut random)) {
            let known = failures.entry(what).or_insert((case, 0));
            known.1 += 1;
            if known.1 == 1 {
                keep(target, case, &bytes);
            }
        }
        watch.ended();
        case += 1;
        if only.is_some() {
            break;
        }
    }
    let seconds = start.elapsed().as_secs();
    eprintln!(
        "{target}: seed {seed}, {case} cases in {seconds} s, {} failures; slowest {:?} for {} bytes (case {}), most memory {} MiB",
        failures.len(),
        worst.time,
        worst.time_bytes,
        worst.time_case,
        worst.memory >> 20,
    );
    let told: Vec<String> = failures
        .iter()
        .map(|(what, (case, times))| format!("case {case} (and {} more): {what}", times - 1))
        .collect();
    assert!(told.is_empty(), "{target}, seed {seed}:\n{}", told.join("\n"));
}

/// What was measured, for the summary.
#[derive(Debug, Default)]
struct Worst {
    time: Duration,
    time_bytes: usize,
    time_case: u64,
    memory: usize,
}

/// Runs one case; tells what is wrong with it.
fn judge(case: u64, bytes: &[u8], worst: &mut Worst, run: impl FnOnce(&[u8])) -> Option<String> {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let start = processor_time();
    let end = catch_unwind(AssertUnwindSafe(|| run(bytes)));
    let time = processor_time().saturating_sub(start);
    let memory = HEAP.peak_usage().saturating_sub(before);
    if time > worst.time {
        (worst.time, worst.time_bytes, worst.time_case) = (time, bytes.len(), case);
    }
    worst.memory = worst.memory.max(memory);
    if let Err(panic) = end {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        return Some(format!("panic: {}", first_chars(&text.unwrap_or_default())));
    }
    if time > TIME_PER_UNIT * (bytes.len() / UNIT_BYTES + 1) as u32 {
        return Some("too slow".to_owned());
    }
    (memory > MEMORY + MEMORY_PER_BYTE * bytes.len()).then(|| "too much memory".to_owned())
}

/// Messages of one cause differ in the numbers they end with.
fn first_chars(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).take(160).collect()
}

/// Time that the processors gave to this process: other load on the machine does not count.
fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn keep(target: &str, case: u64, bytes: &[u8]) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    let _ = std::fs::create_dir_all(&folder);
    let _ = std::fs::write(folder.join(format!("{target}-{case}")), bytes);
}

/// Ends the process when a case does not end.
struct Watch {
    case: Arc<AtomicU64>,
    /// When it began, in milliseconds since the start of the hunt, plus one; 0 between cases.
    began: Arc<AtomicU64>,
}

impl Watch {
    fn start(target: &str, seed: u64) -> Self {
        let watch = Self {
            case: Arc::default(),
            began: Arc::default(),
        };
        let (case, began, target) = (Arc::downgrade(&watch.case), Arc::clone(&watch.began), target.to_owned());
        let start = Instant::now();
        std::thread::spawn(move || {
            // The hunt is over when nobody else holds the number of its case.
            while let Some(case) = case.upgrade() {
                let began = began.load(Ordering::Relaxed);
                if began > 0 && start.elapsed() > Duration::from_millis(began) + HANG {
                    let case = case.load(Ordering::Relaxed);
                    eprintln!("{target}, seed {seed}: case {case} does not end");
                    std::process::exit(101);
                }
                drop(case);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        watch
    }

    fn began(&self, case: u64, since_start: Duration) {
        self.case.store(case, Ordering::Relaxed);
        self.began.store(since_start.as_millis() as u64 + 1, Ordering::Relaxed);
    }

    fn ended(&self) {
        self.began.store(0, Ordering::Relaxed);
    }
}
