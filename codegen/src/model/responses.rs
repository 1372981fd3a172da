//! Reads the responses of an operation: their bodies, and the headers that they declare.

use indexmap::IndexMap;
use openapiv3::{
    Header, MediaType, Operation as SourceOperation, ParameterSchemaOrContent, ReferenceOr,
    Response as SourceResponse, StatusCode,
};

use crate::normalise::extensions::ITEM_SCHEMA;

use super::api::{Content, Media, Response};
use super::build::Builder;
use super::facts::{JsonType, Place, escape};
use super::graph::{Field, Object, TypeKind, TypeRef};
use super::names::{Use, ident, idents};
use super::operations::{essence, media};
use super::requests::is_csv;

/// A response with the statuses that it describes and their key in the document.
struct Described<'d> {
    from: u16,
    to: u16,
    key: String,
    response: &'d SourceResponse,
}

fn described(source: &SourceOperation) -> Vec<Described<'_>> {
    let coded = source.responses.responses.iter().map(|(status, response)| {
        let (from, to) = match status {
            StatusCode::Code(code) => (*code, *code),
            StatusCode::Range(hundred) => {
                (hundred.saturating_mul(100), hundred.saturating_mul(100).saturating_add(99))
            }
        };
        (from, to, status.to_string(), response)
    });
    let default = source.responses.default.iter().map(|response| (0, 999, "default".to_owned(), response));
    coded
        .chain(default)
        .filter_map(|(from, to, key, response)| {
            Some(Described { from, to, key, response: response.as_item()? })
        })
        .collect()
}

impl<'d> Builder<'d> {
    /// The responses of an operation, in the document's order.
    pub(super) fn responses(
        &mut self,
        source: &'d SourceOperation,
        pointer: &str,
        hint: &str,
    ) -> Vec<Response> {
        let described = described(source);
        let main = described.iter().map(|one| one.from).filter(|from| from / 100 == 2).min();
        let mut responses = Vec::with_capacity(described.len());
        for Described { from, to, key, response } in described {
            let pointer = format!("{pointer}/responses/{key}");
            // The main success is what readers of the crate meet everywhere, so its name is the short one.
            let hint = if main == Some(from) {
                format!("{hint}Response")
            } else {
                format!("{hint}Response{}", ident(&key, Use::Type).trim_start_matches('N'))
            };
            let (content, items) = self.response_content(&response.content, &pointer, &hint);
            let record =
                content.as_ref().and_then(|content| self.record(content, &response.content, &pointer, &hint));
            responses.push(Response {
                from,
                to,
                description: response.description.clone(),
                content,
                items,
                record,
                headers: response.headers.keys().cloned().collect(),
                pointer,
            });
        }
        responses
    }

    /// The body that a client takes of those offered, and the sequence that is offered beside it.
    fn response_content(
        &mut self,
        offered: &'d IndexMap<String, MediaType>,
        pointer: &str,
        hint: &str,
    ) -> (Option<Content>, Option<Content>) {
        let first = |wanted: fn(Media) -> bool| {
            let offers = offered.iter().map(|(name, source)| (response_media(name, source), name, source));
            offers.filter(|(media, _, _)| wanted(*media)).min_by_key(|(media, _, _)| *media)
        };
        let sequence = first(Media::is_sequence);
        let one = first(|media| !media.is_sequence());
        let mut read = |(media, name, source): (Media, &'d String, &'d MediaType), hint: String| {
            self.response_body(media, name, source, pointer, hint)
        };
        match (one, sequence) {
            // Only beside JSON is a sequence another way to answer; text and bytes are what it looks like to those who do not know it.
            (Some(one), Some(sequence)) if one.0 == Media::Json => {
                let items = read(sequence, format!("{hint}Stream"));
                (Some(read(one, hint.to_owned())), Some(items))
            }
            (_, Some(sequence)) => (Some(read(sequence, hint.to_owned())), None),
            (one, None) => (one.map(|one| read(one, hint.to_owned())), None),
        }
    }

    /// What a row of a CSV body holds, or the root element of an XML one, where the document describes it.
    fn record(
        &mut self,
        content: &Content,
        offered: &'d IndexMap<String, MediaType>,
        pointer: &str,
        hint: &str,
    ) -> Option<TypeRef> {
        let media_type = content.media_type.as_str();
        let essence = essence(media_type);
        let is_csv = is_csv(media_type);
        let is_xml = essence.ends_with("/xml") || essence.ends_with("+xml");
        if !matches!(content.media, Media::Text | Media::Bytes) || !(is_csv || is_xml) {
            return None;
        }
        let schema = offered.get(media_type)?.schema.as_ref()?;
        let pointer = format!("{pointer}/content/{}/schema", escape(media_type));
        let place = Place { schema: schema.into(), pointer, hint: format!("{hint}Record") };
        let facts = self.schemas.gather(std::slice::from_ref(&place));
        let record = match facts.kind() {
            Some(JsonType::Array) if is_csv => self.items(&facts, &place),
            Some(JsonType::Array | JsonType::Object) => self.type_of(&place),
            _ => return None,
        };
        let help = "the method gives it as it came; a stream with a `format` reads its records";
        self.untyped(media_type, help, &place.pointer);
        Some(record)
    }

    fn response_body(
        &mut self,
        media: Media,
        media_type: &str,
        source: &'d MediaType,
        pointer: &str,
        hint: String,
    ) -> Content {
        let pointer = format!("{pointer}/content/{}/schema", escape(media_type));
        let schema = source.schema.as_ref();
        let place = schema.map(|schema| Place { schema: schema.into(), pointer: pointer.clone(), hint });
        let type_ref = match (media, place) {
            (Media::Text | Media::Form, _) => self.plain(&pointer, TypeKind::Text(String::new())),
            (Media::Bytes, _) => self.plain(&pointer, TypeKind::Text("binary".to_owned())),
            (_, None) => self.any(&pointer),
            (Media::Json, Some(place)) => self.type_of(&place),
            // OpenAPI 3.2.0, 4.14.3.1: a schema of the whole is one of an array of the items. Older documents write that of one item.
            (_, Some(place)) => {
                let facts = self.schemas.gather(std::slice::from_ref(&place));
                if facts.kind() == Some(JsonType::Array) {
                    self.items(&facts, &place)
                } else {
                    self.type_of(&place)
                }
            }
        };
        // A form is written as a text and told from one by its readers only.
        let media = if media == Media::Form { Media::Text } else { media };
        Content { media, media_type: media_type.to_owned(), type_ref }
    }

    /// The struct of all headers that an operation's responses declare. A header is required where each response requires it.
    pub(super) fn headers(
        &mut self,
        source: &'d SourceOperation,
        pointer: &str,
        hint: &str,
    ) -> Option<TypeRef> {
        let hint = format!("{hint}Headers");
        let described = described(source);
        let mut found: IndexMap<String, (&'d str, &'d Header, String, usize)> = IndexMap::new();
        for Described { key, response, .. } in &described {
            for (name, header) in &response.headers {
                let Some(header) = header.as_item() else { continue };
                // OpenAPI 3.1, 4.8.17.1: what a body is, its media type says.
                if name.eq_ignore_ascii_case("content-type") {
                    continue;
                }
                let place = format!("{pointer}/responses/{key}/headers/{}", escape(name));
                let known = found.entry(name.to_ascii_lowercase()).or_insert((name, header, place, 0));
                known.3 += usize::from(header.required);
            }
        }
        if found.is_empty() {
            return None;
        }
        let names = idents(found.values().map(|(name, ..)| *name), Use::Value);
        let mut fields = Vec::with_capacity(found.len());
        for (name, header, pointer, required) in found.values() {
            let type_ref = self.header_type(header, pointer, &format!("{hint}{}", ident(name, Use::Type)));
            fields.push(Field {
                name: (*name).to_owned(),
                ident: names.get(name).cloned().unwrap_or_else(|| ident(name, Use::Value)),
                type_ref: TypeRef { nullable: false, ..type_ref },
                required: *required == described.len(),
                read_only: false,
                write_only: false,
                deprecated: header.deprecated.unwrap_or(false),
                secret: false,
                description: header.description.clone(),
                remarks: Vec::new(),
                listed: Vec::new(),
                boxed: false,
                xml: None,
                bounds: None,
            });
        }
        let kind =
            TypeKind::Object(Object { fields, additional: None, additional_bounds: None, closed: false });
        Some(self.made(&format!("{pointer}/responses"), "headers", (hint, "Headers of answers."), kind))
    }

    fn header_type(&mut self, header: &'d Header, pointer: &str, hint: &str) -> TypeRef {
        let mut read = |schema: &'d ReferenceOr<openapiv3::Schema>, pointer: String| {
            self.type_of(&Place { schema: schema.into(), pointer, hint: hint.to_owned() })
        };
        match &header.format {
            ParameterSchemaOrContent::Schema(schema) => read(schema, format!("{pointer}/schema")),
            ParameterSchemaOrContent::Content(content) => match content.iter().next() {
                Some((media, MediaType { schema: Some(schema), .. })) => {
                    read(schema, format!("{pointer}/content/{}/schema", escape(media)))
                }
                _ => self.any(pointer),
            },
        }
    }
}

/// What a client reads of a response's media type.
fn response_media(media_type: &str, source: &MediaType) -> Media {
    let essence = essence(media_type);
    match essence.as_str() {
        "text/event-stream" => {
            let by_item = source.extensions.get(ITEM_SCHEMA).and_then(|flag| flag.as_bool()).unwrap_or(false);
            Media::EventStream { by_item }
        }
        "application/json-seq" => Media::JsonSequence,
        _ if essence.ends_with("+json-seq") => Media::JsonSequence,
        "application/jsonl"
        | "application/x-jsonl"
        | "application/jsonlines"
        | "application/x-jsonlines"
        | "application/json-lines"
        | "application/x-json-lines"
        | "application/ndjson"
        | "application/x-ndjson"
        | "application/stream+json"
        | "application/x-json-stream"
        | "text/jsonl"
        | "text/ndjson" => Media::JsonLines,
        _ => match media(media_type) {
            // A wildcard says nothing, so the schema is asked.
            Media::Json if essence.ends_with('*') && is_binary(source) => Media::Bytes,
            known => known,
        },
    }
}

fn is_binary(source: &MediaType) -> bool {
    use openapiv3::{SchemaKind, StringFormat, Type, VariantOrUnknownOrEmpty};
    let schema = source.schema.as_ref().and_then(ReferenceOr::as_item).map(|schema| &schema.schema_kind);
    matches!(
        schema,
        Some(SchemaKind::Type(Type::String(text)))
            if matches!(text.format, VariantOrUnknownOrEmpty::Item(StringFormat::Binary))
    )
}
