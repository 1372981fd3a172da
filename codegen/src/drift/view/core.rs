//! What a schema stands for: references followed, and wrappers that add nothing but null taken away.

use super::words::Word;
use super::{Document, Schema};
use crate::normalise::{Dialect, reference_of};
use crate::source::{Kind, Node};

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
    pub(super) over: [Option<Node<'t>>; 4],
    /// The wrapper that adds null.
    pub(super) null: Option<Node<'t>>,
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
