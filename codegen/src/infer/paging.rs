//! How one operation is paged: what its parameters ask for, what its answer tells, and what both say together.

use serde::Serialize;

use super::shape::{Asked, Kind, Shape, Told};
use super::words::{self, Asks, Tells};
use super::{Confidence, ListGuess};

/// A page of more records than this is asked for only where somebody says so: servers time out, and answers that are lost are asked for
/// anew.
const LARGEST_PAGE: u64 = 1_000;

/// Styles of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PagingKind {
    /// The whole list at once.
    None,
    /// The number of a page.
    Page,
    /// How many records come before.
    Offset,
    /// A token in the body.
    Cursor,
    /// A token in a header.
    CursorHeader,
    /// A URL in the body.
    NextUrl,
    /// The `Link` header.
    LinkHeader,
    /// A field of the last record.
    LastId,
}

/// What asks for a page size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Size {
    /// Name of the parameter, or path of the field.
    pub name: String,
    /// Whether it is a field of the body.
    pub in_body: bool,
    /// The greatest that the document allows.
    pub cap: Option<u64>,
    /// What is taken where nothing is asked for.
    pub default: Option<u64>,
}

impl Size {
    /// What a connector asks for: as many as are allowed, for fewest requests, else what the API takes by itself.
    pub fn value(&self) -> Option<u64> {
        self.cap.map(|cap| cap.min(LARGEST_PAGE)).or(self.default).filter(|value| *value > 0)
    }
}

/// How an operation is paged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PagingGuess {
    /// The style.
    pub kind: PagingKind,
    /// The parameter or field that leads on.
    pub parameter: Option<String>,
    /// Whether that is a field of the body.
    pub in_body: bool,
    /// The parameter that leads back.
    pub before: Option<String>,
    /// What asks for a size.
    pub size: Option<Size>,
    /// Where the next token or URL stands: a path, or the name of a header.
    pub next: Option<String>,
    /// Path of a boolean that is true while there is more.
    pub more: Option<String>,
    /// Path of a boolean that is true when there is no more.
    pub done: Option<String>,
    /// Path of the number of all records.
    pub total: Option<String>,
    /// Path of the number of all pages.
    pub pages: Option<String>,
    /// The field of a record that leads on.
    pub record_key: Option<String>,
    /// Number of the first page.
    pub first: Option<u64>,
    /// Whether other operations say what this one's document does not: its parameters or its answer lack something.
    pub borrowed: bool,
    /// The other styles that it offers.
    pub also: Vec<PagingKind>,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

/// A list with its shape.
#[derive(Debug)]
pub(super) struct List<'s, 'a> {
    pub(super) shape: &'s Shape<'a>,
    pub(super) guess: ListGuess,
}

/// All operations that list records.
pub(super) fn lists<'s, 'a>(shapes: &'s [Shape<'a>]) -> Vec<List<'s, 'a>> {
    let mut lists: Vec<List<'s, 'a>> = shapes
        .iter()
        .filter(|shape| is_list(shape))
        .map(|shape| List { shape, guess: list(shape) })
        .collect();
    borrow(&mut lists);
    lists
}

/// Whether an operation lists records: it reads, and answers a list, or takes what pages are asked for with.
fn is_list(shape: &Shape<'_>) -> bool {
    let leads =
        shape.asked.iter().any(|asked| matches!(asked.asks, Asks::Page | Asks::Offset | Asks::Cursor));
    let asks_pages = leads && shape.asks(Asks::Size).next().is_some();
    let names_list = shape.operation.head.path.to_lowercase().ends_with("list");
    // A body that the document does not describe may hold anything.
    let open = shape.records.is_none() && (asks_pages || (leads && names_list));
    let path = shape.operation.head.path.to_lowercase();
    let last = path.rsplit('/').find(|part| !part.starts_with('{')).unwrap_or_default();
    let searches = ["search", "query", "list", "filter", "find", "scroll", "lookup"]
        .iter()
        .any(|word| last.contains(word));
    match shape.operation.head.method.as_str() {
        "GET" | "QUERY" => {
            shape.records.is_some()
                || open
                || (shape.is_about_pages() && shape.tells(Tells::Next).next().is_some())
        }
        // Searches. What creates something may answer a list too, though not with a cursor that it takes.
        "POST" => {
            let pairs = shape.asks(Asks::Cursor).any(|asked| token_of(shape, asked).is_some());
            (shape.records.is_some() && shape.is_about_pages() && (searches || pairs))
                || (shape.untyped && asks_pages && searches)
        }
        _ => false,
    }
}

fn list(shape: &Shape<'_>) -> ListGuess {
    let head = &shape.operation.head;
    let records = shape.records.as_ref();
    ListGuess {
        operation: format!("{} {}", head.method, head.path),
        id: head.id.clone(),
        record_path: records.map(|records| written(&records.path)),
        record_map: records.is_some_and(|records| records.map),
        paging: guess(shape),
    }
}

/// A path as a manifest writes it.
pub(super) fn written(path: &[String]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let plain = |key: &str| {
        crate::manifest::text::path(key)
            .is_ok_and(|segments| segments.len() == 1 && segments.iter().all(|segment| segment.key == key))
    };
    let written = |key: &String| {
        if plain(key) {
            key.clone()
        } else {
            format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
        }
    };
    path.iter().map(written).collect::<Vec<_>>().join(".")
}

struct Candidate {
    guess: PagingGuess,
    weight: u32,
}

fn guess(shape: &Shape<'_>) -> PagingGuess {
    let mut candidates: Vec<Candidate> = [
        link_header(shape),
        cursor(shape),
        next_url(shape),
        cursor_header(shape),
        page(shape),
        offset(shape),
        last_id(shape),
    ]
    .into_iter()
    .flatten()
    .collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.weight));
    let mut candidates = candidates.into_iter();
    let Some(best) = candidates.next() else { return none(shape) };
    let mut guess = best.guess;
    for other in candidates {
        if other.guess.kind != guess.kind && !guess.also.contains(&other.guess.kind) {
            guess.also.push(other.guess.kind);
        }
    }
    if shape.records.is_none() && guess.confidence == Confidence::High {
        guess.confidence = Confidence::Medium;
        guess.reason.push_str("; the document does not say where the records stand");
    }
    guess
}

/// A guess of a kind with what is the same for all.
fn start(shape: &Shape<'_>, kind: PagingKind) -> PagingGuess {
    let shallow =
        |what: Tells| shape.tells(what).min_by_key(|told| told.path.len()).map(|told| written(&told.path));
    PagingGuess {
        kind,
        parameter: None,
        in_body: false,
        before: shape.asks(Asks::Before).next().map(|asked| asked.name.clone()),
        size: size(shape),
        next: None,
        more: shallow(Tells::More),
        done: done(shape),
        total: total(shape),
        pages: shallow(Tells::Pages),
        record_key: None,
        first: None,
        borrowed: false,
        also: Vec::new(),
        confidence: Confidence::Medium,
        reason: String::new(),
    }
}

/// `last` is a flag where it stands with other words of pages.
fn done(shape: &Shape<'_>) -> Option<String> {
    let told = shape.tells(Tells::Done).min_by_key(|told| told.path.len())?;
    Some(written(&told.path))
}

/// A number of all records, not of those of a page.
fn total(shape: &Shape<'_>) -> Option<String> {
    let sure = |told: &&Told| {
        let name = told.path.last().map(|name| words::canonical(name)).unwrap_or_default();
        let of_page = words::says(&told.prose, &["page", "returned", "response", "this request", "current"])
            && !words::says(&told.prose, &["total", "all"]);
        match name.as_str() {
            "count" | "results" | "item_count" | "num_results" => {
                words::says(&told.prose, &["total", "all", "overall"]) && !of_page
            }
            _ => !of_page,
        }
    };
    shape.tells(Tells::Total).filter(sure).min_by_key(|told| told.path.len()).map(|told| written(&told.path))
}

fn size(shape: &Shape<'_>) -> Option<Size> {
    // `limit` beside `count`: the one that says more of pages.
    let rank = |asked: &&Asked| {
        let name = words::canonical(&asked.name);
        let usual =
            ["limit", "per_page", "page_size", "page_limit", "max_results", "size", "count", "top", "first"];
        let at = usual.iter().position(|known| *known == name).unwrap_or(usual.len());
        (asked.kind != Kind::Number, at)
    };
    let asked = shape.asks(Asks::Size).min_by_key(rank)?;
    Some(Size {
        name: asked.name.clone(),
        in_body: asked.in_body,
        cap: asked.bounds.maximum.or_else(|| words::maximum(&asked.prose)).filter(|cap| *cap > 0),
        default: asked
            .bounds
            .default_count()
            .or_else(|| words::default(&asked.prose))
            .filter(|count| *count > 0),
    })
}

fn none(shape: &Shape<'_>) -> PagingGuess {
    let mut guess = start(shape, PagingKind::None);
    let says_all = words::says(
        &shape.prose,
        &[
            "not paginated",
            "isn't paginated",
            "does not support pagination",
            "no pagination",
            "without pagination",
        ],
    );
    let speaks =
        words::says(&shape.prose, &["paginated", "pagination", "paging", "pages", "cursor"]) && !says_all;
    let hints = shape.tells(Tells::Next).next().is_some() || guess.more.is_some();
    (guess.confidence, guess.reason) = if says_all {
        (Confidence::High, "its description says that it has no pages".to_owned())
    } else if speaks {
        (
            Confidence::Low,
            "no parameter leads to a next page, though its description speaks of pages".to_owned(),
        )
    } else if hints {
        (Confidence::Low, "no parameter leads to a next page, though its answer tells of one".to_owned())
    } else if let Some(size) = &guess.size {
        (Confidence::Medium, format!("`{}` bounds the list and nothing leads on", size.name))
    } else {
        (Confidence::Medium, "neither its parameters nor its answer have anything of pages".to_owned())
    };
    guess
}

fn link_header(shape: &Shape<'_>) -> Option<Candidate> {
    shape.records.as_ref()?;
    let declared = shape.header("Link").map(|(_, bounds)| bounds);
    let pages = [Asks::Page, Asks::Cursor, Asks::Offset, Asks::Size]
        .iter()
        .any(|what| shape.asks(*what).next().is_some());
    // `A cursor, as given in the Link header`, where the header itself is not declared.
    let by_prose = || {
        let phrases = ["link header", "link headers", "`link` header"];
        shape
            .asked
            .iter()
            .any(|asked| words::says(&asked.prose.replace("[link header", "link header"), &phrases))
    };
    let speaks = declared.is_some_and(|bounds| {
        words::says(
            &bounds.description.to_lowercase(),
            &["next", "pagination", "page", "pages", "rel", "paging"],
        ) || bounds.example.as_ref().is_some_and(|example| example.to_string().contains("rel="))
    });
    if declared.is_none() && !by_prose() || declared.is_some() && !pages && !speaks {
        return None;
    }
    let mut guess = start(shape, PagingKind::LinkHeader);
    guess.next = Some("Link".to_owned());
    guess.confidence = if pages && declared.is_some() { Confidence::High } else { Confidence::Medium };
    guess.reason = match &guess.size {
        _ if declared.is_none() => "the descriptions of its parameters speak of the header `Link`".to_owned(),
        Some(size) => format!("its answer declares the header `Link`, and it takes `{}`", size.name),
        None => "its answer declares the header `Link`".to_owned(),
    };
    Some(Candidate { guess, weight: 95 })
}

/// How a value that leads on is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    Token,
    Url,
    /// It may be either.
    Either,
    /// The number of a page or an offset.
    Count,
}

fn leads(told: &Told) -> Leads {
    let name = told.path.last().map(|name| words::canonical(name)).unwrap_or_default();
    let container = told
        .path
        .len()
        .checked_sub(2)
        .and_then(|at| told.path.get(at))
        .map(|name| words::canonical(name))
        .unwrap_or_default();
    let token_word = [
        "token", "cursor", "marker", "continu", "iterator", "key", "bookmark", "_id", "after", "offset",
        "state",
    ];
    if told.kind == Kind::Number {
        return Leads::Count;
    }
    let url_format = matches!(told.format.as_str(), "uri" | "url" | "uri-reference" | "uri-template" | "iri");
    let url_name =
        ["url", "link", "uri", "href", "path"].iter().any(|word| name.split('_').any(|part| part == *word));
    if url_format
        || url_name
        || words::holds_links(&container) && !name.contains("after") && !name.contains("cursor")
    {
        return Leads::Url;
    }
    if name != "next" && token_word.iter().any(|word| name.contains(word)) {
        return Leads::Token;
    }
    let token = words::says(&told.prose, &["cursor", "token", "marker", "continuation"]);
    match (token, words::about_url(&told.prose)) {
        (true, false) => Leads::Token,
        (false, true) => Leads::Url,
        _ => Leads::Either,
    }
}

/// The token that belongs to a parameter, and how well.
fn token_of<'s>(shape: &'s Shape<'_>, asked: &Asked) -> Option<(&'s Told, u32)> {
    let own = words::own(&asked.name);
    let score = |told: &Told| {
        let name = told.path.last().map(|name| words::canonical(name)).unwrap_or_default();
        let next_own = format!("next_{own}");
        let fits = match leads(told) {
            Leads::Url => return None,
            // A token may well be a number.
            Leads::Count if asked.asks == Asks::Cursor && name == own => true,
            Leads::Count => {
                name == next_own
                    || name == format!("next_page_{own}")
                    || (name == "next" && asked.kind == Kind::Number)
            }
            Leads::Token | Leads::Either => true,
        };
        if !fits {
            return None;
        }
        let exact = name == own || name == next_own || name == format!("next_page_{own}");
        let close = name.split('_').any(|word| word.len() > 3 && own.split('_').any(|other| other == word));
        let last_of_page = matches!(name.as_str(), "last_id" | "end_cursor");
        Some(if exact {
            3
        } else if close || (leads(told) == Leads::Token && !last_of_page) {
            2
        } else {
            1
        })
    };
    let scored = shape.tells(Tells::Next).filter_map(|told| score(told).map(|score| (told, score)));
    scored.max_by_key(|(told, score)| (*score, std::cmp::Reverse(told.path.len())))
}

fn cursor(shape: &Shape<'_>) -> Option<Candidate> {
    let counts = shape.asked.iter().filter(|asked| matches!(asked.asks, Asks::Offset | Asks::Page));
    // A number is counted, unless the answer says which number comes next.
    let counts = counts.filter(|asked| asked.asks == Asks::Offset || asked.kind == Kind::Text);
    let pairs = shape.asks(Asks::Cursor).map(|asked| (asked, 0)).chain(counts.map(|asked| (asked, 3)));
    let pairs = pairs.filter_map(|(asked, least)| {
        let (told, score) = token_of(shape, asked)?;
        (score >= least).then_some((asked, told, score))
    });
    let (asked, told, score) = pairs.max_by_key(|(asked, _, score)| (*score, asked.asks == Asks::Cursor))?;
    let mut guess = start(shape, PagingKind::Cursor);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.next = Some(written(&told.path));
    guess.reason = format!("`{}` takes what `{}` of the answer gives", asked.name, written(&told.path));
    guess.confidence = if score >= 2 { Confidence::High } else { Confidence::Medium };
    // Where an offset is counted, that the answer does the sum is no token.
    let sums = asked.asks == Asks::Offset
        && asked.kind == Kind::Number
        && told.kind == Kind::Number
        && told.path.last().is_some_and(|name| words::own(name) != "next");
    let weight = match (sums, score >= 2) {
        (true, _) => 77,
        (false, true) => 93,
        (false, false) => 82,
    };
    Some(Candidate { guess, weight })
}

fn next_url(shape: &Shape<'_>) -> Option<Candidate> {
    shape.records.as_ref().or(shape.untyped.then_some(&EMPTY))?;
    let rank = |told: &&Told| match leads(told) {
        Leads::Url => Some(2),
        Leads::Either => Some(1),
        Leads::Token | Leads::Count => None,
    };
    let (told, rank) = shape
        .tells(Tells::Next)
        .filter_map(|told| rank(&told).map(|rank| (told, rank)))
        .max_by_key(|(told, rank)| (*rank, std::cmp::Reverse(told.path.len())))?;
    let paged = shape.is_about_pages() || shape.asks(Asks::Size).next().is_some();
    // A record that has links has one to its next record.
    if !paged && (shape.names_one() || rank < 2) {
        return None;
    }
    let mut guess = start(shape, PagingKind::NextUrl);
    guess.next = Some(written(&told.path));
    guess.parameter = None;
    let sure = rank == 2 && paged;
    guess.confidence = if sure { Confidence::High } else { Confidence::Medium };
    guess.reason = if rank == 2 {
        format!("`{}` of the answer is the URL of the next page", written(&told.path))
    } else {
        format!("`{}` of the answer leads on, and no parameter takes a token", written(&told.path))
    };
    let counts = [Asks::Page, Asks::Offset].iter().any(|what| shape.asks(*what).next().is_some());
    Some(Candidate {
        guess,
        weight: if rank == 2 {
            88
        } else if counts {
            70
        } else {
            75
        },
    })
}

const EMPTY: super::shape::Records = super::shape::Records { path: Vec::new(), record: None, map: false };

fn cursor_header(shape: &Shape<'_>) -> Option<Candidate> {
    let asked = shape.asks(Asks::Cursor).next()?;
    let (name, _) = shape.headers.iter().find(|(name, _)| {
        let canonical = words::canonical(name);
        let bare = canonical.strip_prefix("x_").unwrap_or(&canonical);
        let next = ["next", "cursor", "continuation", "marker"]
            .iter()
            .any(|word| bare.split('_').any(|part| part == *word));
        next && !bare.contains("prev")
    })?;
    let mut guess = start(shape, PagingKind::CursorHeader);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.next = Some(name.clone());
    guess.reason = format!("`{}` takes what the header `{name}` gives", asked.name);
    guess.confidence = Confidence::Medium;
    Some(Candidate { guess, weight: 84 })
}

fn page(shape: &Shape<'_>) -> Option<Candidate> {
    let asked = shape.asks(Asks::Page).next()?;
    let mut guess = start(shape, PagingKind::Page);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.first = first_page(asked);
    let strong =
        guess.size.is_some() || guess.pages.is_some() || guess.more.is_some() || guess.total.is_some();
    let speaks = words::says(&asked.prose, &["page", "pages", "pagination"]);
    guess.reason = match &guess.size {
        Some(size) => format!("`{}` and `{}` are its parameters", asked.name, size.name),
        None => format!("`{}` is its parameter", asked.name),
    };
    guess.confidence = if strong && asked.kind != Kind::Text {
        Confidence::High
    } else if strong || speaks {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    Some(Candidate { guess, weight: 80 })
}

/// Number of the first page, where the document says it.
fn first_page(asked: &Asked) -> Option<u64> {
    let by_schema = asked
        .bounds
        .default_count()
        .or(asked.bounds.minimum.and_then(|least| u64::try_from(least).ok()))
        .filter(|first| *first <= 1);
    let zero = [
        "zero-based",
        "zero based",
        "0-based",
        "0-indexed",
        "zero-indexed",
        "starts at 0",
        "starting at 0",
        "start at 0",
        "starts from 0",
        "starting from 0",
        "zero indexed",
    ];
    let one = [
        "one-based",
        "1-based",
        "1-indexed",
        "starts at 1",
        "starting at 1",
        "start at 1",
        "starts from 1",
        "starting from 1",
        "one-indexed",
    ];
    let by_prose = if words::says(&asked.prose, &zero) {
        Some(0)
    } else if words::says(&asked.prose, &one) {
        Some(1)
    } else {
        None
    };
    by_prose.or(by_schema)
}

fn offset(shape: &Shape<'_>) -> Option<Candidate> {
    let rank = |asked: &&Asked| matches!(words::canonical(&asked.name).as_str(), "start" | "from");
    let asked = shape.asks(Asks::Offset).min_by_key(rank)?;
    let doubtful = rank(&asked);
    let mut guess = start(shape, PagingKind::Offset);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.reason = match &guess.size {
        Some(size) => format!("`{}` and `{}` are its parameters", asked.name, size.name),
        None => format!("`{}` is its parameter", asked.name),
    };
    let sized = guess.size.is_some();
    if doubtful && (!sized || asked.kind != Kind::Number) {
        return None;
    }
    guess.confidence = match (sized, doubtful) {
        (true, false) => Confidence::High,
        (true, true) | (false, false) => Confidence::Medium,
        (false, true) => Confidence::Low,
    };
    Some(Candidate { guess, weight: 78 })
}

fn last_id(shape: &Shape<'_>) -> Option<Candidate> {
    let forward = shape.asks(Asks::Cursor).find(|asked| words::is_record_id(&asked.name));
    // Newest first, some lists lead only back.
    let back = || shape.asks(Asks::Before).next().filter(|_| shape.records.is_some());
    let asked = forward.or_else(back)?;
    let phrases = [
        "id",
        "ids",
        "identifier",
        "object",
        "uuid",
        "snowflake",
        "key",
        "name",
        "last",
        "after this",
        "item",
    ];
    let says_id = words::says(&asked.prose, &phrases)
        || matches!(asked.bounds.format.as_str(), "snowflake" | "uuid" | "objectid");
    let mut guess = start(shape, PagingKind::LastId);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.record_key = record_key(&asked.name).map(str::to_owned);
    let typed = shape.records.is_some();
    let sized = guess.size.is_some();
    guess.confidence = match (says_id && typed && sized, guess.more.is_some()) {
        (true, true) => Confidence::High,
        (true, false) => Confidence::Medium,
        (false, _) => Confidence::Low,
    };
    guess.reason =
        format!("`{}` takes an identifier of the last record, and the answer has no token", asked.name);
    Some(Candidate { guess, weight: if typed { 76 } else { 40 } })
}

fn record_key(name: &str) -> Option<&'static str> {
    let canonical = words::canonical(name);
    Some(if canonical.ends_with("key") { "key" } else { "id" })
}

/// Operations of an API page alike: what one lacks in its document, those that take the same parameter say.
fn borrow(lists: &mut [List<'_, '_>]) {
    let mut known: Vec<(String, PagingGuess, usize)> = Vec::new();
    for list in lists.iter() {
        let paging = &list.guess.paging;
        if let (PagingKind::Cursor, Some(parameter)) = (paging.kind, &paging.parameter) {
            match known.iter_mut().find(|(name, found, _)| name == parameter && found.next == paging.next) {
                Some((_, _, count)) => *count += 1,
                None => known.push((parameter.clone(), paging.clone(), 1)),
            }
        }
    }
    known.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    for list in lists.iter_mut() {
        let shape = list.shape;
        let paging = &mut list.guess.paging;
        if matches!(
            paging.kind,
            PagingKind::Cursor | PagingKind::CursorHeader | PagingKind::NextUrl | PagingKind::LinkHeader
        ) {
            continue;
        }
        let Some(asked) = shape.asks(Asks::Cursor).next() else { continue };
        let lender = known.iter().find(|(name, _, count)| *name == asked.name && *count > 1);
        // What is typed in full and has no token has none.
        let lacks = shape.untyped || !shape.told.iter().any(|told| told.tells == Tells::Next);
        if let Some((_, lender, count)) =
            lender.filter(|_| lacks && (shape.untyped || !words::is_record_id(&asked.name)))
        {
            let mut borrowed = start(shape, PagingKind::Cursor);
            borrowed.also = Some(paging.kind).filter(|kind| *kind != PagingKind::None).into_iter().collect();
            borrowed.parameter = Some(asked.name.clone());
            borrowed.in_body = asked.in_body;
            borrowed.next.clone_from(&lender.next);
            borrowed.borrowed = true;
            borrowed.confidence = Confidence::Medium;
            borrowed.reason = format!(
                "takes `{}` as {count} other operations do, whose answers have `{}`",
                asked.name,
                lender.next.as_deref().unwrap_or_default()
            );
            *paging = borrowed;
        } else if paging.kind == PagingKind::None && !words::is_record_id(&asked.name) {
            paging.kind = PagingKind::Cursor;
            paging.parameter = Some(asked.name.clone());
            paging.in_body = asked.in_body;
            paging.confidence = Confidence::Low;
            paging.reason = format!(
                "takes `{}`, and the document does not say where its answer has the next one",
                asked.name
            );
        }
    }
}
