//! One walk over a stream's pages, as bookkeeping without input or output: what the bookmark is after each page, when there is nothing more
//! to find, and from where a killed run goes on.
//!
//! The bookmark is the promise that every record up to it is in the store. It moves as follows.
//!
//! | order | moves | to |
//! |---|---|---|
//! | ascending, with a parameter | with each page | the page's highest value |
//! | descending | at the end of the walk | the highest value seen |
//! | none, or a declared order that did not hold | at the end of the walk | the highest value seen, if it is a time; else that of the first page |
//!
//! **Never past the run's start**, where values are times: a record that changed behind the walk's back has a later value than that, so
//! the next run reads it. Without an order, what changed in a part already read may even be older than other records seen, so
//! the server's clock, which stamps the values, matters too, and a minute is left for its difference to ours. Values that are no times
//! (counters, ids) have no start to compare with; what changed behind the walk got a value above all those that were there at its first page,
//! so that page's highest is the bound.
//!
//! **Pages that shift.** Page numbers and offsets count records, so a record that moves away from the pages already read pulls another
//! one after it, unseen. Newest first it moves to the top and pushes instead of pulling. Oldest first ([`Walk::turns`]) the walk asks for
//! the list from the bookmark on instead of for the next page, whenever the bookmark has moved, so only records that share one cursor value
//! over more than a page are at risk. Without an order, and for records that are deleted, nothing of the kind is possible: an API that
//! counts pages and has neither order nor cursor can lose a record in a walk, which a later full walk finds.
//!
//! **Why a resumed newest-first walk loses nothing**: it goes on downwards from where it stood, under the bookmark of the run that it
//! continues. What came in at the top since then is newer than anything that the run saw, so also newer than the bookmark which it promotes,
//! and the next run reads from the top down to that.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::contract::{CursorFormat, Order, Stream};
use crate::cursor::CursorValue;
use crate::slices::window::Depth;
use crate::store::{Checkpoint, RunState};

/// How far the server's clock may be from ours without harm, where no order helps.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(60);

/// A record as the walk sees it.
pub(super) struct Seen {
    /// Text of its key.
    pub(super) key: String,
    /// Its cursor value; `None` where it has none that says anything.
    pub(super) cursor: Option<CursorValue>,
}

/// What to do after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    /// The page holds only records that are older than the bookmark, and so do all that follow.
    ReachedBookmark,
}

pub(super) struct Walk {
    stream: &'static Stream,
    run: RunState,
    from: Option<CursorValue>,
    bookmark: Option<CursorValue>,
    pending: Option<CursorValue>,
    first_pending: Option<CursorValue>,
    /// Highest value of the pages before, lowest where the newest come first. `None` where the next page is not to be compared: after a
    /// resume that reads a page again.
    edge: Option<CursorValue>,
    /// Whether the last page's own records stood oldest first.
    in_order: bool,
    /// Keys seen by a newest-first walk that may end early: records that come in at the top push others onto the next page, where
    /// they say nothing about the order.
    keys: HashSet<String>,
}

impl Walk {
    /// A new walk from the bookmark. `start` is the manifest's value for a first run.
    pub(super) fn begin(
        stream: &'static Stream,
        bookmark: Option<&str>,
        start: Option<&str>,
        now: Timestamp,
        contract_version: &str,
    ) -> Self {
        let from = bookmark.and_then(CursorValue::from_json);
        let since =
            stream.cursor.as_ref().filter(|cursor| cursor.parameter.is_some()).and_then(
                |cursor| match &from {
                    Some(value) => value.parameter(cursor.format),
                    None => start.filter(|start| !start.is_empty()).map(|start| {
                        let value = CursorValue::from_text(start);
                        value
                            .and_then(|value| value.parameter(cursor.format))
                            .unwrap_or_else(|| start.to_owned())
                    }),
                },
            );
        Self {
            stream,
            run: RunState {
                id: format!("{}@{now}", stream.name),
                started_at: now,
                contract_version: contract_version.to_owned(),
                from: bookmark.map(str::to_owned),
                first_since: since.clone(),
                since,
                pending: None,
                first_pending: None,
                position: None,
                position_at: now,
                pages: 0,
                records: 0,
                unordered: false,
            },
            bookmark: from.clone(),
            from,
            pending: None,
            first_pending: None,
            edge: None,
            in_order: false,
            keys: HashSet::new(),
        }
    }

    /// Goes on with a run that was cut off. `repeats` where the first page was read before.
    pub(super) fn resume(
        stream: &'static Stream,
        bookmark: Option<&str>,
        run: RunState,
        repeats: bool,
    ) -> Self {
        let read = |json: &Option<String>| json.as_deref().and_then(CursorValue::from_json);
        let pending = read(&run.pending);
        let ascending = order(stream) == Order::Ascending;
        Self {
            stream,
            from: read(&run.from),
            bookmark: bookmark.and_then(CursorValue::from_json),
            first_pending: read(&run.first_pending),
            edge: if ascending && !repeats { pending.clone() } else { None },
            in_order: false,
            pending,
            keys: HashSet::new(),
            run,
        }
    }

    /// The bookmark that it began with.
    pub(super) fn began_at(&self) -> Option<String> {
        self.run.from.clone()
    }

    /// What goes into the cursor's parameter.
    pub(super) fn since(&self) -> Option<&str> {
        self.run.since.as_deref()
    }

    /// How deep it has gone, together with the walk that it goes on with.
    pub(super) fn depth(&self) -> Depth {
        Depth { records: self.run.records, pages: self.run.pages }
    }

    /// Whether records came against the declared order.
    pub(super) fn is_unordered(&self) -> bool {
        self.run.unordered
    }

    /// The record's cursor value, if it is of any use: one that the parameter could not take would stop every later run.
    pub(super) fn read_cursor(&self, json: &str) -> Option<CursorValue> {
        let cursor = self.stream.cursor.as_ref()?;
        CursorValue::from_json(json)
            .filter(|value| cursor.parameter.is_none() || value.parameter(cursor.format).is_some())
    }

    /// Takes a page in. Its checkpoint is to be committed with it.
    pub(super) fn absorb(&mut self, page: &[Seen]) -> Verdict {
        let highest =
            page.iter().filter_map(|seen| seen.cursor.clone()).fold(None, |one, two| later(one, Some(two)));
        match order(self.stream) {
            Order::Ascending => self.expect_ascending(page, highest.clone()),
            Order::Descending => self.expect_descending(page),
            Order::None => {}
        }
        if self.run.pages == 0 {
            self.first_pending = highest.clone();
        }
        self.pending = later(self.pending.take(), highest.clone());
        self.run.pages += 1;
        self.run.records += page.len() as u64;
        if self.moves_with_pages() {
            let bound = highest.map(|value| value.not_after(self.run.started_at, self.format()));
            self.bookmark = later(self.bookmark.take(), bound);
        } else {
            self.bookmark = self.from.clone();
        }
        if self.is_all_older(page) { Verdict::ReachedBookmark } else { Verdict::GoOn }
    }

    fn expect_ascending(&mut self, page: &[Seen], highest: Option<CursorValue>) {
        if let Some(edge) = &self.edge {
            self.run.unordered |=
                page.iter().flat_map(|seen| &seen.cursor).any(|value| value.compare(edge) == Ordering::Less);
        }
        self.edge = later(self.pending.clone(), highest);
        let values: Vec<&CursorValue> = page.iter().flat_map(|seen| &seen.cursor).collect();
        self.in_order =
            values.windows(2).all(|pair| matches!(pair, [one, two] if one.compare(two) != Ordering::Greater));
    }

    /// Whether the next page is to be asked for as the first one of another list, whose parameter is then in [`Walk::since`]. For positions
    /// that shift only; `ended` where this list has no more pages.
    ///
    /// Oldest first, the list from the bookmark on begins where the next page would: it is the same records, but what has left the pages
    /// before meanwhile does not push any of them out of sight. Where the order turns out not to hold, the lists since then have left records
    /// out, and the walk goes back to the list that it began with.
    pub(super) fn turns(&mut self, ended: bool) -> bool {
        let since = if self.run.unordered {
            self.run.first_since.clone()
        } else if !ended && self.moves_with_pages() && self.in_order && self.run.since.is_some() {
            // A list without the parameter may hold records without a value, which one with it leaves out.
            let bookmark = self.bookmark.as_ref().and_then(|value| value.parameter(self.format()));
            bookmark.or_else(|| self.run.since.clone())
        } else {
            return false;
        };
        let turns = since != self.run.since;
        self.run.since = since;
        turns
    }

    fn expect_descending(&mut self, page: &[Seen]) {
        if !self.may_end_early() {
            return;
        }
        for seen in page {
            if !self.keys.insert(seen.key.clone()) {
                continue;
            }
            let Some(value) = &seen.cursor else { continue };
            match &self.edge {
                Some(edge) if value.compare(edge) == Ordering::Greater => self.run.unordered = true,
                _ => self.edge = Some(value.clone()),
            }
        }
    }

    fn is_all_older(&self, page: &[Seen]) -> bool {
        let Some(from) = self.from.as_ref().filter(|_| self.may_end_early() && !self.run.unordered) else {
            return false;
        };
        let older =
            |seen: &Seen| seen.cursor.as_ref().is_some_and(|value| value.compare(from) == Ordering::Less);
        !page.is_empty() && page.iter().all(older)
    }

    /// With a parameter the server leaves out what is older, and all that it serves is wanted.
    fn may_end_early(&self) -> bool {
        let without_parameter = self.stream.cursor.as_ref().is_some_and(|cursor| cursor.parameter.is_none());
        without_parameter && order(self.stream) == Order::Descending && self.from.is_some()
    }

    fn moves_with_pages(&self) -> bool {
        let with_parameter = self.stream.cursor.as_ref().is_some_and(|cursor| cursor.parameter.is_some());
        with_parameter && order(self.stream) == Order::Ascending && !self.run.unordered
    }

    fn format(&self) -> CursorFormat {
        self.stream.cursor.as_ref().map_or(CursorFormat::AsIs, |cursor| cursor.format)
    }

    /// The checkpoint while the walk is under way.
    pub(super) fn checkpoint(&self, position: Option<serde_json::Value>, now: Timestamp) -> Checkpoint {
        let json = |value: &Option<CursorValue>| value.as_ref().map(|value| value.json().to_owned());
        let run = RunState {
            pending: json(&self.pending),
            first_pending: json(&self.first_pending),
            position,
            position_at: now,
            ..self.run.clone()
        };
        Checkpoint { bookmark: json(&self.bookmark), run: Some(run) }
    }

    /// The checkpoint when the walk has come to its end.
    pub(super) fn finished(&self) -> Checkpoint {
        let started = self.run.started_at;
        let promoted = match order(self.stream) {
            _ if self.moves_with_pages() => self.bookmark.clone(),
            Order::Descending if !self.run.unordered => {
                self.pending.clone().map(|value| value.not_after(started, self.format()))
            }
            _ => match &self.pending {
                Some(value) if value.is_time(self.format()) => {
                    let bound = started.checked_sub(CLOCK_DIFFERENCE).unwrap_or(started);
                    Some(value.clone().not_after(bound, self.format()))
                }
                _ => self.first_pending.clone(),
            },
        };
        let bookmark = later(self.from.clone(), promoted).map(|value| value.json().to_owned());
        Checkpoint { bookmark, run: None }
    }
}

fn order(stream: &Stream) -> Order {
    stream.cursor.as_ref().map_or(Order::None, |cursor| cursor.order)
}

fn later(one: Option<CursorValue>, two: Option<CursorValue>) -> Option<CursorValue> {
    CursorValue::later(one, two)
}
