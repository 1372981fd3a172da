//! The YAML 1.2 reader: the parser's events to the same tree that JSON gives.
//!
//! Plain scalars resolve by the core schema (YAML 1.2.2, section 10.3), so `yes`, `on` and dates are strings. Numbers
//! that JSON writes otherwise (`0x1F`, `+1`, `.5`) are held in their JSON form; digits after a leading zero are a string. Keys are strings whatever they look
//! like, as in `200:` among responses.

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Tag};

use super::build::{Builder, Stop, Subtree};
use super::limits::Limits;
use super::tree::{Form, Tree};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, floor_boundary};

/// The parser looks this many levels ahead of the events, whose depth the builder counts.
const LOOKAHEAD: usize = 16;

/// Reads the first document of a YAML text.
pub(super) fn read(text: &Arc<str>, file: FileId, limits: &Limits) -> (Option<Tree>, Diagnostics) {
    let shared = Arc::clone(text);
    let mut reader = Reader {
        builder: Builder::new(Arc::clone(text), file, limits),
        anchors: Vec::new(),
        skipping: Skip::default(),
        bom: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
    };
    let outcome = reader.document(shared.get(reader.bom..).unwrap_or_default(), limits);
    match outcome {
        Ok(()) => reader.builder.finish(),
        Err(stop) => reader.builder.fail(*stop),
    }
}

struct Reader<'l> {
    builder: Builder<'l>,
    /// The anchor of each open container; 0 for none.
    anchors: Vec<usize>,
    skipping: Skip,
    bom: usize,
}

/// Nodes that are read past: a key that is a container, and its value.
#[derive(Default)]
struct Skip {
    nodes: usize,
    depth: usize,
}

impl Reader<'_> {
    fn document(&mut self, text: &str, limits: &Limits) -> Result<(), Stop> {
        let mut options = Options::default();
        options.emit_comments = false;
        options.flow_nesting_limit = limits.depth + LOOKAHEAD;
        options.block_nesting_limit = limits.depth + LOOKAHEAD;
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = match next {
                Ok(event) => event,
                // What follows the first document is not read, so it cannot be wrong.
                Err(_) if documents > 1 => break,
                Err(error) => return Err(self.stop(&error, text)),
            };
            let start = self.bom + span.start.byte_offset().unwrap_or_default();
            let end = self.bom + span.end.byte_offset().unwrap_or_default();
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    self.builder.diagnostics.push(
                        Diagnostic::warning(
                            Code::SeveralDocuments,
                            "only the first document of the file is read",
                        )
                        .at(self.builder.span(start, end))
                        .help("put each document into a file of its own"),
                    );
                    break;
                }
            } else {
                self.event(event, start, end)?;
            }
        }
        if self.builder.is_empty() {
            let at = self.builder.span(0, 0);
            return Err(Box::new(Diagnostic::error(Code::EmptyDocument, "the text holds no value").at(at)));
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), Stop> {
        if self.skipping.nodes > 0 {
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => self.skipping.depth += 1,
                Event::MappingEnd | Event::SequenceEnd => {
                    self.skipping.depth = self.skipping.depth.saturating_sub(1)
                }
                _ => {}
            }
            if self.skipping.depth == 0 {
                self.skipping.nodes -= 1;
            }
            return Ok(());
        }
        let at_key = self.builder.innermost().is_some_and(|open| open.is_object && !open.has_key);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if at_key {
                    let subtree = self.key(&text, style, start, end)?;
                    if anchor > 0 {
                        self.builder.anchor(anchor, subtree);
                    }
                    return Ok(());
                }
                let subtree = self.scalar(&text, style, tag.as_deref(), start, end)?;
                if anchor > 0 {
                    self.builder.anchor(anchor, subtree);
                }
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(true, at_key, anchor, tag.as_deref(), start, end)?
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(false, at_key, anchor, tag.as_deref(), start, end)?
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let end = self.trimmed(end);
                let subtree = self.builder.end(end);
                let anchor = self.anchors.pop().unwrap_or_default();
                if let Some(subtree) = subtree.filter(|_| anchor > 0) {
                    self.builder.anchor(anchor, subtree);
                }
            }
            Event::Alias(anchor) => {
                let Some(subtree) = self.builder.anchored(anchor) else {
                    return Err(Box::new(
                        Diagnostic::error(Code::UnknownAlias, "the alias stands inside of what it names")
                            .at(self.builder.span(start, end)),
                    ));
                };
                if !at_key {
                    self.builder.repeat(subtree, start)?;
                } else if let Some(text) = self.builder.scalar_text(subtree) {
                    self.builder.key(Form::Pooled, Some(&text), start, end)?;
                } else {
                    self.skip_key(start, end, 1);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Block containers end where the next token starts; people see them end with their last line.
    fn trimmed(&self, end: usize) -> usize {
        let end = floor_boundary(&self.builder.text, end);
        self.builder.text.get(..end).map_or(end, |text| text.trim_end().len())
    }

    fn begin(
        &mut self,
        is_object: bool,
        at_key: bool,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Result<(), Stop> {
        if at_key {
            self.skip_key(start, end, 2);
            self.skipping.depth = 1;
            return Ok(());
        }
        if let Some(tag) = tag.filter(|tag| !matches!(tag.core_suffix(), Some("map" | "seq"))) {
            self.unknown_tag(tag, start, end);
        }
        self.builder.begin(is_object, start)?;
        self.anchors.push(anchor);
        Ok(())
    }

    /// Tells of a key that cannot be a string and reads past what is left of its entry.
    fn skip_key(&mut self, start: usize, end: usize, nodes: usize) {
        self.builder.diagnostics.push(
            Diagnostic::warning(
                Code::KeyNotScalar,
                "a mapping or a list cannot be a key; the entry is left out",
            )
            .at(self.builder.span(start, end))
            .help("a `{` that starts a text needs quotes around the text"),
        );
        self.skipping.nodes = nodes;
    }

    fn unknown_tag(&mut self, tag: &Tag, start: usize, end: usize) {
        let message = format!("the tag `{}` has no meaning here; it is ignored", tag.original());
        self.builder.diagnostics.warning(Code::UnknownTag, self.builder.span(start, end), message);
    }

    fn key(&mut self, text: &str, style: ScalarStyle, start: usize, end: usize) -> Result<Subtree, Stop> {
        let form = self.string_form(text, start, end);
        let subtree = self.builder.key(form, (form == Form::Pooled).then_some(text), start, end)?;
        if text == "<<" && style == ScalarStyle::Plain && form == Form::Bare {
            self.builder.mark_merge();
        }
        Ok(subtree)
    }

    fn string_form(&self, text: &str, start: usize, end: usize) -> Form {
        let whole = &self.builder.text;
        if whole.get(start..end) == Some(text) {
            Form::Bare
        } else if end > start && whole.get(start + 1..end - 1) == Some(text) {
            Form::Quoted
        } else {
            Form::Pooled
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Result<Subtree, Stop> {
        let mut plain = style == ScalarStyle::Plain;
        if let Some(tag) = tag {
            match tag.core_suffix() {
                Some("str") => plain = false,
                Some("int" | "float" | "bool" | "null") => plain = true,
                // `!` alone says "not plain" (YAML 1.2.2, section 6.9.1).
                _ if tag.original() == "!" => plain = false,
                _ => self.unknown_tag(tag, start, end),
            }
        }
        let resolved = if plain { resolve(text) } else { Scalar::String };
        match resolved {
            Scalar::Null => self.builder.scalar(Form::Null, start, end),
            Scalar::Bool(false) => self.builder.scalar(Form::False, start, end),
            Scalar::Bool(true) => self.builder.scalar(Form::True, start, end),
            Scalar::Number(json) if self.builder.text.get(start..end) == Some(json.as_ref()) => {
                self.builder.scalar(Form::Number, start, end)
            }
            Scalar::Number(json) => self.builder.pooled(Form::NumberPooled, &json, start, end),
            Scalar::String => match self.string_form(text, start, end) {
                Form::Pooled => self.builder.pooled(Form::Pooled, text, start, self.trimmed(end).max(start)),
                form => self.builder.scalar(form, start, end),
            },
        }
    }

    fn stop(&self, error: &ScanError, text: &str) -> Stop {
        let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        let start = self.bom + floor_boundary(text, at);
        let width =
            text.get(start - self.bom..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = self.builder.span(start, start + width);
        let code = match error.kind() {
            ErrorKind::UnknownAnchor => Code::UnknownAlias,
            ErrorKind::RecursionLimitExceeded => Code::LimitExceeded,
            // Found only at the end of the text, and told at the place where the bracket or quote stands.
            ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnclosedQuotedScalar => Code::Truncated,
            _ if text.get(at..).is_some_and(|rest| rest.trim().is_empty()) => Code::Truncated,
            _ => Code::Syntax,
        };
        if code == Code::UnknownAlias {
            let name = text.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
            let name = name.split([' ', ',', ']', '}']).next().unwrap_or_default();
            let message = format!("`{name}` names no anchor that stands before it");
            return Box::new(
                Diagnostic::error(code, message).at(self.builder.span(start, start + name.len())),
            );
        }
        let mut stop = Diagnostic::error(code, error.info()).at(span);
        if let Some((is_object, opened)) = self.builder.open_places().next() {
            let what =
                if is_object { "in the mapping that starts here" } else { "in the list that starts here" };
            stop = stop.label(self.builder.span(opened, opened + 1), what);
        }
        // The parser marks the tab itself or what follows it.
        if text.get(at.saturating_sub(1)..).is_some_and(|rest| rest.trim_start_matches(' ').starts_with('\t'))
        {
            stop = stop.help("YAML is indented with spaces, never with tabs");
        }
        Box::new(stop)
    }
}

/// What a plain scalar means.
enum Scalar<'s> {
    Null,
    Bool(bool),
    /// In JSON's grammar.
    Number(Cow<'s, str>),
    String,
}

/// The core schema, YAML 1.2.2 section 10.3.2. Infinity and not-a-number have no JSON form and stay strings.
fn resolve(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => number(text).map_or(Scalar::String, Scalar::Number),
    }
}

fn number(text: &str) -> Option<Cow<'_, str>> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return valid
                .then(|| u128::from_str_radix(digits, radix).ok())
                .flatten()
                .map(|n| n.to_string().into());
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at)?, unsigned.get(at + 1..)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.find('.') {
        Some(at) => (mantissa.get(..at)?, mantissa.get(at + 1..)),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.map(|part| part.strip_prefix(['-', '+']).unwrap_or(part));
    let valid = digits(whole)
        && digits(fraction.unwrap_or_default())
        && !(whole.is_empty() && fraction.unwrap_or_default().is_empty())
        && exponent_digits.is_none_or(|part| !part.is_empty() && digits(part));
    if !valid {
        return None;
    }
    // The core schema reads `090` as 90. Whoever writes it means an account code or a postcode, whose zero counts.
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    if !text.starts_with('+') && !whole.is_empty() && fraction != Some("") {
        return Some(Cow::Borrowed(text));
    }
    let mut json = String::with_capacity(text.len() + 2);
    if text.starts_with('-') {
        json.push('-');
    }
    json.push_str(if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        json.push('.');
        json.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    Some(Cow::Owned(json))
}
