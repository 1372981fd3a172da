//! Guards against walks that never end. They keep hashes, never tokens or keys, and of keys only two pages' worth.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{PageView, PagingProblem, Place};

/// Empty pages in a row that a filter may well cause; more are a server that has lost its way.
const EMPTY_PAGES: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Guard {
    pub(super) page_limit: u64,
    /// Tokens and URLs asked for.
    places: HashSet<u64>,
    /// Keys of the first page: where a server goes back to that does not know a token.
    first: HashSet<u64>,
    /// Keys of the last page: what a server repeats that ignores the parameter.
    last: HashSet<u64>,
    empty: u64,
}

impl Guard {
    pub(super) fn new(page_limit: u64) -> Self {
        Self { page_limit, places: HashSet::new(), first: HashSet::new(), last: HashSet::new(), empty: 0 }
    }

    /// Whether the walk may go on to `next` after this page, whose number is `at`.
    pub(super) fn check(&self, at: u64, next: &Place, page: &PageView) -> Result<(), PagingProblem> {
        let within = |keys: &HashSet<u64>| page.keys.iter().all(|key| keys.contains(key));
        if !page.keys.is_empty() && (within(&self.last) || within(&self.first)) {
            return Err(PagingProblem::NoNewKeys { page: at });
        }
        if fingerprint(next).is_some_and(|hash| self.places.contains(&hash)) {
            return Err(PagingProblem::Repeated { page: at });
        }
        if at >= self.page_limit {
            return Err(PagingProblem::PageLimit { limit: self.page_limit });
        }
        if page.served == Some(0) && self.empty >= EMPTY_PAGES {
            return Err(PagingProblem::EmptyPages { pages: self.empty + 1 });
        }
        Ok(())
    }

    /// A place that is asked for.
    pub(super) fn saw(&mut self, place: &Place) {
        self.places.extend(fingerprint(place));
    }

    /// A page that was read.
    pub(super) fn keep(&mut self, page: &PageView) {
        if page.served == Some(0) {
            self.empty += 1;
            return;
        }
        self.empty = 0;
        self.last = page.keys.iter().copied().collect();
        if self.first.is_empty() {
            self.first.clone_from(&self.last);
        }
    }
}

/// Numbers only grow, so only what the server chooses is remembered.
fn fingerprint(place: &Place) -> Option<u64> {
    match place {
        Place::Token(text) | Place::Url(text) | Place::After(text) => Some(hash(text)),
        Place::Start | Place::Page(_) | Place::Offset(_) | Place::Job { .. } => None,
    }
}

pub(super) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
