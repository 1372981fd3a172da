//! Turns an OpenAPI document and a connector manifest into a typed Rust connector crate.
//!
//! One module a stage, and data flows one way: [`source`] reads text into a tree that knows the place of
//! every key and value, [`overlay`] changes that tree as a file beside the document says, [`normalise`] repairs it into
//! one `openapiv3::OpenAPI`, [`model`] turns the selected operations and the types that they reach into a graph with every name settled, [`plan`] resolves what the
//! connector's [`manifest`] says against it, [`render`] writes the files of a crate. Every stage is a pure function
//! that returns what it made together with its [`diagnostic::Diagnostics`]; a caller's input never panics and never
//! aborts what can go on. [`generate`] runs them all, [`generate::previous`] keeps old shapes of operations beside the new ones, [`lock`] keeps the names that were given, and [`output`] keeps a folder up to date. [`infer`]
//! proposes a manifest for a document, [`lint`] says what is missing or doubtful in one, and [`drift`] compares two documents.

pub mod date;
pub mod diagnostic;
pub mod drift;
pub mod generate;
pub mod infer;
pub mod lint;
pub mod lock;
pub mod manifest;
pub mod model;
pub mod normalise;
pub mod output;
pub mod overlay;
pub mod plan;
pub mod render;
mod schema_text;
pub mod source;
pub mod suggest;
mod text;
pub mod version;
