//! What the manifest says of slices.

use std::collections::HashMap;

use super::Rules;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::paging::Place;
use crate::manifest::slices::{Cap, Each, ParentStream, Window};
use crate::manifest::text::{self, is_name};
use crate::manifest::types::{CursorFormat, Stream};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

/// Most slices that can be read side by side.
const MOST_AT_ONCE: u64 = 64;

impl<'m> Rules<'m, '_> {
    pub(super) fn slices(&mut self, name: &'m Spanned<String>, stream: &'m Stream) {
        if let (Some(parent), Some(each)) = (&stream.parent, &stream.each) {
            self.conflict(each.span, parent.span, "`each` and `parent` both say for what the list is asked");
        }
        if let (Some(window), Some(cursor)) = (&stream.window, &stream.cursor) {
            self.conflict(
                window.span,
                cursor.field.span,
                "`window` and `cursor` both say where a later run goes on",
            );
        }
        let sliced = stream.parent.is_some() || stream.each.is_some() || stream.window.is_some();
        if let Some(at_once) = &stream.at_once {
            let problem = match (sliced, at_once.value) {
                (false, _) => Some("there is one list only, so nothing is read side by side"),
                (true, MOST_AT_ONCE..) if at_once.value > MOST_AT_ONCE => {
                    Some("that is more than any API takes")
                }
                (true, _) => None,
            };
            if let Some(problem) = problem {
                self.diagnostics.push(
                    Diagnostic::error(Code::SliceConflict, format!("`at_once` has no use: {problem}"))
                        .at(at_once.span)
                        .help(format!(
                            "it stands beside `parent`, `each` or `window`, and is 1 to {MOST_AT_ONCE}"
                        )),
                );
            }
        }
        if let Some(parent) = &stream.parent {
            self.parent(name, &parent.value);
        }
        if let Some(each) = &stream.each {
            self.each(&each.value);
        }
        if let Some(window) = &stream.window {
            self.window(&window.value);
        }
    }

    fn conflict(&mut self, second: Span, first: Span, message: &str) {
        self.diagnostics.push(
            Diagnostic::error(Code::SliceConflict, message)
                .at(second)
                .label(first, "the other one")
                .help("leave one of them out"),
        );
    }

    fn parent(&mut self, name: &'m Spanned<String>, parent: &'m ParentStream) {
        let streams = &self.manifest.streams;
        let Some(known) = streams.get(&parent.stream) else {
            let near = did_you_mean(&parent.stream, streams.names().filter(|other| *other != name.as_str()));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`streams` has: {}", streams.names().collect::<Vec<_>>().join(", ")),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    Code::UnknownParent,
                    format!("there is no stream `{}`", parent.stream.value),
                )
                .at(parent.stream.span)
                .help(help),
            );
            return;
        };
        self.cycle(name, parent);
        if parent.parameters.is_empty() && parent.body.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::SliceConflict,
                    format!(
                        "nothing of `{}` goes into the request, so each list would be the same",
                        parent.stream.value
                    ),
                )
                .at(parent.stream.span)
                .help("name what its record gives: `parameters: { PARAMETER: FIELD }`"),
            );
        }
        let all = parent.parameters.iter().chain(&parent.body).chain(&parent.include);
        for (_, path) in all {
            self.path(path, true);
        }
        for (path, _) in &parent.body {
            self.path(path, true);
        }
        for (include, _) in &parent.include {
            self.include_name(include);
        }
        if let Some(only_changed) = parent.only_changed.as_ref().filter(|only| only.value)
            && known.cursor.is_none()
            && known.window.is_none()
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::SliceConflict,
                    format!("`{}` has no cursor, so nothing says which of its records changed", parent.stream.value),
                )
                .at(only_changed.span)
                .help("give that stream a cursor, or leave `only_changed` out, and every list is read in each run"),
            );
        }
    }

    /// Each ring of parents is told once, at its stream that stands first.
    fn cycle(&mut self, name: &'m Spanned<String>, parent: &'m ParentStream) {
        let streams = &self.manifest.streams;
        let position = |name: &str| streams.names().position(|known| known == name);
        let mut ring = vec![name.as_str()];
        let mut next = parent.stream.as_str();
        while next != name.as_str() {
            if ring.contains(&next) {
                return;
            }
            ring.push(next);
            match streams.get(next).and_then(|stream| stream.parent.as_ref()) {
                Some(further) => next = further.stream.as_str(),
                None => return,
            }
        }
        let first = ring.iter().filter_map(|name| position(name)).min();
        if first == position(name) {
            ring.push(name.as_str());
            let ring: Vec<String> = ring.iter().map(|name| format!("`{name}`")).collect();
            self.diagnostics.push(
                Diagnostic::error(
                    Code::ParentCycle,
                    format!("no stream of these can be read first: {}", ring.join(", by ")),
                )
                .at(parent.stream.span)
                .help("one of them has to be a list that needs no other"),
            );
        }
    }

    fn include_name(&mut self, name: &Spanned<String>) {
        if !is_name(name, '_') {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadName,
                    format!("`{}` cannot be the name of an included value", name.value),
                )
                .at(name.span)
                .help("such a name is a small letter, then small letters, digits and `_`"),
            );
        }
    }

    fn each(&mut self, each: &'m Each) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for value in &each.of {
            let text = &value.value.0;
            if let Some(first) = seen.insert(text.as_str(), value.span) {
                self.diagnostics.push(
                    Diagnostic::error(Code::StandsTwice, format!("`{text}` stands twice"))
                        .at(value.span)
                        .label(first, "here first")
                        .help("leave one out"),
                );
            }
            if text.trim().is_empty() {
                self.diagnostics.push(
                    Diagnostic::error(Code::SliceConflict, "an empty text asks for no list")
                        .at(value.span)
                        .help("leave it out"),
                );
            }
            self.template_in(text, &Spanned { value: text.clone(), span: value.span });
        }
        if let Some(path) = &each.body {
            self.path(path, true);
        }
        if let Some(include) = &each.include {
            self.include_name(include);
        }
    }

    fn window(&mut self, window: &'m Window) {
        self.path(&window.field, true);
        for path in [&window.from_body_field, &window.to_body_field].into_iter().flatten() {
            self.path(path, true);
        }
        self.template(&window.start);
        let durations = [Some(&window.step), window.lookback.as_ref(), window.smallest.as_ref()];
        for duration in durations.into_iter().flatten() {
            self.duration(Some(duration));
        }
        let mut bad = |span: Span, message: String, help: &str| {
            self.diagnostics.push(Diagnostic::error(Code::BadWindow, message).at(span).help(help));
        };
        if let Some(format) = window.format.as_ref().filter(|format| format.value == CursorFormat::AsIs) {
            bad(
                format.span,
                "a window's bounds are times of its own, which stand in no field".to_owned(),
                "say how the API writes a time: epoch_seconds, epoch_milliseconds, rfc3339 or date",
            );
        }
        match window.bounds() {
            Some([Place::Parameter(from), Place::Parameter(to)] | [Place::Field(from), Place::Field(to)])
                if from.value == to.value =>
            {
                bad(
                    to.span,
                    format!("`{}` would take both ends of a window", to.value),
                    "name what takes the end",
                );
            }
            _ => {}
        }
        let has_variables = text::variables(&window.start).is_ok_and(|all| !all.is_empty());
        if !has_variables && !is_time(&window.start) {
            bad(
                window.start.span,
                format!("`{}` is no time", window.start.value),
                "write `2024-01-31` or `2024-01-31T00:00:00Z`",
            );
        }
        let unit = match window.format.as_ref().map(|format| format.value) {
            Some(CursorFormat::Date) => 86_400_000,
            Some(CursorFormat::EpochMilliseconds) => 1,
            _ => 1_000,
        };
        let step = text::milliseconds(&window.step);
        if step.is_some_and(|step| step < unit) {
            bad(
                window.step.span,
                format!("`{}` is less than the format can tell apart", window.step.value),
                "take a longer step, or a finer format",
            );
        }
        let smallest = window.smallest.as_ref();
        if let (Some(step), Some(smallest), Some(length)) =
            (step, smallest, smallest.and_then(|smallest| text::milliseconds(smallest)))
            && length > step
        {
            bad(
                smallest.span,
                format!("the smallest window is longer than the step of `{}`", window.step.value),
                "a window is split into halves of at least `smallest`",
            );
        }
        if let (Some(smallest), None) = (smallest, &window.cap) {
            bad(
                smallest.span,
                "without a `cap` no window is split".to_owned(),
                "leave `smallest` out, or give the cap",
            );
        }
        if let Some(cap) = &window.cap {
            self.cap(cap);
        }
    }

    fn cap(&mut self, cap: &'m Spanned<Cap>) {
        let Cap { records, offset, pages, total, status } = &cap.value;
        if let Some(total) = total {
            self.path(total, false);
        }
        let mut bad = |span: Span, message: String, help: &str| {
            self.diagnostics.push(Diagnostic::error(Code::BadWindow, message).at(span).help(help));
        };
        if records.is_none() && offset.is_none() && pages.is_none() && status.is_empty() {
            bad(
                cap.span,
                "the cap does not say what ends a list".to_owned(),
                "name at least one of `records`, `offset`, `pages` and `status`",
            );
        }
        let compared = records.is_some() || offset.is_some();
        if let Some(total) = total.as_ref().filter(|_| !compared && (pages.is_some() || !status.is_empty())) {
            bad(
                total.span,
                "`total` has nothing to be compared with".to_owned(),
                "give `records` or `offset` beside it",
            );
        }
        for status in status {
            if !(400..=499).contains(&status.value) {
                bad(
                    status.span,
                    format!("{} is no status that refuses a request", status.value),
                    "such a status is 400 to 499; others are failures of the server, which pass",
                );
            }
        }
    }
}

/// Whether a text is a date, or a time in RFC 3339.
fn is_time(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let between = |range, least, most| digits(range).is_some_and(|number| (least..=most).contains(&number));
    let byte = |at: usize, one: u8| text.as_bytes().get(at) == Some(&one);
    let days = match (digits(0..4), digits(5..7)) {
        (Some(year), Some(2)) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        (_, Some(2)) => 28,
        (_, Some(4 | 6 | 9 | 11)) => 30,
        _ => 31,
    };
    let date = between(0..4, 0, 9999)
        && byte(4, b'-')
        && between(5..7, 1, 12)
        && byte(7, b'-')
        && between(8..10, 1, days);
    let time = || {
        let clock = (byte(10, b'T') || byte(10, b't'))
            && between(11..13, 0, 23)
            && byte(13, b':')
            && between(14..16, 0, 59)
            && byte(16, b':')
            && between(17..19, 0, 60);
        let rest = text.get(19..).unwrap_or_default();
        let rest =
            rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let offset = rest.len() == 6 && rest.starts_with(['+', '-']) && rest.get(3..4) == Some(":");
        clock && (matches!(rest, "Z" | "z") || offset)
    };
    date && (text.len() == 10 || time())
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn times_are_dates_or_rfc_3339() {
        for (text, expected) in [
            ("2024-01-31", true),
            ("2024-01-31T10:00:00Z", true),
            ("2024-01-31T10:00:00.123+02:00", true),
            ("2024-02-29", true),
            ("2023-02-29", false),
            ("2024-04-31", false),
            ("2024-13-31", false),
            ("2024-01-31T10:00:00", false),
            ("2024-01-31 10:00:00Z", false),
            ("2024-1-1", false),
            ("soon", false),
            ("", false),
            ("2024-01-31T10:00:00+2", false),
            ("é024-01-31", false),
        ] {
            assert_eq!(is_time(text), expected, "{text}");
        }
    }
}
