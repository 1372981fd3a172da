//! RequestBodies of requests and responses, whose media types `consumes` and `produces` say.

use indexmap::IndexMap;
use openapiv3::{
    Encoding, MediaType, ObjectType, ReferenceOr, RequestBody, Schema, SchemaData, SchemaKind, StringFormat,
    Type, VariantOrUnknownOrEmpty,
};

use super::super::context::Context;
use super::super::extensions::TABS;
use super::super::schema;
use super::parameters;
use crate::diagnostic::Code;
use crate::source::{Node, escape_token};

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// The media types that the operation lists, else those that the document does. An empty list says that there are none.
fn media_types<'t>(context: &mut Context<'t>, operation: Node<'t>, key: &str) -> Vec<String> {
    let parent = if context.get(operation, key).is_some() { operation } else { context.tree.root() };
    let mut read: Vec<String> = Vec::new();
    for node in context.get_list(parent, key) {
        let word = context.text(node).map(|word| word.trim().to_owned()).unwrap_or_default();
        if !word.is_empty() && !read.contains(&word) {
            read.push(word);
        }
    }
    read
}

/// The body that the parameters in `body` or `formData` of an operation and of its path make.
pub(in super::super) fn request_body<'t>(
    context: &mut Context<'t>,
    operation: Node<'t>,
    item: Node<'t>,
    at: &str,
) -> Option<RequestBody> {
    let mut body: Option<Node<'t>> = None;
    let mut fields: IndexMap<String, Node<'t>> = IndexMap::new();
    for parent in [operation, item] {
        for node in context.get_list(parent, "parameters") {
            let Some(node) = context.resolve(node).filter(|node| parameters::is_body(*node)) else {
                continue;
            };
            if parameters::is_whole_body(node) {
                match body {
                    Some(_) if parent.id() == operation.id() => context.warn_object(
                        Code::DuplicateParameter,
                        node,
                        "an operation has one body; the first one counts",
                    ),
                    Some(_) => {}
                    None => body = Some(node),
                }
            } else if let Some(name) = context.get_text(node, "name").filter(|name| !name.is_empty()) {
                fields.entry(name).or_insert(node);
            } else {
                context.warn_object(Code::BadParameter, node, "a parameter without `name` is left out");
            }
        }
    }
    let consumes = media_types(context, operation, "consumes");
    let Some(body) = body else {
        return (!fields.is_empty()).then(|| form(context, operation, &fields, &consumes, at));
    };
    if let Some(field) = fields.values().next() {
        let message = "form fields beside a body are left out: a request has one of the two";
        context.warn_object(Code::BadParameter, *field, message);
    }
    context.moved(format!("{at}/requestBody"), body);
    let whole = match context.get(body, "schema") {
        Some(node) => schema::schema(context, node),
        // `type: string` beside the name, as other parameters have it.
        None => parameters::schema_beside_name(context, body),
    };
    let consumes = if consumes.is_empty() { vec![JSON.to_owned()] } else { consumes };
    let mut content = IndexMap::new();
    for media_type in consumes {
        if let Some(node) = context.get(body, "schema") {
            context.moved(format!("{at}/requestBody/content/{}/schema", escape_token(&media_type)), node);
        }
        content.insert(media_type, MediaType { schema: Some(whole.clone()), ..MediaType::default() });
    }
    Some(RequestBody {
        description: context.get_text(body, "description"),
        content,
        required: context.get_bool(body, "required").unwrap_or_default(),
        extensions: IndexMap::new(),
    })
}

/// The body of form fields: multipart where there is a file or nothing else is consumed.
fn form<'t>(
    context: &mut Context<'t>,
    operation: Node<'t>,
    fields: &IndexMap<String, Node<'t>>,
    consumes: &[String],
    at: &str,
) -> RequestBody {
    let parameters = operation.get("parameters").unwrap_or(operation);
    context.moved(format!("{at}/requestBody"), parameters);
    let mut object = ObjectType::default();
    let mut encoding = IndexMap::new();
    let mut files = false;
    for (name, node) in fields {
        let mut schema = parameters::schema_beside_name(context, *node);
        if let ReferenceOr::Item(schema) = &mut schema {
            schema.schema_data.description = context.get_text(*node, "description");
            files |= is_file(schema);
        }
        if context.get_bool(*node, "required") == Some(true) {
            object.required.push(name.clone());
        }
        if let Some(joined) = parameters::joined(context, *node, true) {
            let (style, explode) = parameters::query_style(joined);
            let mut declared = Encoding { style: Some(style), explode, ..Encoding::default() };
            if joined == parameters::Joined::Tabs {
                declared.extensions.insert(TABS.to_owned(), true.into());
            }
            encoding.insert(name.clone(), declared);
        }
        let schema = match schema {
            ReferenceOr::Item(schema) => ReferenceOr::Item(Box::new(schema)),
            ReferenceOr::Reference { reference } => ReferenceOr::Reference { reference },
        };
        object.properties.insert(name.clone(), schema);
    }
    let essence =
        |media_type: &str| media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let offers = |wanted: &str| consumes.iter().any(|media_type| essence(media_type) == wanted);
    let media_types: &[&str] = match (files, offers(FORM), offers(MULTIPART)) {
        (true, _, _) | (false, false, true) => &[MULTIPART],
        (false, true, true) => &[FORM, MULTIPART],
        (false, _, false) => &[FORM],
    };
    let required = !object.required.is_empty();
    let whole =
        Schema { schema_data: SchemaData::default(), schema_kind: SchemaKind::Type(Type::Object(object)) };
    let mut content = IndexMap::new();
    for media_type in media_types {
        let schema_at = format!("{at}/requestBody/content/{}/schema", escape_token(media_type));
        context.moved(schema_at.clone(), parameters);
        for (name, node) in fields {
            context.moved(format!("{schema_at}/properties/{}", escape_token(name)), *node);
        }
        content.insert(
            (*media_type).to_owned(),
            MediaType {
                schema: Some(ReferenceOr::Item(whole.clone())),
                encoding: encoding.clone(),
                ..MediaType::default()
            },
        );
    }
    RequestBody { description: None, content, required, extensions: IndexMap::new() }
}

fn is_file(schema: &Schema) -> bool {
    let SchemaKind::Type(Type::String(string)) = &schema.schema_kind else { return false };
    string.format == VariantOrUnknownOrEmpty::Item(StringFormat::Binary)
}

/// The content of a response that has a schema; `at` is the pointer of the response in the normalised document.
pub(in super::super) fn response_content<'t>(
    context: &mut Context<'t>,
    response: Node<'t>,
    operation: Node<'t>,
    at: &str,
) -> IndexMap<String, MediaType> {
    let mut content = IndexMap::new();
    let Some(node) = context.get(response, "schema") else { return content };
    let schema = schema::schema(context, node);
    let mut produces = media_types(context, operation, "produces");
    let file = matches!(&schema, ReferenceOr::Item(schema) if is_file(schema));
    if file {
        // The bytes of a file are no JSON, whatever the document as a whole produces.
        produces.retain(|media_type| !media_type.contains("json") && media_type != "*/*");
    }
    if produces.is_empty() {
        produces.push(if file { BYTES } else { JSON }.to_owned());
    }
    for media_type in produces {
        context.moved(format!("{at}/content/{}/schema", escape_token(&media_type)), node);
        content.insert(media_type, MediaType { schema: Some(schema.clone()), ..MediaType::default() });
    }
    content
}
