//! Keywords that restrict a value by more than its type. A client that checked them would refuse what the server takes or sends, so they are
//! not checked; the properties that they bring are read.

use indexmap::IndexMap;
use openapiv3::{ReferenceOr, Schema, SchemaData, SchemaKind};

use super::Reader;
use crate::source::Node;

/// What is told of a keyword that is not checked; none of any other.
pub(super) fn unchecked(keyword: &str, value: Node<'_>) -> Option<String> {
    let restricts = match keyword {
        "not" | "contains" | "dependentRequired" => true,
        // Keys of JSON objects are texts, so that much restricts nothing.
        "propertyNames" => {
            let says_more = |key: &str| !matches!(key, "type" | "description" | "title");
            value.entries().any(|entry| says_more(entry.key)) || value.as_bool() == Some(false)
        }
        // A boolean is as usual here as it is for `additionalProperties`, and is no more checked.
        "unevaluatedItems" => value.is_object(),
        "if" | "dependentSchemas" => {
            return (!value.is_null()).then(|| {
                format!("`{keyword}` is not checked; the properties that depend on it are optional here")
            });
        }
        _ => false,
    };
    (restricts && !value.is_null()).then(|| {
        format!("`{keyword}` is not checked: it restricts which values are good, and gives them no type")
    })
}

/// The schemas that count for a value only under a condition.
fn branches_of<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    let conditional =
        node.get("if").into_iter().flat_map(move |_| [node.get("then"), node.get("else")]).flatten();
    let dependent = node.get("dependentSchemas").into_iter().flat_map(|map| map.entries());
    conditional.chain(dependent.map(|entry| entry.value))
}

impl<'t> Reader<'_, 't> {
    /// Adds the properties that stand in `then`, `else` and `dependentSchemas` and not in `properties`. What several of them say of one
    /// property is an alternative each.
    pub(super) fn dependent_properties(
        &mut self,
        node: Node<'t>,
        properties: &mut IndexMap<String, ReferenceOr<Box<Schema>>>,
    ) {
        let mut branches: Vec<Node<'t>> = branches_of(node).collect();
        let mut found: IndexMap<&str, Vec<Node<'t>>> = IndexMap::new();
        // What is else may have its own conditions, and so on down the text.
        let mut next = 0;
        while let Some(branch) = branches.get(next).copied() {
            next += 1;
            let members = branch.get("allOf").into_iter().flat_map(|members| members.items());
            branches.extend(branches_of(branch).chain(members));
            let Some(map) = branch.get("properties") else { continue };
            for entry in map.entries().filter(|entry| !properties.contains_key(entry.key)) {
                found.entry(entry.key).or_default().push(entry.value);
            }
        }
        for (name, schemas) in found {
            let schema = match schemas.as_slice() {
                [only] => self.boxed(*only),
                several => {
                    let any_of = several.iter().map(|schema| self.schema(*schema)).collect();
                    let schema_kind = SchemaKind::AnyOf { any_of };
                    ReferenceOr::Item(Box::new(Schema { schema_data: SchemaData::default(), schema_kind }))
                }
            };
            properties.insert(name.to_owned(), schema);
        }
    }
}
