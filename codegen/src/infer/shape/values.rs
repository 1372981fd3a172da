//! The values that a request may carry and an answer may tell, as far as they are about pages.

use openapiv3::{OpenAPI, Operation as Source, PathItem, ReferenceOr};

use super::{Asked, DEEPEST, Kind, MOST, Told};
use crate::infer::schema::{self, Bounds};
use crate::infer::words::{self, Asks, Tells};
use crate::model::{Api, Media, Operation, ParameterLocation, TypeKind, TypeRef, Types};
use crate::plan::path::alternatives;

pub(super) fn kind(types: &Types, of: TypeRef) -> (Kind, String) {
    let (kinds, _) = alternatives(types, of);
    let mut found = (Kind::Unknown, String::new());
    for id in kinds {
        let here = match &types.get(id).kind {
            TypeKind::Text(format) => (Kind::Text, format.clone()),
            TypeKind::Enum(_) => (Kind::Text, "enum".to_owned()),
            TypeKind::Integer(_) | TypeKind::Number(_) => (Kind::Number, String::new()),
            TypeKind::Boolean => (Kind::Flag, String::new()),
            TypeKind::Array(_) | TypeKind::Tuple(_) => (Kind::List, String::new()),
            TypeKind::Map(_) | TypeKind::Object(_) | TypeKind::Union(_) => (Kind::Object, String::new()),
            TypeKind::Any => continue,
        };
        if found.0 == Kind::Unknown
            || matches!((found.0, here.0), (Kind::Text, Kind::Number) | (Kind::List | Kind::Object, _))
        {
            found = here;
        }
    }
    found
}

pub(super) fn asked(
    document: &OpenAPI,
    api: &Api,
    operation: &Operation,
    item: &PathItem,
    source: &Source,
) -> Vec<Asked> {
    let mut all = Vec::new();
    let places = [ParameterLocation::Query, ParameterLocation::Header];
    for parameter in operation.parameters.iter().filter(|parameter| places.contains(&parameter.location)) {
        let prose = || words::prose(parameter.description.as_deref());
        let by_prose = || words::takes_token(&parameter.name, &prose()).then_some(Asks::Cursor);
        let Some(asks) = words::asks(&parameter.name).or_else(by_prose) else { continue };
        let bounds = schema::parameter(item, source, &parameter.name)
            .map(|data| schema::of_parameter(document, data))
            .unwrap_or_default();
        let (kind, format) = kind(&api.types, parameter.type_ref);
        all.extend(one(parameter.name.clone(), false, asks, (kind, format), bounds));
    }
    let body =
        operation.bodies.body.as_ref().filter(|body| matches!(body.content.media, Media::Json | Media::Form));
    if let Some(body) = body.filter(|_| operation.head.method == "POST") {
        let mut fields = Vec::new();
        body_fields(&api.types, body.content.type_ref, &mut Vec::new(), &mut fields);
        for (path, found) in fields {
            let Some(asks) = words::asks(&path.join(".")) else { continue };
            let bounds = schema::of_body(document, source, &body.content.media_type, &path);
            all.extend(one(path.join("."), true, asks, found, bounds));
        }
    }
    all
}

fn one(
    name: String,
    in_body: bool,
    asks: Asks,
    (kind, format): (Kind, String),
    bounds: Bounds,
) -> Option<Asked> {
    let prose = bounds.description.to_lowercase();
    let format = if bounds.format.is_empty() { format } else { bounds.format.clone() };
    let mut asks = asks;
    match asks {
        Asks::Size | Asks::Page | Asks::Offset if matches!(kind, Kind::Flag | Kind::List | Kind::Object) => {
            return None;
        }
        Asks::Cursor | Asks::Before if matches!(kind, Kind::Flag | Kind::List | Kind::Object) => return None,
        _ => {}
    }
    let says_token = words::says(&prose, &["cursor", "token", "marker", "bookmark"]);
    match asks {
        // A page or an offset that is a token: `A cursor for use in pagination`.
        Asks::Page | Asks::Offset if kind == Kind::Text && says_token => asks = Asks::Cursor,
        Asks::Page if kind == Kind::Text && words::says(&prose, &["identifier"]) => asks = Asks::Cursor,
        // `start` and `from` are dates as often.
        Asks::Offset
            if matches!(words::canonical(&name).as_str(), "start" | "from" | "start_at")
                && words::about_time(&format, &prose) =>
        {
            return None;
        }
        Asks::Offset if words::about_time(&format, "") => return None,
        // `Timestamp offset, used for pagination` is a value of the last record, and counts nothing.
        Asks::Offset
            if words::says(&prose, &["timestamp", "timestamps", "epoch", "unix time"])
                && !words::says(&prose, &["index", "number of", "how many"]) =>
        {
            if !words::says(&prose, &["page", "pages", "paging", "pagination", "paginate"]) {
                return None;
            }
            asks = Asks::Cursor;
        }
        Asks::Cursor | Asks::Before if words::about_time(&format, "") => return None,
        // `after` a time is a filter.
        Asks::Cursor | Asks::Before
            if matches!(
                words::canonical(&name).as_str(),
                "after" | "before" | "next" | "since_id" | "start_after"
            ) && !says_token
                && words::about_time(&format, &prose)
                && !words::says(
                    &prose,
                    &["id", "ids", "snowflake", "object", "page", "pagination", "paginate"],
                ) =>
        {
            return None;
        }
        _ => {}
    }
    // `count: true` and `first: true` ask for something else, as do texts of a list.
    if format == "enum" {
        return None;
    }
    Some(Asked { name, in_body, asks, kind, bounds, prose })
}

fn body_fields(
    types: &Types,
    from: TypeRef,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, (Kind, String))>,
) {
    if path.len() >= DEEPEST || found.len() > MOST {
        return;
    }
    for id in alternatives(types, from).0 {
        let TypeKind::Object(object) = &types.get(id).kind else { continue };
        for field in &object.fields {
            let here = kind(types, field.type_ref);
            path.push(field.name.clone());
            if here.0 == Kind::Object {
                body_fields(types, field.type_ref, path, found);
            } else {
                found.push((path.clone(), here));
            }
            path.pop();
        }
    }
}

/// Values that say something of pages, outside of lists.
pub(super) fn told(
    types: &Types,
    from: TypeRef,
    cursors: &[String],
    path: &mut Vec<String>,
    found: &mut Vec<Told>,
    left: &mut usize,
) {
    if path.len() >= DEEPEST {
        return;
    }
    for id in alternatives(types, from).0 {
        let TypeKind::Object(object) = &types.get(id).kind else { continue };
        for field in &object.fields {
            let Some(rest) = left.checked_sub(1) else { return };
            *left = rest;
            let (kind, format) = kind(types, field.type_ref);
            path.push(field.name.clone());
            match kind {
                // Only what may be about pages is looked into: a record that is embedded has a `next` of its own.
                Kind::Object if path.len() < 3 || words::is_paging(&words::canonical(&field.name)) => {
                    told(types, field.type_ref, cursors, path, found, left)
                }
                Kind::Object | Kind::List => {}
                Kind::Text | Kind::Number | Kind::Flag | Kind::Unknown => {
                    // What a cursor parameter is called is a token in the answer too.
                    let own = || cursors.contains(&words::canonical(&field.name)).then_some(Tells::Next);
                    let tells = words::tells(path).or_else(own);
                    if let Some(tells) = tells.filter(|tells| fits(*tells, kind)) {
                        let prose = words::prose(field.description.as_deref());
                        if !found.iter().any(|known| known.path == *path) {
                            found.push(Told { path: path.clone(), tells, kind, format, prose });
                        }
                    }
                }
            }
            path.pop();
        }
    }
}

fn fits(tells: Tells, kind: Kind) -> bool {
    match tells {
        Tells::Next => matches!(kind, Kind::Text | Kind::Number | Kind::Unknown),
        Tells::More | Tells::Done => kind == Kind::Flag,
        Tells::Total | Tells::Pages => kind == Kind::Number,
    }
}

/// What required parameters are by themselves: their default, or the only value that they may have.
pub(super) fn defaults(
    document: &OpenAPI,
    operation: &Operation,
    item: &PathItem,
    source: &Source,
) -> Vec<(String, String)> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required
        .filter_map(|parameter| {
            let bounds = schema::of_parameter(document, schema::parameter(item, source, &parameter.name)?);
            let value = match bounds.default.or(bounds.only)? {
                serde_json::Value::String(text) => text,
                value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => value.to_string(),
                _ => return None,
            };
            let plain = !value.is_empty()
                && value.len() <= 80
                && !value.contains(['{', '}'])
                && !value.chars().any(char::is_control);
            plain.then(|| (parameter.name.clone(), value))
        })
        .collect()
}

pub(super) fn headers(document: &OpenAPI, operation: &Operation, source: &Source) -> Vec<(String, Bounds)> {
    let status = operation.success().map(|success| success.from).unwrap_or_default();
    let responses = source.responses.responses.iter();
    let mut found = Vec::new();
    for (code, response) in responses {
        let matches = match code {
            openapiv3::StatusCode::Code(code) => *code == status,
            openapiv3::StatusCode::Range(range) => *range == status / 100,
        };
        let Some(response) = response.as_item().filter(|_| matches) else { continue };
        for (name, header) in &response.headers {
            let bounds = match header {
                ReferenceOr::Item(header) => schema::of_header(document, header),
                ReferenceOr::Reference { .. } => Bounds::default(),
            };
            found.push((name.clone(), bounds));
        }
    }
    found
}
