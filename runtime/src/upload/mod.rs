//! Bodies that callers bring along: bytes in memory, a file, or a reader that gives its bytes once. None but the first is ever held in memory
//! as a whole.

mod body;
mod builder;
mod content;
mod multipart;

pub use body::RequestBody;
pub use builder::Files;
pub use multipart::Multipart;

pub(crate) use body::Segment;
pub(crate) use content::{Content, is_upload};
pub(crate) use multipart::Parts;
#[cfg(feature = "sandbox")]
pub(crate) use multipart::essence;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncRead;

use body::Once;

/// What an operation takes as bytes: its whole body, or one file of several parts.
///
/// ```
/// use linchpin_runtime::Upload;
///
/// let text = Upload::from("a,b\n1,2\n").name("table.csv").content_type("text/csv");
/// let file = Upload::file("holiday/beach.jpg").content_type("image/jpeg");
/// # let _ = (text, file);
/// ```
#[derive(Clone, PartialEq)]
pub struct Upload {
    content: Segment,
    name: Option<String>,
    content_type: Option<String>,
    headers: Vec<(String, String)>,
}

impl Upload {
    /// A file, opened when it is sent, and once more for each further attempt. It goes by its own name unless [`Upload::name`] gives another.
    /// That it cannot be read is told by the call that sends it.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { name, ..Self::of(Segment::File { path, length: None }) }
    }

    /// What a reader gives, which can be read only once: a call whose reader has been read from is not tried again, whatever happened.
    /// `length` is the number of bytes, where it is known; without it the body is sent in chunks, which some servers refuse. A reader that
    /// gives another number of bytes fails the call.
    pub fn reader(reader: impl AsyncRead + Send + 'static, length: Option<u64>) -> Self {
        Self::of(Segment::Reader { once: Arc::new(Once::new(reader)), length })
    }

    fn of(content: Segment) -> Self {
        Self { content, name: None, content_type: None, headers: Vec::new() }
    }

    /// The file name that a part is sent with. The body of an operation has none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The media type, in place of the one that the API's document declares: `image/png`.
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// A further header of a part. The body of an operation has none of its own: its headers are the call's.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The media type that the caller gave.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    pub(crate) fn content(&self) -> &Segment {
        &self.content
    }
}

impl Default for Upload {
    /// No bytes.
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl crate::wire::Blank for Upload {
    fn blank() -> Self {
        Self::default()
    }
}

impl fmt::Debug for Upload {
    /// Leaves the bytes out, which may be anything.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("content", &self.content)
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {$(
        impl From<$type> for Upload {
            fn from(bytes: $type) -> Self {
                Self::of(Segment::Bytes(Bytes::from(bytes)))
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, String);

impl From<&str> for Upload {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&[u8]> for Upload {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<&Bytes> for Upload {
    fn from(bytes: &Bytes) -> Self {
        bytes.clone().into()
    }
}

impl From<&Upload> for Upload {
    fn from(upload: &Upload) -> Self {
        upload.clone()
    }
}

#[cfg(test)]
mod tests;
