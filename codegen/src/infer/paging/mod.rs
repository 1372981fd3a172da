//! How one operation is paged: what its parameters ask for, what its answer tells, and what both say together.

mod borrow;
mod styles;

use serde::Serialize;

use super::shape::{Asked, Kind, Shape, Told};
use super::words::{self, Asks, Tells};
use super::{Confidence, ListGuess, Undecided};

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
    /// Number of the first page, or offset of the first record, where the document says it.
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
    borrow::borrow(&mut lists);
    lists
}

/// Operations that take what pages are asked for with, and answer objects of which none is surely the list that they read: a person has to say.
pub(super) fn unread(shapes: &[Shape<'_>]) -> Vec<Undecided> {
    let several = |shape: &&Shape<'_>| {
        shape.operation.head.method == "GET" && shape.lists > 1 && !shape.names_one() && !is_list(shape)
    };
    let found = shapes.iter().filter(several).filter_map(|shape| {
        let leads = |asked: &&Asked| matches!(asked.asks, Asks::Page | Asks::Offset | Asks::Cursor);
        shape.asked.iter().find(leads).map(|asked| (&shape.operation.head, &asked.name))
    });
    found
        .map(|(head, name)| {
            Undecided::new(
                format!("{} {}", head.method, head.path),
                format!(
                    "no stream: it takes `{name}` and answers several lists, and which of them comes in pages the document does not say"
                ),
            )
        })
        .collect()
}

/// Whether an operation lists records: it reads, and answers a list, or takes what pages are asked for with.
fn is_list(shape: &Shape<'_>) -> bool {
    let leads =
        shape.asked.iter().any(|asked| matches!(asked.asks, Asks::Page | Asks::Offset | Asks::Cursor));
    let sized = shape.asks(Asks::Size).next().is_some();
    let path = shape.operation.head.path.to_lowercase();
    // What one record is asked with may name paging parameters all the same, where all operations share them.
    let may_be = shape.records.is_none() && !shape.flat && (shape.untyped || !shape.names_one());
    // A body that the document does not describe may hold anything.
    let open = may_be
        && (leads && (sized || path.ends_with("list"))
            || shape.untyped && shape.asks(Asks::Page).any(numbers_pages)
            || shape.untyped && leads && says_list(&shape.prose)
            || shape.untyped && shape.asks(Asks::Cursor).any(leads_through_pages));
    let last = path.rsplit('/').find(|part| !part.starts_with('{')).unwrap_or_default();
    let searches = ["search", "query", "list", "filter", "find", "scroll", "lookup"]
        .iter()
        .any(|word| last.contains(word));
    match shape.operation.head.method.as_str() {
        "GET" | "QUERY" => {
            shape.records.is_some()
                || open
                || (shape.untyped && shape.page_header().is_some())
                || (shape.is_about_pages() && shape.tells(Tells::Next).next().is_some())
        }
        // Searches. What creates something may answer a list too, though not with a cursor that it takes, and it has no use for an offset.
        "POST" => {
            let pairs = shape.asks(Asks::Cursor).any(|asked| styles::token_of(shape, asked).is_some());
            let counts = sized
                && shape.asked.iter().any(|asked| {
                    matches!(asked.asks, Asks::Page | Asks::Offset) && asked.kind == Kind::Number
                });
            (shape.records.is_some() && shape.is_about_pages() && (searches || pairs || counts))
                || (shape.untyped && leads && sized && searches)
        }
        _ => false,
    }
}

/// `List activities for a member`, as summaries begin.
fn says_list(prose: &str) -> bool {
    let mut words = prose.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    match words.next() {
        Some("list" | "lists" | "listing") => true,
        Some("get" | "gets" | "returns" | "return" | "retrieve" | "retrieves" | "fetch" | "show") => {
            let next: Vec<&str> = words.take(3).collect();
            matches!(next.as_slice(), ["all", ..] | ["a", "list", ..] | ["the", "list", ..] | ["list", ..])
        }
        _ => false,
    }
}

/// `page: the page number`, and not a page of a book.
fn numbers_pages(asked: &Asked) -> bool {
    asked.kind == Kind::Number
        && words::says(
            &asked.prose,
            &[
                "page number",
                "page index",
                "number of the page",
                "page of results",
                "pagination",
                "results page",
            ],
        )
}

/// `cursor: breaks the result into pages`, and not that of a text.
fn leads_through_pages(asked: &Asked) -> bool {
    words::says(&asked.prose, &["page", "pages", "pagination", "paginate", "paging"])
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
        styles::link_header(shape),
        styles::cursor(shape),
        styles::next_url(shape),
        styles::cursor_header(shape),
        styles::page(shape),
        styles::offset(shape),
        styles::last_id(shape),
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

/// A number of all records, not of those of a page. One that is called a total is surer than one that is only described as such: `the total
/// number of items returned` counts a page.
fn total(shape: &Shape<'_>) -> Option<String> {
    let name = |told: &Told| told.path.last().map(|name| words::words(name)).unwrap_or_default();
    let called = |told: &Told| name(told).iter().any(|word| word == "total");
    let bare = |told: &Told| {
        matches!(name(told).join("_").as_str(), "count" | "results" | "item_count" | "num_results")
    };
    let sure = |told: &&Told| {
        let of_page =
            words::says(&told.prose, &["page", "returned", "response", "this request", "current", "fetched"]);
        let of_all = words::says(&told.prose, &["total", "all", "overall", "available", "matching"]);
        match (called(told), bare(told)) {
            (true, _) => !of_page || of_all,
            (false, true) => of_all && !of_page,
            (false, false) => !of_page,
        }
    };
    let totals = shape.tells(Tells::Total).filter(sure);
    // One that stands beside the records is about them.
    let beside = |told: &Told| {
        let own =
            shape.records.as_ref().and_then(|records| records.path.split_last()).map(|(_, parent)| parent);
        own.is_some_and(|own| told.path.split_last().is_some_and(|(_, parent)| parent == own))
    };
    totals.min_by_key(|told| (!called(told), !beside(told), told.path.len())).map(|told| written(&told.path))
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
    } else if let Some(media) = shape.enveloped() {
        (
            Confidence::Low,
            format!(
                "its answer is `{media}`, in which a list never stands alone: what is around it, and leads on, is not in the document"
            ),
        )
    } else if let Some(header) = shape.page_header() {
        (
            Confidence::Low,
            format!("no parameter leads to a next page, though its answer declares the header `{header}`"),
        )
    } else if let Some(size) = &guess.size {
        (Confidence::Medium, format!("`{}` bounds the list and nothing leads on", size.name))
    } else {
        (Confidence::Medium, "neither its parameters nor its answer have anything of pages".to_owned())
    };
    guess
}
