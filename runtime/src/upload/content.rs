//! The body of a call, from what the caller gave to what is sent.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::contract::{Body, Media, Shape};

use super::multipart::{Parts, essence};
use super::{RequestBody, Segment, Upload};

/// What stands for a media type that is a range, where the caller names none.
const BYTES: &str = "application/octet-stream";

/// A body as the caller gave it.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Written already.
    Bytes(Bytes),
    /// Bytes from somewhere.
    Upload(Upload),
    /// Parts.
    Parts(Parts),
}

impl Content {
    /// The body on its way to the wire. Its `Content-Type` goes into the headers, unless the caller put one there.
    pub(crate) fn build(
        &self,
        body: &Body,
        headers: &mut HeaderMap,
        boundary: impl FnOnce() -> String,
    ) -> Result<RequestBody, String> {
        let (built, media_type) = match self {
            Self::Bytes(bytes) => (bytes.clone().into(), concrete(body.media_type).to_owned()),
            Self::Upload(upload) => {
                let content = match upload.content() {
                    Segment::Bytes(bytes) => bytes.clone().into(),
                    other => RequestBody::new(vec![other.clone()]),
                };
                (content, upload.media_type().unwrap_or(concrete(body.media_type)).to_owned())
            }
            Self::Parts(parts) => {
                complete(body, parts)?;
                let boundary = boundary();
                let media_type = essence(body.media_type);
                let header = format!("{media_type}; boundary={boundary}");
                // The boundary is told nowhere else, so no header of the caller's can take this one's place.
                headers.remove(CONTENT_TYPE);
                (parts.body(&media_type, &boundary)?, header)
            }
        };
        if !headers.contains_key(CONTENT_TYPE) {
            let value = HeaderValue::from_str(&media_type)
                .map_err(|_| format!("`{}` is no media type", media_type.escape_debug()))?;
            headers.insert(CONTENT_TYPE, value);
        }
        Ok(built)
    }

    /// How many bytes are in memory, for `Debug`.
    pub(crate) fn bytes(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Upload(_) | Self::Parts(_) => None,
        }
    }
}

/// A media type that can be sent: a range is none.
fn concrete(media_type: &str) -> &str {
    if media_type.contains('*') { BYTES } else { media_type }
}

/// Refuses a body without a part that it needs. A list without items has no part, and may be right.
fn complete(body: &Body, parts: &Parts) -> Result<(), String> {
    let missing = body.parts.iter().find(|part| {
        let may_be_empty = !part.file && matches!(part.shape, Shape::Array(_));
        part.required && !may_be_empty && !parts.has(part.name)
    });
    // A part with a style may go by other names than its own: `a[b]`.
    let missing = missing.filter(|part| !body.styles.iter().any(|(name, ..)| *name == part.name));
    match missing {
        Some(part) => Err(format!("the required part `{}` is missing", part.name)),
        None => Ok(()),
    }
}

/// Whether an operation's body of that kind is given as bytes by the caller.
pub(crate) fn is_upload(media: Media) -> bool {
    matches!(media, Media::Text | Media::Bytes)
}
