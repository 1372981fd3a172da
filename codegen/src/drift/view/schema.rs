//! A schema as every dialect means it: references followed, null seen whichever way it is spelt, bounds as numbers.

use std::fmt;

use super::{Document, Members};
use crate::normalise::{Dialect, reference_of};
use crate::source::{Kind, Node, NodeId};

macro_rules! words {
    ($($variant:ident = $word:literal,)*) => {
        /// A keyword of schemas.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in super::super) enum Word { $($variant,)* }

        const ALL: [Word; WORDS] = [$(Word::$variant,)*];
        const WORDS: usize = [$(Word::$variant,)*].len();

        impl Word {
            fn of(key: &str) -> Option<Self> {
                match key {
                    $($word => Some(Word::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    Type = "type", Nullable = "nullable", XNullable = "x-nullable", Format = "format",
    Enum = "enum", XExtensibleEnum = "x-extensible-enum", Const = "const", Default = "default",
    Pattern = "pattern", Maximum = "maximum", Minimum = "minimum", ExclusiveMaximum = "exclusiveMaximum",
    ExclusiveMinimum = "exclusiveMinimum", MultipleOf = "multipleOf", MaxLength = "maxLength",
    MinLength = "minLength", MaxItems = "maxItems", MinItems = "minItems", UniqueItems = "uniqueItems",
    MaxProperties = "maxProperties", MinProperties = "minProperties", MaxContains = "maxContains",
    MinContains = "minContains", Properties = "properties", Required = "required",
    AdditionalProperties = "additionalProperties", PatternProperties = "patternProperties",
    PropertyNames = "propertyNames", DependentRequired = "dependentRequired",
    DependentSchemas = "dependentSchemas", UnevaluatedProperties = "unevaluatedProperties", Items = "items",
    PrefixItems = "prefixItems", Contains = "contains", UnevaluatedItems = "unevaluatedItems",
    AllOf = "allOf", AnyOf = "anyOf", OneOf = "oneOf", Not = "not", If = "if", Then = "then", Else = "else",
    Discriminator = "discriminator", ContentEncoding = "contentEncoding",
    ContentMediaType = "contentMediaType", ContentSchema = "contentSchema", ReadOnly = "readOnly",
    WriteOnly = "writeOnly", Deprecated = "deprecated", Title = "title", XSunset = "x-sunset",
    XStabilityLevel = "x-stability-level",
}

impl Word {
    /// Whether a keyword says something of values of a type and of no others; one that says something of every value does not.
    fn is_about(self, types: Types) -> bool {
        match self {
            Word::Type => true,
            Word::Format => types.has("string") || types.has("integer") || types.has("number"),
            Word::Pattern
            | Word::MaxLength
            | Word::MinLength
            | Word::ContentEncoding
            | Word::ContentMediaType
            | Word::ContentSchema => types.has("string"),
            Word::Maximum
            | Word::Minimum
            | Word::ExclusiveMaximum
            | Word::ExclusiveMinimum
            | Word::MultipleOf => types.has("integer") || types.has("number"),
            Word::MaxItems
            | Word::MinItems
            | Word::UniqueItems
            | Word::MaxContains
            | Word::MinContains
            | Word::Items
            | Word::PrefixItems
            | Word::Contains
            | Word::UnevaluatedItems => types.has("array"),
            Word::MaxProperties
            | Word::MinProperties
            | Word::Properties
            | Word::Required
            | Word::AdditionalProperties
            | Word::PatternProperties
            | Word::PropertyNames
            | Word::DependentRequired
            | Word::DependentSchemas
            | Word::UnevaluatedProperties => types.has("object"),
            _ => false,
        }
    }

    /// Whether a keyword says something about values; the others are for readers and for the life of a schema.
    pub(in super::super) fn restricts(self) -> bool {
        !matches!(
            self,
            Word::Nullable
                | Word::XNullable
                | Word::Default
                | Word::ReadOnly
                | Word::WriteOnly
                | Word::Deprecated
                | Word::Title
                | Word::XSunset
                | Word::XStabilityLevel
                | Word::Discriminator
                | Word::XExtensibleEnum
        )
    }
}

/// Types of JSON, null aside.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Types(u8);

const NAMES: [&str; 6] = ["boolean", "integer", "number", "string", "array", "object"];

impl Types {
    const NONE: Types = Types(0);

    pub(in super::super) fn of(word: &str) -> Types {
        match word {
            // What Swagger 2.0 calls a file.
            "file" => Types(1 << 3),
            word => NAMES.iter().position(|name| *name == word).map_or(Types::NONE, |at| Types(1 << at)),
        }
    }

    /// No type: any value.
    pub(in super::super) fn is_any(self) -> bool {
        self.0 == 0
    }

    pub(in super::super) fn with(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Each type by itself.
    pub(in super::super) fn each(self) -> impl Iterator<Item = Types> {
        NAMES.into_iter().map(Types::of).filter(move |one| !self.is_any() && one.without(self).is_any())
    }

    pub(in super::super) fn without(self, other: Types) -> Types {
        Types(self.0 & !other.0)
    }

    pub(in super::super) fn has(self, name: &str) -> bool {
        !self.is_any() && Types::of(name).without(self).is_any()
    }

    /// How many types there are.
    pub(in super::super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether each of these types is one of the others, an integer being a number.
    pub(in super::super) fn within(self, other: Types) -> bool {
        let other = if other.has("number") { other.with(Types::of("integer")) } else { other };
        self.without(other).is_any()
    }

    /// Whether only single values are meant.
    pub(in super::super) fn is_scalar(self) -> bool {
        !self.is_any() && !self.has("array") && !self.has("object")
    }
}

impl fmt::Display for Types {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return formatter.write_str("any");
        }
        let mut first = true;
        for name in NAMES.into_iter().filter(|name| self.has(name)) {
            formatter.write_str(if first { "" } else { ", " })?;
            formatter.write_str(name)?;
            first = false;
        }
        Ok(())
    }
}

/// What a schema node stands for once references and wrappers that add nothing but null are taken away.
#[derive(Clone, Copy)]
pub(in super::super) struct Core<'t> {
    /// The schema itself.
    pub(in super::super) node: Node<'t>,
    /// What tells this use of the schema apart from others: the schema itself, or the wrapper that adds to it.
    pub(in super::super) key: Node<'t>,
    /// The component's name, where a reference led here.
    pub(in super::super) name: Option<&'t str>,
    /// Wrappers, the outermost first, whose keywords count beside those of the schema.
    over: [Option<Node<'t>>; 4],
    /// The wrapper that adds null.
    null: Option<Node<'t>>,
}

/// Longest chain of references and wrappers.
const LONGEST_CHAIN: usize = 32;

impl<'t> Document<'t> {
    /// What a schema node stands for.
    pub(in super::super) fn core(&self, node: Node<'t>) -> Core<'t> {
        let mut core = Core { node, key: node, name: None, over: [None; 4], null: None };
        for _ in 0..LONGEST_CHAIN {
            if let Some((reference, at)) = reference_of(core.node) {
                let siblings = matches!(self.dialect(), Dialect::V3_1 | Dialect::V3_2)
                    && core.node.len() > 1
                    && core.node.entries().any(|entry| Word::of(entry.key).is_some());
                let Some(target) = self.follow(reference, at) else { break };
                if siblings {
                    core.wrap(core.node);
                } else if adds_null(core.node) {
                    // Older dialects have nothing beside a reference, and documents say this there all the same.
                    core.null = core.null.or(Some(core.node));
                }
                core.name = reference.rsplit('/').next().filter(|name| !name.is_empty());
                core.step(target);
                continue;
            }
            let Some(inner) = null_wrapped(core.node) else { break };
            core.null = core.null.or(Some(core.node));
            core.wrap(core.node);
            core.step(inner);
        }
        core
    }

    /// The same, one branch further in, where a composition has one branch only and says nothing else. Branches of `allOf` that restrict
    /// nothing do not count: they only say more about the one.
    pub(in super::super) fn only_branch(&self, core: &Core<'t>, composition: Word) -> Option<Core<'t>> {
        let mut branch = None;
        let mut notes = Vec::new();
        for entry in core.node.entries() {
            match Word::of(entry.key) {
                Some(word) if word == composition => {
                    let counts = |branch: &Node<'t>| {
                        entry.value.len() == 1 || composition != Word::AllOf || says(*branch)
                    };
                    let (mut counting, other): (Vec<_>, Vec<_>) = entry.value.items().partition(counts);
                    branch = counting.pop();
                    if !counting.is_empty() {
                        return None;
                    }
                    notes = other;
                }
                Some(word) if word.restricts() => return None,
                _ => {}
            }
        }
        let mut inner = self.core(branch?);
        let mut outer = *core;
        outer.wrap(core.node);
        for note in notes.into_iter().filter(|note| adds(*note)) {
            outer.wrap(note);
        }
        inner.null = outer.null.or(inner.null);
        for over in outer.over.into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            inner.wrap_outside(over);
        }
        inner.name = inner.name.or(core.name);
        Some(inner)
    }

    /// Reads a schema.
    pub(in super::super) fn schema(&self, core: &Core<'t>) -> Schema<'t> {
        Schema::read(core)
    }
}

impl<'t> Core<'t> {
    /// Takes the keywords of a wrapper along, if it has any that count.
    fn wrap(&mut self, wrapper: Node<'t>) {
        if let Some(free) = self.over.iter_mut().find(|over| over.is_none()) {
            *free = Some(wrapper);
        }
    }

    fn wrap_outside(&mut self, wrapper: Node<'t>) {
        self.over.rotate_right(1);
        self.over[0] = Some(wrapper);
        if adds(wrapper) {
            self.key = wrapper;
        }
    }

    /// Goes one node further in.
    fn step(&mut self, inner: Node<'t>) {
        let added = self.null.is_some() || self.over.iter().flatten().any(|over| adds(*over));
        if !added {
            self.key = inner;
        }
        self.node = inner;
    }
}

/// Whether a wrapper says more than what it wraps.
fn adds(wrapper: Node<'_>) -> bool {
    wrapper.entries().any(|entry| {
        Word::of(entry.key)
            .is_some_and(|word| !matches!(word, Word::OneOf | Word::AnyOf | Word::AllOf | Word::Title))
    })
}

/// Whether what stands beside a reference allows null.
fn adds_null(node: Node<'_>) -> bool {
    let says = |key| node.get(key).and_then(|value| value.as_bool()) == Some(true);
    node.len() > 1 && (says("nullable") || says("x-nullable"))
}

/// Whether a branch is a reference or restricts anything.
fn says(branch: Node<'_>) -> bool {
    !branch.is_object()
        || branch
            .entries()
            .any(|entry| entry.key == "$ref" || Word::of(entry.key).is_some_and(Word::restricts))
}

/// What stands beside null in `oneOf: [{type: "null"}, X]`, where nothing else is said.
fn null_wrapped(node: Node<'_>) -> Option<Node<'_>> {
    let mut branches = None;
    for entry in node.entries() {
        match Word::of(entry.key) {
            Some(Word::OneOf | Word::AnyOf) if branches.is_none() && entry.value.len() == 2 => {
                branches = Some(entry.value);
            }
            Some(word) if word.restricts() => return None,
            _ => {}
        }
    }
    let mut branches = branches?.items();
    let (first, second) = (branches.next()?, branches.next()?);
    match (is_null(first), is_null(second)) {
        (true, false) => Some(second),
        (false, true) => Some(first),
        _ => None,
    }
}

/// Whether a schema accepts null and nothing else, and says no more than that.
pub(in super::super) fn is_null(node: Node<'_>) -> bool {
    let mut null = false;
    for entry in node.entries() {
        match Word::of(entry.key) {
            Some(Word::Type) => {
                let only =
                    if entry.value.len() == 1 { entry.value.items().next() } else { Some(entry.value) };
                match only.map(|only| only.kind()) {
                    Some(Kind::String("null") | Kind::Null) => null = true,
                    _ => return false,
                }
            }
            Some(Word::Enum) if entry.value.len() == 1 => {
                null = entry.value.items().all(|item| item.is_null())
            }
            Some(Word::Const) if entry.value.is_null() => null = true,
            Some(word) if word.restricts() => return false,
            _ => {}
        }
    }
    null
}

/// A bound of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Bound {
    Max,
    Min,
    ExclusiveMax,
    ExclusiveMin,
    Other(Word),
}

/// What a schema says of properties that it does not list.
#[derive(Clone, Copy)]
pub(in super::super) enum Rest<'t> {
    Allowed(Option<Node<'t>>),
    Forbidden(Node<'t>),
    Fits(Node<'t>),
}

/// A schema, borrowed from its document.
#[derive(Clone)]
pub(in super::super) struct Schema<'t> {
    /// The schema's own node.
    pub(in super::super) node: Node<'t>,
    /// The types that values can have, null aside; those that the schema implies where it names none.
    pub(in super::super) types: Types,
    /// Whether the types are named.
    pub(in super::super) named: bool,
    /// Whether null is a value, and what says so.
    pub(in super::super) null: Option<Node<'t>>,
    /// Whether no value is valid.
    pub(in super::super) never: bool,
    /// The parameters that are the fields of a form, in Swagger 2.0.
    pub(in super::super) form: Vec<Node<'t>>,
    words: [Option<Node<'t>>; WORDS],
    /// What it says of properties together with the branches of `allOf` that it was merged with.
    members: Option<Members<'t>>,
    /// The branches of `allOf` that it was merged with, which are none any more.
    absorbed: Vec<NodeId>,
}

impl<'t> Schema<'t> {
    fn read(core: &Core<'t>) -> Self {
        let mut schema = Self::empty(core.node);
        schema.never = matches!(core.node.kind(), Kind::Bool(false));
        schema.take(core.node, false);
        for over in core.over.iter().rev().flatten() {
            schema.take(*over, true);
        }
        schema.settle(core.null);
        schema
    }

    /// The object that the fields of a form make.
    pub(in super::super) fn of_form(at: Node<'t>, fields: Vec<Node<'t>>) -> Self {
        let mut schema = Self::empty(at);
        schema.form = fields;
        schema.types = Types::of("object");
        schema.named = true;
        schema
    }

    fn empty(node: Node<'t>) -> Self {
        Self {
            node,
            types: Types::NONE,
            named: false,
            null: None,
            never: false,
            form: Vec::new(),
            words: [None; WORDS],
            members: None,
            absorbed: Vec::new(),
        }
    }

    /// The schema with other properties, some of which branches of its `allOf` had, which are none any more.
    pub(in super::super) fn merged(&self, members: Members<'t>, absorbed: Vec<NodeId>) -> Self {
        let mut merged = self.clone();
        if merged.types.is_any() && !absorbed.is_empty() {
            merged.types = Types::of("object");
        }
        merged.members = Some(members);
        merged.absorbed.extend(absorbed);
        merged
    }

    /// What it says of values of one type: a format is about texts or about numbers, by its name.
    pub(in super::super) fn of_type(&self, types: Types) -> Self {
        let mut one = self.with_words(|word| word.is_about(types));
        let numeric = matches!(
            one.text(Word::Format),
            Some(
                "int8"
                    | "int16"
                    | "int32"
                    | "int64"
                    | "uint8"
                    | "uint16"
                    | "uint32"
                    | "uint64"
                    | "float"
                    | "double"
            )
        );
        if numeric == types.has("string") {
            one = one.with_words(|word| word != Word::Format);
        }
        one.types = types;
        one.null = None;
        one
    }

    /// What it says that restricts no values: defaults, and what is for readers.
    pub(in super::super) fn annotations(&self) -> Self {
        self.with_words(|word| !word.restricts())
    }

    /// What it says that restricts values.
    pub(in super::super) fn restrictions(&self) -> Self {
        self.with_words(Word::restricts)
    }

    fn with_words(&self, keep: impl Fn(Word) -> bool) -> Self {
        let mut kept = self.clone();
        for word in ALL.into_iter().filter(|word| !keep(*word)) {
            if let Some(slot) = kept.words.get_mut(word as usize) {
                *slot = None;
            }
        }
        kept
    }

    /// Whether it has any of these keywords.
    pub(in super::super) fn says_any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.get(*word).is_some())
    }

    /// Whether any keyword but these restricts values.
    pub(in super::super) fn restricts_beside(&self, words: &[Word]) -> bool {
        ALL.into_iter().any(|word| word.restricts() && !words.contains(&word) && self.get(word).is_some())
    }

    /// Whether branches of `allOf` were taken into it.
    pub(in super::super) fn is_merged(&self) -> bool {
        !self.absorbed.is_empty()
    }

    /// Whether it has none but these keywords.
    pub(in super::super) fn says_only(&self, words: &[Word]) -> bool {
        let said = self.words.iter().filter(|word| word.is_some()).count();
        self.form.is_empty() && said == words.iter().filter(|word| self.get(**word).is_some()).count()
    }

    fn take(&mut self, node: Node<'t>, wrapper: bool) {
        for entry in node.entries() {
            let Some(word) = Word::of(entry.key) else { continue };
            // What a wrapper composes is what was read already.
            if wrapper && matches!(word, Word::OneOf | Word::AnyOf | Word::AllOf) {
                continue;
            }
            if let Some(slot) = self.words.get_mut(word as usize) {
                *slot = Some(entry.value);
            }
        }
    }

    fn settle(&mut self, wrapped: Option<Node<'t>>) {
        let mut null = None;
        if let Some(node) = self.get(Word::Type) {
            let one = node.as_str().or(if node.is_null() { Some("null") } else { None });
            let many =
                node.items().filter_map(|item| if item.is_null() { Some("null") } else { item.as_str() });
            for name in one.into_iter().chain(many) {
                if name == "null" {
                    null = Some(node);
                }
                self.types = self.types.with(Types::of(name));
            }
            self.named = !self.types.is_any();
        }
        if !self.named {
            self.types = self.implied();
        }
        let listed = || {
            let list = self.get(Word::Enum).filter(|_| self.get(Word::Type).is_none())?;
            list.items().any(|value| value.is_null()).then_some(list)
        };
        let says = |word| self.get(word).filter(|node| node.as_bool() == Some(true));
        let branch = || {
            let branches = self.branches(Word::OneOf).chain(self.branches(Word::AnyOf));
            branches.into_iter().find(|branch| is_null(*branch))
        };
        self.null = null
            .or(says(Word::Nullable))
            .or(says(Word::XNullable))
            .or(wrapped)
            .or_else(branch)
            .or_else(listed);
    }

    /// The types that a schema without `type` shows by its other keywords.
    fn implied(&self) -> Types {
        let has = |words: &[Word]| words.iter().any(|word| self.get(*word).is_some());
        if has(&[Word::Properties, Word::AdditionalProperties, Word::PatternProperties]) {
            return Types::of("object");
        }
        if has(&[Word::Items, Word::PrefixItems]) {
            return Types::of("array");
        }
        let listed = self.get(Word::Enum).into_iter().flat_map(|node| node.items());
        listed.chain(self.get(Word::Const)).fold(Types::NONE, |types, value| types.with(type_of(value)))
    }

    /// The value of a keyword.
    pub(in super::super) fn get(&self, word: Word) -> Option<Node<'t>> {
        self.words.get(word as usize).copied().flatten()
    }

    /// Whether a flag is set.
    pub(in super::super) fn is(&self, word: Word) -> bool {
        self.get(word).and_then(|node| node.as_bool()) == Some(true)
    }

    /// The text of a keyword.
    pub(in super::super) fn text(&self, word: Word) -> Option<&'t str> {
        self.get(word).and_then(|node| node.as_str())
    }

    /// The format; a file of Swagger 2.0 is binary, as in OpenAPI 3.
    pub(in super::super) fn format(&self) -> Option<&'t str> {
        let format = self.text(Word::Format).filter(|format| !format.is_empty());
        format.or(self.text(Word::Type).filter(|name| *name == "file").map(|_| "binary"))
    }

    /// The branches of a composition.
    pub(in super::super) fn branches(&self, word: Word) -> impl Iterator<Item = Node<'t>> + use<'t> {
        // Empty for nearly all, which costs nothing to copy.
        let absorbed = self.absorbed.clone();
        let all = self.get(word).into_iter().flat_map(|node| node.items());
        all.filter(move |branch| !absorbed.contains(&branch.id()))
    }

    /// How many branches a composition has.
    pub(in super::super) fn count(&self, word: Word) -> usize {
        self.get(word).filter(|node| node.is_array()).map_or(0, |node| node.len())
    }

    /// The properties with their names.
    pub(in super::super) fn properties(&self) -> Vec<(&'t str, Node<'t>)> {
        if let Some(members) = &self.members {
            return members.properties.iter().map(|(name, node)| (*name, *node)).collect();
        }
        if !self.form.is_empty() {
            let named = |node: &Node<'t>| Some((node.get("name")?.as_str()?, *node));
            return self.form.iter().filter_map(named).collect();
        }
        let map = self.get(Word::Properties).into_iter();
        map.flat_map(|node| node.entries()).map(|entry| (entry.key, entry.value)).collect()
    }

    /// The names of properties that have to be there, with what says so.
    pub(in super::super) fn required(&self) -> Vec<(&'t str, Node<'t>)> {
        if let Some(members) = &self.members {
            return members.required.iter().map(|(name, node)| (*name, *node)).collect();
        }
        if !self.form.is_empty() {
            let needed = self.form.iter().filter_map(|node| {
                let says = node.get("required").filter(|says| says.as_bool() == Some(true))?;
                Some((node.get("name")?.as_str()?, says))
            });
            return needed.collect();
        }
        let list = self.get(Word::Required).into_iter().flat_map(|node| node.items());
        list.filter_map(|item| Some((item.as_str()?, item))).collect()
    }

    /// What holds for properties that are not listed.
    pub(in super::super) fn rest(&self) -> Rest<'t> {
        match self.get(Word::AdditionalProperties) {
            None => Rest::Allowed(None),
            Some(node) => match node.kind() {
                Kind::Bool(false) => Rest::Forbidden(node),
                Kind::Object
                    if node.entries().any(|entry| entry.key == "$ref" || Word::of(entry.key).is_some()) =>
                {
                    Rest::Fits(node)
                }
                _ => Rest::Allowed(Some(node)),
            },
        }
    }

    /// A bound, with its place.
    pub(in super::super) fn bound(&self, bound: Bound) -> Option<(f64, Node<'t>)> {
        let flag = |word| self.get(word).and_then(|node: Node<'t>| node.as_bool());
        let node = match bound {
            Bound::Max if flag(Word::ExclusiveMaximum) == Some(true) => None,
            Bound::Min if flag(Word::ExclusiveMinimum) == Some(true) => None,
            Bound::Max => self.get(Word::Maximum),
            Bound::Min => self.get(Word::Minimum),
            Bound::ExclusiveMax if flag(Word::ExclusiveMaximum) == Some(true) => self.get(Word::Maximum),
            Bound::ExclusiveMin if flag(Word::ExclusiveMinimum) == Some(true) => self.get(Word::Minimum),
            Bound::ExclusiveMax => self.get(Word::ExclusiveMaximum),
            Bound::ExclusiveMin => self.get(Word::ExclusiveMinimum),
            Bound::Other(word) => self.get(word),
        }?;
        match node.kind() {
            Kind::Number(text) => text.parse().ok().map(|value| (value, node)),
            _ => None,
        }
    }

    /// Whether any keyword restricts values.
    pub(in super::super) fn restricts(&self) -> bool {
        self.never || self.node.entries().any(|entry| Word::of(entry.key).is_some_and(Word::restricts))
    }
}

fn type_of(value: Node<'_>) -> Types {
    Types::of(match value.kind() {
        Kind::Null => "null",
        Kind::Bool(_) => "boolean",
        Kind::Number(text) if text.contains(['.', 'e', 'E']) => "number",
        Kind::Number(_) => "integer",
        Kind::String(_) => "string",
        Kind::Array => "array",
        Kind::Object => "object",
    })
}
