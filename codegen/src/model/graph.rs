//! The graph of types: what requests and responses hold, with every name settled.

use std::collections::BTreeSet;

use super::api::Media;

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

    /// Marks a field of the objects whose schema has that pointer as always there and never null, as a document that says so would.
    pub(crate) fn require(&mut self, pointer: &str, name: &str) {
        for found in self.all.iter_mut().filter(|found| found.pointer == pointer) {
            let TypeKind::Object(object) = &mut found.kind else { continue };
            for field in object.fields.iter_mut().filter(|field| field.name == name) {
                field.required = true;
                field.type_ref.nullable = false;
            }
        }
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
    /// A list whose first items have types of their own.
    Tuple(Tuple),
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
            Self::Tuple(tuple) => tuple.items.iter().copied().chain([tuple.rest]).collect(),
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
            Self::Tuple(tuple) => tuple.items.iter_mut().chain([&mut tuple.rest]).collect(),
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

/// What a whole number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegerFormat {
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 64 bits.
    U64,
    /// A moment in seconds.
    UnixTime,
    /// Of any size: its digits are kept.
    Digits,
}

/// Kind of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    /// Digits are kept: no format was given, so it may be money.
    Digits,
    /// `double` and `float`.
    F64,
    /// A moment in seconds.
    UnixTime,
}

/// A list whose first items have types of their own (`prefixItems`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Their types; from one to [`Tuple::LONGEST`] of them.
    pub items: Vec<TypeRef>,
    /// How many of them are always there (`minItems`).
    pub required: usize,
    /// What follows them.
    pub rest: TypeRef,
}

impl Tuple {
    /// The runtime reads and writes no longer ones.
    pub const LONGEST: usize = 12;
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
    /// What the document says of their values beyond their type.
    pub additional_bounds: Option<Box<Bounds>>,
    /// Whether the document allows no other key.
    pub closed: bool,
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
    /// What the schema says of the value beyond its type: default, bounds, listed numbers. Each is one short sentence in Markdown.
    pub remarks: Vec<String>,
    /// The numbers and booleans that the schema lists, as JSON. Listed texts are a type of their own.
    pub listed: Vec<String>,
    /// Held in a `Box`, because the type would contain itself.
    pub boxed: bool,
    /// How it is written in XML, where that is not as an element of its name.
    pub xml: Option<FieldXml>,
    /// What the document says of its values beyond their type, where it says something that a program can hold values against.
    pub bounds: Option<Bounds>,
}

/// Bounds of a value; numbers as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The least, and whether that is itself too little.
    pub minimum: Option<(String, bool)>,
    /// The most, and whether that is itself too much.
    pub maximum: Option<(String, bool)>,
    /// `multipleOf`.
    pub multiple_of: Option<String>,
    /// Characters of a text: least and most.
    pub length: (Option<usize>, Option<usize>),
    /// Items of a list: least and most.
    pub items: (Option<usize>, Option<usize>),
    /// Whether no item of a list stands in it twice.
    pub unique_items: bool,
    /// Keys of an object: least and most.
    pub properties: (Option<usize>, Option<usize>),
    /// `pattern`, where texts can be held against it.
    pub pattern: Option<String>,
    /// The numbers that a value is one of, as JSON; listed texts are a type of their own.
    pub listed: Vec<String>,
    /// Bounds of each item of a list, or of each value of a map.
    pub each: Option<Box<Bounds>>,
}

/// What the `xml` keyword says of a field (OpenAPI 3.1, 4.8.26). Namespaces are left out: names are compared without their prefixes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldXml {
    /// Name of the element or attribute; of a list, of each of its items, or of the element around them if they are wrapped.
    pub name: String,
    /// Whether it is an attribute.
    pub attribute: bool,
    /// Whether the elements of a list stand within one of that name.
    pub wrapped: bool,
}

/// One of several types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Union {
    /// Property that names the variant, where the document declares one.
    pub discriminator: Option<String>,
    /// In the document's order.
    pub variants: Vec<Variant>,
    /// Whether the document lists a schema that allows anything beside them, so that a value which is none of them is no surprise.
    pub open: bool,
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
