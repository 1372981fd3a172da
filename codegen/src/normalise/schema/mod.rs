//! Schemas of both dialects in the shape of OpenAPI 3.0's.

mod compose;
mod conditions;
mod containers;
mod siblings;
mod values;
mod words;

use indexmap::IndexMap;
use openapiv3::{
    AnySchema, ArrayType, BooleanType, Discriminator, IntegerType, NumberType, ReferenceOr, Schema,
    SchemaData, SchemaKind, StringType, Type,
};

use super::context::Context;
use super::extensions::{CONTENT_ENCODING, CONTENT_MEDIA_TYPE, XML};
use super::references::reference_of;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node, NodeId};
use words::{TypeWord, Types};

/// Inline schemas within one another that are read: beyond what any known document has, and safe for the stack.
const DEEPEST: usize = 48;

/// The schema of any value.
pub(super) fn any() -> Schema {
    Schema { schema_data: SchemaData::default(), schema_kind: SchemaKind::Any(AnySchema::default()) }
}

/// The schema of no value.
fn never() -> Schema {
    let not = Box::new(ReferenceOr::Item(any()));
    Schema { schema_data: SchemaData::default(), schema_kind: SchemaKind::Not { not } }
}

/// Reads a schema.
pub(super) fn schema<'t>(context: &mut Context<'t>, node: Node<'t>) -> ReferenceOr<Schema> {
    Reader { context, depth: 0, flat: None }.schema(node)
}

/// Reads the schema of a list's items as that of the list.
pub(super) fn array_of<'t>(context: &mut Context<'t>, node: Node<'t>) -> ReferenceOr<Schema> {
    let items = Reader { context, depth: 1, flat: None }.boxed(node);
    let array = ArrayType { items: Some(items), min_items: None, max_items: None, unique_items: false };
    let schema_kind = SchemaKind::Type(Type::Array(array));
    ReferenceOr::Item(Schema { schema_data: SchemaData::default(), schema_kind })
}

/// Reads the type of a Swagger parameter or header: its keywords stand among those of the parameter.
pub(super) fn beside_name<'t>(context: &mut Context<'t>, node: Node<'t>) -> Schema {
    let mut schema = Reader { context, depth: 1, flat: Some(node.id()) }.inline(node);
    schema.schema_data.description = None;
    schema
}

/// Reads schemas at a certain depth of inline schemas.
struct Reader<'c, 't> {
    context: &'c mut Context<'t>,
    depth: usize,
    /// A node whose `required` says something of a parameter, not of properties.
    flat: Option<NodeId>,
}

impl<'t> Reader<'_, 't> {
    fn schema(&mut self, node: Node<'t>) -> ReferenceOr<Schema> {
        match node.kind() {
            Kind::Object => {}
            Kind::Bool(value) => {
                if !self.context.rules.boolean_schemas {
                    let name = self.context.rules.name;
                    self.context.warn(
                        Code::BooleanSchema,
                        node,
                        format!("{name} has no boolean schemas; it is read as one all the same"),
                    );
                }
                return ReferenceOr::Item(if value { any() } else { never() });
            }
            _ => {
                self.context.wrong_kind(node, "a schema");
                return ReferenceOr::Item(any());
            }
        }
        if self.depth >= DEEPEST {
            let message =
                format!("more than {DEEPEST} inline schemas within one another; the rest is any value");
            self.context.warn_object(Code::NestingLimit, node, message);
            return ReferenceOr::Item(any());
        }
        self.depth += 1;
        let schema = match reference_of(node) {
            Some((reference, at)) => self.reference(node, reference, at),
            None => ReferenceOr::Item(self.inline(node)),
        };
        self.depth -= 1;
        schema
    }

    fn boxed(&mut self, node: Node<'t>) -> ReferenceOr<Box<Schema>> {
        match self.schema(node) {
            ReferenceOr::Item(schema) => ReferenceOr::Item(Box::new(schema)),
            ReferenceOr::Reference { reference } => ReferenceOr::Reference { reference },
        }
    }

    fn annotations(&mut self, node: Node<'t>) -> SchemaData {
        let discriminator = self.discriminator(node);
        let context = &mut *self.context;
        let xml = node.get("xml").filter(|xml| xml.is_object());
        let extensions = xml.map(|xml| (XML.to_owned(), xml.to_json()));
        SchemaData {
            read_only: context.get_bool(node, "readOnly").unwrap_or_default(),
            write_only: context.get_bool(node, "writeOnly").unwrap_or_default(),
            deprecated: context.get_bool(node, "deprecated").unwrap_or_default(),
            title: context.get_text(node, "title"),
            description: context.get_text(node, "description"),
            discriminator,
            extensions: extensions.into_iter().collect(),
            ..SchemaData::default()
        }
    }

    fn inline(&mut self, node: Node<'t>) -> Schema {
        self.tell_keywords(node);
        let mut data = self.annotations(node);
        let types = self.types(node);
        data.nullable = types.null || self.nullable(node);
        let composition = self.composition(node, &mut data.nullable);
        let shown = if types.words.is_empty() && !types.null { self.shown_type(node) } else { None };
        let words: Vec<TypeWord> = types.words.iter().copied().chain(shown).collect();
        let nullable = data.nullable;
        let schema_kind = if !composition.is_empty() {
            match words.as_slice() {
                [] if composition.is_alone(node) => composition.into_kind(),
                // Several types beside a composition only narrow it further; leaving them out accepts more, never less.
                _ => {
                    let mut whole =
                        self.any_schema(node, words.first().copied().filter(|_| words.len() == 1), &mut data);
                    composition.put_into(&mut whole);
                    SchemaKind::Any(whole)
                }
            }
        } else {
            match words.as_slice() {
                [] if types.null => SchemaKind::Any(AnySchema {
                    enumeration: vec![serde_json::Value::Null],
                    ..AnySchema::default()
                }),
                [] => SchemaKind::Any(self.any_schema(node, None, &mut data)),
                [word] => SchemaKind::Type(self.typed(node, *word, &types, &mut data)),
                several => {
                    let mut any_of = Vec::new();
                    for word in several {
                        let mut own = SchemaData::default();
                        let schema_kind = SchemaKind::Type(self.typed(node, *word, &types, &mut own));
                        data.nullable |= own.nullable;
                        own.nullable = false;
                        any_of.push(ReferenceOr::Item(Schema { schema_data: own, schema_kind }));
                    }
                    SchemaKind::AnyOf { any_of }
                }
            }
        };
        data.default = self.default_value(node, &words, nullable || data.nullable);
        Schema { schema_data: data, schema_kind }
    }

    /// Whether a keyword of the dialect, or the one of OpenAPI 3.0, says that null is accepted.
    fn nullable(&mut self, node: Node<'t>) -> bool {
        let own = self.context.rules.nullable;
        [own, "nullable"].into_iter().any(|key| self.context.get_bool(node, key).unwrap_or_default())
    }

    /// Tells of keywords that the dialect does not know or that have no effect.
    fn tell_keywords(&mut self, node: Node<'t>) {
        let rules = self.context.rules;
        // Not only where an object is: a property that says `required: true` means itself.
        if self.context.get(node, "required").is_some_and(|value| !value.is_array())
            && self.flat != Some(node.id())
        {
            self.required(node);
        }
        if let Some(reference) = node.get("$ref").filter(|reference| reference.as_str().is_none()) {
            self.context.wrong_kind(reference, "the text of a reference");
        }
        for entry in node.entries() {
            let (code, message) = if rules.foreign_keywords.contains(&entry.key) {
                (
                    Code::ForeignKeyword,
                    format!("{} has no keyword `{}`; it is read all the same", rules.name, entry.key),
                )
            } else if entry.key == "$dynamicRef" {
                let message = "`$dynamicRef` has no effect yet: more values are accepted than it allows";
                (Code::SchemaKeyword, message.to_owned())
            } else if let Some(message) = conditions::unchecked(entry.key, entry.value) {
                let note = Diagnostic::note(Code::Unchecked, message).at(entry.key_span);
                self.context.diagnostics.push(note.pointer(entry.value.pointer()));
                continue;
            } else {
                continue;
            };
            let diagnostic = Diagnostic::warning(code, message).at(entry.key_span);
            self.context.diagnostics.push(diagnostic.pointer(entry.value.pointer()));
        }
    }

    /// The one type that keywords or the enum show where `type` is missing.
    fn shown_type(&mut self, node: Node<'t>) -> Option<TypeWord> {
        let has = |key: &str| node.get(key).is_some_and(|value| !value.is_null());
        if has("properties") || has("additionalProperties") || has("patternProperties") {
            Some(TypeWord::Object)
        } else if has("items") || has("prefixItems") {
            Some(TypeWord::Array)
        } else {
            values::type_of_all(&values::enumerated(node))
        }
    }

    fn typed(&mut self, node: Node<'t>, word: TypeWord, types: &Types, data: &mut SchemaData) -> Type {
        match word {
            TypeWord::String => Type::String(self.string_type(node, types, data)),
            TypeWord::Integer => {
                let bounds = self.bounds(node);
                Type::Integer(IntegerType {
                    format: self.format(node, word, types).into(),
                    multiple_of: self.bound(node, "multipleOf").and_then(|bound| self.integer(&bound)),
                    exclusive_minimum: bounds.exclusive_minimum,
                    exclusive_maximum: bounds.exclusive_maximum,
                    minimum: bounds.minimum.and_then(|bound| self.integer(&bound)),
                    maximum: bounds.maximum.and_then(|bound| self.integer(&bound)),
                    enumeration: self.enumeration(node, word, types, data, values::as_integer),
                })
            }
            TypeWord::Number => {
                let bounds = self.bounds(node);
                Type::Number(NumberType {
                    format: self.format(node, word, types).into(),
                    multiple_of: self.bound(node, "multipleOf").and_then(|bound| bound.as_f64()),
                    exclusive_minimum: bounds.exclusive_minimum,
                    exclusive_maximum: bounds.exclusive_maximum,
                    minimum: bounds.minimum.and_then(|bound| bound.as_f64()),
                    maximum: bounds.maximum.and_then(|bound| bound.as_f64()),
                    enumeration: self.enumeration(node, word, types, data, values::as_number),
                })
            }
            TypeWord::Boolean => Type::Boolean(BooleanType {
                enumeration: self.enumeration(node, word, types, data, values::as_boolean),
            }),
            TypeWord::Object => Type::Object(self.object_type(node, data)),
            TypeWord::Array => Type::Array(self.array_type(node, true, data)),
        }
    }

    fn string_type(&mut self, node: Node<'t>, types: &Types, data: &mut SchemaData) -> StringType {
        let mut format = self.format(node, TypeWord::String, types);
        if let Some(encoding) = self.context.get_text(node, "contentEncoding") {
            if format.is_none() && encoding.eq_ignore_ascii_case("base64") {
                format = Some("byte".to_owned());
            }
            data.extensions.insert(CONTENT_ENCODING.to_owned(), encoding.into());
        }
        if let Some(media_type) = self.context.get_text(node, "contentMediaType") {
            if format.is_none() && media_type == "application/octet-stream" {
                format = Some("binary".to_owned());
            }
            data.extensions.insert(CONTENT_MEDIA_TYPE.to_owned(), media_type.into());
        }
        StringType {
            format: format.into(),
            pattern: self.context.get_text(node, "pattern"),
            enumeration: self.enumeration(node, TypeWord::String, types, data, values::as_string),
            min_length: self.size(node, "minLength"),
            max_length: self.size(node, "maxLength"),
        }
    }

    /// The keywords of a schema that is more than one plain type: all of them, or those of the one type.
    fn any_schema(&mut self, node: Node<'t>, word: Option<TypeWord>, data: &mut SchemaData) -> AnySchema {
        let mut any = AnySchema { typ: word.map(|word| word.as_str().to_owned()), ..AnySchema::default() };
        let wants = |wanted: &[TypeWord]| word.is_none_or(|word| wanted.contains(&word));
        let types = Types { words: word.into_iter().collect(), ..Types::default() };
        if wants(&[TypeWord::Object]) {
            let object = self.object_type(node, data);
            any.properties = object.properties;
            any.required = object.required;
            any.additional_properties = object.additional_properties;
            any.min_properties = object.min_properties;
            any.max_properties = object.max_properties;
        }
        if wants(&[TypeWord::Array]) {
            let array = self.array_type(node, word.is_some(), data);
            any.items = array.items;
            any.min_items = array.min_items;
            any.max_items = array.max_items;
            any.unique_items = array.unique_items.then_some(true);
        }
        if wants(&[TypeWord::String]) {
            any.pattern = self.context.get_text(node, "pattern");
            any.min_length = self.size(node, "minLength");
            any.max_length = self.size(node, "maxLength");
        }
        if wants(&[TypeWord::Number, TypeWord::Integer]) {
            let bounds = self.bounds(node);
            any.multiple_of = self.bound(node, "multipleOf").and_then(|bound| bound.as_f64());
            any.minimum = bounds.minimum.and_then(|bound| bound.as_f64());
            any.maximum = bounds.maximum.and_then(|bound| bound.as_f64());
            any.exclusive_minimum = bounds.exclusive_minimum.then_some(true);
            any.exclusive_maximum = bounds.exclusive_maximum.then_some(true);
        }
        any.format = match word {
            Some(word) => self.format(node, word, &types),
            None => self.context.get_text(node, "format"),
        };
        for value in values::enumerated(node) {
            if value.is_null() {
                data.nullable = true;
            } else {
                any.enumeration.push(value.to_json());
            }
        }
        any
    }

    fn discriminator(&mut self, node: Node<'t>) -> Option<Discriminator> {
        let value = self.context.get(node, "discriminator")?;
        let property = match value.kind() {
            Kind::String(name) if self.context.rules.short_forms => Some(name.to_owned()),
            Kind::String(name) => {
                let message = "a discriminator is an object with `propertyName`; the text is read as that";
                self.context.warn(Code::BadDiscriminator, value, message);
                Some(name.to_owned())
            }
            Kind::Object => self.context.get_text(value, "propertyName"),
            _ => None,
        };
        let Some(property_name) = property else {
            self.context.warn(
                Code::BadDiscriminator,
                value,
                "the discriminator has no `propertyName`; it is ignored",
            );
            return None;
        };
        if let Some(entry) = value.entry("defaultMapping") {
            let message = "`defaultMapping` has no effect yet: what names no alternative is kept as it is";
            self.context.warn(Code::SchemaKeyword, entry.value, message);
        }
        let mut mapping = IndexMap::new();
        if value.is_object()
            && let Some(map) = self.context.get_map(value, "mapping")
        {
            for entry in map.entries() {
                let Some(target) = self.context.text(entry.value) else { continue };
                // A mapping names a schema by its name or by a reference (OpenAPI 3.0.4, 4.8.25.3).
                let reference = if self.context.schemas.contains(target.as_str()) {
                    format!("#/components/schemas/{target}")
                } else {
                    match self.context.schema_target(&target, entry.value) {
                        Some(name) => format!("#/components/schemas/{name}"),
                        None => continue,
                    }
                };
                mapping.insert(entry.key.to_owned(), reference);
            }
        }
        Some(Discriminator { property_name, mapping, extensions: IndexMap::new() })
    }
}
