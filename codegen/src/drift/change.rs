//! What a comparison tells.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a change means to a client that was built from the base document, from the least to the most serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Nothing that is sent or received differs: names, tags, documentation of what is to come.
    Editorial,
    /// The API takes or promises more than before; what a client does today goes on as it was.
    Additive,
    /// The documents do not decide whether a client goes on working.
    Risky,
    /// A client that keeps to the base document can fail, or reads less than it did.
    Breaking,
}

impl Class {
    /// Every class, the most serious first.
    pub const ALL: [Class; 4] = [Class::Breaking, Class::Risky, Class::Additive, Class::Editorial];

    /// The class as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Breaking => "breaking",
            Class::Risky => "risky",
            Class::Additive => "additive",
            Class::Editorial => "editorial",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A place in one of the two documents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// JSON Pointer from the root of its file.
    pub pointer: String,
    /// The file, as it was named on reading.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// One difference between two documents that a client can feel. A change in a shared component is one change, with every operation
/// that it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What kind of change it is; a stable word of the catalogue, such as `response-property-removed`.
    pub id: String,
    /// What it means to a client.
    pub class: Class,
    /// The first of `operations`; missing where the change reaches none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Every operation that the change reaches, as `GET /path`, by path and method. A webhook's is `POST webhook:name`.
    pub operations: Vec<String>,
    /// Where it stood, or what held it, in the base document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Side>,
    /// Where it stands, or what holds it, in the revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Side>,
    /// One sentence that says what changed, for people; its words may change.
    pub text: String,
}

/// What a comparison gives: the changes, sorted by what they reach, where they stand and their ids. The same documents and options give
/// the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Report {
    /// The most serious class among the changes; `None` where nothing changed.
    pub fn worst(&self) -> Option<Class> {
        self.changes.iter().map(|change| change.class).max()
    }

    /// How many changes have a class.
    pub fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }

    /// The report as JSON, indented by two spaces, with a line break at its end.
    pub fn to_json(&self) -> String {
        // A report holds texts and numbers only, so it always has a text.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
