//! Errors as an API tells them: JSON, in the shape that the contract declares for that status.

use serde_json::{Value, json};

use crate::contract::{Operation, Shape};

use super::data::{self, Source};
use super::request::Reply;
use super::tree;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    headers: Vec<(String, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "not_found", message)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The answer. Without a declared shape the body is `{"error":{"status","code","message"}}`.
    pub(super) fn reply(&self, operation: Option<&Operation>) -> Reply {
        let usual = json!({ "error": { "status": self.status, "code": self.code, "message": self.message } });
        let declared = operation.and_then(|operation| {
            let exact = |response: &&crate::contract::Response| {
                response.from <= self.status && self.status <= response.to && response.from > 299
            };
            let shape = operation.responses.iter().find(exact)?.shape;
            let mut body = data::least(&shape, Source { seed: 0, index: 0, moment: 0 });
            self.fill(&shape, &mut body, 2);
            body.as_object().is_some_and(|fields| !fields.is_empty()).then_some(body)
        });
        let mut reply = Reply::json(self.status, &declared.unwrap_or(usual));
        reply.headers.extend(self.headers.clone());
        reply
    }

    /// Puts the message and the code where an error's shape has fields of the usual names.
    fn fill(&self, shape: &Shape, body: &mut Value, depth: u8) {
        let Shape::Object(object) = tree::bare(shape) else { return };
        for field in object.fields {
            let told = match field.name {
                "message" | "description" | "detail" | "title" | "error_description" => {
                    vec![json!(self.message)]
                }
                "code" | "error" | "type" | "id" => vec![json!(self.code), json!(self.status)],
                "status" => vec![json!(self.status), json!(self.status.to_string())],
                _ => Vec::new(),
            };
            if let Some(value) = told.iter().find_map(|value| tree::coerce(&field.shape, value)) {
                tree::set(body, &[field.name], value);
            } else if let Some(inner) = body.get_mut(field.name).filter(|_| depth > 0) {
                self.fill(&field.shape, inner, depth - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{
        Base, FieldShape, Media, Method, ObjectShape, Response, Security, UnionShape, Variant, VariantTest,
    };

    const TEXT: Shape = Shape::String("");

    static INNER: ObjectShape = ObjectShape {
        name: "Inner",
        fields: &[
            FieldShape::new("title", TEXT, FieldShape::REQUIRED),
            FieldShape::new("code", Shape::Integer, FieldShape::REQUIRED),
        ],
        additional: None,
    };
    static EITHER: UnionShape = UnionShape {
        name: "Either",
        discriminator: None,
        variants: &[
            Variant { shape: Shape::Object(&INNER), test: VariantTest::Type },
            Variant { shape: TEXT, test: VariantTest::Type },
        ],
    };
    static NESTED: ObjectShape = ObjectShape {
        name: "Nested",
        fields: &[FieldShape::new("error", Shape::Object(&INNER), FieldShape::REQUIRED)],
        additional: None,
    };
    static MIXED: ObjectShape = ObjectShape {
        name: "Mixed",
        fields: &[FieldShape::new("error", Shape::Union(&EITHER), 0), FieldShape::new("details", TEXT, 0)],
        additional: None,
    };

    fn operation(shape: Shape) -> Operation {
        let response =
            Response { from: 400, to: 499, media: Media::Json, media_type: "application/json", shape };
        Operation {
            id: "x",
            method: Method::Get,
            path: "/",
            tag: "",
            parameters: &[],
            base: Base::Server,
            body: None,
            other_bodies: &[],
            responses: Box::leak(Box::new([response])),
            reads: true,
            idempotent: true,
            idempotency_key: None,
            security: Security::None,
            paging: None,
            limits: &[],
        }
    }

    #[test]
    fn errors_have_the_declared_shape() {
        let usual = json!({ "error": { "status": 404, "code": "not_found", "message": "gone" } });
        let table = [
            (Shape::Object(&NESTED), json!({ "error": { "title": "gone", "code": 404 } })),
            (Shape::Object(&MIXED), json!({ "error": "not_found" })),
            (Shape::Any, usual.clone()),
            (TEXT, usual),
        ];
        for (shape, expected) in table {
            let reply = Refusal::not_found("gone").reply(Some(&operation(shape)));
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!((reply.status, body), (404, expected), "shape {shape:?}");
        }
    }
}
