//! What calls give: an operation's successes and refusals, each as one type. It is settled when all types are there, since two bodies that are
//! written alike are one.

use crate::diagnostic::{Code, Diagnostic};

use super::api::{Media, Operation};
use super::build::{Builder, View};
use super::graph::{Type, TypeId, TypeKind, TypeRef, Types, Union, Variant, VariantTest};
use super::names::{Use, ident, with_mark};
use super::statuses;

/// What the calls of an operation give, taken over its responses.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What a call gives.
    pub success: ResponseBodies,
    /// What a refused call gives, where that is JSON or text.
    pub error: ResponseBodies,
    /// A struct of all headers that responses declare.
    pub headers: Option<TypeRef>,
}

impl Outcome {
    pub(super) fn uses(&self) -> impl Iterator<Item = TypeRef> {
        [self.success.by_status(), self.error.by_status(), self.headers].into_iter().flatten()
    }

    pub(super) fn uses_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        let bodies = [&mut self.success, &mut self.error].into_iter().filter_map(|bodies| match bodies {
            ResponseBodies::ByStatus(type_ref) => Some(type_ref),
            _ => None,
        });
        bodies.chain(&mut self.headers)
    }
}

/// The bodies of several responses.
#[derive(Clone, Copy, Debug, Default)]
pub enum ResponseBodies {
    /// There is none.
    #[default]
    None,
    /// All that have a body have one of the same type.
    One {
        /// Index of the first of them in [`Operation::responses`].
        response: usize,
        /// Whether others have none.
        optional: bool,
    },
    /// A union by status ([`VariantTest::Status`]).
    ByStatus(TypeRef),
    /// Of kinds that no type holds together.
    Mixed,
}

impl ResponseBodies {
    /// The union by status.
    pub fn by_status(self) -> Option<TypeRef> {
        if let Self::ByStatus(type_ref) = self { Some(type_ref) } else { None }
    }
}

/// Settles what the calls of each operation give.
pub(super) fn settle(builder: &mut Builder<'_>, operations: &mut [Operation]) {
    builder.view = View::Response;
    for operation in operations {
        let successes = operation.successes();
        let refusals: Vec<usize> = operation
            .responses
            .iter()
            .enumerate()
            .filter(|(_, response)| response.from == 0 || response.from >= 400)
            // Bytes and sequences of a refusal are there as they came, and no type says more.
            .filter(|(_, response)| {
                let media = response.content.as_ref().map(|content| content.media);
                matches!(media, Some(Media::Json | Media::Text))
            })
            .map(|(index, _)| index)
            .collect();
        let success = bodies(builder, operation, &successes, "Success");
        let error = bodies(builder, operation, &refusals, "Error");
        operation.outcome = Outcome { success, error, headers: operation.outcome.headers };
    }
}

/// The bodies of several responses as one type.
fn bodies(builder: &mut Builder<'_>, operation: &Operation, indexes: &[usize], what: &str) -> ResponseBodies {
    let responses = || indexes.iter().filter_map(|index| Some((*index, operation.responses.get(*index)?)));
    // RFC 9110, 9.3.2: what a HEAD would answer is described, and never sent.
    if operation.head.method == "HEAD" {
        return ResponseBodies::None;
    }
    let mut contents = responses().filter_map(|(index, response)| Some((index, response.content.as_ref()?)));
    let Some((main, first)) = contents.clone().min_by_key(|(index, _)| operation.responses[*index].from)
    else {
        return ResponseBodies::None;
    };
    let others = contents.clone().any(|(_, content)| {
        content.media != first.media || !alike(&builder.types, content.type_ref, first.type_ref, 0)
    });
    if !others {
        let optional = responses().any(|(_, response)| response.content.is_none());
        return ResponseBodies::One { response: main, optional };
    }
    let pointer = format!("{}/responses", operation.head.pointer);
    if contents.any(|(_, content)| !matches!(content.media, Media::Json | Media::Text)) {
        builder.report(
            Diagnostic::warning(
                Code::MixedResponses,
                "the answers of several statuses are of different kinds, and not all are JSON or text; they are taken as bytes",
            ),
            &pointer,
        );
        return ResponseBodies::Mixed;
    }
    let mut variants: Vec<Variant> = Vec::new();
    let mut sorted: Vec<_> = responses().collect();
    // Single statuses, then classes, then `default`, whatever the document's order.
    sorted.sort_by_key(|(_, response)| (response.to - response.from, response.from));
    for (_, response) in sorted {
        let (from, to) = (response.from, response.to);
        let mut name = statuses::name(from, to);
        while variants.iter().any(|known| known.ident == name) {
            name = with_mark(&name, &from.to_string(), Use::Variant);
        }
        let media = response.content.as_ref().map(|content| content.media);
        let type_ref = match &response.content {
            Some(content) => content.type_ref,
            None => builder.any(&response.pointer),
        };
        variants.push(Variant {
            ident: name,
            type_ref,
            test: VariantTest::Status { from, to, media },
            boxed: false,
        });
    }
    let hint = format!("{}{what}", ident(&operation.head.id, Use::Type));
    let kind = TypeKind::Union(Union { discriminator: None, variants, open: false });
    let description = match what {
        "Error" => "What refused calls hold, by status.",
        _ => "What calls give, by status.",
    };
    ResponseBodies::ByStatus(builder.made(&pointer, what, (hint, description), kind))
}

/// Whether two uses are written as the same Rust type and read in the same way.
fn alike(types: &Types, one: TypeRef, other: TypeRef, depth: usize) -> bool {
    if one.nullable != other.nullable || depth > 16 {
        return false;
    }
    if one.id == other.id {
        return true;
    }
    match (&types.get(one.id).kind, &types.get(other.id).kind) {
        (TypeKind::Any, TypeKind::Any) | (TypeKind::Boolean, TypeKind::Boolean) => true,
        (TypeKind::Integer(one), TypeKind::Integer(other)) => one == other,
        (TypeKind::Number(one), TypeKind::Number(other)) => one == other,
        (TypeKind::Text(one), TypeKind::Text(other)) => one == other,
        (TypeKind::Array(one), TypeKind::Array(other)) | (TypeKind::Map(one), TypeKind::Map(other)) => {
            alike(types, *one, *other, depth + 1)
        }
        _ => false,
    }
}

impl Types {
    /// Whether the items of server-sent events are the events as a whole, and not what their `data` holds. An `itemSchema` describes whole
    /// events (OpenAPI 3.2.0, 4.14.4); a `schema` of older documents mostly the data, unless it has the fields of an event.
    pub fn is_event(&self, id: TypeId, by_item: bool) -> bool {
        const FIELDS: [&str; 4] = ["event", "data", "id", "retry"];
        let Type { kind, .. } = self.get(id);
        match kind {
            TypeKind::Object(object) => {
                let has = |name: &str| object.field(name).is_some();
                by_item
                    || (has("event")
                        && has("data")
                        && object.fields.iter().all(|field| FIELDS.contains(&field.name.as_str())))
            }
            TypeKind::Map(_) => by_item,
            TypeKind::Union(union) => {
                // Alternatives of alternatives are nested by people, so not deep; a cycle has no end and is no event.
                union.variants.iter().all(|variant| {
                    !matches!(self.get(variant.type_ref.id).kind, TypeKind::Union(_))
                        && self.is_event(variant.type_ref.id, by_item)
                })
            }
            _ => false,
        }
    }
}

impl Builder<'_> {
    /// A type with a name that no schema describes: what an operation's responses say together.
    pub(super) fn made(
        &mut self,
        pointer: &str,
        what: &str,
        (hint, description): (String, &str),
        kind: TypeKind,
    ) -> TypeRef {
        let made = self.plain(pointer, kind);
        if let Some(made) = self.types.all.get_mut(made.id.0 as usize) {
            made.description = Some(description.to_owned());
        }
        if let Some(standing) = self.standings.get_mut(made.id.0 as usize) {
            standing.hint = hint;
            standing.identity = format!("{pointer} {what}");
        }
        made
    }
}
