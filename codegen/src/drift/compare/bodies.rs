//! Request bodies and responses: media types, encodings, headers, links.

use super::types::is_scalar;
use super::values::{same, shown};
use super::{At, Comparison, Message, Named, Part, Place, Rule, Word, Writing, matched};
use crate::drift::Class;
use crate::drift::view::{Document, Media, Operation, Response, Shape, header_schema};
use crate::normalise::Dialect;
use crate::source::Node;

/// Media types of JSON without its suffix: whole, by lines, or as a sequence (RFC 7464).
const JSON: &[&str] = &[
    "application/json",
    "text/json",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    "application/ndjson",
    "application/x-ndjson",
    "application/json-seq",
];

/// Whether a media type is JSON, in which numbers and texts differ.
pub(super) fn is_json(name: &str) -> bool {
    let essence = essence(name);
    JSON.contains(&essence.as_str()) || essence.ends_with("+json") || essence.ends_with("+json-seq")
}

fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether whoever takes the first media type can take the second, which says more.
fn contains(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (essence(wide), essence(narrow));
    let (Some((kind, wide)), Some((other, narrow))) = (wide.split_once('/'), narrow.split_once('/')) else {
        return false;
    };
    if wide == "*" {
        return kind == "*" || kind == other;
    }
    if kind != other {
        return false;
    }
    wide == narrow
        || narrow.strip_prefix(wide).is_some_and(|rest| rest.starts_with('+'))
        || narrow.strip_suffix(wide).is_some_and(|rest| rest.ends_with('+'))
}

/// The media types that belong together, by name or because one says more than the other; then those of one side only.
type Matched<'m, 't> = Vec<(Option<&'m Media<'t>>, Option<&'m Media<'t>>)>;

fn media<'m, 't>(old: &'m [Media<'t>], new: &'m [Media<'t>]) -> Matched<'m, 't> {
    let mut left: Vec<&Media<'t>> = new.iter().collect();
    let mut take = |belongs: &dyn Fn(&Media<'t>) -> bool| {
        let at = left.iter().position(|media| belongs(media))?;
        Some(left.remove(at))
    };
    let mut pairs: Matched<'m, 't> = old
        .iter()
        .map(|old| (Some(old), take(&|new: &Media<'t>| old.name.eq_ignore_ascii_case(new.name))))
        .collect();
    for (old, new) in &mut pairs {
        let (Some(old), None) = (*old, *new) else { continue };
        *new = take(&|new: &Media<'t>| contains(old.name, new.name) || contains(new.name, old.name));
    }
    pairs.extend(left.into_iter().map(|new| (None, Some(new))));
    pairs
}

/// Whether what describes a body says anything of it.
fn says<'t>(document: &Document<'t>, shape: &Shape<'t>) -> bool {
    match shape {
        Shape::Schema(node) => super::properties::says(document, *node),
        Shape::Form(..) => true,
    }
}

/// What each item of a body of lines is, where the body is described as a list of them.
fn each<'t>(document: &Document<'t>, media: &Media<'t>) -> Option<Node<'t>> {
    let essence = essence(media.name);
    let lines = essence.ends_with("json-seq") || JSON.iter().skip(2).any(|known| *known == essence);
    let Some(Shape::Schema(node)) = media.shape.as_ref().filter(|_| lines) else { return None };
    let schema = document.schema(&document.core(*node));
    let list = schema.types.has("array") && schema.types.len() == 1 && schema.null.is_none();
    schema.get(Word::Items).filter(|_| list && !schema.restricts_beside(&[Word::Type, Word::Items]))
}

/// What a part of a form is written as unless it is said.
fn usual_type<'t>(document: &Document<'t>, part: Node<'t>) -> Option<&'static str> {
    let schema = document.schema(&document.core(part));
    if schema.types.len() != 1 {
        return None;
    }
    if schema.types.has("object") {
        return Some("application/json");
    }
    let bytes =
        matches!(schema.format(), Some("binary" | "byte")) || schema.get(Word::ContentEncoding).is_some();
    schema.types.is_scalar().then_some(if bytes { "application/octet-stream" } else { "text/plain" })
}

/// How what both media types name is written; one of them may be a range.
fn writing(old: &Media<'_>, new: &Media<'_>) -> Writing {
    if is_json(new.name) || is_json(old.name) { Writing::Typed } else { Writing::Text }
}

/// Whether a media type is a range that the other is in.
fn covers(range: &Media<'_>, other: &Media<'_>) -> bool {
    essence(range.name).ends_with("/*") && contains(range.name, other.name)
}

fn is_success(status: &str) -> bool {
    status.len() == 3 && status.starts_with('2')
}

impl<'t> Comparison<'_, 't> {
    pub(super) fn request_body(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let (base, revision) = match (self.base.body(old), self.revision.body(new)) {
            (Some(base), Some(revision)) => (base, revision),
            (None, Some(body)) => {
                let named = if body.required {
                    Named::RequestBodyAddedRequired
                } else {
                    Named::RequestBodyAddedOptional
                };
                let class = if new.called_back { Class::Additive } else { named.class() };
                return self.came_as(unit, (named, class), old.node, body.node, &[]);
            }
            (Some(body), None) => {
                return self.went(unit, Named::RequestBodyRemoved, body.node, new.node, &[]);
            }
            (None, None) => return,
        };
        let sides = (Some(base.node), Some(revision.node));
        match (base.required, revision.required) {
            (was, is) if was != is => {
                let (named, crossed) = if is {
                    (Named::RequestBodyBecameRequired, Class::Additive)
                } else {
                    (Named::RequestBodyBecameOptional, Class::Breaking)
                };
                self.tell_as(unit, named, if new.called_back { crossed } else { named.class() }, sides, &[]);
            }
            _ => {}
        }
        // Who is called has to read what comes, and misses nothing that no longer does.
        let class = |named: Named| match named {
            Named::RequestBodyMediaTypeAdded if new.called_back => Class::Breaking,
            Named::RequestBodyMediaTypeRemoved if new.called_back => Class::Additive,
            named => named.class(),
        };
        let named = |this: &mut Self, named: Named, sides, name: &str| {
            this.tell_as(unit, named, class(named), sides, &[&format!("`{name}`")]);
        };
        let place = Place { message: Message::Request, part: Part::Body, received: new.called_back };
        for pair in media(&base.media, &revision.media) {
            match pair {
                (Some(from), Some(to)) => {
                    let schemas =
                        [Named::RequestBodyMediaTypeSchemaAdded, Named::RequestBodyMediaTypeSchemaRemoved];
                    // A request that says more in its name is asked for by fewer clients.
                    if !from.name.eq_ignore_ascii_case(to.name) && essence(from.name) != essence(to.name) {
                        let sides = (Some(from.node), Some(to.node));
                        if !covers(from, to) {
                            named(self, Named::RequestBodyMediaTypeAdded, sides, to.name);
                        }
                        if !covers(to, from) {
                            named(self, Named::RequestBodyMediaTypeRemoved, sides, from.name);
                        }
                    }
                    self.content(unit, (from, to), place, schemas, "", "the request body");
                    self.encodings(unit, from, to);
                }
                (None, Some(to)) => {
                    let sides = (Some(base.node), Some(to.node));
                    named(self, Named::RequestBodyMediaTypeAdded, sides, to.name);
                }
                (Some(from), None) => {
                    let sides = (Some(from.node), Some(revision.node));
                    named(self, Named::RequestBodyMediaTypeRemoved, sides, from.name);
                }
                (None, None) => {}
            }
        }
    }

    /// The schemas of two media types.
    fn content(
        &mut self,
        unit: u32,
        (old, new): (&Media<'t>, &Media<'t>),
        place: Place,
        [added, removed]: [Named; 2],
        status: &str,
        label: &str,
    ) {
        let name = format!("`{}`", new.name);
        let sides = (Some(old.node), Some(new.node));
        // A list in a body of lines is what each line is.
        let (before, after) = match (old.item, new.item) {
            (None, Some(item)) if new.shape.is_none() => (each(self.base, old), Some(item)),
            (Some(item), None) if old.shape.is_none() => (Some(item), each(self.revision, new)),
            items => items,
        };
        if let (Some(base), Some(revision)) = (before, after) {
            let shapes = (&Shape::Schema(base), &Shape::Schema(revision));
            self.lead_to(unit, shapes, place.within(), writing(old, new), &format!("each item of {label}"));
            if old.item.is_none() || new.item.is_none() {
                return;
            }
        }
        match (&old.shape, &new.shape) {
            (Some(base), Some(revision)) => {
                self.lead_to(unit, (base, revision), place, writing(old, new), label);
            }
            (None, Some(Shape::Schema(schema))) if schema.as_bool() == Some(false) => {
                let at = At::whole(unit, place, writing(old, new), label);
                self.found(&at, Rule::SchemaBecameFalse, (old.node, *schema), &[]);
            }
            // A schema that takes any value says as little as none.
            (None, Some(shape)) if !says(self.revision, shape) => {}
            (Some(shape), None) if !says(self.base, shape) => {}
            (None, Some(_)) => self.tell(unit, added, sides, &[&name, status]),
            (Some(_), None) => self.tell(unit, removed, sides, &[&name, status]),
            (None, None) => {}
        }
    }

    /// How parts of a form are written. Swagger 2.0 says so beside the fields.
    fn encodings(&mut self, unit: u32, old: &Media<'t>, new: &Media<'t>) {
        if self.base.dialect() == Dialect::V2_0 || self.revision.dialect() == Dialect::V2_0 {
            return;
        }
        let of = |media: &Media<'t>| {
            let map = media.node.get("encoding").into_iter().flat_map(|map| map.entries());
            map.map(|entry| (entry.key, entry.value)).collect::<Vec<_>>()
        };
        let part = |document: &Document<'t>, media: &Media<'t>, name: &str| match &media.shape {
            Some(Shape::Schema(node)) => {
                let schema = document.schema(&document.core(*node));
                schema.properties().into_iter().find(|(other, _)| *other == name).map(|(_, node)| node)
            }
            _ => None,
        };
        for (name, from, to) in matched(of(old), of(new)) {
            // How a part is written is news only where the part is not.
            let parts = (part(self.base, old, name), part(self.revision, new, name));
            let (Some(before), Some(after)) = parts else { continue };
            let parts = (before, after);
            let scalar = is_scalar(self.base, before) && is_scalar(self.revision, after);
            for key in ["contentType", "style", "explode", "allowReserved", "headers"] {
                // Every style writes a single value alike.
                if scalar && matches!(key, "style" | "explode") {
                    continue;
                }
                let value = |node: Option<Node<'t>>| node.and_then(|node| node.get(key));
                let (before, after) = (value(from), value(to));
                // What holds anyway: `form`, exploded where it is that, encoded.
                let style = |node: Option<Node<'t>>| {
                    let style = node.and_then(|node| node.get("style"));
                    style.and_then(|style| style.as_str()).unwrap_or("form")
                };
                let types = (usual_type(self.base, parts.0), usual_type(self.revision, parts.1));
                let usual = |node: Option<Node<'t>>, value: Option<Node<'t>>, written: Option<&str>| match (
                    key, value,
                ) {
                    (_, None) => true,
                    ("style", Some(value)) => value.as_str() == Some("form"),
                    ("explode", Some(value)) => value.as_bool() == Some(style(node) == "form"),
                    ("allowReserved", Some(value)) => value.as_bool() == Some(false),
                    ("contentType", Some(value)) => written.is_some() && value.as_str() == written,
                    _ => false,
                };
                // With the style, what is usual for `explode` changes too; that is one change.
                let restyled = key == "explode" && style(from) != style(to);
                if restyled || usual(from, before, types.0) && usual(to, after, types.1) {
                    continue;
                }
                let alike = match (before, after) {
                    (Some(before), Some(after)) => same(before, after),
                    (None, None) => true,
                    _ => false,
                };
                if !alike {
                    let sides = (before.or(from).or(Some(old.node)), after.or(to).or(Some(new.node)));
                    let word =
                        |node: Option<Node<'t>>| node.map_or_else(|| "what is usual".to_owned(), shown);
                    let values = [format!("`{name}`"), format!("{} became {}", word(before), word(after))];
                    self.tell(unit, Named::RequestBodyEncodingChanged, sides, &[&values[0], key, &values[1]]);
                }
            }
        }
    }

    pub(super) fn responses(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let (base, revision) = (self.base.responses(old), self.revision.responses(new));
        fn by_status<'r, 't>(list: &'r [Response<'t>]) -> Vec<(String, &'r Response<'t>)> {
            list.iter().map(|response| (response.status.to_ascii_uppercase(), response)).collect()
        }
        fn borrowed<'r, 't>(list: &'r [(String, &'r Response<'t>)]) -> Vec<(&'r str, &'r Response<'t>)> {
            list.iter().map(|(status, response)| (status.as_str(), *response)).collect()
        }
        let (left, right) = (by_status(&base), by_status(&revision));
        for (status, from, to) in matched(borrowed(&left), borrowed(&right)) {
            let shown = [format!("`{}`", status.to_ascii_lowercase())];
            match (from, to) {
                (Some(from), Some(to)) => self.response(unit, from, to, new.called_back),
                (None, Some(to)) => {
                    let named = if is_success(status) {
                        Named::ResponseSuccessStatusAdded
                    } else {
                        Named::ResponseNonSuccessStatusAdded
                    };
                    self.came(unit, named, old.node, to.node, &[&shown[0]]);
                }
                (Some(from), None) => {
                    let named = if is_success(status) {
                        Named::ResponseSuccessStatusRemoved
                    } else {
                        Named::ResponseNonSuccessStatusRemoved
                    };
                    self.went(unit, named, from.node, new.node, &[&shown[0]]);
                }
                (None, None) => {}
            }
        }
    }

    fn response(&mut self, unit: u32, old: &Response<'t>, new: &Response<'t>, called_back: bool) {
        let status = format!("`{}`", new.status);
        let label = format!("the {} response", new.status);
        let place = Place { message: Message::Response, part: Part::Body, received: !called_back };
        for pair in media(&old.media, &new.media) {
            match pair {
                (Some(from), Some(to)) => {
                    let named =
                        [Named::ResponseBodyMediaTypeSchemaAdded, Named::ResponseBodyMediaTypeSchemaRemoved];
                    self.renamed(unit, from, to, &status);
                    self.content(unit, (from, to), place, named, &status, &label);
                }
                (None, Some(to)) => {
                    let values = [&format!("`{}`", to.name), status.as_str()];
                    self.came(unit, Named::ResponseMediaTypeAdded, old.node, to.node, &values);
                }
                (Some(from), None) => {
                    let values = [&format!("`{}`", from.name), status.as_str()];
                    self.went(unit, Named::ResponseMediaTypeRemoved, from.node, new.node, &values);
                }
                (None, None) => {}
            }
        }
        self.headers(unit, old, new, called_back);
        self.links(unit, old, new);
    }

    fn renamed(&mut self, unit: u32, old: &Media<'t>, new: &Media<'t>, status: &str) {
        if old.name.eq_ignore_ascii_case(new.name) {
            return;
        }
        let parameters =
            |name: &str| name.split_once(';').map(|(_, rest)| rest.replace(' ', "").to_ascii_lowercase());
        let spelling = essence(old.name) == essence(new.name) && parameters(old.name) == parameters(new.name);
        if spelling {
            return;
        }
        let more = parameters(old.name) != parameters(new.name);
        let named = if more || essence(old.name) == essence(new.name) {
            Named::ResponseMediaTypeNameChanged
        } else if contains(old.name, new.name) {
            Named::ResponseMediaTypeNameSpecialized
        } else {
            Named::ResponseMediaTypeNameGeneralized
        };
        let values = [&format!("`{}`", old.name), &format!("`{}`", new.name), status];
        self.tell(unit, named, (Some(old.node), Some(new.node)), &values);
    }

    fn headers(&mut self, unit: u32, old: &Response<'t>, new: &Response<'t>, called_back: bool) {
        fn keyed<'t>(list: Vec<(&'t str, Node<'t>)>) -> Vec<(String, Node<'t>)> {
            list.into_iter().map(|(name, node)| (name.to_ascii_lowercase(), node)).collect()
        }
        let (base, revision) = (keyed(self.base.headers(old)), keyed(self.revision.headers(new)));
        let left: Vec<(&str, Node<'t>)> = base.iter().map(|(name, node)| (name.as_str(), *node)).collect();
        let right: Vec<(&str, Node<'t>)> =
            revision.iter().map(|(name, node)| (name.as_str(), *node)).collect();
        let status = format!("`{}`", new.status);
        let always = |node: Node<'t>| node.get("required").and_then(|value| value.as_bool()) == Some(true);
        let late = |node: Node<'t>| node.get("deprecated").and_then(|value| value.as_bool()) == Some(true);
        for (name, from, to) in matched(left, right) {
            let title = format!("`{name}`");
            let values = [title.as_str(), status.as_str()];
            match (from, to) {
                (None, Some(to)) => self.came(unit, Named::ResponseHeaderAdded, old.node, to, &values),
                (Some(from), None) => {
                    let named = if always(from) {
                        Named::RequiredResponseHeaderRemoved
                    } else {
                        Named::OptionalResponseHeaderRemoved
                    };
                    self.went(unit, named, from, new.node, &values);
                }
                (Some(from), Some(to)) => {
                    let sides = (Some(from), Some(to));
                    match (always(from), always(to)) {
                        (true, false) => self.tell(unit, Named::ResponseHeaderBecameOptional, sides, &values),
                        (false, true) => self.tell(unit, Named::ResponseHeaderBecameRequired, sides, &values),
                        _ => {}
                    }
                    match (late(from), late(to)) {
                        (false, true) => self.tell(unit, Named::ResponseHeaderDeprecated, sides, &values),
                        (true, false) => self.tell(unit, Named::ResponseHeaderReactivated, sides, &values),
                        _ => {}
                    }
                    self.header_explode(unit, (from, to), &values);
                    self.header_media(unit, (from, to), &values);
                    let place =
                        Place { message: Message::Response, part: Part::Header, received: !called_back };
                    let label = format!("header {title} of the {} response", new.status);
                    let described = (header_schema(from), header_schema(to));
                    if let (Some(base), Some(revision)) = described {
                        let shapes = (&Shape::Schema(base), &Shape::Schema(revision));
                        self.lead_to(unit, shapes, place, Writing::Text, &format!("the {label}"));
                    } else {
                        self.described(unit, place, &label, described, (from, to));
                    }
                }
                (None, None) => {}
            }
        }
    }

    /// An object in a header is written as `a=1,b=2` where it is exploded, else as `a,1,b,2`; lists are written alike.
    fn header_explode(&mut self, unit: u32, (from, to): (Node<'t>, Node<'t>), values: &[&str]) {
        let explodes = |node: Node<'t>| node.get("explode").and_then(|value| value.as_bool()) == Some(true);
        let object = header_schema(to)
            .is_some_and(|schema| self.revision.schema(&self.revision.core(schema)).types.has("object"));
        if object && explodes(from) != explodes(to) {
            self.tell(unit, Named::ResponseHeaderExplodeChanged, (Some(from), Some(to)), values);
        }
    }

    fn header_media(&mut self, unit: u32, (from, to): (Node<'t>, Node<'t>), values: &[&str]) {
        let name = |node: Node<'t>| {
            let entry = node.get("content").and_then(|content| content.entries().next());
            entry.map_or_else(|| "a plain value".to_owned(), |entry| format!("`{}`", entry.key))
        };
        let (old, new) = (name(from), name(to));
        if old != new {
            let values = [values.first().copied().unwrap_or_default(), &old, &new];
            self.tell(unit, Named::ResponseHeaderMediaTypeChanged, (Some(from), Some(to)), &values);
        }
    }

    fn links(&mut self, unit: u32, old: &Response<'t>, new: &Response<'t>) {
        let of = |response: &Response<'t>| {
            let map = response.node.get("links").into_iter().flat_map(|map| map.entries());
            map.map(|entry| (entry.key, entry.value)).collect::<Vec<_>>()
        };
        let status = format!("`{}`", new.status);
        for (name, from, to) in matched(of(old), of(new)) {
            let title = format!("`{name}`");
            let values = [title.as_str(), status.as_str()];
            match (from, to) {
                (None, Some(to)) => self.came(unit, Named::ResponseLinkAdded, old.node, to, &values),
                (Some(from), None) => self.went(unit, Named::ResponseLinkRemoved, from, new.node, &values),
                (Some(from), Some(to)) => {
                    let (from, to) = (self.base.resolve(from), self.revision.resolve(to));
                    let keys = ["operationId", "operationRef", "parameters", "requestBody", "server"];
                    let alike = keys.iter().all(|key| match (from.get(key), to.get(key)) {
                        (Some(from), Some(to)) => same(from, to),
                        (None, None) => true,
                        _ => false,
                    });
                    if !alike {
                        self.tell(unit, Named::ResponseLinkChanged, (Some(from), Some(to)), &values);
                    }
                }
                (None, None) => {}
            }
        }
    }
}
