//! Paging schemes: what operations that page alike have in common, said once.

use indexmap::IndexMap;
use serde::Serialize;

use super::Confidence;
use super::paging::{List, PagingGuess, PagingKind};

/// A paging scheme for all operations that page alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SchemeGuess {
    /// Its name in the manifest.
    pub name: String,
    /// What it says; that of its surest operation.
    pub paging: PagingGuess,
    /// The ids of its operations, in the document's order.
    pub operations: Vec<String>,
    /// How much speaks for it: as much as for its surest operation.
    pub confidence: Confidence,
}

impl SchemeGuess {
    /// What it says as one line of a manifest.
    pub(crate) fn line(&self) -> String {
        let lines = super::draft::scheme_lines(&self.name, &self.paging);
        let parts: Vec<&str> = lines
            .iter()
            .skip(1)
            .map(|(_, text)| text.as_str())
            .filter(|text| !text.starts_with('#'))
            .collect();
        let parts: Vec<&str> = parts.iter().map(|text| text.split(" # ").next().unwrap_or(text)).collect();
        format!("`{}: {{ {} }}`", self.name, parts.join(", "))
    }
}

/// What operations have in common that take one scheme, sizes aside.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    kind: PagingKind,
    parameter: Option<String>,
    in_body: bool,
    next: Option<String>,
    more: Option<String>,
    done: Option<String>,
    total: Option<String>,
    pages: Option<String>,
    record_key: Option<String>,
    first: Option<u64>,
}

/// What the page size of a scheme is asked by, and how many are asked for.
type Sized = Option<(String, bool, Option<u64>)>;

/// The operations of a scheme, with what each was guessed to do, by how they ask for a size.
type BySize<'l> = IndexMap<Sized, Vec<(&'l str, &'l PagingGuess)>>;

/// The schemes of all lists, the one that most operations take first.
pub(super) fn group(lists: &[List<'_, '_>]) -> Vec<SchemeGuess> {
    let mut groups: IndexMap<Alike, BySize<'_>> = IndexMap::new();
    for list in lists {
        let paging = &list.guess.paging;
        let declarable = match paging.kind {
            PagingKind::None => false,
            PagingKind::Cursor | PagingKind::CursorHeader => paging.next.is_some(),
            PagingKind::LastId => list.shape.records.is_some() && paging.record_key.is_some(),
            _ => true,
        };
        if declarable {
            let sized = paging.size.as_ref().map(|size| (size.name.clone(), size.in_body, size.value()));
            groups.entry(alike(paging)).or_default().entry(sized).or_default().push((&list.guess.id, paging));
        }
    }
    let mut schemes: Vec<SchemeGuess> = Vec::new();
    for (_, mut sizes) in groups {
        // Operations without a size take the scheme that most of their like take.
        if let Some(unsized_ones) = sizes.shift_remove(&None) {
            let most = sizes.iter().max_by_key(|(_, all)| all.len()).map(|(sized, _)| sized.clone());
            sizes.entry(most.unwrap_or(None)).or_default().extend(unsized_ones);
        }
        for (_, members) in sizes {
            let rank = |(_, paging): &&(&str, &PagingGuess)| (paging.confidence, paging.size.is_some());
            let Some((_, best)) = members.iter().rev().max_by_key(rank) else { continue };
            schemes.push(SchemeGuess {
                name: String::new(),
                paging: (*best).clone(),
                confidence: best.confidence,
                operations: members.iter().map(|(id, _)| (*id).to_owned()).collect(),
            });
        }
    }
    // An operation takes the first scheme that it fits: what asks for more stands before what asks for less.
    let demands = |paging: &PagingGuess| {
        [&paging.more, &paging.done, &paging.total, &paging.pages].into_iter().flatten().count()
    };
    schemes.sort_by_key(|scheme| {
        (
            strength(scheme.paging.kind),
            std::cmp::Reverse(demands(&scheme.paging)),
            std::cmp::Reverse(scheme.operations.len()),
        )
    });
    let mut names: IndexMap<&'static str, usize> = IndexMap::new();
    for scheme in &mut schemes {
        let base = base_name(scheme.paging.kind);
        let count = names.entry(base).or_default();
        *count += 1;
        scheme.name = if *count == 1 { base.to_owned() } else { format!("{base}_{count}") };
    }
    schemes
}

/// What is only a check tells no operations apart where the next page is named.
fn alike(paging: &PagingGuess) -> Alike {
    let counted = matches!(paging.kind, PagingKind::Page | PagingKind::Offset);
    let flagged = paging.kind != PagingKind::LinkHeader;
    Alike {
        kind: paging.kind,
        parameter: paging.parameter.clone(),
        in_body: paging.in_body,
        next: paging.next.clone(),
        more: paging.more.clone().filter(|_| flagged),
        done: paging.done.clone().filter(|_| flagged),
        total: paging.total.clone().filter(|_| counted),
        pages: paging.pages.clone().filter(|_| paging.kind == PagingKind::Page),
        record_key: paging.record_key.clone(),
        first: match paging.kind {
            PagingKind::Page => Some(paging.first.unwrap_or(1)),
            PagingKind::Offset => Some(paging.first.unwrap_or(0)),
            _ => None,
        },
    }
}

fn strength(kind: PagingKind) -> u32 {
    match kind {
        PagingKind::LinkHeader => 0,
        PagingKind::Cursor => 1,
        PagingKind::NextUrl => 2,
        PagingKind::CursorHeader => 3,
        PagingKind::Page => 4,
        PagingKind::Offset => 5,
        PagingKind::LastId => 6,
        PagingKind::None => 7,
    }
}

fn base_name(kind: PagingKind) -> &'static str {
    match kind {
        PagingKind::LinkHeader => "by_link",
        PagingKind::Cursor => "by_cursor",
        PagingKind::NextUrl => "by_url",
        PagingKind::CursorHeader => "by_header",
        PagingKind::Page => "by_page",
        PagingKind::Offset => "by_offset",
        PagingKind::LastId => "by_last_id",
        PagingKind::None => "none",
    }
}
