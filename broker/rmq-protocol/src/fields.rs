//! The fields of a header: an ordered list of text pairs, kept in one block of text.
//!
//! A frame has up to some twenty fields, so a look-up walks the list; two allocations hold all of them.

use smallvec::SmallVec;

use crate::frame::FrameError;

/// Most fields a header may have. Java writes at most 30; message properties are one field.
pub const FIELD_COUNT_MAX: usize = 1024;

#[derive(Debug, Clone, Copy)]
struct Span {
    key_at: u32,
    value_at: u32,
    end: u32,
}

/// Named texts of a header (`extFields` in Java), in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    text: String,
    spans: SmallVec<[Span; 4]>,
}

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for a header of `text_bytes` bytes, so that reading it grows nothing.
    pub fn with_capacity(text_bytes: usize) -> Self {
        Self {
            text: String::with_capacity(text_bytes),
            spans: SmallVec::new(),
        }
    }

    /// The value of `key`; the last one when a key came twice, as in Java's map.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.spans
            .iter()
            .rev()
            .find(|span| self.key(span) == key)
            .map(|span| self.value(span))
    }

    /// Appends a field. The caller sees to it that a key is set once.
    pub fn push(&mut self, key: &str, value: &str) {
        let key_at = self.text.len();
        self.text.push_str(key);
        let value_at = self.text.len();
        self.text.push_str(value);
        self.spans.push(Span {
            key_at: key_at as u32,
            value_at: value_at as u32,
            end: self.text.len() as u32,
        });
    }

    /// Appends a field that came from outside, within the limits.
    pub(crate) fn push_checked(&mut self, key: &str, value: &str) -> Result<(), FrameError> {
        if self.spans.len() >= FIELD_COUNT_MAX {
            return Err(FrameError::TooManyFields);
        }
        self.push(key, value);
        Ok(())
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// All fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|span| (self.key(span), self.value(span)))
    }

    fn key(&self, span: &Span) -> &str {
        &self.text[span.key_at as usize..span.value_at as usize]
    }

    fn value(&self, span: &Span) -> &str {
        &self.text[span.value_at as usize..span.end as usize]
    }
}

/// Equal when they hold the same pairs, in whatever order: Java keeps them in a hash map.
impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl Eq for Fields {}

impl<'a> FromIterator<(&'a str, &'a str)> for Fields {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(pairs: T) -> Self {
        let mut fields = Self::new();
        pairs.into_iter().for_each(|(key, value)| fields.push(key, value));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_one_wins_and_order_does_not_matter() {
        let fields: Fields = [("a", "1"), ("b", ""), ("a", "2")].into_iter().collect();
        assert_eq!(fields.get("a"), Some("2"));
        assert_eq!(fields.get("b"), Some(""));
        assert_eq!(fields.get("c"), None);
        let one: Fields = [("x", "1"), ("y", "2")].into_iter().collect();
        let two: Fields = [("y", "2"), ("x", "1")].into_iter().collect();
        assert_eq!(one, two);
    }
}
