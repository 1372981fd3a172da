//! What an API was seen to serve that its document does not say, as a proposed overlay: what would make the document true again, with the
//! evidence for it. It is for people to review, and applied by nobody here. Form and rules: OpenAPI Overlay 1.1
//! (<https://spec.openapis.org/overlay/v1.1.0.html>).
//!
//! Connectors propose by it for a document alone, the workspace's command line for a document under its overlay; so both propose the same.
//! It knows no connector, and of documents only what it takes to find the schema of a place in an answer.

mod document;
mod maker;
mod schema;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use document::Document;
pub use maker::propose;

/// What a document has to say of a place so that an observation is no longer beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Null comes.
    Null,
    /// Values of other types come: those of [`Finding::observed`].
    Types,
    /// Texts come that an enum does not list: [`Finding::values`].
    Texts,
    /// Texts are not written in the format.
    Format,
    /// A field comes, or keys that are data where the last token of the pointer is `*`.
    Field,
    /// A field that is required does not always come.
    Optional,
    /// Answers have a status that is not described.
    Status,
    /// Answers have a media type that is not described.
    MediaType,
    /// Values come beyond bounds: `beyond KEYWORD` of [`Finding::observed`].
    Bounds,
    /// A field does not come any more.
    Deprecated,
    /// No document can say it; why, or what to do instead.
    Person(String),
}

/// One thing that was seen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The stream that showed it.
    pub stream: String,
    /// The stream's operation, `GET /path`.
    pub operation: String,
    /// Status of the answers; 0 where it is of no answer.
    pub status: u16,
    /// JSON Pointer into their body, with `*` for any item and any key that is data.
    pub pointer: String,
    /// The word for what it is.
    pub kind: String,
    /// What the document has to say.
    pub need: Need,
    /// What was there: JSON types, media types or bounds.
    pub observed: Vec<String>,
    /// Texts of an enum, where they are known.
    pub values: Vec<String>,
    /// Records, or answers, that showed it.
    pub seen: u64,
    /// Records that were looked at.
    pub checked: u64,
    /// Runs that met it.
    pub runs: u64,
    /// When it came, by RFC 3339 in UTC.
    pub first_seen: String,
    /// When it was last met.
    pub last_seen: String,
}

/// One action of an overlay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// JSONPath (RFC 9535) of what is changed. It matches once.
    pub target: String,
    /// Why.
    pub description: String,
    /// Whether the target is removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// What is merged into the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<Value>,
    /// What was seen.
    #[serde(rename = "x-drift")]
    pub evidence: Evidence,
}

/// Why an action is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    stream: String,
    kinds: Vec<String>,
    pointer: String,
    seen: u64,
    checked: u64,
    runs: u64,
    first_seen: String,
    last_seen: String,
}

/// What is proposed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// Actions that do something, in the order in which they have to be applied.
    pub actions: Vec<Action>,
    /// What is not proposed, and why: a sentence of one line each.
    pub notes: Vec<String>,
}

/// An overlay, in the order in which its keys are read.
#[derive(Serialize)]
struct Overlay<'p> {
    overlay: &'static str,
    info: Info<'p>,
    actions: &'p [Action],
}

#[derive(Serialize)]
struct Info<'p> {
    title: String,
    version: &'p str,
}

impl Proposal {
    /// The actions as an Overlay 1.1 in YAML, or nothing where there are none: an overlay has one at least. `connector` is a name, `version`
    /// the overlay's own, such as the day.
    ///
    /// # Errors
    /// YAML has no form for an action; there is none of that kind.
    pub fn to_overlay(&self, connector: &str, version: &str) -> Result<String, serde_yaml::Error> {
        if self.actions.is_empty() {
            return Ok(String::new());
        }
        let title = format!("What {connector} serves that its document does not say");
        let info = Info { title, version };
        serde_yaml::to_string(&Overlay { overlay: "1.1.0", info, actions: &self.actions })
    }

    /// The actions as items of a list in YAML, without indentation.
    ///
    /// # Errors
    /// As of [`Self::to_overlay`].
    pub fn to_items(&self) -> Result<String, serde_yaml::Error> {
        if self.actions.is_empty() { Ok(String::new()) } else { serde_yaml::to_string(&self.actions) }
    }

    /// The notes as comments, a line each.
    pub fn to_comments(&self) -> String {
        self.notes
            .iter()
            .map(|note| format!("# Not proposed: {}\n", note.replace(['\n', '\r'], " ")))
            .collect()
    }
}
