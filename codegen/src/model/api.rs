//! What the model stage gives: the API as operations, and the graph of types that they reach ([`super::graph`]).

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::graph::{TypeRef, Types};
use super::outcome::Outcome;
pub use super::requests::Several;

/// An API: the selected operations of a document and the types that they reach.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// `info.description`.
    pub description: Option<String>,
    /// Server URLs of the document, in its order; only suggestions, since a document's hosts are not trusted.
    pub servers: Vec<String>,
    /// `components.securitySchemes`, by name.
    pub security_schemes: IndexMap<String, SecurityScheme>,
    /// The selected operations, in the document's order.
    pub operations: Vec<Operation>,
    /// The types that they reach.
    pub types: Types,
    /// The names that were given, for later runs to keep.
    pub names: Names,
}

/// Names that were given to parts of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Methods by the id of their operation, and for those with another body its kind.
    pub methods: BTreeMap<String, String>,
    /// Types by their places: the JSON Pointer of the schema in the normalised document, or of several that describe a value together. A type
    /// that stands in several places has a name for each.
    pub types: BTreeMap<String, String>,
}

/// A flow of an OAuth 2 security scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2Flow {
    /// Which one.
    pub kind: OAuth2FlowKind,
    /// The authorization endpoint; `None` where the flow has none or does not say.
    pub authorization_url: Option<String>,
    /// The token endpoint, as above.
    pub token_url: Option<String>,
    /// The scopes that it knows.
    pub scopes: Vec<String>,
}

/// The flows of OpenAPI 3.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in OpenAPI")]
pub enum OAuth2FlowKind {
    Implicit,
    Password,
    ClientCredentials,
    AuthorizationCode,
}

/// A security scheme, as far as a manifest's `auth` is compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityScheme {
    /// HTTP basic.
    Basic,
    /// HTTP bearer.
    Bearer,
    /// A key: `header`, `query` or `cookie`, and its name.
    ApiKey {
        /// Where it goes.
        location: ParameterLocation,
        /// Its name there.
        name: String,
    },
    /// OAuth 2, with its flows.
    OAuth2(Vec<OAuth2Flow>),
    /// OpenID Connect, mutual TLS, other HTTP schemes.
    Other(String),
}

/// What is known of every operation of a document before any is modelled; a manifest's allow-list selects among these.
#[derive(Clone, Debug)]
pub struct OperationHead {
    /// `operationId`, or `METHOD /path` where there is none.
    pub id: String,
    /// HTTP method in upper case.
    pub method: String,
    /// Path template.
    pub path: String,
    /// Tags.
    pub tags: Vec<String>,
    /// JSON Pointer of the operation in the normalised document.
    pub pointer: String,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Id, method, path, tags, pointer.
    pub head: OperationHead,
    /// Name of its method in the generated crate: `list_tickets`.
    pub name: String,
    /// Its group: the first tag, else the first word of its path. Files and features are named after it.
    pub tag: String,
    /// `summary`.
    pub summary: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `deprecated`.
    pub deprecated: bool,
    /// Parameters: the path's and the operation's, without those that clients must not send (`Accept`, `Authorization`, ...).
    pub parameters: Vec<Parameter>,
    /// Request bodies.
    pub bodies: RequestBodies,
    /// Where the document sends it, the variables of each URL filled in with their defaults; empty where it has no servers of its own.
    pub servers: Vec<String>,
    /// Responses by status, in the document's order.
    pub responses: Vec<Response>,
    /// What its calls give.
    pub outcome: Outcome,
    /// Alternatives of required scheme names; an empty list inside means that none is needed. `None` where the document says nothing.
    pub security: Option<Vec<Vec<String>>>,
}

impl Operation {
    /// The response of success whose body a client decodes: the lowest 2xx that has a body, else the lowest 2xx, else `default`.
    pub fn success(&self) -> Option<&Response> {
        let successes = || self.responses.iter().filter(|response| response.from / 100 == 2);
        successes()
            .filter(|response| response.content.is_some())
            .min_by_key(|response| response.from)
            .or_else(|| successes().min_by_key(|response| response.from))
            .or_else(|| self.responses.iter().find(|response| response.from == 0))
    }

    /// Indexes of the responses of success: those of 2xx, else `default`.
    pub fn successes(&self) -> Vec<usize> {
        let of = |wanted: fn(u16) -> bool| {
            let responses = self.responses.iter().enumerate();
            responses.filter(move |(_, response)| wanted(response.from)).map(|(index, _)| index)
        };
        let declared: Vec<usize> = of(|from| from / 100 == 2).collect();
        if declared.is_empty() { of(|from| from == 0).collect() } else { declared }
    }

    /// The uses of types by its parameters, its bodies, its responses and what they give together, in this order.
    pub fn uses(&self) -> impl Iterator<Item = TypeRef> {
        let contents =
            self.responses.iter().flat_map(|response| response.content.iter().chain(&response.items));
        let parameters = self.parameters.iter().map(|parameter| parameter.type_ref);
        let responses = contents.map(|content| content.type_ref).chain(self.outcome.uses());
        parameters.chain(self.bodies.uses()).chain(responses)
    }

    /// The same uses, to be changed.
    pub(super) fn uses_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        let contents = self
            .responses
            .iter_mut()
            .flat_map(|response| response.content.iter_mut().chain(&mut response.items));
        let parameters = self.parameters.iter_mut().map(|parameter| &mut parameter.type_ref);
        let responses = contents.map(|content| &mut content.type_ref).chain(self.outcome.uses_mut());
        parameters.chain(self.bodies.uses_mut()).chain(responses)
    }

    /// The parameter of that name and place, with its index.
    pub fn parameter(&self, name: &str) -> Option<(usize, &Parameter)> {
        self.parameters.iter().enumerate().find(|(_, parameter)| parameter.name == name)
    }
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are OpenAPI's")]
pub enum ParameterLocation {
    Path,
    Query,
    QueryString,
    Header,
    Cookie,
}

/// How a parameter's arrays and objects are written (OAS 3.1, 4.8.12.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are OpenAPI's; `Json` stands for `content: application/json`")]
pub enum ParameterStyle {
    Form,
    Simple,
    Matrix,
    Label,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    Json,
    TabDelimited,
    Cookie,
}

/// One parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Name in the generated crate.
    pub ident: String,
    /// Where it goes.
    pub location: ParameterLocation,
    /// Whether a call without it makes no sense to the server.
    pub required: bool,
    /// How arrays and objects are written.
    pub style: ParameterStyle,
    /// Whether each value of an array or object is a pair of its own.
    pub explode: bool,
    /// Whether reserved characters stay as they are.
    pub allow_reserved: bool,
    /// `description`.
    pub description: Option<String>,
    /// `deprecated`.
    pub deprecated: bool,
    /// What it holds.
    pub type_ref: TypeRef,
    /// What the schema says of the value beyond its type, as with a field.
    pub remarks: Vec<String>,
    /// JSON Pointer in the normalised document; empty for one that the manifest added.
    pub pointer: String,
}

/// The bodies that an operation takes.
#[derive(Clone, Debug, Default)]
pub struct RequestBodies {
    /// That of its method.
    pub body: Option<Body>,
    /// Those that can carry what the first cannot; each has a method of its own.
    pub others: Vec<OtherBody>,
    /// Media types of the rest, which carry nothing else.
    pub left_out: Vec<String>,
}

impl RequestBodies {
    /// The uses of types in them.
    pub fn uses(&self) -> impl Iterator<Item = TypeRef> {
        let all = self.body.iter().chain(self.others.iter().map(|other| &other.body));
        all.flat_map(|body| {
            let parts = body.parts.iter().map(|part| part.type_ref);
            std::iter::once(body.content.type_ref).chain(parts)
        })
    }

    /// The same uses, to be changed.
    pub(super) fn uses_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        let all = self.body.iter_mut().chain(self.others.iter_mut().map(|other| &mut other.body));
        all.flat_map(|body| {
            let parts = body.parts.iter_mut().map(|part| &mut part.type_ref);
            std::iter::once(&mut body.content.type_ref).chain(parts)
        })
    }
}

/// A further body of an operation.
#[derive(Clone, Debug)]
pub struct OtherBody {
    /// Name of its method in the generated crate: `create_image_multipart`.
    pub name: String,
    /// What tells the method from the operation's other ones, for later runs: the operation's id and the kind of body.
    pub key: String,
    /// The body.
    pub body: Body,
}

/// A request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// Whether the operation needs it.
    pub required: bool,
    /// `description`.
    pub description: Option<String>,
    /// Its encoding and type.
    pub content: Content,
    /// The parts that the document names, for [`Media::Multipart`].
    pub parts: Vec<Part>,
    /// Whether parts that it does not name may be sent too.
    pub open: bool,
    /// Fields of a form, and parts, that declare how they are written.
    pub styles: Vec<FieldStyle>,
    /// JSON Pointer in the normalised document.
    pub pointer: String,
}

/// One part of a body.
#[derive(Clone, Debug)]
pub struct Part {
    /// Name on the wire.
    pub name: String,
    /// Name in the generated crate.
    pub ident: String,
    /// What it holds; of a file, bytes.
    pub type_ref: TypeRef,
    /// Whether it is always there.
    pub required: bool,
    /// Whether it is a file, and whether there may be several.
    pub file: Option<Several>,
    /// Its media type, where the document says it.
    pub media_type: Option<String>,
    /// Headers whose value the document fixes.
    pub headers: Vec<(String, String)>,
    /// Never shown by `Debug` (`format: password`).
    pub secret: bool,
    /// `description`.
    pub description: Option<String>,
    /// `deprecated`.
    pub deprecated: bool,
}

/// How a field of a form or a part is written (OAS 3.1, 4.8.15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStyle {
    /// Name on the wire.
    pub name: String,
    /// The style.
    pub style: ParameterStyle,
    /// Whether each value is a pair of its own.
    pub explode: bool,
}

/// A body's encoding and type.
#[derive(Clone, Debug)]
pub struct Content {
    /// How it is encoded.
    pub media: Media,
    /// The media type, as the document has it.
    pub media_type: String,
    /// What it holds.
    pub type_ref: TypeRef,
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Media {
    /// `application/json` and `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/*`, of requests.
    Multipart,
    /// `text/*`.
    Text,
    /// Anything else.
    Bytes,
    /// A JSON value a line. Only of responses, like the two that follow.
    JsonLines,
    /// JSON values after record separators, RFC 7464.
    JsonSequence,
    /// Server-sent events.
    EventStream {
        /// Whether the document describes an event with its `itemSchema`.
        by_item: bool,
    },
}

impl Media {
    /// Whether the body is a sequence of items; its type is that of one item.
    pub fn is_sequence(self) -> bool {
        matches!(self, Self::JsonLines | Self::JsonSequence | Self::EventStream { .. })
    }
}

/// One response.
#[derive(Clone, Debug)]
pub struct Response {
    /// Lowest status that it describes; 0 for `default`.
    pub from: u16,
    /// Highest status that it describes; 999 for `default`.
    pub to: u16,
    /// `description`.
    pub description: String,
    /// Its body; `None` where there is none.
    pub content: Option<Content>,
    /// The sequence of items that is offered beside it.
    pub items: Option<Content>,
    /// Names of its headers.
    pub headers: Vec<String>,
    /// JSON Pointer in the normalised document.
    pub pointer: String,
}
