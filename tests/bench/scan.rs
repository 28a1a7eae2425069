//! How fast a bundle is read, beside `wc -l` and `rg -F` with all literals of the rules, in the same run.
//!
//! ```text
//! cargo bench --bench scan -- [--gib N] [--storm] [--runs N]
//! ```
//!
//! Corpus one is what a busy cluster writes: broker, store, stats, watermark, remoting and client logs, about 5 % WARN and
//! 0.2 % ERROR with stack traces, and hidden in it the proof of every rule (`samples/rules/*/fires`). Corpus two is a
//! storm: 60 % ERROR with stack traces. Corpora stand in `target/bench` and are made once.

use rmqdoc::diagnose::{self, Request};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

struct Options {
    gib: f64,
    storm: bool,
    runs: usize,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        args.iter()
            .position(|a| a == name)
            .and_then(|at| args.get(at + 1)?.parse::<f64>().ok())
    };
    let options = Options {
        gib: value("--gib").unwrap_or(2.0),
        storm: args.iter().any(|a| a == "--storm"),
        runs: value("--runs").unwrap_or(5.0) as usize,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kind = if options.storm { "storm" } else { "busy" };
    let corpus = root.join(format!("target/bench/{kind}-{}", options.gib));
    if !corpus.join("made").exists() {
        make(root, &corpus, &options);
    }
    let files = files(&corpus);
    let bytes: u64 = files.iter().map(|f| f.metadata().map_or(0, |m| m.len())).sum();
    let literals = corpus.with_extension("literals");
    fs::write(&literals, literal_list()).expect("the target folder is writable");
    println!("corpus {kind}: {:.2} GB in {} files", bytes as f64 / 1e9, files.len());
    let ours = env!("CARGO_BIN_EXE_rmqdoc");
    let mut analyze = Command::new(ours);
    analyze
        .args(["analyze", "--quiet", "--fail-on", "never", "--format", "json"])
        .arg(&corpus);
    let mut wc = Command::new("wc");
    wc.arg("-l").args(&files);
    let mut rg = Command::new("rg");
    rg.args(["-c", "-F", "-a", "-j", "2", "-f"]).arg(&literals).args(&files);
    let mut figures = Vec::new();
    for (name, command) in [
        ("rmqdoc analyze", &mut analyze),
        ("wc -l", &mut wc),
        ("rg -c -F -f literals", &mut rg),
    ] {
        match median(command, options.runs) {
            Some(seconds) => {
                println!("{name:22} {seconds:7.3} s  {:6.2} GB/s", bytes as f64 / 1e9 / seconds);
                figures.push(seconds);
            }
            None => println!("{name:22} not on this machine"),
        }
    }
    if let [ours, _, rg] = figures[..] {
        println!("rmqdoc is {:.1} times as fast as rg", rg / ours);
    }
    if !options.storm {
        needles(root, &corpus);
    }
}

fn median(command: &mut Command, runs: usize) -> Option<f64> {
    let mut times = Vec::new();
    for _ in 0..=runs {
        let start = Instant::now();
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        times.push(start.elapsed().as_secs_f64());
    }
    // The first run warms the page cache.
    times.remove(0);
    times.sort_by(f64::total_cmp);
    Some(times[times.len() / 2])
}

fn literal_list() -> String {
    let book = diagnose::rulebook(&[]).expect("the embedded rules load");
    book.literals.texts.join("\n")
}

/// Every rule must have evidence for it in the corpus.
fn needles(root: &Path, corpus: &Path) {
    let request = Request {
        paths: vec![corpus.to_path_buf()],
        ..Request::default()
    };
    let d = diagnose::run(&request, &mut ()).expect("the corpus can be read");
    let found: BTreeSet<&str> = d.considered.iter().map(String::as_str).collect();
    let rules = folders(&root.join("samples/rules"));
    let missing: Vec<String> = rules
        .iter()
        .map(|r| {
            r.file_name()
                .expect("a folder has a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|r| !found.contains(r.as_str()))
        .collect();
    println!(
        "needles: {} of {} rules found{}",
        rules.len() - missing.len(),
        rules.len(),
        match missing.len() {
            0 => String::new(),
            _ => format!("; missing {}", missing.join(" ")),
        }
    );
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut list: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    list.retain(|p| p.is_dir());
    list.sort();
    list
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            out.extend(files(&path))
        } else {
            out.push(path)
        }
    }
    out.sort();
    out
}

/// A small generator of numbers: the corpus is the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What the logs of one process look like: name, share of the corpus, messages by level. `#` is a number, `@` an address.
struct Log {
    name: &'static str,
    share: f64,
    info: &'static [&'static str],
    warn: &'static [&'static str],
    error: &'static [&'static str],
}

const LOGS: &[Log] = &[
    Log {
        name: "broker",
        share: 0.30,
        info: &[
            "INFO AdminBrokerThread_# - deleteSubscriptionGroup called by @",
            "INFO PullMessageThread_# - the broker store no queue data, fix the request offset # to # for topic: order-topic-# queueId: # consumer group: order-group-#",
            "INFO ClientManageThread_# - new consumer connected, group: order-group-# CONSUME_PASSIVELY CLUSTERING channel: ClientChannelInfo [channel=[id: 0x#, L:@ - R:@], clientId=10.0.0.#@4711#123, language=JAVA, version=433, lastUpdateTimestamp=17100#]",
            "INFO ClientManageThread_# - new producer connected, group: order-producers-# channel: ClientChannelInfo [channel=[id: 0x#, L:@ - R:@], clientId=10.0.0.#@4711#123, language=JAVA, version=433, lastUpdateTimestamp=17100#]",
            "INFO AdminBrokerThread_# - resetOffsetByTimestamp updateConsumeOffset success, order-topic-# order-group-# #",
            "INFO ClientManageThread_# - unregister a consumer[order-group-#] from consumerGroupInfo ClientChannelInfo [channel=[id: 0x#, L:@ - R:@], clientId=10.0.0.#@4711#123]",
            "INFO ClientManageThread_# - Consumer filter info change, old: #, new: #, change: true",
            "INFO ClientManageThread_# - NETTY EVENT: remove producer channel[@] in table, group: order-producers-#",
        ],
        warn: &[
            "WARN PullMessageThread_# - the consumer of group order-group-# reads with an old client, @",
            "WARN ClientManageThread_# - heartbeat of client @ took # ms",
        ],
        error: &["ERROR SendMessageThread_# - store of message # of topic order-topic-# was not confirmed"],
    },
    Log {
        name: "store",
        share: 0.10,
        info: &[
            "INFO StoreStatsService - [STORETPS] put_tps #.5 get_found_tps #.2 get_miss_tps #.7 get_transferred_tps #.9",
            "INFO StoreStatsService - [PAGECACHERT] TotalPut #, PutMessageDistributeTime [<=0ms]:# [0~10ms]:# [10~50ms]:0 [50~100ms]:0 [100~200ms]:0 [200~500ms]:0 [500ms~1s]:0 [1~2s]:0 [2~3s]:0 [3~4s]:0 [4~5s]:0 [5~10s]:0 [10s~]:0 ",
            "INFO AllocateMappedFileService - create mappedFile spent time(ms) # queue size 0 /data/store/commitlog/# #",
            "INFO FlushRealTimeService - Flush data to disk costs # ms",
            "INFO IndexService - flush index file elapsed time(ms) #",
        ],
        warn: &["WARN ReputMessageService - dispatch of offset # waited # ms"],
        error: &["ERROR IndexService - index file # was busy"],
    },
    Log {
        name: "stats",
        share: 0.15,
        info: &[
            "INFO - [TOPIC_PUT_NUMS] [order-topic-#] Stats In One Minute, SUM: # TPS: #.57 AVGPT: 1.00",
            "INFO - [TOPIC_PUT_SIZE] [order-topic-#] Stats In One Minute, SUM: # TPS: #.57 AVGPT: 574.00",
            "INFO - [GROUP_GET_NUMS] [order-topic-#@order-group-#] Stats In One Minute, SUM: # TPS: #.57 AVGPT: 14.00",
            "INFO - [QUEUE_PUT_NUMS] [order-topic-#@#] Stats In One Minute, SUM: 0 TPS: 0.00 AVGPT: 0.00",
        ],
        warn: &[],
        error: &[],
    },
    Log {
        name: "watermark",
        share: 0.10,
        info: &[
            "- [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0",
            "- [WATERMARK] Pull Queue Size: 0 SlowTimeMills: 0",
            "- [WATERMARK] Query Queue Size: 0 SlowTimeMills: 0",
            "- [WATERMARK] Transaction Queue Size: 0 SlowTimeMills: 0",
        ],
        warn: &[],
        error: &[],
    },
    Log {
        name: "remoting",
        share: 0.10,
        info: &[
            "INFO NettyServerCodecThread_# - NETTY SERVER PIPELINE: channelRegistered @",
            "INFO NettyServerCodecThread_# - NETTY SERVER PIPELINE: channelActive, the channel[@]",
        ],
        warn: &["WARN NettyServerCodecThread_# - a frame of # bytes from @ took # ms"],
        error: &["ERROR NettyServerCodecThread_# - a handler for code # was slow"],
    },
    Log {
        name: "rocketmq_client",
        share: 0.25,
        info: &[
            "INFO RocketmqClient - send heart beat to broker[broker-a 0 @] success",
            "INFO RocketmqClient - doRebalance, order-group-#, add a new mq, MessageQueue [topic=order-topic-#, brokerName=broker-a, queueId=#]",
            "INFO RocketmqClient - [persistAll] Group: order-group-# ClientId: 10.0.0.#@4711 updateConsumeOffsetToBroker MessageQueue [topic=order-topic-#, brokerName=broker-b, queueId=#] #",
            "INFO RocketmqClient - [CONSUME_OK_TPS] [order-topic-#@order-group-#] Stats In One Minute, SUM: # TPS: #.57 AVGPT: 1.00",
        ],
        warn: &["WARN RocketmqClient - the listener of order-group-# took # ms for message #"],
        error: &["ERROR RocketmqClient - an interceptor of order-group-# failed"],
    },
];

const TRACE: &str = "java.lang.IllegalStateException: state # of the order is not known
\tat com.acme.orders.OrderStore.load(OrderStore.java:#)
\tat com.acme.orders.OrderService.settle(OrderService.java:#)
\tat com.acme.orders.OrderListener.consumeMessage(OrderListener.java:#)
\tat org.apache.rocketmq.client.impl.consumer.ConsumeMessageConcurrentlyService$ConsumeRequest.run(ConsumeMessageConcurrentlyService.java:417)
\tat java.util.concurrent.Executors$RunnableAdapter.call(Executors.java:511)
\tat java.util.concurrent.FutureTask.run(FutureTask.java:266)
\tat java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1149)
\tat java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:624)
\tat java.lang.Thread.run(Thread.java:748)
";

const STORM: &str = "org.apache.rocketmq.remoting.exception.RemotingTimeoutException: wait response on the channel <10.0.0.3:10911> timeout, #(ms)
\tat org.apache.rocketmq.remoting.netty.NettyRemotingAbstract.invokeSyncImpl(NettyRemotingAbstract.java:#)
\tat org.apache.rocketmq.remoting.netty.NettyRemotingClient.invokeSync(NettyRemotingClient.java:#)
\tat org.apache.rocketmq.client.impl.MQClientAPIImpl.sendMessageSync(MQClientAPIImpl.java:#)
\tat org.apache.rocketmq.client.impl.producer.DefaultMQProducerImpl.sendKernelImpl(DefaultMQProducerImpl.java:#)
\tat org.apache.rocketmq.client.impl.producer.DefaultMQProducerImpl.sendDefaultImpl(DefaultMQProducerImpl.java:#)
\tat com.acme.orders.OrderService.publish(OrderService.java:#)
\tat java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1149)
\tat java.lang.Thread.run(Thread.java:748)
";

fn make(root: &Path, corpus: &Path, options: &Options) {
    println!("making {}", corpus.display());
    let _ = fs::remove_dir_all(corpus);
    let host = corpus.join("broker-a/logs");
    fs::create_dir_all(&host).expect("the target folder is writable");
    let needles = if options.storm { Vec::new() } else { hide(root, corpus) };
    let total = options.gib * f64::from(1u32 << 30);
    for log in LOGS
        .iter()
        .filter(|l| !options.storm || matches!(l.name, "broker" | "rocketmq_client"))
    {
        let share = if options.storm { 0.5 } else { log.share };
        let mut out = BufWriter::new(File::create(host.join(format!("{}.log", log.name))).expect("writable"));
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let own: Vec<&(String, String)> = needles.iter().filter(|(name, _)| name == log.name).collect();
        let every = (total * share) as u64 / (own.len() as u64 + 1);
        let (mut written, mut next) = (0u64, 0usize);
        let mut second = 1_710_000_000u64;
        while (written as f64) < total * share {
            let mut text = String::new();
            if dice.below(20) == 0 {
                second += 1;
            }
            if next < own.len() && written >= every * (next as u64 + 1) {
                text.push_str(&own[next].1);
                next += 1;
            } else {
                one(&mut text, log, &mut dice, second, options.storm);
            }
            out.write_all(text.as_bytes()).expect("writable");
            written += text.len() as u64;
        }
        out.flush().expect("writable");
    }
    fs::write(corpus.join("made"), "").expect("writable");
}

fn one(text: &mut String, log: &Log, dice: &mut Dice, second: u64, storm: bool) {
    let roll = dice.below(1000);
    let (errors, warns) = if storm { (600, 700) } else { (2, 52) };
    let (list, trace) = match roll {
        r if r < errors && !log.error.is_empty() => (log.error, Some(if storm { STORM } else { TRACE })),
        r if r < warns && !log.warn.is_empty() => (log.warn, None),
        _ => (log.info, None),
    };
    let (h, m, s) = (second / 3600 % 24, second / 60 % 60, second % 60);
    let milli = if log.name == "rocketmq_client" {
        format!(",{:03}", dice.below(1000))
    } else {
        String::new()
    };
    let _ = write!(
        text,
        "2024-03-{:02} {h:02}:{m:02}:{s:02}{milli} ",
        10 + second / 86_400 % 18
    );
    let message = list[dice.below(list.len() as u64) as usize];
    fill(text, message, dice);
    text.push('\n');
    if let Some(trace) = trace {
        fill(text, trace, dice);
    }
}

fn fill(text: &mut String, message: &str, dice: &mut Dice) {
    for c in message.chars() {
        match c {
            '#' => {
                let _ = write!(text, "{}", dice.below(500));
            }
            '@' => {
                let _ = write!(text, "10.0.{}.{}:10911", dice.below(4), dice.below(250));
            }
            c => text.push(c),
        }
    }
}

/// Files of all samples: logs of a kind that the corpus has are returned, to be hidden in it; others stand beside it.
fn hide(root: &Path, corpus: &Path) -> Vec<(String, String)> {
    let mut needles = Vec::new();
    for rule in folders(&root.join("samples/rules")) {
        let fires = rule.join("fires");
        for file in files(&fires) {
            let name = file
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            let stem = name.strip_suffix(".log").unwrap_or("");
            let text = fs::read(&file)
                .map(|b| String::from_utf8_lossy(&b).into_owned())
                .unwrap_or_default();
            if LOGS.iter().any(|l| l.name == stem) && !text.contains('\u{FFFD}') {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                needles.push((stem.to_string(), format!("{text}{end}")));
            } else {
                let below = file.strip_prefix(root.join("samples/rules")).expect("stands below it");
                let target = corpus.join("needles").join(below);
                fs::create_dir_all(target.parent().expect("has a parent")).expect("writable");
                fs::copy(&file, target).expect("writable");
            }
        }
    }
    needles
}
