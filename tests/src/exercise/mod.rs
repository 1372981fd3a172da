//! Generated code put to use with values that the vendor's document allows: JSON drawn from a schema goes through the type that was generated
//! for it and back, and each operation is called with arguments drawn for it.
//!
//! What is drawn, and what is judged, comes from the document as its vendor wrote it ([`document`], [`schema`], [`sample`]), never from the
//! generator's own reading of it, which is what is being tested.

pub mod calls;
pub mod document;
pub mod driver;
pub mod pattern;
pub mod round_trip;
pub mod sample;
pub mod schema;
mod text;

use std::path::Path;

use fastrand::Rng;
use linchpin_codegen::generate::{Outcome, generate_document};
use linchpin_codegen::render::RenderOptions;

use crate::program::workspace;

/// Generates all operations of a document.
pub fn generate_all(document: &Path, name: &str) -> Outcome {
    let runtime_path = Some(workspace().join("runtime").to_str().expect("a plain path").to_owned());
    generate_document(document, name, &RenderOptions { runtime_path }, &mut |_| ()).outcome
}

/// Chance that is the same in every run for the same text, so that a sample does not depend on what was sampled before it.
pub fn chance(text: &str) -> Rng {
    // FNV-1a.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Rng::with_seed(hash)
}
