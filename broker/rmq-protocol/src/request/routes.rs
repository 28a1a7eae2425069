//! Route queries and topic lists of the name server: 105, 216, 217, 224, 901; the rest has no header.

use crate::header::headers;

headers! {
    /// GET_ROUTEINFO_BY_TOPIC (105); the answer is a [`crate::route::TopicRoute`].
    GetRouteInfo {
        topic: String = "topic",
        accept_standard_json_only: Option<bool> = "acceptStandardJsonOnly",
    }

    /// DELETE_TOPIC_IN_NAMESRV (216).
    DeleteTopicInNamesrv {
        topic: String = "topic",
        cluster_name: Option<String> = "clusterName",
    }

    /// REGISTER_TOPIC_IN_NAMESRV (217); the body is a [`crate::route::TopicRoute`].
    RegisterTopic {
        topic: String = "topic",
    }

    /// GET_TOPICS_BY_CLUSTER (224).
    GetTopicsByCluster {
        cluster: String = "cluster",
    }

    /// GET_BROKER_MEMBER_GROUP (901).
    GetBrokerMemberGroup {
        cluster_name: String = "clusterName",
        broker_name: String = "brokerName",
    }
}
