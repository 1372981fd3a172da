//! What the keys of a paging scheme say to one another.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::paging::{EmptyPage, Place, Scheme, Strategy};
use crate::source::{Span, Spanned};

/// Checks one scheme.
pub(super) fn check(name: &Spanned<String>, scheme: &Scheme, diagnostics: &mut Diagnostics) {
    let Some(strategy) = scheme.strategy() else { return };
    let mut problems = Vec::new();
    ends(scheme, strategy, &mut problems);
    follow_up(scheme, strategy, &mut problems);
    if let Some(parallel) = scheme.parallel.as_ref().filter(|parallel| parallel.value > 1)
        && !matches!(strategy, Strategy::Page(_) | Strategy::Offset(_))
    {
        problems.push((
            parallel.span,
            "each page of this strategy is known only when the one before has come".to_owned(),
            "leave `parallel` out; the next page is fetched ahead anyway",
        ));
    }
    let fills_body = |place: Option<Place<'_>>| matches!(place, Some(Place::Field(_)));
    let size = scheme.size.as_ref();
    if let Some(add) = scheme.add.as_ref().filter(|add| add.value)
        && fills_body(scheme.place())
        && size.is_none_or(|size| fills_body(size.place()))
    {
        problems.push((
            add.span,
            "the scheme has no parameters that could be added".to_owned(),
            "fields of a body need not stand in the document where the operation is named in `operations`",
        ));
    }
    for (span, message, help) in problems {
        diagnostics.push(
            Diagnostic::error(Code::PagingContradiction, message)
                .at(span)
                .label(name.span, "in this scheme")
                .help(help),
        );
    }
    if let Some(depth) = &scheme.depth
        && !(400..600).contains(&depth.status.value)
    {
        let message = format!("status {} is no refusal", depth.status.value);
        diagnostics.push(Diagnostic::error(Code::NotARefusal, message).at(depth.status.span).help(
            "name the status of 400 to 599 that the API answers with past the last page that it serves",
        ));
    }
}

type Problem = (Span, String, &'static str);

fn ends(scheme: &Scheme, strategy: Strategy<'_>, problems: &mut Vec<Problem>) {
    let end = &scheme.end;
    let token = matches!(strategy, Strategy::Cursor(_) | Strategy::NextUrl(_));
    if let Some(texts) = end.no_token.as_ref().filter(|_| !token) {
        problems.push((
            texts.span,
            "no page of this strategy has a token that could stand for none".to_owned(),
            "`no_token` belongs to `cursor` and `next_url`",
        ));
    }
    if let Some(same) = end.same_token.as_ref().filter(|_| !matches!(strategy, Strategy::Cursor(_))) {
        problems.push((
            same.span,
            "no page of this strategy is asked for with a token".to_owned(),
            "`same_token` belongs to `cursor`",
        ));
    }
    if let Some(short) = end.short_page.as_ref().filter(|short| short.value && scheme.size.is_none()) {
        problems.push((
            short.span,
            "without a `size` no page is short".to_owned(),
            "say in `size` what is asked for, or leave `short_page` out",
        ));
    }
    let (tells, total) = match strategy {
        Strategy::Page(page) => (
            page.more.is_some() || page.done.is_some() || page.total_pages.is_some(),
            page.total_records.is_some(),
        ),
        Strategy::Offset(offset) => {
            (offset.more.is_some() || offset.done.is_some(), offset.total_records.is_some())
        }
        Strategy::LastId(last) => (last.more.is_some() || last.done.is_some(), last.total_records.is_some()),
        Strategy::Cursor(cursor) => (true, cursor.total_records.is_some()),
        Strategy::NextUrl(next) => (true, next.total_records.is_some()),
        Strategy::LinkHeader(_) => (true, false),
    };
    if let Some(empty) = end.empty_page.as_ref().filter(|empty| empty.value == EmptyPage::GoesOn) {
        if matches!(strategy, Strategy::LastId(_)) {
            problems.push((
                empty.span,
                "an empty page has no last record to go on from".to_owned(),
                "`empty_page: goes_on` belongs to the other strategies",
            ));
        } else if !tells
            && !total
            && end.count.is_none()
            && end.short_page.as_ref().is_none_or(|short| !short.value)
        {
            problems.push((
                empty.span,
                "nothing else tells the end, so the pages would never end".to_owned(),
                "say what does: `more`, `done`, `total_records`, `total_pages` or `end: { count: ... }`",
            ));
        }
    }
    if let Some(meant) = end.total.as_ref().filter(|_| !total) {
        problems.push((
            meant.span,
            "the scheme names no number of all records".to_owned(),
            "name its path: `total_records`",
        ));
    }
}

fn follow_up(scheme: &Scheme, strategy: Strategy<'_>, problems: &mut Vec<Problem>) {
    let Some(follow_up) = &scheme.follow_up else { return };
    let url = matches!(strategy, Strategy::NextUrl(_) | Strategy::LinkHeader(_));
    let wrong = if url {
        [&follow_up.only, &follow_up.drop].into_iter().flatten().next()
    } else {
        follow_up.keep.as_ref()
    };
    if let Some(first) = wrong.and_then(|names| names.first()) {
        let (message, help) = if url {
            ("a next URL holds its parameters itself", "`keep: [...]` adds those that it lacks")
        } else {
            (
                "later requests keep all parameters unless something else is said",
                "`only: [...]` and `drop: [...]` say which they do without; `keep` is for next URLs",
            )
        };
        problems.push((first.span, message.to_owned(), help));
    }
    for place in [scheme.place(), scheme.size.as_ref().and_then(super::PageSize::place)].into_iter().flatten()
    {
        let Place::Parameter(own) = place else { continue };
        let is_size = !scheme
            .place()
            .is_some_and(|place| matches!(place, Place::Parameter(name) if name.value == own.value));
        let dropped = follow_up.drop.iter().flatten().find(|name| name.value == own.value && !is_size);
        if let Some(dropped) = dropped {
            problems.push((
                dropped.span,
                format!("`{}` is what asks for the next page", own.value),
                "leave it out of `drop`",
            ));
        }
    }
}
