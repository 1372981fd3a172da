//! Guards against walks that never end. They keep hashes, never tokens or keys, and as many of them for ten pages as for ten million.
//!
//! A token that comes back is found in two ways. The last [`RECENT`] are remembered, which finds a cycle up to that length as soon as it
//! closes. For longer ones one further token is held and compared with each that comes; it is replaced by the newest after 1, 2, 4, 8 and so
//! on pages (Brent, "An improved Monte Carlo factorization algorithm", 1980). Once it stands within a cycle and the gap is as long as that,
//! it comes by again: after at most three times as many pages as there are before the cycle's first repetition.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::{PageView, PagingProblem, Place};

/// Empty pages in a row that a filter may well cause; more are a server that has lost its way.
const EMPTY_PAGES: u64 = 1_000;

/// Tokens that are remembered. Real cycles are short: a server answers the last page again, or goes back to the first.
const RECENT: usize = 1_024;

/// What [`hash`] made is not hashed again.
type Hashes = HashSet<u64, BuildHasherDefault<Same>>;

/// The hash of a hash: itself.
#[derive(Clone, Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Sets of other things than hashes would do with it too, only not as fast.
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[derive(Debug)]
pub(super) struct Guard {
    pub(super) page_limit: u64,
    places: Places,
    /// The first page: where a server goes back to that does not know a token.
    first: Keys,
    /// The last page: what a server repeats that ignores the parameter.
    last: Keys,
    /// Whether the last page went back to the start of one that was read before.
    went_back: bool,
    /// Whether the last page holds records that came before.
    overlaps: bool,
    empty: u64,
}

/// Keys of a page.
#[derive(Clone, Debug, Default)]
struct Keys {
    head: Option<u64>,
    all: Hashes,
}

impl Keys {
    /// Whether these hold the page's first record. Records that come in at the top of a list push the last ones of a page onto the next, so
    /// that they come twice; what brings back the first one is the same page again, or more than a page of new records.
    fn begin_in(&self, keys: &[u64]) -> bool {
        self.head.is_some_and(|head| keys.contains(&head))
    }

    /// Whether these are the page again, and no other record.
    fn come_back_in(&self, keys: &[u64]) -> bool {
        self.begin_in(keys) && keys.iter().all(|key| self.all.contains(key))
    }
}

impl Guard {
    pub(super) fn new(page_limit: u64) -> Self {
        let (first, last) = (Keys::default(), Keys::default());
        Self {
            page_limit,
            places: Places::default(),
            first,
            last,
            went_back: false,
            overlaps: false,
            empty: 0,
        }
    }

    /// Whether the walk may go on to `next` after this page, whose number is `at`.
    pub(super) fn check(&self, at: u64, next: &Place, page: &PageView) -> Result<(), PagingProblem> {
        // Once may be a record that moved; twice in a row is the first page with what has come in at its top.
        if self.went_back && self.goes_back(page) {
            return Err(PagingProblem::WentBack { page: at });
        }
        if self.last.come_back_in(&page.keys) || self.first.come_back_in(&page.keys) {
            return Err(PagingProblem::NoNewKeys { page: at });
        }
        if fingerprint(next).is_some_and(|hash| self.places.knows(hash)) {
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

    fn goes_back(&self, page: &PageView) -> bool {
        self.last.begin_in(&page.keys) || self.first.begin_in(&page.keys)
    }

    /// Whether the last page holds records of the page before or the first one.
    pub(super) fn overlaps(&self) -> bool {
        self.overlaps
    }

    /// Which records came is no longer known.
    pub(super) fn forget_keys(&mut self) {
        (self.first, self.last, self.went_back) = (Keys::default(), Keys::default(), false);
    }

    /// A place that is asked for.
    pub(super) fn saw(&mut self, place: &Place) {
        if let Some(hash) = fingerprint(place) {
            self.places.add(hash);
        }
    }

    /// A page that was read.
    pub(super) fn keep(&mut self, page: &PageView) {
        if page.served == Some(0) {
            self.empty += 1;
            return;
        }
        self.empty = 0;
        self.went_back = self.goes_back(page);
        let came = |key: &u64| self.last.all.contains(key) || self.first.all.contains(key);
        self.overlaps = page.keys.iter().any(came);
        self.last.head = page.keys.first().copied();
        self.last.all.clear();
        self.last.all.extend(&page.keys);
        if self.first.head.is_none() {
            self.first.clone_from(&self.last);
        }
    }
}

/// The places asked for, as far as they are remembered.
#[derive(Debug, Default)]
struct Places {
    order: VecDeque<u64>,
    recent: Hashes,
    /// The place that is held for long cycles, and how many came since.
    held: Option<u64>,
    since: u64,
    /// How many may come before another is held.
    gap: u64,
}

impl Places {
    fn knows(&self, hash: u64) -> bool {
        self.held == Some(hash) || self.recent.contains(&hash)
    }

    fn add(&mut self, hash: u64) {
        if self.recent.insert(hash) {
            self.order.push_back(hash);
        }
        if self.order.len() > RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.recent.remove(&oldest);
        }
        self.since += 1;
        if self.since >= self.gap {
            self.held = Some(hash);
            self.since = 0;
            self.gap = self.gap.saturating_mul(2).max(1);
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

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_cycle_of_any_length_is_found_with_as_many_hashes(before in 0u64..4_000, length in 1u64..6_000) {
            let mut places = Places::default();
            let (mut at, mut steps) = (0, 0u64);
            while !places.knows(at) {
                places.add(at);
                at = if at + 1 == before + length { before } else { at + 1 };
                steps += 1;
                proptest::prop_assert!(steps <= 3 * (before + length) + 1, "{} before {}", before, length);
            }
            proptest::prop_assert!(steps >= before + length, "no token came twice after {}", steps);
            proptest::prop_assert!(places.order.len() <= RECENT && places.recent.len() <= RECENT);
            if length <= RECENT as u64 {
                proptest::prop_assert_eq!(steps, before + length, "a short cycle is found as it closes");
            }
        }
    }
}
