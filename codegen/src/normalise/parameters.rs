//! Parameters and headers.

use indexmap::IndexMap;
use openapiv3::{
    CookieStyle, Header, HeaderStyle, Parameter, ParameterData, ParameterSchemaOrContent, PathStyle,
    QueryStyle, ReferenceOr, Schema, SchemaData, SchemaKind, StringType, Type,
};

use super::context::Context;
use super::dialect::Layout;
use super::extensions::{QUERY_STRING, STYLE};
use super::{operations, schema, v2_0};
use crate::diagnostic::Code;
use crate::source::Node;

/// Reads the parameters of a path or an operation; `at` is the pointer of that in the normalised document.
pub(super) fn parameters<'t>(
    context: &mut Context<'t>,
    parent: Node<'t>,
    path: &str,
    at: &str,
) -> Vec<ReferenceOr<Parameter>> {
    let mut read: Vec<Parameter> = Vec::new();
    for (index, item) in context.get_list(parent, "parameters").into_iter().enumerate() {
        let Some(node) = context.resolve(item) else { continue };
        if context.rules.layout == Layout::Swagger && v2_0::is_body(node) {
            continue;
        }
        let Some(parameter) = parameter(context, node, path) else { continue };
        if read.iter().any(|other| same(other, &parameter)) {
            let name = &parameter.parameter_data_ref().name;
            let message = format!("the parameter `{name}` is declared twice; the first one counts");
            context.warn_object(Code::DuplicateParameter, item, message);
            continue;
        }
        if read.len() != index {
            context.moved(format!("{at}/parameters/{}", read.len()), item);
        }
        if context.rules.layout == Layout::Swagger {
            context.moved(format!("{at}/parameters/{}/schema", read.len()), node);
        }
        read.push(parameter);
    }
    read.into_iter().map(ReferenceOr::Item).collect()
}

/// Whether two parameters have the same name and place.
fn same(a: &Parameter, b: &Parameter) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
        && a.parameter_data_ref().name == b.parameter_data_ref().name
}

/// The names between braces in a path template.
fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Adds the path parameters that the template names and nothing declares.
pub(super) fn declare_missing<'t>(
    context: &mut Context<'t>,
    path: &str,
    operation: Node<'t>,
    shared: &[ReferenceOr<Parameter>],
    own: &mut Vec<ReferenceOr<Parameter>>,
) {
    for name in template_names(path) {
        let declares = |parameter: &ReferenceOr<Parameter>| matches!(parameter, ReferenceOr::Item(Parameter::Path { parameter_data, .. }) if parameter_data.name == name);
        if shared.iter().chain(own.iter()).any(declares) {
            continue;
        }
        let message = format!("nothing declares the path parameter `{name}`; it is a string");
        context.warn_object(Code::UndeclaredPathParameter, operation, message);
        own.push(ReferenceOr::Item(Parameter::Path {
            parameter_data: data(name.to_owned(), true, ParameterSchemaOrContent::Schema(any_string())),
            style: PathStyle::Simple,
        }));
    }
}

pub(super) fn any_string() -> ReferenceOr<Schema> {
    let schema_kind = SchemaKind::Type(Type::String(StringType::default()));
    ReferenceOr::Item(Schema { schema_data: SchemaData::default(), schema_kind })
}

fn data(name: String, required: bool, format: ParameterSchemaOrContent) -> ParameterData {
    ParameterData {
        name,
        description: None,
        required,
        deprecated: None,
        format,
        example: None,
        examples: IndexMap::new(),
        explode: None,
        extensions: IndexMap::new(),
    }
}

fn parameter<'t>(context: &mut Context<'t>, node: Node<'t>, path: &str) -> Option<Parameter> {
    if !node.is_object() {
        context.wrong_kind(node, "a parameter");
        return None;
    }
    let Some(name) = context.get_text(node, "name").filter(|name| !name.is_empty()) else {
        context.warn_object(Code::BadParameter, node, "a parameter without `name` is left out");
        return None;
    };
    let in_template = template_names(path).any(|other| other == name);
    let place = match context.get_text(node, "in") {
        Some(place) => place,
        None => {
            let place = if in_template { "path" } else { "query" };
            let message =
                format!("the parameter `{name}` does not say what it is `in`; it is read as `{place}`");
            context.warn_object(Code::BadParameter, node, message);
            place.to_owned()
        }
    };
    let place = place.trim().to_ascii_lowercase();
    let whole = place == "querystring" && context.rules.further_methods;
    if !whole && !matches!(place.as_str(), "query" | "header" | "path" | "cookie") {
        let message = format!("the parameter `{name}` is left out: no parameter is in `{place}`");
        context.warn_object(Code::BadParameter, node, message);
        return None;
    }
    // OpenAPI 3.0.4, 4.8.12.1: these are said by media types and security schemes.
    let reserved = ["accept", "content-type", "authorization"];
    if place == "header" && reserved.iter().any(|other| name.eq_ignore_ascii_case(other)) {
        let message = format!("the header `{name}` is left out: media types and security say it");
        context.warn_object(Code::ReservedHeader, node, message);
        return None;
    }
    if place == "path" && !in_template {
        let message = format!("the path parameter `{name}` is left out: `{path}` does not name it");
        context.warn_object(Code::StrayPathParameter, node, message);
        return None;
    }
    let required = context.get_bool(node, "required");
    if place == "path" && required != Some(true) {
        let message = format!("the path parameter `{name}` has to say `required: true`; it is required");
        context.warn_object(Code::OptionalPathParameter, node, message);
    }
    if place == "cookie" && context.rules.layout == Layout::Swagger {
        context.warn_object(
            Code::BadParameter,
            node,
            format!("Swagger 2.0 has no cookie parameters; `{name}` is read as one"),
        );
    }
    let format = format(context, node);
    let mut extensions = IndexMap::new();
    if whole {
        extensions.insert(QUERY_STRING.to_owned(), true.into());
    }
    // OpenAPI 3.2.0, 4.12.2.2: the style of cookies that encodes nothing.
    let is_cookie_style = place == "cookie"
        && context.rules.further_methods
        && context.get_text(node, "style").as_deref() == Some("cookie");
    if is_cookie_style {
        extensions.insert(STYLE.to_owned(), "cookie".into());
    }
    let parameter_data = ParameterData {
        description: context.get_text(node, "description"),
        deprecated: context.get_bool(node, "deprecated"),
        explode: context.get_bool(node, "explode"),
        extensions,
        ..data(name, place == "path" || required == Some(true), format)
    };
    if context.rules.layout == Layout::Swagger {
        return Some(v2_0::with_collection_format(context, node, &place, parameter_data));
    }
    Some(match place.as_str() {
        "path" => {
            let style = style(context, node, |word| match word {
                "matrix" => Some(PathStyle::Matrix),
                "label" => Some(PathStyle::Label),
                "simple" => Some(PathStyle::Simple),
                _ => None,
            });
            Parameter::Path { parameter_data, style: style.unwrap_or_default() }
        }
        "header" => {
            let style = style(context, node, header_style);
            Parameter::Header { parameter_data, style: style.unwrap_or_default() }
        }
        "cookie" => {
            let known = |word: &str| (word == "form" || is_cookie_style).then_some(CookieStyle::Form);
            let style = style(context, node, known);
            Parameter::Cookie { parameter_data, style: style.unwrap_or_default() }
        }
        _ => Parameter::Query {
            parameter_data,
            allow_reserved: context.get_bool(node, "allowReserved").unwrap_or_default(),
            style: style(context, node, query_style).unwrap_or_default(),
            allow_empty_value: context.get_bool(node, "allowEmptyValue"),
        },
    })
}

/// The styles of query parameters.
pub(super) fn query_style(word: &str) -> Option<QueryStyle> {
    match word {
        "form" => Some(QueryStyle::Form),
        "spaceDelimited" => Some(QueryStyle::SpaceDelimited),
        "pipeDelimited" => Some(QueryStyle::PipeDelimited),
        "deepObject" => Some(QueryStyle::DeepObject),
        _ => None,
    }
}

fn header_style(word: &str) -> Option<HeaderStyle> {
    (word == "simple").then_some(HeaderStyle::Simple)
}

/// The style at `style`, one of those that `read` knows.
pub(super) fn style<'t, S>(
    context: &mut Context<'t>,
    node: Node<'t>,
    read: impl Fn(&str) -> Option<S>,
) -> Option<S> {
    let value = context.get(node, "style")?;
    let word = context.text(value)?;
    let style = read(&word);
    if style.is_none() {
        context.warn(
            Code::UnknownStyle,
            value,
            format!("the style `{word}` does not fit here; the default is used"),
        );
    }
    style
}

/// A response header; `None` where a reference leads nowhere.
pub(super) fn header<'t>(context: &mut Context<'t>, node: Node<'t>) -> Option<Header> {
    let node = context.resolve(node)?;
    if !node.is_object() {
        context.wrong_kind(node, "a header");
        return None;
    }
    Some(Header {
        description: context.get_text(node, "description"),
        style: style(context, node, header_style).unwrap_or_default(),
        required: context.get_bool(node, "required").unwrap_or_default(),
        deprecated: context.get_bool(node, "deprecated"),
        format: format(context, node),
        example: None,
        examples: IndexMap::new(),
        extensions: IndexMap::new(),
    })
}

fn format<'t>(context: &mut Context<'t>, node: Node<'t>) -> ParameterSchemaOrContent {
    if context.rules.layout == Layout::Swagger && context.get(node, "schema").is_none() {
        return ParameterSchemaOrContent::Schema(v2_0::schema_beside_name(context, node));
    }
    if let Some(schema) = context.get(node, "schema") {
        return ParameterSchemaOrContent::Schema(schema::schema(context, schema));
    }
    let content = operations::content(context, node);
    if !content.is_empty() {
        return ParameterSchemaOrContent::Content(content);
    }
    // Swagger 2.0 writes the type beside the name; documents that were converted by hand still do.
    if context.get(node, "type").is_some() {
        context.warn_object(
            Code::ParameterWithoutSchema,
            node,
            "the type has to stand in `schema`; it is read from here",
        );
        return ParameterSchemaOrContent::Schema(schema::schema(context, node));
    }
    context.warn_object(
        Code::ParameterWithoutSchema,
        node,
        "neither `schema` nor `content` say the type; it is a string",
    );
    ParameterSchemaOrContent::Schema(any_string())
}
