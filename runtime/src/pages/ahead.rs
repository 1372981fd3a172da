//! Pages that are on their way before they are asked for.
//!
//! The page after the one that was handed out is known for certain, and further ones are where positions are numbers. They are fetched by
//! tasks of their own and stand in line, so that they come in order. A line never changes what a walk gives, only when it is fetched: the
//! pager decides after each page which one is next, and a line that begins with another one is dropped. So is one that was asked for while the
//! list moved, since pages that are asked for side by side see it at different times: a record that comes in before them pushes one from a
//! page that is read late onto the next one, which was read before. That it moved shows in records that come twice, in another total, and is
//! taken for granted where a page was asked for more than once. It does not show where a list without a total gets a record in its middle
//! just while pages are under way; such a list is read with `parallel: 1`.
//!
//! How long the line may get: twice as long after each page that came at the first attempt, up to the most; half as long after one that did
//! not, since a server that refuses is not helped by more requests at a time, and from then on longer by one after each [`CALM`] pages only;
//! and one where a page was of another size than the offsets after it were made for. No longer in any case than [`BYTES`] allow for pages as large as the largest so far.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use crate::client::Response;
use crate::error::Error;
use crate::paging::{Place, ReadPage};

/// Bytes of bodies that wait to be asked for, as far as the largest page so far tells. Where one page is larger than that, none is fetched
/// ahead.
const BYTES: usize = 8 * 1024 * 1024;

/// Pages that have to come at the first attempt before one request more is tried, once the server has refused some.
const CALM: usize = 16;

/// A page that has come, and what it says.
pub(super) struct Fetched {
    pub(super) response: Response,
    pub(super) page: ReadPage,
}

pub(super) type Outcome = Result<Fetched, Error>;

/// The line of pages.
pub(super) struct Ahead {
    line: VecDeque<Fetch>,
    /// Most requests at a time beside the page that is handed out; 0 fetches none before it is asked for.
    most: usize,
    window: usize,
    largest: usize,
    /// Pages at the first attempt since the last refusal; `None` where there was none.
    calm: Option<usize>,
}

struct Fetch {
    place: Place,
    /// Whether it was not certain that this place would be asked for when it was.
    guessed: bool,
    work: Work,
}

enum Work {
    /// It goes on by itself.
    Task(Task),
    /// It goes on while it is asked for.
    Here(BoxFuture<'static, Outcome>),
}

/// A task that ends with what waits for it.
struct Task(JoinHandle<Outcome>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The front of the line.
pub(super) struct Front {
    pub(super) outcome: Outcome,
    pub(super) guessed: bool,
}

impl Ahead {
    pub(super) fn none() -> Self {
        Self { line: VecDeque::new(), most: 0, window: 1, largest: 0, calm: None }
    }

    pub(super) fn set_most(&mut self, most: usize) {
        self.most = most;
        self.line.truncate(most);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// How many pages are in line.
    pub(super) fn length(&self) -> u64 {
        self.line.len() as u64
    }

    /// How long the line may be now.
    pub(super) fn room(&self) -> usize {
        self.window.min(self.most).min(BYTES / self.largest.max(1))
    }

    /// Puts a page in line. It is fetched by a task where one can be had; a page that is waited for anyway needs none.
    pub(super) fn add(&mut self, place: Place, guessed: bool, fetch: BoxFuture<'static, Outcome>) {
        let work = match Handle::try_current() {
            Ok(handle) if self.most > 0 => Work::Task(Task(handle.spawn(fetch))),
            _ => Work::Here(fetch),
        };
        self.line.push_back(Fetch { place, guessed, work });
    }

    /// The places that are not in line yet, of those that should be. Where the line goes otherwise, none.
    pub(super) fn missing(&self, places: impl Iterator<Item = Place>) -> Vec<Place> {
        let mut missing = Vec::new();
        for (at, place) in places.enumerate() {
            match self.line.get(at) {
                None => missing.push(place),
                Some(fetch) if fetch.place == place => {}
                Some(_) => break,
            }
        }
        missing
    }

    /// The first of the line, once it has come; it leaves the line. `None` where it was lost with the runtime that it ran on.
    pub(super) fn poll_front(&mut self, context: &mut Context<'_>) -> Poll<Option<Front>> {
        let Some(front) = self.line.front_mut() else { return Poll::Ready(None) };
        let outcome = match &mut front.work {
            Work::Here(work) => work.as_mut().poll(context).map(Ok),
            Work::Task(task) => Pin::new(&mut task.0).poll(context),
        };
        let Poll::Ready(outcome) = outcome else { return Poll::Pending };
        let guessed = front.guessed;
        self.line.pop_front();
        Poll::Ready(joined(outcome).map(|outcome| Front { outcome, guessed }))
    }

    /// Takes note of a page, and drops the line where it does not begin with what comes next.
    pub(super) fn settle(&mut self, attempts: u32, bytes: usize, next: &Place) {
        self.largest = self.largest.max(bytes);
        if attempts > 1 {
            self.window = (self.window / 2).max(1);
            self.calm = Some(0);
        } else {
            let more = match &mut self.calm {
                None => self.window,
                Some(calm) => {
                    *calm += 1;
                    usize::from(*calm % CALM == 0)
                }
            };
            self.window = (self.window + more).min(self.most.max(1));
        }
        if self.line.front().is_some_and(|front| front.place != *next) {
            self.drop_line();
        }
    }

    /// Forgets everything in line because the server refuses so many at a time.
    pub(super) fn back_off(&mut self) {
        self.drop_line();
        self.calm = Some(0);
    }

    /// Forgets everything in line, and begins anew with one page.
    pub(super) fn drop_line(&mut self) {
        self.line.clear();
        self.window = 1;
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ahead")
            .field("line", &self.line.len())
            .field("window", &self.window)
            .field("most", &self.most)
            .finish()
    }
}

/// What a task gave. `None` where its runtime was shut down; a panic goes on where the page is waited for.
fn joined(outcome: Result<Outcome, JoinError>) -> Option<Outcome> {
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => None,
        },
    }
}
