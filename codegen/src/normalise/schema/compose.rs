//! `allOf`, `oneOf`, `anyOf` and `not`.

use openapiv3::{AnySchema, ReferenceOr, Schema, SchemaKind};

use super::Reader;
use crate::diagnostic::Code;
use crate::source::{Kind, Node};

/// The schemas that a schema is composed of.
#[derive(Default)]
pub(super) struct Composition {
    all_of: Vec<ReferenceOr<Schema>>,
    one_of: Vec<ReferenceOr<Schema>>,
    any_of: Vec<ReferenceOr<Schema>>,
    not: Option<Box<ReferenceOr<Schema>>>,
}

/// Keywords that constrain a value and would be lost in a schema that is a composition alone.
const CONSTRAINTS: &[&str] = &[
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];

impl Composition {
    pub(super) fn is_empty(&self) -> bool {
        self.all_of.is_empty() && self.one_of.is_empty() && self.any_of.is_empty() && self.not.is_none()
    }

    /// Whether the schema says nothing but one kind of composition.
    pub(super) fn is_alone(&self, node: Node<'_>) -> bool {
        let lists =
            [!self.all_of.is_empty(), !self.one_of.is_empty(), !self.any_of.is_empty(), self.not.is_some()];
        lists.iter().filter(|present| **present).count() == 1
            && !node.entries().any(|entry| constrains(entry.key, entry.value))
    }

    pub(super) fn into_kind(self) -> SchemaKind {
        if !self.all_of.is_empty() {
            SchemaKind::AllOf { all_of: self.all_of }
        } else if !self.one_of.is_empty() {
            SchemaKind::OneOf { one_of: self.one_of }
        } else if !self.any_of.is_empty() {
            SchemaKind::AnyOf { any_of: self.any_of }
        } else {
            match self.not {
                Some(not) => SchemaKind::Not { not },
                None => SchemaKind::Any(AnySchema::default()),
            }
        }
    }

    pub(super) fn put_into(self, schema: &mut AnySchema) {
        schema.all_of = self.all_of;
        schema.one_of = self.one_of;
        schema.any_of = self.any_of;
        schema.not = self.not;
    }
}

impl<'t> Reader<'_, 't> {
    /// Reads the compositions of a schema. A branch that only accepts null makes the schema nullable instead.
    pub(super) fn composition(&mut self, node: Node<'t>, nullable: &mut bool) -> Composition {
        let mut composition =
            Composition { all_of: self.branches(node, "allOf", None), ..Composition::default() };
        composition.one_of = self.branches(node, "oneOf", Some(nullable));
        composition.any_of = self.branches(node, "anyOf", Some(nullable));
        if let Some(not) = self.context.get(node, "not") {
            composition.not = Some(Box::new(self.schema(not)));
        }
        // A choice of one is no choice. A discriminator needs its list, and keeps it.
        if node.get("discriminator").is_none() {
            for single in [&mut composition.one_of, &mut composition.any_of] {
                if single.len() == 1 {
                    composition.all_of.append(single);
                }
            }
        }
        composition
    }

    fn branches(
        &mut self,
        node: Node<'t>,
        key: &str,
        nullable: Option<&mut bool>,
    ) -> Vec<ReferenceOr<Schema>> {
        let Some(value) = self.context.get(node, key) else { return Vec::new() };
        let items: Vec<Node<'t>> = match value.kind() {
            Kind::Array if value.is_empty() => {
                self.context.warn(Code::BadComposition, value, format!("`{key}` is empty; it is ignored"));
                return Vec::new();
            }
            Kind::Array => value.items().collect(),
            Kind::Object => {
                let message = format!("`{key}` has to be a list; the schema is read as its one item");
                self.context.warn(Code::BadComposition, value, message);
                vec![value]
            }
            _ => {
                self.context.warn(
                    Code::BadComposition,
                    value,
                    format!("`{key}` has to be a list of schemas; it is ignored"),
                );
                return Vec::new();
            }
        };
        let mut branches = Vec::with_capacity(items.len());
        let mut null = false;
        for item in items {
            if nullable.is_some() && is_null(item) {
                null = true;
            } else {
                branches.push(self.schema(item));
            }
        }
        if let Some(nullable) = nullable {
            *nullable |= null;
        }
        branches
    }
}

/// Whether a keyword says something of a value that a composition alone has no place for.
fn constrains(keyword: &str, value: Node<'_>) -> bool {
    match keyword {
        "unevaluatedProperties" => value.is_object(),
        "if" | "dependentSchemas" => !value.is_null(),
        keyword => CONSTRAINTS.contains(&keyword) && !value.is_null(),
    }
}

/// Whether a schema accepts null alone.
fn is_null(node: Node<'_>) -> bool {
    let null = |node: Node<'_>| node.is_null() || node.as_str() == Some("null");
    let only = |node: Node<'_>| node.len() == 1 && node.items().all(null);
    match (node.get("type"), node.get("enum"), node.entry("const")) {
        (Some(types), _, _) => (types.is_array() && only(types)) || types.as_str() == Some("null"),
        (None, Some(values), _) => values.len() == 1 && values.items().all(|value| value.is_null()),
        (None, None, Some(constant)) => constant.value.is_null(),
        _ => false,
    }
}
