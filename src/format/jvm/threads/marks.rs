//! Methods and packages that tell what a frame is a part of: one table a meaning. Names are `package.Class.method`.
//!
//! A new driver, HTTP client or remote-call library is one more line here.

fn ends_with_any(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

fn starts_with_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}

/// Parked or in `Object.wait`.
pub(super) fn is_parking(name: &str) -> bool {
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

/// Opens a connection or resolves a host name.
pub(super) fn is_connect(name: &str) -> bool {
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

/// Reads from or writes to a socket.
pub(super) fn is_socket(name: &str) -> bool {
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

/// Reads, writes, maps or forces a file.
pub(super) fn is_file(name: &str) -> bool {
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

/// A database driver or its connection pool.
pub(super) fn is_jdbc(name: &str) -> bool {
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

/// An HTTP client.
pub(super) fn is_http(name: &str) -> bool {
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

/// A client of a remote service.
pub(super) fn is_rpc(name: &str) -> bool {
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

/// Waits for a task's result.
pub(super) fn is_future(name: &str) -> bool {
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

/// Acquires an exclusive or read lock of java.util.concurrent.
pub(super) fn is_lock(name: &str) -> bool {
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

/// Waits for work: `getTask` of a pool, the wait of a service thread, a selector.
pub(super) fn is_rest(name: &str) -> bool {
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
        ],
    )
}

/// Takes from a queue.
pub(super) fn is_queue(name: &str) -> bool {
    ends_with_any(
        name,
        &[
            "BlockingQueue.take",
            "BlockingQueue.poll",
            "BlockingDeque.take",
            "DelayQueue.take",
            "BlockingDeque.takeFirst",
            "BlockingDeque.pollFirst",
            "DelayQueue.poll",
        ],
    )
}
