//! The styles of paging, a function each: what speaks for it in one operation, and how much.

use super::{Candidate, PagingKind, start, written};
use crate::infer::Confidence;
use crate::infer::shape::{Asked, Kind, Records, Shape, Told};
use crate::infer::words::{self, Asks, Tells};

pub(super) fn link_header(shape: &Shape<'_>) -> Option<Candidate> {
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
    // Where the document describes no list, its header says more than its parameters.
    if shape.records.is_none() && !(declared.is_some() && pages) {
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
pub(super) fn token_of<'s>(shape: &'s Shape<'_>, asked: &Asked) -> Option<(&'s Told, u32)> {
    let own = words::own(&asked.name);
    let score = |told: &Told| {
        let mut name = told.path.last().map(|name| words::canonical(name)).unwrap_or_default();
        // `next.page` is what others call `next_page`.
        let container = told.path.len().checked_sub(2).and_then(|at| told.path.get(at));
        if container.is_some_and(|container| words::canonical(container) == "next") {
            name.insert_str(0, "next_");
        }
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

pub(super) fn cursor(shape: &Shape<'_>) -> Option<Candidate> {
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

pub(super) fn next_url(shape: &Shape<'_>) -> Option<Candidate> {
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
    // `Link to the next page`, of a list that is called as lists are, or as the path is.
    let said = || {
        let phrases = ["next page", "next set", "next results", "next batch", "following page"];
        rank == 2 && shape.records_sure && words::says(&told.prose, &phrases)
    };
    let paged = shape.is_about_pages() || shape.asks(Asks::Size).next().is_some() || said();
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

const EMPTY: Records = Records { path: Vec::new(), record: None, map: false };

pub(super) fn cursor_header(shape: &Shape<'_>) -> Option<Candidate> {
    let asked = shape.asks(Asks::Cursor).next()?;
    let leads_on = |name: &str| {
        let words = words::words(name);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        has(&["next", "cursor", "continuation", "marker"]) && !has(&["prev", "previous"])
    };
    let declared = shape.headers.iter().map(|(name, _)| name.as_str()).find(|name| leads_on(name));
    // `The cursor is in the response header X-Next-Cursor`, where the header itself is not declared.
    let name = declared.or_else(|| {
        let prose = asked.bounds.description.as_str();
        let speaks = words::says(&asked.prose, &["header", "headers"]);
        let mut names = prose.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|_| speaks);
        names.find(|name| {
            name.contains('-') && name.starts_with(|c: char| c.is_ascii_uppercase()) && leads_on(name)
        })
    })?;
    let mut guess = start(shape, PagingKind::CursorHeader);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.next = Some(name.to_owned());
    guess.reason = match declared {
        Some(_) => format!("`{}` takes what the header `{name}` gives", asked.name),
        None => format!("the description of `{}` says that the header `{name}` gives it", asked.name),
    };
    guess.confidence = Confidence::Medium;
    Some(Candidate { guess, weight: 84 })
}

pub(super) fn page(shape: &Shape<'_>) -> Option<Candidate> {
    let asked = shape.asks(Asks::Page).next()?;
    let mut guess = start(shape, PagingKind::Page);
    guess.parameter = Some(asked.name.clone());
    guess.in_body = asked.in_body;
    guess.first = first(asked).map(|(first, _)| first);
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

/// Number of the first page, or offset of the first record, where the document says it, and whether it does so in words.
fn first(asked: &Asked) -> Option<(u64, bool)> {
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
    // How many pages to skip: none at first.
    if words::canonical(&asked.name).starts_with("skip_page") {
        return Some((0, true));
    }
    by_prose.map(|first| (first, true)).or(by_schema.map(|first| (first, false)))
}

pub(super) fn offset(shape: &Shape<'_>) -> Option<Candidate> {
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
    // Counted from 0, the last record of each page would come twice, and that of the last page never.
    let begins = first(asked);
    guess.first = begins.map(|(first, _)| first);
    if is_scim(shape, asked) {
        guess.first = Some(1);
        guess
            .reason
            .push_str(&format!("; `{}` counts records from 1, as SCIM does (RFC 7644, 3.4.2.4)", asked.name));
    } else if let Some((1, in_words)) = begins {
        let words = [
            "record",
            "records",
            "result",
            "results",
            "item",
            "items",
            "entry",
            "entries",
            "row",
            "rows",
            "resource",
            "resources",
            "object",
            "objects",
            "index",
        ];
        if words::says(&asked.prose, &["page", "pages"]) && !words::says(&asked.prose, &words) {
            guess.confidence = Confidence::Low;
            guess.reason = format!("`{}` counts from 1, and may be the number of a page", asked.name);
        } else {
            // A bound or a default alone would fit the number of a page as well.
            let most = if in_words { Confidence::High } else { Confidence::Medium };
            guess.confidence = guess.confidence.min(most);
            guess.reason.push_str(&format!("; `{}` counts records from 1", asked.name));
        }
    }
    Some(Candidate { guess, weight: 78 })
}

/// Whether an answer is a list as SCIM has it (RFC 7644, 3.4.2): the names are the protocol's, capital letters included.
fn is_scim(shape: &Shape<'_>, asked: &Asked) -> bool {
    let records = shape.records.as_ref().is_some_and(|records| records.path == ["Resources"]);
    let total = shape.tells(Tells::Total).any(|told| told.path == ["totalResults"]);
    records && total && asked.name == "startIndex"
}

pub(super) fn last_id(shape: &Shape<'_>) -> Option<Candidate> {
    let forward = shape
        .asks(Asks::Cursor)
        .find(|asked| words::is_record_id(&asked.name) && !words::is_token(&asked.prose));
    if let (None, Some(asked)) = (forward, shape.asks(Asks::Cursor).find(takes_time)) {
        let mut guess = start(shape, PagingKind::LastId);
        guess.parameter = Some(asked.name.clone());
        guess.in_body = asked.in_body;
        guess.confidence = Confidence::Low;
        guess.reason = format!(
            "`{}` takes a time, that of the last record: in which of its fields, the document does not say",
            asked.name
        );
        return Some(Candidate { guess, weight: 76 });
    }
    // Newest first, some lists lead only back.
    let back = || {
        // A number that is called `before` and nothing more is a time as often.
        let of_id = |asked: &&Asked| {
            asked.kind == Kind::Text || words::words(&asked.name).iter().any(|word| word == "id")
        };
        shape.asks(Asks::Before).find(of_id).filter(|_| shape.records.is_some())
    };
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
    guess.reason = match says_id {
        true => {
            format!("`{}` takes an identifier of the last record, and the answer has no token", asked.name)
        }
        false => format!(
            "`{}` may take an identifier of the last record: the answer has no token, and its description does not say",
            asked.name
        ),
    };
    Some(Candidate { guess, weight: if typed { 76 } else { 40 } })
}

/// Whether it is called an offset and is none, as its prose says.
fn takes_time(asked: &&Asked) -> bool {
    asked.kind == Kind::Number && words::asks(&asked.name) == Some(Asks::Offset)
}

fn record_key(name: &str) -> Option<&'static str> {
    let canonical = words::canonical(name);
    Some(if canonical.ends_with("key") { "key" } else { "id" })
}
