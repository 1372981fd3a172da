//! Whether a tree has the shape of a manifest, or of another file that people write: a walk along the JSON Schema of its types, which finds
//! every problem at once and names its place. It knows those keywords of JSON Schema that the types give.

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Kind, Node, Span};
use crate::suggest::did_you_mean;

/// Every problem of a tree's shape; `name` is what people call the whole.
pub(crate) fn check(root: Node<'_>, schema: &Value, name: &str) -> Diagnostics {
    let mut checker = Checker { root: schema, diagnostics: Diagnostics::new() };
    // What the file as a whole lacks is shown at its start: to underline all of it would show nothing.
    let span = Span { end: root.span().start, ..root.span() };
    checker.value(root, schema, &Place { name: name.to_owned(), span });
    let of_version = checker.diagnostics.iter().find(|found| found.code == Code::ManifestVersion).cloned();
    match of_version {
        // What another version of the format means by its keys is not known here.
        Some(of_version) => {
            let mut diagnostics = Diagnostics::new();
            diagnostics.push(of_version);
            diagnostics
        }
        None => checker.diagnostics,
    }
}

/// What a value is called, and where it is named.
struct Place {
    name: String,
    span: Span,
}

struct Checker<'s> {
    root: &'s Value,
    diagnostics: Diagnostics,
}

impl<'s> Checker<'s> {
    fn value(&mut self, node: Node<'_>, schema: &'s Value, place: &Place) {
        let Some(schema) = self.resolve(schema) else { return };
        if let Some(expected) = schema.get("const") {
            if *expected != node.to_json() {
                let found = describe(node);
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::ManifestVersion,
                        format!("{} is to be {expected}, found {found}", place.name),
                    )
                    .at(node.span())
                    .help(format!("this Linchpin reads manifests of version {expected}")),
                );
            }
            return;
        }
        let allowed = allowed_texts(schema);
        if !allowed.is_empty() {
            self.one_of(node, &allowed, place);
            return;
        }
        if let Some(kinds) = schema.get("type").map(type_names)
            && !kinds.iter().any(|kind| is_kind(node, kind))
        {
            let expected: Vec<&str> = kinds.iter().map(|kind| kind_name(kind)).collect();
            let mut problem = Diagnostic::error(
                Code::ManifestType,
                format!("{} is to be {}, found {}", place.name, expected.join(" or "), describe(node)),
            )
            .at(node.span());
            if node.is_null() {
                problem = problem.at(place.span).help("give it a value, or leave the key out");
            }
            self.diagnostics.push(problem);
            return;
        }
        self.bounds(node, schema, place);
        if node.is_object() {
            self.object(node, schema, place);
        }
        if let Some(items) = schema.get("items") {
            for item in node.items() {
                let name = format!("an item of {}", place.name);
                self.value(item, items, &Place { name, span: item.span() });
            }
        }
    }

    fn one_of(&mut self, node: Node<'_>, allowed: &[&str], place: &Place) {
        if node.as_str().is_some_and(|text| allowed.contains(&text)) {
            return;
        }
        let message = format!("{} cannot be {}", place.name, describe(node));
        let near = node.as_str().and_then(|text| did_you_mean(text, allowed.iter().copied()));
        self.diagnostics.push(
            Diagnostic::error(Code::UnknownValue, message).at(node.span()).help(near_or_all(near, allowed)),
        );
    }

    fn bounds(&mut self, node: Node<'_>, schema: &Map<String, Value>, place: &Place) {
        let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        if let Some(number) = node.as_u64() {
            let broken = match (bound("minimum"), bound("maximum")) {
                (Some(least), _) if number < least => Some(format!("at least {least}")),
                (_, Some(most)) if number > most => Some(format!("at most {most}")),
                _ => None,
            };
            if let Some(broken) = broken {
                let message = format!("{} is to be {broken}, found {number}", place.name);
                self.diagnostics.error(Code::ValueOutOfBounds, node.span(), message);
            }
        }
        if let Some(least) = bound("minItems")
            && node.is_array()
            && (node.len() as u64) < least
        {
            let message = format!("{} is empty; it needs at least {least} item", place.name);
            self.diagnostics.error(Code::ValueOutOfBounds, node.span(), message);
        }
    }

    fn object(&mut self, node: Node<'_>, schema: &'s Map<String, Value>, place: &Place) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        // JSON that is no part of the format.
        if known.is_none() && others.is_some_and(|others| others.as_bool() == Some(true)) {
            return;
        }
        let others = others.filter(|others| others.is_object());
        let names = || known.into_iter().flat_map(Map::keys).map(String::as_str);
        // What a misspelt key was meant to be; it is reported as misspelt, and not as missing too.
        let mut meant = Vec::new();
        for entry in node.entries() {
            let inner = Place { name: format!("`{}`", entry.key), span: entry.key_span };
            if let Some(schema) = known.and_then(|known| known.get(entry.key)).or(others) {
                self.value(entry.value, schema, &inner);
            } else {
                let near = did_you_mean(entry.key, names().filter(|name| node.get(name).is_none()))
                    .or_else(|| did_you_mean(entry.key, names()));
                meant.extend(near);
                let all: Vec<&str> = names().collect();
                self.diagnostics.push(
                    Diagnostic::error(Code::UnknownKey, format!("{} has no key `{}`", place.name, entry.key))
                        .at(entry.key_span)
                        .help(near_or_all(near, &all)),
                );
            }
        }
        for name in texts(schema.get("required")) {
            if node.get(name).is_none() && !meant.contains(&name) {
                self.missing(name, known, place);
            }
        }
        self.exactly_one(node, schema, place, &meant);
        for (name, needed) in schema.get("dependentRequired").and_then(Value::as_object).into_iter().flatten()
        {
            let Some(entry) = node.entry(name) else { continue };
            for needed in texts(Some(needed)).filter(|needed| node.get(needed).is_none()) {
                let message = format!("`{name}` needs `{needed}` beside it");
                self.diagnostics.error(Code::IncompleteGroup, entry.key_span, message);
            }
        }
    }

    fn missing(&mut self, name: &str, known: Option<&Map<String, Value>>, place: &Place) {
        let mut problem =
            Diagnostic::error(Code::MissingKey, format!("{} needs the key `{name}`", place.name))
                .at(place.span);
        let description =
            known.and_then(|known| known.get(name)).and_then(|schema| schema.get("description"));
        if let Some(description) = description.and_then(Value::as_str) {
            problem = problem.help(format!("`{name}`: {description}"));
        }
        self.diagnostics.push(problem);
    }

    /// `oneOf` whose alternatives each require one key, of the schema itself or several in its `allOf`.
    fn exactly_one(&mut self, node: Node<'_>, schema: &Map<String, Value>, place: &Place, meant: &[&str]) {
        let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in all.filter_map(Value::as_object) {
            self.exactly_one(node, part, place, meant);
        }
        let alternatives = schema.get("oneOf").and_then(Value::as_array);
        let names: Vec<&str> = alternatives
            .into_iter()
            .flatten()
            .flat_map(|alternative| texts(alternative.get("required")))
            .collect();
        if names.is_empty() {
            return;
        }
        let mut found = node.entries().filter(|entry| names.contains(&entry.key));
        match (found.next(), found.next()) {
            (Some(_), None) => {}
            (None, _) if meant.iter().any(|name| names.contains(name)) => {}
            (None, _) => self.diagnostics.push(
                Diagnostic::error(
                    Code::ExactlyOne,
                    format!("{} needs exactly one of these keys", place.name),
                )
                .at(place.span)
                .help(names.join(", ")),
            ),
            (Some(first), Some(second)) => self.diagnostics.push(
                Diagnostic::error(
                    Code::ExactlyOne,
                    format!("{} takes `{}` or `{}`, not both", place.name, first.key, second.key),
                )
                .at(second.key_span)
                .label(first.key_span, "the other one")
                .help(format!("exactly one of these keys: {}", names.join(", "))),
            ),
        }
    }

    /// The schema that a `$ref` of this document leads to, or the schema itself.
    fn resolve(&self, schema: &'s Value) -> Option<&'s Map<String, Value>> {
        let referred = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        referred.map_or(Some(schema), |pointer| self.root.pointer(pointer)).and_then(Value::as_object)
    }
}

/// The texts of an enum, written as `enum` or, where each has a description, as `oneOf` of `const`.
fn allowed_texts(schema: &Map<String, Value>) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let described = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(Value::as_str)
        .chain(described.filter_map(|alternative| alternative.get("const").and_then(Value::as_str)))
        .collect()
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn type_names(types: &Value) -> Vec<&str> {
    types.as_str().map_or_else(|| texts(Some(types)).collect(), |one| vec![one])
}

fn is_kind(node: Node<'_>, name: &str) -> bool {
    match node.kind() {
        Kind::Null => name == "null",
        Kind::Bool(_) => name == "boolean",
        // All whole numbers of the format are counts.
        Kind::Number(_) => name == "number" || (name == "integer" && node.as_u64().is_some()),
        Kind::String(_) => name == "string",
        Kind::Array => name == "array",
        Kind::Object => name == "object",
    }
}

fn kind_name(name: &str) -> &str {
    match name {
        "integer" => "a whole number from 0",
        "number" => "a number",
        "boolean" => "true or false",
        "string" => "a text",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// A value as a message shows it: short ones as they are, others by their kind.
fn describe(node: Node<'_>) -> String {
    match node.kind() {
        Kind::String(text) if text.chars().count() <= 40 => format!("`{text}`"),
        Kind::Number(text) if text.len() <= 40 => format!("the number {text}"),
        Kind::Bool(value) => value.to_string(),
        kind => kind.name().to_owned(),
    }
}

fn near_or_all(near: Option<&str>, all: &[&str]) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "nothing stands here".to_owned(),
        None => format!("known here: {}", all.join(", ")),
    }
}
