//! Brokers to name servers: 103, 104, 322, 904, and 905 the other way; write permission 205 and 327.

use crate::header::headers;

headers! {
    /// REGISTER_BROKER (103); the body is a [`crate::register::RegisterBrokerBody`].
    RegisterBroker {
        broker_name: String = "brokerName",
        broker_addr: String = "brokerAddr",
        cluster_name: String = "clusterName",
        ha_server_addr: String = "haServerAddr",
        broker_id: i64 = "brokerId",
        heartbeat_timeout_millis: Option<i64> = "heartbeatTimeoutMillis",
        enable_acting_master: Option<bool> = "enableActingMaster",
        compressed: Option<bool> = "compressed",
        body_crc32: Option<i32> = "bodyCrc32",
    }

    /// Answer to 103: where a slave finds its master.
    RegisterBrokerAnswer {
        ha_server_addr: Option<String> = "haServerAddr",
        master_addr: Option<String> = "masterAddr",
    }

    /// UNREGISTER_BROKER (104).
    UnregisterBroker {
        broker_name: String = "brokerName",
        broker_addr: String = "brokerAddr",
        cluster_name: String = "clusterName",
        broker_id: i64 = "brokerId",
    }

    /// QUERY_DATA_VERSION (322); body and answer are a [`crate::topic::DataVersion`].
    QueryDataVersion {
        broker_name: String = "brokerName",
        broker_addr: String = "brokerAddr",
        cluster_name: String = "clusterName",
        broker_id: i64 = "brokerId",
    }

    /// Answer to 322.
    QueryDataVersionAnswer {
        changed: bool = "changed",
    }

    /// BROKER_HEARTBEAT (904), mostly one-way.
    BrokerHeartbeat {
        cluster_name: String = "clusterName",
        broker_addr: String = "brokerAddr",
        broker_name: String = "brokerName",
        broker_id: Option<i64> = "brokerId",
        epoch: Option<i32> = "epoch",
        max_offset: Option<i64> = "maxOffset",
        confirm_offset: Option<i64> = "confirmOffset",
        heartbeat_timeout_mills: Option<i64> = "heartbeatTimeoutMills",
        election_priority: Option<i32> = "electionPriority",
    }

    /// NOTIFY_MIN_BROKER_ID_CHANGE (905), sent to brokers one-way.
    NotifyMinBrokerIdChange {
        min_broker_id: Option<i64> = "minBrokerId",
        broker_name: Option<String> = "brokerName",
        min_broker_addr: Option<String> = "minBrokerAddr",
        offline_broker_addr: Option<String> = "offlineBrokerAddr",
        ha_broker_addr: Option<String> = "haBrokerAddr",
    }

    /// WIPE_WRITE_PERM_OF_BROKER (205).
    WipeWritePerm {
        broker_name: String = "brokerName",
    }

    /// Answer to 205.
    WipeWritePermAnswer {
        wipe_topic_count: i32 = "wipeTopicCount",
    }

    /// ADD_WRITE_PERM_OF_BROKER (327).
    AddWritePerm {
        broker_name: String = "brokerName",
    }

    /// Answer to 327.
    AddWritePermAnswer {
        add_topic_count: i32 = "addTopicCount",
    }
}
