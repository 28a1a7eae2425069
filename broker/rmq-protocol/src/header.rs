//! Typed headers: a struct for each request or response, read from and written to [`Fields`].
//!
//! The structs themselves are in [`crate::request`], one file for each subject, declared with the macro `headers!`.

use crate::fields::Fields;

/// Why the fields of a header cannot be used. Its text is the remark of the answer (code SYSTEM_ERROR).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A required field is absent; the words are Java's (`RemotingCommand.decodeCommandCustomHeader`).
    #[error("the custom field <{0}> is null")]
    Missing(&'static str),
    /// A number that is none, or out of range.
    #[error("the custom field <{field}> is not a number: {value:?}")]
    NotNumber {
        /// Name on the wire.
        field: &'static str,
        /// What was sent, cut to 64 characters.
        value: String,
    },
}

/// A header that can be read from and written to the fields of a frame.
pub trait Header: Sized {
    /// Reads the header; unknown fields are ignored.
    fn read(fields: &Fields) -> Result<Self, HeaderError>;
    /// Appends the header's fields; an absent option writes nothing.
    fn write(&self, fields: &mut Fields);
}

/// One value of a header.
pub(crate) trait FieldValue: Sized {
    fn read(name: &'static str, text: Option<&str>) -> Result<Self, HeaderError>;
    fn write(&self, name: &'static str, fields: &mut Fields);
}

impl FieldValue for String {
    fn read(name: &'static str, text: Option<&str>) -> Result<Self, HeaderError> {
        text.map(str::to_owned).ok_or(HeaderError::Missing(name))
    }

    fn write(&self, name: &'static str, fields: &mut Fields) {
        fields.push(name, self);
    }
}

impl FieldValue for bool {
    /// As Java's `Boolean.parseBoolean`: true only for the text `true`, in any case. The C++ client sends `"0"`.
    fn read(name: &'static str, text: Option<&str>) -> Result<Self, HeaderError> {
        text.map(|text| text.eq_ignore_ascii_case("true"))
            .ok_or(HeaderError::Missing(name))
    }

    fn write(&self, name: &'static str, fields: &mut Fields) {
        fields.push(name, if *self { "true" } else { "false" });
    }
}

macro_rules! number_values {
    ($($type:ty),*) => {$(
        impl FieldValue for $type {
            fn read(name: &'static str, text: Option<&str>) -> Result<Self, HeaderError> {
                let text = text.ok_or(HeaderError::Missing(name))?;
                text.parse().map_err(|_| HeaderError::NotNumber {
                    field: name,
                    value: text.chars().take(64).collect(),
                })
            }

            fn write(&self, name: &'static str, fields: &mut Fields) {
                // Enough for the longest i64 and its sign, so that no number costs an allocation.
                let mut digits = [0u8; 20];
                fields.push(name, decimal(i64::from(*self), &mut digits));
            }
        }
    )*};
}
number_values!(i32, i64);

/// The decimal text of a number, written into `digits` from its end.
fn decimal(number: i64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    std::str::from_utf8(&digits[at..]).expect("digits are ASCII")
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn read(name: &'static str, text: Option<&str>) -> Result<Self, HeaderError> {
        match text {
            // Java's parsers fail on an empty text where a number may be absent; being absent is what is meant.
            Some(_) => T::read(name, text).map(Some),
            None => Ok(None),
        }
    }

    fn write(&self, name: &'static str, fields: &mut Fields) {
        if let Some(value) = self {
            value.write(name, fields);
        }
    }
}

/// Declares headers: fields with their Rust type and their name on the wire. A plain type is required, an `Option`
/// may be absent.
macro_rules! headers {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $wire:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $(#[doc = concat!("`", $wire, "` on the wire.")] pub $field: $type,)*
        }

        impl $crate::header::Header for $name {
            fn read(fields: &$crate::fields::Fields) -> Result<Self, $crate::header::HeaderError> {
                let _ = fields;
                Ok(Self { $($field: $crate::header::FieldValue::read($wire, fields.get($wire))?,)* })
            }

            fn write(&self, fields: &mut $crate::fields::Fields) {
                let _ = fields;
                $($crate::header::FieldValue::write(&self.$field, $wire, fields);)*
            }
        }
    )*};
}
pub(crate) use headers;

#[cfg(test)]
mod tests {
    #![allow(unreachable_pub, reason = "the macro declares public headers")]
    use super::*;

    headers! {
        Sample {
            name: String = "name",
            number: i32 = "number",
            big: Option<i64> = "big",
            yes: Option<bool> = "yes",
        }
    }

    #[test]
    fn reads_tolerantly_and_says_what_is_missing() {
        let fields: Fields = [("name", "n"), ("number", "-7"), ("yes", "0"), ("other", "?")]
            .into_iter()
            .collect();
        let read = Sample::read(&fields).unwrap();
        assert_eq!(
            read,
            Sample {
                name: "n".into(),
                number: -7,
                big: None,
                yes: Some(false)
            }
        );
        let error = Sample::read(&Fields::new()).unwrap_err();
        assert_eq!(error.to_string(), "the custom field <name> is null");
    }

    #[test]
    fn numbers_survive_the_round_trip() {
        for big in [0, 1, -1, 9, 10, i64::MAX, i64::MIN] {
            let sample = Sample {
                name: String::new(),
                number: i32::MIN,
                big: Some(big),
                yes: Some(true),
            };
            let mut fields = Fields::new();
            sample.write(&mut fields);
            assert_eq!(fields.get("big"), Some(big.to_string().as_str()));
            assert_eq!(Sample::read(&fields), Ok(sample));
        }
    }
}
