//! Servers and their variables.

use super::values::{same, shown};
use super::{Comparison, DOCUMENT, Named, matched};
use crate::drift::view::Operation;
use crate::source::Node;

type Servers<'t> = Vec<(String, Node<'t>)>;

impl<'t> Comparison<'_, 't> {
    /// The servers of an operation, where one side has its own.
    pub(super) fn operation_servers(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        if old.called_back {
            return;
        }
        let (own, owned) = (self.base.own_servers(old), self.revision.own_servers(new));
        if own.is_some() || owned.is_some() {
            let before = own.unwrap_or_else(|| self.base.servers());
            let after = owned.unwrap_or_else(|| self.revision.servers());
            return self.servers(unit, before, after, (old.node, new.node));
        }
        let common = match self.common_servers {
            Some(common) => common,
            None => {
                let common = self.new_unit();
                self.common_servers = Some(common);
                common
            }
        };
        self.link(unit, common);
    }

    /// The servers of the document.
    pub(super) fn all_servers(&mut self) {
        let (before, after) = (self.base.servers(), self.revision.servers());
        let unit = self.common_servers.unwrap_or(DOCUMENT);
        self.servers(unit, before, after, (self.base.root(), self.revision.root()));
    }

    fn servers(
        &mut self,
        unit: u32,
        mut before: Servers<'t>,
        mut after: Servers<'t>,
        (old, new): (Node<'t>, Node<'t>),
    ) {
        // A document without servers is served from where it was got, as is one whose server is `/`.
        for servers in [&mut before, &mut after] {
            servers.retain(|(url, _)| url != "/");
        }
        let mut kept = Vec::new();
        before.retain(|(url, node)| match after.iter().position(|(other, _)| other == url) {
            Some(at) => {
                kept.push((url.clone(), *node, after.remove(at).1));
                false
            }
            None => true,
        });
        for (url, from, to) in kept {
            self.variables(unit, &url, from, to);
        }
        if let ([(from, left)], [(to, right)]) = (before.as_slice(), after.as_slice()) {
            let sides = (Some(*left), Some(*right));
            return self.tell(
                unit,
                Named::ServerUrlChanged,
                sides,
                &[&format!("`{from}`"), &format!("`{to}`")],
            );
        }
        for (url, node) in before {
            self.tell(unit, Named::ServerRemoved, (Some(node), Some(new)), &[&format!("`{url}`")]);
        }
        for (url, node) in after {
            self.tell(unit, Named::ServerAdded, (Some(old), Some(node)), &[&format!("`{url}`")]);
        }
    }

    fn variables(&mut self, unit: u32, url: &str, old: Node<'t>, new: Node<'t>) {
        let url = format!("`{url}`");
        let of = |node: Node<'t>| {
            let map = node.get("variables").into_iter().flat_map(|map| map.entries());
            map.map(|entry| (entry.key, entry.value)).collect::<Vec<_>>()
        };
        for (name, from, to) in matched(of(old), of(new)) {
            let title = format!("`{name}`");
            let (from, to) = match (from, to) {
                (Some(from), Some(to)) => (from, to),
                (None, to) => {
                    self.tell(unit, Named::ServerVariableAdded, (Some(old), to), &[&url, &title]);
                    continue;
                }
                (from, None) => {
                    self.tell(unit, Named::ServerVariableRemoved, (from, Some(new)), &[&url, &title]);
                    continue;
                }
            };
            let (before, after) = (from.get("default"), to.get("default"));
            let alike = match (before, after) {
                (Some(before), Some(after)) => same(before, after),
                (before, after) => before.is_none() && after.is_none(),
            };
            if !alike {
                let value = |node: Option<Node<'t>>| node.map_or_else(|| "nothing".to_owned(), shown);
                let sides = (Some(before.unwrap_or(from)), Some(after.unwrap_or(to)));
                let values = [url.as_str(), &value(before), &value(after)];
                self.tell(unit, Named::ServerVariableDefaultChanged, sides, &values);
            }
            // Where nothing is listed, any value will do.
            const ANY: &str = "any that is not listed";
            let (listed, lists) = match (from.get("enum"), to.get("enum")) {
                (Some(listed), Some(lists)) => (listed, lists),
                (None, Some(lists)) => {
                    let sides = (Some(from), Some(lists));
                    self.tell(unit, Named::ServerVariableValueRemoved, sides, &[&url, ANY]);
                    continue;
                }
                (Some(listed), None) => {
                    let sides = (Some(listed), Some(to));
                    self.tell(unit, Named::ServerVariableValueAdded, sides, &[&url, ANY]);
                    continue;
                }
                (None, None) => continue,
            };
            for value in listed.items().filter(|value| !lists.items().any(|other| same(*value, other))) {
                let sides = (Some(value), Some(lists));
                self.tell(unit, Named::ServerVariableValueRemoved, sides, &[&url, &shown(value)]);
            }
            for value in lists.items().filter(|value| !listed.items().any(|other| same(*value, other))) {
                let sides = (Some(listed), Some(value));
                self.tell(unit, Named::ServerVariableValueAdded, sides, &[&url, &shown(value)]);
            }
        }
    }
}
