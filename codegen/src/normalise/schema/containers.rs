//! Objects and arrays.

use indexmap::IndexMap;
use openapiv3::{AdditionalProperties, ArrayType, ObjectType, ReferenceOr, Schema, SchemaData, SchemaKind};

use super::super::extensions::{PATTERN_PROPERTIES, PATTERN_VALUES, PREFIX_ITEMS};
use super::Reader;
use crate::diagnostic::Code;
use crate::source::{Kind, Node};

impl<'t> Reader<'_, 't> {
    pub(super) fn object_type(&mut self, node: Node<'t>, data: &mut SchemaData) -> ObjectType {
        let mut properties = IndexMap::new();
        if let Some(map) = self.context.get_map(node, "properties") {
            for entry in map.entries() {
                let schema = self.boxed(entry.value);
                properties.insert(entry.key.to_owned(), schema);
            }
        }
        self.dependent_properties(node, &mut properties);
        ObjectType {
            properties,
            required: self.required(node),
            additional_properties: self.additional_properties(node, data),
            min_properties: self.size(node, "minProperties"),
            max_properties: self.size(node, "maxProperties"),
        }
    }

    pub(super) fn required(&mut self, node: Node<'t>) -> Vec<String> {
        let Some(value) = self.context.present(node, "required").filter(|_| self.flat != Some(node.id()))
        else {
            return Vec::new();
        };
        let items: Vec<Node<'t>> = match value.kind() {
            Kind::Array => value.items().collect(),
            Kind::String(_) => {
                self.context.warn(
                    Code::RequiredShape,
                    value,
                    "`required` has to be a list; the name is read as its one item",
                );
                vec![value]
            }
            _ => {
                let message = "`required` of a schema is a list of property names; it is ignored";
                self.context.warn(Code::RequiredShape, value, message);
                return Vec::new();
            }
        };
        let mut names: IndexMap<String, ()> = IndexMap::new();
        for item in items {
            if let Some(name) = self.context.text(item) {
                names.insert(name, ());
            }
        }
        names.into_keys().collect()
    }

    fn additional_properties(
        &mut self,
        node: Node<'t>,
        data: &mut SchemaData,
    ) -> Option<AdditionalProperties> {
        let mut schemas = Vec::new();
        // Of a composition that is merged both say the same: what keys hold that no member names.
        let unevaluated = || node.get("unevaluatedProperties").filter(|value| value.is_object());
        let rest = self.context.get(node, "additionalProperties").or_else(unevaluated);
        if let Some(patterns) = self.context.get_map(node, "patternProperties").filter(|map| !map.is_empty())
        {
            // Beside properties a pattern names keys of a kind, and any other key may hold anything.
            let catches_all = |key: &str| matches!(key, "" | "^" | ".*" | "^.*" | "^.*$" | ".+" | "^.+$");
            let names_some = !patterns.entries().any(|entry| catches_all(entry.key));
            if rest.is_none() && names_some && node.get("properties").is_some_and(|own| !own.is_empty()) {
                return Some(AdditionalProperties::Any(true));
            }
            let keys: Vec<serde_json::Value> = patterns.entries().map(|entry| entry.key.into()).collect();
            data.extensions.insert(PATTERN_PROPERTIES.to_owned(), keys.into());
            for entry in patterns.entries() {
                schemas.push(self.schema(entry.value));
            }
        }
        match rest.map(|value| (value, value.kind())) {
            Some((_, Kind::Bool(allowed))) if allowed || schemas.is_empty() => {
                return Some(AdditionalProperties::Any(allowed));
            }
            Some((value, Kind::Object)) => schemas.push(self.schema(value)),
            Some((_, Kind::Bool(_))) | None => {}
            Some((value, _)) => self.context.wrong_kind(value, "a boolean or a schema"),
        }
        one_of_several(schemas).map(|schema| AdditionalProperties::Schema(Box::new(schema)))
    }

    /// `is_array` says that the schema has the type `array` rather than none.
    pub(super) fn array_type(&mut self, node: Node<'t>, is_array: bool, data: &mut SchemaData) -> ArrayType {
        let mut leading = self.context.get_list(node, "prefixItems");
        let mut rest = self.context.get(node, "items");
        if let Some(list) = rest.filter(|items| items.is_array()) {
            self.context.warn(Code::ItemsList, list, "a list of schemas as `items` is read as `prefixItems`");
            leading.extend(list.items());
            rest = None;
        }
        if rest.is_none() && leading.is_empty() && is_array && !self.context.rules.items_optional {
            let message = "the array does not say what its items are; they are any value";
            self.context.warn_object(Code::MissingItems, node, message);
        }
        let items = if leading.is_empty() {
            rest.map(|items| self.boxed(items))
        } else {
            data.extensions.insert(PREFIX_ITEMS.to_owned(), leading.len().into());
            // `items: false` beside them says that no further items follow.
            leading.extend(rest.filter(|items| items.as_bool() != Some(false)));
            let any_of = leading.into_iter().map(|item| self.schema(item)).collect();
            let schema_kind = SchemaKind::AnyOf { any_of };
            Some(ReferenceOr::Item(Box::new(Schema { schema_data: SchemaData::default(), schema_kind })))
        };
        ArrayType {
            items,
            min_items: self.size(node, "minItems"),
            max_items: self.size(node, "maxItems"),
            unique_items: self.context.get_bool(node, "uniqueItems").unwrap_or_default(),
        }
    }
}

/// A schema that accepts what any of the schemas accepts.
fn one_of_several(mut schemas: Vec<ReferenceOr<Schema>>) -> Option<ReferenceOr<Schema>> {
    if schemas.len() > 1 {
        let extensions = IndexMap::from([(PATTERN_VALUES.to_owned(), true.into())]);
        let schema_data = SchemaData { extensions, ..SchemaData::default() };
        let schema_kind = SchemaKind::AnyOf { any_of: schemas };
        return Some(ReferenceOr::Item(Schema { schema_data, schema_kind }));
    }
    schemas.pop()
}
