//! A document while actions change it: as JSON, which JSONPath is evaluated on, and beside it as nodes with their places.

use serde_json::Value;

use super::query::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Composer, Limits, Node, Span, Tree};

/// Bytes of text that weigh as much as one value.
const BYTES_PER_VALUE: usize = 16;

/// A value whose parts may have been changed.
#[derive(Clone)]
pub(super) enum Item<'t> {
    /// As it was read.
    Kept(Node<'t>),
    /// An object: where it stood, and its entries.
    Object(Node<'t>, Vec<Entry<'t>>),
    /// A list: where it stood, and its items.
    Array(Node<'t>, Vec<Item<'t>>),
}

#[derive(Clone)]
pub(super) struct Entry<'t> {
    key: &'t str,
    /// The value that the key was read with.
    keyed: Node<'t>,
    item: Item<'t>,
}

impl<'t> Item<'t> {
    /// The entries, to be changed; `None` where this is no object.
    fn entries(&mut self) -> Option<&mut Vec<Entry<'t>>> {
        if let Item::Kept(node) = self
            && node.is_object()
        {
            let entries = node.entries();
            let entries = entries.map(|entry| Entry {
                key: entry.key,
                keyed: entry.value,
                item: Item::Kept(entry.value),
            });
            *self = Item::Object(*node, entries.collect());
        }
        match self {
            Item::Object(_, entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, to be changed; `None` where this is no list.
    fn items(&mut self) -> Option<&mut Vec<Item<'t>>> {
        if let Item::Kept(node) = self
            && node.is_array()
        {
            *self = Item::Array(*node, node.items().map(Item::Kept).collect());
        }
        match self {
            Item::Array(_, items) => Some(items),
            _ => None,
        }
    }

    fn child(&mut self, step: &Step) -> Option<&mut Item<'t>> {
        match step {
            Step::Name(name) => {
                self.entries()?.iter_mut().find(|entry| entry.key == name).map(|entry| &mut entry.item)
            }
            Step::Index(index) => self.items()?.get_mut(*index),
        }
    }

    fn write(&self, composer: &mut Composer) {
        match self {
            Item::Kept(node) => composer.copy(*node),
            Item::Object(node, entries) => {
                let opened = composer.begin(*node);
                for entry in entries {
                    composer.copy_key(entry.keyed);
                    entry.item.write(composer);
                }
                composer.end(&opened, entries.len());
            }
            Item::Array(node, items) => {
                let opened = composer.begin(*node);
                items.iter().for_each(|item| item.write(composer));
                composer.end(&opened, items.len());
            }
        }
    }
}

/// The document.
pub(super) struct Edit<'t> {
    document: &'t Tree,
    pub(super) value: Value,
    item: Item<'t>,
    limits: &'t Limits,
    added: usize,
}

impl<'t> Edit<'t> {
    pub(super) fn new(document: &'t Tree, limits: &'t Limits) -> Self {
        let root = document.root();
        Self { document, value: root.to_json(), item: Item::Kept(root), limits, added: 0 }
    }

    pub(super) fn finish(self) -> Tree {
        let mut composer = Composer::new(self.document);
        self.item.write(&mut composer);
        composer.finish(std::collections::BTreeMap::new())
    }

    /// How many values and keys there are, or a little more.
    pub(super) fn size(&self) -> usize {
        self.document.node_count().saturating_add(self.added)
    }

    /// What stands at a place, in both forms.
    pub(super) fn get(&mut self, steps: &[Step]) -> Option<(Item<'t>, Value)> {
        let (item, value) = at(&mut self.item, &mut self.value, steps)?;
        Some((item.clone(), value.clone()))
    }

    /// Removes what stands at the places. `target` is where the action says so.
    pub(super) fn remove(&mut self, mut places: Vec<Vec<Step>>, target: Span) -> Result<(), Diagnostic> {
        // From the back, so that no place is moved by what was removed before it.
        places.sort();
        for steps in places.iter().rev() {
            let Some((last, parent)) = steps.split_last() else {
                let message = "the document as a whole cannot be removed";
                return Err(Diagnostic::error(Code::BadAction, message).at(target));
            };
            let Some((item, value)) = at(&mut self.item, &mut self.value, parent) else { continue };
            match last {
                Step::Name(name) => {
                    if let Some(object) = value.as_object_mut() {
                        object.remove(name);
                    }
                    if let Some(entries) = item.entries() {
                        entries.retain(|entry| entry.key != name);
                    }
                }
                Step::Index(index) => {
                    if let Some(array) = value.as_array_mut().filter(|array| *index < array.len()) {
                        array.remove(*index);
                    }
                    if let Some(items) = item.items().filter(|items| *index < items.len()) {
                        items.remove(*index);
                    }
                }
            }
        }
        Ok(())
    }

    /// Merges a value into what stands at the places. `from` is where the value stands in the overlay.
    pub(super) fn update(
        &mut self,
        places: &[Vec<Step>],
        item: &Item<'t>,
        value: &Value,
        from: Span,
    ) -> Result<(), Diagnostic> {
        let (weight, height) = measure(value);
        let deepest = places.iter().map(Vec::len).max().unwrap_or_default() + height + 1;
        self.added = self.added.saturating_add(weight.saturating_mul(places.len()));
        if self.added > self.limits.aliases || deepest > self.limits.depth {
            let message = "the overlay makes the document larger or deeper than the limits allow";
            return Err(Diagnostic::error(Code::LimitExceeded, message).at(from));
        }
        for steps in places {
            let Some((old_item, old)) = at(&mut self.item, &mut self.value, steps) else { continue };
            if let Value::Array(array) = old
                && !value.is_array()
            {
                array.push(value.clone());
                old_item.items().into_iter().for_each(|items| items.push(item.clone()));
                continue;
            }
            let kind = |value: &Value| match value {
                Value::Object(_) => 0,
                Value::Array(_) => 1,
                _ => 2,
            };
            if kind(old) != kind(value) {
                let name = ["an object", "a list", "a simple value"];
                let wanted = name.get(kind(old)).copied().unwrap_or_default();
                let message =
                    format!("the action's target is {wanted}; what is merged into it has to be one too");
                return Err(Diagnostic::error(Code::BadAction, message).at(from));
            }
            merge(old_item, old, item.clone(), value);
        }
        Ok(())
    }
}

/// What stands at a place, to be changed.
fn at<'i, 't>(
    mut item: &'i mut Item<'t>,
    mut value: &'i mut Value,
    steps: &[Step],
) -> Option<(&'i mut Item<'t>, &'i mut Value)> {
    for step in steps {
        value = match step {
            Step::Name(name) => value.get_mut(name)?,
            Step::Index(index) => value.get_mut(*index)?,
        };
        item = item.child(step)?;
    }
    Some((item, value))
}

fn merge<'t>(old_item: &mut Item<'t>, old: &mut Value, mut item: Item<'t>, value: &Value) {
    match (old, value) {
        (Value::Object(old), Value::Object(new)) => {
            let (Some(old_entries), Some(entries)) = (old_item.entries(), item.entries()) else { return };
            for entry in std::mem::take(entries) {
                let Some(value) = new.get(entry.key) else { continue };
                let known = old_entries.iter_mut().find(|known| known.key == entry.key);
                match (known, old.get_mut(entry.key)) {
                    (Some(known), Some(old)) => merge(&mut known.item, old, entry.item, value),
                    _ => {
                        old.insert(entry.key.to_owned(), value.clone());
                        old_entries.push(entry);
                    }
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let (Some(old_items), Some(items)) = (old_item.items(), item.items()) else { return };
            old.extend(new.iter().cloned());
            old_items.append(items);
        }
        (old, new) => {
            *old = new.clone();
            *old_item = item;
        }
    }
}

/// How much a value weighs, and how many containers stand within one another in it.
fn measure(value: &Value) -> (usize, usize) {
    match value {
        Value::Object(map) => map.iter().fold((1, 1), |(weight, height), (key, value)| {
            let (own, below) = measure(value);
            (weight + 1 + key.len() / BYTES_PER_VALUE + own, height.max(below + 1))
        }),
        Value::Array(items) => items.iter().fold((1, 1), |(weight, height), value| {
            let (own, below) = measure(value);
            (weight + own, height.max(below + 1))
        }),
        Value::String(text) => (1 + text.len() / BYTES_PER_VALUE, 0),
        _ => (1, 0),
    }
}
