//! Administration of a broker: topics, groups, statistics, configuration.

use crate::header::headers;

headers! {
    /// UPDATE_AND_CREATE_TOPIC (17).
    CreateTopic {
        topic: String = "topic",
        default_topic: String = "defaultTopic",
        read_queue_nums: i32 = "readQueueNums",
        write_queue_nums: i32 = "writeQueueNums",
        perm: i32 = "perm",
        topic_filter_type: String = "topicFilterType",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        order: bool = "order",
        attributes: Option<String> = "attributes",
        force: Option<bool> = "force",
    }

    /// DELETE_TOPIC_IN_BROKER (215).
    DeleteTopic {
        topic: String = "topic",
    }

    /// GET_TOPIC_CONFIG (351).
    GetTopicConfig {
        topic: String = "topic",
    }

    /// DELETE_SUBSCRIPTIONGROUP (207).
    DeleteSubscriptionGroup {
        group_name: String = "groupName",
        clean_offset: Option<bool> = "cleanOffset",
    }

    /// GET_SUBSCRIPTIONGROUP_CONFIG (352).
    GetSubscriptionGroupConfig {
        group: String = "group",
    }

    /// GET_TOPIC_STATS_INFO (202).
    GetTopicStats {
        topic: String = "topic",
    }

    /// GET_CONSUME_STATS (208).
    GetConsumeStats {
        consumer_group: String = "consumerGroup",
        topic: Option<String> = "topic",
        topic_list: Option<String> = "topicList",
    }

    /// GET_BROKER_CONSUME_STATS (317).
    GetBrokerConsumeStats {
        is_order: bool = "isOrder",
    }

    /// GET_CONSUMER_CONNECTION_LIST (203).
    GetConsumerConnections {
        consumer_group: String = "consumerGroup",
    }

    /// GET_PRODUCER_CONNECTION_LIST (204).
    GetProducerConnections {
        producer_group: String = "producerGroup",
    }

    /// Answer to GET_BROKER_CONFIG (26); the body is a properties text.
    GetBrokerConfigAnswer {
        version: String = "version",
    }

    /// QUERY_TOPIC_CONSUME_BY_WHO (300).
    QueryTopicConsumeByWho {
        topic: String = "topic",
    }

    /// QUERY_TOPICS_BY_CONSUMER (343).
    QueryTopicsByConsumer {
        group: String = "group",
    }

    /// QUERY_SUBSCRIPTION_BY_CONSUMER (345).
    QuerySubscriptionByConsumer {
        group: String = "group",
        topic: Option<String> = "topic",
    }

    /// QUERY_CONSUME_TIME_SPAN (303).
    QueryConsumeTimeSpan {
        topic: String = "topic",
        group: String = "group",
    }

    /// QUERY_CORRECTION_OFFSET (308).
    QueryCorrectionOffset {
        filter_groups: Option<String> = "filterGroups",
        compare_group: String = "compareGroup",
        topic: String = "topic",
    }

    /// CLONE_GROUP_OFFSET (314).
    CloneGroupOffset {
        src_group: String = "srcGroup",
        dest_group: String = "destGroup",
        topic: Option<String> = "topic",
        offline: Option<bool> = "offline",
    }

    /// VIEW_BROKER_STATS_DATA (315).
    ViewBrokerStatsData {
        stats_name: String = "statsName",
        stats_key: String = "statsKey",
    }
}
