//! Lists whose first items have types of their own.

use crate::diagnostic::{Code, Diagnostic};

use super::build::Builder;
use super::facts::{Facts, Place};
use super::finish::strong_components;
use super::graph::{Tuple, TypeId, TypeKind, TypeRef, Types};

impl<'d> Builder<'d> {
    /// A list, or a tuple where the schema has `prefixItems`.
    pub(super) fn list(&mut self, facts: &Facts<'d>, place: &Place<'d>) -> TypeKind {
        let count = facts.prefix.len();
        if count > Tuple::LONGEST {
            let message = format!(
                "{count} leading items with schemas of their own, and more than {} are not written as types yet; they are any JSON",
                Tuple::LONGEST
            );
            self.report(Diagnostic::warning(Code::LongTuple, message), &place.pointer);
            return TypeKind::Array(self.any(&format!("{}/items", place.pointer)));
        }
        if count == 0 {
            return TypeKind::Array(self.items(facts, place));
        }
        let items = facts.prefix.iter().map(|places| self.type_of_all(places)).collect();
        let required = facts.limits.least_items().min(count);
        TypeKind::Tuple(Tuple { items, required, rest: self.items(facts, place) })
    }
}

/// Tuples have no name, so one that holds itself by way of what has none either could never be written to its end; and one that requires
/// itself has no value. What they hold is any JSON.
pub(super) fn end_recursion(builder: &mut Builder<'_>) {
    let nameless = |types: &Types, id: TypeId| match &types.get(id).kind {
        TypeKind::Array(held) | TypeKind::Map(held) => vec![held.id],
        kind @ TypeKind::Tuple(_) => kind.uses().into_iter().map(|held| held.id).collect(),
        _ => Vec::new(),
    };
    let message =
        "a tuple that holds itself by way of lists and maps alone; what it holds is taken as any JSON";
    cut(builder, nameless, Code::NamelessRecursion, message);
    let needed = |held: &TypeRef| !held.nullable;
    let required = |types: &Types, id: TypeId| match &types.get(id).kind {
        TypeKind::Object(object) => {
            let fields = object.fields.iter().filter(|field| field.required);
            fields.map(|field| field.type_ref).filter(needed).map(|held| held.id).collect()
        }
        TypeKind::Tuple(tuple) => {
            tuple.items.iter().take(tuple.required).filter(|held| needed(held)).map(|held| held.id).collect()
        }
        _ => Vec::new(),
    };
    let message = "a tuple requires what requires it again, so no value could ever end; what it holds is taken as any JSON";
    cut(builder, required, Code::EndlessType, message);
}

/// Turns every tuple that these edges lead back to into a list of any JSON.
fn cut(builder: &mut Builder<'_>, edges: impl Fn(&Types, TypeId) -> Vec<TypeId>, code: Code, message: &str) {
    let types = &builder.types;
    if !types.iter().any(|(_, found)| matches!(found.kind, TypeKind::Tuple(_))) {
        return;
    }
    let all: Vec<Vec<usize>> = types
        .iter()
        .map(|(id, _)| edges(types, id).into_iter().map(|target| target.0 as usize).collect())
        .collect();
    let component = strong_components(&all);
    let leads_back = |id: TypeId| {
        let own = id.0 as usize;
        all.get(own)
            .is_some_and(|targets| targets.iter().any(|target| component.get(*target) == component.get(own)))
    };
    let circles: Vec<TypeId> = types
        .iter()
        .filter(|(id, found)| matches!(found.kind, TypeKind::Tuple(_)) && leads_back(*id))
        .map(|(id, _)| id)
        .collect();
    for id in circles {
        let pointer = builder.types.get(id).pointer.clone();
        let any = builder.any(&format!("{pointer}/items"));
        if let Some(found) = builder.types.all.get_mut(id.0 as usize) {
            found.kind = TypeKind::Array(any);
        }
        builder.report(Diagnostic::warning(code, message), &pointer);
    }
}
