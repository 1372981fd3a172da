//! A document cut down to some of its operations and what they reach, for old shapes that are kept: a vendor's document has megabytes, and
//! a few operations of it a few pages.
//!
//! What is left has the places that it had, so names that were settled by JSON Pointers hold.

use std::collections::BTreeSet;

use crate::model::OperationHead;
use crate::source::{Kind, Node, Tree, percent_decoded, unescape_token};

/// Members of a document that hold what references lead to, by name; of OpenAPI 3 one level deeper, by kind.
const SHELVES: [&str; 3] = ["definitions", "parameters", "responses"];

/// The text of a document, as JSON, with only some of its operations and the components that they reach. Servers, security schemes, tags and
/// what else is said of all operations stays; webhooks and extensions of the document go. The same bytes for the same document, and the same again
/// for what it gives.
///
/// `None` where references do not say which part they lead to: those to other files, and those by anchor.
pub fn prune(document: &Tree, operations: &[OperationHead]) -> Option<String> {
    if document.file_roots().next().is_some() {
        return None;
    }
    let wanted = operations.iter().map(|head| (head.path.clone(), head.method.to_ascii_lowercase()));
    let mut reached = Reached {
        root: document.root(),
        operations: wanted.collect(),
        parts: BTreeSet::new(),
        open: Vec::new(),
    };
    reached.follow_all()?;
    let mut text = String::new();
    Writer { reached: &reached, ids: reached.ids(), text: &mut text }.document();
    text.push('\n');
    Some(text)
}

/// What operations reach.
struct Reached<'t> {
    root: Node<'t>,
    /// Paths with methods in lower case, of operations that are kept.
    operations: BTreeSet<(String, String)>,
    /// Components that are kept, by the segments of their pointers; and whole paths.
    parts: BTreeSet<Vec<String>>,
    /// What is still to be looked at.
    open: Vec<Node<'t>>,
}

impl<'t> Reached<'t> {
    fn follow_all(&mut self) -> Option<()> {
        for entry in self.root.entries().filter(|entry| is_said_of_all(entry.key)) {
            self.open.push(entry.value);
        }
        self.open.extend(self.root.at("/components/securitySchemes"));
        for (path, method) in self.operations.clone() {
            self.operation(&path, &method);
        }
        while let Some(node) = self.open.pop() {
            for entry in node.entries() {
                match (entry.key, entry.value.kind()) {
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Kind::String(reference)) => {
                        self.follow(reference)?;
                    }
                    ("mapping", Kind::Object) => {
                        for target in entry.value.entries().filter_map(|entry| entry.value.as_str()) {
                            self.mapped(target);
                        }
                        self.open.push(entry.value);
                    }
                    _ => self.open.push(entry.value),
                }
            }
            self.open.extend(node.items());
        }
        Some(())
    }

    fn operation(&mut self, path: &str, method: &str) {
        let Some(item) = self.root.get("paths").and_then(|paths| paths.get(path)) else { return };
        for entry in item.entries().filter(|entry| is_kept(entry.key, entry.value, method)) {
            self.open.push(entry.value);
        }
    }

    /// Keeps what a reference leads to. `None` where that cannot be told.
    fn follow(&mut self, reference: &str) -> Option<()> {
        if reference == "#" {
            return None;
        }
        let decoded = percent_decoded(reference.strip_prefix("#/")?)?;
        let segments: Vec<String> =
            decoded.split('/').map(|token| unescape_token(token).into_owned()).collect();
        let depth = match segments.first().map(String::as_str) {
            Some("components") => 3,
            Some(shelf) if SHELVES.contains(&shelf) => 2,
            Some("paths") => {
                let (path, method) = (segments.get(1)?.clone(), segments.get(2).cloned().unwrap_or_default());
                if !is_method(&method) {
                    return self.keep(&segments, 2);
                }
                if self.operations.insert((path.clone(), method.clone())) {
                    self.operation(&path, &method);
                }
                return Some(());
            }
            Some(other) if is_said_of_all(other) => return Some(()),
            _ => return None,
        };
        self.keep(&segments, depth)
    }

    /// Keeps a part by the first segments of a pointer that leads into it. One that is not there is nobody's to keep.
    fn keep(&mut self, segments: &[String], depth: usize) -> Option<()> {
        let part = segments.get(..depth)?.to_vec();
        let found = part.iter().try_fold(self.root, |node, segment| node.child(segment));
        if let Some(found) = found.filter(|_| !self.parts.contains(&part)) {
            self.parts.insert(part);
            self.open.push(found);
        }
        Some(())
    }

    /// Keeps what a discriminator's mapping names: by reference, or by the name of a component.
    fn mapped(&mut self, target: &str) {
        if self.follow(target).is_none() {
            let own = |shelf: &[&str]| -> Vec<String> {
                shelf.iter().copied().chain([target]).map(str::to_owned).collect()
            };
            // A name that no component has is told when the document is read.
            let _ = self.keep(&own(&["components", "schemas"]), 3);
            let _ = self.keep(&own(&["definitions"]), 2);
        }
    }

    /// The ids of the operations that are kept.
    fn ids(&self) -> BTreeSet<&'t str> {
        let paths = self.root.get("paths");
        let id =
            |(path, method): &(String, String)| paths?.get(path)?.get(method)?.get("operationId")?.as_str();
        self.operations.iter().filter_map(id).collect()
    }
}

/// Whether a member of the document is about all operations.
fn is_said_of_all(key: &str) -> bool {
    !matches!(key, "paths" | "webhooks" | "components") && !SHELVES.contains(&key) && !key.starts_with("x-")
}

fn is_method(key: &str) -> bool {
    matches!(key, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace" | "query")
}

/// Whether a member of a path is about the operation of a method, or about all of them.
fn is_kept(key: &str, value: Node<'_>, method: &str) -> bool {
    match key {
        "additionalOperations" => value.entries().any(|entry| entry.key.eq_ignore_ascii_case(method)),
        key if is_method(key) => key == method,
        _ => true,
    }
}

/// Writes what is left.
struct Writer<'w, 't> {
    reached: &'w Reached<'t>,
    ids: BTreeSet<&'t str>,
    text: &'w mut String,
}

impl<'t> Writer<'_, 't> {
    fn document(&mut self) {
        let root = self.reached.root;
        let shelves = |key: &str| SHELVES.contains(&key);
        let members: Vec<(&str, Node<'t>)> = root
            .entries()
            .filter(|entry| {
                is_said_of_all(entry.key) || shelves(entry.key) || matches!(entry.key, "paths" | "components")
            })
            .map(|entry| (entry.key, entry.value))
            .collect();
        self.object(&members, 0, &mut |writer, key, value, depth| match key {
            "paths" => writer.paths(value, depth),
            "components" => {
                let kinds = entries(value);
                writer.object(&kinds, depth, &mut |writer, kind, value, depth| {
                    if kind == "securitySchemes" || !value.is_object() {
                        writer.value(value, depth);
                    } else {
                        writer.shelf(&["components", kind], value, depth);
                    }
                });
            }
            key if shelves(key) => writer.shelf(&[key], value, depth),
            _ => writer.value(value, depth),
        });
    }

    fn paths(&mut self, paths: Node<'t>, depth: usize) {
        let reached = self.reached;
        let whole = |path: &str| reached.parts.contains(&vec!["paths".to_owned(), path.to_owned()]);
        let methods = |path: &str| -> Vec<&str> {
            let all = reached.operations.iter().filter(|(other, _)| other == path);
            all.map(|(_, method)| method.as_str()).collect()
        };
        let mut kept = entries(paths);
        kept.retain(|(path, _)| whole(path) || !methods(path).is_empty());
        self.object(&kept, depth, &mut |writer, path, item, depth| {
            let mut members = entries(item);
            if !whole(path) {
                let methods = methods(path);
                members.retain(|(key, value)| methods.iter().any(|method| is_kept(key, *value, method)));
            }
            writer.object(&members, depth, &mut |writer, _, value, depth| writer.value(value, depth));
        });
    }

    fn shelf(&mut self, at: &[&str], shelf: Node<'t>, depth: usize) {
        let pointer = |name: &str| at.iter().copied().chain([name]).map(str::to_owned).collect::<Vec<_>>();
        let mut kept = entries(shelf);
        kept.retain(|(name, _)| self.reached.parts.contains(&pointer(name)));
        self.object(&kept, depth, &mut |writer, _, value, depth| writer.value(value, depth));
    }

    fn value(&mut self, node: Node<'t>, depth: usize) {
        match node.kind() {
            Kind::Null => self.text.push_str("null"),
            Kind::Bool(value) => self.text.push_str(if value { "true" } else { "false" }),
            Kind::Number(text) => self.text.push_str(text),
            Kind::String(text) => self.string(text),
            Kind::Array if node.is_empty() => self.text.push_str("[]"),
            Kind::Array => {
                self.text.push('[');
                for (number, item) in node.items().enumerate() {
                    self.next(number, depth + 1);
                    self.value(item, depth + 1);
                }
                self.line(depth);
                self.text.push(']');
            }
            Kind::Object => {
                let members = entries(node);
                self.object(&members, depth, &mut |writer, key, value, depth| {
                    if key == "links" && value.is_object() {
                        let mut links = entries(value);
                        links.retain(|(_, link)| writer.leads_somewhere(*link));
                        writer
                            .object(&links, depth, &mut |writer, _, value, depth| writer.value(value, depth));
                    } else {
                        writer.value(value, depth);
                    }
                });
            }
        }
    }

    /// Whether a link's operation is kept. What is no link is left as it is.
    fn leads_somewhere(&self, link: Node<'t>) -> bool {
        let text = |key: &str| link.get(key).and_then(|value| value.as_str());
        text("operationRef").is_none() && text("operationId").is_none_or(|id| self.ids.contains(id))
    }

    fn object(
        &mut self,
        members: &[(&'t str, Node<'t>)],
        depth: usize,
        value: &mut dyn FnMut(&mut Self, &'t str, Node<'t>, usize),
    ) {
        if members.is_empty() {
            self.text.push_str("{}");
            return;
        }
        self.text.push('{');
        for (number, (key, member)) in members.iter().enumerate() {
            self.next(number, depth + 1);
            self.string(key);
            self.text.push_str(": ");
            value(self, key, *member, depth + 1);
        }
        self.line(depth);
        self.text.push('}');
    }

    fn next(&mut self, number: usize, depth: usize) {
        if number > 0 {
            self.text.push(',');
        }
        self.line(depth);
    }

    fn line(&mut self, depth: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", depth));
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn entries<'t>(node: Node<'t>) -> Vec<(&'t str, Node<'t>)> {
    node.entries().map(|entry| (entry.key, entry.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::prune;
    use crate::model::OperationHead;
    use crate::source::{Limits, SourceFiles, Tree, parse};

    fn tree(text: &str) -> Tree {
        parse(&mut SourceFiles::new(), "openapi.yaml", text.to_owned(), &Limits::default()).0.expect(text)
    }

    fn head(method: &str, path: &str) -> OperationHead {
        let id = format!("{method} {path}");
        OperationHead {
            id,
            method: method.to_owned(),
            path: path.to_owned(),
            tags: Vec::new(),
            pointer: String::new(),
        }
    }

    const THREE: &str = r##"openapi: 3.1.0
info: { title: Acme, version: "1" }
x-webhooks: { a: { $ref: "#/components/schemas/Gone" } }
webhooks: { a: { post: { requestBody: { $ref: "#/components/requestBodies/Gone" } } } }
security: [ { key: [] } ]
tags: [ { name: things } ]
paths:
  /b:
    get: { operationId: b, responses: { "200": { $ref: "#/components/responses/Gone" } } }
  /a:
    parameters: [ { $ref: "#/components/parameters/Shared" } ]
    get:
      operationId: a
      responses:
        "200":
          description: All.
          links: { next: { operationId: a }, other: { operationId: b } }
          content: { application/json: { schema: { $ref: "#/components/schemas/A~1B/properties/inner" } } }
    post: { operationId: c, responses: { "204": { $ref: "#/components/responses/Gone" } } }
  /by-reference: { $ref: "#/components/pathItems/Gone" }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: k } }
  parameters: { Shared: { name: s, in: query, schema: { type: string } }, Gone: { name: g, in: query } }
  responses: { Gone: { description: g } }
  schemas:
    Gone: { type: object }
    A/B: { type: object, properties: { inner: { $ref: "#/components/schemas/Pet" } } }
    Pet: { oneOf: [ { $ref: "#/components/schemas/Dog" } ], discriminator: { propertyName: kind, mapping: { cat: Cat, dog: "#/components/schemas/Dog" } } }
    Cat: { type: object, properties: { friend: { $ref: "#/components/schemas/Pet" }, weight: { type: number, default: 1.50 } } }
    Dog: { type: object, description: "a \"dog\"\nline" }
"##;

    #[test]
    fn what_operations_reach_is_left_and_nothing_else() {
        let text = prune(&tree(THREE), &[head("GET", "/a")]).expect("a document");
        let left = tree(&text);
        for (pointer, there) in [
            ("/paths/~1a/get", true),
            ("/paths/~1a/parameters/0", true),
            ("/paths/~1a/post", false),
            ("/paths/~1b", false),
            ("/paths/~1by-reference", false),
            ("/webhooks", false),
            ("/x-webhooks", false),
            ("/security/0/key", true),
            ("/tags/0", true),
            ("/components/securitySchemes/key", true),
            ("/components/parameters/Shared", true),
            ("/components/parameters/Gone", false),
            ("/components/responses/Gone", false),
            ("/components/schemas/A~1B", true),
            ("/components/schemas/Pet", true),
            ("/components/schemas/Cat", true),
            ("/components/schemas/Dog", true),
            ("/components/schemas/Gone", false),
            ("/paths/~1a/get/responses/200/links/next", true),
            ("/paths/~1a/get/responses/200/links/other", false),
        ] {
            assert_eq!(left.root().at(pointer).is_some(), there, "{pointer} in\n{text}");
        }
        assert!(text.contains("\"default\": 1.50"), "digits stay: {text}");
        assert_eq!(prune(&left, &[head("GET", "/a")]).as_deref(), Some(text.as_str()), "again");
        assert!(!text.contains("Gone"), "{text}");
    }

    #[test]
    fn swagger_has_its_shelves_at_the_top() {
        let text = prune(
            &tree(
                r##"{"swagger": "2.0", "info": {"title": "A", "version": "1"}, "basePath": "/v1", "securityDefinitions": {"k": {"type": "basic"}},
"paths": {"/a": {"get": {"parameters": [{"$ref": "#/parameters/P"}], "responses": {"200": {"$ref": "#/responses/R"}}}, "put": {"responses": {}}},
"/s": {"get": {"responses": {"200": {"description": "s", "schema": {"$ref": "#/paths/~1a/put/responses/200/schema"}}}}}},
"parameters": {"P": {"name": "p", "in": "query", "type": "string"}, "Q": {"name": "q", "in": "query", "type": "string"}},
"responses": {"R": {"description": "r", "schema": {"$ref": "#/definitions/D"}}}, "definitions": {"D": {"type": "object"}, "E": {"type": "object"}}}"##,
            ),
            &[head("GET", "/a")],
        )
        .expect("a document");
        for (part, there) in [
            ("\"P\"", true),
            ("\"Q\"", false),
            ("\"R\"", true),
            ("\"D\"", true),
            ("\"E\"", false),
            ("\"put\"", false),
            ("\"/s\"", false),
            ("\"basePath\"", true),
            ("\"securityDefinitions\"", true),
        ] {
            assert_eq!(text.contains(part), there, "{part} in\n{text}");
        }
    }

    #[test]
    fn a_reference_into_another_operation_keeps_it() {
        let document = tree(
            r##"{"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/paths/~1b/get/responses/200"}}}}, "/b": {"get": {"responses": {"200": {"description": "b"}}}, "post": {}}}}"##,
        );
        let text = prune(&document, &[head("GET", "/a")]).expect("a document");
        assert!(text.contains("\"/b\"") && !text.contains("post"), "{text}");
    }

    #[test]
    fn where_a_reference_leads_has_to_be_known() {
        for reference in
            ["#Thing", "#", "other.yaml#/Thing", "https://acme.example/thing.json", "#/x-shared/Thing"]
        {
            let text = format!(
                r##"{{"openapi": "3.1.0", "paths": {{"/a": {{"get": {{"responses": {{"200": {{"$ref": "{reference}"}}}}}}}}}}}}"##
            );
            assert_eq!(prune(&tree(&text), &[head("GET", "/a")]), None, "{reference}");
        }
        let nowhere = r##"{"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/Nowhere"}}}}}}"##;
        assert!(prune(&tree(nowhere), &[head("GET", "/a")]).is_some(), "what reads the document says that");
    }
}
