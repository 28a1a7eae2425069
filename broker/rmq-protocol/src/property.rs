//! Properties and system flags of a message, and Java's string hash, which tags and index keys are made of.
//!
//! ```text
//! KEYS \x01 order-17 \x02 TAGS \x01 paid \x02 UNIQ_KEY \x01 7F0000… [\x02]
//! ```
//!
//! 4.9 leaves out the last separator, 5.x writes it; both are read.

/// Between name and value.
pub const NAME_VALUE_SEPARATOR: char = '\u{1}';
/// Between two properties.
pub const PROPERTY_SEPARATOR: char = '\u{2}';

/// Names of properties that servers and clients act on (`MessageConst.java`).
pub mod name {
    macro_rules! names {
        ($($(#[$doc:meta])* $constant:ident = $text:literal;)*) => {
            $($(#[$doc])* pub const $constant: &str = $text;)*
        };
    }
    names! {
        /// Business keys, separated by spaces; indexed.
        KEYS = "KEYS";
        /// The tag.
        TAGS = "TAGS";
        /// "false": the producer does not wait for flush and replicas.
        WAIT_STORE_MSG_OK = "WAIT";
        /// Delay level.
        DELAY_TIME_LEVEL = "DELAY";
        /// Topic a retried message came from.
        RETRY_TOPIC = "RETRY_TOPIC";
        /// Topic behind a scheduled or half message.
        REAL_TOPIC = "REAL_TOPIC";
        /// Queue behind a scheduled or half message.
        REAL_QUEUE_ID = "REAL_QID";
        /// "true" on half messages.
        TRANSACTION_PREPARED = "TRAN_MSG";
        /// Producer group of a half message.
        PRODUCER_GROUP = "PGROUP";
        /// Offset id of the first attempt of a retried message.
        ORIGIN_MESSAGE_ID = "ORIGIN_MESSAGE_ID";
        /// Attempts so far, set by consumers that send back.
        RECONSUME_TIME = "RECONSUME_TIME";
        /// Region, set by the broker.
        MSG_REGION = "MSG_REGION";
        /// Whether message trace is on, set by the broker.
        TRACE_SWITCH = "TRACE_ON";
        /// Message id made by the client.
        UNIQ_CLIENT_MESSAGE_ID_KEYIDX = "UNIQ_KEY";
        /// Greatest number of attempts.
        MAX_RECONSUME_TIMES = "MAX_RECONSUME_TIMES";
        /// Number of messages in an inner batch.
        INNER_NUM = "INNER_NUM";
        /// Seconds during which a half message is not checked.
        CHECK_IMMUNITY_TIME_IN_SECONDS = "CHECK_IMMUNITY_TIME_IN_SECONDS";
        /// Queue offset of the half message that is put back.
        TRANSACTION_PREPARED_QUEUE_OFFSET = "TRAN_PREPARED_QUEUE_OFFSET";
        /// Times a half message was checked.
        TRANSACTION_CHECK_TIMES = "TRANSACTION_CHECK_TIMES";
        /// Cluster, set by the broker.
        CLUSTER = "CLUSTER";
        /// Kind of message: request or reply.
        MESSAGE_TYPE = "MSG_TYPE";
        /// Joins a reply to its request.
        CORRELATION_ID = "CORRELATION_ID";
        /// Client a reply goes to.
        MESSAGE_REPLY_TO_CLIENT = "REPLY_TO_CLIENT";
        /// Time to live of a request.
        MESSAGE_TTL = "TTL";
        /// When a reply reached the broker.
        REPLY_MESSAGE_ARRIVE_TIME = "ARRIVE_TIME";
        /// When a reply was pushed.
        PUSH_REPLY_TIME = "PUSH_REPLY_TIME";
        /// POP check point; a client may not set it.
        POP_CK = "POP_CK";
        /// Key that orders messages of one group.
        SHARDING_KEY = "__SHARDINGKEY";
        /// Topic a dead letter came from.
        DLQ_ORIGIN_TOPIC = "DLQ_ORIGIN_TOPIC";
        /// Message a dead letter came from.
        DLQ_ORIGIN_MESSAGE_ID = "DLQ_ORIGIN_MESSAGE_ID";
        /// Delay in seconds of a timer message.
        TIMER_DELAY_SEC = "TIMER_DELAY_SEC";
        /// Delivery time of a timer message.
        TIMER_DELIVER_MS = "TIMER_DELIVER_MS";
        /// Delay in milliseconds of a timer message.
        TIMER_DELAY_MS = "TIMER_DELAY_MS";
    }
}

/// The pairs of a properties text. As in Java, a pair without name, separator or value is passed over.
pub fn pairs(properties: &str) -> impl Iterator<Item = (&str, &str)> {
    properties
        .split(PROPERTY_SEPARATOR)
        .filter_map(|pair| pair.split_once(NAME_VALUE_SEPARATOR))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
}

/// The value of one property; the last one when a name came twice, as in Java's map.
pub fn get<'p>(properties: &'p str, name: &str) -> Option<&'p str> {
    pairs(properties)
        .filter(|(found, _)| *found == name)
        .last()
        .map(|(_, value)| value)
}

/// Appends a property, with the separator that 4.9 clients leave out before it.
pub fn append(properties: &mut String, name: &str, value: &str) {
    if !properties.is_empty() && !properties.ends_with(PROPERTY_SEPARATOR) {
        properties.push(PROPERTY_SEPARATOR);
    }
    properties.push_str(name);
    properties.push(NAME_VALUE_SEPARATOR);
    properties.push_str(value);
    properties.push(PROPERTY_SEPARATOR);
}

/// The same properties without those that `drop` names.
pub fn without(properties: &str, drop: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(properties.len() + 1);
    pairs(properties)
        .filter(|(name, _)| !drop(name))
        .for_each(|(name, value)| append(&mut kept, name, value));
    kept
}

/// Java's `String.hashCode`: over UTF-16 units, wrapping at 32 bits.
pub fn java_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// What a consume queue keeps of a tag: its hash, sign-extended; 0 without a tag.
pub fn tag_code(tag: Option<&str>) -> i64 {
    tag.map_or(0, |tag| i64::from(java_hash(tag)))
}

/// System flags of a message (`MessageSysFlag.java`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SysFlag(pub i32);

/// State of a message in a transaction: a field of two bits, not two flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionKind {
    /// No transaction.
    None,
    /// A half message.
    Prepared,
    /// Committed.
    Commit,
    /// Rolled back.
    Rollback,
}

impl SysFlag {
    const COMPRESSED: i32 = 1;
    const TRANSACTION: i32 = 3 << 2;
    const BORN_HOST_V6: i32 = 1 << 4;
    const STORE_HOST_V6: i32 = 1 << 5;

    /// Whether the body is compressed. The broker passes it on as it is.
    pub fn is_compressed(self) -> bool {
        self.0 & Self::COMPRESSED != 0
    }

    /// Whether the sender's address takes 20 bytes.
    pub fn is_born_host_v6(self) -> bool {
        self.0 & Self::BORN_HOST_V6 != 0
    }

    /// Whether the broker's address takes 20 bytes.
    pub fn is_store_host_v6(self) -> bool {
        self.0 & Self::STORE_HOST_V6 != 0
    }

    /// The same flags with the sizes of both addresses set.
    pub fn with_hosts(self, born_v6: bool, store_v6: bool) -> Self {
        let cleared = self.0 & !(Self::BORN_HOST_V6 | Self::STORE_HOST_V6);
        let born = if born_v6 { Self::BORN_HOST_V6 } else { 0 };
        let store = if store_v6 { Self::STORE_HOST_V6 } else { 0 };
        Self(cleared | born | store)
    }

    /// State in a transaction.
    pub fn transaction(self) -> TransactionKind {
        match (self.0 & Self::TRANSACTION) >> 2 {
            0 => TransactionKind::None,
            1 => TransactionKind::Prepared,
            2 => TransactionKind::Commit,
            _ => TransactionKind::Rollback,
        }
    }

    /// The same flags with another state in a transaction.
    pub fn with_transaction(self, kind: TransactionKind) -> Self {
        let bits = match kind {
            TransactionKind::None => 0,
            TransactionKind::Prepared => 1 << 2,
            TransactionKind::Commit => 2 << 2,
            TransactionKind::Rollback => 3 << 2,
        };
        Self(self.0 & !Self::TRANSACTION | bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_endings_and_odd_pairs() {
        let old = "KEYS\u{1}a b\u{2}TAGS\u{1}t";
        assert_eq!(pairs(old).collect::<Vec<_>>(), [("KEYS", "a b"), ("TAGS", "t")]);
        let odd = "\u{1}v\u{2}n\u{1}\u{2}x\u{2}\u{2}A\u{1}1\u{2}A\u{1}2\u{2}";
        assert_eq!(pairs(odd).collect::<Vec<_>>(), [("A", "1"), ("A", "2")]);
        assert_eq!(get(odd, "A"), Some("2"));
        let mut text = old.to_owned();
        append(&mut text, "CLUSTER", "c");
        assert_eq!(text, "KEYS\u{1}a b\u{2}TAGS\u{1}t\u{2}CLUSTER\u{1}c\u{2}");
        assert_eq!(
            without(&text, |name| name == "KEYS"),
            "TAGS\u{1}t\u{2}CLUSTER\u{1}c\u{2}"
        );
    }

    #[test]
    fn hashes_as_java_makes_them() {
        for (text, hash) in [
            ("", 0),
            ("A", 65),
            ("TagA", 2_598_919),
            ("polygenelubricants", i32::MIN),
            ("😀", 1_772_899),
        ] {
            assert_eq!(java_hash(text), hash, "{text}");
        }
        assert_eq!(tag_code(Some("polygenelubricants")), i64::from(i32::MIN));
        assert_eq!(tag_code(None), 0);
    }

    #[test]
    fn the_transaction_is_a_field() {
        let flag = SysFlag(0b11_0001).with_transaction(TransactionKind::Rollback);
        assert_eq!(flag.0, 0b11_1101);
        assert_eq!(
            flag.with_transaction(TransactionKind::Commit).transaction(),
            TransactionKind::Commit
        );
        assert_eq!(flag.with_transaction(TransactionKind::None).0, 0b11_0001);
        assert!(flag.is_compressed() && flag.is_born_host_v6() && flag.is_store_host_v6());
        assert_eq!(flag.with_hosts(false, true).0, 0b10_1101);
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text: String) {
            let _ = pairs(&text).count();
            let _ = without(&text, |name| name.len() > 2);
        }
    }
}
