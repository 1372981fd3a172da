//! What became of one document: the line that `--format json` prints.

use std::collections::BTreeMap;

use linchpin_codegen::generate;
use serde::{Deserialize, Serialize};

/// How far a document came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Its text is a tree.
    Read,
    /// It is an OpenAPI document in its normal form.
    Normalised,
    /// It is operations and types.
    Modelled,
    /// Its crate is there.
    Generated,
    /// Its crate compiles without a warning.
    Compiled,
}

impl Stage {
    /// All, in their order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Read, Self::Normalised, Self::Modelled, Self::Generated, Self::Compiled];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Normalised => "normalised",
            Self::Modelled => "modelled",
            Self::Generated => "generated",
            Self::Compiled => "compiled",
        }
    }
}

impl From<generate::Stage> for Stage {
    fn from(stage: generate::Stage) -> Self {
        match stage {
            generate::Stage::Read => Self::Read,
            generate::Stage::Normalised => Self::Normalised,
            generate::Stage::Modelled => Self::Modelled,
            generate::Stage::Generated => Self::Generated,
        }
    }
}

/// What became of one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its path below the folder, without ending.
    pub(crate) document: String,
    /// Its dialect, where it could be read.
    pub(crate) dialect: Option<String>,
    /// The last stage that it came through.
    pub(crate) stage: Option<Stage>,
    /// Whether it came through all that were asked for.
    pub(crate) ok: bool,
    /// Operations that it has.
    pub(crate) operations: usize,
    /// Operations that its connector has.
    pub(crate) generated: usize,
    /// Those that it has not.
    pub(crate) dropped: Vec<Dropped>,
    /// Warnings of the generator by code.
    pub(crate) warnings: BTreeMap<String, usize>,
    /// Lines of Rust.
    pub(crate) lines: usize,
    /// Time from reading to the files in memory, in seconds.
    pub(crate) seconds: Option<f64>,
    /// The most memory that this took, in bytes.
    pub(crate) peak_bytes: Option<u64>,
    /// Processor time of `cargo check` of the crate alone, in seconds.
    pub(crate) check_seconds: Option<f64>,
    /// The most memory that a process of it took, in bytes.
    pub(crate) check_peak_bytes: Option<u64>,
    /// What stopped it.
    pub(crate) error: Option<String>,
}

/// An operation that the connector has not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// `METHOD /path`.
    pub(crate) operation: String,
    /// Code of the diagnostic that says why.
    pub(crate) code: Option<String>,
}

impl Record {
    /// A document that came to nothing.
    pub(crate) fn failed(document: &str, error: String) -> Self {
        Self { document: document.to_owned(), error: Some(error), ..Self::default() }
    }

    /// Something went wrong with it.
    pub(crate) fn fail(&mut self, error: String) {
        self.ok = false;
        self.error = Some(error);
    }
}
