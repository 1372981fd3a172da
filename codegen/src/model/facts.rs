//! What a schema says of a value, with references followed and `allOf` merged: the one form that types are built from.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;
use openapiv3::{
    AdditionalProperties, Discriminator, OpenAPI, ReferenceOr, Schema, SchemaData, SchemaKind,
    VariantOrUnknownOrEmpty,
};
use serde_json::Value;

use crate::normalise::extensions::{CONTENT_MEDIA_TYPE, PATTERN_PROPERTIES, XML};

use super::names::{Use, ident};
use super::remarks::Limits;

/// Where a schema stands, and what a type made of it would be called.
#[derive(Clone, Debug)]
pub(super) struct Place<'d> {
    pub(super) schema: SchemaRef<'d>,
    /// JSON Pointer in the normalised document.
    pub(super) pointer: String,
    /// The name that the place gives.
    pub(super) hint: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SchemaRef<'d> {
    Reference(&'d str),
    Item(&'d Schema),
}

impl<'d> From<&'d ReferenceOr<Schema>> for SchemaRef<'d> {
    fn from(schema: &'d ReferenceOr<Schema>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Item(schema),
        }
    }
}

impl<'d> From<&'d ReferenceOr<Box<Schema>>> for SchemaRef<'d> {
    fn from(schema: &'d ReferenceOr<Box<Schema>>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Item(schema),
        }
    }
}

impl<'d> Place<'d> {
    /// The schema at a token below this place.
    pub(super) fn below(&self, schema: impl Into<SchemaRef<'d>>, token: &str, hint: &str) -> Self {
        Self {
            schema: schema.into(),
            pointer: format!("{}/{}", self.pointer, token),
            hint: format!("{}{hint}", self.hint),
        }
    }
}

/// A token of a JSON Pointer, RFC 6901.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a component's schema.
pub(super) fn component(key: &str) -> String {
    format!("/components/schemas/{}", escape(key))
}

/// Whether a pointer is that of a component's schema.
pub(super) fn is_component(pointer: &str) -> bool {
    pointer.strip_prefix("/components/schemas/").is_some_and(|rest| !rest.contains('/'))
}

/// JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum JsonType {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

/// What keys beside the properties hold.
#[derive(Clone, Debug)]
pub(super) enum Additional<'d> {
    None,
    Any,
    Schema(Place<'d>),
}

/// `oneOf` or `anyOf`.
#[derive(Clone, Debug)]
pub(super) struct Alternatives<'d> {
    pub(super) members: Vec<Place<'d>>,
    pub(super) discriminator: Option<&'d Discriminator>,
}

/// Everything that a schema and what it is composed of say.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'d> {
    pub(super) json_type: Option<JsonType>,
    /// Members of an `allOf` that ask for different JSON types, if any do.
    pub(super) conflict: Option<(JsonType, JsonType, String)>,
    pub(super) nullable: bool,
    pub(super) format: Option<String>,
    pub(super) values: Option<Vec<Value>>,
    /// A property that several members declare has several places.
    pub(super) properties: IndexMap<&'d str, Vec<Place<'d>>>,
    pub(super) required: BTreeSet<&'d str>,
    /// Properties that one alternative requires and none may describe.
    pub(super) mentioned: BTreeSet<&'d str>,
    pub(super) additional: Option<Additional<'d>>,
    /// Whether that is said of keys of some pattern, and so of no others.
    pub(super) keys_by_pattern: bool,
    /// Schemas of the leading items of a list, each of which may have several.
    pub(super) prefix: Vec<Vec<Place<'d>>>,
    /// Schemas of the items that follow.
    pub(super) items: Vec<Place<'d>>,
    pub(super) default: Option<&'d Value>,
    pub(super) limits: Limits<'d>,
    pub(super) alternatives: Vec<Alternatives<'d>>,
    pub(super) description: Option<&'d str>,
    pub(super) title: Option<&'d str>,
    pub(super) deprecated: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// `contentMediaType`.
    pub(super) content_media_type: Option<&'d str>,
    /// `xml`.
    pub(super) xml: Option<&'d Value>,
}

/// A document whose schemas can be looked up.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'d> {
    pub(super) document: &'d OpenAPI,
    /// Rust name of each component.
    pub(super) names: &'d HashMap<&'d str, String>,
}

/// `allOf` chains deeper than this are taken as they are so far; no document written by people comes near.
pub(super) const DEEPEST: usize = 64;

/// The places that were gathered so far, by their pointers.
#[derive(Default)]
struct Visited {
    places: HashSet<String>,
    depth: usize,
}

impl<'d> Schemas<'d> {
    /// The place that a reference leads to.
    pub(super) fn target(&self, reference: &str) -> Option<Place<'d>> {
        let name = reference.strip_prefix("#/components/schemas/")?;
        let name = name.replace("~1", "/").replace("~0", "~");
        let (key, schema) = self.document.components.as_ref()?.schemas.get_key_value(name.as_str())?;
        let hint = self.names.get(key.as_str()).cloned().unwrap_or_else(|| ident(key, Use::Type));
        Some(Place { schema: schema.into(), pointer: component(key), hint })
    }

    /// Follows references and compositions of one member to the schema that says something, and whether null was allowed on the way.
    pub(super) fn peel(&self, place: &Place<'d>) -> (Place<'d>, bool) {
        let mut place = place.clone();
        let mut nullable = false;
        for _ in 0..DEEPEST {
            let next = match place.schema {
                SchemaRef::Reference(reference) => self.target(reference),
                SchemaRef::Item(schema) => {
                    let (token, members) = match &schema.schema_kind {
                        SchemaKind::AllOf { all_of } => ("allOf", all_of),
                        SchemaKind::OneOf { one_of } => ("oneOf", one_of),
                        SchemaKind::AnyOf { any_of } => ("anyOf", any_of),
                        _ => break,
                    };
                    let mut real = Vec::new();
                    for (index, member) in members.iter().enumerate() {
                        let member = place.below(member, &format!("{token}/{index}"), "");
                        if self.is_null(&member) { nullable = true } else { real.push(member) }
                    }
                    nullable |= schema.schema_data.nullable;
                    if real.len() == 1 { real.pop() } else { None }
                }
            };
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        (place, nullable)
    }

    /// Whether a schema allows null and nothing else.
    pub(super) fn is_null(&self, place: &Place<'d>) -> bool {
        let SchemaRef::Item(schema) = place.schema else { return false };
        match &schema.schema_kind {
            SchemaKind::Any(any) => {
                any.typ.as_deref() == Some("null")
                    || (!any.enumeration.is_empty() && any.enumeration.iter().all(Value::is_null))
            }
            _ => false,
        }
    }

    /// Everything that the schemas of these places say together.
    pub(super) fn gather(&self, places: &[Place<'d>]) -> Facts<'d> {
        let mut facts = Facts { nullable: self.allow_null(places), ..Facts::default() };
        let mut visited = Visited::default();
        for place in places {
            self.gather_into(&mut facts, place, &mut visited);
        }
        facts
    }

    /// Adds what one schema says.
    fn gather_into(&self, facts: &mut Facts<'d>, place: &Place<'d>, visited: &mut Visited) {
        // To say a thing twice says nothing more, and the same schema may be reached by more ways than could be gone.
        if visited.depth > DEEPEST || !visited.places.insert(place.pointer.clone()) {
            return;
        }
        visited.depth += 1;
        match place.schema {
            SchemaRef::Reference(reference) => {
                if let Some(target) = self.target(reference) {
                    self.gather_into(facts, &target, visited);
                }
            }
            SchemaRef::Item(schema) => self.gather_schema(facts, schema, place, visited),
        }
        visited.depth -= 1;
    }

    fn gather_schema(
        &self,
        facts: &mut Facts<'d>,
        schema: &'d Schema,
        place: &Place<'d>,
        visited: &mut Visited,
    ) {
        facts.annotate(&schema.schema_data);
        let discriminator = schema.schema_data.discriminator.as_ref();
        match &schema.schema_kind {
            SchemaKind::Type(kind) => facts.typed(kind, &schema.schema_data, place),
            SchemaKind::AllOf { all_of } => self.all_of(facts, all_of, place, visited),
            SchemaKind::OneOf { one_of } => self.alternatives(facts, "oneOf", one_of, discriminator, place),
            SchemaKind::AnyOf { any_of } => self.alternatives(facts, "anyOf", any_of, discriminator, place),
            SchemaKind::Not { .. } => {}
            SchemaKind::Any(any) => {
                if let Some(word) = any.typ.as_deref() {
                    facts.restrict(json_type(word), place);
                }
                if let Some(format) = &any.format {
                    facts.format.get_or_insert_with(|| format.clone());
                }
                if !any.enumeration.is_empty() {
                    facts.restrict_values(any.enumeration.clone());
                }
                facts.object(&any.properties, &any.required, any.additional_properties.as_ref(), place);
                if let Some(items) = &any.items {
                    facts.list(items, &schema.schema_data, place);
                }
                facts.limits.of_any(any, &place.pointer);
                self.all_of(facts, &any.all_of, place, visited);
                self.alternatives(facts, "oneOf", &any.one_of, discriminator, place);
                self.alternatives(facts, "anyOf", &any.any_of, discriminator, place);
            }
        }
        facts.take_null();
    }

    fn all_of(
        &self,
        facts: &mut Facts<'d>,
        members: &'d [ReferenceOr<Schema>],
        place: &Place<'d>,
        visited: &mut Visited,
    ) {
        // Written descriptions nearest to the use win, so the composition's own annotations came first.
        for (index, member) in members.iter().enumerate() {
            let member = place.below(member, &format!("allOf/{index}"), "");
            self.gather_into(facts, &member, visited);
        }
    }

    /// Notes `oneOf` or `anyOf`.
    fn alternatives(
        &self,
        facts: &mut Facts<'d>,
        token: &str,
        members: &'d [ReferenceOr<Schema>],
        discriminator: Option<&'d Discriminator>,
        place: &Place<'d>,
    ) {
        let mut real = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let hint = match member {
                ReferenceOr::Item(schema) => variant_hint(&schema.schema_data, index),
                ReferenceOr::Reference { .. } => String::new(),
            };
            let member = place.below(member, &format!("{token}/{index}"), &hint);
            if !self.is_null(&member) {
                real.push(member);
            }
        }
        if !real.is_empty() {
            facts.alternatives.push(Alternatives { members: real, discriminator });
        }
    }
}

/// What an inline alternative is called: its title, else its place in the list.
fn variant_hint(data: &SchemaData, index: usize) -> String {
    match data.title.as_deref() {
        Some(title) if title.chars().any(char::is_alphanumeric) && title.len() <= 60 => {
            ident(title, Use::Type)
        }
        _ => format!("Variant{}", index + 1),
    }
}

fn json_type(word: &str) -> Option<JsonType> {
    Some(match word {
        "string" => JsonType::String,
        "number" => JsonType::Number,
        "integer" => JsonType::Integer,
        "boolean" => JsonType::Boolean,
        "array" => JsonType::Array,
        "object" => JsonType::Object,
        "null" => JsonType::Null,
        _ => return None,
    })
}

impl<'d> Facts<'d> {
    fn annotate(&mut self, data: &'d SchemaData) {
        self.description = self.description.or(data.description.as_deref());
        self.title = self.title.or(data.title.as_deref());
        self.default = self.default.or(data.default.as_ref());
        self.deprecated |= data.deprecated;
        self.read_only |= data.read_only;
        self.write_only |= data.write_only;
        let media_type = data.extensions.get(CONTENT_MEDIA_TYPE).and_then(Value::as_str);
        self.content_media_type = self.content_media_type.or(media_type);
        self.xml = self.xml.or(data.extensions.get(XML));
        self.keys_by_pattern |= data.extensions.contains_key(PATTERN_PROPERTIES);
    }

    fn typed(&mut self, kind: &'d openapiv3::Type, data: &SchemaData, place: &Place<'d>) {
        use openapiv3::Type;
        let mut values = Vec::new();
        let json_type = match kind {
            Type::String(string) => {
                self.note_format(&string.format);
                self.limits.of_text(string, &place.pointer);
                values.extend(
                    string.enumeration.iter().map(|value| value.clone().map_or(Value::Null, Value::String)),
                );
                JsonType::String
            }
            Type::Number(number) => {
                self.note_format(&number.format);
                self.limits.of_number(number);
                values.extend(number.enumeration.iter().map(|value| value.map_or(Value::Null, Value::from)));
                JsonType::Number
            }
            Type::Integer(integer) => {
                self.note_format(&integer.format);
                self.limits.of_integer(integer);
                values.extend(integer.enumeration.iter().map(|value| value.map_or(Value::Null, Value::from)));
                JsonType::Integer
            }
            Type::Boolean(boolean) => {
                values.extend(boolean.enumeration.iter().map(|value| value.map_or(Value::Null, Value::from)));
                JsonType::Boolean
            }
            Type::Object(object) => {
                self.object(
                    &object.properties,
                    &object.required,
                    object.additional_properties.as_ref(),
                    place,
                );
                self.limits.of_object(object);
                JsonType::Object
            }
            Type::Array(array) => {
                if let Some(items) = &array.items {
                    self.list(items, data, place);
                }
                self.limits.of_array(array);
                JsonType::Array
            }
        };
        self.restrict(Some(json_type), place);
        if !values.is_empty() {
            self.restrict_values(values);
        }
    }

    fn note_format<T: serde::Serialize>(&mut self, format: &VariantOrUnknownOrEmpty<T>) {
        let text = match format {
            VariantOrUnknownOrEmpty::Item(format) => {
                serde_json::to_value(format).ok().and_then(|value| value.as_str().map(str::to_owned))
            }
            VariantOrUnknownOrEmpty::Unknown(format) => Some(format.clone()),
            VariantOrUnknownOrEmpty::Empty => None,
        };
        self.format = self.format.take().or(text);
    }

    fn object(
        &mut self,
        properties: &'d IndexMap<String, ReferenceOr<Box<Schema>>>,
        required: &'d [String],
        additional: Option<&'d AdditionalProperties>,
        place: &Place<'d>,
    ) {
        for (name, schema) in properties {
            let below = place.below(schema, &format!("properties/{}", escape(name)), &ident(name, Use::Type));
            self.properties.entry(name).or_default().push(below);
        }
        self.required.extend(required.iter().map(String::as_str));
        match additional {
            Some(AdditionalProperties::Any(true)) => {
                self.additional.get_or_insert(Additional::Any);
            }
            Some(AdditionalProperties::Any(false)) => {
                self.additional.get_or_insert(Additional::None);
            }
            Some(AdditionalProperties::Schema(schema)) => {
                self.additional =
                    Some(Additional::Schema(place.below(&**schema, "additionalProperties", "Value")));
            }
            None => {}
        }
    }

    fn restrict(&mut self, json_type: Option<JsonType>, place: &Place<'d>) {
        match (self.json_type, json_type) {
            (Some(JsonType::Number), Some(JsonType::Integer)) | (None, Some(_)) => self.json_type = json_type,
            (Some(JsonType::Integer), Some(JsonType::Number)) => {}
            (Some(held), Some(asked)) if held != asked => {
                self.conflict.get_or_insert((held, asked, place.pointer.clone()));
            }
            _ => {}
        }
    }

    fn restrict_values(&mut self, values: Vec<Value>) {
        match &mut self.values {
            Some(held) => held.retain(|value| values.contains(value)),
            None => self.values = Some(values),
        }
    }

    /// Takes null out of the listed values: whether it may stand there is `nullable`.
    fn take_null(&mut self) {
        if let Some(values) = &mut self.values {
            values.retain(|value| !value.is_null());
        }
    }

    /// The JSON type, declared or plain from what else is said.
    pub(super) fn kind(&self) -> Option<JsonType> {
        self.json_type.or_else(|| {
            if !self.properties.is_empty() || matches!(self.additional, Some(Additional::Schema(_))) {
                Some(JsonType::Object)
            } else if !self.items.is_empty() || !self.prefix.is_empty() {
                Some(JsonType::Array)
            } else if self
                .values
                .as_ref()
                .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string))
            {
                Some(JsonType::String)
            } else {
                None
            }
        })
    }

    /// Whether nothing is said that a type could be made of: `{}` or `{required: [a]}`.
    pub(super) fn is_empty(&self) -> bool {
        self.kind().is_none() && self.values.is_none() && self.alternatives.is_empty()
    }
}
