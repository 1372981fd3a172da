//! Diagnostics as text with the source line, and as JSON.

use std::collections::HashMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet, renderer::DecorStyle};

use super::{Code, Diagnostic, Diagnostics, Severity};
use crate::text::{SourceFiles, Span, floor_boundary};

/// Characters of a line shown on each side of a span; longer lines (minified JSON) are cut to this window.
const WINDOW: usize = 100;
/// Longest part of a span that is underlined: a whole document as a span would print a whole document.
const LONGEST_UNDERLINE: usize = 160;

/// How to show diagnostics.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// Whether to emit ANSI colours.
    pub colour: bool,
    /// Width of the terminal in columns.
    pub width: usize,
    /// How many diagnostics of one code to show before the rest of that code is only counted; `None` shows all.
    pub per_code: Option<usize>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { colour: false, width: 120, per_code: None }
    }
}

/// Shows all diagnostics in the order of their sources, each with its source line, then what was left out.
pub fn render(diagnostics: &Diagnostics, files: &SourceFiles, options: &RenderOptions) -> String {
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(options.width.max(40));
    let mut shown: HashMap<Code, usize> = HashMap::new();
    let mut left_out: Vec<Code> = Vec::new();
    let mut text = String::new();
    for diagnostic in diagnostics.sorted() {
        let count = shown.entry(diagnostic.code).or_default();
        *count += 1;
        if options.per_code.is_some_and(|most| *count > most) {
            if !left_out.contains(&diagnostic.code) {
                left_out.push(diagnostic.code);
            }
            continue;
        }
        text.push_str(&render_one(diagnostic, files, &renderer));
        text.push_str("\n\n");
    }
    for code in left_out {
        let total = shown.get(&code).copied().unwrap_or_default();
        let more = total.saturating_sub(options.per_code.unwrap_or_default());
        text.push_str(&format!("... and {more} more of {code}: {}\n", code.title()));
    }
    text
}

fn render_one(diagnostic: &Diagnostic, files: &SourceFiles, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str())
        .elements(snippets(diagnostic, files));
    if let Some(pointer) = &diagnostic.pointer {
        group = group.element(
            Level::NOTE.message(format!("at {}", if pointer.is_empty() { "the root" } else { pointer })),
        );
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// One snippet for each place, those on one line in one snippet.
fn snippets<'f>(diagnostic: &'f Diagnostic, files: &'f SourceFiles) -> Vec<Element<'f>> {
    let mut windows: Vec<Window<'f>> = Vec::new();
    let primary = diagnostic.primary.iter().map(|span| (*span, AnnotationKind::Primary, ""));
    let labels =
        diagnostic.labels.iter().map(|label| (label.span, AnnotationKind::Context, label.text.as_str()));
    for (span, kind, text) in primary.chain(labels) {
        let Some(window) = Window::around(span, files) else { continue };
        let mark = (window.mark.clone(), kind, text);
        // Two marks share a snippet when the first one's window holds the second mark whole.
        let shared = windows.iter_mut().find(|other| {
            other.span.file == span.file
                && other.line == window.line
                && window.absolute.start >= other.start
                && window.absolute.end <= other.start + other.text.len() - other.cut_end
        });
        match shared {
            Some(other) => {
                let from = window.absolute.start - other.start + other.cut_start;
                other.marks.push((from..from + window.mark.len(), kind, text));
            }
            None => windows.push(Window { marks: vec![mark], ..window }),
        }
    }
    windows
        .into_iter()
        .flat_map(|window| {
            let annotations = window.marks.into_iter().map(|(range, kind, text)| {
                let annotation = kind.span(range);
                if text.is_empty() { annotation } else { annotation.label(text) }
            });
            let snippet = Snippet::source(window.text).line_start(window.line).annotations(annotations);
            // The renderer counts columns in the text that it is given, so of a cut line it is told the place.
            let (origin, path) =
                if window.cut_start > 0 { (Some(window.origin), None) } else { (None, Some(window.path)) };
            origin.map(Element::from).into_iter().chain([Element::from(snippet.path(path))])
        })
        .collect()
}

/// The part of one line that is shown for one span.
struct Window<'f> {
    span: Span,
    line: usize,
    origin: Origin<'f>,
    path: &'f str,
    text: String,
    start: usize,
    cut_start: usize,
    cut_end: usize,
    absolute: Range<usize>,
    mark: Range<usize>,
    marks: Vec<(Range<usize>, AnnotationKind, &'f str)>,
}

impl<'f> Window<'f> {
    fn around(span: Span, files: &'f SourceFiles) -> Option<Self> {
        let text = files.text(span.file)?;
        let place = files.place(span)?;
        let mark_start = floor_boundary(text, span.start as usize);
        // A byte order mark is neither shown nor counted.
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mark_start = mark_start.max(first);
        let line_start = text.get(..mark_start)?.rfind('\n').map_or(first, |at| at + 1);
        let line_end = text.get(mark_start..)?.find('\n').map_or(text.len(), |at| mark_start + at);
        let line_end = line_start + text.get(line_start..line_end)?.trim_end_matches('\r').len();
        let mark_start = mark_start.min(line_end);
        let last = (span.end as usize).clamp(mark_start, mark_start + LONGEST_UNDERLINE).min(line_end);
        let mark_end = floor_boundary(text, last).max(mark_start);
        let start = floor_boundary(text, mark_start.saturating_sub(WINDOW)).max(line_start);
        let end = floor_boundary(text, (mark_end + WINDOW).min(line_end));
        let (before, after) =
            (if start > line_start { "... " } else { "" }, if end < line_end { " ..." } else { "" });
        // Control characters have no width of their own that a terminal and the renderer agree on.
        let clean =
            |part: &str| part.chars().map(|c| if c.is_ascii_control() { ' ' } else { c }).collect::<String>();
        let shown = clean(text.get(start..mark_start)?);
        let marked = clean(text.get(mark_start..mark_end)?);
        let rest = clean(text.get(mark_end..end)?);
        let origin = Origin::path(place.file).line(place.line as usize).char_column(place.column as usize);
        let mark = before.len() + shown.len()..before.len() + shown.len() + marked.len();
        Some(Self {
            span,
            line: place.line as usize,
            origin,
            path: place.file,
            text: format!("{before}{shown}{marked}{rest}{after}"),
            start,
            cut_start: before.len(),
            cut_end: before.len() + after.len(),
            absolute: mark_start..mark_end,
            mark,
            marks: Vec::new(),
        })
    }
}

/// All diagnostics as JSON objects `{code, severity, message, file, line, column, pointer, help, labels}`, in the
/// order of their sources; what is not known is null.
pub fn to_json(diagnostics: &Diagnostics, files: &SourceFiles) -> Vec<serde_json::Value> {
    let place = |span: Option<Span>| {
        let place = span.and_then(|span| files.place(span));
        (
            place.as_ref().map(|place| place.file.to_owned()),
            place.as_ref().map(|place| place.line),
            place.as_ref().map(|place| place.column),
        )
    };
    let one = |diagnostic: &Diagnostic| {
        let (file, line, column) = place(diagnostic.primary);
        let labels: Vec<serde_json::Value> = diagnostic
            .labels
            .iter()
            .map(|label| {
                let (file, line, column) = place(Some(label.span));
                serde_json::json!({ "text": label.text, "file": file, "line": line, "column": column })
            })
            .collect();
        serde_json::json!({
            "code": diagnostic.code.as_str(),
            "severity": diagnostic.severity.as_str(),
            "message": diagnostic.message,
            "file": file,
            "line": line,
            "column": column,
            "pointer": diagnostic.pointer,
            "help": diagnostic.help,
            "labels": labels,
        })
    };
    diagnostics.sorted().into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Limits, parse};

    fn files(text: &str) -> SourceFiles {
        let mut files = SourceFiles::new();
        parse(&mut files, "a.json", text, &Limits::default());
        files
    }

    fn span(start: usize, end: usize) -> Span {
        Span {
            file: FileId(0),
            start: u32::try_from(start).expect("small"),
            end: u32::try_from(end).expect("small"),
        }
    }

    fn show(text: &str, diagnostic: Diagnostic) -> String {
        let mut all = Diagnostics::new();
        all.push(diagnostic);
        render(&all, &files(text), &RenderOptions::default())
    }

    #[test]
    fn a_long_line_is_cut_to_what_matters() {
        let text = format!("[{}\"here\",{}0]", "1,".repeat(1_000_000), "2,".repeat(1_000_000));
        let at = text.find("here").expect("there");
        let diagnostic =
            Diagnostic::error(Code::Syntax, "wrong").at(span(at, at + 4)).label(span(0, 1), "in this");
        let shown = show(&text, diagnostic);
        assert!(shown.contains(&format!("a.json:1:{}", at + 1)), "{shown}");
        assert!(shown.contains("here") && shown.contains("in this"), "{shown}");
        assert!(shown.len() < 1_000, "{} bytes", shown.len());
    }

    #[test]
    fn no_span_is_too_odd_to_show() {
        for text in
            ["", "é", "\u{feff}{}", "a\r\nb\r\n", "\t\t\u{1}\u{85}x", "\u{1f600}\n\n", "{\n\"a\": [1,\n2]}\n"]
        {
            for start in 0..=text.len() + 2 {
                for end in 0..=text.len() + 2 {
                    let diagnostic = Diagnostic::note(Code::Syntax, "m\nn")
                        .at(span(start, end))
                        .label(span(end, start), "l");
                    let shown = show(text, diagnostic);
                    assert!(shown.contains("S002"), "{text:?} {start}..{end}: {shown}");
                }
            }
        }
        let elsewhere = Span { file: FileId(9), start: 0, end: 1 };
        assert!(show("{}", Diagnostic::error(Code::Syntax, "wrong").at(elsewhere)).contains("wrong"));
    }

    #[test]
    fn codes_beyond_the_limit_are_counted() {
        let mut all = Diagnostics::new();
        for index in 0..5 {
            all.warning(Code::DuplicateKey, span(index, index + 1), format!("number {index}"));
        }
        let options = RenderOptions { per_code: Some(2), ..RenderOptions::default() };
        let shown = render(&all, &files("123456"), &options);
        assert!(shown.contains("number 1") && !shown.contains("number 2"), "{shown}");
        assert!(shown.ends_with("... and 3 more of S003: a key stands twice in one object\n"), "{shown}");
    }

    #[test]
    fn json_has_all_there_is_to_know() {
        let mut all = Diagnostics::new();
        let diagnostic = Diagnostic::error(Code::Syntax, "wrong").at(span(3, 4)).label(span(0, 1), "here");
        all.push(diagnostic.pointer("/a").help("do better"));
        all.push(Diagnostic::warning(Code::NotReadable, "gone"));
        let expected = serde_json::json!([
            {"code": "S001", "severity": "warning", "message": "gone", "file": null, "line": null, "column": null,
             "pointer": null, "help": null, "labels": []},
            {"code": "S002", "severity": "error", "message": "wrong", "file": "a.json", "line": 2, "column": 2,
             "pointer": "/a", "help": "do better",
             "labels": [{"text": "here", "file": "a.json", "line": 1, "column": 1}]},
        ]);
        assert_eq!(serde_json::Value::from(to_json(&all, &files("1\n234"))), expected);
    }
}
