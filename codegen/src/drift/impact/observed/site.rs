//! Where a document describes a place in an answer, and whether it allows there what was observed.

use std::collections::HashSet;

use crate::drift::observed::{ObservedFinding, ObservedKind};
use crate::drift::view::{Core, Document, Operation, Rest, Schema, Shape, Types, Word};
use crate::source::{Node, escape_token, unescape_token};

/// Compositions within one another that are followed.
const DEEPEST: usize = 16;
/// Schemas of one place that are looked at: unions of unions have no end otherwise.
const MOST: usize = 256;

/// A place in the answers of an operation, in one document.
pub(super) struct Site<'d, 't> {
    document: &'d Document<'t>,
    operation: &'d Operation<'t>,
    /// The schemas of the place; none where the document does not lead there.
    at: Vec<Node<'t>>,
    /// The schemas of what holds it.
    holders: Vec<Node<'t>>,
    /// What it is called there.
    name: String,
}

/// What was observed, as far as a schema has a say.
#[derive(Clone, Copy)]
enum Value<'v> {
    Null,
    Type(&'v str),
    Text(&'v str),
}

/// What a document says to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// What was observed is as this document describes it.
    Yes,
    /// It is not.
    No,
    /// Without values it cannot be told.
    Open,
}

impl From<bool> for Says {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl<'d, 't> Site<'d, 't> {
    /// The place that a finding is about.
    pub(super) fn of(
        document: &'d Document<'t>,
        operation: &'d Operation<'t>,
        finding: &ObservedFinding,
    ) -> Self {
        let mut at = Vec::new();
        if !finding.pointer.starts_with('#') {
            at.extend(body(document, operation, finding.status));
        }
        let (mut holders, mut name) = (Vec::new(), String::new());
        for token in finding.pointer.split('/').skip(1) {
            name = unescape_token(token).into_owned();
            let below = below(document, &at, &name);
            holders = std::mem::replace(&mut at, below);
        }
        Self { document, operation, at, holders, name }
    }

    /// Whether the document describes what was observed.
    pub(super) fn says(&self, finding: &ObservedFinding) -> Says {
        use ObservedKind as Kind;
        match finding.kind {
            Kind::UnknownField | Kind::UnknownFieldClosed => self.describes_field().into(),
            Kind::MissingRequired => (!self.holders.is_empty() && !self.requires()).into(),
            Kind::NullNotNullable => self.admits(&[Value::Null]),
            Kind::TypeWidened | Kind::TypeIncompatible => {
                let types: Vec<Value<'_>> = finding.observed.keys().map(|name| Value::Type(name)).collect();
                self.admits(&types)
            }
            Kind::EnumUnknownValue if finding.values.is_empty() => {
                if self.at.is_empty() || self.has(Word::Enum) { Says::Open } else { Says::Yes }
            }
            Kind::EnumUnknownValue => {
                let texts: Vec<Value<'_>> = finding.values.iter().map(|text| Value::Text(text)).collect();
                self.admits(&texts)
            }
            Kind::FormatMismatch => (!self.at.is_empty() && !self.has_format(&finding.expected)).into(),
            Kind::ConstraintViolation => self.bounds(finding),
            Kind::UndocumentedStatus => {
                response(self.document, self.operation, finding.status).is_some().into()
            }
            Kind::UndocumentedContentType => {
                let media = response(self.document, self.operation, finding.status).map(|found| found.media);
                let names: Vec<String> = media.iter().flatten().map(|media| essence(media.name)).collect();
                let is_named = |observed: &String| names.iter().any(|name| covers(name, &essence(observed)));
                (!finding.observed.is_empty() && finding.observed.keys().all(is_named)).into()
            }
            _ => Says::Open,
        }
    }

    /// Whether the document leads to the place.
    pub(super) fn is_there(&self) -> bool {
        !self.at.is_empty()
    }

    /// Whether it leads there and asks for nothing: the field need not come, or is about to go.
    pub(super) fn may_lack(&self) -> bool {
        let deprecated = || self.at.iter().any(|node| self.schema(*node).is(Word::Deprecated));
        !self.is_there() || !self.requires() || deprecated()
    }

    /// Whether a field stands beside the place.
    pub(super) fn has_beside(&self, name: &str) -> bool {
        !below(self.document, &self.holders, name).is_empty()
    }

    /// Pointers of what describes the place: of a field that the document lacks, what it would be called.
    pub(super) fn pointers(&self) -> HashSet<String> {
        let mut found = HashSet::new();
        for node in &self.at {
            found.insert(node.pointer());
        }
        for core in self.expanded(&self.at) {
            found.extend([core.node.pointer(), core.key.pointer()]);
        }
        found
    }

    /// Where somebody has to look: the place, or what would have to describe it. The pointer names the place even where only what holds it is
    /// there.
    pub(super) fn spot(&self, finding: &ObservedFinding) -> (String, Node<'t>) {
        use ObservedKind as Kind;
        match finding.kind {
            Kind::UndocumentedStatus => {
                let node = self.operation.node.get("responses").unwrap_or(self.operation.node);
                return (format!("{}/{}", node.pointer(), finding.status), node);
            }
            Kind::UnknownField | Kind::UnknownFieldClosed => {
                let owners = self.expanded(&self.holders);
                let lists = |core: &&Core<'t>| self.document.schema(core).get(Word::Properties).is_some();
                if let Some(owner) = owners.iter().find(lists).or_else(|| owners.first()) {
                    let below = match self.name.as_str() {
                        "*" => "additionalProperties".to_owned(),
                        name => format!("properties/{}", escape_token(name)),
                    };
                    return (format!("{}/{below}", owner.node.pointer()), owner.node);
                }
            }
            _ => {}
        }
        let first = self.expanded(&self.at).first().map(|core| core.node);
        let node = first.unwrap_or(self.operation.node);
        (node.pointer(), node)
    }

    fn schema(&self, node: Node<'t>) -> Schema<'t> {
        self.document.schema(&self.document.core(node))
    }

    fn expanded(&self, nodes: &[Node<'t>]) -> Vec<Core<'t>> {
        expanded(self.document, nodes)
    }

    fn has(&self, word: Word) -> bool {
        self.expanded(&self.at).iter().any(|core| self.document.schema(core).get(word).is_some())
    }

    /// Whether the document bounds the place by none of the keywords that values were beyond. Where it does, only the values could tell.
    fn bounds(&self, finding: &ObservedFinding) -> Says {
        let keywords = finding.observed.keys().map(|observed| observed.strip_prefix("beyond "));
        let words: Option<Vec<Word>> = keywords.map(|keyword| Word::of(keyword?)).collect();
        match words {
            Some(words) if self.is_there() && !words.iter().any(|word| self.has(*word)) => Says::Yes,
            _ => Says::Open,
        }
    }

    /// Whether a schema of the place has the format that `string(date-time)` tells.
    fn has_format(&self, expected: &str) -> bool {
        let told = expected.strip_prefix("string(").and_then(|rest| rest.strip_suffix(')'));
        let schemas = self.expanded(&self.at);
        let mut formats = schemas.iter().filter_map(|core| self.document.schema(core).format());
        formats.any(|format| told.is_none_or(|told| told == format))
    }

    fn describes_field(&self) -> bool {
        if self.name != "*" && self.is_there() {
            return true;
        }
        let rest = |core: &Core<'t>| self.document.schema(core).rest();
        self.expanded(&self.holders)
            .iter()
            .any(|core| matches!(rest(core), Rest::Fits(_) | Rest::Allowed(Some(_))))
    }

    /// Whether what holds the place requires it, whichever branch of a union it takes.
    fn requires(&self) -> bool {
        !self.holders.is_empty()
            && self.holders.iter().all(|node| requires(self.document, *node, &self.name, DEEPEST))
    }

    fn admits(&self, values: &[Value<'_>]) -> Says {
        let admits =
            |value: &Value<'_>| self.at.iter().any(|node| admits(self.document, *node, *value, DEEPEST));
        (!values.is_empty() && values.iter().all(admits)).into()
    }
}

/// The response that a status stands for.
fn response<'t>(
    document: &Document<'t>,
    operation: &Operation<'t>,
    status: u16,
) -> Option<crate::drift::view::Response<'t>> {
    let names = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
    let mut found = document.responses(operation);
    // What is of no answer is about records, which come with a success.
    if status == 0 {
        found.retain(|response| response.status.starts_with('2') || response.status == "default");
        found.sort_by_key(|response| response.status);
        return found.into_iter().next();
    }
    let rank = |known: &str| names.iter().position(|name| name.eq_ignore_ascii_case(known));
    found.retain(|response| rank(response.status).is_some());
    found.into_iter().min_by_key(|response| rank(response.status))
}

fn body<'t>(document: &Document<'t>, operation: &Operation<'t>, status: u16) -> Option<Node<'t>> {
    let mut media = response(document, operation, status)?.media;
    media.sort_by_key(|media| !media.name.contains("json"));
    media.iter().find_map(|media| match &media.shape {
        Some(Shape::Schema(node)) => Some(*node),
        _ => None,
    })
}

/// A media type without its parameters.
fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type or range of a document is about a media type.
fn covers(range: &str, name: &str) -> bool {
    let kind = |text: &str| text.split('/').next().unwrap_or_default().to_owned();
    range == name || range == "*/*" || range.strip_suffix("/*").is_some_and(|only| only == kind(name))
}

/// The schemas of what stands below by that name; `*` is each item and each key without a name.
fn below<'t>(document: &Document<'t>, nodes: &[Node<'t>], name: &str) -> Vec<Node<'t>> {
    let mut found: Vec<Node<'t>> = Vec::new();
    for core in expanded(document, nodes) {
        let schema = document.schema(&core);
        if name == "*" {
            found.extend(schema.get(Word::Items));
            found.extend(schema.branches(Word::PrefixItems));
            if let Rest::Fits(node) = schema.rest() {
                found.push(node);
            }
            let patterns = schema.get(Word::PatternProperties).into_iter();
            found.extend(patterns.flat_map(|map| map.entries()).map(|entry| entry.value));
        } else {
            let properties = schema.properties().into_iter();
            found.extend(properties.filter(|(known, _)| *known == name).map(|(_, node)| node));
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// The schemas that together say what a value holds: those that references lead to, and what they are composed of.
fn expanded<'t>(document: &Document<'t>, nodes: &[Node<'t>]) -> Vec<Core<'t>> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut open: Vec<(Node<'t>, usize)> = nodes.iter().rev().map(|node| (*node, DEEPEST)).collect();
    while let Some((node, depth)) = open.pop() {
        let core = document.core(node);
        if found.len() >= MOST || !seen.insert(core.node.id()) {
            continue;
        }
        let schema = document.schema(&core);
        found.push(core);
        let Some(depth) = depth.checked_sub(1) else { continue };
        let words = [Word::AllOf, Word::OneOf, Word::AnyOf];
        let branches: Vec<Node<'t>> = words.into_iter().flat_map(|word| schema.branches(word)).collect();
        open.extend(branches.into_iter().rev().map(|branch| (branch, depth)));
    }
    found
}

fn requires<'t>(document: &Document<'t>, node: Node<'t>, name: &str, depth: usize) -> bool {
    let schema = document.schema(&document.core(node));
    if schema.required().iter().any(|(known, _)| *known == name) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let each = |word| {
        let mut branches = schema.branches(word).peekable();
        branches.peek().is_some() && branches.all(|branch| requires(document, branch, name, depth))
    };
    schema.branches(Word::AllOf).any(|branch| requires(document, branch, name, depth))
        || each(Word::OneOf)
        || each(Word::AnyOf)
}

/// Whether a value of that kind is valid, as far as types, null and listed texts say.
fn admits<'t>(document: &Document<'t>, node: Node<'t>, value: Value<'_>, depth: usize) -> bool {
    let schema = document.schema(&document.core(node));
    if matches!(value, Value::Null) && schema.null.is_some() {
        return true;
    }
    let listed = || schema.get(Word::Enum).or(schema.get(Word::Const)).is_some();
    let own = match value {
        _ if schema.never => false,
        Value::Null => schema.types.is_any() && !listed(),
        Value::Type(name) => {
            let types = Types::of(name);
            schema.types.is_any() || !types.is_any() && types.within(schema.types)
        }
        Value::Text(text) => {
            let is = |node: Node<'t>| node.as_str() == Some(text);
            !listed()
                || schema.branches(Word::Enum).any(is)
                || schema.get(Word::Const).is_some_and(is)
                || schema.branches(Word::XExtensibleEnum).any(is)
        }
    };
    let Some(depth) = depth.checked_sub(1).filter(|_| own) else { return own };
    let mut all = schema.branches(Word::AllOf);
    let some = |word| {
        let mut branches = schema.branches(word).peekable();
        branches.peek().is_none() || branches.any(|branch| admits(document, branch, value, depth))
    };
    all.all(|branch| admits(document, branch, value, depth)) && some(Word::OneOf) && some(Word::AnyOf)
}
