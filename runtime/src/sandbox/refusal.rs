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
            let value = match (field.name, tree::bare(&field.shape)) {
                ("message" | "description" | "detail" | "title" | "error_description", Shape::String(_)) => {
                    json!(self.message)
                }
                ("code" | "error" | "type" | "id", Shape::String(_) | Shape::Enum(_)) => json!(self.code),
                ("status" | "code", Shape::Integer) => json!(self.status),
                ("status", Shape::String(_)) => json!(self.status.to_string()),
                (_, Shape::Object(_)) if depth > 0 && body.get(field.name).is_some() => {
                    if let Some(inner) = body.get_mut(field.name) {
                        self.fill(&field.shape, inner, depth - 1);
                    }
                    continue;
                }
                _ => continue,
            };
            tree::set(body, &[field.name], value);
        }
    }
}
