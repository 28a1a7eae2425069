//! Offsets: 14, 15, 29, 30, 31, 32.

use crate::header::headers;

headers! {
    /// QUERY_CONSUMER_OFFSET (14).
    QueryConsumerOffset {
        consumer_group: String = "consumerGroup",
        topic: String = "topic",
        queue_id: i32 = "queueId",
        set_zero_if_not_found: Option<bool> = "setZeroIfNotFound",
    }

    /// Answer to 14.
    QueryConsumerOffsetAnswer {
        offset: i64 = "offset",
    }

    /// UPDATE_CONSUMER_OFFSET (15).
    UpdateConsumerOffset {
        consumer_group: String = "consumerGroup",
        topic: String = "topic",
        queue_id: i32 = "queueId",
        commit_offset: i64 = "commitOffset",
    }

    /// SEARCH_OFFSET_BY_TIMESTAMP (29).
    SearchOffset {
        topic: String = "topic",
        queue_id: i32 = "queueId",
        timestamp: i64 = "timestamp",
        boundary_type: Option<String> = "boundaryType",
    }

    /// Answer to 29.
    SearchOffsetAnswer {
        offset: i64 = "offset",
    }

    /// GET_MAX_OFFSET (30).
    GetMaxOffset {
        topic: String = "topic",
        queue_id: i32 = "queueId",
        committed: Option<bool> = "committed",
    }

    /// Answer to 30.
    GetMaxOffsetAnswer {
        offset: i64 = "offset",
    }

    /// GET_MIN_OFFSET (31).
    GetMinOffset {
        topic: String = "topic",
        queue_id: i32 = "queueId",
    }

    /// Answer to 31.
    GetMinOffsetAnswer {
        offset: i64 = "offset",
    }

    /// GET_EARLIEST_MSG_STORETIME (32).
    GetEarliestStoreTime {
        topic: String = "topic",
        queue_id: i32 = "queueId",
    }

    /// Answer to 32.
    GetEarliestStoreTimeAnswer {
        timestamp: i64 = "timestamp",
    }
}
