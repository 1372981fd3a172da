use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// A generated enum of texts. It is open: a text that the document does not list is kept and written as it came.
pub trait Enumeration: Sized {
    /// The value that the text stands for; never fails.
    fn from_text(text: &str) -> Self;
    /// The text.
    fn as_str(&self) -> &str;
    /// What a required field holds by default: the text of an enum that lists no other, else none.
    fn initial() -> Self {
        Self::from_text("")
    }
}

/// Reads an open enum. Real servers send a number or a boolean where the document lists texts, so these are taken by their text.
pub fn read_enum<'de, D: Deserializer<'de>, T: Enumeration>(deserializer: D) -> Result<T, D::Error> {
    struct EnumVisitor<T>(std::marker::PhantomData<T>);
    impl<T: Enumeration> Visitor<'_> for EnumVisitor<T> {
        type Value = T;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a text")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            Ok(T::from_text(text))
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
            Ok(T::from_text(if value { "true" } else { "false" }))
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
            Ok(T::from_text(&value.to_string()))
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
            Ok(T::from_text(&value.to_string()))
        }
    }
    deserializer.deserialize_any(EnumVisitor(std::marker::PhantomData))
}
