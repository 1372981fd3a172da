//! Paging strategies as pure state machines: no client, no server, only pages and what follows from them.

use linchpin_runtime::contract::Strategy;
use linchpin_runtime::contract::*;
use linchpin_runtime::paging::{NoNext, PageView, Pager, PagingProblem, Patch, Step, StopReason};
use linchpin_runtime::{Position, Request};
use proptest::prelude::{Strategy as _, any, prop_assert_eq, proptest};

use crate::support::*;

pub(crate) const MORE: Path = &["meta", "more"];
pub(crate) const DONE: Path = &["meta", "done"];
pub(crate) const TOTAL: Path = &["meta", "total"];
pub(crate) const PAGES: Path = &["meta", "pages"];
pub(crate) const NEXT: Path = &["meta", "next"];

/// An operation paged that way: parameter 0 is the page's, parameter 1 its size.
pub(crate) fn paged(strategy: Strategy) -> &'static Operation {
    let size = Some(PageSize { target: Target::Parameter(1), value: 5 });
    let paging =
        Paging { size, records: Some(&["items"]), key: &[&["id"]], ..Paging::new("made up", strategy) };
    let parameters = leak([parameter("at", Location::Query), parameter("size", Location::Query)]);
    leak(Operation { parameters, paging: Some(paging), ..operation(Method::Get) })
}

fn end(more: bool, done: bool, total: bool, pages: bool) -> End {
    let declared = |yes: bool, path| yes.then_some(path);
    End {
        more: declared(more, MORE),
        done: declared(done, DONE),
        total_records: declared(total, TOTAL),
        total_pages: declared(pages, PAGES),
        ..End::NONE
    }
}

fn page_number(end: End) -> Strategy {
    Strategy::PageNumber { target: Target::Parameter(0), first: 1, end }
}

fn offset(end: End) -> Strategy {
    Strategy::Offset { target: Target::Parameter(0), first: 0, end }
}

/// Records are counted from 1.
fn offset_from_one(end: End) -> Strategy {
    Strategy::Offset { target: Target::Parameter(0), first: 1, end }
}

fn cursor(end: End) -> Strategy {
    Strategy::Cursor { target: Target::Parameter(0), first: None, next: Token::Body(NEXT), end }
}

fn last_id(end: End) -> Strategy {
    Strategy::LastId { target: Target::Parameter(0), field: &["id"], end }
}

fn next_url(end: End) -> Strategy {
    Strategy::NextUrl { next: Token::Body(NEXT), end }
}

/// A page of that many records, whose keys are not looked at.
fn served(records: u64) -> PageView {
    PageView { served: Some(records), last: (records > 0).then(|| "last".to_owned()), ..PageView::default() }
}

fn named(records: u64, next: &str) -> PageView {
    PageView { next: Some(next.to_owned()), ..served(records) }
}

#[test]
fn what_each_page_leads_to() {
    use StopReason::{DoneIsTrue, EmptyPage, LastPage, MoreIsFalse, NoNext, TotalReached};
    let more = |more| PageView { more: Some(more), ..served(2) };
    let done = |done| PageView { done: Some(done), ..served(2) };
    let total = |records, total| PageView { total_records: Some(total), ..served(records) };
    let pages = |records, pages| PageView { total_pages: Some(pages), ..served(records) };
    let none = || end(false, false, false, false);
    let go =
        |value: &str| Ok(Step::Request(Patch::Set { target: Target::Parameter(0), value: value.to_owned() }));
    let follow = |url: &str| Ok(Step::Request(Patch::Url(url.to_owned())));
    let stop = |reason| Ok(Step::Stop(reason));
    let promised_empty = || PageView { more: Some(true), ..served(0) };
    // Five records are asked for.
    let cases: Vec<(&str, Strategy, PageView, Result<Step, PagingProblem>)> = vec![
        ("a short page is not the end", page_number(none()), served(2), go("2")),
        ("an empty page is", page_number(none()), served(0), stop(EmptyPage)),
        ("more", page_number(end(true, false, false, false)), more(true), go("2")),
        ("no more", page_number(end(true, false, false, false)), more(false), stop(MoreIsFalse)),
        ("empty but more", page_number(end(true, false, false, false)), promised_empty(), go("2")),
        ("done", page_number(end(false, true, false, false)), done(true), stop(DoneIsTrue)),
        ("not done", page_number(end(false, true, false, false)), done(false), go("2")),
        ("total reached", page_number(end(false, false, true, false)), total(2, 2), stop(TotalReached)),
        ("total reached by a full page", page_number(end(false, false, true, false)), total(5, 5), go("2")),
        ("total not reached", page_number(end(false, false, true, false)), total(2, 9), go("2")),
        ("an empty page in the middle", page_number(end(false, false, true, false)), total(0, 9), go("2")),
        ("total 0", page_number(end(false, false, true, false)), total(0, 0), stop(TotalReached)),
        ("last page", page_number(end(false, false, false, true)), pages(2, 1), stop(LastPage)),
        ("not the last page", page_number(end(false, false, false, true)), pages(0, 2), go("2")),
        ("by what was served", offset(none()), served(3), go("3")),
        ("empty", offset(none()), served(0), stop(EmptyPage)),
        (
            "empty but more",
            offset(end(true, false, false, false)),
            promised_empty(),
            Err(PagingProblem::EmptyButMore { page: 1 }),
        ),
        ("total", offset(end(false, false, true, false)), total(3, 3), stop(TotalReached)),
        ("from 1, by what was served", offset_from_one(none()), served(3), go("4")),
        ("from 1, total", offset_from_one(end(false, false, true, false)), total(3, 3), stop(TotalReached)),
        (
            "fewer than the total",
            offset(end(false, false, true, false)),
            total(0, 3),
            Err(PagingProblem::TotalNotReached { page: 1, total: 3, got: 0 }),
        ),
        (
            "fewer than an estimate",
            offset(End { total: Total::Estimate, ..end(false, false, true, false) }),
            total(0, 3),
            stop(EmptyPage),
        ),
        ("token", cursor(none()), named(2, "t"), go("t")),
        ("empty page with a token", cursor(none()), named(0, "t"), go("t")),
        ("no token", cursor(none()), served(2), stop(NoNext)),
        (
            "token but no more",
            cursor(end(true, false, false, false)),
            PageView { next: Some("t".into()), ..more(false) },
            stop(MoreIsFalse),
        ),
        (
            "more but no token",
            cursor(end(true, false, false, false)),
            more(true),
            Err(PagingProblem::MoreWithoutNext { page: 1 }),
        ),
        (
            "not done but no token",
            cursor(end(false, true, false, false)),
            done(false),
            Err(PagingProblem::MoreWithoutNext { page: 1 }),
        ),
        ("url", next_url(none()), named(2, "/x"), follow("/x")),
        (
            "done with url",
            next_url(end(false, true, false, false)),
            PageView { next: Some("/x".into()), ..done(true) },
            stop(DoneIsTrue),
        ),
        ("link", Strategy::LinkHeader { relation: "next", end: End::NONE }, named(2, "/x"), follow("/x")),
        ("no link", Strategy::LinkHeader { relation: "next", end: End::NONE }, served(2), stop(NoNext)),
        ("last id", last_id(none()), served(2), go("last")),
        ("no records", last_id(none()), served(0), stop(EmptyPage)),
        ("no more", last_id(end(true, false, false, false)), more(false), stop(MoreIsFalse)),
        (
            "no last id",
            last_id(none()),
            PageView { last: None, ..served(2) },
            Err(PagingProblem::NoLastId { page: 1, field: "id".into() }),
        ),
        ("records unknown", offset(none()), PageView::default(), Err(PagingProblem::NoRecords)),
    ];
    for (name, strategy, page, expected) in cases {
        let label = format!("{name}: {strategy:?} {page:?}");
        let mut pager = Pager::new(&Request::new(paged(strategy)));
        assert_eq!(pager.next(&page), expected, "{label}");
    }
}

#[test]
fn a_walk_that_would_never_end_is_stopped() {
    let keys = |keys: &[u64], next: &str| PageView { keys: keys.to_vec(), ..named(keys.len() as u64, next) };
    let none = End::default;
    // Pages, and the problem after the last of them.
    let cases: Vec<(&str, Strategy, Vec<PageView>, PagingProblem)> = vec![
        (
            "same token",
            cursor(none()),
            vec![named(2, "a"), named(2, "a")],
            PagingProblem::Repeated { page: 2 },
        ),
        (
            "cycle",
            cursor(none()),
            vec![named(2, "a"), named(2, "b"), named(2, "c"), named(2, "a")],
            PagingProblem::Repeated { page: 4 },
        ),
        (
            "same url",
            next_url(none()),
            vec![named(2, "/x"), named(0, "/x")],
            PagingProblem::Repeated { page: 2 },
        ),
        ("same last id", last_id(none()), vec![served(2), served(2)], PagingProblem::Repeated { page: 2 }),
        (
            "the parameter is ignored",
            page_number(none()),
            vec![keys(&[1, 2], ""), keys(&[2, 1], "")],
            PagingProblem::NoNewKeys { page: 2 },
        ),
        (
            "back to the first page",
            cursor(none()),
            vec![keys(&[1, 2], "a"), keys(&[3], "b"), keys(&[1, 2], "c")],
            PagingProblem::NoNewKeys { page: 3 },
        ),
    ];
    for (name, strategy, pages, expected) in cases {
        let mut pager = Pager::new(&Request::new(paged(strategy)));
        let (last, before) = pages.split_last().unwrap();
        for page in before {
            assert!(matches!(pager.next(page), Ok(Step::Request(_))), "{name}");
        }
        let position = pager.position();
        assert_eq!(pager.next(last), Err(expected), "{name}");
        assert_eq!(pager.position(), position, "{name}: the position still names the page that was shown");
    }
    let mut pager = Pager::new(&Request::new(paged(page_number(none()))));
    pager.set_page_limit(3);
    assert!(pager.next(&served(1)).is_ok() && pager.next(&served(1)).is_ok());
    assert_eq!(pager.next(&served(1)), Err(PagingProblem::PageLimit { limit: 3 }));

    let mut pager = Pager::new(&Request::new(paged(cursor(none()))));
    let problem = (0..5_000).find_map(|number| pager.next(&named(0, &number.to_string())).err());
    assert!(matches!(problem, Some(PagingProblem::EmptyPages { .. })), "{problem:?}");
}

#[test]
fn a_page_number_or_offset_of_the_caller_is_where_the_walk_starts() {
    // What the caller gives, what is asked for first, and after two records.
    for (strategy, given, first, second) in [
        (page_number(End::NONE), 3, "3", "4"),
        (offset(End::NONE), 3, "3", "5"),
        (offset(End::NONE), 0, "0", "2"),
        (offset_from_one(End::NONE), 3, "3", "5"),
        (offset_from_one(End::NONE), 0, "1", "3"),
    ] {
        let label = format!("{strategy:?} from {given}");
        let mut request = Request::new(paged(strategy));
        request.parameter(0, &given).unwrap();
        let mut pager = Pager::new(&request);
        let set = |value: &str| Patch::Set { target: Target::Parameter(0), value: value.to_owned() };
        assert_eq!(pager.patch(), set(first), "{label}");
        assert_eq!(pager.next(&served(2)).unwrap(), Step::Request(set(second)), "{label}");
    }
}

#[test]
fn a_stored_offset_before_the_first_record_is_none_of_this_list() {
    let stored = |strategy| Pager::new(&Request::new(paged(strategy))).position();
    let resumed = |strategy, position| Pager::new(&Request::new(paged(strategy))).resume(position);
    let from_zero = resumed(offset_from_one(End::NONE), stored(offset(End::NONE)));
    assert!(matches!(from_zero, Err(PagingProblem::Position(_))), "{from_zero:?}");
    assert_eq!(resumed(offset_from_one(End::NONE), stored(offset_from_one(End::NONE))), Ok(()));
}

#[test]
fn a_position_is_read_back_only_by_the_walk_that_it_fits() {
    let strategies = || {
        [page_number(End::default()), offset(End::default()), cursor(End::default()), last_id(End::default())]
    };
    for (at, strategy) in strategies().into_iter().enumerate() {
        let mut pager = Pager::new(&Request::new(paged(strategy)));
        pager.next(&named(2, "t0ken")).unwrap();
        let text = serde_json::to_string(&pager.position()).unwrap();
        assert!(!format!("{:?}", pager.position()).contains("t0ken"));
        for (other, strategy) in strategies().into_iter().enumerate() {
            let mut resumed = Pager::new(&Request::new(paged(strategy)));
            let position: Position = serde_json::from_str(&text).unwrap();
            let result = resumed.resume(position);
            assert_eq!(result.is_ok(), at == other, "{text}");
            if result.is_ok() {
                assert_eq!((resumed.patch(), resumed.pages()), (pager.patch(), 1), "{text}");
            }
        }
        let other_version = text.replace("\"version\":1", "\"version\":2");
        let other_operation = text.replace("\"items\"", "\"things\"");
        for text in [other_version, other_operation] {
            let position: Position = serde_json::from_str(&text).unwrap();
            assert!(
                Pager::new(&Request::new(paged(cursor(End::default())))).resume(position).is_err(),
                "{text}"
            );
        }
    }
}

#[test]
fn tokens_and_marks_are_read_as_servers_write_them() {
    let view = |strategy: Strategy, meta: &str| {
        let body = format!(r#"{{"items":[{{"id":1}}],"meta":{meta}}}"#);
        let paging = paged(strategy).paging.as_ref();
        PageView::read(paging, Some(&["items"]), &[&["id"]], &http::HeaderMap::new(), body.as_bytes())
    };
    let tokens = [
        (r#"{"next":"t"}"#, Some("t")),
        (r#"{"next":42}"#, Some("42")),
        (r#"{"next":0}"#, Some("0")),
        (r#"{"next":""}"#, None),
        (r#"{"next":"null"}"#, None),
        (r#"{"next":null}"#, None),
        (r#"{"next":false}"#, None),
        ("{}", None),
        ("null", None),
    ];
    for (meta, expected) in tokens {
        assert_eq!(view(cursor(End::default()), meta).unwrap().next.as_deref(), expected, "{meta}");
    }
    let marks = [
        (r#"{"more":true,"total":"12","pages":3.0}"#, Some(true), Some(12), Some(3)),
        (r#"{"more":"False","total":-1,"pages":null}"#, Some(false), None, None),
        (r#"{"more":0}"#, Some(false), None, None),
        ("{}", None, None, None),
    ];
    for (meta, more, total, pages) in marks {
        let found = view(page_number(end(true, false, true, true)), meta).unwrap();
        assert_eq!((found.more, found.total_records, found.total_pages), (more, total, pages), "{meta}");
    }
    let wrong = [r#"{"next":{}}"#, r#"{"next":[1]}"#, r#"{"next":true}"#];
    for meta in wrong {
        let error = view(cursor(End::default()), meta).unwrap_err();
        assert!(error.to_string().contains("`meta.next` is"), "{meta}: {error}");
    }
    for meta in [r#"{"more":"maybe"}"#, r#"{"total":"many"}"#, r#"{"pages":[]}"#] {
        assert!(view(page_number(end(true, false, true, true)), meta).is_err(), "{meta}");
    }
}

/// What the made-up list says besides its records.
#[derive(Clone, Copy, Debug)]
struct Says {
    more: bool,
    done: bool,
    total: bool,
    pages: bool,
}

/// Walks over a list and gives the indexes of the records in the order in which they came.
fn walk(strategy: Strategy, list: u64, sizes: &[u64], says: Says) -> Result<Vec<u64>, PagingProblem> {
    let token = matches!(strategy, Strategy::Cursor { .. } | Strategy::NextUrl { .. });
    let by_number = matches!(strategy, Strategy::PageNumber { .. });
    let from = if let Strategy::Offset { first, .. } = &strategy { *first } else { 0 };
    // A server that cuts pages by number serves every page but the last at one size; the others may serve what they like.
    let clamp = sizes.first().copied().unwrap_or(1).max(1);
    let mut pager = Pager::new(&Request::new(paged(strategy)));
    let (mut came, mut patch) = (Vec::new(), pager.patch());
    for call in 0..10_000 {
        let start: u64 = match &patch {
            Patch::None => 0,
            Patch::Set { value, .. } if by_number => (value.parse::<u64>().unwrap() - 1) * clamp,
            // Tokens, URLs, last ids and offsets: the record that comes next, and what tells two tokens for the same place apart.
            Patch::Set { value: text, .. } | Patch::Url(text) => {
                text.split('-').next().unwrap().parse::<u64>().unwrap() - from
            }
        };
        let start = start.min(list);
        let size = if by_number { clamp } else { sizes[call % sizes.len()] };
        // Only a token leads on from an empty page.
        let size = if token { size } else { size.max(1) };
        let stop = (start + size).min(list);
        let left = stop < list;
        let page = PageView {
            served: Some(stop - start),
            next: left.then(|| format!("{stop}-{call}")),
            more: says.more.then_some(left),
            done: says.done.then_some(!left),
            total_records: says.total.then_some(list),
            total_pages: says.pages.then_some(list.div_ceil(clamp)),
            last: (stop > start).then(|| stop.to_string()),
            keys: (start..stop).collect(),
            ..PageView::default()
        };
        came.extend(start..stop);
        patch = match pager.next(&page)? {
            Step::Stop(_) => return Ok(came),
            Step::Request(patch) => patch,
        };
    }
    panic!("the walk did not end")
}

proptest! {
    #[test]
    fn every_strategy_gives_each_record_once_and_in_order(
        which in 0usize..6,
        list in 0u64..60,
        sizes in proptest::collection::vec(0u64..9, 1..6).prop_filter("some page must get on", |sizes| sizes.iter().any(|size| *size > 0)),
        (more, done, total, pages) in any::<(bool, bool, bool, bool)>(),
    ) {
        let pages = pages && which == 0;
        let end = end(more, done, total, pages);
        let strategy = match which {
            0 => page_number(end),
            1 => offset(end),
            2 => cursor(end),
            3 => next_url(end),
            4 => offset_from_one(end),
            _ => last_id(end),
        };
        let label = format!("{strategy:?}");
        let came = walk(strategy, list, &sizes, Says { more, done, total, pages });
        // An offset or last id cannot get on from an empty page that promises more; no list does that here.
        prop_assert_eq!(came, Ok((0..list).collect::<Vec<_>>()), "{}", label);
    }

    #[test]
    fn a_total_that_lies_loses_no_record_of_full_pages(
        which in 0usize..3,
        list in 1u64..60,
        claimed in 0u64..80,
    ) {
        let end = end(false, false, true, false);
        let strategy = [page_number, offset, offset_from_one][which](end);
        let mut pager = Pager::new(&Request::new(paged(strategy)));
        let (mut came, mut start) = (0, 0);
        let missing = loop {
            let stop = (start + 5).min(list);
            let page = PageView { total_records: Some(claimed), keys: (start..stop).collect(), ..served(stop - start) };
            came += stop - start;
            start = stop;
            match pager.next(&page) {
                Ok(Step::Request(_)) => {}
                Ok(Step::Stop(_)) => break None,
                Err(PagingProblem::TotalNotReached { total, got, .. }) => break Some((total, got)),
                Err(problem) => panic!("{problem}"),
            }
        };
        prop_assert_eq!(came, list, "claimed {}", claimed);
        prop_assert_eq!(missing, (claimed > list).then_some((claimed, list)), "too few are told, too many are no error");
    }
}

#[test]
fn what_the_manifest_declares_beside_the_strategy_ends_or_goes_on() {
    use StopReason::{CountBelow, EmptyPage, EmptyToken, EndToken, NullToken, SameToken, ShortPage};
    let go =
        |value: &str| Ok(Step::Request(Patch::Set { target: Target::Parameter(0), value: value.to_owned() }));
    let stop = |reason| Ok(Step::Stop(reason));
    let short = || End { short_page: true, ..End::NONE };
    let ends = || End { empty_page: linchpin_runtime::contract::EmptyPage::Ends, ..End::NONE };
    let goes_on = |end: End| End { empty_page: linchpin_runtime::contract::EmptyPage::GoesOn, ..end };
    let counted = || End { count: Some(Counted { path: &["count"], below: 5 }), ..End::NONE };
    let count = |count| PageView { count: Some(count), ..named(2, "t") };
    let no_next = |no_next| PageView { no_next, ..served(2) };
    let promised = PageView { more: Some(true), ..served(3) };
    // Five records are asked for.
    let cases: Vec<(&str, Strategy, PageView, Result<Step, PagingProblem>)> = vec![
        ("short page", page_number(short()), served(4), stop(ShortPage)),
        ("short page of an offset", offset(short()), served(4), stop(ShortPage)),
        ("short page with a token", cursor(short()), named(4, "t"), stop(ShortPage)),
        ("full page", page_number(short()), served(5), go("2")),
        ("short but promised", page_number(End { more: Some(MORE), ..short() }), promised, go("2")),
        ("nothing", page_number(short()), served(0), stop(EmptyPage)),
        ("empty with a token ends", cursor(ends()), named(0, "t"), stop(EmptyPage)),
        ("full with a token", cursor(ends()), named(5, "t"), go("t")),
        ("empty goes on by number", page_number(goes_on(end(true, false, false, false))), served(0), go("2")),
        ("empty goes on by offset", offset(goes_on(end(true, false, false, false))), served(0), go("5")),
        ("count below", cursor(counted()), count(4), stop(CountBelow)),
        ("count of a full page", cursor(counted()), count(5), go("t")),
        ("count missing", cursor(counted()), named(2, "t"), go("t")),
        ("null", cursor(End::NONE), no_next(NoNext::Null), stop(NullToken)),
        ("empty text", cursor(End::NONE), no_next(NoNext::Empty), stop(EmptyToken)),
        ("end token", next_url(End::NONE), no_next(NoNext::EndToken), stop(EndToken)),
        (
            "fewer than the total with tokens",
            cursor(end(false, false, true, false)),
            PageView { total_records: Some(9), ..served(2) },
            Err(PagingProblem::TotalNotReached { page: 1, total: 9, got: 2 }),
        ),
        (
            "a total is no end where the page names the next",
            cursor(end(false, false, true, false)),
            PageView { total_records: Some(2), ..named(2, "t") },
            go("t"),
        ),
    ];
    for (name, strategy, page, expected) in cases {
        let label = format!("{name}: {strategy:?} {page:?}");
        assert_eq!(Pager::new(&Request::new(paged(strategy))).next(&page), expected, "{label}");
    }
    // Solr: the first page is asked for with `*`, and the last names itself.
    for (same_token, expected) in [(true, stop(SameToken)), (false, Err(PagingProblem::Repeated { page: 2 }))]
    {
        let end = End { same_token, ..End::NONE };
        let first = Some("*");
        let strategy = Strategy::Cursor { target: Target::Parameter(0), first, next: Token::Body(NEXT), end };
        let mut pager = Pager::new(&Request::new(paged(strategy)));
        assert_eq!(Ok(Step::Request(pager.patch())), go("*"), "the first page has its token");
        assert_eq!(pager.next(&named(2, "a")), go("a"));
        assert_eq!(pager.next(&named(0, "a")), expected);
    }
}

#[test]
fn declared_texts_stand_for_no_token() {
    const TEXTS: &[&str] = &["END", "-1"];
    let paging = paged(cursor(End { no_token: TEXTS, ..End::NONE })).paging.as_ref();
    let cases = [
        (r#""END""#, None, NoNext::EndToken),
        ("-1", None, NoNext::EndToken),
        (r#""null""#, Some("null"), NoNext::Absent),
        (r#""""#, None, NoNext::Empty),
        ("null", None, NoNext::Null),
        ("false", None, NoNext::Absent),
    ];
    for (token, next, no_next) in cases {
        let body = format!(r#"{{"items":[],"meta":{{"next":{token}}}}}"#);
        let view =
            PageView::read(paging, Some(&["items"]), &[], &http::HeaderMap::new(), body.as_bytes()).unwrap();
        assert_eq!((view.next.as_deref(), view.no_next), (next, no_next), "{token}");
    }
}
