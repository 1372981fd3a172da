//! The manifest's error map.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::Constant;
use crate::source::Spanned;

/// What an answer means that passes all of these tests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// Statuses: `409`, `5xx`, `400-403`. Without this: all from 400, and where `body` is tested all others too.
    #[schemars(length(min = 1))]
    pub status: Option<Vec<Spanned<Constant>>>,
    /// What has to be true of a header.
    pub header: Option<HeaderTest>,
    /// What has to be true of the JSON of the body.
    pub body: Option<BodyTest>,
    /// The operations whose answers it judges: ids, `METHOD /path`, `tag:NAME`. Without this: all.
    #[schemars(length(min = 1))]
    pub operations: Option<Vec<Spanned<String>>>,
    /// What such an answer means.
    pub action: Spanned<Action>,
    /// Who has to act, where the action is `fail`.
    pub fault: Option<Spanned<Fault>>,
    /// What to do, where the action is `fail`: one sentence.
    pub message: Option<Spanned<String>>,
}

/// What has to be true of a header: exactly one of `equals`, `contains` and `present`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["equals"]}, {"required": ["contains"]}, {"required": ["present"]}
]))]
pub struct HeaderTest {
    /// The header.
    pub name: Spanned<String>,
    /// It is this text.
    pub equals: Option<Spanned<Constant>>,
    /// This text stands in it, in small or capital letters.
    pub contains: Option<Spanned<String>>,
    /// It is there: `present: true`.
    pub present: Option<Spanned<bool>>,
}

/// What has to be true of a value of the body: exactly one of `equals`, `contains` and `present`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["equals"]}, {"required": ["contains"]}, {"required": ["present"]}
]))]
pub struct BodyTest {
    /// Path of the value: `error.code`, or `.` for the whole body.
    pub path: Spanned<String>,
    /// It is this text, number or boolean.
    pub equals: Option<Spanned<Constant>>,
    /// This text stands in it, in small or capital letters; in a list or an object, anywhere in its JSON.
    pub contains: Option<Spanned<String>>,
    /// It is there, and neither null nor false nor empty: `present: true`.
    pub present: Option<Spanned<bool>>,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A failure that passes: tried again where the operation may be repeated.
    Retry,
    /// Not processed: tried again for every operation, after the wait that the server asks for.
    Rejected,
    /// The credential is no longer good: tried once more with a new one.
    Refresh,
    /// As good as success, with nothing in it.
    Ignore,
    /// This partition of the stream cannot be read; the others can.
    SkipPartition,
    /// It fails, with `fault` and `message`.
    Fail,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The user of the connector, who has to change the configuration or the credential.
    Configuration,
    /// Whoever calls: the request asks for what the API does not do.
    Request,
    /// The vendor.
    Server,
}
