//! Headers that a manifest adds to requests.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text;
use crate::source::{Span, Spanned};

use super::Rules;

/// Headers that belong to the connection or the body, which the runtime writes.
const RUNTIME_HEADERS: &[&str] =
    &["host", "content-length", "content-type", "transfer-encoding", "connection"];

impl Rules<'_, '_> {
    pub(super) fn headers(&mut self) {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let auth = self.auth_headers(&self.manifest.auth);
        for (name, value) in &self.manifest.headers {
            self.header_name(name);
            self.header_value(value);
            self.template(value);
            let lower = name.to_ascii_lowercase();
            if let Some(first) = seen.insert(lower.clone(), name.span) {
                self.twice(name, first, "names of headers are the same in small and capital letters");
            }
            if auth.contains(&lower) || RUNTIME_HEADERS.contains(&lower.as_str()) {
                self.taken(name, "leave it out; what authorises a request stands in `auth`");
            }
        }
    }

    /// The header of the correlation id has to be one that nothing else writes.
    pub(super) fn correlation_header(&mut self) {
        let manifest = self.manifest;
        let Some(name) = &manifest.correlation_header else { return };
        self.header_name(name);
        let lower = name.to_ascii_lowercase();
        if let Some((first, _)) = manifest.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            let help =
                "leave it out of `headers`, or take another `correlation_header`: `none` for none at all";
            self.twice(name, first.span, help);
        }
        if self.auth_headers(&manifest.auth).contains(&lower) || RUNTIME_HEADERS.contains(&lower.as_str()) {
            self.taken(name, "name a header for the correlation id alone, or `none`");
        }
    }

    pub(in crate::manifest) fn header_name(&mut self, name: &Spanned<String>) {
        if !text::is_token(name) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadHeader,
                    format!("`{}` cannot be the name of a header", name.value),
                )
                .at(name.span)
                .help("a name has letters, digits and `-`, without blanks or colons"),
            );
        }
    }

    pub(in crate::manifest) fn header_value(&mut self, value: &Spanned<String>) {
        if value.chars().any(|character| character.is_control() || !character.is_ascii()) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadHeader, "the value of a header cannot hold such characters")
                    .at(value.span)
                    .help("only visible ASCII characters and blanks can be sent"),
            );
        }
    }

    fn twice(&mut self, name: &Spanned<String>, first: Span, help: &str) {
        self.diagnostics.push(
            Diagnostic::error(Code::StandsTwice, format!("header `{}` stands twice", name.value))
                .at(name.span)
                .label(first, "here first")
                .help(help),
        );
    }

    fn taken(&mut self, name: &Spanned<String>, help: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::BadHeader,
                format!("header `{}` is written by the connector itself", name.value),
            )
            .at(name.span)
            .help(help),
        );
    }
}
