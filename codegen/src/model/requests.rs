//! Request bodies: which of the offered ones is the method's, which further ones get a method of their own, and the parts of those that have
//! parts.
//!
//! Many documents offer the same schema as JSON, as a form and as parts. These are one body in three spellings, so one is enough. A further
//! offer counts only if it can carry what the first cannot: files, or bytes and text as they are.

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;
use openapiv3::{
    Encoding, MediaType, ParameterSchemaOrContent, QueryStyle, ReferenceOr, RequestBody, Schema, SchemaKind,
    Type,
};

use crate::diagnostic::{Code, Diagnostic};

use super::api::{Body, Content, FieldStyle, Media, Names, OtherBody, ParameterStyle, Part, RequestBodies};
use super::build::Builder;
use super::facts::{Additional, Facts, JsonType, Place, SchemaRef, escape};
use super::graph::TypeKind;
use super::names::{Use, ident, idents};
use super::operations::{essence, media as media_of};

/// What a media type that is a range stands for when JSON is sent.
const JSON: &str = "application/json";

/// What an operation is called, for the names of its bodies and further methods.
pub(super) struct Named<'n> {
    /// JSON Pointer of the operation.
    pub(super) pointer: &'n str,
    /// The name that its types start with.
    pub(super) hint: &'n str,
    /// Its id.
    pub(super) id: &'n str,
    /// Its method.
    pub(super) method: &'n str,
    /// The methods of the client.
    pub(super) methods: &'n Methods<'n>,
}

/// The methods of a client that are named after operations.
pub(super) struct Methods<'n> {
    all: HashSet<&'n str>,
    earlier: &'n Names,
}

impl<'n> Methods<'n> {
    pub(super) fn new(all: impl Iterator<Item = &'n String>, earlier: &'n Names) -> Self {
        Self { all: all.map(String::as_str).collect(), earlier }
    }

    /// The name of the method of an operation that takes another kind of body, and its key. It keeps the name of an earlier run.
    fn other(&self, named: &Named<'_>, what: &str) -> (String, String) {
        let key = format!("{} with {what}", named.id);
        let usual = format!("{}_{what}", named.method);
        let mut name = self.earlier.methods.get(&key).cloned().unwrap_or(usual);
        while self.all.contains(name.as_str()) {
            name.push('_');
        }
        (key, name)
    }
}

/// One offered body.
struct Offer<'d> {
    media_type: &'d str,
    media: Media,
    source: &'d MediaType,
    /// The parts, where it has parts.
    parts: Option<Parts<'d>>,
}

/// The parts of a body before their types are built.
struct Parts<'d> {
    properties: IndexMap<&'d str, Vec<Place<'d>>>,
    required: BTreeSet<&'d str>,
    /// Whether parts that the document does not name may be sent too.
    open: bool,
}

impl<'d> Builder<'d> {
    /// The bodies of an operation.
    pub(super) fn bodies(&mut self, source: &'d RequestBody, named: &Named<'_>) -> RequestBodies {
        let pointer = format!("{}/requestBody", named.pointer);
        let mut offers: Vec<Offer<'d>> =
            source.content.iter().map(|(name, source)| self.offer(name, source, &pointer, named)).collect();
        let has_files = |offer: &Offer<'d>| {
            offer.parts.as_ref().is_some_and(|parts| {
                parts.properties.values().any(|places| self.file(places, None).is_some())
            })
        };
        let files: Vec<bool> = offers.iter().map(has_files).collect();
        let any_form_with_files = files.contains(&true);
        // Where files can be sent at all, a form without them is the lesser body.
        let rank = |offer: &Offer<'d>, files: bool| match offer.media {
            Media::Json => (0, offer.media_type.contains('*')),
            Media::Multipart if files => (1, false),
            Media::Form if !any_form_with_files => (1, false),
            Media::Multipart | Media::Form => (2, false),
            Media::Text => (3, is_markup(offer.media_type)),
            // Sequences are of responses; in a request they are bytes.
            _ => (4, is_markup(offer.media_type)),
        };
        let ranked = offers.iter().zip(&files).enumerate();
        let Some((chosen, _)) = ranked.min_by_key(|(_, (offer, files))| rank(offer, **files)) else {
            return RequestBodies::default();
        };
        let structured = matches!(offers[chosen].media, Media::Json | Media::Form | Media::Multipart);
        let mut taken: Vec<Media> = vec![offers[chosen].media];
        let mut others = Vec::new();
        for (index, offer) in offers.iter().enumerate() {
            let wanted = match offer.media {
                Media::Multipart => files[index],
                Media::Text | Media::Bytes => {
                    structured && !is_markup(offer.media_type) && self.is_plain(offer.source, &pointer)
                }
                _ => false,
            };
            if wanted && !taken.contains(&offer.media) {
                taken.push(offer.media);
                others.push(index);
            }
        }
        let left_out: Vec<String> = offers
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != chosen && !others.contains(index))
            .map(|(_, offer)| offer.media_type.to_owned())
            .collect();
        let sent = &offers[chosen];
        let has_type = matches!(sent.media, Media::Json | Media::Form | Media::Multipart);
        if !has_type && is_table_or_markup(sent.media_type) && !self.is_plain(sent.source, &pointer) {
            let at = format!("{pointer}/content/{}/schema", escape(sent.media_type));
            self.untyped(sent.media_type, "the method takes it as it is sent", &at);
        }
        let first = offers[chosen].source.schema.clone();
        for offer in &offers {
            if left_out.iter().any(|name| name == offer.media_type) && differs(&first, &offer.source.schema) {
                let message = format!(
                    "the body can also be `{}` of another schema, which has no method; `{}` has",
                    offer.media_type, offers[chosen].media_type
                );
                let at = format!("{pointer}/content/{}/schema", escape(offer.media_type));
                self.report(Diagnostic::note(Code::OtherBody, message), &at);
            }
        }
        let other_bodies = others
            .into_iter()
            .map(|index| {
                let offer = &mut offers[index];
                let what = match offer.media {
                    Media::Text => "text",
                    Media::Bytes => "bytes",
                    _ => "multipart",
                };
                let (key, name) = named.methods.other(named, what);
                let suffix = ident(what, Use::Type);
                OtherBody {
                    name,
                    key,
                    body: self.body(source, offer, &pointer, &format!("{}{suffix}Body", named.hint)),
                }
            })
            .collect();
        let hint = format!("{}Body", named.hint);
        let body = self.body(source, &mut offers[chosen], &pointer, &hint);
        RequestBodies { body: Some(body), others: other_bodies, left_out }
    }

    fn offer(
        &self,
        media_type: &'d str,
        source: &'d MediaType,
        pointer: &str,
        named: &Named<'_>,
    ) -> Offer<'d> {
        let is_parts = media_type.trim().to_ascii_lowercase().starts_with("multipart/");
        let media = if is_parts { Media::Multipart } else { media_of(media_type) };
        let place = source.schema.as_ref().map(|schema| Place {
            schema: schema.into(),
            pointer: format!("{pointer}/content/{}/schema", escape(media_type)),
            hint: format!("{}{}", named.hint, if is_parts { "Parts" } else { "Body" }),
        });
        let parts = is_parts.then(|| self.parts_of(place));
        Offer { media_type, media, source, parts }
    }

    /// The properties of a schema, those of its alternatives included.
    fn parts_of(&self, place: Option<Place<'d>>) -> Parts<'d> {
        let mut parts =
            Parts { properties: IndexMap::new(), required: BTreeSet::new(), open: place.is_none() };
        let Some(place) = place else { return parts };
        let facts = self.schemas.gather(std::slice::from_ref(&place));
        parts.open = matches!(facts.additional, Some(Additional::Any | Additional::Schema(_)));
        parts.required.clone_from(&facts.required);
        for group in &facts.alternatives {
            let mut common: Option<BTreeSet<&'d str>> = None;
            for member in &group.members {
                let member = self.flattened(member, 0, &mut HashSet::new());
                parts.open |= matches!(member.additional, Some(Additional::Any | Additional::Schema(_)));
                for (name, places) in member.properties {
                    parts.properties.entry(name).or_default().extend(places);
                }
                common = Some(match common {
                    Some(common) => common.intersection(&member.required).copied().collect(),
                    None => member.required,
                });
            }
            parts.required.extend(common.unwrap_or_default());
        }
        for (name, places) in facts.properties {
            parts.properties.entry(name).or_default().extend(places);
        }
        parts
    }

    /// Whether the schema says no more than that there is a text, or bytes.
    /// Tells that a schema has no effect on a method.
    pub(super) fn untyped(&mut self, media_type: &str, help: &str, pointer: &str) {
        let message =
            format!("the document describes what a body of `{media_type}` holds, which no type says");
        self.report(Diagnostic::note(Code::UntypedBody, message).help(help), pointer);
    }

    fn is_plain(&self, source: &'d MediaType, pointer: &str) -> bool {
        let Some(schema) = &source.schema else { return true };
        let place = Place { schema: schema.into(), pointer: pointer.to_owned(), hint: String::new() };
        let facts = self.schemas.gather(&[place]);
        facts.alternatives.is_empty() && matches!(facts.kind(), None | Some(JsonType::String))
    }

    fn body(&mut self, source: &'d RequestBody, offer: &mut Offer<'d>, pointer: &str, hint: &str) -> Body {
        let at = format!("{pointer}/content/{}/schema", escape(offer.media_type));
        let schema = offer.source.schema.as_ref();
        let place =
            schema.map(|schema| Place { schema: schema.into(), pointer: at.clone(), hint: hint.to_owned() });
        let type_ref = match (offer.media, &place) {
            (Media::Json | Media::Form, Some(place)) => self.type_of(place),
            (Media::Json | Media::Form, None) | (Media::Multipart, _) => self.any(&at),
            (Media::Text, _) => self.plain(&at, TypeKind::Text(String::new())),
            _ => self.plain(&at, TypeKind::Text("binary".to_owned())),
        };
        let mut properties = IndexMap::new();
        let (mut parts, mut open) = (Vec::new(), false);
        if let Some(found) = offer.parts.take() {
            parts = self.parts(&found, &offer.source.encoding);
            open = found.open || parts.is_empty();
            properties = found.properties;
        } else if let Some(place) = place.filter(|_| offer.media == Media::Form) {
            properties = self.parts_of(Some(place)).properties;
        }
        let encodings = offer.source.encoding.iter();
        let styles = encodings
            .filter_map(|(name, encoding)| {
                let facts = self.schemas.gather(properties.get(name.as_str())?);
                let (style, explode) = style(encoding, &facts)?;
                Some(FieldStyle { name: name.clone(), style, explode })
            })
            .collect();
        let media_type = match offer.media {
            Media::Json if offer.media_type.contains('*') => JSON.to_owned(),
            _ => offer.media_type.to_owned(),
        };
        Body {
            required: source.required,
            description: source.description.clone(),
            content: Content { media: offer.media, media_type, type_ref },
            parts,
            open,
            styles,
            pointer: pointer.to_owned(),
        }
    }

    fn parts(&mut self, found: &Parts<'d>, encodings: &'d IndexMap<String, Encoding>) -> Vec<Part> {
        let names = idents(found.properties.keys().copied(), Use::Value);
        let mut parts = Vec::with_capacity(found.properties.len());
        for (name, places) in &found.properties {
            let encoding = encodings.get(*name);
            let file = self.file(places, encoding);
            let facts = self.schemas.gather(places);
            if facts.read_only {
                continue;
            }
            let pointer = places.first().map_or("", |place| place.pointer.as_str());
            let type_ref = match file {
                Some(_) => self.plain(pointer, TypeKind::Text("binary".to_owned())),
                None => self.type_of_all(places),
            };
            parts.push(Part {
                name: (*name).to_owned(),
                ident: names.get(name).cloned().unwrap_or_else(|| ident(name, Use::Value)),
                type_ref,
                required: found.required.contains(name),
                file,
                media_type: encoding.and_then(|encoding| media_type(encoding.content_type.as_deref()?)),
                headers: encoding.map(headers).unwrap_or_default(),
                secret: facts.format.as_deref() == Some("password"),
                description: facts.description.map(str::to_owned),
                deprecated: facts.deprecated,
            });
        }
        parts
    }

    /// Whether a part is a file, and if so whether there may be several of it.
    fn file(&self, places: &[Place<'d>], encoding: Option<&Encoding>) -> Option<Several> {
        let facts = self.schemas.gather(places);
        let declared = encoding.and_then(|encoding| encoding.content_type.as_deref());
        self.file_of(&facts, declared.is_some_and(is_binary), 0)
    }

    fn file_of(&self, facts: &Facts<'d>, declared: bool, depth: usize) -> Option<Several> {
        let listed = |items: &[Place<'d>]| self.file_of(&self.schemas.gather(items), declared, depth + 1);
        if depth > 3 {
            return None;
        }
        if !facts.alternatives.is_empty() {
            // OpenAI: one file, or a list of files.
            let members = facts.alternatives.iter().flat_map(|group| &group.members);
            let all: Option<Vec<Several>> = members
                .map(|member| {
                    self.file_of(&self.schemas.gather(std::slice::from_ref(member)), declared, depth + 1)
                })
                .collect();
            return all?.into_iter().max();
        }
        match facts.kind() {
            Some(JsonType::String) => {
                let is_file = declared
                    || matches!(facts.format.as_deref(), Some("binary" | "file"))
                    || facts.content_media_type.is_some_and(is_binary);
                is_file.then_some(Several::No)
            }
            Some(JsonType::Array) if !facts.items.is_empty() => listed(&facts.items).map(|_| Several::Yes),
            // OpenAPI 3.1, 4.8.15: a part without a type is `application/octet-stream`.
            None if facts.is_empty() => Some(Several::No),
            _ => None,
        }
    }
}

/// Whether several files go by one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Several {
    /// One.
    No,
    /// Any number.
    Yes,
}

/// Whether two offers describe different bodies.
fn differs(first: &Option<ReferenceOr<Schema>>, other: &Option<ReferenceOr<Schema>>) -> bool {
    matches!((first, other), (Some(first), Some(other)) if first != other && says_something(other))
}

fn says_something(schema: &ReferenceOr<Schema>) -> bool {
    match SchemaRef::from(schema) {
        SchemaRef::Reference(_) => true,
        SchemaRef::Item(schema) => match &schema.schema_kind {
            SchemaKind::Any(any) => any.typ.is_some() || !any.properties.is_empty(),
            SchemaKind::Type(Type::String(_)) => false,
            _ => true,
        },
    }
}

/// Whether bodies of a media type hold what a schema can describe, though they are no JSON.
fn is_table_or_markup(media_type: &str) -> bool {
    is_markup(media_type) || is_csv(media_type)
}

/// Whether a media type is CSV or its like.
pub(super) fn is_csv(media_type: &str) -> bool {
    matches!(essence(media_type).as_str(), "text/csv" | "application/csv" | "text/tab-separated-values")
}

/// XML and HTML have a structure that is not written yet, so they are the last choice.
fn is_markup(media_type: &str) -> bool {
    ["xml", "html"].iter().any(|word| media_type.to_ascii_lowercase().contains(word))
}

/// Whether a media type, or one of several, is that of a file rather than of a text.
fn is_binary(media_types: &str) -> bool {
    media_types.split(',').any(|media_type| {
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (top, sub) = media_type.split_once('/').unwrap_or_default();
        let text = ["json", "xml", "x-www-form-urlencoded", "sdp", "graphql", "yaml"];
        match top {
            "image" | "audio" | "video" | "font" | "model" | "*" => true,
            "application" => !text.iter().any(|word| sub.contains(word)),
            _ => false,
        }
    })
}

/// The media type that a part is sent as: the first that is no range.
fn media_type(declared: &str) -> Option<String> {
    let mut all = declared.split(',').map(str::trim);
    all.find(|media_type| media_type.contains('/') && !media_type.contains('*')).map(str::to_owned)
}

/// Headers of a part whose value the document fixes. Others are for the caller to give.
fn headers(encoding: &Encoding) -> Vec<(String, String)> {
    let fixed = |header: &openapiv3::Header| {
        let ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = &header.format else { return None };
        let only = match &schema.schema_kind {
            SchemaKind::Type(Type::String(string)) => match string.enumeration.as_slice() {
                [Some(only)] => Some(only.clone()),
                _ => None,
            },
            _ => None,
        };
        let default = schema.schema_data.default.as_ref();
        only.or_else(|| Some(default?.as_str()?.to_owned()))
    };
    let headers = encoding.headers.iter();
    headers.filter_map(|(name, header)| Some((name.clone(), fixed(header.as_item()?)?))).collect()
}

/// The style of a field, where it makes a difference.
fn style(encoding: &Encoding, facts: &Facts<'_>) -> Option<(ParameterStyle, bool)> {
    let declared = encoding.style.is_some() || !encoding.explode;
    let kind = facts.kind();
    let nested = kind.is_none_or(|kind| matches!(kind, JsonType::Array | JsonType::Object))
        || !facts.alternatives.is_empty();
    let style = match &encoding.style {
        _ if encoding.extensions.contains_key(crate::normalise::extensions::TABS) => {
            ParameterStyle::TabDelimited
        }
        None | Some(QueryStyle::Form) => ParameterStyle::Form,
        Some(QueryStyle::SpaceDelimited) => ParameterStyle::SpaceDelimited,
        Some(QueryStyle::PipeDelimited) => ParameterStyle::PipeDelimited,
        Some(QueryStyle::DeepObject) => ParameterStyle::DeepObject,
    };
    // A list repeats its name without a style too.
    let usual = style == ParameterStyle::Form && encoding.explode && kind == Some(JsonType::Array);
    (declared && nested && !usual).then_some((style, encoding.explode || style == ParameterStyle::DeepObject))
}
