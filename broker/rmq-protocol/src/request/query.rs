//! Looking up messages: 12, 33, 321.

use crate::header::headers;

headers! {
    /// QUERY_MESSAGE (12); the field `_UNIQUE_KEY_QUERY` asks for a message id instead of a key.
    QueryMessage {
        topic: String = "topic",
        key: String = "key",
        max_num: i32 = "maxNum",
        begin_timestamp: i64 = "beginTimestamp",
        end_timestamp: i64 = "endTimestamp",
    }

    /// Answer to 12; the body is concatenated records.
    QueryMessageAnswer {
        index_last_update_timestamp: i64 = "indexLastUpdateTimestamp",
        index_last_update_phyoffset: i64 = "indexLastUpdatePhyoffset",
    }

    /// VIEW_MESSAGE_BY_ID (33); the answer is one record.
    ViewMessage {
        topic: Option<String> = "topic",
        offset: i64 = "offset",
    }

    /// QUERY_CONSUME_QUEUE (321).
    QueryConsumeQueue {
        topic: Option<String> = "topic",
        queue_id: Option<i32> = "queueId",
        index: Option<i64> = "index",
        count: Option<i32> = "count",
        consumer_group: Option<String> = "consumerGroup",
    }
}
