//! XML: the elements at a declared path are records. What the document's `xml` keywords say is undone, so that a record is JSON of its schema.
//!
//! Tokens are found here, since they come in pieces; `quick-xml` reads each of them. Document types are refused as a whole, so there are no
//! entities but the five of the standard, and nothing that expands.
//!
//! XML that is not well-formed is an error for its readers (XML 1.0, 1.2), and so it is here wherever it is not known any more what stands in
//! what. A reference or an attribute within a record that cannot be read leaves that known: such a record is told by itself, and the next
//! is read.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::contract::{Shape, XmlLayout, XmlName};

use super::{ObjectWriter, RecordProblem, object, scalar};

/// How deep elements may stand within each other.
const DEPTH: usize = 64;

pub(super) struct Xml {
    layout: &'static XmlLayout,
    shape: &'static Shape,
    cap: usize,
    /// The token that has not come whole, and how much of it was searched for its end.
    token: Vec<u8>,
    searched: usize,
    /// The quotation within a tag that is open at `searched`.
    quote: Option<u8>,
    line: u64,
    /// Names of the elements that are open.
    open: Vec<String>,
    /// The record's elements that are open, from the outermost.
    nodes: Vec<Node>,
    /// The record so far, as it stands.
    raw: Vec<u8>,
    /// The first thing about the record that cannot be read, and its line.
    fault: Option<(u64, String)>,
    /// Whether the root element has ended.
    ended: bool,
    started: bool,
}

/// An element, with the names that it and its attributes have without their prefixes.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
    text: String,
}

/// How a token ends.
fn terminator(token: &[u8]) -> Option<&'static [u8]> {
    if token.starts_with(b"<!--") {
        Some(b"-->")
    } else if token.starts_with(b"<![CDATA[") {
        Some(b"]]>")
    } else if token.starts_with(b"<?") {
        Some(b"?>")
    } else {
        None
    }
}

impl Xml {
    pub(super) fn new(layout: &'static XmlLayout, shape: &'static Shape, cap: usize) -> Self {
        Self {
            layout,
            shape,
            cap,
            token: Vec::new(),
            searched: 0,
            quote: None,
            line: 1,
            open: Vec::new(),
            nodes: Vec::new(),
            raw: Vec::new(),
            fault: None,
            ended: false,
            started: false,
        }
    }

    fn bad(&self, problem: impl Into<String>) -> RecordProblem {
        RecordProblem::Bad { line: self.line, problem: problem.into(), came: None }
    }

    pub(super) fn next(&mut self, piece: &mut Bytes) -> Result<Option<Vec<u8>>, RecordProblem> {
        while !piece.is_empty() {
            if !self.take(piece)? {
                continue;
            }
            let token = std::mem::take(&mut self.token);
            (self.searched, self.quote) = (0, None);
            let found = self.token(&token);
            self.line += token.iter().filter(|byte| **byte == b'\n').count() as u64;
            if let Some(record) = found? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    pub(super) fn finish(&mut self) -> Result<(), RecordProblem> {
        let rest = self.token.trim_ascii();
        if !self.ended {
            return Err(RecordProblem::Cut);
        }
        if rest.is_empty() { Ok(()) } else { Err(self.bad("something follows the end of the root element")) }
    }

    /// Takes from the piece until a token is whole; whether it is.
    fn take(&mut self, piece: &mut Bytes) -> Result<bool, RecordProblem> {
        while let Some(byte) = piece.first().copied() {
            // Text ends before what follows it, any other token with its last byte.
            let is_text = self.token.first().is_some_and(|first| *first != b'<');
            if is_text && byte == b'<' {
                return Ok(true);
            }
            if self.token.len() > self.cap {
                return Err(RecordProblem::TooLarge);
            }
            self.token.push(byte);
            piece.advance(1);
            if is_text || self.token.len() < 2 || self.token.first() != Some(&b'<') {
                continue;
            }
            if let Some(end) = terminator(&self.token) {
                // `<!-->` is no comment: the end stands after the start.
                let start = if end == b"?>" { 2 } else { 4 };
                if self.token.len() >= start + end.len() && self.token.ends_with(end) {
                    return Ok(true);
                }
                continue;
            }
            if self.token.starts_with(b"<!") {
                let begins = |word: &[u8]| word.starts_with(&self.token) || self.token.starts_with(word);
                if begins(b"<!--") || begins(b"<![CDATA[") {
                    continue;
                }
                return Err(self.bad("it has a document type, which is not read"));
            }
            match (self.quote, byte) {
                (None, b'"' | b'\'') => self.quote = Some(byte),
                (Some(open), _) if open == byte => self.quote = None,
                (None, b'>') => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    fn token(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, RecordProblem> {
        let token = if self.started { token } else { token.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(token) };
        let text = std::str::from_utf8(token).map_err(|_| self.bad("it is not UTF-8; only UTF-8 is read"))?;
        self.started |= !text.trim().is_empty();
        if !self.nodes.is_empty() {
            self.raw.extend_from_slice(token);
            if self.raw.len() > self.cap {
                return Err(RecordProblem::TooLarge);
            }
        }
        if let Some(declaration) = text.strip_prefix("<?") {
            return self.declaration(declaration).map(|()| None);
        }
        if text.starts_with("<!--") {
            return Ok(None);
        }
        if let Some(data) = text.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>")) {
            self.text(Cow::Borrowed(data))?;
            return Ok(None);
        }
        if !text.starts_with('<') {
            match unescape(text) {
                Ok(text) => self.text(text)?,
                Err(error) if self.nodes.is_empty() => return Err(self.bad(error.to_string())),
                Err(error) => self.fault(error.to_string()),
            }
            return Ok(None);
        }
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        match reader.read_event().map_err(|error| self.bad(error.to_string()))? {
            Event::Start(start) => self.start(&start, token).map(|()| None),
            Event::Empty(start) => {
                self.start(&start, token)?;
                self.end(None)
            }
            Event::End(end) => {
                let name = end.local_name();
                self.end(Some(name.as_ref()))
            }
            _ => Err(self.bad("it is no XML")),
        }
    }

    /// What is read is UTF-8; anything else that is declared would be read wrongly.
    fn declaration(&self, text: &str) -> Result<(), RecordProblem> {
        let lower = text.to_ascii_lowercase();
        let Some((_, rest)) = lower.split_once("encoding").filter(|_| lower.starts_with("xml ")) else {
            return Ok(());
        };
        let name = rest.trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\'']);
        let name: String = name.chars().take_while(|sign| !matches!(sign, '"' | '\'' | '?')).collect();
        if matches!(name.as_str(), "utf-8" | "utf8" | "us-ascii") {
            Ok(())
        } else {
            Err(self.bad(format!("it is encoded as {name}; only UTF-8 is read")))
        }
    }

    fn text(&mut self, text: Cow<'_, str>) -> Result<(), RecordProblem> {
        if self.open.is_empty() && !text.trim().is_empty() {
            return Err(self.bad("text stands outside of the root element"));
        }
        if let Some(node) = self.nodes.last_mut() {
            node.text.push_str(&text);
        }
        Ok(())
    }

    /// What does not say where the record ends; its first is told.
    fn fault(&mut self, problem: String) {
        self.fault.get_or_insert((self.line, problem));
    }

    fn start(&mut self, start: &BytesStart<'_>, token: &[u8]) -> Result<(), RecordProblem> {
        if self.ended {
            return Err(self.bad("a second root element stands after the first"));
        }
        if self.open.len() >= DEPTH {
            return Err(self.bad(format!("elements stand deeper than {DEPTH} within each other")));
        }
        let name = start.local_name().as_ref().to_owned();
        self.open.push(name.clone());
        let is_record = self.nodes.is_empty()
            && self.open.len() == self.layout.record.len()
            && self.open.iter().zip(self.layout.record).all(|(open, wanted)| open == wanted);
        if !is_record && self.nodes.is_empty() {
            return Ok(());
        }
        if is_record {
            self.raw.extend_from_slice(token);
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    self.fault(error.to_string());
                    break;
                }
            };
            let key: &str = attribute.key.as_ref();
            // A declaration of a namespace is no attribute of the element.
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            let name = attribute.key.local_name().as_ref().to_owned();
            match unescape(&attribute.value) {
                Ok(value) => attributes.push((name, value.into_owned())),
                Err(error) => self.fault(error.to_string()),
            }
        }
        self.nodes.push(Node { name, attributes, ..Node::default() });
        Ok(())
    }

    fn end(&mut self, name: Option<&str>) -> Result<Option<Vec<u8>>, RecordProblem> {
        let Some(open) = self.open.pop() else {
            return Err(self.bad("an element ends that was not open"));
        };
        if name.is_some_and(|name| name != open) {
            let found = name.unwrap_or_default();
            return Err(self.bad(format!("`{found}` ends where `{open}` is open")));
        }
        self.ended = self.open.is_empty();
        let Some(node) = self.nodes.pop() else { return Ok(None) };
        match self.nodes.last_mut() {
            Some(parent) => {
                parent.children.push(node);
                Ok(None)
            }
            None => {
                let raw = std::mem::take(&mut self.raw);
                let Some((line, problem)) = self.fault.take() else {
                    return Ok(Some(value(&node, self.shape, self.layout.names)));
                };
                let came = serde_json::to_vec(&String::from_utf8_lossy(&raw)).ok();
                Err(RecordProblem::Bad { line, problem, came })
            }
        }
    }
}

impl Node {
    fn is_nil(&self) -> bool {
        self.attributes.iter().any(|(name, value)| name == "nil" && matches!(value.as_str(), "true" | "1"))
    }

    fn is_plain(&self) -> bool {
        self.children.is_empty() && self.attributes.iter().all(|(name, _)| name == "nil")
    }
}

/// An element as JSON of a shape.
fn value(node: &Node, shape: &Shape, names: &[XmlName]) -> Vec<u8> {
    match shape {
        Shape::Nullable(_) if node.is_nil() => b"null".to_vec(),
        Shape::Nullable(Shape::String(_)) => scalar(&node.text, &Shape::String("")),
        Shape::Nullable(Shape::Object(_)) if node.is_plain() && node.text.trim().is_empty() => {
            b"null".to_vec()
        }
        Shape::Nullable(shape) if matches!(shape, Shape::Object(_) | Shape::Array(_) | Shape::Map(_)) => {
            value(node, shape, names)
        }
        Shape::Object(_) => fields(node, shape, names),
        Shape::Array(item) => list(node.children.iter(), item, names),
        Shape::Map(values) => {
            let mut record = ObjectWriter::new();
            for child in &node.children {
                record.field(&child.name, &value(child, values, names));
            }
            record.finish()
        }
        Shape::Any | Shape::Union(_) | Shape::Tuple(_) => plain(node),
        scalar_shape => scalar(&node.text, scalar_shape),
    }
}

fn list<'n>(nodes: impl Iterator<Item = &'n Node>, item: &Shape, names: &[XmlName]) -> Vec<u8> {
    let mut all = b"[".to_vec();
    for node in nodes {
        if all.len() > 1 {
            all.push(b',');
        }
        all.extend_from_slice(&value(node, item, names));
    }
    all.push(b']');
    all
}

/// An element as an object: its declared fields by their names in XML, then everything else as it stands.
fn fields(node: &Node, shape: &Shape, names: &[XmlName]) -> Vec<u8> {
    let Some(object) = object(shape) else { return plain(node) };
    let mut record = ObjectWriter::new();
    let mut elements: Vec<&str> = Vec::new();
    let mut attributes: Vec<&str> = Vec::new();
    for field in object.fields {
        let known = names.iter().find(|name| name.object == object.name && name.field == field.name);
        let name = known.map_or(field.name, |known| known.name);
        if known.is_some_and(|known| known.attribute) {
            attributes.push(name);
            if let Some((_, text)) = node.attributes.iter().find(|(found, _)| found == name) {
                record.field(field.name, &scalar(text, &field.shape));
            }
            continue;
        }
        elements.push(name);
        let mut there = node.children.iter().filter(|child| child.name == name).peekable();
        let items = match &field.shape {
            Shape::Array(item) | Shape::Nullable(Shape::Array(item)) => Some(item),
            _ => None,
        };
        match items {
            Some(_) if known.is_some_and(|known| known.wrapped) => {
                if let Some(child) = there.next() {
                    record.field(field.name, &value(child, &field.shape, names));
                }
            }
            // No element is an empty list, which nothing else could write.
            Some(item) => record.field(field.name, &list(there, item, names)),
            None => {
                if let Some(child) = there.next() {
                    record.field(field.name, &value(child, &field.shape, names));
                }
            }
        }
    }
    rest(node, &mut record, &elements, &attributes);
    record.finish()
}

/// What no schema names: attributes with `@` before their names, elements by their names, several of one name as a list, text as `#text`.
fn rest(node: &Node, record: &mut ObjectWriter, elements: &[&str], attributes: &[&str]) {
    for (name, text) in node.attributes.iter().filter(|(name, _)| !attributes.contains(&name.as_str())) {
        record.field(&format!("@{name}"), &scalar(text, &Shape::Any));
    }
    let mut done: Vec<&str> = elements.to_vec();
    for child in &node.children {
        if done.contains(&child.name.as_str()) {
            continue;
        }
        done.push(&child.name);
        let alike: Vec<&Node> = node.children.iter().filter(|other| other.name == child.name).collect();
        match alike.as_slice() {
            [only] => record.field(&child.name, &plain(only)),
            several => record.field(&child.name, &list(several.iter().copied(), &Shape::Any, &[])),
        }
    }
    if !node.text.trim().is_empty() {
        record.field("#text", &scalar(node.text.trim(), &Shape::Any));
    }
}

/// An element without a schema: a text, or an object of what it holds.
fn plain(node: &Node) -> Vec<u8> {
    if node.is_nil() {
        return b"null".to_vec();
    }
    if node.is_plain() {
        return scalar(&node.text, &Shape::Any);
    }
    let mut record = ObjectWriter::new();
    rest(node, &mut record, &[], &[]);
    record.finish()
}
