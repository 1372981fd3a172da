//! Shapes: what a JSON value holds, as static data. One table serves the decoder (field names to indexes), `discover` (JSON Schema),
//! the sandbox (made-up values) and drift (what was expected). Shapes refer to each other through statics, so they may be cyclic.

use super::Media;

/// What a JSON value holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text, with OpenAPI's `format`, or "" for none.
    String(&'static str),
    /// One of several texts, and others that the API may add.
    Enum(&'static EnumShape),
    /// A list.
    Array(&'static Shape),
    /// A list whose first items have shapes of their own.
    Tuple(&'static TupleShape),
    /// An object whose keys are data.
    Map(&'static Shape),
    /// An object with fields.
    Object(&'static ObjectShape),
    /// One of several shapes.
    Union(&'static UnionShape),
    /// That shape, or null.
    Nullable(&'static Shape),
    /// No value at all: what keys beside the fields of an object hold, where the document allows none.
    Never,
}

/// An object with named fields.
#[derive(Debug)]
pub struct ObjectShape {
    /// Name of its type in the generated crate.
    pub name: &'static str,
    /// Its fields. The generated decoder refers to them by index.
    pub fields: &'static [FieldShape],
    /// What keys beside the fields hold, where the document says so; `None` where it says nothing about them, [`Additional::NONE`] where it
    /// allows none. Such keys are read like any that are unknown.
    pub additional: Option<Additional>,
}

impl ObjectShape {
    /// What keys beside the fields hold, where the document describes them.
    pub fn others(&self) -> Option<&Shape> {
        self.additional
            .as_ref()
            .map(|additional| &additional.shape)
            .filter(|shape| !matches!(shape, Shape::Never))
    }
}

/// What keys beside the fields of an object hold.
#[derive(Clone, Copy, Debug)]
pub struct Additional {
    /// What their values are.
    pub shape: Shape,
    /// What the document says of their values beyond their type.
    pub bounds: Option<&'static Bounds>,
}

impl Additional {
    /// There are no such keys.
    pub const NONE: Self = Self::new(Shape::Never);

    /// Values of a shape.
    pub const fn new(shape: Shape) -> Self {
        Self { shape, bounds: None }
    }

    /// The same with bounds.
    pub const fn within(self, bounds: &'static Bounds) -> Self {
        Self { bounds: Some(bounds), ..self }
    }
}

/// What a document says of the values of a field beyond their type (JSON Schema 2020-12 validation, 6). Nothing that is read is refused for
/// it; what is beyond them is counted as drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// `minimum`
    pub minimum: Option<f64>,
    /// `maximum`
    pub maximum: Option<f64>,
    /// `exclusiveMinimum`, as a number
    pub exclusive_minimum: Option<f64>,
    /// `exclusiveMaximum`, as a number
    pub exclusive_maximum: Option<f64>,
    /// `multipleOf`
    pub multiple_of: Option<f64>,
    /// `minLength`, in characters
    pub min_length: Option<u64>,
    /// `maxLength`, in characters
    pub max_length: Option<u64>,
    /// `minItems`
    pub min_items: Option<u64>,
    /// `maxItems`
    pub max_items: Option<u64>,
    /// `uniqueItems`
    pub unique_items: bool,
    /// `minProperties`
    pub min_properties: Option<u64>,
    /// `maxProperties`
    pub max_properties: Option<u64>,
    /// `pattern`, as the document writes it: ECMA-262, and one that `linchpin_pattern` reads
    pub pattern: Option<&'static str>,
    /// `enum`, of numbers; none where any may come.
    pub listed: &'static [f64],
    /// Of each item of a list, and of each value of an object whose keys are data.
    pub each: Option<&'static Bounds>,
}

impl Bounds {
    /// No bound.
    pub const NONE: Self = Self {
        minimum: None,
        maximum: None,
        exclusive_minimum: None,
        exclusive_maximum: None,
        multiple_of: None,
        min_length: None,
        max_length: None,
        min_items: None,
        max_items: None,
        unique_items: false,
        min_properties: None,
        max_properties: None,
        pattern: None,
        listed: &[],
        each: None,
    };
}

/// One field of an object.
#[derive(Debug)]
pub struct FieldShape {
    /// Name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// [`FieldShape::REQUIRED`] and the other flags, or-ed.
    pub flags: u8,
    /// What the document says of its values beyond their type.
    pub bounds: Option<&'static Bounds>,
}

impl FieldShape {
    /// A value without this field is no value of its type.
    pub const REQUIRED: u8 = 1;
    /// Only in responses.
    pub const READ_ONLY: u8 = 2;
    /// Only in requests.
    pub const WRITE_ONLY: u8 = 4;
    /// Going away.
    pub const DEPRECATED: u8 = 8;
    /// Never shown by `Debug` (`format: password`).
    pub const SECRET: u8 = 16;

    /// A field.
    pub const fn new(name: &'static str, shape: Shape, flags: u8) -> Self {
        Self { name, shape, flags, bounds: None }
    }

    /// The field with bounds of its values.
    pub const fn within(self, bounds: &'static Bounds) -> Self {
        Self { bounds: Some(bounds), ..self }
    }

    /// Whether the flag is set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A list whose first items have shapes of their own.
#[derive(Debug)]
pub struct TupleShape {
    /// The first items.
    pub items: &'static [Shape],
    /// How many of them are always there.
    pub required: usize,
    /// What follows them.
    pub rest: Shape,
}

/// A set of texts.
#[derive(Debug)]
pub struct EnumShape {
    /// Name of its type in the generated crate.
    pub name: &'static str,
    /// The texts that the document lists.
    pub values: &'static [&'static str],
}

/// One of several shapes.
#[derive(Debug)]
pub struct UnionShape {
    /// Name of its type in the generated crate.
    pub name: &'static str,
    /// The property that names the variant, where the document declares one.
    pub discriminator: Option<&'static str>,
    /// In the order in which they are tried. The generated decoder refers to them by index.
    pub variants: &'static [Variant],
}

/// One alternative of a union.
#[derive(Debug)]
pub struct Variant {
    /// Its shape.
    pub shape: Shape,
    /// What tells it from the others.
    pub test: VariantTest,
}

/// What tells a variant of a union from the others.
#[derive(Debug)]
pub enum VariantTest {
    /// The discriminator has one of these values.
    Tag(&'static [&'static str]),
    /// The JSON type alone decides: no other variant is of that type.
    Type,
    /// The value has this key, which no other variant requires or knows.
    Key(&'static str),
    /// The property holds one of these texts, or one of these numbers or booleans as JSON.
    Constant(&'static str, &'static [&'static str]),
    /// The status of the answer, not the value: the union is what the responses of an operation hold.
    Status {
        /// Lowest status; 0 for `default`.
        from: u16,
        /// Highest status; 999 for `default`.
        to: u16,
        /// Encoding of the body; [`Media::Empty`] for a variant without a value.
        media: Media,
    },
    /// Nothing: it is tried in its turn.
    Order,
}
