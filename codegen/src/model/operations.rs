//! Reads the selected operations: parameters, bodies, responses.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use openapiv3::{
    AdditionalProperties, CookieStyle, HeaderStyle, MediaType, OpenAPI, Operation as SourceOperation,
    Parameter as SourceParameter, ParameterData, ParameterSchemaOrContent, PathItem, PathStyle, QueryStyle,
    ReferenceOr, SchemaKind, Type,
};

use crate::normalise::extensions::{METHOD, PATH, QUERY_STRING, STYLE, TABS};

use super::api::{
    Media, Names, Operation, OperationHead, Parameter, ParameterLocation, ParameterStyle, RequestBodies,
};
use super::build::{Builder, View};
use super::facts::{Place, escape};
use super::names::{Use, ident, idents, idents_beside};
use super::outcome::Outcome;
use super::requests::{Methods, Named};

/// Methods of the client that no operation may be called.
const TAKEN_METHODS: &[&str] =
    &["new", "from_client", "from_environment", "client", "streams", "clone", "into", "from", "default"];

/// Every operation of a document with its path item, in the document's order.
pub(crate) fn each(document: &OpenAPI) -> impl Iterator<Item = (OperationHead, &PathItem, &SourceOperation)> {
    let items = document.paths.paths.iter().filter_map(|(key, item)| item.as_item().map(|item| (key, item)));
    items.flat_map(|(key, item)| {
        let further = |name: &str| item.extensions.get(name).and_then(|text| text.as_str());
        let further = further(METHOD).zip(further(PATH));
        item.iter().map(move |(slot, operation)| {
            let (method, path) = match further {
                Some((method, path)) => (method.to_owned(), path.to_owned()),
                None => (slot.to_ascii_uppercase(), key.clone()),
            };
            let head = OperationHead {
                id: operation.operation_id.clone().unwrap_or_else(|| format!("{method} {path}")),
                method,
                path,
                tags: operation.tags.clone(),
                pointer: format!("/paths/{}/{slot}", escape(key)),
            };
            (head, item, operation)
        })
    })
}

/// Names of the client's methods, for every operation of the document, so that a wider allow-list renames none.
pub(super) fn method_names<'a>(
    heads: impl Iterator<Item = &'a str> + Clone,
    earlier: &Names,
) -> HashMap<&'a str, String> {
    let kept = |id: &str| earlier.methods.get(id).map(String::as_str);
    // A new operation takes no name that the method of another body has.
    let own: HashSet<&str> = heads.clone().collect();
    let others = earlier.methods.iter().filter(|(id, _)| !own.contains(id.as_str()));
    let others = others.map(|(_, name)| name.clone()).collect();
    let mut names = idents_beside(heads, Use::Value, kept, others);
    for name in names.values_mut() {
        if TAKEN_METHODS.contains(&name.as_str()) {
            name.push('_');
        }
    }
    names
}

/// The group of an operation: its first tag, else the first word of its path that is not about versions.
fn tag(head: &OperationHead) -> String {
    if let Some(tag) = head.tags.iter().find(|tag| tag.chars().any(char::is_alphanumeric)) {
        return tag.clone();
    }
    let is_version = |word: &str| {
        word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    head.path
        .split('/')
        .find(|word| {
            !word.is_empty()
                && !word.starts_with('{')
                && !matches!(*word, "api" | "rest")
                && !is_version(word)
        })
        .map_or_else(
            || "default".to_owned(),
            |word| word.split(['.', '{', ':']).next().unwrap_or(word).to_owned(),
        )
}

impl<'d> Builder<'d> {
    /// One operation.
    pub(super) fn operation(
        &mut self,
        document: &'d OpenAPI,
        head: OperationHead,
        item: &'d PathItem,
        source: &'d SourceOperation,
        name: String,
        methods: &Methods<'_>,
    ) -> Operation {
        let hint = ident(&head.id, Use::Type);
        let path_pointer = head.pointer.rsplit_once('/').map_or("", |(path, _)| path).to_owned();
        self.view = View::Request;
        let mut found: Vec<Parameter> = Vec::new();
        let sources =
            item.parameters
                .iter()
                .enumerate()
                .map(|(index, parameter)| (parameter, format!("{path_pointer}/parameters/{index}")))
                .chain(
                    source.parameters.iter().enumerate().map(|(index, parameter)| {
                        (parameter, format!("{}/parameters/{index}", head.pointer))
                    }),
                );
        for (parameter, pointer) in sources {
            let Some(parameter) = parameter.as_item() else { continue };
            let parameter = self.parameter(parameter, &pointer, &hint);
            // The operation's parameter replaces the path's of the same name and place.
            match found
                .iter_mut()
                .find(|known| known.name == parameter.name && known.location == parameter.location)
            {
                Some(known) => *known = parameter,
                None => found.push(parameter),
            }
        }
        name_parameters(&mut found);
        let declared = source.request_body.as_ref().and_then(ReferenceOr::as_item);
        // Some vendors declare a body without properties for every operation, also where none may be sent.
        let declared = declared.filter(|body| body.required || !holds_nothing(&body.content));
        let named = Named { pointer: &head.pointer, hint: &hint, id: &head.id, method: &name, methods };
        let bodies = declared.map_or_else(RequestBodies::default, |body| self.bodies(body, &named));
        let own_servers = if source.servers.is_empty() { &item.servers } else { &source.servers };
        self.view = View::Response;
        let responses = self.responses(source, &head.pointer, &hint);
        Operation {
            tag: tag(&head),
            name,
            summary: source.summary.clone(),
            description: source.description.clone(),
            deprecated: source.deprecated,
            parameters: found,
            bodies,
            servers: own_servers.iter().map(super::expanded).collect(),
            responses,
            outcome: Outcome { headers: self.headers(source, &head.pointer, &hint), ..Outcome::default() },
            security: source.security.as_ref().or(document.security.as_ref()).map(|alternatives| {
                alternatives.iter().map(|needed| needed.keys().cloned().collect()).collect()
            }),
            head,
        }
    }

    fn parameter(&mut self, source: &'d SourceParameter, pointer: &str, hint: &str) -> Parameter {
        let (data, location, style, allow_reserved): (&ParameterData, _, _, _) = match source {
            SourceParameter::Path { parameter_data, style } => {
                let style = match style {
                    PathStyle::Matrix => ParameterStyle::Matrix,
                    PathStyle::Label => ParameterStyle::Label,
                    PathStyle::Simple => ParameterStyle::Simple,
                };
                (parameter_data, ParameterLocation::Path, style, false)
            }
            SourceParameter::Query { parameter_data, allow_reserved, style, .. } => {
                let style = match style {
                    QueryStyle::Form => ParameterStyle::Form,
                    QueryStyle::SpaceDelimited => ParameterStyle::SpaceDelimited,
                    QueryStyle::PipeDelimited => ParameterStyle::PipeDelimited,
                    QueryStyle::DeepObject => ParameterStyle::DeepObject,
                };
                (parameter_data, ParameterLocation::Query, style, *allow_reserved)
            }
            SourceParameter::Header { parameter_data, style: HeaderStyle::Simple } => {
                (parameter_data, ParameterLocation::Header, ParameterStyle::Simple, false)
            }
            SourceParameter::Cookie { parameter_data, style: CookieStyle::Form } => {
                (parameter_data, ParameterLocation::Cookie, ParameterStyle::Form, false)
            }
        };
        let extension = |key: &str| data.extensions.get(key);
        let location =
            if extension(QUERY_STRING).is_some() { ParameterLocation::QueryString } else { location };
        let style = match extension(STYLE).and_then(serde_json::Value::as_str) {
            Some("spaceDelimited") => ParameterStyle::SpaceDelimited,
            Some("pipeDelimited") => ParameterStyle::PipeDelimited,
            Some("cookie") => ParameterStyle::Cookie,
            _ if extension(TABS).is_some() => ParameterStyle::TabDelimited,
            _ => style,
        };
        let hint = format!("{hint}{}", ident(&data.name, Use::Type));
        let mut remarks = Vec::new();
        let (type_ref, style) = match &data.format {
            ParameterSchemaOrContent::Schema(schema) => {
                let place = Place { schema: schema.into(), pointer: format!("{pointer}/schema"), hint };
                remarks = self.remarks(&place);
                (self.type_of(&place), style)
            }
            ParameterSchemaOrContent::Content(content) => match content.iter().next() {
                Some((name, MediaType { schema: Some(schema), .. })) => {
                    let pointer = format!("{pointer}/content/{}/schema", escape(name));
                    let type_ref = self.type_of(&Place { schema: schema.into(), pointer, hint });
                    // Only a text, or a whole query string that is a form, is something else than one JSON text.
                    let is_form = location == ParameterLocation::QueryString && media(name) == Media::Form;
                    let is_json = !is_form && media(name) != Media::Text;
                    (type_ref, if is_json { ParameterStyle::Json } else { style })
                }
                _ => (self.any(pointer), ParameterStyle::Json),
            },
        };
        let explode = data.explode.unwrap_or(matches!(
            style,
            ParameterStyle::Form | ParameterStyle::DeepObject | ParameterStyle::Cookie
        ));
        Parameter {
            name: data.name.clone(),
            ident: String::new(),
            location,
            required: data.required || location == ParameterLocation::Path,
            style,
            explode,
            allow_reserved,
            description: data.description.clone(),
            deprecated: data.deprecated.unwrap_or(false),
            type_ref,
            remarks,
            pointer: pointer.to_owned(),
        }
    }
}

/// Whether the bodies that are offered are forms without fields. A JSON object without properties is another matter: it may hold anything.
fn holds_nothing(offered: &IndexMap<String, MediaType>) -> bool {
    offered.iter().all(|(media_type, offer)| {
        let schema = offer.schema.as_ref().and_then(ReferenceOr::as_item).map(|schema| &schema.schema_kind);
        match schema {
            Some(SchemaKind::Type(Type::Object(object))) => {
                (media(media_type) == Media::Form || media_type.starts_with("multipart/form-data"))
                    && object.properties.is_empty()
                    && !matches!(object.additional_properties, Some(AdditionalProperties::Schema(_)))
            }
            _ => false,
        }
    })
}

/// A media type without its parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Which encoding a media type asks for; the order is that of preference.
pub(super) fn media(media_type: &str) -> Media {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Media::Form,
        "*/*" | "application/*" => Media::Json,
        _ if essence == "application/json" || essence.ends_with("+json") || essence.ends_with("/json") => {
            Media::Json
        }
        _ if essence.starts_with("text/") => Media::Text,
        _ => Media::Bytes,
    }
}

/// Parameters of one operation share a scope; the same name in two places is told apart by the place.
fn name_parameters(parameters: &mut [Parameter]) {
    let place = |location: ParameterLocation| match location {
        ParameterLocation::Path => "path",
        ParameterLocation::Query | ParameterLocation::QueryString => "query",
        ParameterLocation::Header => "header",
        ParameterLocation::Cookie => "cookie",
    };
    let texts: Vec<String> = parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let twice = parameters[..index].iter().any(|known| known.name == parameter.name);
            if twice {
                format!("{} {}", parameter.name, place(parameter.location))
            } else {
                parameter.name.clone()
            }
        })
        .collect();
    let names = idents(texts.iter().map(String::as_str), Use::Value);
    for (parameter, text) in parameters.iter_mut().zip(&texts) {
        parameter.ident = names.get(text.as_str()).cloned().unwrap_or_else(|| ident(text, Use::Value));
    }
}
