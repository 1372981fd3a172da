//! Windows of time: what takes their bounds, and how deep a window can be read.

use super::super::paging::records::body;
use super::super::path::{Expected, describe, follow_to};
use super::super::types::{Bound, Cap, CursorFormat, Path, Strategy, Target, Window};
use super::Planner;
use super::cursor::{accepts, is_any, reads, writes_number};
use super::slices::Taking;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text;
use crate::manifest::{self, Edge, Place};
use crate::model::{TypeId, TypeKind, TypeRef};
use crate::source::Spanned;

impl Planner<'_, '_> {
    /// What takes one bound of a window.
    pub(super) fn bound_target(&mut self, place: Place<'_>) -> Option<Taking> {
        match place {
            Place::Parameter(name) => self.parameter_target(name),
            Place::Field(path) => self.body_target(path, Code::WindowDoesNotFit),
        }
    }

    pub(super) fn window(
        &mut self,
        record: TypeRef,
        window: &manifest::Window,
        targets: Option<(Taking, Taking)>,
    ) -> Option<Window> {
        let types = &self.api.types;
        let format = window.format.as_ref().map_or(CursorFormat::Rfc3339, |format| format.value.into());
        let record = TypeRef { nullable: false, ..record };
        match follow_to(types, record, &window.field, Expected::Value) {
            Ok(found) => {
                self.doubt(&found, &window.field);
                if !found.types.is_empty()
                    && !found.types.iter().any(|id| reads(&types.get(*id).kind, format))
                {
                    let what: Vec<String> = found.types.iter().map(|id| describe(types, *id)).collect();
                    let message =
                        format!("`{}` is {}, which is no time", window.field.value, what.join(" or "));
                    self.diagnostics.push(
                        Diagnostic::error(Code::WindowDoesNotFit, message)
                            .at(window.field.span)
                            .help("name the field that holds the time by which the API filters"),
                    );
                }
            }
            Err(problem) => self.diagnostics.push(*problem),
        }
        let cap = window.cap.as_ref().map(|cap| self.cap(&cap.value));
        let (from, to) = targets?;
        // Whatever the field holds, the bounds are times of the format.
        let time = TypeKind::Text("date-time".into());
        for ((_, takes), place) in [&from, &to].into_iter().zip(window.bounds().into_iter().flatten()) {
            let name = place.text();
            let kinds: Vec<&TypeKind> = takes.iter().map(|id| &types.get(*id).kind).collect();
            if !kinds.is_empty() && !kinds.iter().any(|kind| accepts(kind, &time, format)) {
                let what: Vec<String> = takes.iter().map(|id| describe(types, *id)).collect();
                let message = format!(
                    "`{}` takes {}, and the bound would be written otherwise",
                    name.value,
                    what.join(" or ")
                );
                self.diagnostics.push(
                    Diagnostic::error(Code::WindowDoesNotFit, message)
                        .at(window.format.as_ref().map_or(name.span, |format| format.span))
                        .help("say in `format` how the API writes a time: epoch_seconds, epoch_milliseconds, rfc3339 or date"),
                );
                // Of two bounds that are written alike, one says it.
                break;
            }
        }
        // Where the document does not say what the body takes, the format does.
        let written_as = |(target, takes): Taking| match target {
            Target::Field { path, .. } if takes.iter().all(|id: &TypeId| is_any(&types.get(*id).kind)) => {
                Target::Field { path, number: writes_number(&[], format) }
            }
            known => known,
        };
        let exclusive = |edge: Edge| window.exclusive.iter().any(|known| known.value == edge);
        let duration = |text: &Spanned<String>| text::milliseconds(text).unwrap_or(u64::MAX);
        Some(Window {
            field: text::keys(&window.field),
            from: Bound { target: written_as(from), exclusive: exclusive(Edge::From) },
            to: Bound { target: written_as(to), exclusive: exclusive(Edge::To) },
            format,
            start: window.start.value.clone(),
            step_milliseconds: duration(&window.step),
            lookback_milliseconds: window.lookback.as_ref().map_or(0, duration),
            smallest_milliseconds: window.smallest.as_ref().map_or(0, duration),
            cap,
        })
    }

    /// How many records stand before an offset of the API.
    fn records_before(&mut self, offset: &Spanned<u64>) -> u64 {
        let first = match self.plan.paging.as_ref().map(|paging| &paging.strategy) {
            Some(Strategy::Offset { first, .. }) => *first,
            _ => 0,
        };
        if offset.value <= first {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WindowDoesNotFit,
                    format!(
                        "the records are counted from {first}, so that no page of a window could be read"
                    ),
                )
                .at(offset.span)
                .help("give the lowest offset that the API refuses, as the API counts"),
            );
        }
        offset.value.saturating_sub(first)
    }

    fn cap(&mut self, cap: &manifest::Cap) -> Cap {
        let number = |number: &Option<Spanned<u64>>| number.as_ref().map(|number| number.value);
        let mut total: Option<Path> = None;
        if let (Some(path), Some(body)) = (&cap.total, body(self.operation)) {
            match follow_to(&self.api.types, body, path, Expected::Count) {
                Ok(found) => {
                    self.doubt(&found, path);
                    total = Some(text::keys(path));
                }
                Err(problem) => self.diagnostics.push(*problem),
            }
        }
        Cap {
            records: number(&cap.records),
            offset: cap.offset.as_ref().map(|offset| self.records_before(offset)),
            pages: number(&cap.pages),
            total,
            statuses: cap.status.iter().filter_map(|status| u16::try_from(status.value).ok()).collect(),
        }
    }
}
