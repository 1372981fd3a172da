//! Which operations there are, and what they say of themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::lifecycle::{Ending, Moved, stability, sunset, sunset_sides};
use super::{Comparison, DOCUMENT, Named, matched};
use crate::drift::view::{Document, Operation};
use crate::drift::{Class, Stability};
use crate::normalise::reference_of;
use crate::source::Node;

impl<'t> Comparison<'_, 't> {
    pub(super) fn all_operations(&mut self) {
        let (base, revision) = (self.base.operations(), self.revision.operations());
        let routes: HashSet<String> = revision.iter().map(Operation::route).collect();
        for (old, new) in pairs(base, revision) {
            match (old, new) {
                (Some(old), Some(new)) => self.operation(&old, &new),
                (Some(old), None) => self.removed_operation(&old, !routes.contains(&old.route())),
                (None, Some(new)) => {
                    let unit = self.enter(&new);
                    let held = self.base.holder(new.path);
                    self.tell(unit, Named::EndpointAdded, (Some(held), Some(new.node)), &[]);
                }
                (None, None) => {}
            }
        }
        self.webhooks();
    }

    fn webhooks(&mut self) {
        let (base, revision) = (self.base.webhooks(), self.revision.webhooks());
        fn names<'t>(operations: &[Operation<'t>]) -> BTreeMap<&'t str, Node<'t>> {
            operations.iter().map(|operation| (operation.path, operation.item)).collect()
        }
        let (old_names, new_names) = (names(&base), names(&revision));
        let listed =
            |names: &BTreeMap<&'t str, Node<'t>>| names.iter().map(|(name, node)| (*name, *node)).collect();
        for (name, old, new) in matched(listed(&old_names), listed(&new_names)) {
            let named = match (old, new) {
                (Some(_), None) => Named::WebhookRemoved,
                (None, Some(_)) => Named::WebhookAdded,
                _ => continue,
            };
            let held = |document: &Document<'t>| document.root().get("webhooks").unwrap_or(document.root());
            let sides = (old.unwrap_or_else(|| held(self.base)), new.unwrap_or_else(|| held(self.revision)));
            self.tell(DOCUMENT, named, (Some(sides.0), Some(sides.1)), &[&format!("`{name}`")]);
        }
        for (old, new) in pairs(base, revision) {
            match (old, new) {
                (Some(old), Some(new)) => self.operation(&old, &new),
                (Some(old), None) if new_names.contains_key(old.path) => self.removed_operation(&old, false),
                (None, Some(new)) if old_names.contains_key(new.path) => {
                    let unit = self.enter(&new);
                    let item = old_names.get(new.path).copied();
                    self.tell(unit, Named::EndpointAdded, (item, Some(new.node)), &[]);
                }
                _ => {}
            }
        }
    }

    /// A unit for an operation.
    fn enter(&mut self, operation: &Operation<'t>) -> u32 {
        let unit = self.new_unit();
        self.operations.push((operation.title(), unit));
        unit
    }

    fn removed_operation(&mut self, old: &Operation<'t>, path: bool) {
        let level = stability(old.node);
        if level.is_ok_and(|level| level < self.options.stability) {
            return;
        }
        let unit = self.enter(old);
        let held = if old.called_back { self.revision.root() } else { self.revision.holder(old.path) };
        let sides = (Some(old.node), Some(held));
        let [without, with, before] = if path {
            [
                Named::ApiPathRemovedWithoutDeprecation,
                Named::ApiPathRemovedWithDeprecation,
                Named::ApiPathRemovedBeforeSunset,
            ]
        } else {
            [
                Named::ApiRemovedWithoutDeprecation,
                Named::ApiRemovedWithDeprecation,
                Named::ApiRemovedBeforeSunset,
            ]
        };
        if !deprecated(old.node) {
            return self.tell(unit, without, sides, &[]);
        }
        match sunset(old.node) {
            Some(Err(text)) => self.tell(unit, Named::ApiPathSunsetParse, sides, &[&format!("`{text}`")]),
            Some(Ok(day)) if self.options.today < day => self.tell(unit, before, sides, &[&day.to_string()]),
            _ => self.tell(unit, with, sides, &[]),
        }
    }

    fn operation(&mut self, old: &Operation<'t>, new: &Operation<'t>) {
        let levels = (stability(old.node), stability(new.node));
        let sides = (Some(old.node), Some(new.node));
        let (from, to) = match levels {
            (Ok(from), Ok(to)) => (from, to),
            // What could not be read before is no change.
            (Err(from), Err(to)) if from == to => (Stability::Stable, Stability::Stable),
            (Err(text), _) | (_, Err(text)) => {
                let unit = self.enter(old);
                return self.tell(unit, Named::ApiInvalidStabilityLevel, sides, &[&format!("`{text}`")]);
            }
        };
        if from < self.options.stability {
            return;
        }
        let unit = self.enter(old);
        if from != to {
            let named = if to < from { Named::ApiStabilityDecreased } else { Named::ApiStabilityIncreased };
            self.tell(unit, named, sides, &[from.as_str(), to.as_str()]);
        }
        self.set_grace(unit, self.grace(to));
        self.operation_lifecycle(unit, old, new);
        self.names(unit, old, new);
        self.authorisation(unit, old, new);
        self.operation_servers(unit, old, new);
        self.messages(unit, old, new);
        self.callbacks(unit, old, new);
    }

    /// Parameters, bodies and responses.
    fn messages(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        self.parameters(unit, old, new);
        self.request_body(unit, old, new);
        self.responses(unit, old, new);
    }

    fn operation_lifecycle(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let node = |operation: &Operation<'t>| operation.node.get("deprecated").unwrap_or(operation.node);
        let sides = (Some(node(old)), Some(node(new)));
        let level = stability(new.node).unwrap_or(Stability::Stable);
        match (deprecated(old.node), deprecated(new.node)) {
            (true, false) => self.tell(unit, Named::EndpointReactivated, sides, &[]),
            (false, true) => match self.ending(new.node, self.grace(level)) {
                Ending::Open => self.tell(unit, Named::EndpointDeprecated, sides, &[]),
                Ending::Missing => self.tell(unit, Named::ApiDeprecatedSunsetMissing, sides, &[]),
                Ending::Unreadable(text) => {
                    self.tell(unit, Named::ApiDeprecatedSunsetParse, sides, &[&format!("`{text}`")]);
                }
                Ending::TooSoon(day, days) => {
                    let values = [day.to_string(), self.too_soon(day, days)];
                    self.tell(unit, Named::ApiSunsetDateTooSmall, sides, &[&values[0], &values[1]]);
                }
                Ending::On(day) => {
                    self.tell(unit, Named::EndpointDeprecatedWithSunset, sides, &[&day.to_string()]);
                }
            },
            (true, true) => {
                let Some(moved) = self.moved(old.node, new.node, self.grace(level)) else { return };
                let (named, values) = match moved {
                    Moved::Gone => (Named::SunsetDeleted, vec![]),
                    Moved::Added(day) => (Named::ApiSunsetAdded, vec![day.to_string()]),
                    Moved::Unreadable(text) => (Named::ApiPathSunsetParse, vec![format!("`{text}`")]),
                    Moved::To(from, to) => {
                        (Named::ApiSunsetDateChanged, vec![from.to_string(), to.to_string()])
                    }
                    Moved::TooSoon(from, to, days) => {
                        let values = vec![from.to_string(), to.to_string(), self.too_soon(to, days)];
                        (Named::ApiSunsetDateChangedTooSmall, values)
                    }
                };
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.tell(unit, named, sunset_sides(old.node, new.node), &values);
            }
            (false, false) => {}
        }
    }

    /// Operation id and tags.
    fn names(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let id = |operation: &Operation<'t>| operation.node.get("operationId");
        let text =
            |node: Option<Node<'t>>| node.and_then(|node| node.as_str()).filter(|text| !text.is_empty());
        let sides = (id(old).or(Some(old.node)), id(new).or(Some(new.node)));
        match (text(id(old)), text(id(new))) {
            (None, Some(name)) => self.tell(unit, Named::ApiOperationIdAdded, sides, &[&format!("`{name}`")]),
            (Some(from), to) if Some(from) != to => {
                let to = to.map_or_else(|| "nothing".to_owned(), |to| format!("`{to}`"));
                self.tell(unit, Named::ApiOperationIdRemoved, sides, &[&format!("`{from}`"), &to]);
            }
            _ => {}
        }
        let tags = |operation: &Operation<'t>| {
            let list = operation.node.get("tags").into_iter().flat_map(|tags| tags.items());
            list.filter_map(|tag| Some((tag.as_str()?, tag))).collect()
        };
        for (tag, from, to) in matched(tags(old), tags(new)) {
            let shown = format!("`{tag}`");
            match (from, to) {
                (None, Some(to)) => {
                    let sides = (Some(old.node), Some(to));
                    self.tell_once(
                        unit,
                        Named::ApiTagAdded,
                        Class::Editorial,
                        sides,
                        &[&shown],
                        (false, false),
                    );
                }
                (Some(from), None) => {
                    let sides = (Some(from), Some(new.node));
                    self.tell_once(
                        unit,
                        Named::ApiTagRemoved,
                        Class::Editorial,
                        sides,
                        &[&shown],
                        (false, false),
                    );
                }
                _ => {}
            }
        }
    }

    fn callbacks(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let (base, revision) = (self.base.callbacks(old), self.revision.callbacks(new));
        type Called<'t> = (&'t str, Node<'t>, Operation<'t>);
        fn keyed<'t>(list: Vec<Called<'t>>) -> BTreeMap<String, Called<'t>> {
            // What stands in braces says where the client names its address, which is on the wire.
            let key = |(name, _, called): &Called<'t>| format!("{name} {} {}", called.path, called.method);
            list.into_iter().map(|called| (key(&called), called)).collect()
        }
        let (mut base, mut revision) = (keyed(base), keyed(revision));
        let keys: BTreeSet<String> = base.keys().chain(revision.keys()).cloned().collect();
        for wanted in keys {
            match (base.remove(&wanted), revision.remove(&wanted)) {
                (Some((_, _, old)), Some((_, _, new))) => self.messages(unit, &old, &new),
                (Some((name, node, _)), None) => {
                    self.tell(
                        unit,
                        Named::CallbackRemoved,
                        (Some(node), Some(new.node)),
                        &[&format!("`{name}`")],
                    );
                }
                (None, Some((name, node, _))) => {
                    self.tell(
                        unit,
                        Named::CallbackAdded,
                        (Some(old.node), Some(node)),
                        &[&format!("`{name}`")],
                    );
                }
                (None, None) => {}
            }
        }
    }

    /// Named schemas that nothing refers to and that only one side has.
    pub(super) fn orphans(&mut self) {
        let names = |schemas: Option<Node<'t>>| -> HashMap<&'t str, Node<'t>> {
            let entries = schemas.into_iter().flat_map(|schemas| schemas.entries());
            entries.map(|entry| (entry.key, entry.value)).collect()
        };
        let (old, new) = (names(self.base.schemas()), names(self.revision.schemas()));
        let sides = [
            (&old, &new, self.base.root(), Named::ApiSchemaRemoved),
            (&new, &old, self.revision.root(), Named::ApiSchemaAdded),
        ];
        for (here, there, root, named) in sides {
            let mut only: Vec<(&str, Node<'t>)> = here
                .iter()
                .filter(|(name, _)| !there.contains_key(*name))
                .map(|(name, node)| (*name, *node))
                .collect();
            if only.is_empty() {
                continue;
            }
            only.sort_by_key(|(name, _)| *name);
            let used = referred(root);
            for (name, node) in only.into_iter().filter(|(name, _)| !used.contains(*name)) {
                let sides = if named == Named::ApiSchemaRemoved {
                    (Some(node), Some(self.revision.schemas_holder()))
                } else {
                    (Some(self.base.schemas_holder()), Some(node))
                };
                self.tell(DOCUMENT, named, sides, &[&format!("`{name}`")]);
            }
        }
    }
}

/// The last parts of all references of a document.
fn referred(root: Node<'_>) -> HashSet<&str> {
    let mut found = HashSet::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if let Some((reference, _)) = reference_of(node) {
            found.extend(reference.rsplit('/').next());
        }
        open.extend(node.entries().map(|entry| entry.value));
        open.extend(node.items());
    }
    found
}

fn deprecated(node: Node<'_>) -> bool {
    node.get("deprecated").and_then(|value| value.as_bool()) == Some(true)
}

/// Operations that belong together: of the same path and method, else of paths that differ in the names of their parameters only. By path
/// and method.
fn pairs<'t>(
    base: Vec<Operation<'t>>,
    revision: Vec<Operation<'t>>,
) -> Vec<(Option<Operation<'t>>, Option<Operation<'t>>)> {
    let mut left: Vec<Option<Operation<'t>>> = revision.into_iter().map(Some).collect();
    let mut exact: HashMap<(String, String), usize> = HashMap::new();
    let mut alike: HashMap<(String, String), usize> = HashMap::new();
    for (at, operation) in left.iter().enumerate() {
        let Some(operation) = operation else { continue };
        exact.entry((operation.path.to_owned(), operation.method.clone())).or_insert(at);
        alike.entry((operation.route(), operation.method.clone())).or_insert(at);
    }
    let mut pairs = Vec::new();
    let mut waiting = Vec::new();
    for old in base {
        let found =
            exact.get(&(old.path.to_owned(), old.method.clone())).and_then(|at| left.get_mut(*at)?.take());
        match found {
            Some(new) => pairs.push((Some(old), Some(new))),
            None => waiting.push(old),
        }
    }
    for old in waiting {
        let new = alike.get(&(old.route(), old.method.clone())).and_then(|at| left.get_mut(*at)?.take());
        pairs.push((Some(old), new));
    }
    pairs.extend(left.into_iter().flatten().map(|new| (None, Some(new))));
    pairs.sort_by_cached_key(|(old, new)| {
        new.as_ref().or(old.as_ref()).map(|operation| (operation.path.to_owned(), operation.method.clone()))
    });
    pairs
}
