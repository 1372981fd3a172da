//! Generated code put to use with values that the vendor's document allows: JSON drawn from a schema goes through the type that was generated
//! for it and back, and each operation is called with arguments drawn for it.
//!
//! What is drawn, and what is judged, comes from the document as its vendor wrote it ([`document`], [`schema`], [`sample`]), never from the
//! generator's own reading of it, which is what is being tested.

pub mod calls;
pub mod document;
pub mod driver;
pub mod round_trip;
pub mod sample;
pub mod schema;
mod text;
mod yaml;

use std::path::Path;

use fastrand::Rng;
use linchpin_codegen::generate::{Connector, Outcome, generate_document};
use linchpin_codegen::render::RenderOptions;
use proc_macro2::TokenStream;

use crate::program::{Program, workspace};
use crate::wrapper::{Wrapper, connector};

use calls::calls;
use document::Document;
use driver::{DEPENDENCIES, Surface};
use round_trip::{Pair, pairs};

/// A crate with all operations of a document, and a program that puts it to use.
#[derive(Debug)]
pub struct Exercise {
    document: Document,
    connector: Connector,
    pairs: Vec<Pair>,
    /// Bodies of the crate for which the document, read apart, has no schema.
    not_found: Vec<String>,
    program: Program,
}

impl Exercise {
    /// Of a document alone: its types can be exercised, its operations not, since nothing says where they are and how they are authorised.
    pub fn of_document(path: &Path, name: &str) -> Self {
        let runtime_path = Some(workspace().join("runtime").to_str().expect("a plain path").to_owned());
        let found = generate_document(path, name, &RenderOptions { runtime_path }, &mut |_| ());
        Self::build(path, found.outcome, false)
    }

    /// Of what was generated from a document by a manifest.
    pub fn of_connector(path: &Path, outcome: Outcome) -> Self {
        Self::build(path, outcome, true)
    }

    fn build(path: &Path, outcome: Outcome, with_calls: bool) -> Self {
        let (document, connector) = (Document::read(path), connector(outcome));
        let mut types: Vec<TokenStream> = Vec::new();
        let mut not_found = Vec::new();
        let pairs = pairs(&document, &connector, &mut types, &mut not_found);
        let calls = if with_calls { calls(&connector) } else { Vec::new() };
        let main = Surface::of(&connector).program(&types, &calls);
        let wrapper = Wrapper::new(&connector).with_program(&connector, &main, DEPENDENCIES);
        let program = wrapper.build(&format!("drive-{}", connector.name));
        Self { document, connector, pairs, not_found, program }
    }
}

/// Chance that is the same in every run for the same text, so that a sample does not depend on what was sampled before it.
fn chance(text: &str) -> Rng {
    // FNV-1a.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Rng::with_seed(hash)
}
