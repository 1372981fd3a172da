//! Documents for tests of proposals, and proposals for them.

#![allow(dead_code, reason = "each test takes what it needs")]

use linchpin_codegen::diagnostic::{RenderOptions, Severity, render};
use linchpin_codegen::generate::{MANIFEST, OVERLAY, generate};
use linchpin_codegen::infer::{Draft, Proposal, Selection, infer};
use linchpin_codegen::render::RenderOptions as Rendering;
use serde_json::{Value, json};

/// Proposes for a document, and makes sure that the proposal can be generated from.
pub(crate) fn propose(document: &Value) -> (Proposal, Draft) {
    let (proposal, draft, _) = generated(document);
    (proposal, draft)
}

/// As [`propose`], with the codes of what the generator warns about.
pub(crate) fn generated(document: &Value) -> (Proposal, Draft, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("a document");
    let inferred = infer(&path, "sample", "openapi.json", Selection::Streams);
    let shown = render(&inferred.diagnostics, &inferred.files, &RenderOptions::default());
    let (proposal, draft) = inferred.found.unwrap_or_else(|| panic!("{document}\n{shown}"));
    std::fs::write(folder.path().join(MANIFEST), &draft.manifest).expect("a manifest");
    if let Some(overlay) = &draft.overlay {
        std::fs::write(folder.path().join(OVERLAY), overlay).expect("an overlay");
    }
    let outcome = generate(folder.path(), &Rendering::default());
    let shown = render(&outcome.diagnostics, &outcome.files, &RenderOptions::default());
    assert!(outcome.connector.is_some(), "{document}\n{}\n{shown}", draft.manifest);
    let warnings = outcome.diagnostics.iter().filter(|found| found.severity == Severity::Warning);
    let codes = warnings.map(|found| found.code.to_string()).collect();
    (proposal, draft, codes)
}

/// A document of these paths.
pub(crate) fn document(paths: Value) -> Value {
    json!({
        "openapi": "3.0.3", "info": {"title": "A", "version": "1"},
        "servers": [{"url": "https://api.example.com"}], "paths": paths
    })
}

/// An operation that lists things, with these parameters, properties of its envelope (or none for a bare list) and headers.
pub(crate) fn list(parameters: Value, envelope: Option<Value>, headers: Value) -> Value {
    let thing = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}});
    let things = json!({"type": "array", "items": thing});
    let schema = match envelope {
        None => things,
        Some(mut properties) => {
            properties["things"] = things;
            json!({"type": "object", "properties": properties})
        }
    };
    json!({"get": {
        "operationId": "listThings", "parameters": parameters,
        "responses": {"200": {"description": "", "headers": headers, "content": {"application/json": {"schema": schema}}}}
    }})
}

/// A query parameter.
pub(crate) fn query(name: &str, schema: Value, description: &str) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "description": description})
}
