//! Rules of record formats and jobs.

use std::collections::HashMap;

use super::Rules;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::source::{CsvFormat, Download, Format, Job};
use crate::manifest::text;
use crate::manifest::types::Stream;
use crate::source::{Span, Spanned};

/// How long is waited between two questions for a job's state, where nobody says it.
pub(crate) const INTERVAL: &str = "5s";
/// How long a run waits for a job, where nobody says it.
pub(crate) const TIMEOUT: &str = "1h";

impl<'m> Rules<'m, '_> {
    pub(super) fn source(&mut self, stream: &'m Stream) {
        if let Some(format) = &stream.format {
            let whole = stream.records.trim() == ".";
            let misplaced = match format.chosen() {
                Format::Json => None,
                Format::Xml if whole => Some("of XML, `records` is the way to a record: `feed.entry`"),
                Format::Xml => None,
                Format::JsonLines | Format::Csv(_) if !whole => {
                    Some("each line is a record of its own: write `records: \".\"`")
                }
                Format::JsonLines | Format::Csv(_) => None,
            };
            if let Some(help) = misplaced {
                let message =
                    format!("`{}` leads to no records of {}", stream.records.value, format.chosen().name());
                self.diagnostics
                    .push(Diagnostic::error(Code::RecordFormat, message).at(stream.records.span).help(help));
            }
            if let Format::Csv(csv) = format.chosen() {
                self.csv(csv);
            }
        }
        if let Some(job) = &stream.job {
            self.job(job);
        }
    }

    fn csv(&mut self, csv: &CsvFormat) {
        for sign in [&csv.delimiter, &csv.quote].into_iter().flatten() {
            if csv_sign(sign).is_none() {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::RecordFormat,
                        format!("`{}` cannot stand between or around cells", sign.value.escape_debug()),
                    )
                    .at(sign.span)
                    .help("one sign of ASCII, such as `;` or `\\t`, but no line break, letter or digit"),
                );
            }
        }
        if let (Some(delimiter), Some(quote)) = (&csv.delimiter, &csv.quote)
            && delimiter.value == quote.value
        {
            self.diagnostics.push(
                Diagnostic::error(Code::RecordFormat, "the delimiter is the quote")
                    .at(quote.span)
                    .label(delimiter.span, "the delimiter")
                    .help("they have to differ"),
            );
        }
        self.selectors(csv.columns.as_deref().unwrap_or_default());
    }

    fn job(&mut self, job: &'m Job) {
        for (path, value) in &job.body {
            self.path(path, false);
            let text = Spanned { value: value.value.0.clone(), span: value.span };
            self.template_in(&value.value.0, &text);
        }
        let places = [Some(&job.id), Some(&job.status), job.message.as_ref(), job.download.url.as_ref()];
        for path in places.into_iter().flatten() {
            self.path(path, false);
        }
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for state in job.done.iter().chain(&job.failed) {
            if let Some(first) = seen.insert(state.as_str(), state.span) {
                self.diagnostics.push(
                    Diagnostic::error(Code::JobStates, format!("the state `{}` stands twice", state.value))
                        .at(state.span)
                        .label(first, "here first")
                        .help("a job in a state is done, or it has failed, or it is at work, which no list names"),
                );
            }
        }
        let mut duration = |text: &Option<Spanned<String>>, default: &str| match text {
            None => text::milliseconds(default),
            Some(text) => {
                let found = text::milliseconds(text);
                if found.is_none() {
                    self.diagnostics.push(
                        Diagnostic::error(Code::BadDuration, format!("`{}` is no duration", text.value))
                            .at(text.span)
                            .help(
                                "a duration is a whole number and a unit: `500ms`, `10s`, `1m`, `1h`, `1d`",
                            ),
                    );
                }
                found
            }
        };
        let times = duration(&job.interval, INTERVAL).zip(duration(&job.timeout, TIMEOUT));
        let said = job.timeout.as_ref().or(job.interval.as_ref());
        if let (Some((interval, timeout)), Some(said)) = (times, said)
            && interval > timeout
        {
            self.diagnostics.push(
                Diagnostic::error(Code::JobTimes, "the job's time is over before its state is asked for")
                    .at(said.span)
                    .help("let `timeout` be many times `interval`"),
            );
        }
        self.download(&job.download);
    }

    fn download(&mut self, download: &Download) {
        self.selectors(&download.origins);
        for origin in &download.origins {
            if !is_origin(origin) {
                self.diagnostics.push(
                    Diagnostic::error(Code::DownloadOrigin, format!("`{}` is no origin", origin.value))
                        .at(origin.span)
                        .help("an origin is `https://HOST`, without a path; `https://*.HOST` stands for all hosts below"),
                );
            }
        }
    }
}

/// The byte of a delimiter or quote.
pub(crate) fn csv_sign(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [sign] if sign.is_ascii_alphanumeric() || matches!(sign, b'\n' | b'\r' | 0) => None,
        [sign] if sign.is_ascii() => Some(*sign),
        _ => None,
    }
}

/// Whether a text is an origin that files may come from. A wildcard stands before two labels at least, since all of `com` is no one's.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let (host, below) = match rest.strip_prefix("*.") {
        Some(host) => (host, true),
        None => (rest, false),
    };
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let labels = || name.split('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let port_fits = port.is_none_or(|port| !below && port.parse::<u16>().is_ok_and(|port| port != 443));
    labels().all(is_label) && labels().count() >= 2 && port_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_scheme_and_a_host() {
        for (text, expected) in [
            ("https://storage.example.com", true),
            ("https://storage.example.com:8443", true),
            ("https://*.example.com", true),
            ("https://*.com", false),
            ("https://*", false),
            ("https://*.example.com:8443", false),
            ("https://storage.example.com/", false),
            ("https://storage.example.com/path", false),
            ("http://storage.example.com", false),
            ("https://user@storage.example.com", false),
            ("https://Storage.example.com", false),
            ("https://a.*.example.com", false),
            ("storage.example.com", false),
            ("https://", false),
        ] {
            assert_eq!(is_origin(text), expected, "{text}");
        }
    }

    #[test]
    fn signs_of_csv_are_single_and_no_part_of_values() {
        for (text, expected) in [
            (",", Some(b',')),
            ("\t", Some(b'\t')),
            ("'", Some(b'\'')),
            ("", None),
            (";;", None),
            ("\n", None),
            ("a", None),
            ("0", None),
            ("§", None),
        ] {
            assert_eq!(csv_sign(text), expected, "{text:?}");
        }
    }
}
