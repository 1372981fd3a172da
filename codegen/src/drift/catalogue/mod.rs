//! The catalogue: every kind of change with its id, its class, its mirror and its sentence. What compares documents names a kind and the
//! values; nothing else knows ids or words.
//!
//! Most kinds are a [`Rule`] of schemas at a [`Place`]: `request-property-max-decreased` is `max-decreased` at a property of a
//! request. The others are `Named`. Ids are those of oasdiff where it has one, so that people can switch.

mod kinds;
mod rules;
#[cfg(test)]
mod symmetry;

use std::borrow::Cow;

pub(super) use kinds::Named;
pub(super) use rules::{Effect, Rule};

use super::Class;

/// Which message of an operation something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Message {
    Request,
    Response,
}

/// What part of a message a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The body as a whole.
    Body,
    /// Anything within a body: a property, an item, a branch.
    Property,
    /// A parameter of a request.
    Parameter,
    /// Anything within a parameter.
    ParameterProperty,
    /// A header of a request.
    HeaderParameter,
    /// Anything within a header of a request.
    HeaderParameterProperty,
    /// A header of a response.
    Header,
    /// Anything within a header.
    HeaderProperty,
}

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) message: Message,
    pub(super) part: Part,
    /// Whether the client reads what the schema describes: responses, and the requests of webhooks and callbacks.
    pub(super) received: bool,
}

impl Place {
    /// The place of what stands within this one.
    pub(super) fn within(self) -> Self {
        let part = match self.part {
            Part::Body => Part::Property,
            Part::Parameter => Part::ParameterProperty,
            Part::HeaderParameter => Part::HeaderParameterProperty,
            Part::Header => Part::HeaderProperty,
            part => part,
        };
        Self { part, ..self }
    }

    /// Whether the schema is that of a parameter.
    pub(super) fn is_parameter(self) -> bool {
        matches!(self.part, Part::Parameter | Part::HeaderParameter)
    }

    /// Whether the schema stands within that of a parameter.
    pub(super) fn is_within_parameter(self) -> bool {
        matches!(self.part, Part::ParameterProperty | Part::HeaderParameterProperty)
    }

    fn word(self) -> &'static str {
        match (self.message, self.part) {
            (Message::Request, Part::Body) => "request-body",
            (Message::Request, Part::Property) => "request-property",
            (Message::Request, Part::Parameter | Part::HeaderParameter) => "request-parameter",
            (Message::Request, Part::ParameterProperty | Part::HeaderParameterProperty) => {
                "request-parameter-property"
            }
            (Message::Request, Part::Header) => "request-header",
            (Message::Request, Part::HeaderProperty) => "request-header-property",
            (Message::Response, Part::Body) => "response-body",
            (Message::Response, Part::Property) => "response-property",
            (Message::Response, Part::Parameter | Part::HeaderParameter) => "response-parameter",
            (Message::Response, Part::ParameterProperty | Part::HeaderParameterProperty) => {
                "response-parameter-property"
            }
            (Message::Response, Part::Header) => "response-header",
            (Message::Response, Part::HeaderProperty) => "response-header-property",
        }
    }
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Named(Named),
    At(Place, Rule),
}

impl From<Named> for Kind {
    fn from(named: Named) -> Self {
        Kind::Named(named)
    }
}

impl Kind {
    /// The kind of a rule at a place. A few of them have names of their own.
    pub(super) fn at(place: Place, rule: Rule) -> Self {
        match (place.message, place.part, rule) {
            (Message::Response, Part::Body, Rule::EnumValueAdded) => {
                Kind::Named(Named::ResponseMediaTypeEnumValueAdded)
            }
            (Message::Response, Part::Body, Rule::EnumValueRemoved) => {
                Kind::Named(Named::ResponseMediaTypeEnumValueRemoved)
            }
            (_, Part::HeaderParameterProperty, Rule::BecameEnum) => {
                Kind::Named(Named::RequestHeaderPropertyBecameEnum)
            }
            // The peer knows this bound of lists in parameters by one name, however deep they are.
            (_, Part::ParameterProperty, Rule::MaxItemsIncreased | Rule::MaxItemsDecreased) => {
                Kind::At(Place { part: Part::Parameter, ..place }, rule)
            }
            _ => Kind::At(place, rule),
        }
    }

    /// The stable id.
    pub(super) fn id(self) -> Cow<'static, str> {
        match self {
            Kind::Named(named) => Cow::Borrowed(named.id()),
            Kind::At(place, rule) => Cow::Owned(format!("{}-{}", place.word(), rule.word())),
        }
    }

    /// What it means to a client.
    pub(super) fn class(self) -> Class {
        match self {
            Kind::Named(named) => named.class(),
            // The server fills in what a query leaves out: another default is another answer. In bodies it is mostly documentation.
            Kind::At(place, rule) if place.is_parameter() && !place.received && is_default(rule) => {
                Class::Breaking
            }
            // How an object is written in a parameter is for the server to say, and numbers may be written like texts.
            Kind::At(place, Rule::TypeChanged) if place.is_within_parameter() && !place.received => {
                Class::Risky
            }
            Kind::At(place, rule) => {
                let Effect { sent, received } = rule.effect();
                if place.received { received } else { sent }
            }
        }
    }

    /// The sentence, with the values in their places.
    pub(super) fn text(self, values: &[&str]) -> String {
        let template = match self {
            Kind::Named(named) => named.text(),
            Kind::At(_, rule) => rule.text(),
        };
        let mut text = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (number, after) = after.split_once('}').unwrap_or(("", after));
            let value = number.parse().ok().and_then(|number: usize| values.get(number));
            text.push_str(value.copied().unwrap_or("nothing"));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

fn is_default(rule: Rule) -> bool {
    matches!(rule, Rule::DefaultValueAdded | Rule::DefaultValueRemoved | Rule::DefaultValueChanged)
}

/// Every kind: those with a name of their own, and every rule wherever a schema can stand. Several of them can have one id.
pub(super) fn every() -> impl Iterator<Item = Kind> {
    let requests = [Part::Body, Part::Property, Part::Parameter, Part::ParameterProperty].map(|part| Place {
        message: Message::Request,
        part,
        received: false,
    });
    let responses = [Part::Body, Part::Property, Part::Header, Part::HeaderProperty].map(|part| Place {
        message: Message::Response,
        part,
        received: true,
    });
    let places = requests.into_iter().chain(responses);
    let at = places.flat_map(|place| Rule::ALL.iter().map(move |rule| Kind::at(place, *rule)));
    Named::ALL.iter().copied().map(Kind::Named).chain(at)
}

/// Every id with its class, by alphabet.
pub fn ids() -> Vec<(String, Class)> {
    let mut ids: Vec<(String, Class)> = every().map(|kind| (kind.id().into_owned(), kind.class())).collect();
    ids.sort();
    ids.dedup();
    ids
}
