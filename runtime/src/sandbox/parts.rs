//! Multipart bodies as the sandbox reads them (RFC 2046, 5.1).

use serde_json::{Map, Value};

use super::request::again;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The parts of a body; `None` if it is none.
pub(super) fn read(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = parameter(content_type, "boundary")?;
    let separator = format!("\r\n--{boundary}").into_bytes();
    // The first boundary may stand at the very start.
    let mut rest = [b"\r\n", body].concat();
    let mut parts = Vec::new();
    let mut at = find(&rest, &separator)? + separator.len();
    loop {
        rest = rest.get(at..)?.to_vec();
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let end = find(&rest, &separator)?;
        let part = rest.get(..end)?.strip_prefix(b"\r\n")?;
        parts.push(one(part)?);
        at = end + separator.len();
    }
}

/// The parts as an object: files by their names, JSON as it is, everything else as text.
pub(super) fn fields(parts: Vec<Part>) -> Value {
    let mut fields = Map::new();
    for part in parts {
        let text = String::from_utf8_lossy(&part.body).into_owned();
        let is_json = part.media_type.as_deref().is_some_and(|media_type| media_type.contains("json"));
        let value = match part.file_name {
            Some(name) => Value::String(name),
            None if is_json => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            None => Value::String(text),
        };
        match fields.get_mut(&part.name) {
            Some(known) => again(known, value),
            None => {
                fields.insert(part.name, value);
            }
        }
    }
    Value::Object(fields)
}

fn one(part: &[u8]) -> Option<Part> {
    let (head, body) = match find(part, b"\r\n\r\n") {
        Some(at) => (part.get(..at)?, part.get(at + 4..)?),
        // A part without headers starts with the empty line.
        None => (&[][..], part.strip_prefix(b"\r\n")?),
    };
    let head = String::from_utf8(head.to_vec()).ok()?;
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition").unwrap_or_default();
    Some(Part {
        name: parameter(&disposition, "name").unwrap_or_default(),
        file_name: parameter(&disposition, "filename"),
        media_type: header("content-type"),
        body: body.to_vec(),
    })
}

/// A parameter of a header's value, without its quotation marks.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let bare = value.trim().trim_matches('"');
        name.eq_ignore_ascii_case(wanted)
            .then(|| bare.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
