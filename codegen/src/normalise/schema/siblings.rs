//! References to schemas, and what stands beside them.

use indexmap::IndexMap;
use openapiv3::{AnySchema, ReferenceOr, Schema, SchemaData, SchemaKind};

use super::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

impl<'t> Reader<'_, 't> {
    /// A reference with whatever stands beside it.
    pub(super) fn reference(&mut self, node: Node<'t>, reference: &str, at: Node<'t>) -> ReferenceOr<Schema> {
        let target = self.context.schema_reference(reference, at);
        let beside: Vec<&str> = node
            .entries()
            .map(|entry| entry.key)
            .filter(|key| {
                *key != "$ref"
                    && (!key.starts_with("x-") || *key == self.context.rules.nullable)
                    && !matches!(*key, "example" | "examples" | "$comment")
            })
            .collect();
        if beside.is_empty() {
            return target;
        }
        let siblings = self.context.rules.reference_siblings;
        let nullable = self.context.rules.nullable;
        let annotation = |key: &&str| {
            *key == nullable
                || matches!(
                    *key,
                    "nullable"
                        | "description"
                        | "title"
                        | "default"
                        | "deprecated"
                        | "readOnly"
                        | "writeOnly"
                )
        };
        if !siblings {
            self.tell_siblings(node, &beside, annotation);
        }
        let mut all_of = vec![target];
        if siblings && !beside.iter().all(annotation) {
            let Schema { schema_data, schema_kind } = self.inline(node);
            if schema_kind != SchemaKind::Any(AnySchema::default()) {
                let extensions = schema_data.extensions.clone();
                let schema_data_inner = SchemaData { extensions, ..SchemaData::default() };
                all_of.push(ReferenceOr::Item(Schema { schema_data: schema_data_inner, schema_kind }));
            }
            let schema_data = SchemaData { extensions: IndexMap::new(), ..schema_data };
            return ReferenceOr::Item(Schema { schema_data, schema_kind: SchemaKind::AllOf { all_of } });
        }
        if !beside.iter().any(annotation) {
            return all_of.remove(0);
        }
        let mut schema_data = self.annotations(node);
        schema_data.nullable = self.nullable(node);
        schema_data.default = self.context.get(node, "default").map(|value| value.to_json());
        ReferenceOr::Item(Schema { schema_data, schema_kind: SchemaKind::AllOf { all_of } })
    }

    /// In OpenAPI 3.0 nothing beside `$ref` counts; writers mean it all the same, so annotations are kept.
    fn tell_siblings(&mut self, node: Node<'t>, beside: &[&str], annotation: impl Fn(&&str) -> bool) {
        let quoted =
            |keys: Vec<&&str>| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let (kept, ignored): (Vec<&&str>, Vec<&&str>) = beside.iter().partition(|key| annotation(key));
        let name = self.context.rules.name;
        if ignored.is_empty() {
            let message =
                format!("{name} ignores what stands beside `$ref`; kept all the same: {}", quoted(kept));
            let span = node.entries().next().map_or(node.span(), |entry| entry.key_span);
            let note = Diagnostic::note(Code::ReferenceSiblings, message).at(span).pointer(node.pointer());
            self.context.diagnostics.push(note);
        } else {
            let message = format!("{name} ignores what stands beside `$ref`: {}", quoted(ignored));
            self.context.warn_object(Code::ReferenceSiblings, node, message);
        }
    }
}
