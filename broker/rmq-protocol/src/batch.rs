//! The body of SEND_BATCH_MESSAGE (320): several messages with what each has of its own.
//!
//! ```text
//! repeated: int32 size · int32 magic (0) · int32 crc (0) · int32 flag · int32 n · body · int16 n · properties
//! ```
//!
//! Topic, queue and the rest come from the request's header. Clients write 0 for magic and CRC; the broker computes
//! the CRC of each record it stores.

use crate::record::{PROPERTIES_BYTES_MAX, RecordError};

/// Bytes of an item besides body and properties.
const FIXED_BYTES: usize = 4 * 5 + 2;

/// One message of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchItem<'a> {
    /// The user's flag.
    pub flag: i32,
    /// The body.
    pub body: &'a [u8],
    /// The properties text.
    pub properties: &'a str,
}

impl<'a> BatchItem<'a> {
    /// Appends the item.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let size = FIXED_BYTES + self.body.len() + self.properties.len();
        let too_long = |part, bytes, limit| Err(RecordError::TooLong { part, bytes, limit });
        if self.properties.len() > PROPERTIES_BYTES_MAX {
            return too_long("the properties", self.properties.len(), PROPERTIES_BYTES_MAX);
        }
        let Ok(size_field) = i32::try_from(size) else {
            return too_long("the item", size, i32::MAX as usize);
        };
        out.extend_from_slice(&size_field.to_be_bytes());
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&self.flag.to_be_bytes());
        out.extend_from_slice(&(self.body.len() as i32).to_be_bytes());
        out.extend_from_slice(self.body);
        out.extend_from_slice(&(self.properties.len() as i16).to_be_bytes());
        out.extend_from_slice(self.properties.as_bytes());
        Ok(())
    }

    fn decode(bytes: &'a [u8]) -> Result<(Self, usize), RecordError> {
        let short = |needed| RecordError::Short {
            present: bytes.len(),
            needed,
        };
        let i32_at = |at: usize| -> Result<i32, RecordError> {
            let field = bytes.get(at..at + 4).ok_or_else(|| short(at + 4))?;
            Ok(i32::from_be_bytes(field.try_into().expect("four bytes were taken")))
        };
        let size = i32_at(0)?;
        let flag = i32_at(12)?;
        let body_bytes = usize::try_from(i32_at(16)?).map_err(|_| RecordError::Field("the body's length"))?;
        let body_end = 20usize.saturating_add(body_bytes);
        let body = bytes.get(20..body_end).ok_or_else(|| short(body_end))?;
        let length = bytes.get(body_end..body_end + 2).ok_or_else(|| short(body_end + 2))?;
        let length = i16::from_be_bytes([length[0], length[1]]);
        let length = usize::try_from(length).map_err(|_| RecordError::Field("the properties' length"))?;
        let end = body_end + 2 + length;
        let properties = bytes.get(body_end + 2..end).ok_or_else(|| short(end))?;
        let properties = std::str::from_utf8(properties).map_err(|_| RecordError::Field("the properties"))?;
        if usize::try_from(size) != Ok(end) {
            return Err(RecordError::Size { size, parts: end });
        }
        Ok((Self { flag, body, properties }, end))
    }
}

/// Reads the items of a batch. Stops after the first error.
pub fn items(body: &[u8]) -> impl Iterator<Item = Result<BatchItem<'_>, RecordError>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match BatchItem::decode(rest) {
            Ok((item, size)) => {
                rest = &rest[size..];
                Some(Ok(item))
            }
            Err(error) => {
                rest = &[];
                Some(Err(error))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(messages in prop::collection::vec((any::<i32>(), any::<Vec<u8>>(), ".{0,20}"), 0..5)) {
            let mut bytes = Vec::new();
            for (flag, body, properties) in &messages {
                BatchItem { flag: *flag, body, properties }.encode_into(&mut bytes).unwrap();
            }
            let read: Vec<_> = items(&bytes).map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), messages.len());
            for (item, (flag, body, properties)) in read.iter().zip(&messages) {
                prop_assert_eq!(*item, BatchItem { flag: *flag, body, properties });
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            items(&bytes).for_each(drop);
        }
    }

    #[test]
    fn a_broken_item_ends_the_batch() {
        let mut bytes = Vec::new();
        BatchItem {
            flag: 1,
            body: b"ab",
            properties: "",
        }
        .encode_into(&mut bytes)
        .unwrap();
        bytes.push(0);
        let read: Vec<_> = items(&bytes).collect();
        assert!(read[0].is_ok() && read[1].is_err() && read.len() == 2);
    }
}
