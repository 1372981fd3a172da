//! The comparison: every place of one document beside the same place of the other.
//!
//! What operations share is compared once. A **unit** is a pair of schemas that something leads to (a body, a parameter, a reference), or an
//! operation; it holds what was found in it and the units that it leads to. Units wait in a queue rather than on the stack, so recursion in
//! schemas ends and chains of references cost no stack; within a unit the walk is as deep as the text. When all is compared,
//! each operation is followed through its units, and what was found there reaches it.

mod alike;
mod bodies;
mod composition;
mod keywords;
mod lifecycle;
mod merging;
mod operations;
mod parameters;
mod properties;
mod reach;
mod security;
mod servers;
mod types;
mod values;
mod version;

use std::collections::{HashMap, VecDeque};

use super::catalogue::{Kind, Message, Named, Part, Place, Rule};
use super::options::Options;
use super::view::{Core, Document, Schema, Shape, Word};
use super::{Class, Report};
use crate::source::{Node, NodeId, SourceFiles};

/// How values are written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Writing {
    /// So that a number and a text differ: JSON.
    Typed,
    /// As text, so that they do not.
    Text,
    /// As text, a list by repeating the name, so that one value and a list of one are alike.
    Repeated,
}

/// Something that changed.
struct Finding {
    kind: Kind,
    class: Class,
    base: Option<NodeId>,
    revision: Option<NodeId>,
    /// The sides that are what changed, rather than what held it or holds it now.
    counts: (bool, bool),
    /// What tells it apart from other findings of its kind at the same places.
    detail: String,
    text: String,
}

/// A part of the comparison that several operations may lead to.
#[derive(Default)]
struct Unit {
    findings: Vec<Finding>,
    /// The units that it leads to.
    parts: Vec<u32>,
    /// How many days before its end something has to be deprecated in the operations that lead here.
    grace: u32,
}

/// What makes two ways to a pair of schemas the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct UnitKey {
    base: NodeId,
    revision: NodeId,
    place: Place,
    writing: Writing,
    hidden: bool,
    grace: u32,
}

/// A pair of schemas that waits to be compared.
struct Waiting<'t> {
    unit: u32,
    base: Side<'t>,
    revision: Side<'t>,
    place: Place,
    writing: Writing,
    hidden: bool,
    label: String,
}

/// One side of a pair of schemas.
#[derive(Clone)]
enum Side<'t> {
    Core(Core<'t>),
    Form(Node<'t>, Vec<Node<'t>>),
}

/// Where a comparison stands within a unit.
#[derive(Clone, Copy)]
struct At<'p> {
    unit: u32,
    place: Place,
    writing: Writing,
    /// Whether nothing of it is on the wire: read-only in requests, write-only in responses.
    hidden: bool,
    /// What people call the whole.
    label: &'p str,
    parent: Option<&'p At<'p>>,
    /// The step from the parent; empty for the whole itself.
    segment: &'p str,
    /// The schemas that are compared here.
    schemas: Option<(NodeId, NodeId)>,
}

impl<'p> At<'p> {
    /// The whole of what a unit is about.
    fn whole(unit: u32, place: Place, writing: Writing, label: &'p str) -> Self {
        Self { unit, place, writing, hidden: false, label, parent: None, segment: "", schemas: None }
    }

    /// What stands within this place under a name.
    fn within(&'p self, segment: &'p str) -> At<'p> {
        At { place: self.place.within(), parent: Some(self), segment, schemas: None, ..*self }
    }

    fn path(&self) -> String {
        let mut segments = Vec::new();
        let mut at = Some(self);
        while let Some(here) = at {
            if !here.segment.is_empty() {
                segments.push(here.segment);
            }
            at = here.parent;
        }
        segments.reverse();
        segments.join("/")
    }

    /// What people call the place, at the start of a sentence.
    fn title(&self) -> String {
        capital(&self.label_here())
    }

    /// What people call the place.
    fn label_here(&self) -> String {
        let path = self.path();
        if path.is_empty() { self.label.to_owned() } else { format!("property `{path}` of {}", self.label) }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A comparison under way.
pub(super) struct Comparison<'a, 't> {
    base: &'a Document<'t>,
    revision: &'a Document<'t>,
    options: &'a Options,
    units: Vec<Unit>,
    index: HashMap<UnitKey, u32>,
    waiting: VecDeque<Waiting<'t>>,
    /// The operations that stand on both sides or were removed or added, with their units.
    operations: Vec<(String, u32)>,
    /// Which pairs of schemas are alike.
    alike: HashMap<(NodeId, NodeId), bool>,
    security: security::SecurityUnits,
    /// The unit of the document's servers, which operations without servers of their own lead to.
    common_servers: Option<u32>,
}

/// Compares two documents.
pub(super) fn run<'t>(
    files: &SourceFiles,
    base: &Document<'t>,
    revision: &Document<'t>,
    options: &Options,
) -> Report {
    let mut comparison = Comparison {
        base,
        revision,
        options,
        units: Vec::new(),
        index: HashMap::new(),
        waiting: VecDeque::new(),
        operations: Vec::new(),
        alike: HashMap::new(),
        security: security::SecurityUnits::default(),
        common_servers: None,
    };
    // The first unit is what belongs to no operation.
    comparison.new_unit();
    comparison.all_operations();
    comparison.all_servers();
    comparison.all_security();
    comparison.orphans();
    while let Some(waiting) = comparison.waiting.pop_front() {
        comparison.unit(&waiting);
    }
    comparison.version_policy();
    comparison.report(files)
}

/// The unit of what belongs to no operation.
const DOCUMENT: u32 = 0;

impl<'t> Comparison<'_, 't> {
    fn new_unit(&mut self) -> u32 {
        let number = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        self.units.push(Unit::default());
        number
    }

    fn grace_of(&self, unit: u32) -> u32 {
        self.units.get(unit as usize).map_or(0, |unit| unit.grace)
    }

    fn set_grace(&mut self, unit: u32, days: u32) {
        if let Some(unit) = self.units.get_mut(unit as usize) {
            unit.grace = days;
        }
    }

    fn add(&mut self, unit: u32, finding: Finding) {
        if let Some(unit) = self.units.get_mut(unit as usize) {
            unit.findings.push(finding);
        }
    }

    /// Tells a change of something that is no schema.
    fn tell(
        &mut self,
        unit: u32,
        named: Named,
        sides: (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
    ) {
        self.tell_as(unit, named, named.class(), sides, values);
    }

    /// The same, with a class that the place gives.
    fn tell_as(
        &mut self,
        unit: u32,
        named: Named,
        class: Class,
        sides: (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
    ) {
        self.tell_once(unit, named, class, sides, values, (true, true));
    }

    /// Tells that something came. It is one change in whatever holds it, as what many operations refer to.
    fn came(&mut self, unit: u32, named: Named, holder: Node<'t>, it: Node<'t>, values: &[&str]) {
        self.came_as(unit, (named, named.class()), holder, it, values);
    }

    /// The same, with a class that the place gives.
    fn came_as(
        &mut self,
        unit: u32,
        (named, class): (Named, Class),
        holder: Node<'t>,
        it: Node<'t>,
        values: &[&str],
    ) {
        self.tell_once(unit, named, class, (Some(holder), Some(it)), values, (false, true));
    }

    /// Tells that something went; see `came`.
    fn went(&mut self, unit: u32, named: Named, it: Node<'t>, holder: Node<'t>, values: &[&str]) {
        self.went_as(unit, (named, named.class()), it, holder, values);
    }

    /// The same, with a class that the place gives.
    fn went_as(
        &mut self,
        unit: u32,
        (named, class): (Named, Class),
        it: Node<'t>,
        holder: Node<'t>,
        values: &[&str],
    ) {
        self.tell_once(unit, named, class, (Some(it), Some(holder)), values, (true, false));
    }

    /// Tells a change that is one for all that tell it of the same nodes, on the sides that count, with the same values.
    fn tell_once(
        &mut self,
        unit: u32,
        named: Named,
        class: Class,
        (base, revision): (Option<Node<'t>>, Option<Node<'t>>),
        values: &[&str],
        counts: (bool, bool),
    ) {
        let kind = Kind::Named(named);
        let text = format!("{}.", capital(&kind.text(values)));
        let (base, revision) = (base.map(|node| node.id()), revision.map(|node| node.id()));
        let detail = format!("{class}\n{}", values.join("\n"));
        self.add(unit, Finding { kind, class, base, revision, counts, detail, text });
    }

    /// Tells a change of a schema.
    fn found(&mut self, at: &At<'_>, rule: Rule, sides: (Node<'t>, Node<'t>), values: &[&str]) {
        let kind = match (Kind::at(at.place, rule), at.hidden) {
            (kind, false) => kind,
            (kind, true) => hidden_kind(at.place, rule).map_or(kind, Kind::Named),
        };
        self.put(at, kind, kind.class(), sides, values);
    }

    /// Tells a change of a property, seen from the object that has it. Where a message goes the other way than its name says, as those of
    /// webhooks and callbacks do, its class is that of the way it goes.
    fn found_named(
        &mut self,
        at: &At<'_>,
        named: Named,
        crossed: Class,
        sides: (Node<'t>, Node<'t>),
        values: &[&str],
    ) {
        let goes = matches!(at.place.message, Message::Response) == at.place.received;
        let class = if goes { named.class() } else { crossed };
        self.put(at, Kind::Named(named), class, sides, values);
    }

    fn put(
        &mut self,
        at: &At<'_>,
        kind: Kind,
        class: Class,
        (base, revision): (Node<'t>, Node<'t>),
        values: &[&str],
    ) {
        let class = if at.hidden { Class::Editorial } else { class };
        let text = format!("{}: {}.", at.title(), kind.text(values));
        // What came or went is one change in whatever holds it.
        let held = at.schemas.map_or((false, false), |(old, new)| (base.id() == old, revision.id() == new));
        let finding = Finding {
            kind,
            class,
            base: Some(base.id()),
            revision: Some(revision.id()),
            counts: if held.0 == held.1 { (true, true) } else { (!held.0, !held.1) },
            detail: values.join("\n"),
            text,
        };
        self.add(at.unit, finding);
    }

    /// Leads a unit to a pair of schemas, which is compared once.
    #[expect(clippy::too_many_arguments, reason = "what makes two ways to a pair of schemas the same")]
    fn lead(
        &mut self,
        from: u32,
        base: Side<'t>,
        revision: Side<'t>,
        place: Place,
        writing: Writing,
        hidden: bool,
        label: &str,
    ) {
        let grace = self.grace_of(from);
        let key = UnitKey { base: base.key(), revision: revision.key(), place, writing, hidden, grace };
        let unit = match self.index.get(&key) {
            Some(unit) => *unit,
            None => {
                let unit = self.new_unit();
                self.set_grace(unit, grace);
                self.index.insert(key, unit);
                // What stands beside a reference, or is another component, is said of the place and not of the component.
                let beside = base.adds() || revision.adds();
                let name = base.name().filter(|name| !beside && revision.name() == Some(*name));
                let label = name.map_or_else(|| label.to_owned(), |name| component_label(name, place));
                self.waiting.push_back(Waiting { unit, base, revision, place, writing, hidden, label });
                unit
            }
        };
        self.link(from, unit);
    }

    /// Says that whatever reaches one unit reaches another.
    fn link(&mut self, from: u32, to: u32) {
        // A part that is linked twice costs a word; to look for it among thousands would cost more.
        if let Some(unit) = self.units.get_mut(from as usize) {
            unit.parts.push(to);
        }
    }

    /// Leads an operation to what describes a body, parameter or header.
    fn lead_to(
        &mut self,
        from: u32,
        (base, revision): (&Shape<'t>, &Shape<'t>),
        place: Place,
        writing: Writing,
        label: &str,
    ) {
        let side = |document: &Document<'t>, shape: &Shape<'t>| match shape {
            Shape::Schema(node) => Side::Core(document.core(*node)),
            Shape::Form(at, fields) => Side::Form(*at, fields.clone()),
        };
        let (base, revision) = (side(self.base, base), side(self.revision, revision));
        let (base, revision) = match (base, revision) {
            (Side::Core(base), Side::Core(revision)) => {
                let (base, revision) = self.level(base, revision);
                (Side::Core(base), Side::Core(revision))
            }
            sides => sides,
        };
        self.lead(from, base, revision, place, writing, false, label);
    }

    fn unit(&mut self, waiting: &Waiting<'t>) {
        let whole = At::whole(waiting.unit, waiting.place, waiting.writing, &waiting.label);
        let at = At { hidden: waiting.hidden, ..whole };
        let base = waiting.base.schema(self.base);
        let revision = waiting.revision.schema(self.revision);
        self.schemas(&at, &base, &revision);
    }

    /// Compares what two schema nodes stand for.
    fn pair(&mut self, at: &At<'_>, base: Node<'t>, revision: Node<'t>) {
        let (base, revision) = (self.base.core(base), self.revision.core(revision));
        let (base, revision) = self.level(base, revision);
        if base.name.is_some() || revision.name.is_some() {
            let (base, revision) = (Side::Core(base), Side::Core(revision));
            let label = at.label_here();
            self.lead(at.unit, base, revision, at.place, at.writing, at.hidden, &label);
        } else {
            let (base, revision) = (self.base.schema(&base), self.revision.schema(&revision));
            self.schemas(at, &base, &revision);
        }
    }

    /// Takes compositions of one branch away where the other side has none: they say what their branch says.
    fn level(&self, mut base: Core<'t>, mut revision: Core<'t>) -> (Core<'t>, Core<'t>) {
        for _ in 0..4 {
            let mut levelled = false;
            for (word, key) in [(Word::AllOf, "allOf"), (Word::OneOf, "oneOf"), (Word::AnyOf, "anyOf")] {
                match (base.node.get(key), revision.node.get(key)) {
                    (Some(_), None) => {
                        let inner = self.base.only_branch(&base, word);
                        levelled |= inner.is_some();
                        base = inner.unwrap_or(base);
                    }
                    (None, Some(_)) => {
                        let inner = self.revision.only_branch(&revision, word);
                        levelled |= inner.is_some();
                        revision = inner.unwrap_or(revision);
                    }
                    _ => {}
                }
            }
            if !levelled {
                break;
            }
        }
        (base, revision)
    }

    /// Compares two schemas.
    fn schemas(&mut self, at: &At<'_>, base: &Schema<'t>, revision: &Schema<'t>) {
        let hides = match at.place.message {
            Message::Request => Word::ReadOnly,
            Message::Response => Word::WriteOnly,
        };
        // The whole of a message is sent whatever its schema says of itself as a property.
        let hidden = at.hidden || (!matches!(at.place.part, Part::Body) && revision.is(hides));
        let at = &At { hidden, schemas: Some((base.node.id(), revision.node.id())), ..*at };
        if base.never || revision.never {
            if base.never != revision.never {
                let rule = if revision.never { Rule::SchemaBecameFalse } else { Rule::SchemaBecameNotFalse };
                self.found(at, rule, (base.node, revision.node), &[]);
            }
            return;
        }
        self.nullability(at, base, revision);
        if self.by_type(at, base, revision) {
            return self.property_lifecycle(at, base, revision);
        }
        let closed = rest_alike(base, revision);
        let (base, revision) = closed.as_ref().map_or((base, revision), |(base, revision)| (base, revision));
        let spelt = self.choices_alike(at, base, revision);
        let (base, revision) = spelt.as_ref().map_or((base, revision), |(base, revision)| (base, revision));
        let merged = self.merged(base, revision);
        let (base, revision) = merged.as_ref().map_or((base, revision), |(base, revision)| (base, revision));
        let wrapped = self.wrapping(at, base, revision);
        if !wrapped {
            let listed = self.list_of_types(at, base, revision);
            if !listed {
                self.types(at, base, revision);
                self.composition(at, base, revision);
            }
        }
        // What one side says of its one type, the other may say in the branch of that type.
        let narrowed = if wrapped { None } else { self.branch_of_type(base, revision) };
        let (base, revision) =
            narrowed.as_ref().map_or((base, revision), |(base, revision)| (base, revision));
        self.values(at, base, revision);
        self.bounds(at, base, revision);
        self.properties(at, base, revision, wrapped);
        self.items(at, base, revision);
        self.keywords(at, base, revision);
        self.property_lifecycle(at, base, revision);
    }
}

/// Both sides with what holds for other properties spelt alike: where nothing is composed, what is not evaluated is what is not listed.
fn rest_alike<'t>(base: &Schema<'t>, revision: &Schema<'t>) -> Option<(Schema<'t>, Schema<'t>)> {
    const COMPOSED: [Word; 7] =
        [Word::AllOf, Word::AnyOf, Word::OneOf, Word::If, Word::Then, Word::Else, Word::DependentSchemas];
    let (additional, unevaluated) = (Word::AdditionalProperties, Word::UnevaluatedProperties);
    let only = |schema: &Schema<'t>, word: Word, other: Word| {
        schema.get(word).is_some() && schema.get(other).is_none()
    };
    if base.says_any(&COMPOSED) || revision.says_any(&COMPOSED) {
        return None;
    }
    if only(base, unevaluated, additional) && only(revision, additional, unevaluated) {
        return Some((base.respelt(unevaluated, additional), revision.clone()));
    }
    if only(base, additional, unevaluated) && only(revision, unevaluated, additional) {
        return Some((base.clone(), revision.respelt(unevaluated, additional)));
    }
    None
}

/// The kind that a rule has where nothing is on the wire, if it has one of its own.
fn hidden_kind(place: Place, rule: Rule) -> Option<Named> {
    match (place.message, place.part, rule) {
        (Message::Request, Part::Property, rule) => Some(match rule {
            Rule::EnumValueRemoved => Named::RequestReadOnlyPropertyEnumValueRemoved,
            Rule::MaxDecreased => Named::RequestReadOnlyPropertyMaxDecreased,
            Rule::MinIncreased => Named::RequestReadOnlyPropertyMinIncreased,
            Rule::ExclusiveMaxDecreased => Named::RequestReadOnlyPropertyExclusiveMaxDecreased,
            Rule::ExclusiveMinIncreased => Named::RequestReadOnlyPropertyExclusiveMinIncreased,
            Rule::MaxLengthDecreased => Named::RequestReadOnlyPropertyMaxLengthDecreased,
            _ => return None,
        }),
        (Message::Response, Part::Property, Rule::EnumValueAdded) => {
            Some(Named::ResponseWriteOnlyPropertyEnumValueAdded)
        }
        _ => None,
    }
}

fn component_label(name: &str, place: Place) -> String {
    let wire = match (place.message, place.part) {
        (Message::Request, Part::Body) => "as a request body",
        (Message::Response, Part::Body) => "as a response body",
        (_, _) if place.is_parameter() || place.is_within_parameter() => "in parameters",
        (_, Part::Header | Part::HeaderProperty) => "in headers",
        (Message::Request, _) => "in requests",
        (Message::Response, _) => "in responses",
    };
    format!("`{name}` {wire}")
}

impl<'t> Side<'t> {
    fn key(&self) -> NodeId {
        match self {
            Side::Core(core) => core.key.id(),
            Side::Form(node, _) => node.id(),
        }
    }

    /// Whether anything stands beside the reference.
    fn adds(&self) -> bool {
        matches!(self, Side::Core(core) if core.key.id() != core.node.id())
    }

    fn name(&self) -> Option<&'t str> {
        match self {
            Side::Core(core) => core.name,
            Side::Form(..) => None,
        }
    }

    fn schema(&self, document: &Document<'t>) -> Schema<'t> {
        match self {
            Side::Core(core) => document.schema(core),
            Side::Form(node, fields) => Schema::of_form(*node, fields.clone()),
        }
    }
}

/// Pairs two lists by key: what only the first has, what both have, and what only the second has, each by the order of the keys.
fn matched<K: Ord + Copy, B: Copy, R: Copy>(
    mut base: Vec<(K, B)>,
    mut revision: Vec<(K, R)>,
) -> Vec<(K, Option<B>, Option<R>)> {
    base.sort_by_key(|(key, _)| *key);
    revision.sort_by_key(|(key, _)| *key);
    let mut pairs = Vec::with_capacity(base.len().max(revision.len()));
    let (mut base, mut revision) = (base.into_iter().peekable(), revision.into_iter().peekable());
    loop {
        let order = match (base.peek(), revision.peek()) {
            (Some((left, _)), Some((right, _))) => left.cmp(right),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return pairs,
        };
        let left = if order.is_le() { base.next() } else { None };
        let right = if order.is_ge() { revision.next() } else { None };
        let key = left.map(|(key, _)| key).or(right.map(|(key, _)| key));
        if let Some(key) = key {
            pairs.push((key, left.map(|(_, value)| value), right.map(|(_, value)| value)));
        }
    }
}
