//! Operations, parameters, bodies and responses, wherever a dialect has them.

use std::collections::HashSet;

use super::Document;
use crate::source::Node;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// An operation.
#[derive(Clone)]
pub(in super::super) struct Operation<'t> {
    /// The path's template, the webhook's name or the callback's expression.
    pub(in super::super) path: &'t str,
    /// The method in capital letters.
    pub(in super::super) method: String,
    /// The operation.
    pub(in super::super) node: Node<'t>,
    /// The path item that holds it.
    pub(in super::super) item: Node<'t>,
    /// Whether the client is the one who is called.
    pub(in super::super) called_back: bool,
}

impl Operation<'_> {
    /// The operation as it is written: `GET /path`.
    pub(in super::super) fn title(&self) -> String {
        let kind = if self.called_back { "webhook:" } else { "" };
        format!("{} {kind}{}", self.method, self.path)
    }

    /// What the path is but for the names of its parameters, which are nowhere on the wire.
    pub(in super::super) fn route(&self) -> String {
        Operation::route_of(self.path)
    }

    /// The same of a path by itself.
    pub(in super::super) fn route_of(path: &str) -> String {
        let mut route = String::with_capacity(path.len());
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            route.push_str(before);
            route.push_str("{}");
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        route.push_str(rest);
        route
    }

    /// Which of the path's parameters a name is.
    fn position(&self, name: &str) -> Option<usize> {
        let names = self.path.split('{').skip(1).filter_map(|part| part.split('}').next());
        names.into_iter().position(|found| found == name)
    }
}

/// A parameter that is no part of the body.
#[derive(Clone)]
pub(in super::super) struct Parameter<'t> {
    pub(in super::super) name: &'t str,
    /// `query`, `path`, `header` or `cookie`.
    pub(in super::super) place: &'t str,
    /// The parameter itself, references followed.
    pub(in super::super) node: Node<'t>,
    /// Whether it stands beside the operations of a path rather than in one.
    pub(in super::super) common: bool,
    /// What tells it apart from the others of its operation.
    pub(in super::super) key: String,
}

impl Parameter<'_> {
    /// Whether it has to be sent.
    pub(in super::super) fn required(&self) -> bool {
        self.place == "path" || flag(self.node, "required")
    }

    /// What people call it.
    pub(in super::super) fn title(&self) -> String {
        format!("{} parameter `{}`", self.place, self.name)
    }
}

/// What describes the values of something.
#[derive(Clone)]
pub(in super::super) enum Shape<'t> {
    Schema(Node<'t>),
    /// The fields of a form of Swagger 2.0, and what holds them.
    Form(Node<'t>, Vec<Node<'t>>),
}

/// The body of a request.
pub(in super::super) struct Body<'t> {
    pub(in super::super) node: Node<'t>,
    pub(in super::super) required: bool,
    pub(in super::super) media: Vec<Media<'t>>,
}

/// A kind of body.
pub(in super::super) struct Media<'t> {
    pub(in super::super) name: &'t str,
    /// Where it stands.
    pub(in super::super) node: Node<'t>,
    pub(in super::super) shape: Option<Shape<'t>>,
    /// The shape of each item of a body that never ends (OpenAPI 3.2).
    pub(in super::super) item: Option<Node<'t>>,
}

/// A response.
pub(in super::super) struct Response<'t> {
    pub(in super::super) status: &'t str,
    pub(in super::super) node: Node<'t>,
    pub(in super::super) media: Vec<Media<'t>>,
}

fn flag(node: Node<'_>, key: &str) -> bool {
    node.get(key).and_then(|value| value.as_bool()) == Some(true)
}

fn text<'t>(node: Node<'t>, key: &str) -> Option<&'t str> {
    node.get(key).and_then(|value| value.as_str())
}

fn place(node: Node<'_>) -> &str {
    match text(node, "in").unwrap_or_default() {
        "formData" | "formdata" => "formData",
        place => place,
    }
}

impl<'t> Document<'t> {
    /// All parameters that an operation lists, those of its path last, each with whether it is one of these.
    fn listed(&self, operation: &Operation<'t>) -> Vec<(Node<'t>, bool)> {
        let of = |node: Node<'t>| node.get("parameters").into_iter().flat_map(|list| list.items());
        let own = of(operation.node).map(|node| (self.resolve(node), false));
        own.chain(of(operation.item).map(|node| (self.resolve(node), true))).collect()
    }

    /// The parameters of an operation that are no part of the body, each once.
    pub(in super::super) fn parameters(&self, operation: &Operation<'t>) -> Vec<Parameter<'t>> {
        let mut parameters: Vec<Parameter<'t>> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        for (node, common) in self.listed(operation) {
            let (Some(name), place) = (text(node, "name"), place(node)) else { continue };
            let name_key = match place {
                "header" => name.to_ascii_lowercase(),
                "path" => operation.position(name).map_or_else(|| name.to_owned(), |at| format!("{{{at}}}")),
                "query" | "cookie" | "querystring" => name.to_owned(),
                _ => continue,
            };
            let key = format!("{place} {name_key}");
            if known.insert(key.clone()) {
                parameters.push(Parameter { name, place, node, common, key });
            }
        }
        parameters
    }

    /// What describes a parameter's values.
    pub(in super::super) fn parameter_schema(&self, parameter: &Parameter<'t>) -> Option<Node<'t>> {
        if self.is_swagger() {
            return Some(parameter.node);
        }
        let written = || self.resolve(parameter.node.get("content")?.entries().next()?.value).get("schema");
        parameter.node.get("schema").or_else(written)
    }

    /// The media type that a parameter is written as, if it has one.
    pub(in super::super) fn parameter_media(&self, parameter: &Parameter<'t>) -> Option<&'t str> {
        parameter.node.get("content")?.entries().next().map(|entry| entry.key)
    }

    /// How a parameter is written: its style, and whether it is exploded.
    pub(in super::super) fn style(&self, parameter: &Parameter<'t>) -> (&'t str, bool) {
        let usual = if matches!(parameter.place, "query" | "cookie") { "form" } else { "simple" };
        if self.is_swagger() {
            if text(parameter.node, "type") != Some("array") {
                return (usual, usual == "form");
            }
            return match text(parameter.node, "collectionFormat") {
                Some("multi") => ("form", true),
                Some("ssv") => ("spaceDelimited", false),
                Some("pipes") => ("pipeDelimited", false),
                Some("tsv") => ("tabDelimited", false),
                _ => (usual, false),
            };
        }
        let style = text(parameter.node, "style").unwrap_or(usual);
        let explode = parameter.node.get("explode").and_then(|value| value.as_bool());
        // Nothing else can be done with it.
        (style, style == "deepObject" || explode.unwrap_or(style == "form"))
    }

    /// The body that an operation takes.
    pub(in super::super) fn body(&self, operation: &Operation<'t>) -> Option<Body<'t>> {
        if self.is_swagger() {
            return self.swagger_body(operation);
        }
        let node = self.resolve(operation.node.get("requestBody")?);
        node.is_object().then(|| Body { node, required: flag(node, "required"), media: self.content(node) })
    }

    fn content(&self, node: Node<'t>) -> Vec<Media<'t>> {
        let media = self.entries(node, "content").map(|entry| {
            let node = self.resolve(entry.value);
            let shape = node.get("schema").map(Shape::Schema);
            Media { name: entry.key, node, shape, item: node.get("itemSchema") }
        });
        media.collect()
    }

    fn swagger_body(&self, operation: &Operation<'t>) -> Option<Body<'t>> {
        let listed = self.listed(operation);
        if let Some((node, _)) = listed.iter().find(|(node, _)| place(*node) == "body") {
            let node = *node;
            let shape = Shape::Schema(node.get("schema").unwrap_or(node));
            let mut names = self.media_types(operation, "consumes");
            if names.is_empty() {
                names.push(JSON);
            }
            let media =
                names.into_iter().map(|name| Media { name, node, shape: Some(shape.clone()), item: None });
            return Some(Body { node, required: flag(node, "required"), media: media.collect() });
        }
        let mut fields: Vec<Node<'t>> = Vec::new();
        let mut known: HashSet<Option<&str>> = HashSet::new();
        for (node, _) in listed.into_iter().filter(|(node, _)| place(*node) == "formData") {
            if known.insert(text(node, "name")) {
                fields.push(node);
            }
        }
        let first = *fields.first()?;
        let files = fields.iter().any(|field| text(*field, "type") == Some("file"));
        let consumes = self.media_types(operation, "consumes");
        let offers = |wanted: &str| {
            consumes.iter().any(|name| name.split(';').next().unwrap_or_default().trim() == wanted)
        };
        let names: &[&'static str] = match (files, offers(FORM), offers(MULTIPART)) {
            (true, _, _) | (false, false, true) => &[MULTIPART],
            (false, true, true) => &[FORM, MULTIPART],
            (false, _, false) => &[FORM],
        };
        let required = fields.iter().any(|field| flag(*field, "required"));
        let node = operation.node.get("parameters").unwrap_or(first);
        let shape = Shape::Form(node, fields);
        let media = names.iter().map(|name| Media { name, node, shape: Some(shape.clone()), item: None });
        Some(Body { node, required, media: media.collect() })
    }

    /// The media types that an operation of Swagger 2.0 lists, else those of the document.
    fn media_types(&self, operation: &Operation<'t>, key: &str) -> Vec<&'t str> {
        let list = operation.node.get(key).or_else(|| self.root().get(key));
        let mut names = Vec::new();
        for name in list.into_iter().flat_map(|list| list.items()).filter_map(|item| item.as_str()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The responses of an operation.
    pub(in super::super) fn responses(&self, operation: &Operation<'t>) -> Vec<Response<'t>> {
        let responses =
            self.entries(operation.node, "responses").filter(|entry| !entry.key.starts_with("x-"));
        let of = |status: &'t str, node: Node<'t>| {
            let node = self.resolve(node);
            let media =
                if self.is_swagger() { self.swagger_content(operation, node) } else { self.content(node) };
            Response { status, node, media }
        };
        responses.map(|entry| of(entry.key, entry.value)).collect()
    }

    fn swagger_content(&self, operation: &Operation<'t>, response: Node<'t>) -> Vec<Media<'t>> {
        let Some(schema) = response.get("schema") else { return Vec::new() };
        let mut names = self.media_types(operation, "produces");
        let file = text(schema, "type") == Some("file");
        if file {
            // The bytes of a file are no JSON, whatever the document as a whole produces.
            names.retain(|name| !name.contains("json") && *name != "*/*");
        }
        if names.is_empty() {
            names.push(if file { BYTES } else { JSON });
        }
        let shape = Some(Shape::Schema(schema));
        names
            .into_iter()
            .map(|name| Media { name, node: response, shape: shape.clone(), item: None })
            .collect()
    }

    /// The headers of a response; `Content-Type` is what the media types say.
    pub(in super::super) fn headers(&self, response: &Response<'t>) -> Vec<(&'t str, Node<'t>)> {
        let counts = self
            .entries(response.node, "headers")
            .filter(|entry| !entry.key.eq_ignore_ascii_case("content-type"));
        counts.map(|entry| (entry.key, self.resolve(entry.value))).collect()
    }
}

/// What describes a header's values: its schema, or what stands beside its name in Swagger 2.0.
pub(in super::super) fn header_schema(header: Node<'_>) -> Option<Node<'_>> {
    let written = || header.get("content")?.entries().next()?.value.get("schema");
    header.get("schema").or_else(written).or_else(|| header.get("type").map(|_| header))
}
