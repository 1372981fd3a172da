//! `multipart/form-data` (RFC 7578) and its relatives (RFC 2046): what stands around each part.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::contract::{Body, Part};
use crate::parameters;
use crate::written::Written;

use super::body::Segment;
use super::{RequestBody, Upload};

/// Parts by name, for an operation whose document does not say which parts there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Multipart(pub(super) Parts);

impl Multipart {
    /// No parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push(name, Content::Value(value.into().into()), None);
        self
    }

    /// Adds a value as JSON.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(
        mut self,
        name: impl Into<String>,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        self.0.push(name, Content::Value(serde_json::to_vec(value)?.into()), Some("application/json"));
        Ok(self)
    }

    /// Adds a file.
    pub fn file(mut self, name: impl Into<String>, file: impl Into<Upload>) -> Self {
        self.0.push(name, Content::File(file.into()), None);
        self
    }
}

impl crate::wire::Blank for Multipart {
    fn blank() -> Self {
        Self::default()
    }
}

/// The parts of one body, in the order in which they are sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parts(Vec<OnePart>);

#[derive(Clone, Debug, PartialEq)]
struct OnePart {
    name: String,
    content: Content,
    media_type: Option<String>,
    headers: Vec<(String, String)>,
}

#[derive(Clone, PartialEq)]
enum Content {
    Value(Bytes),
    File(Upload),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(bytes) => write!(formatter, "{} bytes", bytes.len()),
            Self::File(upload) => upload.fmt(formatter),
        }
    }
}

impl Parts {
    fn push(&mut self, name: impl Into<String>, content: Content, media_type: Option<&str>) {
        let media_type = media_type.map(str::to_owned);
        self.0.push(OnePart { name: name.into(), content, media_type, headers: Vec::new() });
    }

    /// Adds the parts that a value makes by the contract.
    pub(crate) fn value(&mut self, body: &Body, part: &Part, value: &Written) -> Result<(), String> {
        for (name, text, media_type) in expand(body, part, value)? {
            self.push(name, Content::Value(text.into()), media_type);
            self.with_headers(part);
        }
        Ok(())
    }

    /// Adds a file by the contract.
    pub(crate) fn file(&mut self, part: &Part, file: &Upload) {
        self.push(part.name, Content::File(file.clone()), part.media_type);
        self.with_headers(part);
    }

    fn with_headers(&mut self, part: &Part) {
        if let Some(last) = self.0.last_mut() {
            last.headers =
                part.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        }
    }

    pub(crate) fn extend(&mut self, others: &Multipart) {
        self.0.extend(others.0.0.iter().cloned());
    }

    /// Whether a part of that name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|part| part.name == name)
    }

    /// The body. `boundary` must not stand in any part: random text of 128 bits does not.
    pub(crate) fn body(&self, media_type: &str, boundary: &str) -> Result<RequestBody, String> {
        let form = essence(media_type) == "multipart/form-data";
        let mut segments = Vec::with_capacity(2 * self.0.len() + 1);
        let mut text = BytesMut::new();
        for part in &self.0 {
            text.put_slice(format!("--{boundary}\r\n").as_bytes());
            part.head(form, &mut text)?;
            text.put_slice(b"\r\n");
            match &part.content {
                Content::Value(bytes) => text.put_slice(bytes),
                Content::File(upload) => {
                    segments.push(Segment::Bytes(text.split().freeze()));
                    segments.push(upload.content().clone());
                }
            }
            text.put_slice(b"\r\n");
        }
        text.put_slice(format!("--{boundary}--\r\n").as_bytes());
        segments.push(Segment::Bytes(text.freeze()));
        Ok(RequestBody::new(segments))
    }
}

impl OnePart {
    fn head(&self, form: bool, text: &mut BytesMut) -> Result<(), String> {
        let mut line = |name: &str, value: &str| {
            let problem = |what: &str| format!("the header `{name}` of the part `{}` {what}", self.name);
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| problem("has no valid name"))?;
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| problem("holds a line break or another control character"))?;
            text.put_slice(name.as_bytes());
            text.put_slice(b": ");
            text.put_slice(value.as_bytes());
            text.put_slice(b"\r\n");
            Ok::<(), String>(())
        };
        let (file_name, own_type, own_headers, is_file) = match &self.content {
            Content::Value(_) => (None, None, &[][..], false),
            Content::File(upload) => {
                (upload.name.as_deref(), upload.content_type.as_deref(), upload.headers.as_slice(), true)
            }
        };
        // A server tells files from fields by there being a file name (RFC 7578, 4.2), so a form's file always has one.
        let file_name = file_name.or((form && is_file).then_some(self.name.as_str()));
        let named = file_name.map_or_else(String::new, |name| format!("; filename=\"{}\"", quoted(name)));
        if form {
            line("Content-Disposition", &format!("form-data; name=\"{}\"{named}", quoted(&self.name)))?;
        } else if is_file && !named.is_empty() {
            line("Content-Disposition", &format!("attachment{named}"))?;
        }
        let declared = own_type.or(self.media_type.as_deref());
        if let Some(media_type) = declared.or(is_file.then_some(BYTES)) {
            line("Content-Type", media_type)?;
        }
        for (name, value) in self.headers.iter().chain(own_headers) {
            let written = ["content-disposition", "content-type"];
            if !written.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                line(name, value)?;
            }
        }
        Ok(())
    }
}

const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// A media type without its parameters, in small letters.
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A name between quotation marks, as browsers write it (WHATWG HTML, "multipart form data"): what would end the quotation or the line is
/// percent-encoded, everything else is UTF-8 as it is (RFC 7578, 5.1).
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' | '\0'..='\u{1f}' | '\u{7f}' => text.push_str(&format!("%{:02X}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// Name, text and media type of a part.
type Piece = (String, String, Option<&'static str>);

/// The parts of a value: name, text, and the media type to be told (RFC 7578, 4.4: text without one is `text/plain`). A list repeats its part,
/// and an object is JSON, unless the document declares a style (OAS 3.1, 4.8.15).
fn expand(body: &Body, part: &Part, value: &Written) -> Result<Vec<Piece>, String> {
    if let Some((name, style, explode)) = body.styles.iter().find(|(name, ..)| *name == part.name) {
        let pairs = parameters::raw_pairs(name, *style, *explode, value)?;
        return Ok(pairs.into_iter().map(|(name, text)| (name, text, part.media_type)).collect());
    }
    let json = part.media_type.is_some_and(|media_type| is_json(&essence(media_type)));
    let one = |value: &Written| match value {
        Written::Null => None,
        Written::Text(text) | Written::Verbatim(text) if !json => Some((text.clone(), part.media_type)),
        other => Some((other.to_json(), part.media_type.or(Some(JSON)))),
    };
    let items = match value {
        Written::List(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect::<Vec<_>>(),
    };
    Ok(items.into_iter().map(|(text, media_type)| (part.name.to_owned(), text, media_type)).collect())
}

fn is_json(essence: &str) -> bool {
    essence == JSON || essence.ends_with("+json")
}
