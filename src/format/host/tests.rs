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
