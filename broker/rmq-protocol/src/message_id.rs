//! Ids of messages. The broker makes the offset id; clients make the unique id, which is an opaque key to servers.
//!
//! ```text
//! 7F000001 0000276B 0000000000000400      127.0.0.1 : 10091, commit-log offset 1024
//! ```

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Where a message lies: the broker's address and the offset in its commit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OffsetMessageId {
    /// Address that clients reach the broker at.
    pub store_host: SocketAddr,
    /// Position in the commit log.
    pub commit_log_offset: i64,
}

impl OffsetMessageId {
    /// The text: 32 characters with an IPv4 address, 56 with IPv6.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(56);
        match self.store_host.ip() {
            IpAddr::V4(address) => put_hex(&address.octets(), &mut text),
            IpAddr::V6(address) => put_hex(&address.octets(), &mut text),
        }
        put_hex(&i32::from(self.store_host.port()).to_be_bytes(), &mut text);
        put_hex(&self.commit_log_offset.to_be_bytes(), &mut text);
        text
    }

    /// Reads the text; nothing when it is no offset id (a unique id has the same length, but rarely a port).
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = from_hex(text)?;
        let (ip, rest): (IpAddr, &[u8]) = match bytes.len() {
            16 => (<[u8; 4]>::try_from(&bytes[..4]).ok()?.into(), &bytes[4..]),
            28 => (<[u8; 16]>::try_from(&bytes[..16]).ok()?.into(), &bytes[16..]),
            _ => return None,
        };
        let port = i32::from_be_bytes(rest[..4].try_into().ok()?);
        let commit_log_offset = i64::from_be_bytes(rest[4..].try_into().ok()?);
        Some(Self {
            store_host: SocketAddr::new(ip, u16::try_from(port).ok()?),
            commit_log_offset,
        })
    }
}

fn put_hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() > 56 || !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_address_families() {
        for (host, offset, text) in [
            ("127.0.0.1:10091", 1024, "7F0000010000276B0000000000000400"),
            (
                "[::1]:10911",
                7,
                "0000000000000000000000000000000100002A9F0000000000000007",
            ),
        ] {
            let id = OffsetMessageId {
                store_host: host.parse().unwrap(),
                commit_log_offset: offset,
            };
            assert_eq!(id.encode(), text);
            assert_eq!(OffsetMessageId::decode(text), Some(id));
        }
        for bad in [
            "",
            "7F",
            "中中中中",
            "7F0000010FFFFFFF0000000000000400",
            "ZF0000010000276B0000000000000400",
        ] {
            assert_eq!(OffsetMessageId::decode(bad), None, "{bad}");
        }
    }
}
