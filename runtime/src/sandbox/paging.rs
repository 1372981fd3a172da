//! Pages, in each strategy that a contract can declare.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::contract::{
    Auth, Cap, Cursor, End, NO_TOKEN, Operation, Paging, Path, Shape, Strategy, Target, Token,
};

use super::auth;
use super::data;
use super::dataset::{DataSet, Stamp};
use super::drift::{self, DriftPlan};
use super::filter::{Filter, Times};
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::route::Route;
use super::tree;
use super::view::{Place, Selection, Share, Since, View};

/// Records in an answer without pages, at most.
const UNPAGED: u64 = 10_000;

/// What a page is made from.
pub(super) struct Listing<'a> {
    pub(super) route: &'a Route,
    /// `None` where all records come in one answer.
    pub(super) paging: Option<&'a Paging>,
    pub(super) set: &'a DataSet,
    pub(super) stamp: Option<Stamp>,
    pub(super) request: &'a Request,
    /// The body's fields.
    pub(super) fields: &'a Value,
    pub(super) auth: &'a Auth,
    /// Scheme, host and port, for URLs of other pages.
    pub(super) origin: &'a str,
    /// The largest page, where the contract asks for none that is larger.
    pub(super) largest: u64,
    pub(super) seed: u64,
    /// Which of the set's records the list holds.
    pub(super) share: Option<Share>,
    /// What is served otherwise than the document says.
    pub(super) drift: &'a DriftPlan,
    /// Records after which a list goes no deeper, in place of what the contract says.
    pub(super) depth: Option<u64>,
}

/// One page: numbers of its records in the view's order, and what follows.
struct Page {
    start: u64,
    size: u64,
    /// How many can be had.
    total: u64,
    /// How many there are.
    all: u64,
    records: Vec<Value>,
    served: u64,
    last: Option<Place>,
}

impl Page {
    fn has_next(&self) -> bool {
        self.start.saturating_add(self.served) < self.total
    }
}

impl Listing<'_> {
    /// Answers a request for a page.
    pub(super) fn reply(&self) -> Result<Reply, Refusal> {
        let token = self.token()?;
        let times = match token {
            Some((times, _)) => times,
            None => self.filter().times()?,
        };
        let view = self.filter().view(times, self.stamp, self.share);
        let selection = self.set.select(view);
        let size = self.size()?;
        let start = match token {
            Some((_, place)) => selection.after(place),
            None => self.start(&selection, view, size)?,
        };
        let (cut, refused) = self.depth(size);
        if refused.is_some_and(|deepest| start >= deepest && start > 0) {
            return Err(self.too_deep());
        }
        let page = self.page(&selection, start, size, cut);
        Ok(self.answer(page, times))
    }

    fn cap(&self) -> Option<&'static Cap> {
        self.route.window().and_then(|window| window.cap.as_ref())
    }

    /// After how many records a list just ends, and from which one on it is refused.
    fn depth(&self, size: u64) -> (Option<u64>, Option<u64>) {
        let cap = self.cap();
        let ends = cap.and_then(|cap| cap.records);
        let pages = cap.and_then(|cap| cap.pages).map(|pages| pages.saturating_mul(size));
        let refused = cap.and_then(|cap| cap.offset).into_iter().chain(pages).min();
        match self.depth {
            Some(depth) if ends.is_some() => (Some(depth), refused),
            Some(depth) => (None, Some(depth)),
            None => (ends, refused),
        }
    }

    fn too_deep(&self) -> Refusal {
        let status = self.cap().and_then(|cap| cap.statuses.first().copied()).unwrap_or(400);
        Refusal::new(status, "too_deep", "the list cannot be read any further; ask for less of it")
    }

    fn operation(&self) -> &'static Operation {
        self.route.operation
    }

    fn filter(&self) -> Filter<'_> {
        Filter { route: self.route, request: self.request, fields: self.fields, set: self.set }
    }

    /// What a request gives at a place, with the place's name.
    fn given(&self, target: Target) -> Option<(String, String)> {
        self.filter().given(target)
    }

    fn number(&self, target: Target) -> Result<Option<u64>, Refusal> {
        let Some((name, value)) = self.given(target) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| {
            Refusal::invalid(format!("`{name}` is `{value}`, but has to be a whole number of 0 or more"))
        })
    }

    /// The size served, which is never more than the largest: most real servers cut silently.
    fn size(&self) -> Result<u64, Refusal> {
        let Some(paging) = self.paging else { return Ok(UNPAGED) };
        let Some(size) = &paging.size else { return Ok(self.largest.max(1)) };
        let largest = self.largest.max(size.value);
        let asked = self.number(size.target)?;
        Ok(asked.unwrap_or_else(|| 30.min(largest)).clamp(1, largest.max(1)))
    }

    fn cursor(&self) -> Option<&'static Cursor> {
        self.route.stream.and_then(|stream| stream.cursor.as_ref())
    }

    /// The query parameter of a next URL that carries a token of this server.
    fn url_parameter(&self) -> &'static str {
        let taken = self
            .operation()
            .parameters
            .iter()
            .any(|known| known.name == "cursor" && !matches!(tree::bare(&known.shape), Shape::String(_)));
        if taken { "page_token" } else { "cursor" }
    }

    /// The token that a request carries.
    fn token(&self) -> Result<Option<(Times, Place)>, Refusal> {
        let given = match self.paging.map(|paging| &paging.strategy) {
            // The token of the first page stands for none.
            Some(Strategy::Cursor { target, first, .. }) => {
                self.given(*target).filter(|(_, text)| Some(text.as_str()) != *first)
            }
            Some(Strategy::NextUrl { .. }) => {
                let name = self.url_parameter();
                let text = self.request.parameter(name).filter(|text| !text.is_empty());
                text.map(|text| (name.to_owned(), text))
            }
            _ => None,
        };
        let Some((name, text)) = given else { return Ok(None) };
        match self.read_token(&text) {
            Some(token) => Ok(Some(token)),
            None => Err(Refusal::invalid(format!("`{name}` is no token of this operation: `{text}`"))),
        }
    }

    /// The token of the request itself.
    fn asked_with(&self) -> Option<String> {
        match self.paging.map(|paging| &paging.strategy) {
            Some(Strategy::Cursor { target, .. }) => self.given(*target).map(|(_, text)| text),
            _ => None,
        }
    }

    fn sum(&self, text: &str) -> u64 {
        data::derive(data::derive(self.seed, self.operation().id), text)
    }

    /// A token names the place and carries the filter: APIs with tokens heed no other filter beside them.
    fn write_token(&self, times: Times, place: Place) -> String {
        let since = match times.since {
            Since::Start => "s0".to_owned(),
            Since::Moment(moment) => format!("m{moment}"),
            Since::Position(index) => format!("p{index}"),
        };
        let since = match times.until {
            Some(until) => format!("{since}u{until}"),
            None => since,
        };
        let place = match place {
            Place::Head(index) => format!("h{index}"),
            Place::Tail(sequence) => format!("t{sequence}"),
        };
        let text = format!("{since}.{place}");
        URL_SAFE_NO_PAD.encode(format!("{text}.{:016x}", self.sum(&text)))
    }

    fn read_token(&self, token: &str) -> Option<(Times, Place)> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (text, sum) = text.rsplit_once('.')?;
        if sum != format!("{:016x}", self.sum(text)) {
            return None;
        }
        let (since, place) = text.split_once('.')?;
        let (since, until) = match since.split_once('u') {
            Some((since, until)) => (since, Some(until.parse().ok()?)),
            None => (since, None),
        };
        let since = match since.split_at_checked(1)? {
            ("m", moment) => Since::Moment(moment.parse().ok()?),
            ("p", index) => Since::Position(index.parse().ok()?),
            _ => Since::Start,
        };
        let place = match place.split_at_checked(1)? {
            ("h", index) => Place::Head(index.parse().ok()?),
            ("t", sequence) => Place::Tail(sequence.parse().ok()?),
            _ => return None,
        };
        Some((Times { since, until }, place))
    }

    /// Number of the page's first record.
    fn start(&self, selection: &Selection, view: View, size: u64) -> Result<u64, Refusal> {
        let Some(paging) = self.paging else { return Ok(0) };
        match &paging.strategy {
            Strategy::PageNumber { target, first, .. } => {
                let page = self.number(*target)?.unwrap_or(*first);
                Ok(page.saturating_sub(*first).saturating_mul(size))
            }
            Strategy::Offset { target, first, .. } => {
                let offset = self.number(*target)?.unwrap_or(*first);
                Ok(offset.saturating_sub(*first))
            }
            Strategy::LinkHeader { .. } => match self.request.parameter("page") {
                None => Ok(0),
                Some(text) => match text.parse::<u64>() {
                    Ok(page) => Ok(page.saturating_sub(1).saturating_mul(size)),
                    Err(_) => {
                        Err(Refusal::invalid(format!("`page` is `{text}`, but has to be a whole number")))
                    }
                },
            },
            Strategy::LastId { target, field, .. } => match self.given(*target) {
                None => Ok(0),
                Some((name, text)) => match self.set.find(field, &text) {
                    Some(index) => Ok(selection.after(self.set.place(index, view))),
                    None => {
                        Err(Refusal::invalid(format!("`{name}` is `{text}`, but there is no such record")))
                    }
                },
            },
            Strategy::Cursor { .. } | Strategy::NextUrl { .. } => Ok(0),
        }
    }

    /// `cut` is after how many records the list ends, whether there are more or not.
    fn page(&self, selection: &Selection, start: u64, size: u64, cut: Option<u64>) -> Page {
        let all = selection.total();
        let total = cut.map_or(all, |cut| all.min(cut));
        let mut page = Page { start, size, total, all, records: Vec::new(), served: 0, last: None };
        for number in start..start.saturating_add(size).min(page.total) {
            if let Some((index, place)) = selection.at(number) {
                page.records.extend(self.set.record(index).map(|record| self.drifted(record, index)));
                page.last = Some(place);
            }
        }
        page.served = page.records.len() as u64;
        page
    }

    /// The record as the plan has it served.
    fn drifted(&self, mut record: Value, index: u64) -> Value {
        let cursor = self.cursor().map(|cursor| cursor.field);
        let keys = self.set.identities();
        let about = drift::Record { shape: &self.set.shape, keys, cursor };
        self.drift.apply(&mut record, index.saturating_add(1), &about);
        record
    }

    fn answer(&self, mut page: Page, times: Times) -> Reply {
        let list = std::mem::take(&mut page.records);
        let page = &page;
        let shape = self.route.answer.unwrap_or(Shape::Any);
        let source = data::Source { seed: self.seed, index: 0, moment: 0 };
        let mut body = data::least(&shape, source);
        let mut headers: Vec<(String, String)> = Vec::new();
        let records = self.route.records().unwrap_or(&[]);
        match records.split_last() {
            Some((_, parents)) if self.drift.moves_records() => {
                tree::set(&mut body, parents, json!({ "moved": list }));
            }
            _ => tree::set(&mut body, records, Value::Array(list)),
        }
        if let Some(total) = self.cap().and_then(|cap| cap.total) {
            tree::set(&mut body, total, json!(page.all));
        }
        let end = self.paging.map_or(&End::NONE, |paging| paging.strategy.end());
        tell_end(&mut body, end, page);
        // A server that ends with the same token again has one for its last page too.
        let leads_on = |_: &Place| page.has_next() || end.same_token;
        let token = page.last.filter(leads_on).map(|place| self.write_token(times, place));
        let token = token.or_else(|| self.asked_with().filter(|_| end.same_token));
        match self.paging.map(|paging| &paging.strategy) {
            None | Some(Strategy::PageNumber { .. } | Strategy::Offset { .. } | Strategy::LastId { .. }) => {}
            Some(Strategy::Cursor { next, .. }) => {
                tell_next(&mut body, &mut headers, &shape, (next, end, records), token);
            }
            Some(Strategy::NextUrl { next, .. }) => {
                let url = token.map(|token| self.url(self.url_parameter(), &token));
                tell_next(&mut body, &mut headers, &shape, (next, end, records), url);
            }
            Some(Strategy::LinkHeader { relation, .. }) => headers.extend(self.links(relation, page)),
        }
        let mut reply = Reply::json(self.route.status, &body);
        reply.headers.extend(headers);
        reply.records = Some(page.served);
        reply
    }

    /// This request's URL with one parameter changed. The credential is left out, as real servers do.
    fn url(&self, name: &str, value: &str) -> String {
        let secrets = auth::parameters(self.auth);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (known, old) in self.request.pairs() {
            if known != name && !secrets.contains(&known.as_str()) {
                query.append_pair(&known, &old);
            }
        }
        query.append_pair(name, value);
        format!("{}{}?{}", self.origin, self.request.path, query.finish())
    }

    /// The `Link` header (RFC 8288), which is left out where there is one page.
    fn links(&self, relation: &str, page: &Page) -> Option<(String, String)> {
        let last = page.total.div_ceil(page.size).max(1);
        let this = page.start / page.size + 1;
        let mut links = Vec::new();
        let mut link = |relation: &str, number: u64| {
            links.push(format!("<{}>; rel=\"{relation}\"", self.url("page", &number.to_string())));
        };
        if this > 1 {
            link("prev", (this - 1).min(last));
        }
        if this < last {
            link(relation, this + 1);
            link("last", last);
        }
        if this > 1 {
            link("first", 1);
        }
        (!links.is_empty()).then(|| ("link".to_owned(), links.join(", ")))
    }
}

fn tell_end(body: &mut Value, end: &End, page: &Page) {
    let told = [
        (end.more, json!(page.has_next())),
        (end.done, json!(!page.has_next())),
        (end.total_records, json!(page.total)),
        (end.total_pages, json!(page.total.div_ceil(page.size))),
        (end.count.map(|count| count.path), json!(page.served)),
    ];
    for (path, value) in told {
        if let Some(path) = path {
            tree::set(body, path, value);
        }
    }
}

fn tell_next(
    body: &mut Value,
    headers: &mut Vec<(String, String)>,
    shape: &Shape,
    (next, end, records): (&Token, &End, Path),
    value: Option<String>,
) {
    match (next, value) {
        (Token::Header(name), Some(value)) => headers.push(((*name).to_owned(), value)),
        (Token::Header(_), None) => {}
        (Token::Body(path), None) if end.no_token != NO_TOKEN => {
            let text = end.no_token.first().copied().unwrap_or_default();
            tree::set(body, path, Value::String(text.to_owned()));
        }
        (Token::Body(path), Some(value)) => tree::set(body, path, Value::String(value)),
        (Token::Body(path), None) => {
            let count = end.count.map(|count| count.path);
            let ends = [end.more, end.done, end.total_records, end.total_pages, count, Some(records)];
            let keep: Vec<Path> = ends.into_iter().flatten().collect();
            tree::set_nothing(body, shape, path, &keep);
        }
    }
}
