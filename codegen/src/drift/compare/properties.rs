//! The properties of objects and the items of lists.

use std::collections::HashMap;

use super::{At, Class, Comparison, Message, Named, Rule, Schema, Word, matched};
use crate::drift::view::{Core, Rest};
use crate::source::Node;

/// What a property is where it is looked at from its object.
struct Traits {
    read_only: bool,
    write_only: bool,
    has_default: bool,
}

fn traits(schema: &Schema<'_>) -> Traits {
    Traits {
        read_only: schema.is(Word::ReadOnly),
        write_only: schema.is(Word::WriteOnly),
        has_default: schema.get(Word::Default).is_some(),
    }
}

fn by_name<'t>(required: Vec<(&'t str, Node<'t>)>) -> HashMap<&'t str, Node<'t>> {
    required.into_iter().collect()
}

impl<'t> Comparison<'_, 't> {
    pub(super) fn properties(
        &mut self,
        at: &At<'_>,
        base: &Schema<'t>,
        revision: &Schema<'t>,
        wrapped: bool,
    ) {
        let (old_required, new_required) = (by_name(base.required()), by_name(revision.required()));
        for (name, old, new) in matched(base.properties(), revision.properties()) {
            let (was, is) = (old_required.get(name).copied(), new_required.get(name).copied());
            match (old, new) {
                (Some(old), Some(new)) => {
                    self.property(at, name, (old, new), (base, revision), (was, is));
                }
                (None, Some(new)) if !wrapped => {
                    let traits = traits(&self.revision.schema(&self.revision.core(new)));
                    self.added(at, name, (base.node, new), &traits, is.is_some());
                }
                (Some(old), None) if !wrapped => {
                    let traits = traits(&self.base.schema(&self.base.core(old)));
                    self.removed(at, name, (old, revision.node), &traits, was.is_some());
                }
                _ => {}
            }
        }
        if !wrapped {
            self.rest(at, base, revision);
        }
    }

    fn property(
        &mut self,
        at: &At<'_>,
        name: &'t str,
        (old, new): (Node<'t>, Node<'t>),
        (base, revision): (&Schema<'t>, &Schema<'t>),
        (was, is): (Option<Node<'t>>, Option<Node<'t>>),
    ) {
        if was.is_some() != is.is_some() || self.marks(old, new) {
            let before = traits(&self.base.schema(&self.base.core(old)));
            let after = traits(&self.revision.schema(&self.revision.core(new)));
            if was.is_some() != is.is_some() {
                let sides = (was.unwrap_or(base.node), is.unwrap_or(revision.node));
                self.required(at, name, sides, &after, is.is_some());
            }
            self.mutability(at, name, (old, new), (&before, &after), is.is_some());
        }
        self.pair(&at.within(name), old, new);
    }

    /// Whether either side says that a property is read-only or write-only.
    fn marks(&self, old: Node<'t>, new: Node<'t>) -> bool {
        let marked = |core: Core<'t>| {
            core.key.get("readOnly").or(core.key.get("writeOnly")).is_some()
                || core.node.get("readOnly").or(core.node.get("writeOnly")).is_some()
        };
        marked(self.base.core(old)) || marked(self.revision.core(new))
    }

    fn added(
        &mut self,
        at: &At<'_>,
        name: &str,
        sides: (Node<'t>, Node<'t>),
        traits: &Traits,
        required: bool,
    ) {
        let named = match (at.place.message, required) {
            _ if at.place.is_parameter() || at.place.is_within_parameter() => {
                let header = matches!(
                    at.place.part,
                    super::Part::HeaderParameter | super::Part::HeaderParameterProperty
                );
                let named = match (required, header) {
                    (true, true) => Named::NewRequiredRequestHeaderProperty,
                    (true, false) => Named::NewRequiredRequestParameterProperty,
                    (false, _) => Named::NewOptionalRequestParameterProperty,
                };
                return self.of_parameter(at, named, name, sides);
            }
            // Nobody sends what is read-only.
            (Message::Request, _) if traits.read_only => return,
            (Message::Request, true) if traits.has_default => Named::NewRequiredRequestPropertyWithDefault,
            (Message::Request, true) => Named::NewRequiredRequestProperty,
            (Message::Request, false) => Named::NewOptionalRequestProperty,
            (Message::Response, true) if traits.write_only => Named::ResponseRequiredWriteOnlyPropertyAdded,
            (Message::Response, false) if traits.write_only => Named::ResponseOptionalWriteOnlyPropertyAdded,
            (Message::Response, true) => Named::ResponseRequiredPropertyAdded,
            (Message::Response, false) => Named::ResponseOptionalPropertyAdded,
        };
        let crossed = if required && !at.place.received { Class::Breaking } else { Class::Additive };
        self.found_named(at, named, crossed, sides, &[&format!("`{name}`")]);
    }

    fn removed(
        &mut self,
        at: &At<'_>,
        name: &str,
        sides: (Node<'t>, Node<'t>),
        traits: &Traits,
        required: bool,
    ) {
        let named = match (at.place.message, required) {
            _ if at.place.is_parameter() || at.place.is_within_parameter() => {
                return self.of_parameter(at, Named::RequestParameterPropertyRemoved, name, sides);
            }
            (Message::Request, _) if traits.read_only => return,
            (Message::Request, _) => Named::RequestPropertyRemoved,
            (Message::Response, true) if traits.write_only => Named::ResponseRequiredWriteOnlyPropertyRemoved,
            (Message::Response, false) if traits.write_only => {
                Named::ResponseOptionalWriteOnlyPropertyRemoved
            }
            (Message::Response, true) => Named::ResponseRequiredPropertyRemoved,
            (Message::Response, false) => Named::ResponseOptionalPropertyRemoved,
        };
        let crossed = if required && at.place.received { Class::Breaking } else { Class::Risky };
        self.found_named(at, named, crossed, sides, &[&format!("`{name}`")]);
    }

    fn required(
        &mut self,
        at: &At<'_>,
        name: &str,
        sides: (Node<'t>, Node<'t>),
        traits: &Traits,
        required: bool,
    ) {
        let named = match (at.place.message, required) {
            _ if at.place.is_parameter() || at.place.is_within_parameter() => {
                let header = matches!(
                    at.place.part,
                    super::Part::HeaderParameter | super::Part::HeaderParameterProperty
                );
                let named = match (required, header) {
                    (true, true) => Named::RequestHeaderPropertyBecameRequired,
                    (true, false) => Named::RequestParameterPropertyBecameRequired,
                    (false, _) => Named::RequestParameterPropertyBecameOptional,
                };
                return self.of_parameter(at, named, name, sides);
            }
            (Message::Request, _) if traits.read_only => return,
            (Message::Request, true) if traits.has_default => Named::RequestPropertyBecameRequiredWithDefault,
            (Message::Request, true) => Named::RequestPropertyBecameRequired,
            (Message::Request, false) => Named::RequestPropertyBecameOptional,
            (Message::Response, true) if traits.write_only => Named::ResponseWriteOnlyPropertyBecameRequired,
            (Message::Response, false) if traits.write_only => Named::ResponseWriteOnlyPropertyBecameOptional,
            (Message::Response, true) => Named::ResponsePropertyBecameRequired,
            (Message::Response, false) => Named::ResponsePropertyBecameOptional,
        };
        let crossed = if required == at.place.received { Class::Additive } else { Class::Breaking };
        self.found_named(at, named, crossed, sides, &[&format!("`{name}`")]);
    }

    fn of_parameter(&mut self, at: &At<'_>, named: Named, name: &str, sides: (Node<'t>, Node<'t>)) {
        self.found_named(at, named, named.class(), sides, &[at.label, &format!("`{name}`")]);
    }

    fn mutability(
        &mut self,
        at: &At<'_>,
        name: &str,
        sides: (Node<'t>, Node<'t>),
        (before, after): (&Traits, &Traits),
        required: bool,
    ) {
        if at.place.is_parameter() || at.place.is_within_parameter() {
            return;
        }
        let name = format!("`{name}`");
        let read = (before.read_only != after.read_only).then_some((true, after.read_only));
        let write = (before.write_only != after.write_only).then_some((false, after.write_only));
        for (read, became) in read.into_iter().chain(write) {
            let named = match (at.place.message, required, read, became) {
                (Message::Request, false, true, true) => Named::RequestOptionalPropertyBecameReadOnly,
                (Message::Request, false, true, false) => Named::RequestOptionalPropertyBecameNotReadOnly,
                (Message::Request, false, false, true) => Named::RequestOptionalPropertyBecameWriteOnly,
                (Message::Request, false, false, false) => Named::RequestOptionalPropertyBecameNotWriteOnly,
                (Message::Request, true, true, true) => Named::RequestRequiredPropertyBecameReadOnly,
                (Message::Request, true, true, false) => Named::RequestRequiredPropertyBecameNotReadOnly,
                (Message::Request, true, false, true) => Named::RequestRequiredPropertyBecameWriteOnly,
                (Message::Request, true, false, false) => Named::RequestRequiredPropertyBecameNotWriteOnly,
                (Message::Response, false, true, true) => Named::ResponseOptionalPropertyBecameReadOnly,
                (Message::Response, false, true, false) => Named::ResponseOptionalPropertyBecameNotReadOnly,
                (Message::Response, false, false, true) => Named::ResponseOptionalPropertyBecameWriteOnly,
                (Message::Response, false, false, false) => Named::ResponseOptionalPropertyBecameNotWriteOnly,
                (Message::Response, true, true, true) => Named::ResponseRequiredPropertyBecameReadOnly,
                (Message::Response, true, true, false) => Named::ResponseRequiredPropertyBecameNotReadOnly,
                (Message::Response, true, false, true) => Named::ResponseRequiredPropertyBecameWriteOnly,
                (Message::Response, true, false, false) => Named::ResponseRequiredPropertyBecameNotWriteOnly,
            };
            self.found_named(at, named, Class::Additive, sides, &[&name]);
        }
    }

    fn rest(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let node = |rest: &Rest<'t>, schema: &Schema<'t>| match rest {
            Rest::Allowed(node) => node.unwrap_or(schema.node),
            Rest::Forbidden(node) | Rest::Fits(node) => *node,
        };
        let (old, new) = (base.rest(), revision.rest());
        let sides = (node(&old, base), node(&new, revision));
        let rule = match (&old, &new) {
            (Rest::Fits(old), Rest::Fits(new)) => {
                return self.pair(&at.within("additionalProperties"), *old, *new);
            }
            (Rest::Allowed(_), Rest::Allowed(_)) | (Rest::Forbidden(_), Rest::Forbidden(_)) => return,
            (Rest::Allowed(_) | Rest::Fits(_), Rest::Forbidden(_)) => Rule::AdditionalPropertiesForbidden,
            (Rest::Forbidden(_), Rest::Allowed(_) | Rest::Fits(_)) => Rule::AdditionalPropertiesAllowed,
            (Rest::Allowed(_), Rest::Fits(_)) => Rule::AdditionalPropertiesSchemaAdded,
            (Rest::Fits(_), Rest::Allowed(_)) => Rule::AdditionalPropertiesSchemaRemoved,
        };
        // Where only one side is an object that has types at all, the change of type says it.
        if base.types.has("object") == revision.types.has("object")
            || base.types.is_any()
            || revision.types.is_any()
        {
            self.found(at, rule, sides, &[]);
        }
    }

    pub(super) fn items(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        // `items: {}` and `items: true` say nothing.
        let of = |schema: &Schema<'t>| {
            schema.get(Word::Items).filter(|items| items.is_object() && !items.is_empty())
        };
        match (of(base), of(revision)) {
            (Some(old), Some(new)) => self.pair(&at.within("items"), old, new),
            (None, Some(new)) if base.types.has("array") => {
                self.found(at, Rule::ItemsAdded, (base.node, new), &[])
            }
            (Some(old), None) if revision.types.has("array") => {
                self.found(at, Rule::ItemsRemoved, (old, revision.node), &[]);
            }
            _ => {}
        }
    }
}
