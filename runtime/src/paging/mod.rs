//! How pages follow one another. A [`Pager`] is a pure state machine: it is shown each page and says stop, or what to ask next. It sends
//! nothing, so every strategy is tested without a server.
//!
//! What ends a walk is what the manifest declares: `more` false, `done` true, a total reached, a missing, null or empty token (also the
//! text `null`). Where nothing is declared an empty page ends it. A page shorter than was asked for never does, since servers cut page sizes;
//! nor does an empty page that has a next token. A total is believed only together with a page that is not full: totals lag and lie.
//!
//! What would lose records or never end is a [`PagingProblem`]: more is promised but nothing leads there, a token comes back, a page
//! brings no new key, the page limit is reached.

mod guard;
mod position;
mod problem;
mod view;

pub use position::{Place, Position};
pub use problem::{PagingProblem, StopReason};
pub use view::PageView;

use crate::contract::{Operation, Paging, Path, Strategy};
use crate::request::Request;

use guard::Guard;

/// Pages after which a walk is taken for endless, unless the caller says otherwise.
pub const PAGE_LIMIT: u64 = 1_000_000;

/// What to do after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// That was the last one.
    Stop(StopReason),
    /// Ask for the next.
    Request(Patch),
}

/// What the next request has different from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Nothing: it is the first.
    None,
    /// A parameter, by its index in the operation.
    Parameter {
        /// Index into [`Operation::parameters`].
        index: usize,
        /// Its value.
        value: String,
    },
    /// Another URL, absolute or relative, for the same operation. It holds all parameters.
    Url(String),
}

/// The state of one walk over pages.
#[derive(Debug)]
pub struct Pager {
    operation: &'static Operation,
    /// Page size that is asked for, if one is.
    asked: Option<u64>,
    /// First page number of this walk.
    first: u64,
    place: Place,
    pages: u64,
    records: u64,
    /// Most records of one page: what the server serves at most, whatever was asked.
    largest: u64,
    /// The total was reached by a full page; one more page shows whether it lied.
    satisfied: bool,
    guard: Guard,
}

impl Pager {
    /// A walk from the first page. A page number or offset that the request has is where it starts.
    pub fn new(request: &Request) -> Self {
        let operation = request.operation();
        let start = |index: usize, default| {
            request.plain(index).and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let (place, first) = match operation.paging.as_ref().map(|paging| &paging.strategy) {
            Some(Strategy::PageNumber { parameter, first, .. }) => {
                let first = start(*parameter, *first);
                (Place::Page(first), first)
            }
            Some(Strategy::Offset { parameter, .. }) => (Place::Offset(start(*parameter, 0)), 0),
            _ => (Place::Start, 0),
        };
        let size = operation.paging.as_ref().and_then(|paging| paging.size.as_ref());
        let asked = size.map(|size| start(size.parameter, size.value));
        let guard = Guard::new(PAGE_LIMIT);
        Self { operation, asked, first, place, pages: 0, records: 0, largest: 0, satisfied: false, guard }
    }

    /// Goes on where another walk over the same operation was.
    ///
    /// # Errors
    /// The position is of another operation, another strategy or another version.
    pub fn resume(&mut self, position: Position) -> Result<(), PagingProblem> {
        position.check(self.operation)?;
        self.pages = position.pages;
        self.records = position.records;
        self.guard.saw(&position.place);
        self.place = position.place;
        Ok(())
    }

    /// Pages after which the walk is taken for endless.
    pub fn set_page_limit(&mut self, pages: u64) {
        self.guard.page_limit = pages;
    }

    /// Where the page stands that is to be read next.
    pub fn position(&self) -> Position {
        Position::new(self.operation, self.place.clone(), self.pages, self.records)
    }

    /// Pages read so far, those before a resumption included.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// What the next request has different.
    pub fn patch(&self) -> Patch {
        let parameter = match self.operation.paging.as_ref().map(|paging| &paging.strategy) {
            Some(
                Strategy::PageNumber { parameter, .. }
                | Strategy::Offset { parameter, .. }
                | Strategy::Cursor { parameter, .. }
                | Strategy::LastId { parameter, .. },
            ) => Some(*parameter),
            _ => None,
        };
        match (&self.place, parameter) {
            (Place::Url(url), _) => Patch::Url(url.clone()),
            (Place::Page(number) | Place::Offset(number), Some(index)) => {
                Patch::Parameter { index, value: number.to_string() }
            }
            (Place::Token(value) | Place::After(value), Some(index)) => {
                Patch::Parameter { index, value: value.clone() }
            }
            _ => Patch::None,
        }
    }

    /// Whether the walk would go on from this page, guards aside.
    pub fn leads_on(&self, page: &PageView) -> bool {
        let paging = self.operation.paging.as_ref();
        paging.is_some_and(|paging| matches!(self.decide(paging, page), Ok(Decision::Go(_))))
    }

    /// Takes note of a page that was read and says what comes next. After a problem the state is as before: the position still names the
    /// page that was shown.
    pub fn next(&mut self, page: &PageView) -> Result<Step, PagingProblem> {
        let Some(paging) = &self.operation.paging else {
            self.count(page);
            return Ok(Step::Stop(StopReason::Unpaged));
        };
        let place = match self.decide(paging, page)? {
            Decision::Stop(reason) => {
                self.count(page);
                return Ok(Step::Stop(reason));
            }
            Decision::Go(place) => place,
        };
        let satisfied = self.total_reached(paging, page);
        match self.guard.check(self.pages + 1, &place, page) {
            Ok(()) => {}
            // The page was asked for only to see whether the total lies, and a server without such a page sends another one again.
            Err(PagingProblem::NoNewKeys { .. }) if self.satisfied => {
                return Ok(Step::Stop(StopReason::NothingNew));
            }
            Err(problem) => return Err(problem),
        }
        self.guard.saw(&place);
        self.guard.keep(page);
        self.count(page);
        self.satisfied = satisfied;
        self.place = place;
        Ok(Step::Request(self.patch()))
    }

    /// Whether a 404 means that the walk is past its last page: some servers answer so instead of with an empty page. It does so only for
    /// page numbers after the first page, and only where the manifest declares nothing else that tells the end.
    pub fn is_past_the_end(&self) -> bool {
        match self.operation.paging.as_ref().map(|paging| &paging.strategy) {
            Some(Strategy::PageNumber { end, .. }) => {
                let declared = [end.more, end.done, end.total_records, end.total_pages];
                self.pages > 0 && declared.iter().all(Option::is_none)
            }
            _ => false,
        }
    }

    fn count(&mut self, page: &PageView) {
        let served = page.served.unwrap_or(0);
        self.pages += 1;
        self.records += served;
        self.largest = self.largest.max(served);
    }

    /// Records up to the end of this page, from the start of the list.
    fn progress(&self, page: &PageView) -> u64 {
        let before = if let Place::Offset(offset) = self.place { offset } else { self.records };
        before.saturating_add(page.served.unwrap_or(0))
    }

    fn total_reached(&self, paging: &Paging, page: &PageView) -> bool {
        let declared = !matches!(paging.strategy, Strategy::LinkHeader { .. });
        declared && page.total_records.is_some_and(|total| self.progress(page) >= total)
    }

    fn decide(&self, paging: &Paging, page: &PageView) -> Result<Decision, PagingProblem> {
        use Decision::{Go, Stop};
        if page.done == Some(true) {
            return Ok(Stop(StopReason::DoneIsTrue));
        }
        if page.more == Some(false) {
            return Ok(Stop(StopReason::MoreIsFalse));
        }
        let promised = page.more == Some(true) || page.done == Some(false);
        let empty = page.served == Some(0);
        if self.total_reached(paging, page) && !promised {
            let served = page.served.unwrap_or(0);
            let full = served >= self.largest && self.asked.is_none_or(|asked| served >= asked);
            if empty || !full {
                return Ok(Stop(StopReason::TotalReached));
            }
        }
        let at = self.pages + 1;
        let known = |served: Option<u64>| served.ok_or(PagingProblem::NoRecords);
        match (&paging.strategy, &self.place) {
            (Strategy::PageNumber { .. }, place) => {
                let number = if let Place::Page(number) = place { *number } else { self.first };
                if let Some(total) = page.total_pages {
                    let read = number.saturating_sub(self.base_page(paging)) + 1;
                    return Ok(if read >= total {
                        Stop(StopReason::LastPage)
                    } else {
                        Go(Place::Page(number + 1))
                    });
                }
                let expected = page.total_records.is_some_and(|total| {
                    self.progress(page) < total && at.saturating_mul(self.largest.max(1)) < total
                });
                if known(page.served)? == 0 && !promised && !expected {
                    return Ok(Stop(StopReason::EmptyPage));
                }
                Ok(Go(Place::Page(number.saturating_add(1))))
            }
            (Strategy::Offset { .. }, place) => {
                let offset = if let Place::Offset(offset) = place { *offset } else { 0 };
                match known(page.served)? {
                    0 if promised => Err(PagingProblem::EmptyButMore { page: at }),
                    0 => Ok(Stop(StopReason::EmptyPage)),
                    served => Ok(Go(Place::Offset(offset.saturating_add(served)))),
                }
            }
            (Strategy::LastId { field, .. }, _) => match (known(page.served)?, &page.last) {
                (0, _) if promised => Err(PagingProblem::EmptyButMore { page: at }),
                (0, _) => Ok(Stop(StopReason::EmptyPage)),
                (_, Some(last)) => Ok(Go(Place::After(last.clone()))),
                (_, None) => Err(PagingProblem::NoLastId { page: at, field: field.join(".") }),
            },
            (Strategy::Cursor { .. } | Strategy::NextUrl { .. } | Strategy::LinkHeader { .. }, _) => {
                match (&page.next, &paging.strategy) {
                    (None, _) if promised => Err(PagingProblem::MoreWithoutNext { page: at }),
                    (None, _) => Ok(Stop(StopReason::NoNext)),
                    (Some(token), Strategy::Cursor { .. }) => Ok(Go(Place::Token(token.clone()))),
                    (Some(url), _) => Ok(Go(Place::Url(url.clone()))),
                }
            }
        }
    }

    /// Number that the API gives its first page, wherever this walk began.
    fn base_page(&self, paging: &Paging) -> u64 {
        if let Strategy::PageNumber { first, .. } = paging.strategy { first } else { 0 }
    }
}

enum Decision {
    Stop(StopReason),
    Go(Place),
}

/// The path of an operation's records: what its paging says, else the body itself.
pub(crate) fn records_path(operation: &'static Operation) -> Option<Path> {
    operation.paging.as_ref().and_then(|paging| paging.records)
}
