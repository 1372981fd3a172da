//! Infer: a normalised document and its API become a proposal of a manifest. Every line of it has a reason and a confidence, and what
//! could not be decided is listed. Nothing here is vendor's lore: the rules are the conventions that APIs share.
//!
//! [`propose`] guesses, `draft` writes what it guessed as `connector.yaml`, and checks that against the document by the stages that
//! will read it: what they refuse is taken back, with their reason.

mod auth;
mod cursor;
mod draft;
mod keys;
mod limits;
mod paging;
mod parents;
mod run;
mod schema;
mod schemes;
mod server;
mod shape;
mod streams;
mod words;
mod yaml;

use indexmap::IndexMap;
use serde::Serialize;

pub use auth::{AuthGuess, AuthWay};
pub use cursor::{CursorGuess, WindowGuess};
pub use draft::{Draft, Selection};
pub use keys::Requirement;
pub(crate) use keys::is_local_key;
pub use limits::LimitGuess;
pub use paging::{PagingGuess, PagingKind, Size};
pub use parents::ParentGuess;
pub use run::{Inferred, infer, texts};
pub use schemes::SchemeGuess;
pub use server::ServerGuess;
pub use streams::{StreamGuess, ValueGuess};

use crate::model::{Api, operations};
use crate::normalise::Normalised;

/// How much speaks for a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Something speaks for it, and it may well be wrong: it stands in the manifest as a comment only.
    Low,
    /// Several things speak for it, none of which is a declaration.
    Medium,
    /// The document says so.
    High,
}

impl Confidence {
    /// As it is written: `high`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A guess with its grounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guess<T> {
    /// What is guessed.
    pub value: T,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

/// Something that a person has to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The operations, streams or keys of the manifest that it is about.
    pub about: Vec<String>,
    /// What is not known, and what to do.
    pub question: String,
}

impl Undecided {
    /// Names that [`Self::heading`] shows.
    const SHOWN: usize = 4;

    pub(crate) fn new(about: impl Into<String>, question: impl Into<String>) -> Self {
        Self { about: vec![about.into()], question: question.into() }
    }

    /// What it is about, in short: `GET /a, GET /b and 12 more`.
    pub fn heading(&self) -> String {
        let shown = self.about.iter().take(Self::SHOWN).cloned().collect::<Vec<_>>().join(", ");
        match self.about.len().checked_sub(Self::SHOWN).filter(|rest| *rest > 0) {
            Some(rest) => format!("{shown} and {rest} more"),
            None => shown,
        }
    }

    /// The same question is asked once, of all that it is about.
    pub(crate) fn together(all: Vec<Self>) -> Vec<Self> {
        let mut asked: IndexMap<String, Vec<String>> = IndexMap::new();
        for undecided in all {
            let about = asked.entry(undecided.question).or_default();
            let new = undecided.about.into_iter().filter(|name| !about.contains(name)).collect::<Vec<_>>();
            about.extend(new);
        }
        asked.into_iter().map(|(question, about)| Self { about, question }).collect()
    }
}

/// One operation that lists records.
#[derive(Clone, Debug, Serialize)]
pub struct ListGuess {
    /// `GET /path`.
    pub operation: String,
    /// Its operation id.
    pub id: String,
    /// Path of the records in the body as a manifest writes it; `None` where the document does not say.
    pub record_path: Option<String>,
    /// Whether the records are the values of a map, which no manifest can name.
    pub record_map: bool,
    /// How it is paged.
    pub paging: PagingGuess,
}

/// What a manifest could say.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// `info.title`, in one line.
    pub title: String,
    /// Where the API is.
    pub server: ServerGuess,
    /// How requests are authorised.
    pub auth: AuthGuess,
    /// Operations that list records.
    pub lists: Vec<ListGuess>,
    /// Paging schemes, each for all operations that page alike.
    pub schemes: Vec<SchemeGuess>,
    /// Limits that the document declares.
    pub limits: LimitGuess,
    /// What can be synced.
    pub streams: Vec<StreamGuess>,
    /// Header that carries an idempotency key, by the operations that declare it.
    pub idempotency: Vec<(String, String)>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
}

/// What a manifest for a document could say. `api` is made of all of the document's operations.
pub fn propose(normalised: &Normalised, api: &Api) -> Proposal {
    propose_with(normalised, api, auth::carried(normalised, api).as_ref())
}

/// As [`propose`], where the credentials that operations carry were taken out of them already.
fn propose_with(normalised: &Normalised, api: &Api, carried: Option<&auth::Carried>) -> Proposal {
    let document = &normalised.document;
    let mut undecided = Vec::new();
    let mut shapes = Vec::new();
    for (operation, (_, item, source)) in api.operations.iter().zip(operations::each(document)) {
        shapes.push(shape::Shape::of(document, api, operation, item, source));
    }
    let lists = paging::lists(&shapes);
    undecided.extend(paging::unread(&shapes));
    let schemes = schemes::group(&lists);
    let streams = streams::streams(api, &lists, &mut undecided);
    Proposal {
        title: document.info.title.split_whitespace().collect::<Vec<_>>().join(" "),
        server: server::server(document, &mut undecided),
        auth: auth::auth(normalised, api, carried, &mut undecided),
        schemes,
        limits: limits::limits(document, &mut undecided),
        streams,
        idempotency: idempotency(api),
        lists: lists.into_iter().map(|list| list.guess).collect(),
        undecided,
    }
}

/// Header parameters that carry an idempotency key, of the operations that write.
fn idempotency(api: &Api) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for operation in api
        .operations
        .iter()
        .filter(|operation| matches!(operation.head.method.as_str(), "POST" | "PATCH" | "PUT" | "DELETE"))
    {
        let header = operation.parameters.iter().find(|parameter| {
            parameter.location == crate::model::ParameterLocation::Header
                && matches!(
                    words::canonical(&parameter.name).trim_start_matches("x_"),
                    "idempotency_key"
                        | "idempotence_key"
                        | "idempotency_token"
                        | "idempotencykey"
                        | "request_idempotency_key"
                )
        });
        found.extend(header.map(|header| (operation.head.id.clone(), header.name.clone())));
    }
    found
}
