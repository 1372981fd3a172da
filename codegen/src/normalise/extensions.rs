//! Keys that this stage adds to the extensions of schemas and path items for what `openapiv3` has no field for.

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

/// A text: `contentEncoding` of a string, for example `base64`.
pub const CONTENT_ENCODING: &str = "x-linchpin-content-encoding";

/// A text: `contentMediaType` of a string, for example `application/octet-stream`.
pub const CONTENT_MEDIA_TYPE: &str = "x-linchpin-content-media-type";

/// `true` on a media type whose schema is an array of what the document describes with `itemSchema`.
pub const ITEM_SCHEMA: &str = "x-linchpin-item-schema";
