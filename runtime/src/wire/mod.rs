//! How generated types become JSON and come back. A generated struct says by index how to read and write each of its fields
//! ([`Object`]); everything else is here once: finding the field of a key, counting what is missing, skipping what is unknown.
//! That is why a generated crate compiles several times faster than with derived impls.
//!
//! Items here are called by generated code. They are public for that reason and stable only together with the generator.

mod decimal;
mod enumeration;
mod fit;
mod macros;
mod maybe;
mod number;
pub(crate) mod object;
pub(crate) mod redact;
#[cfg(test)]
mod tests;
mod text;
mod tuple;
mod union;
mod unix_time;

pub use decimal::Decimal;
pub use enumeration::{Enumeration, read_enum};
pub use maybe::Maybe;
pub use number::{Number, NumberError};
pub use object::{Object, Reader, Writer, debug_object, read_object, write_object};
pub use text::{Base64, Date, DateTime, Duration, TextError, Time, Uri, Uuid};
pub use tuple::{Items, Tuple};
pub use union::{Union, candidates, debug_union, read_union};
pub use unix_time::UnixTime;

/// A value to start decoding from, before its fields are read. A required field that does not come is an error, so no blank value
/// of a required field is ever seen.
pub trait Blank {
    /// The blank value.
    fn blank() -> Self;
}

macro_rules! blank_by_default {
    ($($type:ty),* $(,)?) => { $(impl Blank for $type { fn blank() -> Self { Self::default() } })* };
}

blank_by_default!(bool, i32, i64, u32, u64, f32, f64, String, serde_json::Value);

impl<T> Blank for Option<T> {
    fn blank() -> Self {
        None
    }
}

impl<T> Blank for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
}

impl<T> Blank for std::collections::BTreeMap<String, T> {
    fn blank() -> Self {
        Self::new()
    }
}

impl<T: Blank> Blank for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }
}

/// The blank value of whatever type is asked for; generated code names no types that way.
pub fn blank<T: Blank>() -> T {
    T::blank()
}

/// Reads a value from JSON; generated unions read their variants with it.
///
/// # Errors
/// The text is no JSON of that type.
pub fn from_json<T: serde::de::DeserializeOwned>(raw: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(raw)
}
