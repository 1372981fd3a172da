//! What the model stage gives: the API as operations and a graph of types, with every name settled.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::outcome::Outcome;

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
    /// Methods by the id of their operation.
    pub methods: BTreeMap<String, String>,
    /// Types by their places: the JSON Pointer of the schema in the normalised document, or of several that describe a value together. A type
    /// that stands in several places has a name for each.
    pub types: BTreeMap<String, String>,
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
    /// OAuth 2.
    OAuth2,
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
    /// Request body.
    pub body: Option<Body>,
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

    /// The uses of types by its parameters, its body, its responses and what they give together, in this order.
    pub fn uses(&self) -> impl Iterator<Item = TypeRef> {
        let contents =
            self.responses.iter().flat_map(|response| response.content.iter().chain(&response.items));
        let contents = self.body.iter().map(|body| &body.content).chain(contents);
        let parameters = self.parameters.iter().map(|parameter| parameter.type_ref);
        parameters.chain(contents.map(|content| content.type_ref)).chain(self.outcome.uses())
    }

    /// The same uses, to be changed.
    pub(super) fn uses_mut(&mut self) -> impl Iterator<Item = &mut TypeRef> {
        let contents = self
            .responses
            .iter_mut()
            .flat_map(|response| response.content.iter_mut().chain(&mut response.items));
        let contents = self.body.iter_mut().map(|body| &mut body.content).chain(contents);
        let parameters = self.parameters.iter_mut().map(|parameter| &mut parameter.type_ref);
        parameters.chain(contents.map(|content| &mut content.type_ref)).chain(self.outcome.uses_mut())
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
    /// JSON Pointer in the normalised document; empty for one that the manifest added.
    pub pointer: String,
}

/// A request body.
#[derive(Clone, Debug)]
pub struct Body {
    /// Whether the operation needs it.
    pub required: bool,
    /// `description`.
    pub description: Option<String>,
    /// Its encoding and type: the first of JSON, form, text, bytes that the document offers.
    pub content: Content,
    /// JSON Pointer in the normalised document.
    pub pointer: String,
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

/// Index of a type in [`Types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(super) u32);

/// A use of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeRef {
    /// Which type.
    pub id: TypeId,
    /// Whether null may stand in its place.
    pub nullable: bool,
    /// Which of the type's names this use gives it.
    pub(crate) place: u32,
}

impl TypeRef {
    /// A use of a type under its own name.
    pub fn new(id: TypeId, nullable: bool) -> Self {
        Self { id, nullable, place: 0 }
    }
}

/// All types of an API. The graph may be cyclic.
#[derive(Clone, Debug, Default)]
pub struct Types {
    pub(super) all: Vec<Type>,
}

impl Union {
    /// Whether the status of the answer tells its variants apart.
    pub fn is_by_status(&self) -> bool {
        self.variants.iter().any(|variant| matches!(variant.test, VariantTest::Status { .. }))
    }
}

impl Types {
    /// The type of that id.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.all[id.0 as usize]
    }

    /// Adds a type.
    pub fn add(&mut self, new: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(new);
        id
    }

    /// Every type with its id, in the order in which they were reached.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.all
            .iter()
            .enumerate()
            .map(|(index, kind)| (TypeId(u32::try_from(index).unwrap_or(u32::MAX)), kind))
    }

    /// The name of a type in one of its uses.
    pub fn name_in(&self, used: TypeRef) -> Option<&str> {
        let found = self.get(used.id);
        found.place_names.get(used.place as usize).or(found.name.as_ref()).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// One type.
#[derive(Clone, Debug)]
pub struct Type {
    /// JSON Pointer of its schema in the normalised document: what makes it the same type in another version of the document.
    pub pointer: String,
    /// Name of the generated item: objects, enums and unions have one, others are written in place.
    pub name: Option<String>,
    /// The names that each of its places in the document gives it; the first is its own.
    pub place_names: Vec<String>,
    /// `title` and `description`.
    pub description: Option<String>,
    /// `deprecated`.
    pub deprecated: bool,
    /// What it is.
    pub kind: TypeKind,
}

impl Type {
    /// All its names, its own first; the same name can come twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.name.iter().chain(&self.place_names).map(String::as_str)
    }

    /// The names that it has beside its own, by the alphabet.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        let others = self.place_names.iter().filter(|alias| Some(*alias) != self.name.as_ref());
        others.map(String::as_str).collect::<BTreeSet<&str>>().into_iter()
    }
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer(IntegerFormat),
    /// A number.
    Number(NumberFormat),
    /// Text, with its `format` ("" for none).
    Text(String),
    /// One of several texts; open.
    Enum(Vec<EnumValue>),
    /// A list.
    Array(TypeRef),
    /// An object whose keys are data.
    Map(TypeRef),
    /// An object with fields.
    Object(Object),
    /// One of several.
    Union(Union),
}

impl TypeKind {
    /// Whether items of this kind have a name; others are written in place.
    pub fn is_named(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Enum(_) | Self::Union(_))
    }

    /// The uses of other types, in the order in which they stand.
    pub fn uses(&self) -> Vec<TypeRef> {
        match self {
            Self::Array(held) | Self::Map(held) => vec![*held],
            Self::Object(object) => {
                object.fields.iter().map(|field| field.type_ref).chain(object.additional).collect()
            }
            Self::Union(union) => union.variants.iter().map(|variant| variant.type_ref).collect(),
            Self::Any
            | Self::Boolean
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Enum(_) => Vec::new(),
        }
    }

    /// The same uses, to be changed.
    pub(super) fn uses_mut(&mut self) -> Vec<&mut TypeRef> {
        match self {
            Self::Array(held) | Self::Map(held) => vec![held],
            Self::Object(object) => object
                .fields
                .iter_mut()
                .map(|field| &mut field.type_ref)
                .chain(&mut object.additional)
                .collect(),
            Self::Union(union) => union.variants.iter_mut().map(|variant| &mut variant.type_ref).collect(),
            Self::Any
            | Self::Boolean
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Enum(_) => Vec::new(),
        }
    }
}

/// Width of a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Rust's")]
pub enum IntegerFormat {
    I32,
    I64,
    U64,
}

/// Kind of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    /// Digits are kept: no format was given, so it may be money.
    Digits,
    /// `float` and `double`.
    F64,
}

/// One text of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumValue {
    /// On the wire.
    pub value: String,
    /// Name of the variant.
    pub ident: String,
}

/// An object with fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// In the document's order.
    pub fields: Vec<Field>,
    /// What other keys hold, where the document says so.
    pub additional: Option<TypeRef>,
}

impl Object {
    /// The field of that wire name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// One field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Name in the generated crate.
    pub ident: String,
    /// What it holds.
    pub type_ref: TypeRef,
    /// Whether it is always there.
    pub required: bool,
    /// `readOnly`.
    pub read_only: bool,
    /// `writeOnly`.
    pub write_only: bool,
    /// `deprecated`.
    pub deprecated: bool,
    /// Never shown by `Debug` (`format: password`).
    pub secret: bool,
    /// `description`.
    pub description: Option<String>,
    /// Held in a `Box`, because the type would contain itself.
    pub boxed: bool,
}

/// One of several types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Union {
    /// Property that names the variant, where the document declares one.
    pub discriminator: Option<String>,
    /// In the document's order.
    pub variants: Vec<Variant>,
}

/// One alternative of a union.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Name of the enum's variant.
    pub ident: String,
    /// Its type.
    pub type_ref: TypeRef,
    /// What tells it from the others.
    pub test: VariantTest,
    /// Held in a `Box`, because the type would contain itself.
    pub boxed: bool,
}

impl Variant {
    /// Whether it stands for an answer without a body.
    pub fn is_empty(&self) -> bool {
        matches!(self.test, VariantTest::Status { media: None, .. })
    }
}

/// What tells a variant from the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VariantTest {
    /// The discriminator has one of these values.
    Tag(Vec<String>),
    /// The JSON type alone.
    Type,
    /// A key that no other variant knows.
    Key(String),
    /// A property with one of these texts.
    Constant(String, Vec<String>),
    /// The status of the answer.
    Status {
        /// Lowest status; 0 for `default`.
        from: u16,
        /// Highest status; 999 for `default`.
        to: u16,
        /// Encoding of the body; `None` for a variant without a value.
        media: Option<Media>,
    },
    /// Nothing: it is tried in its turn.
    Order,
}
