//! Stack frames: cleaning them, and telling application code from libraries.
//!
//! ```text
//! at java.lang.Thread.sleep(java.base@17.0.15/Native Method)        jstack
//! java.base@17.0.15/java.lang.Thread.sleep(Native Method)           StackTraceElement.toString, JDK 9+
//! ```
//!
//! What a thread does is told by `doing`.

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
#[cfg(test)]
mod tests {
    use super::*;

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
