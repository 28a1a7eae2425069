//! Whole texts through the format.

use super::*;
use crate::model::SourceId;

#[test]
fn samples() {
    crate::format::testing::check_samples(&FORMAT);
    crate::format::testing::never_panics(&FORMAT);
}

fn events(body: &str) -> Vec<Event> {
    let text = Text::new(SourceId(0), "jstack.txt", body);
    let mut out = Vec::new();
    parse(&text, &mut out);
    out
}

fn one<'e>(events: &'e [Event], kind: &str) -> &'e Event {
    events
        .iter()
        .find(|event| &*event.kind == kind)
        .unwrap_or_else(|| panic!("no {kind} in {events:#?}"))
}

#[test]
fn common_pool_starvation() {
    let mut body =
        String::from("2026-05-02 10:00:00\nFull thread dump OpenJDK 64-Bit Server VM (25.221-b11 mixed mode):\n\n");
    for n in 1..=20 {
        body += &format!(
            "\"ConsumeMessageThread_{n}\" #{n} prio=5 os_prio=0 tid=0x{n:x} nid=0x6 waiting on condition [0x0]\n   java.lang.Thread.State: WAITING (parking)\n\tat sun.misc.Unsafe.park(Native Method)\n\t- parking to wait for  <0xf{n}> (a java.util.concurrent.CompletableFuture$Signaller)\n\tat java.util.concurrent.locks.LockSupport.park(LockSupport.java:175)\n\tat java.util.concurrent.CompletableFuture.waitingGet(CompletableFuture.java:1729)\n\tat java.util.concurrent.CompletableFuture.join(CompletableFuture.java:1934)\n\tat com.acme.SettleListener.consumeMessage(SettleListener.java:41)\n\tat org.apache.rocketmq.client.impl.consumer.ConsumeMessageConcurrentlyService$ConsumeRequest.run(C.java:411)\n\n"
        );
    }
    for n in 1..=3 {
        body += &format!(
            "\"ForkJoinPool.commonPool-worker-{n}\" #{} daemon prio=5 tid=0xa{n} nid=0x7 runnable [0x0]\n   java.lang.Thread.State: RUNNABLE\n\tat java.net.SocketInputStream.socketRead0(Native Method)\n\tat sun.net.www.http.HttpClient.parseHTTP(HttpClient.java:735)\n\tat com.acme.Rates.load(Rates.java:12)\n\tat java.util.concurrent.ForkJoinTask.doExec(ForkJoinTask.java:289)\n\n",
            n + 40
        );
    }
    let events = events(&body);
    assert_eq!(one(&events, "version").fields.str("version"), Some("1.8.0_221"));
    let groups: Vec<&Event> = events.iter().filter(|e| &*e.kind == "threads.group").collect();
    let consume = groups.iter().find(|e| e.fields.str("pool") == Some("consume")).unwrap();
    assert_eq!(consume.fields.str("what"), Some("future-get"));
    assert_eq!(consume.fields.num("busy"), Some(20.0));
    assert_eq!(consume.fields.num("common_busy"), Some(3.0));
    assert_eq!(
        consume.fields.str("user_frame"),
        Some("com.acme.SettleListener.consumeMessage(SettleListener.java:41)")
    );
    let common = groups
        .iter()
        .find(|e| e.fields.str("pool") == Some("common-pool"))
        .unwrap();
    assert_eq!(common.fields.str("what"), Some("http"));
    assert_eq!(common.fields.num("in_io"), Some(3.0));
}

const BROKER_LOG: &str = "2026-05-02 10:00:00 WARN BrokerFastFailureScheduledThread1 - broker jstack
 SendMessageThread_1                     TID: 44 STATE: BLOCKED
SendMessageThread_1                     org.apache.rocketmq.store.CommitLog.asyncPutMessage(CommitLog.java:1)
SendMessageThread_1                     java.lang.Thread.run(Thread.java:748)

SendMessageThread_2                     TID: 45 STATE: TIMED_WAITING
SendMessageThread_2                     sun.misc.Unsafe.park(Native Method)
SendMessageThread_2                     java.util.concurrent.ThreadPoolExecutor.getTask(ThreadPoolExecutor.java:1074)

2026-05-02 10:00:01 INFO x - something else
\tat com.acme.NotPart.of(It.java:1)
";

#[test]
fn dump_inside_a_broker_log() {
    let events = events(BROKER_LOG);
    let dump = one(&events, "threads.dump");
    assert_eq!(dump.fields.num("threads"), Some(2.0));
    assert_eq!(dump.fields.str("process"), Some("broker"));
    assert_eq!(dump.at.unwrap().zone, crate::model::Zone::Gmt8);
    let group = one(&events, "threads.group");
    assert_eq!(
        (group.fields.num("busy"), group.fields.num("idle")),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(group.fields.str("what"), Some("lock"));
    assert_eq!(group.span.line, 2);
}

const CYCLE: &str = "\"A\" prio=10 tid=0x1 nid=0x1 waiting for monitor entry [0x0]
   java.lang.Thread.State: BLOCKED (on object monitor)
\tat com.acme.A.one(A.java:1)
\t- waiting to lock <0xb> (a com.acme.B)
\t- locked <0xa> (a com.acme.A)

\"B\" prio=10 tid=0x2 nid=0x1 waiting for monitor entry [0x0]
   java.lang.Thread.State: BLOCKED (on object monitor)
\tat com.acme.B.two(B.java:2)
\t- waiting to lock <0xa> (a com.acme.A)
\t- locked <0xb> (a com.acme.B)
";

#[test]
fn finds_a_cycle_in_a_paste() {
    let events = events(CYCLE);
    let deadlock = one(&events, "threads.deadlock");
    assert_eq!(deadlock.fields.num("threads"), Some(2.0));
    assert_eq!(deadlock.fields.str("classes"), Some("com.acme.B, com.acme.A"));
    assert_eq!(one(&events, "threads.contention").fields.str("holder"), Some("B"));
}

#[test]
fn printed_deadlock() {
    let body = format!(
        "{CYCLE}\nFound one Java-level deadlock:\n=====\n\"A\":\n  waiting to lock monitor 0x7 (object 0xb, a com.acme.B),\n  which is held by \"B\"\n\"B\":\n  waiting to lock monitor 0x8 (object 0xa, a com.acme.A),\n  which is held by \"A\"\n\nJava stack information for the threads listed above:\n====\n\"A\":\n\tat com.acme.A.one(A.java:1)\n\nFound 1 deadlock.\n"
    );
    let events = events(&body);
    assert_eq!(events.iter().filter(|e| &*e.kind == "threads.deadlock").count(), 1);
    assert_eq!(one(&events, "threads.deadlock").fields.str("names"), Some("A, B"));
    assert_eq!(one(&events, "threads.dump").fields.num("threads"), Some(2.0));
}

#[test]
fn stuck_in_two_dumps() {
    let dump = "Full thread dump X (17.0.1 mixed mode):\n\"ConsumeMessageThread_1\" #1 tid=0x1 nid=0x2 runnable\n   java.lang.Thread.State: RUNNABLE\n\tat java.net.SocketInputStream.socketRead0(Native Method)\n\tat com.acme.A.b(A.java:3)\n\tat java.util.concurrent.ThreadPoolExecutor.runWorker(T.java:1)\n";
    let events = events(&format!("{dump}\n{dump}\n{dump}"));
    let stuck = one(&events, "threads.stuck");
    assert_eq!(stuck.fields.num("dumps"), Some(3.0));
    assert_eq!(stuck.fields.str("frame"), Some("com.acme.A.b(A.java:3)"));
}

#[test]
fn class_initialisation() {
    let events = events(
        "\"t1\" #1 prio=5 tid=0x1 nid=0x2 in Object.wait() [0x0]\n   java.lang.Thread.State: RUNNABLE\n\tat com.acme.A.<clinit>(A.java:3)\n\tat com.acme.Main.run(Main.java:1)\n",
    );
    assert_eq!(one(&events, "threads.group").fields.str("what"), Some("class-init"));
}

#[test]
fn arthas_stack_with_owner() {
    let events = events(
        "\"http-nio-8080-exec-4\" Id=44 BLOCKED on java.lang.Object@725bef66 owned by \"http-nio-8080-exec-1\" Id=41\n    at com.acme.A.b(A.java:3)\n    -  blocked on java.lang.Object@725bef66\n\n\"http-nio-8080-exec-1\" Id=41 cpuUsage=93.2% deltaTime=186ms time=12ms RUNNABLE\n    at com.acme.A.c(A.java:9)\n    -  locked java.lang.Object@725bef66 <---- but blocks 4 other threads!\n",
    );
    let contention = one(&events, "threads.contention");
    assert_eq!(contention.fields.num("waiters"), Some(4.0));
    assert_eq!(contention.fields.str("holder"), Some("http-nio-8080-exec-1"));
    assert_eq!(contention.fields.str("holder_frame"), Some("com.acme.A.c(A.java:9)"));
    assert_eq!(one(&events, "threads.hot").fields.num("cpu_pct"), Some(93.2));
}

#[test]
fn exceptions_are_not_dumps() {
    assert!(events("java.lang.IllegalStateException: x\n\tat com.acme.A.b(A.java:3)\n").is_empty());
    assert!(events("{\n  \"name\": \"x\",\n  \"tid\": 3\n}\n").is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_never_panics(lines in proptest::collection::vec(
        "(\"[a-z0-9]{0,4}\"|at |- |locked|waiting to lock|<0x[0-9]>|\\(a |Full thread dump|TID: |STATE: |[ -~]|é|日|\t|#1 | tid=1| Id=2 | on |@|:|/|BLOCKED){0,12}", 0..40)) {
        let body = lines.join("\n");
        score(&Text::new(SourceId(0), "x", &body));
        events(&body);
    }
}
