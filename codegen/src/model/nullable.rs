//! Whether null may stand where a schema does. A part of a composition that says nothing about types says nothing about null either: it neither
//! allows what another part refuses nor refuses what another allows.

use std::collections::HashMap;

use openapiv3::{ReferenceOr, Schema, SchemaKind};
use serde_json::Value;

use super::facts::{DEEPEST, Place, SchemaRef, Schemas};

/// What was found at the references that were followed, each once: the same schema may be reached by more ways than could be gone. Nothing is
/// known of one while it is being looked at.
#[derive(Default)]
struct Met<'d> {
    found: HashMap<&'d str, Option<bool>>,
    depth: usize,
}

impl<'d> Schemas<'d> {
    /// Whether null may stand for a value that all these schemas describe.
    pub(super) fn allow_null(&self, places: &[Place<'d>]) -> bool {
        let mut met = Met::default();
        all(places.iter().map(|place| self.null(place.schema, &mut met))).unwrap_or_default()
    }

    /// What a schema says of null; `None` where it says nothing.
    fn null(&self, schema: SchemaRef<'d>, met: &mut Met<'d>) -> Option<bool> {
        match schema {
            SchemaRef::Reference(reference) => {
                if let Some(known) = met.found.get(reference) {
                    return *known;
                }
                if met.depth > DEEPEST {
                    return None;
                }
                let target = self.target(reference)?;
                met.found.insert(reference, None);
                met.depth += 1;
                let found = self.null(target.schema, met);
                met.depth -= 1;
                met.found.insert(reference, found);
                found
            }
            SchemaRef::Item(schema) if schema.schema_data.nullable => Some(true),
            SchemaRef::Item(schema) => self.null_in(schema, met),
        }
    }

    fn null_in(&self, schema: &'d Schema, met: &mut Met<'d>) -> Option<bool> {
        match &schema.schema_kind {
            // Null among the values of a type is `nullable` in the normalised document.
            SchemaKind::Type(_) => Some(false),
            SchemaKind::AllOf { all_of } => self.null_in_all(all_of, met),
            SchemaKind::OneOf { one_of: members } | SchemaKind::AnyOf { any_of: members } => {
                self.null_in_one(members, met)
            }
            SchemaKind::Not { .. } => None,
            SchemaKind::Any(any) => {
                let by_type = any.typ.as_deref().map(|word| word == "null");
                let by_values =
                    (!any.enumeration.is_empty()).then(|| any.enumeration.iter().any(Value::is_null));
                let parts = [
                    by_type,
                    by_values,
                    self.null_in_all(&any.all_of, met),
                    self.null_in_one(&any.one_of, met),
                    self.null_in_one(&any.any_of, met),
                ];
                all(parts.into_iter())
            }
        }
    }

    fn null_in_all(&self, members: &'d [ReferenceOr<Schema>], met: &mut Met<'d>) -> Option<bool> {
        all(members.iter().map(|member| self.null(member.into(), met)))
    }

    /// One alternative that allows it is enough.
    fn null_in_one(&self, members: &'d [ReferenceOr<Schema>], met: &mut Met<'d>) -> Option<bool> {
        members.iter().filter_map(|member| self.null(member.into(), met)).reduce(|a, b| a || b)
    }
}

/// What all say together: nothing, if none says anything.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    parts.flatten().reduce(|a, b| a && b)
}
