//! What a request is made of, beside its parameters.

use super::{Path, Shape, Style};

/// Where a value stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A parameter, by its index in [`super::Operation::parameters`].
    Parameter(usize),
    /// One property of a parameter that is an object, by the parameter's index: `gte` of `created[gte]`.
    Property(usize, &'static str),
    /// A field of the body, which is JSON or a form.
    Field {
        /// The keys that lead there. In a form the further ones stand in brackets.
        path: Path,
        /// Whether it is written as a number.
        number: bool,
    },
}

/// Where an operation's path is put behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The base URL of [`super::Server`].
    Server,
    /// The same origin, with this path in place of the base URL's: `/v2`, or empty. No slash at its end.
    Path(&'static str),
    /// One of [`super::Server::others`], by its index.
    Other(usize),
}

/// A further server that the manifest allows.
#[derive(Debug)]
pub struct OtherServer {
    /// Name in the manifest. The config value `NAME_base_url` puts another URL in its place.
    pub name: &'static str,
    /// Base URL without a slash at its end; may hold `{config}` variables.
    pub url: &'static str,
    /// Whether the connector's credential may be sent there.
    pub credential: bool,
}

/// Whether an operation is sent with the connector's credential. It is settled when the connector is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Without: the document says that the operation needs none.
    None,
    /// With it where the configuration has one.
    Optional,
    /// With it.
    Required,
}

/// One part of a multipart body.
#[derive(Debug)]
pub struct Part {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether a body without it is refused before it is sent.
    pub required: bool,
    /// Whether it is a file.
    pub file: bool,
    /// Its media type, where the document declares one. Without it a text has none, an object is JSON and a file is bytes.
    pub media_type: Option<&'static str>,
    /// Further headers of the part.
    pub headers: &'static [(&'static str, &'static str)],
    /// What it holds.
    pub shape: Shape,
}

/// How the fields of a form or the parts of a body are written that declare a style: name, style, and whether it is exploded.
pub type Styles = &'static [(&'static str, Style, bool)];
