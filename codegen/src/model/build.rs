//! Builds the graph of types. A type gets its id before it is built, and types are built from a queue, so that cycles end and no document is
//! deep enough to exhaust the stack.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use linchpin_pattern::Pattern;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::normalise::Origins;

use super::facts::{Additional, Facts, JsonType, Place, SchemaRef, Schemas, escape, is_component};
use super::graph::{
    Bounds, Field, FieldXml, IntegerFormat, NumberFormat, Object, Type, TypeId, TypeKind, TypeRef, Types,
};
use super::names::{Use, ident, idents};
use super::{formats, remarks};

/// Lists and maps within one another whose items and values have bounds that are held.
const NESTED: usize = 4;

/// Which side of the wire a type describes: a property that is `readOnly` is in no request, one that is `writeOnly` in no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum View {
    Response,
    Request,
}

/// What is known of a type's place, beside the type itself.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// JSON Pointer of its schema in the normalised document.
    pub(super) pointer: String,
    /// The name that its place gives.
    pub(super) hint: String,
    /// The pointers of all schemas that the type is made of: what tells it from any other of the same view.
    pub(super) identity: String,
    pub(super) view: View,
    /// Whether it is a component of the document, which has its name from its key.
    pub(super) component: bool,
}

/// Builds types from schemas.
pub(super) struct Builder<'d> {
    pub(super) schemas: Schemas<'d>,
    origins: &'d Origins,
    pub(super) types: Types,
    /// Where each type stands, in the order of the types.
    pub(super) standings: Vec<Standing>,
    /// The side that is being built.
    pub(super) view: View,
    /// Discriminator mapping of each union: variant number to values, until the variants are known.
    pub(super) tags: HashMap<TypeId, Vec<Vec<String>>>,
    built: HashMap<(View, String), TypeRef>,
    queue: VecDeque<(TypeId, View, Facts<'d>, Place<'d>)>,
    /// Formats that were told of, with the JSON type.
    unknown_formats: BTreeSet<(JsonType, String)>,
    /// Patterns that were told of.
    unread_patterns: BTreeSet<String>,
    pub(super) diagnostics: Diagnostics,
}

impl<'d> Builder<'d> {
    pub(super) fn new(schemas: Schemas<'d>, origins: &'d Origins) -> Self {
        Self {
            schemas,
            origins,
            types: Types::default(),
            standings: Vec::new(),
            view: View::Response,
            tags: HashMap::new(),
            built: HashMap::new(),
            queue: VecDeque::new(),
            unknown_formats: BTreeSet::new(),
            unread_patterns: BTreeSet::new(),
            diagnostics: Diagnostics::new(),
        }
    }

    /// The type of a schema. What it holds is built later, by [`Self::finish`].
    pub(super) fn type_of(&mut self, place: &Place<'d>) -> TypeRef {
        self.type_of_all(std::slice::from_ref(place))
    }

    /// The type of a value that several schemas describe together.
    pub(super) fn type_of_all(&mut self, places: &[Place<'d>]) -> TypeRef {
        let mut peeled: Vec<(Place<'d>, bool)> = Vec::new();
        for place in places {
            let found = self.schemas.peel(place);
            match peeled.iter_mut().find(|(known, _)| known.pointer == found.0.pointer) {
                Some(known) => known.1 &= found.1,
                None => peeled.push(found),
            }
        }
        // A member that says nothing of its own adds nothing but a name.
        if peeled.len() > 1 {
            let telling: Vec<_> = peeled
                .iter()
                .filter(|(place, _)| !self.schemas.gather(std::slice::from_ref(place)).is_empty())
                .cloned()
                .collect();
            if !telling.is_empty() {
                peeled = telling;
            }
        }
        let outer_null = peeled.iter().any(|(_, nullable)| *nullable);
        // What several schemas say together is none of them: it has its name from the use that says most of it, which comes last.
        let own = places.last().filter(|_| peeled.len() > 1).cloned();
        let places: Vec<Place<'d>> = peeled.into_iter().map(|(place, _)| place).collect();
        let identity = places.iter().map(|place| place.pointer.as_str()).collect::<Vec<_>>().join(" ");
        if let Some(known) = self.built.get(&(self.view, identity.clone())) {
            return TypeRef::new(known.id, known.nullable || outer_null);
        }
        let Some(place) = own.or_else(|| places.first().cloned()) else { return self.any("") };
        if self.view == View::Request && place.pointer.starts_with("/components/") {
            // The other side of a component is always looked at, so that its name does not depend on who else uses it.
            self.view = View::Response;
            self.type_of_all(&places);
            self.view = View::Request;
        }
        let facts = self.schemas.gather(&places);
        let id = self.add(&place, &identity, &facts);
        let found = TypeRef::new(id, facts.nullable || self.schemas.are_texts_or_null(&facts));
        self.built.insert((self.view, identity), found);
        self.queue.push_back((id, self.view, facts, place));
        TypeRef::new(id, found.nullable || outer_null)
    }

    /// A type that is not in the document, such as the text of a `text/plain` body.
    pub(super) fn plain(&mut self, pointer: &str, kind: TypeKind) -> TypeRef {
        let id = self.types.add(Type {
            pointer: pointer.to_owned(),
            name: None,
            place_names: Vec::new(),
            description: None,
            deprecated: false,
            kind,
        });
        self.stand(pointer, String::new(), pointer);
        TypeRef::new(id, false)
    }

    /// Any JSON value.
    pub(super) fn any(&mut self, pointer: &str) -> TypeRef {
        self.plain(pointer, TypeKind::Any)
    }

    fn stand(&mut self, pointer: &str, hint: String, identity: &str) {
        let (pointer, identity) = (pointer.to_owned(), identity.to_owned());
        let component = is_component(&pointer);
        self.standings.push(Standing { pointer, hint, identity, view: self.view, component });
    }

    fn add(&mut self, place: &Place<'d>, identity: &str, facts: &Facts<'d>) -> TypeId {
        self.stand(&place.pointer, place.hint.clone(), identity);
        let description = match (facts.title, facts.description) {
            (Some(title), None) => Some(title.to_owned()),
            (_, description) => description.map(str::to_owned),
        };
        self.types.add(Type {
            pointer: place.pointer.clone(),
            name: None,
            place_names: Vec::new(),
            description,
            deprecated: facts.deprecated,
            kind: TypeKind::Any,
        })
    }

    /// Builds everything that is still to be built.
    pub(super) fn finish(&mut self) {
        while let Some((id, view, facts, place)) = self.queue.pop_front() {
            self.view = view;
            let kind = self.kind(id, &facts, &place);
            if let Some(built) = self.types.all.get_mut(id.0 as usize) {
                built.kind = kind;
            }
        }
    }

    pub(super) fn kind(&mut self, id: TypeId, facts: &Facts<'d>, place: &Place<'d>) -> TypeKind {
        if let Some((held, asked, pointer)) = &facts.conflict {
            self.report(
                Diagnostic::warning(
                    Code::TypeConflict,
                    format!("`allOf` asks for {held:?} and {asked:?} at once, which no value is; taken as any JSON"),
                ),
                pointer,
            );
            return TypeKind::Any;
        }
        if !facts.alternatives.is_empty() {
            return self.alternatives(id, facts, place);
        }
        if let Some(values) = facts.values.as_ref().filter(|values| !values.is_empty()) {
            return self.values(facts, values, place);
        }
        self.by_type(facts, place)
    }

    pub(super) fn by_type(&mut self, facts: &Facts<'d>, place: &Place<'d>) -> TypeKind {
        let format = facts.format.as_deref().unwrap_or_default();
        let (kind, known) = match facts.kind() {
            Some(JsonType::String) => (TypeKind::Text(format.to_owned()), formats::is_known_of_text(format)),
            Some(JsonType::Integer) => {
                let known = formats::of_integer(format);
                (TypeKind::Integer(known.unwrap_or(IntegerFormat::I64)), known.is_some())
            }
            Some(JsonType::Number) => {
                let known = formats::of_number(format);
                (TypeKind::Number(known.unwrap_or(NumberFormat::Digits)), known.is_some())
            }
            Some(JsonType::Boolean) => return TypeKind::Boolean,
            Some(JsonType::Array) => return self.list(facts, place),
            Some(JsonType::Object) => return self.object(facts, place),
            Some(JsonType::Null) | None => return TypeKind::Any,
        };
        if !known {
            self.tell_format(facts.kind(), format, place);
        }
        kind
    }

    /// Tells of a format that is not known, once: a document that has one has it in many places.
    fn tell_format(&mut self, kind: Option<JsonType>, format: &str, place: &Place<'d>) {
        let what = match kind {
            Some(JsonType::Integer) => "a whole number",
            Some(JsonType::Number) => "a number",
            _ => "a text",
        };
        if kind.is_some_and(|kind| self.unknown_formats.insert((kind, format.to_owned()))) {
            let message = format!("`{format}` is no known format; what has it is {what} like any other");
            self.report(Diagnostic::note(Code::UnknownFormat, message), &place.pointer);
        }
    }

    pub(super) fn items(&mut self, facts: &Facts<'d>, place: &Place<'d>) -> TypeRef {
        if facts.items.is_empty() {
            self.any(&format!("{}/items", place.pointer))
        } else {
            self.type_of_all(&facts.items)
        }
    }

    /// What the schema at a place says of a value beyond its type.
    pub(super) fn remarks(&self, place: &Place<'d>) -> Vec<String> {
        remarks::remarks(&self.schemas.gather(std::slice::from_ref(place)))
    }

    /// What values can be held against, down into so many lists and maps within one another.
    fn bounds(&mut self, facts: &Facts<'d>, nested: usize) -> Option<Bounds> {
        let each = nested.checked_sub(1).and_then(|nested| {
            // Of a tuple the items that follow the first ones have no place of their own.
            let is_list = !facts.items.is_empty() && facts.prefix.is_empty();
            let is_map = facts.properties.is_empty();
            match is_list {
                true => self.bounds(&self.schemas.gather(&facts.items), nested),
                false => is_map.then(|| self.bounds_of_others(facts, nested)).flatten(),
            }
        });
        let listed = listed(facts).into_iter().filter(|value| value.parse::<f64>().is_ok()).collect();
        let bounds = Bounds { pattern: self.pattern(facts), listed, ..facts.limits.bounds(each) };
        (bounds != Bounds::default()).then_some(bounds)
    }

    /// What values of keys can be held against that are no properties.
    fn bounds_of_others(&mut self, facts: &Facts<'d>, nested: usize) -> Option<Bounds> {
        match &facts.additional {
            Some(Additional::Schema(place)) if !facts.keys_by_pattern => {
                self.bounds(&self.schemas.gather(std::slice::from_ref(place)), nested)
            }
            _ => None,
        }
    }

    /// The pattern that texts are held against. One that cannot be read is told of, once: a document that has one has it in many places.
    fn pattern(&mut self, facts: &Facts<'d>) -> Option<String> {
        // What is sent is held against nothing.
        let (pattern, pointer) = facts.limits.pattern().filter(|_| self.view == View::Response)?;
        match Pattern::read(pattern) {
            Ok(_) => Some(pattern.to_owned()),
            Err(why) => {
                if self.unread_patterns.insert(pattern.to_owned()) {
                    let message = format!("texts are not held against the pattern `{pattern}`: {why}");
                    let help =
                        "drift of such texts goes unseen; an overlay can write a pattern that can be read";
                    let note = Diagnostic::note(Code::PatternUnread, message).help(help);
                    self.report(note, &format!("{pointer}/pattern"));
                }
                None
            }
        }
    }

    pub(super) fn object(&mut self, facts: &Facts<'d>, place: &Place<'d>) -> TypeKind {
        let additional = match &facts.additional {
            Some(Additional::Schema(schema)) => Some(self.values_of_keys(schema)),
            Some(Additional::Any) => Some(self.any(&format!("{}/additionalProperties", place.pointer))),
            Some(Additional::None) | None => None,
        };
        if facts.properties.is_empty() {
            let value =
                additional.unwrap_or_else(|| self.any(&format!("{}/additionalProperties", place.pointer)));
            return TypeKind::Map(value);
        }
        let known = facts.properties.keys().chain(&facts.required).chain(&facts.mentioned).copied();
        let names = idents(known, Use::Value);
        let mut fields = Vec::with_capacity(facts.properties.len());
        for (name, places) in &facts.properties {
            let mut own = self.schemas.gather(places);
            // What is said where the property stands counts before what is said of the schema that it refers to.
            let here = |flag: fn(&openapiv3::SchemaData) -> bool| {
                places
                    .iter()
                    .any(|place| matches!(place.schema, SchemaRef::Item(item) if flag(&item.schema_data)))
            };
            let directed = (here(|data| data.read_only), here(|data| data.write_only));
            if directed != (false, false) {
                (own.read_only, own.write_only) = directed;
            }
            if (own.read_only && self.view == View::Request)
                || (own.write_only && self.view == View::Response)
            {
                continue;
            }
            let type_ref = self.type_of_all(places);
            fields.push(Field {
                name: (*name).to_owned(),
                ident: names.get(name).cloned().unwrap_or_else(|| ident(name, Use::Value)),
                type_ref,
                required: facts.required.contains(name),
                read_only: own.read_only,
                write_only: own.write_only,
                deprecated: own.deprecated,
                secret: own.format.as_deref() == Some("password"),
                description: own.description.map(str::to_owned),
                remarks: remarks::remarks(&own),
                listed: listed(&own),
                boxed: false,
                xml: self.xml(name, &own),
                bounds: self.bounds(&own, NESTED),
            });
        }
        // What is required and described nowhere may be anything, but it has to have a place.
        for name in
            facts.required.union(&facts.mentioned).filter(|name| !facts.properties.contains_key(*name))
        {
            fields.push(Field {
                name: (*name).to_owned(),
                ident: names.get(name).cloned().unwrap_or_else(|| ident(name, Use::Value)),
                type_ref: additional
                    .unwrap_or_else(|| self.any(&format!("{}/required/{}", place.pointer, escape(name)))),
                required: facts.required.contains(name),
                read_only: false,
                write_only: false,
                deprecated: false,
                secret: false,
                description: None,
                remarks: Vec::new(),
                listed: Vec::new(),
                boxed: false,
                xml: None,
                bounds: None,
            });
        }
        let closed = matches!(facts.additional, Some(Additional::None));
        let additional_bounds = self.bounds_of_others(facts, NESTED).map(Box::new);
        TypeKind::Object(Object { fields, additional, additional_bounds, closed })
    }

    /// How a property is written in XML.
    fn xml(&self, name: &str, own: &super::facts::Facts<'d>) -> Option<FieldXml> {
        let said = |xml: Option<&serde_json::Value>, key: &str| {
            xml.and_then(|xml| xml.get(key)).and_then(|value| value.as_str()).map(str::to_owned)
        };
        let flag =
            |key: &str| own.xml.and_then(|xml| xml.get(key)).and_then(|value| value.as_bool()) == Some(true);
        let (attribute, wrapped) = (flag("attribute"), flag("wrapped"));
        let is_list = own.kind() == Some(super::facts::JsonType::Array);
        let named = if is_list && !wrapped {
            said(self.schemas.gather(&own.items).xml, "name")
        } else {
            said(own.xml, "name")
        };
        let written = named.unwrap_or_else(|| name.to_owned());
        let plain = written == name && !attribute && !wrapped;
        (!plain).then_some(FieldXml { name: written, attribute, wrapped })
    }

    /// What keys hold that are no properties. Where several patterns say the same of their keys, it is no union.
    fn values_of_keys(&mut self, place: &Place<'d>) -> TypeRef {
        let members = self.schemas.pattern_values(place);
        let alike =
            |other: &&Place<'d>| members.first().is_some_and(|first| self.schemas.are_alike(first, other));
        match members.first() {
            Some(first) if members.iter().all(|member| alike(&member)) => {
                let nullable = members.iter().any(|member| self.type_of(member).nullable);
                TypeRef { nullable, ..self.type_of(first) }
            }
            _ => self.type_of(place),
        }
    }

    fn values(&mut self, facts: &Facts<'d>, values: &[Value], place: &Place<'d>) -> TypeKind {
        if let Some(texts) = values.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
            return text_enum(texts);
        }
        if values.iter().all(Value::is_i64) {
            return TypeKind::Integer(IntegerFormat::I64);
        }
        if values.iter().all(Value::is_number) {
            return TypeKind::Number(NumberFormat::Digits);
        }
        if values.iter().all(Value::is_boolean) {
            return TypeKind::Boolean;
        }
        match facts.kind() {
            Some(_) => self.by_type(facts, place),
            None => TypeKind::Any,
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic, pointer: &str) {
        let span = self.origins.span(pointer);
        self.diagnostics.push(diagnostic.at(span).pointer(pointer));
    }
}

/// The numbers and booleans that a schema lists.
fn listed(facts: &Facts<'_>) -> Vec<String> {
    let values = facts.values.iter().flatten();
    values.filter(|value| value.is_number() || value.is_boolean()).map(Value::to_string).collect()
}

/// An enum of these texts, each once.
pub(super) fn text_enum(texts: Vec<&str>) -> TypeKind {
    let names = idents(texts.iter().copied(), Use::Variant);
    let mut values: Vec<super::graph::EnumValue> = Vec::with_capacity(texts.len());
    let mut seen = HashSet::new();
    for text in texts {
        if seen.insert(text) {
            let name = names.get(text).cloned().unwrap_or_else(|| ident(text, Use::Variant));
            values.push(super::graph::EnumValue { value: text.to_owned(), ident: name });
        }
    }
    TypeKind::Enum(values)
}
