//! Keywords of JSON Schema 2020-12 that hold schemas or depend on other properties.

use super::values::shown;
use super::{At, Comparison, Kind, Rule, Schema, Word, matched};
use crate::drift::Class;
use crate::source::Node;

/// Keywords that hold one schema, with the rules of it coming and going.
const SINGLE: &[(Word, &str, [Rule; 2])] = &[
    (Word::Contains, "contains", [Rule::ContainsAdded, Rule::ContainsRemoved]),
    (Word::If, "if", [Rule::IfAdded, Rule::IfRemoved]),
    (Word::Then, "then", [Rule::ThenAdded, Rule::ThenRemoved]),
    (Word::Else, "else", [Rule::ElseAdded, Rule::ElseRemoved]),
    (Word::PropertyNames, "propertyNames", [Rule::PropertyNamesAdded, Rule::PropertyNamesRemoved]),
    (
        Word::UnevaluatedItems,
        "unevaluatedItems",
        [Rule::UnevaluatedItemsAdded, Rule::UnevaluatedItemsRemoved],
    ),
    (
        Word::UnevaluatedProperties,
        "unevaluatedProperties",
        [Rule::UnevaluatedPropertiesAdded, Rule::UnevaluatedPropertiesRemoved],
    ),
    (Word::ContentSchema, "contentSchema", [Rule::ContentSchemaAdded, Rule::ContentSchemaRemoved]),
];

/// Keywords that hold schemas by name.
const MAPS: &[(Word, &str, [Rule; 2])] = &[
    (Word::DependentSchemas, "dependentSchemas", [Rule::DependentSchemaAdded, Rule::DependentSchemaRemoved]),
    (
        Word::PatternProperties,
        "patternProperties",
        [Rule::PatternPropertyAdded, Rule::PatternPropertyRemoved],
    ),
];

impl<'t> Comparison<'_, 't> {
    pub(super) fn keywords(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        for (word, key, [added, removed]) in SINGLE {
            // `true` says nothing.
            let of = |schema: &Schema<'t>| schema.get(*word).filter(|node| node.as_bool() != Some(true));
            match (of(base), of(revision)) {
                (Some(old), Some(new)) => self.pair(&at.within(key), old, new),
                (None, Some(new)) => self.found(at, *added, (base.node, new), &[]),
                (Some(old), None) => self.found(at, *removed, (old, revision.node), &[]),
                (None, None) => {}
            }
        }
        for (word, key, [added, removed]) in MAPS {
            for (name, old, new) in matched(entries(base, *word), entries(revision, *word)) {
                let shown = format!("`{name}`");
                match (old, new) {
                    (Some(old), Some(new)) => self.pair(&at.within(&format!("{key}[{name}]")), old, new),
                    (None, Some(new)) => self.found(at, *added, (base.node, new), &[&shown]),
                    (Some(old), None) => self.found(at, *removed, (old, revision.node), &[&shown]),
                    (None, None) => {}
                }
            }
        }
        self.dependent_required(at, base, revision);
        self.prefix_items(at, base, revision);
        self.text_content(at, base, revision);
    }

    fn dependent_required(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let names = |node: Node<'t>| {
            let mut names: Vec<&str> = node.items().filter_map(|item| item.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let listed = |node: Node<'t>| format!("`{}`", names(node).join("`, `"));
        let word = Word::DependentRequired;
        let saying = |schema: &Schema<'t>| {
            let mut entries = entries(schema, word);
            entries.retain(|(_, node)| !names(*node).is_empty());
            entries
        };
        for (name, old, new) in matched(saying(base), saying(revision)) {
            let shown = format!("`{name}`");
            match (old, new) {
                (None, Some(new)) => {
                    self.found(at, Rule::DependentRequiredAdded, (base.node, new), &[&shown, &listed(new)]);
                }
                (Some(old), None) => {
                    self.found(
                        at,
                        Rule::DependentRequiredRemoved,
                        (old, revision.node),
                        &[&shown, &listed(old)],
                    );
                }
                (Some(old), Some(new)) if names(old) != names(new) => {
                    let values = format!("{} became {}", listed(old), listed(new));
                    let (was, is) = (names(old), names(new));
                    let more = was.iter().all(|name| is.contains(name));
                    let less = is.iter().all(|name| was.contains(name));
                    // Where more has to be there, less can be sent, and less can come.
                    let class = match (at.place.received, more, less) {
                        (true, true, false) | (false, false, true) => Class::Additive,
                        _ => Class::Breaking,
                    };
                    let kind = Kind::at(at.place, Rule::DependentRequiredChanged);
                    self.put(at, kind, class, (old, new), &[&shown, &values]);
                }
                _ => {}
            }
        }
    }

    fn prefix_items(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let of = |schema: &Schema<'t>| {
            let items: Vec<Node<'t>> = schema.branches(Word::PrefixItems).collect();
            items.into_iter().enumerate().collect::<Vec<_>>()
        };
        for (number, old, new) in matched(of(base), of(revision)) {
            let shown = format!("item {}", number + 1);
            match (old, new) {
                (Some(old), Some(new)) => self.pair(&at.within(&format!("prefixItems[{number}]")), old, new),
                (None, Some(new)) => {
                    // What stands at a place that no list names is for `items` to say.
                    let items = base.get(Word::Items);
                    if !items.is_some_and(|items| self.same_values(items, new)) {
                        self.found(at, Rule::PrefixItemsAdded, (base.node, new), &[&shown]);
                    }
                }
                (Some(old), None) => {
                    let items = revision.get(Word::Items);
                    if !items.is_some_and(|items| self.same_values(old, items)) {
                        self.found(at, Rule::PrefixItemsRemoved, (old, revision.node), &[&shown]);
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn text_content(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        for (word, rule) in [
            (Word::ContentEncoding, Rule::ContentEncodingChanged),
            (Word::ContentMediaType, Rule::ContentMediaTypeChanged),
        ] {
            let (old, new) = (base.text(word), revision.text(word));
            if old != new {
                let node = |schema: &Schema<'t>| schema.get(word).unwrap_or(schema.node);
                let value =
                    |schema: &Schema<'t>| schema.get(word).map_or_else(|| "nothing".to_owned(), shown);
                let (from, to) = (value(base), value(revision));
                self.found(at, rule, (node(base), node(revision)), &[&from, &to]);
            }
        }
    }
}

fn entries<'t>(schema: &Schema<'t>, word: Word) -> Vec<(&'t str, Node<'t>)> {
    let map = schema.get(word).into_iter().flat_map(|map| map.entries());
    map.map(|entry| (entry.key, entry.value)).collect()
}
