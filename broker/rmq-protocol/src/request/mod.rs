//! Typed headers of requests and answers, one file for each subject. Names are those of the request, with `Answer`
//! for what comes back; field names on the wire are beside the fields.
//!
//! Requests that have no header are sent with [`crate::Frame::bare_request`].

pub mod admin;
pub mod client;
pub mod kv_config;
pub mod offset;
pub mod pull;
pub mod query;
pub mod registration;
pub mod routes;
pub mod send;
pub mod transaction;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Fields;
    use crate::header::Header;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().copied().collect()
    }

    #[test]
    fn short_names_of_the_second_send_header() {
        let sent = fields(&[
            ("a", "group"),
            ("b", "topic"),
            ("c", "TBW102"),
            ("d", "4"),
            ("e", "2"),
            ("f", "0"),
            ("g", "1700000000000"),
            ("h", "0"),
            ("i", "TAGS\u{1}t\u{2}"),
            ("j", "0"),
            ("k", "false"),
            ("l", "16"),
            ("m", "true"),
        ]);
        let header = send::SendMessageV2::read(&sent).unwrap();
        assert_eq!(
            (header.topic.as_str(), header.queue_id, header.batch),
            ("topic", 2, Some(true))
        );
        let mut written = Fields::new();
        header.write(&mut written);
        assert_eq!(written, sent);
    }

    #[test]
    fn absent_fields_of_a_pull() {
        let mut header = pull::PullMessage {
            consumer_group: "g".into(),
            topic: "t".into(),
            ..Default::default()
        };
        header.subscription = Some("*".into());
        let mut written = Fields::new();
        header.write(&mut written);
        assert_eq!(written.get("expressionType"), None);
        assert_eq!(pull::PullMessage::read(&written), Ok(header));
        assert!(pull::PullMessage::read(&fields(&[("topic", "t")])).is_err());
    }
}
