//! The items of the generated crate, by the places of the document that they were made from.

use std::collections::{BTreeMap, HashSet};

use super::places;
use crate::drift::view::Document;
use crate::model::TypeKind;
use crate::normalise::Origins;
use crate::plan::Plan;

/// An item of the generated crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// `Type` or `Type.field`.
    pub(super) name: String,
    /// Whether reading goes on where the value is missing.
    pub(super) may_be_missing: bool,
    /// Whether reading goes on where the value is null.
    pub(super) may_be_null: bool,
}

/// The items by JSON Pointers into the base document.
pub(super) type Items = BTreeMap<String, Vec<Item>>;

/// Finds every named type and its fields.
pub(super) fn index(plan: &Plan, origins: &Origins, base: &Document<'_>) -> Items {
    let mut items = Items::new();
    for (_, found) in plan.api.types.iter() {
        let Some(name) = &found.name else { continue };
        let pointer = match origins.node(&found.pointer) {
            Some(node) if !found.pointer.is_empty() => node.pointer(),
            _ => continue,
        };
        let Some(node) = base.root().at(&pointer) else { continue };
        let item = Item { name: name.clone(), may_be_missing: false, may_be_null: false };
        add(&mut items, base.core(node).node.pointer(), item.clone());
        add(&mut items, pointer, item);
        let TypeKind::Object(object) = &found.kind else { continue };
        for field in &object.fields {
            let Some(property) = places::property(base, node, &field.name, &mut HashSet::new(), 8) else { continue };
            let item = Item {
                name: format!("{name}.{}", field.ident),
                may_be_missing: !field.required,
                may_be_null: field.type_ref.nullable || !field.required,
            };
            add(&mut items, property.pointer(), item);
        }
    }
    items
}

fn add(items: &mut Items, pointer: String, item: Item) {
    let known = items.entry(pointer).or_default();
    if !known.contains(&item) {
        known.push(item);
    }
}

/// The items that a pointer is in, the nearest place that has any.
pub(super) fn at<'i>(items: &'i Items, pointer: &str) -> &'i [Item] {
    let mut rest = pointer;
    loop {
        if let Some(found) = items.get(rest) {
            return found;
        }
        let Some((before, _)) = rest.rsplit_once('/') else { return &[] };
        rest = before;
    }
}
