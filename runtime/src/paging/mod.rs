//! How pages follow one another. A [`Pager`] is a pure state machine: it is shown each page and says stop, or what to ask next. It sends
//! nothing, so every strategy is tested without a server.
//!
//! What ends a walk is what the manifest declares: `more` false, `done` true, a total reached, a missing, null or empty token (also the
//! text `null`), a count or a page that is too small. Where nothing is declared an empty page ends it. A page shorter than was asked for
//! does so only where the manifest says that it does, since servers cut page sizes; an empty page that has a next token never does, unless
//! the manifest says so.
//!
//! **A total is a check, and an end only together with a page that is not full**, for totals lag and lie. Where more records come than it
//! says, all of them are handed out, and [`Pager::total`] tells what was said. Where the pages end with fewer, that is an error after the
//! last page: records are missing, and a server that silently stops at some depth looks just so. Nobody knows which, so the walk then stands
//! at its start again. A list that changes meanwhile is no such case: the lowest total of all pages is what counts, since a cursor does not
//! show what comes in behind it. Totals that count what the caller may not see are declared as estimates, which check nothing.
//!
//! What would lose records or never end is a [`PagingProblem`]: more is promised but nothing leads there, a token comes back, a page
//! brings no new key, the page limit is reached.

mod guard;
mod position;
mod stop;
mod view;

pub use crate::error::paging::PagingProblem;
pub use position::{Place, Position};
pub use stop::StopReason;
pub(crate) use view::ReadPage;
pub use view::{NoNext, PageView};

use crate::contract::{EmptyPage, Operation, Paging, Path, Strategy, Target, Total};
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
    /// A parameter, or a field of the body.
    Set {
        /// Which.
        target: Target,
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
    /// First page number of this walk, or offset of the list's first record.
    first: u64,
    /// Whether the walk begins where the list does, so that its records can be compared with the total.
    whole: bool,
    /// Where the walk begins.
    start: Place,
    place: Place,
    pages: u64,
    records: u64,
    /// The lowest total that a page told.
    least_total: Option<u64>,
    /// Most records of one page: what the server serves at most, whatever was asked.
    largest: u64,
    /// The total was reached by a full page; one more page shows whether it lied.
    satisfied: bool,
    /// What the last page said.
    last: LastPage,
    guard: Guard,
}

/// What is kept of the last page.
#[derive(Clone, Copy, Debug, Default)]
struct LastPage {
    served: u64,
    /// Whether it was as large as pages get, as far as that is known.
    full: bool,
    total_records: Option<u64>,
    total_pages: Option<u64>,
}

impl Pager {
    /// A walk from the first page. A page number or offset that the request has is where it starts.
    pub fn new(request: &Request) -> Self {
        let operation = request.operation();
        let paging = operation.paging.as_ref();
        let given = |target: Target| request.given(target);
        let start =
            |target: Target, default| given(target).and_then(|text| text.parse().ok()).unwrap_or(default);
        let (place, first, whole) = match paging.map(|paging| &paging.strategy) {
            Some(Strategy::PageNumber { target, first: base, .. }) => {
                let first = start(*target, *base);
                (Place::Page(first), first, first == *base)
            }
            // No record stands before the first one, so that less means the same (for SCIM: RFC 7644, 3.4.2.4).
            Some(Strategy::Offset { target, first, .. }) => {
                (Place::Offset(start(*target, *first).max(*first)), *first, true)
            }
            Some(Strategy::Cursor { target, first, .. }) => {
                let given = given(*target).is_some();
                let first = first.filter(|_| !given);
                (first.map_or(Place::Start, |first| Place::Token(first.to_owned())), 0, !given)
            }
            Some(Strategy::LastId { target, .. }) => (Place::Start, 0, given(*target).is_none()),
            _ => (Place::Start, 0, true),
        };
        let size = paging.and_then(|paging| paging.size.as_ref());
        let asked = size.map(|size| start(size.target, size.value));
        Self {
            operation,
            asked,
            first,
            whole,
            start: place.clone(),
            place,
            pages: 0,
            records: 0,
            least_total: None,
            largest: 0,
            satisfied: false,
            last: LastPage::default(),
            guard: Guard::new(PAGE_LIMIT),
        }
    }

    /// Goes on where another walk over the same operation was.
    ///
    /// # Errors
    /// The position is of another operation, another strategy or another version.
    pub fn resume(&mut self, position: Position) -> Result<(), PagingProblem> {
        position.check(self.operation)?;
        self.pages = position.pages;
        self.records = position.records;
        self.least_total = position.total;
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
        let position = Position::new(self.operation, self.place.clone(), self.pages, self.records);
        position.of_at_least(self.least_total)
    }

    /// Pages read so far, those before a resumption included.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// How many records there are, as the last page said.
    pub fn total(&self) -> Option<u64> {
        self.last.total_records
    }

    /// Whether the last page holds records that came before: the list has moved since the page before.
    pub(crate) fn overlaps(&self) -> bool {
        self.guard.overlaps()
    }

    /// Whether a page tells another total than the one before it.
    pub(crate) fn disagrees(&self, page: &PageView) -> bool {
        page.total_records != self.last.total_records
    }

    /// What the next request has different.
    pub fn patch(&self) -> Patch {
        self.patch_for(&self.place)
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What a request for that place has different.
    pub(crate) fn patch_for(&self, place: &Place) -> Patch {
        let target = self.operation.paging.as_ref().and_then(|paging| paging.strategy.target());
        match (place, target) {
            (Place::Url(url), _) => Patch::Url(url.clone()),
            (Place::Page(number) | Place::Offset(number), Some(target)) => {
                Patch::Set { target, value: number.to_string() }
            }
            (Place::Token(value) | Place::After(value), Some(target)) => {
                Patch::Set { target, value: value.clone() }
            }
            _ => Patch::None,
        }
    }

    /// The places of up to that many pages after the next one, where they can be told before that is read: page numbers, and offsets
    /// as long as all pages are as large as the last one. No more of them than the totals allow for; without totals only after a page
    /// that is full, since a smaller one may be the last but one.
    pub(crate) fn ahead(&self, pages: u64) -> Vec<Place> {
        let Some(paging) = &self.operation.paging else { return Vec::new() };
        let LastPage { served, full, total_records, total_pages } = self.last;
        let end = paging.strategy.end();
        let told = (end.total == Total::Exact).then_some(total_records).flatten();
        if (told.is_none() && total_pages.is_none() && !full) || served == 0 || self.pages == 0 {
            return Vec::new();
        }
        let pages = 1..=pages;
        match self.place {
            Place::Page(next) => {
                let base = self.base_page(paging);
                let exists = |number: &u64| {
                    let before = number.saturating_sub(base);
                    total_pages.is_none_or(|total| before < total)
                        && told.is_none_or(|total| before.saturating_mul(self.largest) < total)
                };
                pages.map(|step| next.saturating_add(step)).take_while(exists).map(Place::Page).collect()
            }
            Place::Offset(next) => pages
                .map(|step| next.saturating_add(step.saturating_mul(served)))
                .take_while(|offset| told.is_none_or(|total| self.before(*offset) < total))
                .map(Place::Offset)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the walk would go on from this page, guards aside.
    pub fn leads_on(&self, page: &PageView) -> bool {
        let paging = self.operation.paging.as_ref();
        paging.is_some_and(|paging| matches!(self.decide(paging, page), Ok(Decision::Go(_))))
    }

    /// Takes note of a page that was read and says what comes next. After a problem the state is as before: the position still names the
    /// page that was shown. Where the problem lies in the pages before ([`PagingProblem::starts_over`]), it names the first one again.
    pub fn next(&mut self, page: &PageView) -> Result<Step, PagingProblem> {
        let Some(paging) = &self.operation.paging else {
            self.count(page);
            return Ok(Step::Stop(StopReason::Unpaged));
        };
        let place = match self.decide(paging, page)? {
            Decision::Stop(reason) => {
                if let Err(problem) = self.check_total(paging, page) {
                    self.start_over();
                    return Err(problem);
                }
                self.count(page);
                return Ok(Step::Stop(reason));
            }
            Decision::Go(place) => place,
        };
        let satisfied = self.total_reached(page);
        match self.guard.check(self.pages + 1, &place, page) {
            Ok(()) => {}
            // The page was asked for only to see whether the total lies, and a server without such a page sends another one again.
            Err(PagingProblem::NoNewKeys { .. }) if self.satisfied => {
                return Ok(Step::Stop(StopReason::NothingNew));
            }
            Err(problem) => {
                // Whoever asks for the page once more takes it: a list may have moved by a whole page while the walk paused.
                if let PagingProblem::NoNewKeys { .. } = problem {
                    self.guard.forget_keys();
                }
                if problem.starts_over() {
                    self.start_over();
                }
                return Err(problem);
            }
        }
        self.guard.saw(&place);
        self.guard.keep(page);
        self.count(page);
        self.satisfied = satisfied;
        self.place = place;
        Ok(Step::Request(self.patch()))
    }

    /// What a refusal of the next page means for the walk, where it means anything: that it is past its last page, or deeper than the
    /// server serves.
    ///
    /// A 404 is the end for page numbers after the first page, where the manifest declares nothing else that tells it, and wherever
    /// as many records came as there are.
    pub(crate) fn refused(&self, status: u16, body: &[u8]) -> Option<Result<StopReason, PagingProblem>> {
        let paging = self.operation.paging.as_ref().filter(|_| self.pages > 0)?;
        if let Some(depth) = paging.depth.as_ref().filter(|depth| depth.status == status) {
            let holds = |text: &str| String::from_utf8_lossy(body).contains(text);
            if depth.contains.is_none_or(holds) {
                return Some(if self.satisfied {
                    Ok(StopReason::TotalReached)
                } else {
                    let (page, records) = (self.pages + 1, self.records);
                    Err(PagingProblem::DepthCap { page, records, means: depth.means })
                });
            }
        }
        let end = paging.strategy.end();
        let declared = [end.more, end.done, end.total_records, end.total_pages];
        let numbers = matches!(paging.strategy, Strategy::PageNumber { .. });
        let untold = numbers && declared.iter().all(Option::is_none) && end.count.is_none();
        (status == 404 && (untold || self.satisfied)).then_some(Ok(StopReason::PastTheEnd))
    }

    fn start_over(&mut self) {
        self.place = self.start.clone();
        (self.pages, self.records, self.least_total) = (0, 0, None);
        self.satisfied = false;
        self.last = LastPage::default();
        self.guard = Guard::new(self.guard.page_limit);
    }

    /// The lowest total that was told, this page's included.
    fn least_total(&self, page: &PageView) -> Option<u64> {
        self.least_total.into_iter().chain(page.total_records).min()
    }

    fn count(&mut self, page: &PageView) {
        let served = page.served.unwrap_or(0);
        self.pages += 1;
        self.records += served;
        self.least_total = self.least_total(page);
        // The first page may be smaller than asked because the server cuts sizes, or because it is the last.
        let expected = self.asked.is_none_or(|asked| served >= asked) || self.pages > 1;
        self.last = LastPage {
            served,
            full: served > 0 && served >= self.largest && expected,
            total_records: page.total_records,
            total_pages: page.total_pages,
        };
        self.largest = self.largest.max(served);
    }

    /// Records up to the end of this page, from the start of the list.
    fn progress(&self, page: &PageView) -> u64 {
        let before = if let Place::Offset(offset) = self.place { self.before(offset) } else { self.records };
        before.saturating_add(page.served.unwrap_or(0))
    }

    /// Records of the list before the one at that offset.
    fn before(&self, offset: u64) -> u64 {
        offset.saturating_sub(self.first)
    }

    fn total_reached(&self, page: &PageView) -> bool {
        page.total_records.is_some_and(|total| self.progress(page) >= total)
    }

    /// Whether the walk may end with this page, as far as the total goes.
    fn check_total(&self, paging: &Paging, page: &PageView) -> Result<(), PagingProblem> {
        let exact = self.whole && paging.strategy.end().total == Total::Exact && page.served.is_some();
        match page.total_records.and(self.least_total(page)).filter(|_| exact) {
            Some(total) if self.progress(page) < total => {
                let (page, got) = (self.pages + 1, self.progress(page));
                Err(PagingProblem::TotalNotReached { page, total, got })
            }
            _ => Ok(()),
        }
    }

    fn decide(&self, paging: &Paging, page: &PageView) -> Result<Decision, PagingProblem> {
        use Decision::{Go, Stop};
        let end = paging.strategy.end();
        let empty = page.served == Some(0);
        if page.done == Some(true) {
            return Ok(Stop(StopReason::DoneIsTrue));
        }
        if page.more == Some(false) {
            return Ok(Stop(StopReason::MoreIsFalse));
        }
        if let (Some(counted), Some(count)) = (end.count, page.count)
            && count < counted.below
        {
            return Ok(Stop(StopReason::CountBelow));
        }
        if empty && end.empty_page == EmptyPage::Ends {
            return Ok(Stop(StopReason::EmptyPage));
        }
        let promised = page.more == Some(true) || page.done == Some(false);
        let names_next = paging.strategy.names_next();
        if self.total_reached(page) && !promised && !names_next {
            let served = page.served.unwrap_or(0);
            let full = served >= self.largest && self.asked.is_none_or(|asked| served >= asked);
            if empty || !full {
                return Ok(Stop(StopReason::TotalReached));
            }
        }
        let short = page.served.zip(self.asked).is_some_and(|(served, asked)| served < asked);
        if end.short_page && short && !promised && !(empty && end.empty_page == EmptyPage::GoesOn) {
            return Ok(Stop(if empty { StopReason::EmptyPage } else { StopReason::ShortPage }));
        }
        let goes_on = promised || end.empty_page == EmptyPage::GoesOn;
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
                if !goes_on && known(page.served)? == 0 && !expected {
                    return Ok(Stop(StopReason::EmptyPage));
                }
                Ok(Go(Place::Page(number.saturating_add(1))))
            }
            (Strategy::Offset { .. }, place) => {
                let offset = if let Place::Offset(offset) = place { *offset } else { self.first };
                match known(page.served)? {
                    0 if end.empty_page == EmptyPage::GoesOn => {
                        let size = self.asked.unwrap_or(self.largest).max(1);
                        Ok(Go(Place::Offset(offset.saturating_add(size))))
                    }
                    0 if promised => Err(PagingProblem::EmptyButMore { page: at }),
                    0 => Ok(Stop(StopReason::EmptyPage)),
                    served => Ok(Go(Place::Offset(offset.saturating_add(served)))),
                }
            }
            (Strategy::LastId { field, .. }, _) => match (known(page.served)?, &page.last) {
                (0, _) if goes_on => Err(PagingProblem::EmptyButMore { page: at }),
                (0, _) => Ok(Stop(StopReason::EmptyPage)),
                (_, Some(last)) => Ok(Go(Place::After(last.clone()))),
                (_, None) => Err(PagingProblem::NoLastId { page: at, field: field.join(".") }),
            },
            (Strategy::Cursor { .. } | Strategy::NextUrl { .. } | Strategy::LinkHeader { .. }, place) => {
                match (&page.next, &paging.strategy) {
                    (None, _) if promised => Err(PagingProblem::MoreWithoutNext { page: at }),
                    (None, _) => Ok(Stop(match page.no_next {
                        NoNext::Absent => StopReason::NoNext,
                        NoNext::Null => StopReason::NullToken,
                        NoNext::Empty => StopReason::EmptyToken,
                        NoNext::EndToken => StopReason::EndToken,
                    })),
                    (Some(token), Strategy::Cursor { .. }) => match place {
                        Place::Token(asked) if end.same_token && asked == token => {
                            Ok(Stop(StopReason::SameToken))
                        }
                        _ => Ok(Go(Place::Token(token.clone()))),
                    },
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
