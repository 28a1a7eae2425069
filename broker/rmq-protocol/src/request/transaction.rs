//! Transactions: 37, and 39 the other way; 323.

use crate::header::headers;

headers! {
    /// END_TRANSACTION (37), mostly one-way.
    EndTransaction {
        topic: Option<String> = "topic",
        producer_group: String = "producerGroup",
        tran_state_table_offset: i64 = "tranStateTableOffset",
        commit_log_offset: i64 = "commitLogOffset",
        commit_or_rollback: i32 = "commitOrRollback",
        from_transaction_check: Option<bool> = "fromTransactionCheck",
        msg_id: String = "msgId",
        transaction_id: Option<String> = "transactionId",
    }

    /// CHECK_TRANSACTION_STATE (39), sent to a producer one-way; the body is one record.
    CheckTransactionState {
        topic: Option<String> = "topic",
        tran_state_table_offset: i64 = "tranStateTableOffset",
        commit_log_offset: i64 = "commitLogOffset",
        msg_id: Option<String> = "msgId",
        transaction_id: Option<String> = "transactionId",
        offset_msg_id: Option<String> = "offsetMsgId",
    }

    /// RESUME_CHECK_HALF_MESSAGE (323).
    ResumeCheckHalfMessage {
        topic: Option<String> = "topic",
        msg_id: Option<String> = "msgId",
    }
}
