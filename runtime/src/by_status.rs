//! Unions that the status of an answer decides: what the responses of an operation hold, told apart as the document tells them apart.

use http::StatusCode;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::contract::{Media, UnionShape, VariantTest};
use crate::wire::Union;

/// The variant of a status, with the encoding of its body: the one for this status alone before a range, and a range before `default`.
fn variant(shape: &UnionShape, status: u16) -> Option<(usize, Media)> {
    let variants = shape.variants.iter().enumerate().filter_map(|(index, variant)| match variant.test {
        VariantTest::Status { from, to, media } if from <= status && status <= to => {
            Some((to - from, index, media))
        }
        _ => None,
    });
    variants.min_by_key(|(width, index, _)| (*width, *index)).map(|(_, index, media)| (index, media))
}

/// Reads the variant of a status.
///
/// # Errors
/// The body is not what the document says of that status.
pub(crate) fn read<T: Union>(status: StatusCode, body: &[u8]) -> Result<T, serde_json::Error> {
    match variant(T::SHAPE, status.as_u16()) {
        Some((index, Media::Empty)) => T::read(index, "null"),
        Some((index, Media::Text)) => T::read(index, &serde_json::to_string(&String::from_utf8_lossy(body))?),
        Some((index, _)) => T::read(index, serde_json::from_slice::<&RawValue>(body)?.get()),
        None => unknown(body),
    }
}

/// A body of which the document says nothing.
///
/// # Errors
/// It is neither empty nor JSON.
pub(crate) fn unknown<T: Union>(body: &[u8]) -> Result<T, serde_json::Error> {
    if body.trim_ascii().is_empty() {
        return Ok(T::unknown(Value::Null));
    }
    serde_json::from_slice(body).map(T::unknown)
}
