//! Parameters whose type stands beside their name.

use openapiv3::{
    CookieStyle, HeaderStyle, Parameter, ParameterData, PathStyle, QueryStyle, ReferenceOr, Schema,
};

use super::super::context::Context;
use super::super::extensions::{STYLE, TABS};
use super::super::{parameters, schema};
use crate::diagnostic::Code;
use crate::source::Node;

/// What a parameter is `in`, in small letters.
fn place(node: Node<'_>) -> String {
    node.get("in").and_then(|place| place.as_str()).unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a parameter is the body.
pub(super) fn is_whole_body(node: Node<'_>) -> bool {
    place(node) == "body"
}

/// Whether a parameter is the body or a field of it, which OpenAPI 3 has elsewhere.
pub(in super::super) fn is_body(node: Node<'_>) -> bool {
    is_whole_body(node) || place(node) == "formdata"
}

/// The schema of a parameter or header.
pub(in super::super) fn schema_beside_name<'t>(
    context: &mut Context<'t>,
    node: Node<'t>,
) -> ReferenceOr<Schema> {
    let says_type = ["type", "enum", "items", "format"].iter().any(|key| context.get(node, key).is_some());
    if !says_type {
        let message = "nothing says the type of the parameter or header; it is a string";
        context.warn_object(Code::ParameterWithoutSchema, node, message);
        return parameters::any_string();
    }
    ReferenceOr::Item(schema::beside_name(context, node))
}

/// How the items of an array parameter are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// `a,b`; also where the parameter is no array.
    Commas,
    /// `a b`.
    Spaces,
    /// `a|b`.
    Pipes,
    /// Values with a tab between them.
    Tabs,
    /// `name=a&name=b`.
    Repeated,
}

/// What `collectionFormat` says; `None` where the parameter is no array. `repeats` says whether `multi` can stand here.
pub(super) fn joined<'t>(context: &mut Context<'t>, node: Node<'t>, repeats: bool) -> Option<Joined> {
    if context.get(node, "type").and_then(|word| word.as_str()) != Some("array") {
        return None;
    }
    let Some(value) = context.get(node, "collectionFormat") else { return Some(Joined::Commas) };
    let word = context.text(value).unwrap_or_default();
    Some(match word.as_str() {
        "csv" => Joined::Commas,
        "multi" if repeats => Joined::Repeated,
        "ssv" => Joined::Spaces,
        "pipes" => Joined::Pipes,
        "tsv" => Joined::Tabs,
        _ => {
            let message = format!("the collection format `{word}` does not fit here; `csv` is used");
            context.warn(Code::UnknownStyle, value, message);
            Joined::Commas
        }
    })
}

/// The style of a query parameter or form field, and whether it is exploded. Tabs have no style, only a mark among the extensions.
pub(super) fn query_style(joined: Joined) -> (QueryStyle, bool) {
    match joined {
        Joined::Commas | Joined::Tabs => (QueryStyle::Form, false),
        Joined::Spaces => (QueryStyle::SpaceDelimited, false),
        Joined::Pipes => (QueryStyle::PipeDelimited, false),
        Joined::Repeated => (QueryStyle::Form, true),
    }
}

/// The parameter with the style that its collection format asks for.
pub(in super::super) fn with_collection_format<'t>(
    context: &mut Context<'t>,
    node: Node<'t>,
    place: &str,
    mut parameter_data: ParameterData,
) -> Parameter {
    let joined = joined(context, node, place == "query");
    parameter_data.explode = joined.map(|joined| joined == Joined::Repeated);
    let (key, mark) = match joined {
        Some(Joined::Tabs) => (TABS, true.into()),
        Some(Joined::Spaces) if place != "query" => (STYLE, "spaceDelimited".into()),
        Some(Joined::Pipes) if place != "query" => (STYLE, "pipeDelimited".into()),
        _ => ("", serde_json::Value::Null),
    };
    if !key.is_empty() {
        parameter_data.extensions.insert(key.to_owned(), mark);
    }
    match place {
        "path" => Parameter::Path { parameter_data, style: PathStyle::Simple },
        "header" => Parameter::Header { parameter_data, style: HeaderStyle::Simple },
        "cookie" => Parameter::Cookie { parameter_data, style: CookieStyle::Form },
        _ => Parameter::Query {
            parameter_data,
            allow_reserved: false,
            style: joined.map_or(QueryStyle::Form, |joined| query_style(joined).0),
            allow_empty_value: context.get_bool(node, "allowEmptyValue"),
        },
    }
}
