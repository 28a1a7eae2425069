//! Diagnoses made by hand: a full one, one without a cause, a healthy one, and one full of hostile text.

use rmqdoc::model::card::{CardText, EvidenceCard, RuleCard};
use rmqdoc::model::comparison::{
    Change, ChangeKind, Comparison, Direction, Effect, Figure, FindingChange, Pair, Trend,
};
use rmqdoc::model::finding::{
    Advice, Alternative, Coverage, DataRisk, Episode, Evidence, Happening, NotChecked, Problem, RuledOut, Scope,
    Unexplained, Weight,
};
use rmqdoc::model::{
    Diagnosis, Event, Finding, Inspection, Lang, LogKind, Role, Severity, SourceId, SourceInfo, Span, Verdict,
};

/// 2024-05-01 15:37:44 +08:00
const T0: i64 = 1_714_549_064_000;

fn t(lang: Lang, en: &str, zh: &str) -> String {
    match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    }
}

fn evidence(file: &str, line: u32, host: &str, text: &str, marked: &str, note: String) -> Evidence {
    let mark = text
        .find(marked)
        .filter(|_| !marked.is_empty())
        .map(|at| (at, at + marked.len()));
    Evidence {
        span: Span::line(SourceId(0), line),
        file: file.into(),
        host: host.into(),
        text: text.into(),
        mark,
        note,
        at: Some(T0),
        count: 1,
    }
}

fn source(path: &str, host: &str, role: Option<Role>, format: &'static str, log: Option<LogKind>) -> SourceInfo {
    SourceInfo {
        path: path.into(),
        host: host.into(),
        role,
        format,
        log,
        bytes: 1_000_000,
        lines: 12_345,
    }
}

fn coverage(lang: Lang) -> Coverage {
    Coverage {
        sources: vec![
            source(
                "logs/app-1/app.log",
                "app-1",
                Some(Role::Client),
                "log",
                Some(LogKind::App),
            ),
            source(
                "logs/broker-a/store.log",
                "broker-a",
                Some(Role::Broker),
                "log",
                Some(LogKind::Store),
            ),
            source("logs/broker-a/gc.log", "broker-a", Some(Role::Broker), "gc", None),
            source("logs/broker-a/core.4711", "broker-a", None, "unknown", None),
        ],
        spans: [
            (0, (T0 - 3_600_000, T0 + 1_467_000)),
            (1, (T0 - 7_200_000, T0 + 60_000)),
        ]
        .into(),
        problems: vec![Problem {
            path: "logs/old.tar.gz!/broker.log".into(),
            what: "ends in the middle of a block".into(),
        }],
        assumptions: vec![t(
            lang,
            "gc.log writes no zone: read as +08:00, like the other logs of broker-a",
            "gc.log 没有写时区：按 broker-a 其他日志的 +08:00 处理",
        )],
        versions: vec![
            ("rocketmq".into(), "4.9.2".into(), "logs/broker-a/store.log:3".into()),
            ("jdk".into(), "1.8.0_292".into(), "logs/broker-a/gc.log:1".into()),
        ],
        offset_min: 480,
        bytes: 4_000_000,
        lines: 49_380,
    }
}

/// A producer that spends its own time budget, a slow disk beside it, a notice, and everything else a report can show.
pub(crate) fn full(lang: Lang) -> Diagnosis {
    Diagnosis {
        inputs: vec!["logs/".into()],
        rule_count: 142,
        findings: vec![send_timeout(lang), io_saturation(lang), port_probe(lang)],
        unexplained: vec![lag(lang)],
        coverage: coverage(lang),
        timeline: vec![
            Happening {
                at: T0 - 1_000_000,
                what: t(lang, "started with another build", "换版本后启动"),
                evidence: evidence(
                    "logs/app-1/app.log",
                    17,
                    "app-1",
                    "Started OrderApplication",
                    "",
                    String::new(),
                ),
            },
            Happening {
                at: T0,
                what: t(lang, "first failed send", "首次发送失败"),
                evidence: evidence("logs/app-1/app.log", 1184, "app-1", "Send [3] times", "", String::new()),
            },
        ],
    }
}

/// The fixture with a symptom only.
pub(crate) fn unknown(lang: Lang) -> Diagnosis {
    Diagnosis {
        findings: vec![port_probe(lang)],
        timeline: Vec::new(),
        ..full(lang)
    }
}

/// Nothing wrong.
pub(crate) fn healthy(lang: Lang) -> Diagnosis {
    let mut coverage = coverage(lang);
    coverage.problems.clear();
    coverage.sources.pop();
    Diagnosis {
        inputs: vec!["logs/".into()],
        rule_count: 142,
        findings: vec![port_probe(lang)],
        coverage,
        ..Diagnosis::default()
    }
}

/// Text that tries to break out of every format.
pub(crate) fn hostile() -> Diagnosis {
    let nasty = "\x1b]0;owned\x07 ]]> </failure> \"quoted\" ``` `x` | <b> & \u{202e} \u{0} \u{ffff} \r\n # head\n* item \u{1F468}\u{200D}\u{1F469} 很长的中文";
    let mut diagnosis = full(Lang::En);
    for finding in &mut diagnosis.findings {
        for text in [&mut finding.title, &mut finding.why, &mut finding.overturn] {
            text.push_str(nasty);
        }
        for line in &mut finding.evidence {
            line.text.push_str(nasty);
            line.note.push_str(nasty);
            line.file.push_str(nasty);
            line.mark = Some((3, 100_000));
        }
        finding.first = Some(i64::MIN);
        finding.last = Some(i64::MAX);
        finding.confidence = f64::NAN;
        finding.scope.names.insert(nasty.into(), vec![nasty.into()]);
    }
    diagnosis
}

fn send_timeout(lang: Lang) -> Finding {
    let sent = "2024-05-01 15:37:49,020 ERROR [sgThreadPool-27] c.e.order.Sender - send failed org.apache.rocketmq.client.exception.MQClientException: Send [3] times, still failed, cost [5037]ms, Topic: order-topic, BrokersSent: [broker-b, broker-a, broker-b]";
    let waited = "RemotingTimeoutException: wait response on the channel <10.0.0.12:10911> timeout, 3084(ms)";
    Finding {
        rule: "send-timeout-client".into(),
        cause: "send-timeout-client".into(),
        verdict: Verdict::Likely,
        severity: Severity::Critical,
        confidence: 0.86,
        title: t(
            lang,
            "The producer's time budget is spent on the client side",
            "生产者的超时预算耗在了客户端一侧",
        ),
        why: t(
            lang,
            "Two attempts took 1,953 ms before the last wait began, and all failures stand on one channel: the senders queue behind each other in the client, not in the broker.",
            "最后一次等待之前，两次尝试已经用掉 1,953 毫秒，而且所有失败都发生在同一个连接上：发送线程是在客户端排队，而不是在 broker 排队。",
        ),
        overturn: t(
            lang,
            "a broker log of these minutes shows slow puts",
            "这几分钟的 broker 日志显示写入缓慢",
        ),
        first: Some(T0),
        last: Some(T0 + 5_000),
        worst: Some(T0 + 2_000),
        zone_assumed: false,
        ongoing: false,
        data: DataRisk {
            loss: Some(false),
            duplicates: Some(true),
        },
        episodes: vec![Episode {
            first: T0,
            last: T0 + 5_000,
            worst: T0 + 2_000,
            count: 37,
        }],
        count: 37,
        scope: Scope {
            hosts: vec!["app-1".into()],
            names: [
                ("client".to_owned(), vec!["10.0.0.8".to_owned()]),
                ("topic".to_owned(), vec!["order-topic".to_owned()]),
            ]
            .into(),
        },
        evidence: vec![
            evidence(
                "logs/app-1/app.log",
                1184,
                "app-1",
                sent,
                "cost [5037]ms",
                t(
                    lang,
                    "the whole budget: 1,953 ms in two attempts, 3,084 ms without an answer from broker-b",
                    "整个预算：两次尝试用了 1,953 毫秒，等待 broker-b 应答用了 3,084 毫秒",
                ),
            ),
            Evidence {
                count: 37,
                ..evidence(
                    "logs/app-1/app.log",
                    1190,
                    "app-1",
                    waited,
                    "3084(ms)",
                    t(lang, "what was left", "剩余的时间"),
                )
            },
            evidence(
                "logs/10.0.0.8/dump.txt",
                12,
                "app-1",
                "\t\"sgThreadPool-27\" #81 prio=5",
                "",
                t(lang, "one of 64 sender threads", "64 个发送线程之一"),
            ),
            evidence("logs/app-1/app.log", 1201, "app-1", "fourth", "", String::new()),
            evidence("logs/app-1/app.log", 1202, "app-1", "fifth", "", String::new()),
        ],
        symptoms: vec![t(lang, "Sends time out", "发送超时")],
        explains: vec!["connection-dropped".into()],
        alternatives: vec![Alternative {
            cause: "send-timeout-broker".into(),
            confidence: 0.11,
            separated_by: t(lang, "store.log of broker-b at 15:37", "broker-b 在 15:37 的 store.log"),
        }],
        ruled_out: vec![
            RuledOut {
                cause: "gc-long-pause".into(),
                why: t(
                    lang,
                    "11 young, 0 full, max 21 ms",
                    "11 次 young，0 次 full，最长 21 毫秒",
                ),
                evidence: vec![evidence(
                    "logs/broker-a/gc.log",
                    40,
                    "broker-a",
                    "[GC pause",
                    "",
                    String::new(),
                )],
            },
            RuledOut {
                cause: "network-saturated".into(),
                why: t(lang, "20 of 100 MB/s", "100 MB/s 中用了 20"),
                evidence: Vec::new(),
            },
        ],
        not_checked: vec![NotChecked {
            cause: "consumer-slow".into(),
            command: "mqadmin consumerProgress -n <namesrv> -g order-group".into(),
        }],
        before: vec![Evidence {
            at: Some(T0 - 1_000_000),
            ..evidence(
                "logs/app-1/app.log",
                17,
                "app-1",
                "Started OrderApplication",
                "",
                t(lang, "app-1 restarted with another build", "app-1 换版本后重启"),
            )
        }],
        advice: vec![
            Advice {
                action: t(
                    lang,
                    "use at most 8 sender threads per producer and batches of 20",
                    "每个生产者最多用 8 个发送线程，每批 20 条",
                ),
                place: t(lang, "the application, class Sender", "应用程序，类 Sender"),
                restart: "client".into(),
                price: t(lang, "lower peak rate", "峰值速率降低"),
                undo: t(lang, "the old values", "恢复原值"),
                verify: t(lang, "failures per minute fall to 0", "每分钟失败数降到 0"),
            },
            Advice {
                action: "setVipChannelEnabled(true)".into(),
                restart: "none".into(),
                verify: "rmqdoc diff before/ after/".into(),
                ..Advice::default()
            },
        ],
        weights: vec![
            Weight {
                what: "prior".into(),
                decibans: -15.0,
                counted: true,
            },
            Weight {
                what: "budget".into(),
                decibans: 22.0,
                counted: true,
            },
            Weight {
                what: "threads".into(),
                decibans: 8.0,
                counted: false,
            },
        ],
        references: vec!["https://github.com/apache/rocketmq/issues/2516".into()],
    }
}

fn io_saturation(lang: Lang) -> Finding {
    Finding {
        rule: "disk-util-high".into(),
        cause: "io-saturation".into(),
        severity: Severity::Warning,
        verdict: Verdict::Proved,
        confidence: 0.97,
        title: t(lang, "The disk of broker-a is saturated", "broker-a 的磁盘已饱和"),
        why: String::new(),
        overturn: String::new(),
        first: Some(T0 - 86_400_000),
        last: Some(T0 + 1_400_000),
        zone_assumed: true,
        ongoing: true,
        data: DataRisk::default(),
        count: 48_211,
        evidence: vec![evidence(
            "logs/broker-a/iostat.txt",
            9,
            "broker-a",
            "sdb 0.00 12.00 1.00 812.00 8.00 41210.00 101.40 9.12 42.10 1.20 99.80",
            "99.80",
            String::new(),
        )],
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        not_checked: Vec::new(),
        before: Vec::new(),
        explains: Vec::new(),
        symptoms: Vec::new(),
        references: Vec::new(),
        ..send_timeout(lang)
    }
}

fn port_probe(lang: Lang) -> Finding {
    Finding {
        rule: "port-probe".into(),
        cause: "port-probe".into(),
        severity: Severity::Notice,
        title: t(
            lang,
            "A health check opens and resets connections on port 10911",
            "健康检查反复打开并重置 10911 端口的连接",
        ),
        evidence: vec![evidence(
            "logs/broker-a/remoting.log",
            77,
            "broker-a",
            "closeChannel: close the connection to remote address[10.0.0.1:50122] result: true",
            "",
            String::new(),
        )],
        advice: Vec::new(),
        ..io_saturation(lang)
    }
}

fn lag(lang: Lang) -> Unexplained {
    Unexplained {
        symptom: "consume-lag".into(),
        title: t(lang, "Consumption lags", "消费积压"),
        evidence: vec![evidence(
            "logs/app-1/app.log",
            2044,
            "app-1",
            "the cached message count exceeds the threshold 1000, so do flow control",
            "exceeds the threshold",
            String::new(),
        )],
        count: 482,
        candidates: vec![
            Alternative {
                cause: "consumer-slow".into(),
                confidence: 0.41,
                separated_by: t(lang, "a thread dump of the consumer", "消费者的线程转储"),
            },
            Alternative {
                cause: "consumer-thread-blocked".into(),
                confidence: 0.33,
                separated_by: String::new(),
            },
        ],
        templates: vec![Evidence {
            count: 900,
            ..evidence(
                "logs/app-1/app.log",
                2050,
                "app-1",
                "WARN HikariPool-1 - Connection is not available, request timed out after <n>ms",
                "",
                t(lang, "new since 15:37", "15:37 起新出现"),
            )
        }],
        collect: vec![NotChecked {
            cause: "consumer-thread-blocked".into(),
            command: "jstack -l <pid> > dump.txt".into(),
        }],
    }
}

fn lint_item(line: u32, text: &str, fields: [(&str, &str); 6]) -> Event {
    let mut event = Event::new("lint", Span::line(SourceId(0), line), text);
    for (name, value) in fields {
        event = event.with(name, value);
    }
    event
}

/// Three objections to two files.
pub(crate) fn inspection() -> Inspection {
    let mut second = lint_item(
        3,
        "brokerRole=SYNC_MASTER",
        [
            ("check", "sync-master-alone"),
            ("severity", "info"),
            ("key", "brokerRole"),
            ("value", "SYNC_MASTER"),
            ("detail", "no slave of this broker is among the files"),
            ("harm", "none"),
        ],
    );
    second.span.source = SourceId(1);
    Inspection {
        inputs: vec!["conf/".into()],
        items: vec![
            second,
            lint_item(
                14,
                "diskMaxUsedSpaceRatio=99",
                [
                    ("check", "value-out-of-range"),
                    ("severity", "warning"),
                    ("key", "diskMaxUsedSpaceRatio"),
                    ("value", "99"),
                    ("detail", "the broker takes 10 to 95, and 95 in place of anything above"),
                    ("suggestion", "75"),
                ],
            ),
            lint_item(
                2,
                "brokerIP1=127.0.0.1",
                [
                    ("check", "ip-loopback"),
                    ("severity", "error"),
                    ("key", "brokerIP1"),
                    ("cause", "broker-advertises-wrong-ip"),
                    ("detail", "clients on other hosts cannot reach it"),
                    ("harm", "availability"),
                ],
            ),
        ],
        coverage: Coverage {
            sources: vec![
                source("conf/broker-a.conf", "broker-a", Some(Role::Broker), "conf", None),
                source("conf/broker-b.conf", "broker-b", Some(Role::Broker), "conf", None),
            ],
            bytes: 900,
            lines: 40,
            ..Coverage::default()
        },
    }
}

/// A tuning run that hurt.
pub(crate) fn comparison(lang: Lang) -> Comparison {
    let figure = |median, low, high| {
        Some(Figure {
            median,
            low,
            high,
            count: 60,
        })
    };
    let change = |kind, key: &str, before: Option<&str>, after: &str| Change {
        kind,
        place: "broker-a".into(),
        key: key.into(),
        before: before.map(str::to_owned),
        after: Some(after.into()),
        at: (String::new(), "after/broker-a/sysctl.txt:7".into()),
    };
    let effect = |what: &str, unit: &str, direction, before, after| Effect {
        what: what.into(),
        unit: unit.into(),
        place: "broker-a".into(),
        direction,
        before,
        after,
    };
    Comparison {
        before: coverage(lang),
        after: coverage(lang),
        changes: vec![
            change(ChangeKind::Kernel, "vm.dirty_ratio", Some("20"), "50"),
            change(ChangeKind::Kernel, "vm.extra_free_kbytes", None, "2000000"),
        ],
        effects: vec![
            effect(
                "await",
                "ms",
                Direction::LowerIsBetter,
                figure(1.2, 1.0, 2.0),
                figure(42.1, 20.0, 80.0),
            ),
            effect(
                "get",
                "msg/s",
                Direction::HigherIsBetter,
                figure(8100.0, 7900.0, 8300.0),
                figure(3000.0, 2500.0, 3400.0),
            ),
            effect(
                "cpu",
                "%",
                Direction::LowerIsBetter,
                figure(11.0, 8.0, 14.0),
                figure(12.0, 9.0, 15.0),
            ),
            effect(
                "gc pause",
                "ms",
                Direction::LowerIsBetter,
                None,
                figure(12.0, 9.0, 15.0),
            ),
        ],
        findings: vec![FindingChange {
            rule: "disk-util-high".into(),
            cause: "io-saturation".into(),
            severity: Severity::Critical,
            title: t(lang, "The disk of broker-a is saturated", "broker-a 的磁盘已饱和"),
            trend: Trend::New,
            per_hour: (0.0, 3600.0),
        }],
        pairs: vec![
            Pair {
                change: 0,
                effect: Some(0),
                finding: None,
                plausibility: 0.8,
                why: t(
                    lang,
                    "dirty pages gather for longer and are written in bursts",
                    "脏页积攒更久，然后集中写盘",
                ),
            },
            Pair {
                change: 1,
                effect: None,
                finding: Some(0),
                plausibility: 0.3,
                why: String::new(),
            },
            Pair {
                change: 9,
                effect: Some(9),
                finding: Some(9),
                plausibility: 0.3,
                why: String::new(),
            },
        ],
    }
}

/// A rule with every part.
pub(crate) fn card() -> RuleCard {
    let text = |lang| CardText {
        lang,
        title: t(
            lang,
            "Garbage collection stops the broker for {pause.pause_ms}",
            "垃圾回收使 broker 停顿 {pause.pause_ms}",
        ),
        why: t(
            lang,
            "While the collector holds all threads, no request is answered.",
            "回收器停住所有线程时，请求得不到应答。",
        ),
        overturn: t(lang, "safepoint logs show another reason", "safepoint 日志显示另有原因"),
        advice: vec![Advice {
            action: "-XX:+UseG1GC -Xms8g -Xmx8g".into(),
            place: "runbroker.sh".into(),
            restart: "broker".into(),
            ..Advice::default()
        }],
    };
    RuleCard {
        id: "gc-long-pause".into(),
        area: "jvm".into(),
        cause: "gc-long-pause".into(),
        cause_text: "Collector pauses stop the process.".into(),
        versions: String::new(),
        severity: Severity::Critical,
        symptoms: vec![("send-timeout".into(), 3.0), ("consume-lag".into(), -5.0)],
        evidence: vec![
            EvidenceCard {
                event: "gc.pause".into(),
                condition: "pause_ms >= 200".into(),
                steps: vec![("max(pause_ms) >= 3000".into(), 28.0), ("count >= 1".into(), 8.0)],
                notes: vec![
                    (Lang::En, "paused {pause_ms} ms".into()),
                    (Lang::Zh, "停顿 {pause_ms} 毫秒".into()),
                ],
                ..EvidenceCard::default()
            },
            EvidenceCard {
                event: "gc.pause".into(),
                absent: true,
                steps: vec![(String::new(), -20.0)],
                ..EvidenceCard::default()
            },
        ],
        explains: vec!["send-timeout-broker".into()],
        texts: vec![text(Lang::En), text(Lang::Zh)],
        references: vec!["https://rocketmq.apache.org/".into()],
        file: "rules/jvm/gc-long-pause.toml".into(),
    }
}
