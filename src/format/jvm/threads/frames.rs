//! Stack frames: cleaning them, telling application code from libraries, and telling what a thread does.
//!
//! ```text
//! at java.lang.Thread.sleep(java.base@17.0.15/Native Method)        jstack
//! java.base@17.0.15/java.lang.Thread.sleep(Native Method)           StackTraceElement.toString, JDK 9+
//! ```
//!
//! Knows nothing of dumps or pools.

/// What a busy thread mostly does, told by its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Doing {
    /// Waits for work: a pool thread in `getTask`, a service thread in its own loop's wait, a selector.
    Idle,
    /// Wants a monitor or an exclusive lock.
    Lock,
    /// Reads from a socket, with nothing above or below that says what for.
    SocketRead,
    /// Opens a connection.
    SocketConnect,
    /// `Thread.sleep`
    Sleep,
    /// Waits for a condition, latch, semaphore, queue or notification.
    Park,
    /// Waits for the result of another task.
    FutureGet,
    /// In a database driver or its connection pool.
    Jdbc,
    /// In an HTTP client.
    Http,
    /// Waits for a class that another thread loads or initialises.
    ClassInit,
    /// Reads, writes or forces a file.
    FileIo,
    /// Waits for the answer of a remote call (Dubbo, gRPC, RocketMQ, Redis …).
    Rpc,
    /// Runs.
    Run,
}

impl Doing {
    /// The word in events.
    pub(super) fn word(self) -> &'static str {
        match self {
            Doing::Idle => "idle",
            Doing::Lock => "lock",
            Doing::SocketRead => "socket-read",
            Doing::SocketConnect => "socket-connect",
            Doing::Sleep => "sleep",
            Doing::Park => "park",
            Doing::FutureGet => "future-get",
            Doing::Jdbc => "jdbc",
            Doing::Http => "http",
            Doing::ClassInit => "class-init",
            Doing::FileIo => "file-io",
            Doing::Rpc => "rpc",
            Doing::Run => "run",
        }
    }

    /// Whether the thread waits for a device or another process.
    pub(super) fn is_io(self) -> bool {
        matches!(
            self,
            Doing::SocketRead | Doing::SocketConnect | Doing::Jdbc | Doing::Http | Doing::FileIo | Doing::Rpc
        )
    }
}

/// Packages that are never the application's own code.
const LIBRARIES: &[&str] = &[
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "org.apache.rocketmq.",
    "com.alibaba.rocketmq.",
    "com.aliyun.openservices.",
    "io.openmessaging.",
    "io.netty.",
    "org.jboss.netty.",
    "org.springframework.",
    "org.apache.dubbo.",
    "com.alibaba.dubbo.",
    "com.alibaba.fastjson",
    "com.alibaba.druid.",
    "com.alibaba.nacos.",
    "com.alibaba.csp.",
    "com.alibaba.ttl.",
    "com.alibaba.cloud.",
    "com.taobao.arthas.",
    "com.alibaba.arthas.",
    "org.apache.",
    "com.mysql.",
    "org.mariadb.",
    "oracle.",
    "org.postgresql.",
    "com.microsoft.sqlserver.",
    "org.h2.",
    "com.zaxxer.",
    "com.mchange.",
    "org.mybatis.",
    "com.baomidou.",
    "org.hibernate.",
    "org.jooq.",
    "redis.clients.",
    "io.lettuce.",
    "org.redisson.",
    "com.mongodb.",
    "org.elasticsearch.",
    "co.elastic.",
    "okhttp3.",
    "okio.",
    "retrofit2.",
    "feign.",
    "com.netflix.",
    "cn.hutool.",
    "com.ning.",
    "org.asynchttpclient.",
    "io.grpc.",
    "com.google.",
    "com.fasterxml.",
    "com.esotericsoftware.",
    "org.slf4j.",
    "ch.qos.logback.",
    "org.eclipse.",
    "io.undertow.",
    "org.xnio.",
    "reactor.",
    "io.reactivex.",
    "rx.",
    "io.micrometer.",
    "io.opentelemetry.",
    "brave.",
    "zipkin2.",
    "net.bytebuddy.",
    "net.sf.cglib.",
    "javassist.",
    "org.aspectj.",
    "org.jboss.",
    "io.vertx.",
    "com.lmax.disruptor.",
    "org.quartz.",
    "com.xxl.job.core.",
    "com.dangdang.",
    "io.seata.",
    "com.ctrip.framework.apollo.",
    "com.rabbitmq.",
    "lombok.",
    "org.junit.",
    "com.intellij.",
];

/// Removes `at `, the module or loader prefix and the address of a hidden class: `com.acme.Foo.bar(Foo.java:12)`.
pub(super) fn clean(frame: &str) -> &str {
    let frame = frame.trim();
    let frame = frame.strip_prefix("at ").map_or(frame, str::trim_start);
    let head = &frame[..frame.find('(').unwrap_or(frame.len())];
    match head.rfind('/') {
        // `Foo$$Lambda$12/0x0000.run` and `Foo$$Lambda/0x0000.run` keep their slash: it is part of the name.
        Some(at) if !head[..at].contains('$') => &frame[at + 1..],
        _ => frame,
    }
}

/// Class and method of a cleaned frame: the part before `(`.
pub(super) fn method(frame: &str) -> &str {
    &frame[..frame.find('(').unwrap_or(frame.len())]
}

/// Whether a cleaned frame is the application's own code.
pub(super) fn is_user(frame: &str) -> bool {
    let name = method(frame);
    if name.starts_with("org.apache.rocketmq.example.") {
        return true;
    }
    let generated = name.starts_with("com.sun.proxy.")
        || name.contains("$Proxy")
        || name.contains("$$FastClassBy")
        || name.contains("$$EnhancerBy")
        || name.contains("$$SpringCGLIB$$");
    name.contains('.') && !generated && !LIBRARIES.iter().any(|prefix| name.starts_with(prefix))
}

/// The first frame of application code.
pub(super) fn user_frame<'a>(frames: &[&'a str]) -> Option<&'a str> {
    frames.iter().copied().find(|frame| is_user(frame))
}

/// Index of the frame that tells most: application code, else the first frame outside the JDK, else the top.
pub(super) fn telling(frames: &[&str]) -> usize {
    const JDK: &[&str] = &["java.", "javax.", "jdk.", "sun.", "com.sun."];
    let outside = |frame: &&str| !JDK.iter().any(|start| frame.starts_with(start));
    let user = frames.iter().position(|frame| is_user(frame));
    user.or_else(|| frames.iter().position(outside)).unwrap_or(0)
}

/// Whether the thread executes a task that somebody gave to a pool (and is not the loop of a service).
pub(super) fn in_task(frames: &[&str]) -> bool {
    frames.iter().any(|frame| {
        let name = method(frame);
        name.ends_with("ThreadPoolExecutor.runWorker")
            || name.ends_with("ThreadPoolExecutor$Worker.runTask")
            || name.ends_with("ForkJoinTask.doExec")
            || name.contains("ConsumeRequest.run")
            || name.ends_with("NioEndpoint$SocketProcessor.doRun")
    }) && !frames
        .iter()
        .any(|frame| method(frame).ends_with("ThreadPoolExecutor.getTask"))
}

/// What the state line and the lock lines of a thread say, as far as frames cannot tell it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hints {
    /// BLOCKED, or a `waiting to lock` line.
    pub(super) blocked: bool,
    /// WAITING or TIMED_WAITING.
    pub(super) waiting: bool,
    /// Waits for a class: RUNNABLE `in Object.wait()`, or the line that JDK 14 and later print.
    pub(super) class_init: bool,
}

/// Tells what a thread does from its cleaned frames, top first.
pub(super) fn doing(frames: &[&str], hints: Hints) -> Doing {
    if hints.blocked {
        // The lock of a class loader is held while another thread loads a class.
        let loads = frames
            .iter()
            .take(3)
            .any(|f| method(f).ends_with("ClassLoader.loadClass"));
        return if loads { Doing::ClassInit } else { Doing::Lock };
    }
    if hints.class_init || waits_for_class(frames, hints) {
        return Doing::ClassInit;
    }
    let Some(top) = frames.first() else {
        return Doing::Idle;
    };
    if is_idle(frames) {
        return Doing::Idle;
    }
    let above = library_part(frames);
    let name = method(top);
    if above.iter().any(|f| is_connect(method(f))) && !above.iter().any(|f| method(f).ends_with("NioEventLoop.run")) {
        return Doing::SocketConnect;
    }
    if name == "java.lang.Thread.sleep" || name == "java.lang.Thread.sleep0" || name == "java.lang.Thread.sleepNanos" {
        return Doing::Sleep;
    }
    waiting_for(above).unwrap_or_else(|| {
        if above.iter().take(4).any(|f| is_file(method(f))) {
            Doing::FileIo
        } else if above.iter().take(6).any(|f| is_socket(method(f))) {
            Doing::SocketRead
        } else {
            parked(above, hints)
        }
    })
}

/// Frames above the first application frame; all of them when there is none.
fn library_part<'a, 'b>(frames: &'b [&'a str]) -> &'b [&'a str] {
    let end = frames.iter().position(|frame| is_user(frame)).unwrap_or(frames.len());
    &frames[..end]
}

/// Waits for somebody else's work that a library names: database, HTTP, remote call.
fn waiting_for(above: &[&str]) -> Option<Doing> {
    let any = |test: fn(&str) -> bool| above.iter().any(|frame| test(method(frame)));
    let waits = above
        .iter()
        .take(8)
        .any(|f| is_socket(method(f)) || is_parking(method(f)) || method(f).ends_with(".poll0"));
    if !waits {
        return None;
    }
    if any(is_jdbc) {
        Some(Doing::Jdbc)
    } else if any(is_rpc) {
        Some(Doing::Rpc)
    } else if any(is_http) {
        Some(Doing::Http)
    } else {
        None
    }
}

/// Parked or waiting: for a lock, a future or something else. Otherwise it runs.
fn parked(above: &[&str], hints: Hints) -> Doing {
    if !above.iter().take(3).any(|f| is_parking(method(f))) {
        // RocketMQ's own dumps have no lock lines, and a state without frames above says enough.
        return if hints.waiting && above.is_empty() {
            Doing::Park
        } else {
            Doing::Run
        };
    }
    let any = |test: fn(&str) -> bool| above.iter().any(|frame| test(method(frame)));
    if any(is_future) {
        Doing::FutureGet
    } else if any(is_lock) {
        Doing::Lock
    } else {
        Doing::Park
    }
}

fn ends_with_any(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

fn starts_with_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}

fn is_parking(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "Unsafe.park",
            "LockSupport.park",
            "LockSupport.parkNanos",
            "Object.wait",
            "Object.wait0",
            "VirtualThread.park",
        ],
    )
}

fn is_connect(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "SocketImpl.socketConnect",
            "PlainSocketImpl.waitForConnect",
            "PlainSocketImpl.connect0",
            "sun.nio.ch.Net.connect0",
            "sun.nio.ch.Net.pollConnect",
            "sun.nio.ch.Net.pollConnectNow",
            "NioSocketImpl.timedFinishConnect",
            "NioSocketImpl.connect",
            "SocketChannelImpl.connect",
            "SocketChannelImpl.blockingConnect",
        ],
    ) || ends_with_any(
        name,
        &[
            "Inet4AddressImpl.lookupAllHostAddr",
            "Inet6AddressImpl.lookupAllHostAddr",
        ],
    )
}

fn is_socket(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "SocketInputStream.socketRead0",
            "SocketInputStream.read",
            "NioSocketImpl.timedRead",
            "NioSocketImpl.implRead",
            "NioSocketImpl.park",
            "sun.nio.ch.Net.poll",
            "SocketDispatcher.read0",
            "SocketDispatcher.read",
            "SocketChannelImpl.blockingRead",
            "SocketOutputStream.socketWrite0",
            "SocketOutputStream.socketWrite",
            "SocketDispatcher.write0",
            "SSLSocketInputRecord.read",
        ],
    )
}

fn is_file(name: &str) -> bool {
    starts_with_any(
        name,
        &[
            "java.io.RandomAccessFile.",
            "java.io.FileInputStream.",
            "java.io.FileOutputStream.",
        ],
    ) || name.starts_with("sun.nio.ch.FileDispatcherImpl.")
        || name.starts_with("sun.nio.ch.UnixFileDispatcherImpl.")
        || ends_with_any(
            name,
            &[
                "MappedByteBuffer.force0",
                "MappedMemoryUtils.force0",
                "MappedByteBuffer.force",
                "MappedByteBuffer.load0",
                "UnixNativeDispatcher.open0",
                "UnixNativeDispatcher.stat0",
                "FileChannelImpl.map0",
                "FileChannelImpl.force",
                "UnixFileSystem.delete0",
                "UnixFileSystem.list",
            ],
        )
}

fn is_jdbc(name: &str) -> bool {
    starts_with_any(
        name,
        &[
            "com.mysql.",
            "org.mariadb.",
            "oracle.jdbc.",
            "oracle.net.",
            "org.postgresql.",
            "com.microsoft.sqlserver.",
            "com.alibaba.druid.pool.",
            "com.zaxxer.hikari.",
            "com.mchange.v2.",
            "org.apache.commons.dbcp",
            "dm.jdbc.",
            "org.apache.tomcat.jdbc.pool.",
            "com.kingbase8.",
            "com.oceanbase.jdbc.",
            "com.ibm.db2.",
            "net.sourceforge.jtds.",
            "org.h2.",
        ],
    )
}

fn is_http(name: &str) -> bool {
    starts_with_any(
        name,
        &[
            "org.apache.http.",
            "org.apache.hc.",
            "org.apache.commons.httpclient.",
            "okhttp3.",
            "sun.net.www.http.",
            "sun.net.www.protocol.http",
            "java.net.http.",
            "jdk.internal.net.http.",
            "feign.",
            "cn.hutool.http.",
            "org.springframework.http.",
            "org.springframework.web.client.",
            "org.asynchttpclient.",
            "retrofit2.",
        ],
    )
}

fn is_rpc(name: &str) -> bool {
    starts_with_any(
        name,
        &[
            "org.apache.dubbo.",
            "com.alibaba.dubbo.",
            "io.grpc.stub.",
            "org.apache.rocketmq.remoting.",
            "org.apache.rocketmq.client.impl.MQClientAPIImpl",
            "com.alibaba.rocketmq.remoting.",
            "redis.clients.",
            "io.lettuce.core.",
            "org.redisson.",
            "com.mongodb.",
            "org.apache.thrift.",
            "com.alipay.sofa.rpc.",
            "com.caucho.hessian.",
            "org.elasticsearch.client.",
            "org.apache.kafka.clients.",
            "org.apache.zookeeper.",
        ],
    )
}

fn is_future(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "CompletableFuture.get",
            "CompletableFuture.join",
            "CompletableFuture.waitingGet",
            "CompletableFuture.timedGet",
            "FutureTask.get",
            "FutureTask.awaitDone",
            "ForkJoinTask.get",
            "ForkJoinTask.join",
            "ForkJoinTask.invoke",
            "AbstractFuture.get",
            "DefaultPromise.await",
            "DefaultPromise.get",
            "ListenableFutureTask.get",
            "ExecutorService.invokeAll",
            "AbstractExecutorService.invokeAll",
            "ForkJoinTask.awaitDone",
        ],
    )
}

fn is_lock(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "ReentrantLock.lock",
            "ReentrantLock.lockInterruptibly",
            "ReentrantLock.tryLock",
            "ReentrantLock$Sync.lock",
            "ReentrantLock$NonfairSync.lock",
            "ReentrantLock$FairSync.lock",
            "ReadLock.lock",
            "WriteLock.lock",
            "ReadLock.tryLock",
            "WriteLock.tryLock",
            "ReadLock.lockInterruptibly",
            "WriteLock.lockInterruptibly",
            "StampedLock.readLock",
            "StampedLock.writeLock",
            "StampedLock.acquireRead",
            "StampedLock.acquireWrite",
        ],
    )
}

/// A thread that loads or initialises a class and stands on top of nothing but that.
fn waits_for_class(frames: &[&str], hints: Hints) -> bool {
    let Some(top) = frames.first() else { return false };
    hints.waiting && method(top).ends_with(".<clinit>")
}

/// Waits for work, not in the middle of some.
fn is_idle(frames: &[&str]) -> bool {
    // Everything above the first application frame decides: application code on top means it is at work.
    let above = library_part(frames);
    let names = || above.iter().map(|frame| method(frame));
    let waits_for_a_task = names().any(|name| {
        ends_with_any(
            name,
            &[
                "ThreadPoolExecutor.getTask",
                "ForkJoinPool.awaitWork",
                "ForkJoinPool.awaitRunStateLock",
                "ServiceThread.waitForRunning",
                "Timer.mainLoop",
                "TimerThread.mainLoop",
                "ReferenceQueue.remove",
                "Reference.waitForReferencePendingList",
                "ReferenceHandler.run",
                "HashedWheelTimer$Worker.waitForNextTick",
                "EPoll.wait",
                "EPollArrayWrapper.epollWait",
                "Native.epollWait",
                "Native.epollWait0",
                "KQueue.poll",
                "KQueueArrayWrapper.kevent0",
                "WindowsSelectorImpl$SubSelector.poll0",
                "WEPoll.wait",
                "EpollEventLoop.run",
                "SelectorImpl.select",
                "Net.accept",
                "PlainSocketImpl.socketAccept",
                "NioSocketImpl.timedAccept",
                "ServerSocketChannelImpl.accept",
                "ServerSocketChannelImpl.accept0",
                "EPollPort$EventHandlerTask.poll",
                "ForkJoinPool.idleAwaitWork",
                "SingleThreadEventExecutor.takeTask",
                "DefaultEventExecutor.run",
                "GlobalEventExecutor.takeTask",
                "IntersectionType.await",
            ],
        )
    });
    if waits_for_a_task {
        return true;
    }
    if frames.len() != above.len() || in_task(frames) {
        return false;
    }
    // A thread with a loop of its own (no pool below, no application code): a queue, a sleep or a wait is its rest.
    names().take(8).any(|name| {
        ends_with_any(
            name,
            &[
                "BlockingQueue.take",
                "BlockingQueue.poll",
                "BlockingDeque.take",
                "DelayQueue.take",
            ],
        ) || ends_with_any(
            name,
            &["BlockingDeque.takeFirst", "BlockingDeque.pollFirst", "DelayQueue.poll"],
        )
    }) || is_service_rest(frames)
}

/// Sleeps or waits in the `run` of a thread class of a library, a few frames deep.
fn is_service_rest(frames: &[&str]) -> bool {
    let Some(top) = frames.first() else { return true };
    let name = method(top);
    let rests = is_parking(name) || name.starts_with("java.lang.Thread.sleep");
    let runs = frames.iter().any(|f| method(f).ends_with(".run"));
    rests && runs && frames.len() <= 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frames: &[&str], expect: Doing) {
        let cleaned: Vec<&str> = frames.iter().map(|frame| clean(frame)).collect();
        let waiting = is_parking(method(cleaned[0]));
        assert_eq!(
            doing(
                &cleaned,
                Hints {
                    waiting,
                    ..Hints::default()
                }
            ),
            expect,
            "{frames:?}"
        );
    }

    #[test]
    fn tells_what_a_thread_does() {
        let park = "jdk.internal.misc.Unsafe.park(java.base@17/Native Method)";
        let run = ["java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)"];
        check(
            &[
                park,
                "java.util.concurrent.LinkedBlockingQueue.take(X.java:1)",
                "java.util.concurrent.ThreadPoolExecutor.getTask(T.java:1)",
                run[0],
            ],
            Doing::Idle,
        );
        check(
            &[
                park,
                "java.util.concurrent.LinkedBlockingQueue.put(X.java:1)",
                "com.acme.Listener.consume(L.java:3)",
                run[0],
            ],
            Doing::Park,
        );
        check(
            &[
                park,
                "java.util.concurrent.CompletableFuture.waitingGet(X.java:1)",
                "java.util.concurrent.CompletableFuture.join(X.java:2)",
                "com.acme.Listener.consume(L.java:3)",
                run[0],
            ],
            Doing::FutureGet,
        );
        check(
            &[
                park,
                "java.util.concurrent.locks.ReentrantLock.lock(X.java:1)",
                "com.acme.A.b(A.java:3)",
                run[0],
            ],
            Doing::Lock,
        );
        check(
            &[
                park,
                "java.util.concurrent.CountDownLatch.await(X.java:1)",
                "com.acme.A.b(A.java:3)",
                run[0],
            ],
            Doing::Park,
        );
        check(
            &[
                "java.net.SocketInputStream.socketRead0(Native Method)",
                "com.mysql.cj.protocol.FullReadInputStream.readFully(F.java:64)",
                "com.acme.A.b(A.java:3)",
            ],
            Doing::Jdbc,
        );
        check(
            &[
                "java.net.SocketInputStream.socketRead0(Native Method)",
                "org.apache.http.impl.io.X.y(X.java)",
                "com.acme.A.b(A.java:3)",
            ],
            Doing::Http,
        );
        check(
            &[
                "java.net.SocketInputStream.socketRead0(Native Method)",
                "com.acme.A.b(A.java:3)",
            ],
            Doing::SocketRead,
        );
        check(
            &[
                "java.net.PlainSocketImpl.socketConnect(Native Method)",
                "org.apache.http.impl.io.X.y(X.java)",
                "com.acme.A.b(A.java:3)",
            ],
            Doing::SocketConnect,
        );
        check(
            &[
                "java.lang.Thread.sleep(Native Method)",
                "com.acme.A.b(A.java:3)",
                run[0],
            ],
            Doing::Sleep,
        );
        check(
            &[
                "java.nio.MappedByteBuffer.force0(Native Method)",
                "org.apache.rocketmq.store.MappedFile.flush(M.java:3)",
            ],
            Doing::FileIo,
        );
        check(
            &[
                park,
                "java.util.concurrent.CountDownLatch.await(X.java:1)",
                "org.apache.rocketmq.common.CountDownLatch2.await(C.java)",
                "org.apache.rocketmq.common.ServiceThread.waitForRunning(S.java:1)",
            ],
            Doing::Idle,
        );
        check(
            &[
                park,
                "java.util.concurrent.CountDownLatch.await(X.java:1)",
                "org.apache.rocketmq.remoting.netty.ResponseFuture.waitResponse(R.java:1)",
                "com.acme.A.b(A.java)",
            ],
            Doing::Rpc,
        );
        check(&["com.acme.A.b(A.java:3)", run[0]], Doing::Run);
        check(
            &[
                "sun.nio.ch.EPoll.wait(java.base@17/Native Method)",
                "io.netty.channel.nio.NioEventLoop.run(N.java:1)",
            ],
            Doing::Idle,
        );
    }

    #[test]
    fn cleans_frames() {
        assert_eq!(
            clean("\tat java.base@17.0.15/java.lang.Thread.run(Thread.java:840)"),
            "java.lang.Thread.run(Thread.java:840)"
        );
        assert_eq!(clean("at app//com.acme.A.b(A.java:1)"), "com.acme.A.b(A.java:1)");
        let lambda = "com.acme.A$$Lambda$12/0x0000000800c8.run(Unknown Source)";
        assert_eq!(clean(lambda), lambda);
        assert!(is_user("com.acme.A.b(A.java:1)") && !is_user("com.sun.proxy.$Proxy12.pay(Unknown Source)"));
    }
}
