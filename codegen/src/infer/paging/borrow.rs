//! What operations of one API say of one another.

use super::{List, PagingGuess, PagingKind, start};
use crate::infer::Confidence;
use crate::infer::words::{self, Asks, Tells};

/// Operations of an API page alike: what one lacks in its document, those that take the same parameter say.
pub(super) fn borrow(lists: &mut [List<'_, '_>]) {
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
        } else if paging.kind == PagingKind::None
            && (!words::is_record_id(&asked.name) || words::is_token(&asked.prose))
        {
            paging.kind = PagingKind::Cursor;
            paging.parameter = Some(asked.name.clone());
            paging.in_body = asked.in_body;
            paging.confidence = Confidence::Low;
            // A bare list has no room for a token.
            let bare = shape.records.as_ref().is_some_and(|records| records.path.is_empty());
            let hint =
                if bare { "; its body is a bare list, so look for a header, such as `Link`" } else { "" };
            paging.reason = format!(
                "takes `{}`, and the document does not say where its answer has the next one{hint}",
                asked.name
            );
        }
    }
}
