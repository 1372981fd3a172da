//! Which operations the manifest means.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::Manifest;
use crate::model::{Api, OperationHead};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

/// A selector of operations, as the manifest writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selector<'t> {
    /// `all`.
    All,
    /// `tag:NAME`.
    Tag(&'t str),
    /// An operation's id, or `METHOD /path`.
    One(&'t str),
}

impl<'t> Selector<'t> {
    pub(crate) fn read(text: &'t str) -> Self {
        match text.strip_prefix("tag:") {
            Some(tag) => Self::Tag(tag.trim()),
            None if text == "all" => Self::All,
            None => Self::One(text),
        }
    }

    pub(crate) fn takes(self, head: &OperationHead) -> bool {
        match self {
            Self::All => true,
            Self::Tag(tag) => head.tags.iter().any(|known| known == tag),
            Self::One(name) => {
                head.id == name
                    || name
                        .split_once(' ')
                        .is_some_and(|(method, path)| head.method == method && head.path == path)
            }
        }
    }
}

/// The operations that a manifest allows, as indexes into `heads` in their order. Every other place of the manifest that names
/// operations is checked as well, while those that the connector does not have are still known.
pub fn select(manifest: &Manifest, heads: &[OperationHead]) -> (Vec<usize>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut selected = BTreeSet::new();
    // What an unknown selector was meant to select is not known: then nothing is reported as not selected.
    let mut all_known = true;
    for text in &manifest.operations {
        let selector = Selector::read(text);
        let before = selected.len();
        let taken =
            || heads.iter().enumerate().filter(|(_, head)| selector.takes(head)).map(|(index, _)| index);
        selected.extend(taken());
        // All of nothing is nothing: that a document has no operation was told where it is read.
        let is_all_of_none = matches!(selector, Selector::All) && heads.is_empty();
        if selected.len() == before && taken().next().is_none() && !is_all_of_none {
            diagnostics.push(unknown(text, "`operations` selects", heads));
            all_known = false;
        }
    }
    let selected_or_meant = |index: &usize| !all_known || selected.contains(index);
    let lists = manifest.paging.iter().map(|(name, scheme)| ("paging scheme", name, &scheme.operations));
    let lists = lists.chain(super::limits::operation_lists(manifest));
    let others = &manifest.server.others;
    let lists = lists.chain(others.iter().map(|(name, other)| ("server", name, &other.operations)));
    for (kind, name, texts) in lists {
        for text in texts.iter().flatten() {
            let who = format!("{kind} `{}` names", name.value);
            reference(text, &who, false, heads, selected_or_meant, &mut diagnostics);
        }
    }
    for text in manifest.authorised.iter().flatten() {
        reference(text, "`authorised` names", false, heads, selected_or_meant, &mut diagnostics);
    }
    for (name, _) in &manifest.overrides {
        reference(name, "`overrides` names", true, heads, selected_or_meant, &mut diagnostics);
    }
    for name in super::limits::costed(manifest) {
        reference(name, "`cost` names", true, heads, selected_or_meant, &mut diagnostics);
    }
    for (name, stream) in &manifest.streams {
        let who = format!("stream `{}` reads", name.value);
        reference(&stream.operation, &who, true, heads, selected_or_meant, &mut diagnostics);
    }
    for (name, stream) in &manifest.streams {
        let Some(job) = &stream.job else { continue };
        let who = format!("the job of stream `{}` asks", name.value);
        for text in std::iter::once(&job.poll.operation).chain(&job.download.operation) {
            reference(text, &who, true, heads, selected_or_meant, &mut diagnostics);
        }
    }
    (selected.into_iter().collect(), diagnostics)
}

/// The operation of the API that a text names, or an error at its place.
pub(super) fn find(
    api: &Api,
    text: &Spanned<String>,
    who: &str,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let found = position(api, text);
    if found.is_none() {
        diagnostics.push(not_selected(text, who));
    }
    found
}

/// The operation of the API that a text names.
pub(super) fn position(api: &Api, text: &str) -> Option<usize> {
    match Selector::read(text) {
        one @ Selector::One(_) => api.operations.iter().position(|operation| one.takes(&operation.head)),
        Selector::All | Selector::Tag(_) => None,
    }
}

fn reference(
    text: &Spanned<String>,
    who: &str,
    one: bool,
    heads: &[OperationHead],
    is_selected: impl Fn(&usize) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let selector = Selector::read(text);
    if one && !matches!(selector, Selector::One(_)) {
        let message = format!("{who} `{}`, where one operation has to be named", text.value);
        diagnostics.push(
            Diagnostic::error(Code::UnknownOperation, message)
                .at(text.span)
                .help("name it by its operation id or as `METHOD /path`"),
        );
        return;
    }
    let mut taken =
        heads.iter().enumerate().filter(|(_, head)| selector.takes(head)).map(|(index, _)| index).peekable();
    if taken.peek().is_none() {
        diagnostics.push(unknown(text, who, heads));
    } else if !taken.any(|index| is_selected(&index)) {
        diagnostics.push(not_selected(text, who));
    }
}

fn not_selected(text: &Spanned<String>, who: &str) -> Diagnostic {
    Diagnostic::error(
        Code::OperationNotSelected,
        format!("{who} `{0}`, but `operations` does not select it", text.value),
    )
    .at(text.span)
    .help(format!("add `{}` to `operations`", text.value))
}

fn unknown(text: &Spanned<String>, who: &str, heads: &[OperationHead]) -> Diagnostic {
    let ids = || heads.iter().map(|head| head.id.as_str());
    let tags = || heads.iter().flat_map(|head| &head.tags).map(String::as_str);
    let near = match Selector::read(text) {
        Selector::All => None,
        Selector::Tag(tag) => did_you_mean(tag, tags()).map(|near| format!("tag:{near}")),
        Selector::One(name) if name.contains(' ') => {
            let places: Vec<String> =
                heads.iter().map(|head| format!("{} {}", head.method, head.path)).collect();
            did_you_mean(name, places.iter().map(String::as_str)).map(str::to_owned)
        }
        Selector::One(name) => {
            let path = || {
                heads
                    .iter()
                    .find(|head| head.path == name)
                    .map(|head| format!("{} {}", head.method, head.path))
            };
            let tag = || did_you_mean(name, tags()).map(|near| format!("tag:{near}"));
            did_you_mean(name, ids()).map(str::to_owned).or_else(path).or_else(tag)
        }
    };
    let help = match (near, Selector::read(text)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Selector::Tag(_)) => {
            let all: BTreeSet<&str> = tags().collect();
            format!("tags of the document: {}", list(all.into_iter()))
        }
        (None, _) => format!("operations of the document: {}", list(ids())),
    };
    let message = match Selector::read(text) {
        Selector::Tag(tag) => format!("{who} the tag `{tag}`, which no operation of the document has"),
        _ => format!("{who} `{}`, which is no operation of the document", text.value),
    };
    Diagnostic::error(Code::UnknownOperation, message).at(text.span).help(help)
}

/// The first of several names, and how many more there are.
pub(super) fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.collect();
    let mut text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        text.push_str("none");
    } else if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
