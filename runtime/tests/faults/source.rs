//! The API with its token server, and the faults that are planned for it. A third host is a trap: nothing may ever come there.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use linchpin_runtime::clock::Clock as _;
use linchpin_runtime::random::Random as _;
use linchpin_runtime::testing::{ReplayTransport, Scripted, Seeded};
use linchpin_runtime::transport::{HttpRequest, HttpResponse, Transport, TransportError, TransportErrorKind};
use linchpin_runtime::{Sent, url::Url};
use serde_json::{Value, json};

use crate::clock::Virtual;
use crate::faults::{Fault, Told};
use crate::styles::{BASE, DEPTH, SECRET, SIZE, Way};
use crate::tokens::Tokens;
use crate::waits::tell;

/// Records that the API has at first.
pub(crate) const RECORDS: u64 = 23;
/// How long a limit holds.
const WAIT: SignedDuration = SignedDuration::from_secs(30);
/// A wait that no call may take.
const LONG_WAIT: SignedDuration = SignedDuration::from_secs(3_600);
/// How far a clock is off that is.
const CLOCK_OFF: SignedDuration = SignedDuration::from_secs(45);
/// Records that come in while the list is read, at most.
const INSERTS: u64 = 8;

/// 1 MiB of blanks.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; 1 << 20]).expect("into memory");
    encoder.finish().expect("into memory")
});

/// A record of the API.
#[derive(Clone, Debug)]
struct Record {
    id: u64,
    owner: &'static str,
    at: Timestamp,
}

impl Record {
    fn json(&self) -> Value {
        json!({"id": self.id, "owner": self.owner, "at": self.at.to_string()})
    }
}

/// The faulty source; clones are the same one.
#[derive(Clone)]
pub(crate) struct Source {
    way: Way,
    clock: Virtual,
    /// How long requests and answers take.
    delays: Arc<Seeded>,
    state: Arc<Mutex<State>>,
}

/// The way to the source, on which requests and answers overtake each other.
struct Wire {
    source: Source,
    answers: ReplayTransport,
}

impl Transport for Wire {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let target = target(&request);
            self.source.passes().await;
            let answer = self.answers.send(request).await;
            self.source.passes().await;
            if let Some(closed) = self.source.state().closed.get_mut(&target) {
                closed.is_told = true;
            }
            answer
        })
    }
}

#[derive(Default)]
struct State {
    records: Vec<Record>,
    /// Faults that happen once, each from that request on, where it fits.
    incidents: Vec<(usize, Fault)>,
    /// Faults that hold until they are put right, each from that request on.
    conditions: Vec<(usize, Fault)>,
    /// What happened.
    played: Vec<Fault>,
    asked: usize,
    inserted: u64,
    /// What is refused for a limit, and until when by the server's clock.
    closed: HashMap<String, Closed>,
    /// Numbers of the pages without records, by their lists.
    empty: HashMap<String, String>,
    /// The token of each list's second page.
    second: HashMap<String, String>,
    tokens: Tokens,
    /// What the client did that it must not do.
    wrong: Vec<String>,
}

/// A refusal for a limit.
struct Closed {
    until: Timestamp,
    /// Whether the client got the answer: what was dropped on its way tells it nothing.
    is_told: bool,
}

/// What a request asks for.
struct Asked {
    /// Which list.
    list: String,
    /// What names the page; none for the first.
    token: Option<String>,
    /// The records from here on.
    start: usize,
    /// The page's number in its list, from 1.
    number: usize,
    records: Vec<Record>,
}

impl Asked {
    fn has_next(&self) -> bool {
        self.start + SIZE < self.records.len()
    }
}

/// A page as it is told.
struct Page {
    records: Vec<Record>,
    total: u64,
    next: Option<String>,
}

impl Source {
    pub(crate) fn new(way: Way, clock: Virtual, seed: u64, plan: &[(usize, Fault)]) -> Self {
        let first: Timestamp = "2025-12-01T12:00:00Z".parse().expect("a time");
        let record = |id: u64| {
            // Fifteen of them stand in one window of ten days, which is more than can be read of one.
            let days = if id <= 6 {
                id
            } else if id <= 21 {
                11 + id / 3
            } else {
                id + 3
            };
            let at =
                first + SignedDuration::from_hours(24 * days as i64) + SignedDuration::from_secs(id as i64);
            Record { id, owner: owner(id), at }
        };
        // Who counts wrongly does so from the first page on.
        let from_when = |(from, fault): &(usize, Fault)| match fault {
            Fault::TotalTooHigh | Fault::TotalTooLow => (0, *fault),
            _ => (*from, *fault),
        };
        let (conditions, incidents) = plan.iter().map(from_when).partition(|(_, fault)| holds(*fault));
        let state =
            State { records: (1..=RECORDS).map(record).collect(), conditions, incidents, ..State::default() };
        let delays = Arc::new(Seeded::new(seed));
        Self { way, clock, delays, state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn transport(&self) -> impl Transport + 'static {
        let source = self.clone();
        let answers = ReplayTransport::server(move |request| source.answer(request));
        Wire { source: self.clone(), answers }
    }

    /// 1 to 50 ms.
    fn passes(&self) -> BoxFuture<'static, ()> {
        self.clock.sleep(Duration::from_millis(1) + Duration::from_millis(49).mul_f64(self.delays.fraction()))
    }

    /// What the table has to hold, by id.
    pub(crate) fn records(&self) -> HashMap<u64, Value> {
        self.state().records.iter().map(|record| (record.id, record.json())).collect()
    }

    pub(crate) fn played(&self) -> Vec<Fault> {
        self.state().played.clone()
    }

    pub(crate) fn wrong(&self) -> Vec<String> {
        self.state().wrong.clone()
    }

    /// Faults that have not happened yet.
    pub(crate) fn pending(&self) -> usize {
        self.state().incidents.len()
    }

    /// Puts right what holds until it is put right. An empty page stays: without it the ones after it would move to where they are not looked
    /// for any more, as if records had been deleted.
    pub(crate) fn put_right(&self) {
        self.state().conditions.retain(|(_, fault)| *fault == Fault::EmptyPage);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.put_right();
        let mut state = self.state();
        state.incidents.clear();
        state.closed.clear();
        state.tokens.loses = None;
    }

    /// What was refused for a limit is no longer watched.
    pub(crate) fn forget_waits(&self) {
        self.state().closed.clear();
    }

    /// Ends one condition.
    pub(crate) fn end(&self, fault: Fault) {
        self.state().conditions.retain(|(_, other)| *other != fault);
    }

    /// The user logs in anew.
    pub(crate) fn log_in(&self) {
        self.state().tokens.takes_any = true;
    }

    fn answer(&self, request: &HttpRequest) -> Scripted {
        let mut state = self.state();
        let now = state.now(&self.clock);
        let answer = match request.url.host_str() {
            Some("login.example.com") => state.tokens.answer(request),
            Some("api.example.com") => self.api(&mut state, request, now),
            _ => {
                state.wrong.push(format!("{} {} with {:?}", request.method, request.url, request.headers));
                Scripted::json(
                    json!({"items": [{"id": 666, "owner": "a", "at": now.to_string()}]}).to_string(),
                )
            }
        };
        let date = httpdate::fmt_http_date(now.into());
        answer.header("date", &date)
    }

    fn api(&self, state: &mut State, request: &HttpRequest, now: Timestamp) -> Scripted {
        let sent =
            request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let good = format!("Bearer {SECRET}-access-{}", state.tokens.number);
        let echo = format!(r#"{{"error":"no","you sent":{}}}"#, json!(sent));
        if sent != good || state.tokens.is_revoked {
            return Scripted::status(401).header("content-type", "application/json").body(echo);
        }
        if request.url.path() == "/v1/owners" {
            let owners = ["a", "b", "c", "d"].map(|id| json!({"id": id}));
            return Scripted::json(json!({"items": owners, "meta": {"total": 4}}).to_string());
        }
        state.asked += 1;
        if state.plays(Fault::Inserts) && state.inserted < INSERTS && state.asked.is_multiple_of(2) {
            state.insert(now);
        }
        let body = request.body.whole().unwrap_or_default();
        let target = target(request);
        if let Some(Closed { until, .. }) = state.closed.remove(&target).filter(|closed| closed.is_told)
            && now < until
        {
            let early = until.duration_since(now);
            state.wrong.push(format!("{target} came again {early:?} before it was due"));
        }
        if state.plays(Fault::Outage) {
            return Scripted::status(503).body(echo);
        }
        let mut asked = match state.asked_for(self.way, &request.url, &body) {
            Ok(asked) => asked,
            Err(answer) => return *answer,
        };
        if asked.number > 1 && state.plays(Fault::FirstPageAgain) {
            asked = Asked { start: 0, token: None, number: 1, ..asked };
        }
        let incident = state.incident(self.way, &asked);
        self.answer_with(state, incident, asked, (&target, echo, sent, now))
    }

    fn answer_with(
        &self,
        state: &mut State,
        incident: Option<Fault>,
        asked: Asked,
        (target, echo, sent, now): (&str, String, &str, Timestamp),
    ) -> Scripted {
        use TransportErrorKind::{Connect, Reset};
        let fail = |kind| Scripted::failure(TransportError::new(kind, "as planned"));
        let refuse = |status: u16| {
            Scripted::status(status).header("content-type", "application/json").body(echo.clone())
        };
        let away = || format!("https://trap.test/steal?credential={}", sent.replace(' ', "+"));
        let Some(fault) = incident else {
            let page = state.page(self.way, &asked);
            return self.render(state, &asked, page);
        };
        match fault {
            Fault::Limited(status, told) => {
                let until = now + WAIT;
                if told != Told::Nowhere {
                    state.close(target, until);
                }
                tell(refuse(status), told, now, until)
            }
            Fault::LimitedForLong => {
                state.close(target, now + LONG_WAIT);
                refuse(429).header("retry-after", &LONG_WAIT.as_secs().to_string())
            }
            Fault::Unavailable(false) => refuse(503),
            Fault::Unavailable(true) => {
                state.close(target, now + WAIT);
                refuse(503).header("retry-after", &WAIT.as_secs().to_string())
            }
            Fault::NoConnection => fail(Connect),
            Fault::ResetUnread | Fault::ResetRead => fail(Reset),
            Fault::RefusedStream => {
                let error = TransportError::new(Reset, "as planned");
                Scripted::failure(TransportError { sent: Sent::No, ..error })
            }
            Fault::Silence => Scripted::silence(),
            Fault::Truncated | Fault::TruncatedFramedAnew | Fault::Stalled => {
                let page = state.page(self.way, &asked);
                let (body, next) = self.body(&asked, page);
                let half = body[..body.len() / 2].to_owned();
                let answer = next
                    .into_iter()
                    .fold(Scripted::json(half), |answer, (name, value)| answer.header(name, &value));
                let announced = answer.clone().header("content-length", &body.len().to_string());
                match fault {
                    Fault::Truncated => announced.break_off(TransportError::new(Reset, "as planned")),
                    Fault::Stalled => announced.stall(),
                    _ => answer,
                }
            }
            Fault::Html => Scripted::status(200)
                .header("content-type", "text/html")
                .body(format!("<html><body>Log in, {sent}</body></html>")),
            Fault::GzipBomb => Scripted::json("").header("content-encoding", "gzip").body(BOMB.clone()),
            Fault::RepeatedCursor => {
                let page = Page { next: asked.token.clone(), ..state.page(self.way, &asked) };
                self.render(state, &asked, page)
            }
            Fault::CyclicCursor => {
                let page =
                    Page { next: state.second.get(&asked.list).cloned(), ..state.page(self.way, &asked) };
                self.render(state, &asked, page)
            }
            Fault::EmptiedPage => {
                let page = Page { records: Vec::new(), ..state.page(self.way, &asked) };
                self.render(state, &asked, page)
            }
            Fault::TokenRevoked => {
                state.tokens.is_revoked = true;
                refuse(401)
            }
            Fault::RefreshLost | Fault::RefreshLostForGood => {
                state.tokens.is_revoked = true;
                state.tokens.loses = Some(fault == Fault::RefreshLost);
                refuse(401)
            }
            Fault::NextElsewhere => {
                let page = Page { next: Some(away()), ..state.page(self.way, &asked) };
                self.render(state, &asked, page)
            }
            Fault::RedirectElsewhere => Scripted::status(307).header("location", &away()),
            _ => unreachable!("{fault:?} holds until it is put right"),
        }
    }

    fn render(&self, state: &mut State, asked: &Asked, page: Page) -> Scripted {
        if asked.number == 2
            && let Some(token) = &asked.token
        {
            state.second.entry(asked.list.clone()).or_insert_with(|| token.clone());
        }
        let (body, header) = self.body(asked, page);
        header.into_iter().fold(Scripted::json(body), |answer, (name, value)| answer.header(name, &value))
    }

    /// The page's body, and the header that names the next one.
    fn body(&self, _: &Asked, page: Page) -> (String, Option<(&'static str, String)>) {
        let url = |next: &str, base: &str| match next.starts_with("https:") {
            true => next.to_owned(),
            false => format!("{base}?page={next}&limit={SIZE}"),
        };
        let absolute = format!("{BASE}/items");
        let mut header = None;
        let told = match (self.way, &page.next) {
            (Way::CursorBody | Way::Search | Way::SearchOnce, Some(next)) => json!(next),
            (Way::NextAbsolute, Some(next)) => json!(url(next, &absolute)),
            (Way::NextRelative, Some(next)) => json!(url(next, "")),
            (Way::CursorHeader, Some(next)) => {
                header = Some(("x-next", next.clone()));
                Value::Null
            }
            (Way::Link, Some(next)) => {
                header = Some(("link", format!("<{}>; rel=\"next\"", url(next, &absolute))));
                Value::Null
            }
            _ => Value::Null,
        };
        let items: Vec<Value> = page.records.iter().map(Record::json).collect();
        let total = self.way.has_total().then_some(page.total);
        (json!({"items": items, "meta": {"total": total, "next": told}}).to_string(), header)
    }
}

impl State {
    /// The server's clock.
    fn now(&self, clock: &Virtual) -> Timestamp {
        let off = |fault| self.conditions.iter().any(|(_, other)| *other == fault);
        match (off(Fault::ClockAhead), off(Fault::ClockBehind)) {
            (true, false) => clock.now() + CLOCK_OFF,
            (false, true) => clock.now() - CLOCK_OFF,
            _ => clock.now(),
        }
    }

    /// Whether that fault holds now.
    fn plays(&mut self, fault: Fault) -> bool {
        let plays = self.conditions.iter().any(|(from, other)| *other == fault && self.asked > *from);
        if plays && !self.played.contains(&fault) {
            self.played.push(fault);
        }
        plays
    }

    fn close(&mut self, target: &str, until: Timestamp) {
        self.closed.insert(target.to_owned(), Closed { until, is_told: false });
    }

    fn insert(&mut self, now: Timestamp) {
        self.inserted += 1;
        let id = self.records.len() as u64 + 1;
        self.records.push(Record { id, owner: owner(id * 7 % RECORDS), at: now });
    }

    fn incident(&mut self, way: Way, asked: &Asked) -> Option<Fault> {
        let fits = |fault: Fault| match fault {
            Fault::RepeatedCursor => asked.number > 1 && asked.token.is_some(),
            Fault::CyclicCursor => asked.number > 2 && self.second.contains_key(&asked.list),
            Fault::EmptiedPage => asked.start < asked.records.len(),
            Fault::NextElsewhere => way.is_url() && asked.has_next(),
            _ => true,
        };
        let at = self.incidents.iter().position(|(from, fault)| self.asked > *from && fits(*fault))?;
        let (_, fault) = self.incidents.remove(at);
        self.played.push(fault);
        Some(fault)
    }

    /// What a request asks for, or why it is refused.
    fn asked_for(&mut self, way: Way, url: &Url, body: &[u8]) -> Result<Asked, Box<Scripted>> {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let wrong = |what: &str| Err(Box::new(Scripted::status(400).body(format!("{what}: {url}"))));
        let mut records = self.records.clone();
        let mut list = String::new();
        if way != Way::LastId {
            records.reverse();
        }
        match way {
            Way::Windows => {
                let bound = |name: &str| query.get(name).and_then(|text| text.parse::<Timestamp>().ok());
                let (Some(from), Some(to)) = (bound("from"), bound("to")) else { return wrong("no window") };
                records.retain(|record| from <= record.at && record.at < to);
                list = format!("{from} {to}");
            }
            Way::Children => {
                let owner =
                    url.path_segments().and_then(|mut parts| parts.nth(2)).unwrap_or_default().to_owned();
                records.retain(|record| record.owner == owner);
                list = owner;
            }
            _ => {}
        }
        let token = match way {
            Way::Search | Way::SearchOnce => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                if body["filter"]["state"] != "open" {
                    return wrong("the filter is lost");
                }
                body["page"]["after"].as_str().map(str::to_owned)
            }
            Way::CursorBody | Way::CursorHeader => query.get("cursor").cloned(),
            Way::Offset | Way::OffsetFromOne => query.get("offset").cloned(),
            Way::LastId => query.get("after").cloned(),
            _ => query.get("page").cloned(),
        };
        let number = |text: &str| text.trim_start_matches('c').trim_end_matches('e').parse::<usize>().ok();
        let named = match &token {
            Some(token) => match number(token) {
                Some(number) => Some(number),
                None => return wrong("no page"),
            },
            None => None,
        };
        let before = |id: usize| records.iter().filter(|record| record.id >= id as u64).count();
        let (start, number) = match (way, named) {
            (_, None) => (0, 1),
            (Way::Offset, Some(offset)) => (offset, offset / SIZE + 1),
            (Way::OffsetFromOne, Some(0)) => return wrong("records are counted from 1"),
            (Way::OffsetFromOne, Some(offset)) => (offset - 1, (offset - 1) / SIZE + 1),
            (Way::LastId, Some(id)) => {
                let start = records.iter().filter(|record| record.id <= id as u64).count();
                (start, start / SIZE + 1)
            }
            (_, Some(id)) if way.is_token() => (before(id), before(id).div_ceil(SIZE) + 1),
            (_, Some(page)) => (page.saturating_sub(1) * SIZE, page),
        };
        if way == Way::Windows && start >= DEPTH {
            return Err(Box::new(Scripted::status(422).body("too deep")));
        }
        Ok(Asked { list, token, start, number, records })
    }

    /// The page that is there, with the lies that hold.
    fn page(&mut self, way: Way, asked: &Asked) -> Page {
        let total = asked.records.len() as u64;
        let total = match (self.plays(Fault::TotalTooHigh), self.plays(Fault::TotalTooLow)) {
            (true, _) => total + 7,
            (_, true) => total / 2,
            _ => total,
        };
        let from =
            self.conditions.iter().find(|(_, fault)| *fault == Fault::EmptyPage).map(|(from, _)| *from);
        let is_numbered = !way.is_token() && !matches!(way, Way::Offset | Way::OffsetFromOne);
        // Of which page it is that holds no records: a number, or whatever names it when it is first asked for.
        let mut start = asked.start;
        if let Some(from) = from {
            let name = if is_numbered {
                let empty = if asked.list.is_empty() { 2 + from % 3 } else { 2 };
                start = if asked.number > empty { start - SIZE } else { start };
                empty.to_string()
            } else {
                let token = asked.token.clone().unwrap_or_default();
                let fits = asked.number > 1 + from % 3 && asked.start < asked.records.len();
                if fits {
                    self.empty.entry(asked.list.clone()).or_insert(token).clone()
                } else {
                    self.empty.get(&asked.list).cloned().unwrap_or_default()
                }
            };
            let asked_name =
                if is_numbered { asked.number.to_string() } else { asked.token.clone().unwrap_or_default() };
            if asked.number > 1 && asked_name == name && (asked.start < asked.records.len()) {
                self.plays(Fault::EmptyPage);
                if !self.played.contains(&Fault::EmptyPage) {
                    self.played.push(Fault::EmptyPage);
                }
                let next =
                    if is_numbered { (asked.number + 1).to_string() } else { format!("{asked_name}e") };
                return Page { records: Vec::new(), total, next: Some(next) };
            }
        }
        let records: Vec<Record> = asked.records.iter().skip(start).take(SIZE).cloned().collect();
        let more = start + SIZE < asked.records.len();
        let next = match records.last() {
            Some(last) if more && way.is_token() => Some(format!("c{}", last.id)),
            Some(_) if more => Some((asked.number + 1).to_string()),
            _ => None,
        };
        Page { records, total, next }
    }
}

/// What a request asks for, whole.
fn target(request: &HttpRequest) -> String {
    let body = request.body.whole().unwrap_or_default();
    format!("{} {}", request.url, String::from_utf8_lossy(&body))
}

/// Whether a fault lasts until it is put right.
fn holds(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Outage
            | Fault::FirstPageAgain
            | Fault::TotalTooHigh
            | Fault::TotalTooLow
            | Fault::EmptyPage
            | Fault::ClockAhead
            | Fault::ClockBehind
            | Fault::Inserts
    )
}

fn owner(id: u64) -> &'static str {
    match id {
        ..=12 => "a",
        13..=19 => "b",
        _ => "c",
    }
}
