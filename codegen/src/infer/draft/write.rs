//! The sections of a drafted manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::lines::{credentials, grounds, path, scheme_lines, way_lines, way_name, way_names};
use super::{Drafter, Item, Selection};
use crate::infer::Confidence;
use crate::infer::auth::{AuthWay, is_credential};
use crate::infer::streams::{StreamGuess, config_name, one_line};
use crate::infer::yaml::{Writer, comment, quoted, scalar};

impl Drafter<'_> {
    /// The ids of the operations that are selected; `None` for all.
    pub(super) fn operations(&self) -> Option<BTreeSet<String>> {
        if self.selection == Selection::All {
            return None;
        }
        let mut chosen = BTreeSet::new();
        for (_, stream) in
            self.proposal.streams.iter().enumerate().filter(|(index, _)| self.on(&Item::Stream(*index)))
        {
            let Some(list) =
                self.api.operations.iter().find(|operation| operation.head.id == stream.operation)
            else {
                continue;
            };
            chosen.insert(list.head.id.clone());
            let path = list.head.path.trim_end_matches('/');
            for operation in self.api.operations.iter().filter(|operation| !operation.deprecated) {
                let other = operation.head.path.trim_end_matches('/');
                let below = other
                    .strip_prefix(path)
                    .and_then(|rest| rest.strip_prefix("/{"))
                    .is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'));
                let of_one = below
                    && matches!(operation.head.method.as_str(), "GET" | "PUT" | "PATCH" | "DELETE" | "POST");
                if of_one || (other == path && operation.head.method == "POST") {
                    chosen.insert(operation.head.id.clone());
                }
            }
        }
        // Without a stream everything is as good as anything.
        Some(chosen).filter(|chosen| !chosen.is_empty())
    }

    pub(super) fn write(&self) -> (Writer<Item>, Option<BTreeSet<String>>) {
        let mut out: Writer<Item> = Writer::new();
        let proposal = self.proposal;
        out.comment(0, &format!("Proposed from {}. Each part says what speaks for it, and how much: high, medium or low. What is low, or could not be checked, is a comment.", self.document));
        out.line(0, "version: 1", None);
        out.line(0, &format!("name: {}", self.name), None);
        out.line(0, &format!("document: {}", scalar(self.document)), None);
        let title = one_line(Some(&proposal.title), self.name);
        let description = if proposal.title.is_empty() { self.name.to_owned() } else { title };
        out.line(0, &format!("description: {}", scalar(&description)), None);
        out.gap();
        let ways: Vec<(usize, &AuthWay)> =
            proposal.auth.ways.iter().enumerate().filter(|(index, _)| self.on(&Item::Way(*index))).collect();
        self.config(&mut out, &ways);
        self.server(&mut out);
        self.auth(&mut out, &ways);
        let operations = self.operations();
        out.gap();
        match &operations {
            None => {
                out.comment(0, "All operations of the document.");
                out.line(0, "operations: [ all ]", None);
            }
            Some(operations) => {
                out.comment(0, "What the streams read, with what reads and writes their single records. `all` takes everything.");
                out.line(0, "operations:", None);
                for operation in
                    self.api.operations.iter().filter(|operation| operations.contains(&operation.head.id))
                {
                    out.line(1, &format!("- {}", scalar(&self.reference(&operation.head.id))), None);
                }
            }
        }
        self.overrides(&mut out, operations.as_ref());
        self.paging(&mut out);
        self.limits(&mut out);
        self.streams(&mut out);
        (out, operations)
    }

    fn config(&self, out: &mut Writer<Item>, ways: &[(usize, &AuthWay)]) {
        // By name; the first that asks for a value describes it.
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut add = |name: String, entry: String| {
            if !lines.iter().any(|(known, _)| *known == name) {
                lines.push((name, entry));
            }
        };
        for variable in &self.proposal.server.config {
            let listed = if variable.listed.is_empty() {
                String::new()
            } else {
                format!(" One of: {}.", variable.listed.join(", "))
            };
            let description = one_line(Some(&format!("{}{listed}", variable.description)), &variable.name);
            add(
                variable.name.clone(),
                format!(
                    "{{ description: {}, default: {} }}",
                    quoted(&description),
                    quoted(&variable.default)
                ),
            );
        }
        if ways.len() > 1 {
            let names: Vec<String> = way_names(ways);
            let first = names.first().cloned().unwrap_or_default();
            add(
                "auth_method".to_owned(),
                format!(
                    "{{ description: {}, default: {first} }}",
                    quoted(&format!("How requests are authorised: {}.", names.join(", ")))
                ),
            );
        }
        for (_, way) in ways {
            for (name, description, secret) in credentials(way) {
                let secret = if secret { ", secret: true" } else { "" };
                add(name, format!("{{ description: {}{secret} }}", quoted(&description)));
            }
        }
        for (_, stream) in
            self.proposal.streams.iter().enumerate().filter(|(index, _)| self.on(&Item::Stream(*index)))
        {
            for value in &stream.parameters {
                let default = value.default.as_ref().map(|value| format!(", default: {}", quoted(value)));
                let description = quoted(&value.description);
                let secret = if is_credential(&value.parameter) { ", secret: true" } else { "" };
                add(
                    value.config.clone(),
                    format!("{{ description: {description}{secret}{} }}", default.unwrap_or_default()),
                );
            }
        }
        let starts = self.proposal.streams.iter().enumerate().any(|(index, stream)| {
            self.on(&Item::Stream(index))
                && self.on(&Item::Cursor(index))
                && stream.cursor.as_ref().is_some_and(|cursor| cursor.required)
        });
        if starts {
            add("start_time".to_owned(), "{ description: \"Records last changed before this time are not read.\", default: \"1970-01-01T00:00:00Z\" }".to_owned());
        }
        if lines.is_empty() {
            return;
        }
        out.line(0, "config:", None);
        for (name, entry) in lines {
            out.line(1, &format!("{name}: {entry}"), None);
        }
        out.gap();
    }

    fn server(&self, out: &mut Writer<Item>) {
        let server = &self.proposal.server;
        out.comment(0, &grounds(server.confidence, &server.reason));
        out.line(0, "server:", None);
        out.line(1, &format!("url: {}", quoted(&server.url)), None);
        if server.environments.is_empty() {
            return;
        }
        if self.on(&Item::Environments) {
            out.line(1, "environments:", Some(&Item::Environments));
            for (name, url) in &server.environments {
                out.line(2, &format!("{name}: {}", quoted(url)), Some(&Item::Environments));
            }
        }
    }

    fn auth(&self, out: &mut Writer<Item>, ways: &[(usize, &AuthWay)]) {
        let auth = &self.proposal.auth;
        out.gap();
        out.comment(0, &grounds(auth.confidence, &auth.reason));
        for (index, _) in auth.ways.iter().enumerate() {
            if let Some(reason) = self.off.get(&Item::Way(index)) {
                out.comment(0, &format!("left out: {} ({reason})", way_name(auth.ways.get(index), 0)));
            }
        }
        match ways {
            [] => out.line(0, "auth: { none: {} }", None),
            [(index, way)] => {
                out.line(0, "auth:", None);
                way_lines(out, 1, way, &Item::Way(*index));
            }
            several => {
                out.line(0, "auth:", None);
                out.line(1, "choice:", None);
                out.line(2, "by: auth_method", None);
                out.line(2, "of:", None);
                for ((index, way), name) in several.iter().zip(way_names(several)) {
                    let item = Item::Way(*index);
                    out.line(3, &format!("{name}:"), Some(&item));
                    way_lines(out, 4, way, &item);
                }
            }
        }
        if auth.everywhere && !ways.is_empty() {
            out.comment(0, "The document declares schemes, and says of no operation that it needs one: without this nothing would be sent.");
            out.line(0, "authorised: [ all ]", None);
        }
    }

    fn overrides(&self, out: &mut Writer<Item>, operations: Option<&BTreeSet<String>>) {
        let selected = |id: &str| operations.is_none_or(|operations| operations.contains(id));
        let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
        for (id, header) in self.proposal.idempotency.iter().filter(|(id, _)| selected(id)) {
            entries.entry(id).or_default().push(format!("idempotency_key: {}", scalar(header)));
            reasons.insert(id, grounds(Confidence::High, &format!("it declares the header `{header}`")));
        }
        for (id, (scheme, reason)) in self.overrides.iter().filter(|(id, _)| selected(id)) {
            entries.entry(id).or_default().push(format!("paging: {}", scalar(scheme)));
            reasons.entry(id).or_insert_with(|| {
                let confidence = self
                    .proposal
                    .lists
                    .iter()
                    .find(|list| list.id == *id)
                    .map_or(Confidence::Medium, |list| list.paging.confidence);
                grounds(confidence, reason)
            });
        }
        if entries.is_empty() {
            return;
        }
        out.gap();
        out.line(0, "overrides:", None);
        for (id, keys) in entries {
            out.comment(1, reasons.get(id).map_or("", String::as_str));
            let item = Item::Override(id.to_owned());
            let item = Some(&item).filter(|_| self.overrides.contains_key(id));
            out.line(1, &format!("{}: {{ {} }}", scalar(&self.reference(id)), keys.join(", ")), item);
        }
    }

    fn paging(&self, out: &mut Writer<Item>) {
        let schemes = &self.proposal.schemes;
        if schemes.is_empty() {
            return;
        }
        out.gap();
        let any = (0..schemes.len()).any(|index| self.on(&Item::Scheme(index)));
        if any {
            out.line(0, "paging:", None);
        } else {
            out.off(0, "paging:");
        }
        for (index, scheme) in schemes.iter().enumerate() {
            let item = Item::Scheme(index);
            let others = match scheme.operations.len() {
                0 | 1 => String::new(),
                count => format!("; {count} operations"),
            };
            out.comment(1, &format!("{}{others}", grounds(scheme.confidence, &scheme.paging.reason)));
            let lines = scheme_lines(&scheme.name, &scheme.paging);
            match self.off.get(&item) {
                None => lines.iter().for_each(|(depth, text)| out.line(*depth, text, Some(&item))),
                Some(reason) => {
                    out.comment(1, &format!("held back: {reason}"));
                    lines.iter().for_each(|(depth, text)| out.off(*depth, text));
                }
            }
        }
    }

    fn limits(&self, out: &mut Writer<Item>) {
        let limits = &self.proposal.limits;
        let Some(confidence) = limits.confidence else {
            if limits.retry_after {
                out.gap();
                out.comment(0, "high: responses declare `Retry-After`, which is always read.");
            }
            return;
        };
        out.gap();
        out.comment(0, &grounds(confidence, &limits.reason));
        let mut headers = Vec::new();
        for (key, header) in [("limit", &limits.limit), ("remaining", &limits.remaining)] {
            headers.extend(header.as_ref().map(|header| format!("{key}: {}", scalar(header))));
        }
        if let (Some(reset), Some(unit)) = (&limits.reset, &limits.reset_unit) {
            headers.push(format!("reset: {}, reset_unit: {unit}", scalar(reset)));
        }
        let headers = if headers.is_empty() {
            String::new()
        } else {
            format!(", headers: {{ {} }}", headers.join(", "))
        };
        let (requests, per) = limits.quota.clone().unwrap_or((1_000, "1h".to_owned()));
        let line = format!("quota: {{ requests: {requests}, per: {per}{headers} }}");
        match self.off.get(&Item::Limit) {
            None => {
                out.line(0, "limits:", None);
                out.line(1, &line, Some(&Item::Limit));
            }
            Some(reason) => {
                out.comment(0, &format!("held back: {reason}; fill `requests` and `per` in"));
                out.off(0, "limits:");
                out.off(1, &line);
            }
        }
        if let (Some(reset), Some(unit), true) = (&limits.reset, &limits.reset_unit, self.on(&Item::Wait)) {
            out.line(0, "retry:", Some(&Item::Wait));
            out.line(
                1,
                &format!("wait: [ {{ header: {}, unit: {unit} }} ]", scalar(reset)),
                Some(&Item::Wait),
            );
        }
    }

    fn streams(&self, out: &mut Writer<Item>) {
        if self.proposal.streams.is_empty() {
            return;
        }
        out.gap();
        let (on, off): (Vec<_>, Vec<_>) =
            self.proposal.streams.iter().enumerate().partition(|(index, _)| self.on(&Item::Stream(*index)));
        if !on.is_empty() {
            out.line(0, "streams:", None);
        }
        for (index, stream) in on {
            out.comment(1, &grounds(stream.confidence, &stream.reason));
            let item = Item::Stream(index);
            for (depth, text, of_cursor) in self.stream_lines(index, stream) {
                let cursor = Item::Cursor(index);
                out.line(depth, &text, Some(if of_cursor { &cursor } else { &item }));
            }
            if let (Some(cursor), Some(reason)) = (&stream.cursor, self.off.get(&Item::Cursor(index))) {
                out.comment(2, &format!("{}: {reason}", cursor.confidence.as_str()));
                out.off(2, &cursor.line());
            }
            if let (Some(window), false) =
                (&stream.window, stream.cursor.is_some() && self.on(&Item::Cursor(index)))
            {
                out.comment(
                    2,
                    &format!(
                        "{}; from when on, and how much at once, is for you to say",
                        grounds(window.confidence, &window.reason)
                    ),
                );
                out.off(2, &window.line());
            }
        }
        if off.is_empty() {
            return;
        }
        out.gap();
        out.comment(
            0,
            "Held back. To take one, put it below `streams:` and its operation below `operations:`.",
        );
        for (index, stream) in off.into_iter().filter(|(_, stream)| !stream.name.is_empty()) {
            let reason = self.off.get(&Item::Stream(index)).map(String::as_str).unwrap_or_default();
            out.comment(1, &format!("{}: {reason}", stream.name));
            for (depth, text, _) in self.stream_lines(index, stream) {
                out.off(depth, &text);
            }
        }
    }

    /// How a manifest names an operation: by its id, unless that is what selects several.
    fn reference(&self, id: &str) -> String {
        let several = id == "all" || id.starts_with("tag:");
        let operation = self.api.operations.iter().find(|operation| several && operation.head.id == id);
        operation.map_or_else(
            || id.to_owned(),
            |operation| format!("{} {}", operation.head.method, operation.head.path),
        )
    }

    /// Lines of a stream, each with whether it is its cursor.
    fn stream_lines(&self, index: usize, stream: &StreamGuess) -> Vec<(usize, String, bool)> {
        let mut lines = vec![
            (1, format!("{}:", stream.name), false),
            (2, format!("operation: {}", scalar(&self.reference(&stream.operation))), false),
            (2, format!("records: {}", path(&stream.records)), false),
        ];
        match stream.key.as_slice() {
            [] => lines.push((2, "key: ...".to_owned(), false)),
            [only] => lines.push((2, format!("key: {}", path(only)), false)),
            several => lines.push((
                2,
                format!("key: [ {} ]", several.iter().map(|key| path(key)).collect::<Vec<_>>().join(", ")),
                false,
            )),
        }
        if let Some(cursor) = stream.cursor.as_ref().filter(|_| self.on(&Item::Cursor(index))) {
            lines.push((2, format!("# {}", comment(&grounds(cursor.confidence, &cursor.reason))), true));
            lines.push((2, cursor.line(), true));
        }
        if let Some(parent) = &stream.parent {
            let pairs = |pairs: &[(String, String)], name: fn(&str) -> String| {
                pairs
                    .iter()
                    .map(|(key, field)| format!("{}: {}", name(key), path(field)))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            lines.push((2, "parent:".to_owned(), false));
            lines.push((3, format!("stream: {}", parent.stream), false));
            lines.push((3, format!("parameters: {{ {} }}", pairs(&parent.parameters, quoted)), false));
            lines.push((3, format!("include: {{ {} }}", pairs(&parent.include, config_name)), false));
        }
        if !stream.parameters.is_empty() {
            let all: Vec<String> = stream
                .parameters
                .iter()
                .map(|value| format!("{}: \"{{{}}}\"", quoted(&value.parameter), value.config))
                .collect();
            lines.push((2, format!("parameters: {{ {} }}", all.join(", ")), false));
        }
        if stream.body {
            lines.push((2, "body: {}".to_owned(), false));
        }
        lines
    }
}
