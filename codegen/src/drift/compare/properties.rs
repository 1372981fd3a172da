//! The properties of objects and the items of lists.

use std::collections::HashMap;

use super::{At, Class, Comparison, Message, Named, Part, Rule, Schema, Word, matched};
use crate::drift::view::{Core, Document, Rest};
use crate::source::Node;

/// What a property is where it is looked at from its object.
#[derive(Clone, Copy)]
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

/// A property that came, went, or is required on one side only.
struct Property<'t> {
    name: &'t str,
    sides: (Node<'t>, Node<'t>),
    /// As the side says that has it; the revision where both have.
    traits: Traits,
    required: bool,
}

/// What happened to a property.
#[derive(Clone, Copy)]
enum Step {
    Added,
    Removed,
    Requiredness,
}

/// What the object of a property describes.
#[derive(Clone, Copy)]
enum Whose {
    Header,
    Parameter,
    Request,
    Response,
}

/// The kind of a step, or none where nothing of it is on the wire.
fn presence(whose: Whose, step: Step, property: &Property<'_>) -> Option<Named> {
    let Traits { read_only, write_only, has_default } = property.traits;
    Some(match (whose, step, property.required) {
        (Whose::Header, Step::Added, true) => Named::NewRequiredRequestHeaderProperty,
        (Whose::Header, Step::Requiredness, true) => Named::RequestHeaderPropertyBecameRequired,
        (Whose::Parameter, Step::Added, true) => Named::NewRequiredRequestParameterProperty,
        (Whose::Parameter, Step::Requiredness, true) => Named::RequestParameterPropertyBecameRequired,
        (Whose::Header | Whose::Parameter, Step::Added, false) => Named::NewOptionalRequestParameterProperty,
        (Whose::Header | Whose::Parameter, Step::Removed, _) => Named::RequestParameterPropertyRemoved,
        (Whose::Header | Whose::Parameter, Step::Requiredness, false) => {
            Named::RequestParameterPropertyBecameOptional
        }
        // Nobody sends what is read-only.
        (Whose::Request, ..) if read_only => return None,
        (Whose::Request, Step::Added, true) if has_default => Named::NewRequiredRequestPropertyWithDefault,
        (Whose::Request, Step::Added, true) => Named::NewRequiredRequestProperty,
        (Whose::Request, Step::Added, false) => Named::NewOptionalRequestProperty,
        (Whose::Request, Step::Removed, _) => Named::RequestPropertyRemoved,
        (Whose::Request, Step::Requiredness, true) if has_default => {
            Named::RequestPropertyBecameRequiredWithDefault
        }
        (Whose::Request, Step::Requiredness, true) => Named::RequestPropertyBecameRequired,
        (Whose::Request, Step::Requiredness, false) => Named::RequestPropertyBecameOptional,
        (Whose::Response, Step::Added, true) if write_only => Named::ResponseRequiredWriteOnlyPropertyAdded,
        (Whose::Response, Step::Added, false) if write_only => Named::ResponseOptionalWriteOnlyPropertyAdded,
        (Whose::Response, Step::Added, true) => Named::ResponseRequiredPropertyAdded,
        (Whose::Response, Step::Added, false) => Named::ResponseOptionalPropertyAdded,
        (Whose::Response, Step::Removed, true) if write_only => {
            Named::ResponseRequiredWriteOnlyPropertyRemoved
        }
        (Whose::Response, Step::Removed, false) if write_only => {
            Named::ResponseOptionalWriteOnlyPropertyRemoved
        }
        (Whose::Response, Step::Removed, true) => Named::ResponseRequiredPropertyRemoved,
        (Whose::Response, Step::Removed, false) => Named::ResponseOptionalPropertyRemoved,
        (Whose::Response, Step::Requiredness, true) if write_only => {
            Named::ResponseWriteOnlyPropertyBecameRequired
        }
        (Whose::Response, Step::Requiredness, false) if write_only => {
            Named::ResponseWriteOnlyPropertyBecameOptional
        }
        (Whose::Response, Step::Requiredness, true) => Named::ResponsePropertyBecameRequired,
        (Whose::Response, Step::Requiredness, false) => Named::ResponsePropertyBecameOptional,
    })
}

/// Whether a schema says anything of values.
pub(super) fn says<'t>(document: &Document<'t>, node: Node<'t>) -> bool {
    let core = document.core(node);
    let schema = document.schema(&core);
    schema.restricts() || schema.null.is_some() || core.node.get("$ref").is_some()
}

/// What holds for properties that are not listed; a schema that says nothing allows them.
fn rest_of<'t>(document: &Document<'t>, schema: &Schema<'t>) -> Rest<'t> {
    match schema.rest() {
        Rest::Fits(node) if !says(document, node) => Rest::Allowed(Some(node)),
        rest => rest,
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
                    let sides = (base.node, new);
                    self.presence(at, Step::Added, &Property { name, sides, traits, required: is.is_some() });
                }
                (Some(old), None) if !wrapped => {
                    let traits = traits(&self.base.schema(&self.base.core(old)));
                    let (sides, required) = ((old, revision.node), was.is_some());
                    self.presence(at, Step::Removed, &Property { name, sides, traits, required });
                }
                _ => {}
            }
        }
        if !wrapped {
            self.rest(at, base, revision);
            self.required_alone(at, (base, &old_required), (revision, &new_required));
        }
    }

    /// What a schema asks for without describing any property, as `if`, `then` and the branches of `anyOf` do: the properties are described
    /// where the schema stands.
    fn required_alone(
        &mut self,
        at: &At<'_>,
        (base, was): (&Schema<'t>, &HashMap<&'t str, Node<'t>>),
        (revision, is): (&Schema<'t>, &HashMap<&'t str, Node<'t>>),
    ) {
        if !base.properties().is_empty() || !revision.properties().is_empty() {
            return;
        }
        let of = |names: &HashMap<&'t str, Node<'t>>| {
            names.iter().map(|(name, node)| (*name, *node)).collect::<Vec<_>>()
        };
        for (name, was, is) in matched(of(was), of(is)) {
            if was.is_some() != is.is_some() {
                let sides = (was.unwrap_or(base.node), is.unwrap_or(revision.node));
                let traits = Traits { read_only: false, write_only: false, has_default: false };
                let property = Property { name, sides, traits, required: is.is_some() };
                self.presence(at, Step::Requiredness, &property);
            }
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
            let required = is.is_some();
            self.mutability(at, name, (old, new), (before, after), required);
            if was.is_some() != required {
                let sides = (was.unwrap_or(base.node), is.unwrap_or(revision.node));
                self.presence(at, Step::Requiredness, &Property { name, sides, traits: after, required });
            }
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

    /// Tells that a property came, went, or became required or optional.
    fn presence(&mut self, at: &At<'_>, step: Step, property: &Property<'t>) {
        let place = at.place;
        let whose = match (place.message, place.part) {
            (_, Part::HeaderParameter | Part::HeaderParameterProperty) => Whose::Header,
            (_, Part::Parameter | Part::ParameterProperty) => Whose::Parameter,
            (Message::Request, _) => Whose::Request,
            (Message::Response, _) => Whose::Response,
        };
        let Some(named) = presence(whose, step, property) else { return };
        let name = format!("`{}`", property.name);
        if matches!(whose, Whose::Header | Whose::Parameter) {
            return self.found_named(at, named, named.class(), property.sides, &[at.label, &name]);
        }
        let crossed = match step {
            Step::Added if property.required && !place.received => Class::Breaking,
            Step::Removed if property.required && place.received => Class::Breaking,
            Step::Removed => Class::Risky,
            Step::Requiredness if property.required != place.received => Class::Breaking,
            Step::Added | Step::Requiredness => Class::Additive,
        };
        self.found_named(at, named, crossed, property.sides, &[&name]);
    }

    fn mutability(
        &mut self,
        at: &At<'_>,
        name: &str,
        sides: (Node<'t>, Node<'t>),
        (before, after): (Traits, Traits),
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
        let (old, new) = (rest_of(self.base, base), rest_of(self.revision, revision));
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
        // `items: {}` and `items: true` say nothing; `items: false` closes a tuple.
        let closes = |items: Node<'t>| items.as_bool() == Some(false);
        let of = |document: &Document<'t>, schema: &Schema<'t>| {
            let says = |items: &Node<'t>| closes(*items) || (items.is_object() && says(document, *items));
            schema.get(Word::Items).filter(says)
        };
        let (old, new) = (of(self.base, base), of(self.revision, revision));
        match (old, new) {
            (Some(old), Some(new)) => self.pair(&at.within("items"), old, new),
            (None, Some(new)) if closes(new) => {
                self.found(&at.within("items"), Rule::SchemaBecameFalse, (base.node, new), &[]);
            }
            (Some(old), None) if closes(old) => {
                self.found(&at.within("items"), Rule::SchemaBecameNotFalse, (old, revision.node), &[]);
            }
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
