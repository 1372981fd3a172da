//! Keys that this stage adds to the extensions of schemas, parameters and path items for what `openapiv3` has no field for.

/// A text: the method, in upper case, of the one operation of a path item, which stands as its `post`. The item's key is
/// `METHOD /path`, which no path of a document can be, and [`PATH`] stands beside.
pub const METHOD: &str = "x-linchpin-method";

/// A text: the path of a path item that has [`METHOD`].
pub const PATH: &str = "x-linchpin-path";

/// A number: how many leading items of an array schema have a schema of their own (`prefixItems`). Those schemas are the
/// first members of the `anyOf` that stands as `items`; a further member is the schema of the rest.
pub const PREFIX_ITEMS: &str = "x-linchpin-prefix-items";

/// A list of regular expressions: the keys of `patternProperties`. The schemas stand as `additionalProperties`, several
/// of them as its `anyOf`.
pub const PATTERN_PROPERTIES: &str = "x-linchpin-pattern-properties";

/// `true` on an `anyOf` that stands as `additionalProperties` and lists what keys of several patterns hold.
pub const PATTERN_VALUES: &str = "x-linchpin-pattern-values";

/// A text: `contentEncoding` of a string, for example `base64`.
pub const CONTENT_ENCODING: &str = "x-linchpin-content-encoding";

/// A text: `contentMediaType` of a string, for example `application/octet-stream`.
pub const CONTENT_MEDIA_TYPE: &str = "x-linchpin-content-media-type";

/// An object at a schema: its `xml` keyword, as it stands.
pub const XML: &str = "x-linchpin-xml";

/// `true` on a media type whose schema is an array of what the document describes with `itemSchema`.
pub const ITEM_SCHEMA: &str = "x-linchpin-item-schema";

/// `true` at a parameter or encoding: its items stand with tabs between them (Swagger 2.0, `tsv`).
pub const TABS: &str = "x-linchpin-tabs";

/// `true` at a query parameter: it is the whole query string (OpenAPI 3.2).
pub const QUERY_STRING: &str = "x-linchpin-query-string";

/// A text at a parameter: its style, where its place has no field for it: `cookie` (OpenAPI 3.2), `spaceDelimited` and `pipeDelimited`
/// (Swagger 2.0, `ssv` and `pipes` outside of the query).
pub const STYLE: &str = "x-linchpin-style";
