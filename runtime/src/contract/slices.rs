//! Slices: how the list of a stream is asked for in pieces, each of which has a state of its own in the store.

use super::{CursorFormat, Path, Target};

/// How a stream is divided. A slice is one value of the partition, and within it one window of time.
#[derive(Debug)]
pub struct Slices {
    /// For what the list is asked for again and again.
    pub partition: Partition,
    /// How each of these lists is divided by time.
    pub window: Option<Window>,
    /// How many slices are read side by side, within the limits; at least 1.
    pub at_once: usize,
}

impl Slices {
    /// Names of the values that stand before a record's own places in its stored key.
    pub fn key_names(&self) -> Vec<&'static str> {
        self.includes().into_iter().filter(|(_, in_key)| *in_key).map(|(name, _)| name).collect()
    }

    /// Names of the values that each record is stored with, and whether they are a part of the key.
    pub fn includes(&self) -> Vec<(&'static str, bool)> {
        match &self.partition {
            Partition::Whole => Vec::new(),
            Partition::Parent(parent) => {
                parent.include.iter().map(|include| (include.name, include.in_key)).collect()
            }
            Partition::Each(each) => each.include.into_iter().collect(),
        }
    }
}

/// For what a list is asked for again and again.
#[derive(Debug)]
pub enum Partition {
    /// There is one list.
    Whole,
    /// One list for each record of another stream.
    Parent(Parent),
    /// One list for each of these values.
    Each(Each),
}

/// The stream whose records have a list each.
#[derive(Debug)]
pub struct Parent {
    /// Its name.
    pub stream: &'static str,
    /// What its record gives to the request.
    pub parameters: &'static [(Target, ParentValue)],
    /// What its record gives to each record of the list, since that does not say itself whose it is.
    pub include: &'static [Include],
    /// Whether a later run reads only the lists of parents whose cursor value is another one than at the last reading.
    pub only_changed: bool,
    /// Whether a list that is answered with 404 or 410 is that of a parent which was deleted: it is skipped and counted then. Otherwise
    /// the slice has failed.
    pub skip_gone: bool,
}

impl Parent {
    /// The fields of its record that go into requests.
    pub fn fields(&self) -> impl Iterator<Item = Path> {
        self.parameters.iter().filter_map(|(_, value)| match value {
            ParentValue::Field(path) => Some(*path),
            ParentValue::Included(_) => None,
        })
    }
}

/// A value of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentValue {
    /// A field of its record.
    Field(Path),
    /// What its record was given by its own parent, by the name of an [`Include`].
    Included(&'static str),
}

/// A value that each record of a slice is stored with.
#[derive(Debug)]
pub struct Include {
    /// Its name in the table's column `parent`.
    pub name: &'static str,
    /// Where it comes from.
    pub value: ParentValue,
    /// Whether it is a part of the stored key, before the places of [`super::Stream::key`].
    pub in_key: bool,
}

/// Values that have a list each.
#[derive(Debug)]
pub struct Each {
    /// Where a value goes.
    pub target: Target,
    /// The values. One that holds a `{config}` variable may become several, with commas between them.
    pub values: &'static [&'static str],
    /// Under which name each record is stored with the value, and whether that is a part of the key.
    pub include: Option<(&'static str, bool)>,
}

/// How a list is divided by time.
#[derive(Debug)]
pub struct Window {
    /// The field by which the API puts a record into a window.
    pub field: Path,
    /// What takes the window's start.
    pub from: Bound,
    /// What takes its end.
    pub to: Bound,
    /// How both are written. [`CursorFormat::AsIs`] is written as RFC 3339.
    pub format: CursorFormat,
    /// From when on records are read: a time or a date; may hold `{config}` variables.
    pub start: &'static str,
    /// Length of a window.
    pub step_milliseconds: u64,
    /// How long before the start of the last run the next one begins, for records that come late.
    pub lookback_milliseconds: u64,
    /// No window that is split becomes shorter than this.
    pub smallest_milliseconds: u64,
    /// How deep the API lets a list be read.
    pub cap: Option<Cap>,
}

/// One end of a window.
#[derive(Debug)]
pub struct Bound {
    /// What takes it.
    pub target: Target,
    /// Whether the API leaves out a record of exactly that time.
    pub exclusive: bool,
}

/// How deep the API lets a list be read. A window that reaches it is split.
#[derive(Debug, Default)]
pub struct Cap {
    /// A list ends after that many records, whether there are more or not.
    pub records: Option<u64>,
    /// Pages with that many records before them, or more, are refused.
    pub offset: Option<u64>,
    /// Pages after this one are refused.
    pub pages: Option<u64>,
    /// Number of all records that the window has, in a page: it tells at once whether the window is too large.
    pub total: Option<Path>,
    /// Statuses by which the API refuses to go deeper, after a window's first page.
    pub statuses: &'static [u16],
}

impl Cap {
    /// How many records of one list can be read.
    pub fn limit(&self) -> Option<u64> {
        match (self.records, self.offset) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        }
    }
}
