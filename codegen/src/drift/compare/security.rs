//! Security: what operations ask for, and the schemes that they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Comparison, Named, matched};
use crate::drift::view::{Operation, Requirement, Scheme};
use crate::source::Node;

/// The kinds of what changes in the ways to authorise.
struct Kinds {
    added: Named,
    removed: Named,
    scope_added: Named,
    scope_removed: Named,
    closed: Named,
    opened: Named,
}

const OWN: Kinds = Kinds {
    added: Named::ApiSecurityAdded,
    removed: Named::ApiSecurityRemoved,
    scope_added: Named::ApiSecurityScopeAdded,
    scope_removed: Named::ApiSecurityScopeRemoved,
    closed: Named::ApiSecurityAnonymousRemoved,
    opened: Named::ApiSecurityAnonymousAdded,
};
const GLOBAL: Kinds = Kinds {
    added: Named::ApiGlobalSecurityAdded,
    removed: Named::ApiGlobalSecurityRemoved,
    scope_added: Named::ApiGlobalSecurityScopeAdded,
    scope_removed: Named::ApiGlobalSecurityScopeRemoved,
    closed: Named::ApiGlobalSecurityAnonymousRemoved,
    opened: Named::ApiGlobalSecurityAnonymousAdded,
};

/// Units of what the whole document asks for and of each scheme, which operations lead to.
#[derive(Default)]
pub(super) struct SecurityUnits {
    global: Option<u32>,
    schemes: BTreeMap<String, u32>,
}

fn is_open(requirements: &[Requirement<'_>]) -> bool {
    requirements.is_empty() || requirements.iter().any(|requirement| requirement.schemes.is_empty())
}

/// Whether whoever meets one requirement meets another.
fn asks_no_more(requirement: &Requirement<'_>, met: &Requirement<'_>) -> bool {
    !requirement.schemes.is_empty()
        && requirement.schemes.iter().all(|(name, scopes)| {
            let known = met.schemes.iter().find(|(known, _)| known == name);
            known.is_some_and(|(_, granted)| scopes.iter().all(|scope| granted.contains(scope)))
        })
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
            self.requirements(Some(unit), (&before, &after), sides, &OWN);
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

    /// Tells what changed in a list of ways to authorise. What no operation goes by can break none.
    fn requirements(
        &mut self,
        used: Option<u32>,
        (before, after): (&[Requirement<'t>], &[Requirement<'t>]),
        (old, new): (Node<'t>, Node<'t>),
        kinds: &Kinds,
    ) {
        // Who asks for something where nothing was asked for shuts its clients out; who asks for nothing any more lets all in.
        let (was_open, opened) = (is_open(before), is_open(after));
        if was_open != opened && used.is_some() {
            let list = |of: Node<'t>| Some(of.get("security").unwrap_or(of));
            let named = if opened { kinds.opened } else { kinds.closed };
            self.of_security(used, named, (list(old), list(new)), &[]);
        }
        let named = |requirement: &&Requirement<'t>| !requirement.schemes.is_empty();
        let mut left: Vec<&Requirement<'t>> = before.iter().filter(named).collect();
        let mut right: Vec<&Requirement<'t>> = after.iter().filter(named).collect();
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
        // Where anybody is let in, nothing that is asked for or taken away keeps a client out.
        let harmless = |named: Named| if opened { Class::Additive } else { named.class() };
        for (from, to) in pairs {
            let sides = (Some(from.node), Some(to.node));
            for ((name, before), (_, after)) in from.schemes.iter().zip(&to.schemes) {
                let scheme = format!("`{name}`");
                for scope in after.iter().filter(|scope| !before.contains(scope)) {
                    let values = [&format!("`{scope}`"), scheme.as_str()];
                    let class = harmless(kinds.scope_added);
                    self.of_security_as(used, kinds.scope_added, class, sides, &values);
                }
                for scope in before.iter().filter(|scope| !after.contains(scope)) {
                    self.of_security(used, kinds.scope_removed, sides, &[&format!("`{scope}`"), &scheme]);
                }
            }
        }
        for to in right {
            self.of_security(used, kinds.added, (Some(old), Some(to.node)), &[&to.title()]);
        }
        for from in left {
            let sides = (Some(from.node), Some(new));
            // Who has all of it has what another way asks for less of.
            let kept = after.iter().any(|other| asks_no_more(other, from));
            let class = if kept { Class::Additive } else { harmless(kinds.removed) };
            self.of_security_as(used, kinds.removed, class, sides, &[&from.title()]);
        }
    }

    fn of_security(
        &mut self,
        used: Option<u32>,
        named: Named,
        sides: (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
    ) {
        self.of_security_as(used, named, named.class(), sides, values);
    }

    /// Tells a change of a scheme or of a list of ways to authorise; what no operation uses can break none.
    fn of_security_as(
        &mut self,
        used: Option<u32>,
        named: Named,
        class: Class,
        sides: (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
    ) {
        let class = if used.is_some() { class } else { Class::Editorial };
        let unit = used.unwrap_or(super::DOCUMENT);
        // A way to authorise that comes or goes does so in many operations at once.
        self.tell_once(unit, named, class, sides, values, (false, false));
    }

    /// What the whole document asks for, and the schemes.
    pub(super) fn all_security(&mut self) {
        let (old, new) = (self.base.root(), self.revision.root());
        let before = self.base.requirements(old).unwrap_or_default();
        let after = self.revision.requirements(new).unwrap_or_default();
        self.requirements(self.security.global, (&before, &after), (old, new), &GLOBAL);
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

    fn scheme(&mut self, name: &str, used: Option<u32>, old: Option<&Scheme<'t>>, new: Option<&Scheme<'t>>) {
        let title = format!("`{name}`");
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => {
                let sides = (Some(self.base.schemes_holder()), Some(new.node));
                return self.of_security(used, Named::ApiSecurityComponentAdded, sides, &[&title]);
            }
            (Some(old), None) => {
                let sides = (Some(old.node), Some(self.revision.schemes_holder()));
                return self.of_security(used, Named::ApiSecurityComponentRemoved, sides, &[&title]);
            }
            (None, None) => return,
        };
        if old.kind != new.kind {
            let sides = (Some(old.node), Some(new.node));
            let values = [title.as_str(), &format!("`{}`", old.kind), &format!("`{}`", new.kind)];
            return self.of_security(used, Named::ApiSecurityComponentTypeChanged, sides, &values);
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
                self.of_security(used, *named, sides, &[&title, &word(from), &word(to)]);
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
                    self.of_security(used, named, (Some(old.node), to), &[title, &shown]);
                    continue;
                }
                (from, None) => {
                    let named = Named::ApiSecurityComponentOauthFlowRemoved;
                    self.of_security(used, named, (from, Some(new.node)), &[title, &shown]);
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
                    self.of_security(used, named, sides, &values);
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
                        self.of_security(used, named, (Some(from), Some(after)), &[title, &name]);
                    }
                    (Some(before), None) => {
                        let named = Named::ApiSecurityComponentOauthScopeRemoved;
                        self.of_security(used, named, (Some(before), Some(to)), &[title, &name]);
                    }
                    (Some(before), Some(after)) if before.as_str() != after.as_str() => {
                        let named = Named::ApiSecurityComponentOauthScopeChanged;
                        let values = [title, &super::values::shown(before), &super::values::shown(after)];
                        self.of_security(used, named, (Some(before), Some(after)), &values);
                    }
                    _ => {}
                }
            }
        }
    }
}
