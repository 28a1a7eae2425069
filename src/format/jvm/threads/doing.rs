//! What a thread does, told by its frames and the little that its state adds. Knows nothing of dumps or pools.

use super::frames::{in_task, is_user, method};
use super::marks;

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
    if above.iter().any(|f| marks::is_connect(method(f)))
        && !above.iter().any(|f| method(f).ends_with("NioEventLoop.run"))
    {
        return Doing::SocketConnect;
    }
    if name == "java.lang.Thread.sleep" || name == "java.lang.Thread.sleep0" || name == "java.lang.Thread.sleepNanos" {
        return Doing::Sleep;
    }
    waiting_for(above).unwrap_or_else(|| {
        if above.iter().take(4).any(|f| marks::is_file(method(f))) {
            Doing::FileIo
        } else if above.iter().take(6).any(|f| marks::is_socket(method(f))) {
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
        .any(|f| marks::is_socket(method(f)) || marks::is_parking(method(f)) || method(f).ends_with(".poll0"));
    if !waits {
        return None;
    }
    if any(marks::is_jdbc) {
        Some(Doing::Jdbc)
    } else if any(marks::is_rpc) {
        Some(Doing::Rpc)
    } else if any(marks::is_http) {
        Some(Doing::Http)
    } else {
        None
    }
}

/// Parked or waiting: for a lock, a future or something else. Otherwise it runs.
fn parked(above: &[&str], hints: Hints) -> Doing {
    if !above.iter().take(3).any(|f| marks::is_parking(method(f))) {
        // RocketMQ's own dumps have no lock lines, and a state without frames above says enough.
        return if hints.waiting && above.is_empty() {
            Doing::Park
        } else {
            Doing::Run
        };
    }
    let any = |test: fn(&str) -> bool| above.iter().any(|frame| test(method(frame)));
    if any(marks::is_future) {
        Doing::FutureGet
    } else if any(marks::is_lock) {
        Doing::Lock
    } else {
        Doing::Park
    }
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
    let waits_for_a_task = names().any(marks::is_rest);
    if waits_for_a_task {
        return true;
    }
    if frames.len() != above.len() || in_task(frames) {
        return false;
    }
    // A thread with a loop of its own (no pool below, no application code): a queue, a sleep or a wait is its rest.
    names().take(8).any(marks::is_queue) || is_service_rest(frames)
}

/// Sleeps or waits in the `run` of a thread class of a library, a few frames deep.
fn is_service_rest(frames: &[&str]) -> bool {
    let Some(top) = frames.first() else { return true };
    let name = method(top);
    let rests = marks::is_parking(name) || name.starts_with("java.lang.Thread.sleep");
    let runs = frames.iter().any(|f| method(f).ends_with(".run"));
    rests && runs && frames.len() <= 10
}
#[cfg(test)]
mod tests {
    use super::super::frames::clean;
    use super::*;

    fn check(frames: &[&str], expect: Doing) {
        let cleaned: Vec<&str> = frames.iter().map(|frame| clean(frame)).collect();
        let waiting = marks::is_parking(method(cleaned[0]));
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
}
