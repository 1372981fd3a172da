//! Slices, resolved: the mirror of the runtime's contract.

use super::{CursorFormat, Path, Target};

/// How a stream is divided.
#[derive(Clone, Debug)]
pub struct Slices {
    /// For what its list is asked for again and again.
    pub partition: Partition,
    /// How each list is divided by time.
    pub window: Option<Window>,
    /// How many lists are read side by side.
    pub at_once: usize,
}

impl Slices {
    /// Names of the values that stand before a record's own places in its stored key.
    pub fn key_names(&self) -> Vec<&str> {
        match &self.partition {
            Partition::Whole => Vec::new(),
            Partition::Parent { include, .. } => {
                include.iter().filter(|include| include.in_key).map(|include| include.name.as_str()).collect()
            }
            Partition::Each { include, .. } => {
                include.iter().filter(|(_, in_key)| *in_key).map(|(name, _)| name.as_str()).collect()
            }
        }
    }
}

/// For what a list is asked for again and again.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub enum Partition {
    Whole,
    Parent {
        stream: String,
        parameters: Vec<(Target, ParentValue)>,
        include: Vec<Include>,
        only_changed: bool,
        skip_gone: bool,
    },
    Each {
        target: Target,
        values: Vec<String>,
        include: Option<(String, bool)>,
    },
}

/// A value of a parent.
#[derive(Clone, Debug)]
pub enum ParentValue {
    /// A field of its record.
    Field(Path),
    /// What its record was given itself.
    Included(String),
}

/// A value that each record is stored with.
#[derive(Clone, Debug)]
pub struct Include {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub value: ParentValue,
    /// Whether it is a part of the key.
    pub in_key: bool,
}

/// Windows of time.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `window` and the runtime's contract")]
pub struct Window {
    pub field: Path,
    pub from: Bound,
    pub to: Bound,
    pub format: CursorFormat,
    pub start: String,
    pub step_milliseconds: u64,
    pub lookback_milliseconds: u64,
    pub smallest_milliseconds: u64,
    pub cap: Option<Cap>,
}

/// One end of a window.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the runtime's contract")]
pub struct Bound {
    pub target: Target,
    pub exclusive: bool,
}

/// How deep the API lets a list be read.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `cap` and the runtime's contract")]
pub struct Cap {
    pub records: Option<u64>,
    /// Records before the first page that is refused, wherever the API counts from.
    pub offset: Option<u64>,
    pub pages: Option<u64>,
    pub total: Option<Path>,
    pub statuses: Vec<u16>,
}
