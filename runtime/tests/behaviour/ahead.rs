//! Pages fetched ahead and side by side: the same records in the same order as one after another.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_core::future::BoxFuture;
use linchpin_runtime::contract::{End, Operation, Strategy, Target, Token};
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use linchpin_runtime::{Client, Config, Request, StopReason};
use proptest::prelude::{Strategy as _, any, prop_assert, prop_assert_eq, proptest};
use serde_json::json;

use crate::support::*;
use crate::walks::{MORE, NEXT, PAGES, TOTAL, paged};

/// Answers late, so that requests are under way at the same time, and counts how many.
#[derive(Clone)]
struct Late {
    answers: ReplayTransport,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Late {
    fn new(answers: ReplayTransport) -> Self {
        Self { answers, now: Arc::default(), most: Arc::default() }
    }
}

impl Transport for Late {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            /// Counts a request as over even where nobody waits for it any more.
            struct UnderWay<'a>(&'a AtomicUsize);
            impl Drop for UnderWay<'_> {
                fn drop(&mut self) {
                    self.0.fetch_sub(1, Ordering::SeqCst);
                }
            }
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            let _under_way = UnderWay(&self.now);
            self.most.fetch_max(now, Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.answers.send(request).await
        })
    }
}

/// How the made-up list is served.
#[derive(Clone, Debug)]
struct Plan {
    style: usize,
    list: u64,
    /// Largest page for page numbers.
    clamp: u64,
    /// Page sizes by place, for the other styles. One of them is not 0.
    sizes: Vec<u64>,
    more: bool,
    total: bool,
    pages: bool,
}

impl Plan {
    fn is_counted(&self) -> bool {
        matches!(self.style, 0 | 1 | 4)
    }

    fn operation(&self) -> &'static Operation {
        let told = |yes: bool, path| yes.then_some(path);
        let end = End {
            more: told(self.more, MORE),
            total_records: told(self.total && self.is_counted(), TOTAL),
            total_pages: told(self.pages && self.style == 0, PAGES),
            ..End::NONE
        };
        let target = Target::Parameter(0);
        paged(match self.style {
            0 => Strategy::PageNumber { target, first: 1, end },
            1 => Strategy::Offset { target, first: 0, end },
            2 => Strategy::Cursor { target, first: None, next: Token::Body(NEXT), end },
            4 => Strategy::Offset { target, first: 1, end },
            _ => Strategy::NextUrl { next: Token::Body(NEXT), end },
        })
    }

    /// The page at a place, which for tokens also says how many empty pages came there.
    fn answer(&self, at: Option<&str>) -> Scripted {
        let (place, empties) = match at {
            None => (0, 0),
            Some(at) => {
                let (place, empties) = at.split_once('-').unwrap_or((at, "0"));
                (place.parse::<u64>().unwrap(), empties.parse::<u64>().unwrap())
            }
        };
        let size = self.sizes[((place + empties) as usize) % self.sizes.len()];
        let (start, size) = match self.style {
            0 => ((place.max(1) - 1) * self.clamp, self.clamp),
            1 => (place, size.max(1)),
            4 => (place - 1, size.max(1)),
            _ => (place, size),
        };
        let stop = (start + size).min(self.list);
        let start = start.min(self.list);
        let items: Vec<_> = (start..stop).map(|id| json!({ "id": id })).collect();
        let left = stop < self.list;
        let token = if stop == start { format!("{stop}-{}", empties + 1) } else { stop.to_string() };
        let next = match self.style {
            3 => format!("/v1/items?at={token}"),
            _ => token,
        };
        let meta = json!({
            "more": left,
            "total": self.list,
            "pages": self.list.div_ceil(self.clamp),
            "next": left.then_some(next),
        });
        Scripted::json(json!({ "items": items, "meta": meta }).to_string())
    }
}

fn at(request: &HttpRequest) -> Option<String> {
    request.url.query_pairs().find(|(name, _)| name == "at").map(|(_, value)| value.into_owned())
}

fn client_on(operation: &'static Operation, transport: Late) -> Client {
    let contract = leak(contract(operation));
    let config = Config::from_pairs(contract, [("api_token", CANARY)]).unwrap();
    let clock = linchpin_runtime::testing::ManualClock::default().with_real_timers();
    Client::builder(contract).config(config).clock(Arc::new(clock)).transport(transport).build().unwrap()
}

/// What a walk gave: the ids, why it ended, and the errors on the way with how many pages had come.
type Walked = (Vec<u64>, Option<StopReason>, Vec<(Option<u64>, u64)>);

fn walk(operation: &'static Operation, transport: &Late, ahead: usize) -> Walked {
    let client = client_on(operation, transport.clone());
    run(async {
        let mut pages = client.pages(Request::new(operation)).ahead(ahead);
        let (mut came, mut read, mut errors) = (Vec::new(), 0, Vec::new());
        loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    read += 1;
                    assert_eq!(page.number, read);
                    let ids = page.record_texts().map(|text| {
                        serde_json::from_str::<serde_json::Value>(text).unwrap()["id"].as_u64().unwrap()
                    });
                    came.extend(ids);
                }
                Ok(None) => return (came, pages.stop_reason(), errors),
                Err(error) => {
                    assert!(errors.len() < 3, "{error}");
                    errors.push((pages.position().map(|position| position.pages()), read));
                }
            }
        }
    })
}

proptest! {
    #[test]
    fn however_many_are_fetched_at_a_time_each_record_comes_once_and_in_order(
        style in 0usize..5,
        list in 0u64..90,
        clamp in 1u64..7,
        sizes in proptest::collection::vec(0u64..8, 1..4).prop_filter("some page must get on", |sizes| sizes.iter().any(|size| *size > 0)),
        (more, total, pages) in any::<(bool, bool, bool)>(),
        fails in proptest::option::of(0u64..40),
    ) {
        let plan = Plan { style, list, clamp, sizes, more, total, pages };
        let expected: Vec<u64> = (0..list).collect();
        let mut reason = None;
        for ahead in [0, 1, 3, 8] {
            // The request of that number is refused, once.
            let (served, number) = (plan.clone(), Mutex::new(0));
            let transport = Late::new(ReplayTransport::server(move |request| {
                let mut number = number.lock().unwrap();
                *number += 1;
                if fails == Some(*number) { Scripted::status(400) } else { served.answer(at(request).as_deref()) }
            }));
            let (came, stop, errors) = walk(plan.operation(), &transport, ahead);
            prop_assert_eq!(&came, &expected, "{:?} with {} ahead", plan, ahead);
            prop_assert!(stop.is_some() && *reason.get_or_insert(stop) == stop, "{:?} with {} ahead: {:?}", plan, ahead, stop);
            prop_assert!(errors.len() <= usize::from(fails.is_some()), "{:?}", errors);
            for (position, read) in errors {
                prop_assert_eq!(position, Some(read), "the position names the page that failed");
            }
            prop_assert!(transport.most.load(Ordering::SeqCst) <= ahead.max(1), "no more at a time than was allowed");
        }
    }
}

fn numbered(list: u64, total: bool) -> Plan {
    Plan { style: 0, list, clamp: 5, sizes: vec![5], more: false, total, pages: false }
}

#[test]
fn known_positions_are_asked_for_side_by_side_and_no_further_than_the_total() {
    // Style, list, whether the total is told, requests at a time, most that were under way, and requests in all at most.
    let cases = [
        (0, 200, true, 8, 8, 41),
        (1, 200, true, 8, 8, 41),
        (4, 200, true, 8, 8, 41),
        (0, 200, false, 8, 8, 41 + 8),
        (1, 200, false, 8, 8, 41 + 8),
        (0, 200, true, 3, 3, 41),
        (0, 200, true, 1, 1, 41),
        (0, 200, true, 0, 1, 41),
        // A short list costs no more than it has pages.
        (0, 3, false, 8, 1, 2),
        (0, 12, true, 8, 2, 3),
        (2, 50, false, 8, 1, 10),
    ];
    for (style, list, total, ahead, most, requests) in cases {
        let plan = Plan { style, ..numbered(list, total) };
        let served = plan.clone();
        let transport =
            Late::new(ReplayTransport::server(move |request| served.answer(at(request).as_deref())));
        let label = format!("{plan:?} with {ahead} at a time");
        let (came, ..) = walk(plan.operation(), &transport, ahead);
        assert_eq!(came.len() as u64, list, "{label}");
        assert_eq!(transport.most.load(Ordering::SeqCst), most, "{label}");
        let asked = transport.answers.requests().len();
        assert!(asked <= requests, "{label}: {asked} requests");
    }
}

#[test]
fn a_guess_that_came_too_early_is_asked_for_again_before_it_is_an_error() {
    let plan = numbered(60, true);
    let operation = plan.operation();
    // Every page but the first is refused for as long as another is under way.
    let busy = Arc::new(AtomicUsize::new(0));
    let transport = Late::new(ReplayTransport::script([]));
    let now = Arc::clone(&transport.now);
    let answers = ReplayTransport::server(move |request| {
        if now.load(Ordering::SeqCst) > 1 {
            busy.fetch_add(1, Ordering::SeqCst);
            return Scripted::status(429);
        }
        plan.answer(at(request).as_deref())
    });
    let transport = Late { answers, ..transport };
    let (came, _, errors) = walk(operation, &transport, 8);
    assert_eq!((came.len(), errors.len()), (60, 0), "{errors:?}");
}

#[test]
fn what_is_dropped_is_no_longer_fetched_and_a_dropped_wait_loses_nothing() {
    let plan = numbered(60, true);
    let operation = plan.operation();
    let served = plan.clone();
    let transport = Late::new(ReplayTransport::server(move |request| served.answer(at(request).as_deref())));
    let client = client_on(operation, transport.clone());
    let asked = run(async {
        let mut pages = client.pages(Request::new(operation)).ahead(8);
        let mut came = 0;
        while came < 30 {
            // Given up after each step and begun again, as in a `select!` that another branch wins.
            let step = std::pin::pin!(pages.next());
            let other = std::pin::pin!(tokio::task::yield_now());
            if let futures_util::future::Either::Left((page, _)) =
                futures_util::future::select(step, other).await
            {
                came += page.unwrap().unwrap().record_texts().len();
            }
        }
        drop(pages);
        tokio::task::yield_now().await;
        let asked = transport.answers.requests().len();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(transport.answers.requests().len(), asked, "nothing goes on after the walk was dropped");
        asked
    });
    assert!((6..=14).contains(&asked), "{asked} requests for 6 pages and what was ahead of them");
}

#[test]
fn typed_records_fetch_ahead_unless_told_otherwise_and_need_no_runtime() {
    #[derive(serde::Deserialize)]
    struct Item {
        id: u64,
    }
    for (ahead, most) in [(None, 8), (Some(0), 1)] {
        let plan = numbered(200, true);
        let operation = plan.operation();
        let transport =
            Late::new(ReplayTransport::server(move |request| plan.answer(at(request).as_deref())));
        let client = client_on(operation, transport.clone());
        let came = run(async {
            let mut records = client.records::<Item>(Request::new(operation));
            if let Some(ahead) = ahead {
                records = records.ahead(ahead);
            }
            let mut came = Vec::new();
            while let Some(item) = records.next().await {
                came.push(item.unwrap().id);
            }
            assert_eq!((records.stop_reason(), records.total()), (Some(StopReason::TotalReached), Some(200)));
            came
        });
        assert_eq!(came, (0..200).collect::<Vec<_>>());
        assert_eq!(transport.most.load(Ordering::SeqCst), most, "{ahead:?}");
    }
    // Without a runtime there are no tasks, and the pages come all the same.
    let plan = numbered(20, true);
    let operation = plan.operation();
    let answers = ReplayTransport::server(move |request| plan.answer(at(request).as_deref()));
    let (client, _) = client(contract(operation), &answers);
    let mut records = client.records::<Item>(Request::new(operation));
    let mut count = 0;
    while let Some(item) =
        futures_util::FutureExt::now_or_never(records.next()).expect("answers that are there")
    {
        assert_eq!(item.unwrap().id, count);
        count += 1;
    }
    assert_eq!(count, 20);
}
