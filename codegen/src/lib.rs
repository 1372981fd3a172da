//! Turns an OpenAPI document and a connector manifest into a typed Rust connector crate.
//!
//! One module a stage, and data flows one way: [`source`] reads text into a tree that knows the place of
//! every key and value, [`normalise`] repairs that tree into one `openapiv3::OpenAPI`, [`model`] makes an API of it,
//! and [`plan`] resolves what the connector's [`manifest`] says against that API. Every stage is a pure function that
//! returns what it made together with its [`diagnostic::Diagnostics`]; a caller's input never panics and never
//! aborts what can go on.

pub mod diagnostic;
pub mod manifest;
pub mod model;
pub mod normalise;
pub mod plan;
pub mod source;
pub mod suggest;
