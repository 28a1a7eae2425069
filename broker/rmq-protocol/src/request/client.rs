//! Clients of a broker: 35, 38, and 40, 220, 221, 307, 309 the other way.

use crate::header::headers;

headers! {
    /// UNREGISTER_CLIENT (35).
    UnregisterClient {
        client_id: String = "clientID",
        producer_group: Option<String> = "producerGroup",
        consumer_group: Option<String> = "consumerGroup",
    }

    /// GET_CONSUMER_LIST_BY_GROUP (38).
    GetConsumerList {
        consumer_group: String = "consumerGroup",
    }

    /// NOTIFY_CONSUMER_IDS_CHANGED (40), sent to consumers one-way.
    NotifyConsumerIdsChanged {
        consumer_group: String = "consumerGroup",
    }

    /// RESET_CONSUMER_CLIENT_OFFSET (220), INVOKE_BROKER_TO_RESET_OFFSET (222).
    ResetOffset {
        group: String = "group",
        topic: String = "topic",
        queue_id: Option<i32> = "queueId",
        offset: Option<i64> = "offset",
        timestamp: i64 = "timestamp",
        is_force: bool = "isForce",
    }

    /// GET_CONSUMER_STATUS_FROM_CLIENT (221), INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223).
    GetConsumerStatus {
        topic: String = "topic",
        group: String = "group",
        client_addr: Option<String> = "clientAddr",
    }

    /// GET_CONSUMER_RUNNING_INFO (307).
    GetConsumerRunningInfo {
        consumer_group: String = "consumerGroup",
        client_id: String = "clientId",
        jstack_enable: Option<bool> = "jstackEnable",
    }

    /// CONSUME_MESSAGE_DIRECTLY (309).
    ConsumeMessageDirectly {
        consumer_group: String = "consumerGroup",
        client_id: Option<String> = "clientId",
        msg_id: Option<String> = "msgId",
        broker_name: Option<String> = "brokerName",
        topic: Option<String> = "topic",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        group_sys_flag: Option<i32> = "groupSysFlag",
    }
}
