//! Security: what operations ask for, and the schemes that they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Comparison, Named, matched};
use crate::drift::view::{Operation, Requirement, Scheme};
use crate::source::Node;

/// The kinds of a requirement's changes: added, removed, scope added, scope removed.
const OWN: [Named; 4] = [
    Named::ApiSecurityAdded,
    Named::ApiSecurityRemoved,
    Named::ApiSecurityScopeAdded,
    Named::ApiSecurityScopeRemoved,
];
const GLOBAL: [Named; 4] = [
    Named::ApiGlobalSecurityAdded,
    Named::ApiGlobalSecurityRemoved,
    Named::ApiGlobalSecurityScopeAdded,
    Named::ApiGlobalSecurityScopeRemoved,
];

/// Units of what the whole document asks for and of each scheme, which operations lead to.
#[derive(Default)]
pub(super) struct SecurityUnits {
    global: Option<u32>,
    schemes: BTreeMap<String, u32>,
}

fn is_open(requirements: &[Requirement<'_>]) -> bool {
    requirements.is_empty() || requirements.iter().any(|requirement| requirement.schemes.is_empty())
}

impl<'t> Comparison<'_, 't> {
    /// What an operation asks for.
    pub(super) fn authorisation(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let before = self.base.authorised_by(old);
        let after = self.revision.authorised_by(new);
        let names = before.iter().chain(&after).flat_map(|requirement| &requirement.schemes);
        let names: BTreeSet<&str> = names.map(|(name, _)| *name).collect();
        for name in names {
            let scheme = match self.security.schemes.get(name) {
                Some(scheme) => *scheme,
                None => {
                    let scheme = self.new_unit();
                    self.security.schemes.insert(name.to_owned(), scheme);
                    scheme
                }
            };
            self.link(unit, scheme);
        }
        let own = [old.node, new.node].iter().any(|node| node.get("security").is_some());
        if own {
            let sides = (old.node, new.node);
            self.requirements(unit, (&before, &after), sides, OWN);
            return;
        }
        let global = match self.security.global {
            Some(global) => global,
            None => {
                let global = self.new_unit();
                self.security.global = Some(global);
                global
            }
        };
        self.link(unit, global);
    }

    fn requirements(
        &mut self,
        unit: u32,
        (before, after): (&[Requirement<'t>], &[Requirement<'t>]),
        (old, new): (Node<'t>, Node<'t>),
        [added, removed, scope_added, scope_removed]: [Named; 4],
    ) {
        let mut left: Vec<&Requirement<'t>> = before.iter().collect();
        let mut right: Vec<&Requirement<'t>> = after.iter().collect();
        left.retain(|old| match right.iter().position(|new| new.schemes == old.schemes) {
            Some(at) => {
                right.remove(at);
                false
            }
            None => true,
        });
        let names = |requirement: &Requirement<'t>| {
            requirement.schemes.iter().map(|(name, _)| *name).collect::<Vec<&str>>()
        };
        let mut pairs = Vec::new();
        left.retain(|old| match right.iter().position(|new| names(new) == names(old)) {
            Some(at) => {
                pairs.push((*old, right.remove(at)));
                false
            }
            None => true,
        });
        for (from, to) in pairs {
            let sides = (Some(from.node), Some(to.node));
            for ((name, before), (_, after)) in from.schemes.iter().zip(&to.schemes) {
                let scheme = format!("`{name}`");
                for scope in after.iter().filter(|scope| !before.contains(scope)) {
                    self.tell(unit, scope_added, sides, &[&format!("`{scope}`"), &scheme]);
                }
                for scope in before.iter().filter(|scope| !after.contains(scope)) {
                    self.tell(unit, scope_removed, sides, &[&format!("`{scope}`"), &scheme]);
                }
            }
        }
        // Who asks for something where nothing was asked for shuts its clients out; who asks for nothing any more lets all in.
        let (was_open, opened) = (is_open(before), is_open(after));
        for to in right {
            let class = if was_open && !opened { Class::Breaking } else { added.class() };
            self.tell_as(unit, added, class, (Some(old), Some(to.node)), &[&to.title()]);
        }
        for from in left {
            let class = if opened { Class::Additive } else { removed.class() };
            self.tell_as(unit, removed, class, (Some(from.node), Some(new)), &[&from.title()]);
        }
    }

    /// What the whole document asks for, and the schemes.
    pub(super) fn all_security(&mut self) {
        let (old, new) = (self.base.root(), self.revision.root());
        let before = self.base.requirements(old).unwrap_or_default();
        let after = self.revision.requirements(new).unwrap_or_default();
        let global = self.security.global.unwrap_or(super::DOCUMENT);
        self.requirements(global, (&before, &after), (old, new), GLOBAL);
        let (base, revision) = (self.base.schemes(), self.revision.schemes());
        let keyed = |schemes: &[Scheme<'t>]| {
            schemes.iter().enumerate().map(|(at, scheme)| (scheme.name, at)).collect::<Vec<_>>()
        };
        for (name, from, to) in matched(keyed(&base), keyed(&revision)) {
            let used = self.security.schemes.get(name).copied();
            let from = from.and_then(|at| base.get(at));
            let to = to.and_then(|at| revision.get(at));
            self.scheme(name, used, from, to);
        }
    }

    /// Tells a change of a scheme; what no operation uses can break none.
    fn of_scheme(
        &mut self,
        used: Option<u32>,
        named: Named,
        sides: (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
    ) {
        let class = if used.is_some() { named.class() } else { Class::Editorial };
        self.tell_as(used.unwrap_or(super::DOCUMENT), named, class, sides, values);
    }

    fn scheme(&mut self, name: &str, used: Option<u32>, old: Option<&Scheme<'t>>, new: Option<&Scheme<'t>>) {
        let title = format!("`{name}`");
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => {
                let sides = (None, Some(new.node));
                return self.of_scheme(used, Named::ApiSecurityComponentAdded, sides, &[&title]);
            }
            (Some(old), None) => {
                let sides = (Some(old.node), None);
                return self.of_scheme(used, Named::ApiSecurityComponentRemoved, sides, &[&title]);
            }
            (None, None) => return,
        };
        if old.kind != new.kind {
            let sides = (Some(old.node), Some(new.node));
            let values = [title.as_str(), &format!("`{}`", old.kind), &format!("`{}`", new.kind)];
            return self.of_scheme(used, Named::ApiSecurityComponentTypeChanged, sides, &values);
        }
        let fields: &[(&str, Named)] = match new.kind {
            "apiKey" => &[
                ("name", Named::ApiSecurityComponentNameChanged),
                ("in", Named::ApiSecurityComponentInChanged),
            ],
            "http" => &[
                ("scheme", Named::ApiSecurityComponentSchemeChanged),
                ("bearerFormat", Named::ApiSecurityComponentBearerFormatChanged),
            ],
            "openIdConnect" => &[("openIdConnectUrl", Named::ApiSecurityComponentOpenIdConnectUrlChanged)],
            _ => &[],
        };
        for (key, named) in fields {
            let (from, to) = (old.text(key), new.text(key));
            // Names of headers and HTTP schemes know no case (RFC 9110).
            let header = *key == "scheme" || (*key == "name" && new.text("in") == Some("header"));
            let alike = match (from, to) {
                (Some(from), Some(to)) => from == to || (header && from.eq_ignore_ascii_case(to)),
                (None, None) => true,
                _ => false,
            };
            if !alike {
                let word = |text: Option<&str>| {
                    text.map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"))
                };
                let sides = (old.node.get(key).or(Some(old.node)), new.node.get(key).or(Some(new.node)));
                self.of_scheme(used, *named, sides, &[&title, &word(from), &word(to)]);
            }
        }
        self.flows(used, &title, old, new);
    }

    fn flows(&mut self, used: Option<u32>, title: &str, old: &Scheme<'t>, new: &Scheme<'t>) {
        for (flow, from, to) in matched(old.flows.clone(), new.flows.clone()) {
            let shown = format!("`{flow}`");
            let (from, to) = match (from, to) {
                (Some(from), Some(to)) => (from, to),
                (None, to) => {
                    let named = Named::ApiSecurityComponentOauthFlowAdded;
                    self.of_scheme(used, named, (Some(old.node), to), &[title, &shown]);
                    continue;
                }
                (from, None) => {
                    let named = Named::ApiSecurityComponentOauthFlowRemoved;
                    self.of_scheme(used, named, (from, Some(new.node)), &[title, &shown]);
                    continue;
                }
            };
            for (key, named) in [
                ("authorizationUrl", Named::ApiSecurityComponentOauthUrlChanged),
                ("tokenUrl", Named::ApiSecurityComponentOauthTokenUrlChanged),
                ("refreshUrl", Named::ApiSecurityComponentOauthRefreshUrlChanged),
            ] {
                let text = |node: Node<'t>| node.get(key).and_then(|url| url.as_str()).unwrap_or_default();
                if text(from) != text(to) {
                    let sides = (from.get(key).or(Some(from)), to.get(key).or(Some(to)));
                    let values = [title, &format!("`{}`", text(from)), &format!("`{}`", text(to))];
                    self.of_scheme(used, named, sides, &values);
                }
            }
            let scopes = |node: Node<'t>| {
                let map = node.get("scopes").into_iter().flat_map(|map| map.entries());
                map.map(|entry| (entry.key, entry.value)).collect::<Vec<_>>()
            };
            for (scope, before, after) in matched(scopes(from), scopes(to)) {
                let name = format!("`{scope}`");
                match (before, after) {
                    (None, Some(after)) => {
                        let named = Named::ApiSecurityComponentOauthScopeAdded;
                        self.of_scheme(used, named, (Some(from), Some(after)), &[title, &name]);
                    }
                    (Some(before), None) => {
                        let named = Named::ApiSecurityComponentOauthScopeRemoved;
                        self.of_scheme(used, named, (Some(before), Some(to)), &[title, &name]);
                    }
                    (Some(before), Some(after)) if before.as_str() != after.as_str() => {
                        let named = Named::ApiSecurityComponentOauthScopeChanged;
                        let values = [title, &super::values::shown(before), &super::values::shown(after)];
                        self.of_scheme(used, named, (Some(before), Some(after)), &values);
                    }
                    _ => {}
                }
            }
        }
    }
}
