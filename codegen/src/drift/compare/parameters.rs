//! Parameters.

use super::lifecycle::{Ending, Moved, stability, sunset, sunset_sides};
use super::values::{same, shown};
use super::{At, Comparison, Message, Named, Part, Place, Rule, Schema, Word, Writing, matched};
use crate::drift::view::{Document, Operation, Parameter, Shape};
use crate::drift::{Class, Stability};
use crate::source::Node;

impl<'t> Comparison<'_, 't> {
    pub(super) fn parameters(&mut self, unit: u32, old: &Operation<'t>, new: &Operation<'t>) {
        let (base, revision) = (self.base.parameters(old), self.revision.parameters(new));
        let level = stability(new.node).unwrap_or(Stability::Stable);
        let keyed = |list: &'_ [Parameter<'t>]| {
            list.iter().enumerate().map(|(at, parameter)| (parameter.key.clone(), at)).collect::<Vec<_>>()
        };
        let (left, right) = (keyed(&base), keyed(&revision));
        fn borrowed(list: &[(String, usize)]) -> Vec<(&str, usize)> {
            list.iter().map(|(key, at)| (key.as_str(), *at)).collect()
        }
        for (_, from, to) in matched(borrowed(&left), borrowed(&right)) {
            let from = from.and_then(|at| base.get(at));
            let to = to.and_then(|at| revision.get(at));
            match (from, to) {
                (Some(from), Some(to)) => self.parameter(unit, from, to, level, new.called_back),
                (Some(from), None) => self.parameter_removed(unit, from, new),
                (None, Some(to)) => self.parameter_added(unit, to, old, new.called_back),
                (None, None) => {}
            }
        }
    }

    fn parameter_added(
        &mut self,
        unit: u32,
        new: &Parameter<'t>,
        operation: &Operation<'t>,
        called_back: bool,
    ) {
        let named = match (new.place, new.common, new.required()) {
            ("path", _, _) => Named::NewRequestPathParameter,
            (_, true, true) => Named::NewRequiredRequestDefaultParameter,
            (_, true, false) => Named::NewOptionalRequestDefaultParameter,
            (_, false, true) => Named::NewRequiredRequestParameter,
            (_, false, false) => Named::NewOptionalRequestParameter,
        };
        // Who is called gets more than before.
        let class = if called_back { Class::Additive } else { named.class() };
        self.came_as(unit, (named, class), operation.node, new.node, &[&new.title()]);
    }

    fn parameter_removed(&mut self, unit: u32, old: &Parameter<'t>, operation: &Operation<'t>) {
        let title = old.title();
        let (named, words) = match sunset(old.node) {
            _ if !deprecated(self.base, old) => (Named::RequestParameterRemoved, String::new()),
            Some(Err(text)) => (Named::RequestParameterSunsetParse, format!("`{text}`")),
            Some(Ok(day)) if self.options.today < day => {
                (Named::RequestParameterRemovedBeforeSunset, day.to_string())
            }
            _ => (Named::RequestParameterRemovedWithDeprecation, String::new()),
        };
        let class = match (operation.called_back, old.required()) {
            (false, _) => named.class(),
            (true, true) => Class::Breaking,
            (true, false) => Class::Risky,
        };
        self.went_as(unit, (named, class), old.node, operation.node, &[&title, &words]);
    }

    fn parameter(
        &mut self,
        unit: u32,
        old: &Parameter<'t>,
        new: &Parameter<'t>,
        level: Stability,
        called_back: bool,
    ) {
        let title = new.title();
        let at = |key: &str| {
            let node = |parameter: &Parameter<'t>| Some(parameter.node.get(key).unwrap_or(parameter.node));
            (node(old), node(new))
        };
        match (old.required(), new.required()) {
            (was, is) if was != is => {
                let (named, crossed) = if is {
                    (Named::RequestParameterBecameRequired, Class::Additive)
                } else {
                    (Named::RequestParameterBecameOptional, Class::Breaking)
                };
                let class = if called_back { crossed } else { named.class() };
                self.tell_as(unit, named, class, at("required"), &[&title]);
            }
            _ => {}
        }
        let empty =
            |parameter: &Parameter<'t>| parameter.place == "query" && flag(parameter.node, "allowEmptyValue");
        match (empty(old), empty(new)) {
            (false, true) => {
                self.tell(
                    unit,
                    Named::RequestParameterBecameAllowEmptyValue,
                    at("allowEmptyValue"),
                    &[&title],
                );
            }
            (true, false) => {
                self.tell(
                    unit,
                    Named::RequestParameterBecameNotAllowEmptyValue,
                    at("allowEmptyValue"),
                    &[&title],
                );
            }
            _ => {}
        }
        self.parameter_lifecycle(unit, old, new, level);
        self.serialisation(unit, old, new);
        let part = if new.place == "header" { Part::HeaderParameter } else { Part::Parameter };
        let place = Place { message: Message::Request, part, received: called_back };
        let described = (self.base.parameter_schema(old), self.revision.parameter_schema(new));
        let (Some(base), Some(revision)) = described else {
            return self.described(unit, place, &title, described, (old.node, new.node));
        };
        let repeated = self.revision.style(new) == ("form", true);
        let written = self.revision.parameter_media(new).is_some_and(super::bodies::is_json);
        let writing = match (written, repeated) {
            (true, _) => Writing::Typed,
            (false, true) => Writing::Repeated,
            (false, false) => Writing::Text,
        };
        self.parameter_default(unit, (old, base), (new, revision), called_back);
        let shapes = (&Shape::Schema(base), &Shape::Schema(revision));
        self.lead_to(unit, shapes, place, writing, &format!("the {title}"));
    }

    /// What the server takes where the parameter is left out. It never is where it is required.
    fn parameter_default(
        &mut self,
        unit: u32,
        (old, base): (&Parameter<'t>, Node<'t>),
        (new, revision): (&Parameter<'t>, Node<'t>),
        called_back: bool,
    ) {
        if old.required() && new.required() {
            return;
        }
        let base = self.base.schema(&self.base.core(base));
        let revision = self.revision.schema(&self.revision.core(revision));
        let of = |schema: &Schema<'t>| schema.get(Word::Default).filter(|node| !node.is_null());
        let (rule, sides, values) = match (of(&base), of(&revision)) {
            (Some(from), Some(to)) if !same(from, to) => {
                (Rule::DefaultValueChanged, (from, to), [shown(from), shown(to)])
            }
            (None, Some(to)) => (Rule::DefaultValueAdded, (base.node, to), [shown(to), String::new()]),
            (Some(from), None) => {
                (Rule::DefaultValueRemoved, (from, revision.node), [shown(from), String::new()])
            }
            _ => return,
        };
        let label = format!("the {}", new.title());
        let place = Place { message: Message::Request, part: Part::Parameter, received: called_back };
        let at = At::whole(unit, place, Writing::Text, &label);
        self.found(&at, rule, sides, &[&values[0], &values[1]]);
    }

    fn parameter_lifecycle(&mut self, unit: u32, old: &Parameter<'t>, new: &Parameter<'t>, level: Stability) {
        let title = new.title();
        let node = |parameter: &Parameter<'t>| parameter.node.get("deprecated").unwrap_or(parameter.node);
        let sides = (Some(node(old)), Some(node(new)));
        match (deprecated(self.base, old), deprecated(self.revision, new)) {
            (true, false) => self.tell(unit, Named::RequestParameterReactivated, sides, &[&title]),
            (false, true) => match self.ending(new.node, self.grace(level)) {
                Ending::Open | Ending::On(_) => {
                    self.tell(unit, Named::RequestParameterDeprecated, sides, &[&title])
                }
                Ending::Missing => {
                    self.tell(unit, Named::RequestParameterDeprecatedSunsetMissing, sides, &[&title]);
                }
                Ending::Unreadable(text) => {
                    self.tell(
                        unit,
                        Named::RequestParameterSunsetParse,
                        sides,
                        &[&title, &format!("`{text}`")],
                    );
                }
                Ending::TooSoon(day, days) => {
                    let values = [day.to_string(), self.too_soon(day, days)];
                    let values = [title.as_str(), &values[0], &values[1]];
                    self.tell(unit, Named::RequestParameterSunsetDateTooSmall, sides, &values);
                }
            },
            (true, true) => {
                let Some(moved) = self.moved(old.node, new.node, self.grace(level)) else { return };
                let (named, words) = match moved {
                    Moved::Gone => (Named::RequestParameterSunsetDeleted, String::new()),
                    Moved::Added(day) => (Named::RequestParameterSunsetAdded, day.to_string()),
                    Moved::Unreadable(text) => (Named::RequestParameterSunsetParse, format!("`{text}`")),
                    Moved::To(from, to) => {
                        (Named::RequestParameterSunsetDateChanged, format!("{to}, no longer {from}"))
                    }
                    Moved::TooSoon(from, to, days) => (
                        Named::RequestParameterSunsetDateChangedTooSmall,
                        format!("{to}, no longer {from}, which is {}", self.too_soon(to, days)),
                    ),
                };
                self.tell(unit, named, sunset_sides(old.node, new.node), &[&title, &words]);
            }
            (false, false) => {}
        }
    }

    /// How a parameter is written.
    fn serialisation(&mut self, unit: u32, old: &Parameter<'t>, new: &Parameter<'t>) {
        let title = new.title();
        let at = |key: &str| {
            let node = |parameter: &Parameter<'t>| Some(parameter.node.get(key).unwrap_or(parameter.node));
            (node(old), node(new))
        };
        let media = (self.base.parameter_media(old), self.revision.parameter_media(new));
        if media.0 != media.1 {
            let name = |media: Option<&str>| {
                media.map_or_else(|| "a plain value".to_owned(), |name| format!("`{name}`"))
            };
            let values = [title.as_str(), &name(media.0), &name(media.1)];
            self.tell(unit, Named::RequestParameterMediaTypeChanged, at("content"), &values);
        } else if media.0.is_none() {
            let ((from, spread), (to, spreads)) = (self.base.style(old), self.revision.style(new));
            if from != to {
                let values = [title.as_str(), &format!("`{from}`"), &format!("`{to}`")];
                self.tell(unit, Named::RequestParameterStyleChanged, at("style"), &values);
            } else if spread != spreads && !(scalar(self.base, old) && scalar(self.revision, new)) {
                let values = [title.as_str(), &format!("`{spread}`"), &format!("`{spreads}`")];
                self.tell(unit, Named::RequestParameterExplodeChanged, at("explode"), &values);
            }
        }
        let reserved =
            |parameter: &Parameter<'t>| parameter.place == "query" && flag(parameter.node, "allowReserved");
        match (reserved(old), reserved(new)) {
            (false, true) => {
                self.tell(unit, Named::RequestParameterBecameAllowReserved, at("allowReserved"), &[&title]);
            }
            (true, false) => {
                self.tell(
                    unit,
                    Named::RequestParameterBecameNotAllowReserved,
                    at("allowReserved"),
                    &[&title],
                );
            }
            _ => {}
        }
    }
}

fn flag(node: Node<'_>, key: &str) -> bool {
    node.get(key).and_then(|value| value.as_bool()) == Some(true)
}

/// Whether a parameter is deprecated; some documents say it in its schema.
fn deprecated<'t>(document: &Document<'t>, parameter: &Parameter<'t>) -> bool {
    let schema = || document.parameter_schema(parameter).map(|node| document.schema(&document.core(node)));
    flag(parameter.node, "deprecated") || schema().is_some_and(|schema| schema.is(Word::Deprecated))
}

/// Whether a parameter is a single value, for which `explode` makes no difference.
fn scalar<'t>(document: &Document<'t>, parameter: &Parameter<'t>) -> bool {
    document.parameter_schema(parameter).is_some_and(|node| super::types::is_scalar(document, node))
}
