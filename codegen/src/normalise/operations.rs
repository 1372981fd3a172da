//! Paths, operations, request bodies and responses.

use indexmap::IndexMap;
use openapiv3::{
    Encoding, MediaType, Operation, PathItem, Paths, QueryStyle, ReferenceOr, RequestBody, Response,
    Responses, StatusCode,
};

use super::context::Context;
use super::dialect::Layout;
use super::extensions::{ITEM_SCHEMA, METHOD, PATH};
use super::{document, parameters, schema, v2_0};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node, escape_token};

/// The keys of a path item that hold an operation.
pub(crate) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Reads all paths.
pub(super) fn paths<'t>(context: &mut Context<'t>, root: Node<'t>) -> Paths {
    let mut paths = Paths::default();
    let Some(map) = context.get_map(root, "paths") else {
        let elsewhere = context.rules.responses_optional
            && ["components", "webhooks"].iter().any(|key| root.get(key).is_some());
        if !elsewhere {
            match root.entry("paths") {
                Some(entry) => {
                    context.warn(Code::NoPaths, entry.value, "`paths` is empty; there is no operation")
                }
                None => context.warn_object(Code::NoPaths, root, "`paths` is missing; there is no operation"),
            }
        }
        return paths;
    };
    for entry in map.entries().filter(|entry| !entry.key.starts_with("x-")) {
        let mut path = entry.key.to_owned();
        if !path.starts_with('/') {
            let whole = path.contains("://");
            let repair = if whole { "it is left out" } else { "one is added" };
            context.diagnostics.push(
                Diagnostic::warning(
                    Code::BadPath,
                    format!("the path `{path}` has to start with a slash; {repair}"),
                )
                .at(entry.key_span)
                .pointer(entry.value.pointer()),
            );
            if whole {
                continue;
            }
            path.insert(0, '/');
            context.moved(format!("/paths/{}", escape_token(&path)), entry.value);
        }
        let Some(node) = context.resolve(entry.value) else { continue };
        match node.kind() {
            Kind::Object => {
                if paths.paths.contains_key(&path) {
                    continue;
                }
                let (item, query) = path_item(context, &path, node);
                let further = query.map(|query| further_item(context, &path, node, "QUERY", query));
                paths.paths.insert(path, ReferenceOr::Item(item));
                if let Some((key, item)) = further {
                    paths.paths.insert(key, ReferenceOr::Item(item));
                }
            }
            Kind::Null => {}
            _ => context.wrong_kind(node, "a path item"),
        }
    }
    paths
}

/// The path item, and the node of its QUERY operation.
fn path_item<'t>(context: &mut Context<'t>, path: &str, node: Node<'t>) -> (PathItem, Option<Node<'t>>) {
    let at = format!("/paths/{}", escape_token(path));
    let mut item = empty_item(context, path, &at, node);
    for method in METHODS {
        let Some(value) = context.get_object(node, method) else { continue };
        let mut operation = operation(context, path, &format!("{at}/{method}"), value, node);
        parameters::declare_missing(context, path, value, &item.parameters, &mut operation.parameters);
        if let Some(slot) = slot(&mut item, method) {
            *slot = Some(operation);
        }
    }
    if !context.rules.further_methods {
        return (item, None);
    }
    let mut query = context.get_object(node, "query");
    let additional = context.get_map(node, "additionalOperations");
    for entry in additional.iter().flat_map(|map| map.entries()) {
        // OpenAPI 3.2.0, 4.9.1: a method with a key of its own has to stand there.
        if entry.key.eq_ignore_ascii_case("query") && query.is_none() && entry.value.is_object() {
            query = Some(entry.value);
            continue;
        }
        let message = format!("`{} {path}` is left out: that method is not sent yet", entry.key);
        context.diagnostics.push(
            Diagnostic::warning(Code::Method, message).at(entry.key_span).pointer(entry.value.pointer()),
        );
    }
    (item, query)
}

/// A path item without operations.
fn empty_item<'t>(context: &mut Context<'t>, path: &str, at: &str, node: Node<'t>) -> PathItem {
    PathItem {
        summary: context.get_text(node, "summary"),
        description: context.get_text(node, "description"),
        servers: document::servers(context, node),
        parameters: parameters::parameters(context, node, path, at),
        ..PathItem::default()
    }
}

/// A path item for an operation whose method has no field, and its key.
fn further_item<'t>(
    context: &mut Context<'t>,
    path: &str,
    node: Node<'t>,
    method: &str,
    value: Node<'t>,
) -> (String, PathItem) {
    let key = format!("{method} {path}");
    let at = format!("/paths/{}", escape_token(&key));
    context.moved(at.clone(), node);
    context.moved(format!("{at}/post"), value);
    let mut item = empty_item(context, path, &at, node);
    let mut operation = operation(context, path, &format!("{at}/post"), value, node);
    parameters::declare_missing(context, path, value, &item.parameters, &mut operation.parameters);
    item.post = Some(operation);
    item.extensions.insert(METHOD.to_owned(), method.into());
    item.extensions.insert(PATH.to_owned(), path.into());
    (key, item)
}

fn slot<'i>(item: &'i mut PathItem, method: &str) -> Option<&'i mut Option<Operation>> {
    Some(match method {
        "get" => &mut item.get,
        "put" => &mut item.put,
        "post" => &mut item.post,
        "delete" => &mut item.delete,
        "options" => &mut item.options,
        "head" => &mut item.head,
        "patch" => &mut item.patch,
        "trace" => &mut item.trace,
        _ => return None,
    })
}

fn operation<'t>(
    context: &mut Context<'t>,
    path: &str,
    at: &str,
    node: Node<'t>,
    item: Node<'t>,
) -> Operation {
    let tags = context.get_list(node, "tags").into_iter().filter_map(|tag| context.text(tag)).collect();
    let request_body = match context.rules.layout {
        Layout::Swagger => v2_0::request_body(context, node, item, at),
        Layout::OpenApi => context.get(node, "requestBody").and_then(|body| request_body(context, body)),
    };
    Operation {
        tags,
        summary: context.get_text(node, "summary"),
        description: context.get_text(node, "description"),
        operation_id: operation_id(context, node),
        parameters: parameters::parameters(context, node, path, at),
        request_body: request_body.map(ReferenceOr::Item),
        responses: responses(context, node, at),
        deprecated: context.get_bool(node, "deprecated").unwrap_or_default(),
        security: document::security(context, node),
        servers: document::servers(context, node),
        ..Operation::default()
    }
}

/// The operation's id, unless another operation has it already.
fn operation_id<'t>(context: &mut Context<'t>, node: Node<'t>) -> Option<String> {
    let value = context.get(node, "operationId")?;
    let id = context.text(value).filter(|id| !id.trim().is_empty())?;
    let Kind::String(key) = value.kind() else { return Some(id) };
    match context.operation_ids.get(key).copied() {
        Some(first) => {
            context.diagnostics.push(
                Diagnostic::warning(
                    Code::DuplicateOperationId,
                    format!(
                        "another operation is called `{id}` already; this one goes by its method and path"
                    ),
                )
                .at(value.span())
                .label(first, "the first one")
                .pointer(value.pointer())
                .help("give each operation an id of its own"),
            );
            None
        }
        None => {
            context.operation_ids.insert(key, value.span());
            Some(id)
        }
    }
}

fn request_body<'t>(context: &mut Context<'t>, node: Node<'t>) -> Option<RequestBody> {
    let node = context.resolve(node)?;
    if !node.is_object() {
        context.wrong_kind(node, "a request body");
        return None;
    }
    Some(RequestBody {
        description: context.get_text(node, "description"),
        content: content(context, node),
        required: context.get_bool(node, "required").unwrap_or_default(),
        extensions: IndexMap::new(),
    })
}

fn responses<'t>(context: &mut Context<'t>, operation: Node<'t>, at: &str) -> Responses {
    let mut responses = Responses::default();
    let Some(map) = context.get_map(operation, "responses") else {
        if !context.rules.responses_optional {
            context.warn_object(
                Code::MissingResponses,
                operation,
                "the operation has no responses; any answer is accepted",
            );
        }
        return responses;
    };
    for entry in map.entries().filter(|entry| !entry.key.starts_with("x-")) {
        let status = status(entry.key);
        if status.is_none() && entry.key != "default" {
            context.diagnostics.push(
                Diagnostic::warning(
                    Code::BadStatus,
                    format!("`{}` is no status code; the response is left out", entry.key),
                )
                .at(entry.key_span)
                .pointer(entry.value.pointer())
                .help("a status code is three digits, a range such as `4XX`, or `default`"),
            );
            continue;
        }
        let Some(response) = response(context, entry.value, operation, at, entry.key) else { continue };
        match status {
            Some(status) => {
                responses.responses.entry(status).or_insert(ReferenceOr::Item(response));
            }
            None => responses.default = Some(ReferenceOr::Item(response)),
        }
    }
    responses
}

fn status(key: &str) -> Option<StatusCode> {
    match key.trim().as_bytes() {
        [class @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(StatusCode::Range(u16::from(class - b'0'))),
        [b'1'..=b'9', _, _] => key.trim().parse().ok().map(StatusCode::Code),
        _ => None,
    }
}

fn response<'t>(
    context: &mut Context<'t>,
    node: Node<'t>,
    operation: Node<'t>,
    at: &str,
    key: &str,
) -> Option<Response> {
    let node = context.resolve(node)?;
    if !node.is_object() {
        context.wrong_kind(node, "a response");
        return None;
    }
    if context.get(node, "description").is_none() && !context.rules.descriptions_optional {
        context.warn_object(
            Code::MissingDescription,
            node,
            "the response has no description; it is left empty",
        );
    }
    let headers = context.get_map(node, "headers");
    let mut read = IndexMap::new();
    for entry in headers.iter().flat_map(|headers| headers.entries()) {
        if let Some(header) = parameters::header(context, entry.value) {
            read.insert(entry.key.to_owned(), ReferenceOr::Item(header));
        }
    }
    Some(Response {
        description: context.get_text(node, "description").unwrap_or_default(),
        headers: read,
        content: match context.rules.layout {
            Layout::Swagger => {
                v2_0::response_content(context, node, operation, &format!("{at}/responses/{key}"))
            }
            Layout::OpenApi => content(context, node),
        },
        ..Response::default()
    })
}

/// The media types at `content`.
pub(super) fn content<'t>(context: &mut Context<'t>, parent: Node<'t>) -> IndexMap<String, MediaType> {
    let mut content = IndexMap::new();
    let Some(map) = context.get_map(parent, "content") else { return content };
    for entry in map.entries() {
        let Some(node) = context.resolve(entry.value) else { continue };
        let media_type = if node.is_object() {
            let by_item = node.get("schema").is_none() && node.get("itemSchema").is_some();
            let flag = by_item.then(|| (ITEM_SCHEMA.to_owned(), true.into()));
            MediaType {
                extensions: flag.into_iter().collect(),
                schema: match context.get(node, "schema") {
                    Some(schema) => Some(schema::schema(context, schema)),
                    // OpenAPI 3.2.0, 4.14.3: what a sequential media type holds is read as an array of its items.
                    None => context.get(node, "itemSchema").map(|item| schema::array_of(context, item)),
                },
                encoding: encodings(context, node),
                ..MediaType::default()
            }
        } else {
            if !node.is_null() {
                context.wrong_kind(node, "a media type");
            }
            MediaType::default()
        };
        content.insert(entry.key.to_owned(), media_type);
    }
    content
}

fn encodings<'t>(context: &mut Context<'t>, media_type: Node<'t>) -> IndexMap<String, Encoding> {
    let mut encodings = IndexMap::new();
    let Some(map) = context.get_map(media_type, "encoding") else { return encodings };
    for entry in map.entries().filter(|entry| entry.value.is_object()) {
        let node = entry.value;
        let style: Option<QueryStyle> = parameters::style(context, node, parameters::query_style);
        // OpenAPI 3.0.4, 4.8.15.1.2: the default depends on the style as for query parameters.
        let explode =
            context.get_bool(node, "explode").unwrap_or(matches!(style, None | Some(QueryStyle::Form)));
        let encoding = Encoding {
            content_type: context.get_text(node, "contentType"),
            style,
            explode,
            allow_reserved: context.get_bool(node, "allowReserved").unwrap_or_default(),
            headers: IndexMap::new(),
            extensions: IndexMap::new(),
        };
        encodings.insert(entry.key.to_owned(), encoding);
    }
    encodings
}
