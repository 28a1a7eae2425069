//! The closed list of event kinds that formats, derivers and lint give, with their fields. Rule files may only name
//! these kinds (and signals of their own, see `rules/README.md`); the loader refuses anything else and suggests.
//!
//! Units stand last in a field's name: `_ms`, `_s`, `_pct` (0 to 100), `_bytes`, `_kb`, `_mb`, `_count`, `_per_s`.

/// One kind of event.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Dotted name, area first.
    pub name: &'static str,
    /// Names of all fields that may be present.
    pub fields: &'static [&'static str],
    /// What it says.
    pub doc: &'static str,
}

const fn k(name: &'static str, fields: &'static [&'static str], doc: &'static str) -> Kind {
    Kind { name, fields, doc }
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    // Coverage: one per source, given by `diagnose` itself.
    k(
        "source",
        &["format", "log", "role", "host", "lines", "file"],
        "a source was read; `format` is the name in FORMATS or `log`, `log` the kind of log file",
    ),
    k(
        "version",
        &["component", "version"],
        "a version was told: component rocketmq, client, jdk, kernel, go-client …",
    ),
    // JVM: GC
    k(
        "gc.pause",
        &[
            "pause_ms",
            "cause",
            "kind",
            "collector",
            "before_mb",
            "after_mb",
            "heap_mb",
            "gap_ms",
        ],
        "one stop-the-world pause; kind young|mixed|full|initial-mark|remark|cleanup|phase|degenerated; gap_ms since the end of the pause before",
    ),
    k(
        "gc.full",
        &[
            "pause_ms",
            "cause",
            "collector",
            "before_mb",
            "after_mb",
            "heap_mb",
            "freed_pct",
            "after_pct",
            "gap_ms",
        ],
        "a pause that collected the whole heap (also given as gc.pause)",
    ),
    k(
        "gc.failure",
        &["what"],
        "what to-space-exhausted|promotion-failed|concurrent-mode-failure|evacuation-failure|humongous|allocation-stall|degenerated",
    ),
    k(
        "gc.stopped",
        &["stopped_ms", "reach_ms", "gc_ms"],
        "application threads were stopped (safepoint): total, time to reach, part that a GC pause covers",
    ),
    k(
        "gc.concurrent",
        &["what", "took_ms"],
        "a concurrent phase or cycle ended",
    ),
    k(
        "gc.summary",
        &[
            "pauses",
            "full_count",
            "total_pause_ms",
            "max_pause_ms",
            "p99_pause_ms",
            "span_s",
            "pause_share_pct",
            "young_per_min",
            "full_per_min",
            "collector",
            "alloc_mb_per_s",
            "promo_mb_per_s",
            "live_mb",
            "live_trend_mb_per_h",
            "heap_mb",
            "after_full_pct",
            "young_mb",
            "process",
        ],
        "one per GC log, at its end; process broker|namesrv|client|unknown by file name",
    ),
    k(
        "gc.window",
        &["window_s", "pauses", "full_count", "pause_share_pct", "max_pause_ms"],
        "one per minute of a GC log that has a pause",
    ),
    k(
        "gc.metaspace",
        &["cause", "used_mb", "committed_mb"],
        "a collection caused by the metadata threshold, or metaspace told with a collection that was",
    ),
    // JVM: everything else
    k(
        "jvm.flag",
        &["flag", "value", "raw", "process", "jdk"],
        "one option of a JVM command line or script branch in use (flag `-Xmx` with value in bytes, `-XX:Name` with value true|false|text, `-Dname`; MaxHeapSize is told as -Xmx); jdk = condition of a script branch (`<9`, `>=9`) when the JDK in use is not told",
    ),
    k(
        "jvm.crash",
        &[
            "signal",
            "what",
            "frame",
            "thread",
            "process",
            "bytes",
            "uptime_s",
            "maps",
            "max_map_count",
            "map_failed",
        ],
        "hs_err: the JVM died; what = the headline, bytes = the allocation that failed, maps = memory maps of the process against vm.max_map_count",
    ),
    k(
        "jvm.oom",
        &["what"],
        "an OutOfMemoryError told by a structured file (hs_err); logs tell it through signals",
    ),
    k(
        "jvm.histo",
        &["rank", "class", "instances", "bytes"],
        "one of the first rows of jmap -histo",
    ),
    k(
        "jvm.histo.summary",
        &["total_bytes", "total_instances", "top_class", "top_share_pct"],
        "one jmap -histo table",
    ),
    k(
        "jvm.gcutil",
        &[
            "old_pct", "eden_pct", "meta_pct", "ygc", "ygct_s", "fgc", "fgct_s", "gct_s",
        ],
        "one row of jstat -gcutil",
    ),
    k(
        "jvm.gcutil.delta",
        &[
            "span_s",
            "ygc_count",
            "fgc_count",
            "ygc_per_min",
            "fgc_per_min",
            "old_pct",
            "avg_fgc_ms",
        ],
        "between the first and last row of one jstat run",
    ),
    // Thread dumps
    k(
        "threads.dump",
        &["threads", "deadlocks", "blocked", "runnable", "waiting", "process"],
        "one thread dump; process broker|proxy|namesrv|client|unknown by its thread names",
    ),
    k("threads.deadlock", &["threads", "classes", "names"], "a cycle of locks"),
    k(
        "threads.group",
        &[
            "group",
            "pool",
            "count",
            "busy",
            "idle",
            "blocked",
            "waiting",
            "in_io",
            "top_frame",
            "user_frame",
            "lock",
            "what",
            "what_count",
            "common_count",
            "common_busy",
            "process",
        ],
        "threads of one pool (names without numbers); pool consume|send|pull|common-pool|client|netty|other; what the busy ones mostly do: lock|socket-read|socket-connect|sleep|park|future-get|jdbc|http|class-init|file-io|run|rpc, what_count how many of them; common_* = workers of ForkJoinPool.commonPool in the same dump",
    ),
    k(
        "threads.contention",
        &[
            "lock_class",
            "waiters",
            "holder",
            "holder_frame",
            "holder_what",
            "waiter",
            "user_frame",
            "pool",
        ],
        "several threads wait for one monitor or lock, and who holds it",
    ),
    k(
        "threads.stuck",
        &["thread", "pool", "frame", "dumps", "what"],
        "the same thread with the same frames in two or more dumps of one process",
    ),
    k(
        "threads.busy",
        &["thread", "key", "pool", "what", "frame", "stack"],
        "one busy thread of a consume, send, pull or common pool; equal thread, key and stack in two dumps: it did not move",
    ),
    k(
        "threads.hot",
        &["thread", "cpu_pct", "frame"],
        "a thread that top -H or arthas shows hot",
    ),
    // Host: one event per sample
    k(
        "cpu.sample",
        &[
            "user_pct",
            "sys_pct",
            "iowait_pct",
            "steal_pct",
            "idle_pct",
            "cpu",
            "softirq_pct",
            "since_boot",
        ],
        "a CPU sample (vmstat, mpstat, sar, top, iostat); cpu = all or a number; since_boot = 1: a mean since boot, not a reading",
    ),
    k(
        "cpu.queue",
        &["run_queue", "blocked", "cpus", "load1", "load5", "load15"],
        "run queue, load average",
    ),
    k(
        "disk.sample",
        &[
            "device",
            "util_pct",
            "await_ms",
            "r_await_ms",
            "w_await_ms",
            "svctm_ms",
            "queue",
            "r_per_s",
            "w_per_s",
            "r_kb_per_s",
            "w_kb_per_s",
            "tps",
            "since_boot",
        ],
        "one device in one interval (iostat, sar -d; sar -b as device all); since_boot = 1: a mean since boot",
    ),
    k(
        "disk.usage",
        &[
            "mount",
            "device",
            "fstype",
            "size_kb",
            "used_pct",
            "avail_kb",
            "inodes_pct",
        ],
        "df",
    ),
    k(
        "mem.sample",
        &[
            "total_mb",
            "free_mb",
            "available_mb",
            "cached_mb",
            "swap_total_mb",
            "swap_used_mb",
            "available_pct",
            "dirty_mb",
        ],
        "free, top, sar -r, meminfo",
    ),
    k(
        "mem.swap",
        &["in_per_s", "out_per_s", "since_boot"],
        "pages or KiB swapped per second (vmstat si/so, sar -W); since_boot = 1: a mean since boot",
    ),
    k(
        "mem.paging",
        &[
            "in_kb_per_s",
            "out_kb_per_s",
            "major_faults_per_s",
            "scan_kswapd_per_s",
            "scan_direct_per_s",
            "efficiency_pct",
        ],
        "paging and reclaim in one interval (sar -B); scan_direct over 0: processes reclaim memory themselves and wait",
    ),
    k(
        "net.sample",
        &[
            "iface",
            "rx_kb_per_s",
            "tx_kb_per_s",
            "rx_pct",
            "tx_pct",
            "speed_mbit",
            "rx_drop_per_s",
            "tx_drop_per_s",
            "rx_err_per_s",
        ],
        "one interface in one interval (sar -n DEV/EDEV, ifconfig deltas)",
    ),
    k(
        "net.tcp",
        &[
            "retrans_per_s",
            "retrans_pct",
            "out_seg_per_s",
            "in_err_per_s",
            "since_boot",
        ],
        "TCP counters in one interval (sar -n TCP,ETCP); since_boot = 1: retrans_pct over the whole uptime (netstat -s, nstat)",
    ),
    k(
        "net.counter",
        &["name", "value", "iface"],
        "one counter of netstat -s, nstat, ethtool -S, ifconfig, ss -s that is not zero",
    ),
    k(
        "net.socket",
        &[
            "state",
            "count",
            "port",
            "recv_q_bytes",
            "send_q_bytes",
            "retrans",
            "rtt_ms",
            "peer",
            "peer_port",
        ],
        "sockets per state (ESTABLISHED, TIME_WAIT, CLOSE_WAIT …) and service port: `port` when it is the local end, `peer_port` when the peer's (ss, netstat); one without `count` is a single connection with a queue, retransmissions or a round-trip time",
    ),
    k(
        "net.listen",
        &["port", "address", "backlog", "queued", "process"],
        "a listening socket",
    ),
    k(
        "proc.row",
        &[
            "pid",
            "command",
            "cpu_pct",
            "mem_pct",
            "rss_mb",
            "read_kb_per_s",
            "write_kb_per_s",
            "iodelay",
            "java",
            "rocketmq",
            "since_boot",
        ],
        "a process row (top, ps, pidstat, jps, docker stats); java/rocketmq are 1 when it is one; command without JVM flags; of top and ps only rows that use something or are Java",
    ),
    k(
        "sysctl",
        &["key", "value", "form"],
        "a kernel setting; form = live (sysctl -a) | file | shell; value as number where it is one",
    ),
    k(
        "limit",
        &["what", "soft", "hard", "domain", "form"],
        "ulimit, limits.conf, /proc/<pid>/limits; what = nofile, nproc, memlock, as …; unlimited = 1e18",
    ),
    k("hosts", &["ip", "name"], "one name of /etc/hosts"),
    k(
        "kernel",
        &[
            "what", "process", "device", "detail", "pid", "rss_mb", "limit_mb", "scope", "port",
        ],
        "dmesg or messages: what = oom-kill|io-error|fs-error|fs-readonly|nic-down|nic-up|nic-timeout|hung-task|conntrack-full|tcp-drop|mce|throttled|stall|clocksource|clock-step|segfault|syn-flood|alloc-failure|file-max|pids-limit|service-exit|boot; of an oom-kill scope = host|cgroup",
    ),
    k(
        "env",
        &["what", "value", "iface"],
        "uname, cpus, physical memory (`ram_bytes`), jdk vendor, container or virtual machine marks; what = hostname|os|arch|cpus|cpu_model|numa_nodes|virtualization|ram_bytes|uptime_s|memory_limit_bytes|cpu_limit|cpu_throttled|address|qdisc|nameserver|dns_search|timezone|ntp_synced|clock_offset_ms|io_scheduler|transparent_hugepage",
    ),
    // RocketMQ's own tools and series
    k(
        "admin.cluster",
        &[
            "cluster",
            "broker",
            "id",
            "addr",
            "version",
            "in_tps",
            "out_tps",
            "page_cache_ms",
            "disk_pct",
            "send_queue",
            "pull_queue",
            "send_wait_ms",
            "pull_wait_ms",
            "active",
            "in_today",
            "out_today",
        ],
        "a row of clusterList (-m: messages of today)",
    ),
    k(
        "admin.progress",
        &[
            "topic",
            "broker",
            "queue",
            "broker_offset",
            "consumer_offset",
            "client",
            "diff",
            "inflight",
            "group",
            "last_ms",
            "order",
        ],
        "a row of consumerProgress; last_ms = store time of the message last consumed (wall clock of mqadmin's host), order = which table of the file",
    ),
    k(
        "admin.progress.summary",
        &[
            "group",
            "diff_total",
            "consume_tps",
            "diff_growth",
            "unassigned",
            "clients",
            "order",
            "version",
            "model",
            "topic",
            "in_tps",
        ],
        "one consumerProgress output; diff_growth against the one before of the same group",
    ),
    k(
        "admin.connection",
        &["client", "addr", "language", "version", "group", "collision"],
        "a row of consumerConnection / producerConnection; collision = 1 when two rows share a clientId",
    ),
    k(
        "admin.subscription",
        &["topic", "expression", "client", "group"],
        "a subscription row",
    ),
    k(
        "admin.status",
        &[
            "key",
            "value",
            "num",
            "addr",
            "source",
            "pull_rt_ms",
            "pull_tps",
            "consume_rt_ms",
            "consume_ok_tps",
            "consume_failed_tps",
            "failed_in_hour",
        ],
        "a row of brokerStatus, haStatus, getBrokerConfig, topicStatus totals, and the verdicts of consumerStatus: key subscription-differs|subscription-same|rebalance|consume-blocked|lock-missing|unlock-failed|message-track|consume-rates",
    ),
    k(
        "admin.ha",
        &["addr", "in_sync", "diff_bytes", "transfer_bytes_per_s", "slaves"],
        "a row of haStatus",
    ),
    k(
        "admin.topic",
        &[
            "topic",
            "broker",
            "perm",
            "read_queues",
            "write_queues",
            "min_offset",
            "max_offset",
            "queue",
            "last_ms",
            "addrs",
            "group",
        ],
        "a row of topicRoute, topicStatus, topicList",
    ),
    k(
        "bench.producer",
        &[
            "send_tps",
            "send_mps",
            "max_rt_ms",
            "avg_rt_ms",
            "failed",
            "resp_failed",
            "unexpected_checks",
        ],
        "a report line of the benchmark producer",
    ),
    k(
        "bench.consumer",
        &["tps", "fail", "avg_b2c_ms", "avg_s2c_ms", "max_b2c_ms", "max_s2c_ms"],
        "a report line of the benchmark consumer",
    ),
    k("metric", &["name", "value", "labels"], "a sample of a Prometheus page"),
    k(
        "diag",
        &[
            "event", "stage", "took_ms", "broker", "topic", "group", "value", "severity",
        ],
        "an event of our own broker's diagnostics.jsonl",
    ),
    // RocketMQ's periodic lines as series (also reachable through signals)
    k(
        "rmq.watermark",
        &["queue", "size", "slow_ms", "used_pct"],
        "watermark.log: queue Send|Pull|Query|Transaction|…; given when size or slow_ms is over 0, and once per file",
    ),
    k(
        "rmq.put",
        &[
            "total",
            "over_100ms",
            "over_200ms",
            "over_500ms",
            "over_1s",
            "over_3s",
            "worst_ms",
            "slow_pct",
        ],
        "[PAGECACHERT]: puts of one minute and how many took that long",
    ),
    k(
        "rmq.stats",
        &["name", "key", "topic", "group", "sum", "tps", "avgpt"],
        "a line of stats.log per minute",
    ),
    k(
        "rmq.lag",
        &["group", "topic", "bytes", "time_ms", "growth_bytes", "frozen"],
        "GROUP_GET_FALL_*: how far a group reads behind; frozen = 1: equal to the reading before, the consumer pulls no data (told once)",
    ),
    k(
        "rmq.start",
        &["process", "name", "addr", "version", "namesrv"],
        "a process says it started",
    ),
    k("rmq.stop", &["process", "clean"], "a process says it stops"),
    k(
        "rmq.gap",
        &["gap_s", "log", "lines_before"],
        "a log that writes all the time was silent (watermark.log by the second, others by the minute); the process stood still or was down",
    ),
    // Configuration
    k(
        "conf.key",
        &["key", "value", "class", "file", "form", "unit"],
        "one key of a configuration; class broker|namesrv|proxy|controller|container|client|acl|spring|shell|docker|tls; form file|dump (start-up lines)|admin (getBrokerConfig)|command|manifest; unit tells services, accounts and blocks of one file apart",
    ),
    k(
        "lint",
        &[
            "check",
            "severity",
            "key",
            "value",
            "detail",
            "suggestion",
            "cause",
            "harm",
            "other",
            "version",
        ],
        "a finding of lint; check is the id of the check (texts in src/lint/texts.toml); severity error|warning|info; harm stops-start|data|availability|speed|none; detail and other are facts without language (the other file, the other value)",
    ),
    // Derived
    k(
        "lag.growth",
        &["group", "topic", "from", "to", "per_min", "span_s"],
        "backlog of a group grew (or shrank) between two readings",
    ),
    k(
        "restart",
        &["process", "host", "down_s", "clean"],
        "a process stopped and started again",
    ),
    k(
        "clock.skew",
        &["host", "against", "skew_s"],
        "two hosts print one shared event at different times",
    ),
    k(
        "change",
        &["what", "key", "before", "after"],
        "something changed between two readings in one bundle (config, flags, build, address)",
    ),
];

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
