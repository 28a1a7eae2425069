//! Every host format against its samples, against damage, and against what is not its own.

use super::HOST_FORMATS;
use crate::format::testing;
use crate::model::{SourceId, Text};

#[test]
fn samples_give_the_expected_events() {
    for format in HOST_FORMATS {
        testing::check_samples(format);
    }
}

#[test]
fn no_text_panics() {
    for format in HOST_FORMATS {
        testing::never_panics(format);
    }
}

/// Lines of RocketMQ's own logs and of applications: no host format may claim them.
const NOT_OURS: &str = "\
2026-11-24 18:27:49 INFO BrokerControllerScheduledThread1 - [WATERMARK] Send Queue Size: 0 SlowTimeMills: 0
2026-11-24 18:27:49 WARN SendMessageThread_1 - [NOTIFYME]putMessage in lock cost time(ms)=812, bodyLength=1024 AppendMessageResult=OK
2026-11-24 18:27:49 INFO main - flushDiskType=ASYNC_FLUSH
2026-11-24 18:27:49.123 ERROR 4321 --- [nio-8080-exec-1] o.a.r.c.i.producer.DefaultMQProducerImpl : send failed, topic=order-topic
org.apache.rocketmq.client.exception.MQBrokerException: CODE: 2  DESC: [TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while
\tat org.apache.rocketmq.client.impl.MQClientAPIImpl.processSendResponse(MQClientAPIImpl.java:556)
Caused by: java.io.IOException: Input/output error
brokerClusterName = DefaultCluster
brokerName=broker-a
listenPort = 10911
namesrvAddr=10.0.0.1:9876;10.0.0.2:9876
[2026-11-24T18:27:49.123+0800][info][gc] GC(12) Pause Young (Normal) (G1 Evacuation Pause) 2048M->1024M(4096M) 12.345ms
\"ConsumeMessageThread_1\" #71 prio=5 os_prio=0 tid=0x00007f nid=0x5a3 waiting on condition [0x00007f]
#Broker Name                      #QID  #Broker Offset        #Consumer Offset
10.0.0.1:10911 connect failed, link is down since 3 minutes
";

#[test]
fn logs_of_others_are_left_alone() {
    let text = Text::new(SourceId(0), "console.txt", NOT_OURS);
    for format in HOST_FORMATS {
        assert_eq!((format.score)(&text), 0, "{}", format.name);
        let mut events: Vec<crate::model::Event> = Vec::new();
        (format.parse)(&text, &mut events);
        assert_eq!(events, [], "{}", format.name);
    }
}

/// One screen as people paste it: several tools, prompts, and log lines between.
const CONSOLE: &str = "\
[root@broker-a ~]# uptime
 10:02:11 up 210 days,  3:15,  2 users,  load average: 35.20, 30.11, 22.87
[root@broker-a ~]# free -g
              total        used        free      shared  buff/cache   available
Mem:             15           7           0           0           8           8
Swap:             7           2           5
2026-11-24 10:02:12 WARN SendMessageThread_1 - [NOTIFYME]putMessage in lock cost time(ms)=812
[root@broker-a ~]# vmstat -S M 1 2
procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----
 r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
 2  0   2000    205      1   5000    1    2   120   840    1    2 12  3 83  2  0
 1  9   2000    193      1   4981  820 4096  9120 41230 9120 20110  8  9 20 63  0
[root@broker-a ~]# iostat -dx
Linux 3.10.0-957.el7.x86_64 (broker-a) 	11/24/2026 	_x86_64_	(8 CPU)

Device:         rrqm/s   wrqm/s     r/s     w/s    rkB/s    wkB/s avgrq-sz avgqu-sz   await r_await w_await  svctm  %util
vda               0.00    12.69    4.77   82.98    89.52   915.56    22.91     2.92   33.32   22.12   33.96   8.34  73.21

[root@broker-a ~]# ps -eo pid,pcpu,pmem,rss,args | head -2
  PID %CPU %MEM   RSS COMMAND
20118  152 42.1 6971448 java org.apache.rocketmq.broker.BrokerStartup
[root@broker-a ~]# df -h /data
Filesystem      Size  Used Avail Use% Mounted on
/dev/vdb1       500G  470G   30G  95% /data
[root@broker-a ~]# cat /proc/sys/vm/swappiness
60
[root@broker-a ~]# ulimit -n
1024
[root@broker-a ~]# ss -ant | grep 10911
LISTEN     129    128          *:10911                    *:*
[root@broker-a ~]# dmesg | tail -1
[86411.000305] nf_conntrack: table full, dropping packet
";

#[test]
fn a_pasted_console_is_read_by_all() {
    let text = Text::new(SourceId(0), "console.txt", CONSOLE);
    let mut found: Vec<String> = Vec::new();
    for format in HOST_FORMATS {
        let mut events: Vec<crate::model::Event> = Vec::new();
        (format.parse)(&text, &mut events);
        assert_eq!(events.is_empty(), (format.score)(&text) == 0, "{}", format.name);
        found.extend(
            events
                .iter()
                .map(|event| format!("{}:{}:{}", format.name, event.span.line, event.kind)),
        );
    }
    let wanted = [
        "iostat:17:disk.sample",
        "vmstat:12:cpu.sample",
        "vmstat:12:cpu.queue",
        "vmstat:12:mem.swap",
        "vmstat:12:mem.sample",
        "free:5:mem.sample",
        "df:24:disk.usage",
        "ps:21:proc.row",
        "uptime:2:cpu.queue",
        "uptime:2:env",
        "ss:30:net.listen",
        "dmesg:32:kernel",
        "uname:14:version",
        "uname:14:env",
        "uname:14:env",
        "uname:14:env",
        "sysctl:26:sysctl",
        "ulimit:28:limit",
        "shell:1:env",
    ];
    assert_eq!(found, wanted);
}
