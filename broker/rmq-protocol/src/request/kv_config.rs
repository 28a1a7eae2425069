//! Key-value configuration of the name server: 100, 101, 102, 219.

use crate::header::headers;

headers! {
    /// PUT_KV_CONFIG (100).
    PutKvConfig {
        namespace: String = "namespace",
        key: String = "key",
        value: String = "value",
    }

    /// GET_KV_CONFIG (101).
    GetKvConfig {
        namespace: String = "namespace",
        key: String = "key",
    }

    /// Answer to 101.
    GetKvConfigAnswer {
        value: Option<String> = "value",
    }

    /// DELETE_KV_CONFIG (102).
    DeleteKvConfig {
        namespace: String = "namespace",
        key: String = "key",
    }

    /// GET_KVLIST_BY_NAMESPACE (219); the answer is a [`crate::route::KvTable`].
    GetKvListByNamespace {
        namespace: String = "namespace",
    }
}
