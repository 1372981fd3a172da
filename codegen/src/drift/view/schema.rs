//! A schema as every dialect means it: references followed, null seen whichever way it is spelt, bounds as numbers.

use super::words::{ALL, WORDS, type_of};
use super::{Core, Members, Types, Word, is_null};
use crate::source::{Kind, Node, NodeId};

/// A bound of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Bound {
    Max,
    Min,
    ExclusiveMax,
    ExclusiveMin,
    Other(Word),
}

/// The value of a branch that is a constant and no more than described.
fn constant(branch: Node<'_>) -> Option<Node<'_>> {
    let mut value = None;
    for entry in branch.entries() {
        match Word::of(entry.key) {
            Some(Word::Const) => value = Some(entry.value),
            Some(Word::Enum) if entry.value.len() == 1 => value = entry.value.items().next(),
            Some(Word::Type | Word::Title) => {}
            Some(word) if word.restricts() => return None,
            None if entry.key == "$ref" => return None,
            _ => {}
        }
    }
    value
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
    /// The values that a choice of constants allows, with what lists them: a list of values that can say something of each.
    pub(in super::super) constants: Option<(Node<'t>, Vec<Node<'t>>)>,
    words: [Option<Node<'t>>; WORDS],
    /// What it says of properties together with the branches of `allOf` that it was merged with.
    members: Option<Members<'t>>,
    /// The branches of `allOf` that it was merged with, which are none any more.
    absorbed: Vec<NodeId>,
}

impl<'t> Schema<'t> {
    pub(super) fn read(core: &Core<'t>) -> Self {
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
            constants: None,
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

    /// What it says that restricts values, with what another says that does not.
    pub(in super::super) fn with_notes_of(&self, other: &Self) -> Self {
        let mut mixed = self.restrictions();
        for word in ALL.into_iter().filter(|word| !word.restricts()) {
            if let Some(slot) = mixed.words.get_mut(word as usize) {
                *slot = other.get(word);
            }
        }
        mixed
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

    /// The schema with one keyword in the place of another.
    pub(in super::super) fn respelt(&self, from: Word, to: Word) -> Self {
        let mut respelt = self.clone();
        let value = respelt.words.get_mut(from as usize).and_then(Option::take);
        if let Some(slot) = respelt.words.get_mut(to as usize) {
            *slot = value;
        }
        respelt
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
        let mut null = self.settle_constants();
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

    /// Takes a choice of constants as the list of values that it is, and gives the branch of it that is null.
    fn settle_constants(&mut self) -> Option<Node<'t>> {
        if self.says_any(&[Word::Enum, Word::Const, Word::AllOf, Word::Discriminator]) {
            return None;
        }
        let word = match (self.get(Word::OneOf), self.get(Word::AnyOf)) {
            (Some(_), None) => Word::OneOf,
            (None, Some(_)) => Word::AnyOf,
            _ => return None,
        };
        let list = self.get(word)?;
        let (mut values, mut null) = (Vec::new(), None);
        for branch in list.items() {
            if is_null(branch) {
                null = Some(branch);
                continue;
            }
            values.push(constant(branch)?);
        }
        if values.len() < 2 {
            return None;
        }
        if let Some(slot) = self.words.get_mut(word as usize) {
            *slot = None;
        }
        self.constants = Some((list, values));
        null
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
        let constants = self.constants.iter().flat_map(|(_, values)| values.iter().copied());
        let listed = self.get(Word::Enum).into_iter().flat_map(|node| node.items()).chain(constants);
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
