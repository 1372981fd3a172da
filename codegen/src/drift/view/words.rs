//! The keywords of schemas, and the types that they name.

use std::fmt;

use crate::source::{Kind, Node};

macro_rules! words {
    ($($variant:ident = $word:literal,)*) => {
        /// A keyword of schemas.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in super::super) enum Word { $($variant,)* }

        pub(super) const ALL: [Word; WORDS] = [$(Word::$variant,)*];
        pub(super) const WORDS: usize = [$(Word::$variant,)*].len();

        impl Word {
            pub(in super::super) fn of(key: &str) -> Option<Self> {
                match key {
                    $($word => Some(Word::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    Type = "type", Nullable = "nullable", XNullable = "x-nullable", Format = "format",
    Enum = "enum", XExtensibleEnum = "x-extensible-enum", Const = "const", Default = "default",
    Pattern = "pattern", Maximum = "maximum", Minimum = "minimum", ExclusiveMaximum = "exclusiveMaximum",
    ExclusiveMinimum = "exclusiveMinimum", MultipleOf = "multipleOf", MaxLength = "maxLength",
    MinLength = "minLength", MaxItems = "maxItems", MinItems = "minItems", UniqueItems = "uniqueItems",
    MaxProperties = "maxProperties", MinProperties = "minProperties", MaxContains = "maxContains",
    MinContains = "minContains", Properties = "properties", Required = "required",
    AdditionalProperties = "additionalProperties", PatternProperties = "patternProperties",
    PropertyNames = "propertyNames", DependentRequired = "dependentRequired",
    DependentSchemas = "dependentSchemas", UnevaluatedProperties = "unevaluatedProperties", Items = "items",
    PrefixItems = "prefixItems", Contains = "contains", UnevaluatedItems = "unevaluatedItems",
    AllOf = "allOf", AnyOf = "anyOf", OneOf = "oneOf", Not = "not", If = "if", Then = "then", Else = "else",
    Discriminator = "discriminator", ContentEncoding = "contentEncoding",
    ContentMediaType = "contentMediaType", ContentSchema = "contentSchema", ReadOnly = "readOnly",
    WriteOnly = "writeOnly", Deprecated = "deprecated", Title = "title", XSunset = "x-sunset",
    XStabilityLevel = "x-stability-level",
}

impl Word {
    /// Whether a keyword says something of values of a type and of no others; one that says something of every value does not.
    pub(super) fn is_about(self, types: Types) -> bool {
        match self {
            Word::Type => true,
            Word::Format => types.has("string") || types.has("integer") || types.has("number"),
            Word::Pattern
            | Word::MaxLength
            | Word::MinLength
            | Word::ContentEncoding
            | Word::ContentMediaType
            | Word::ContentSchema => types.has("string"),
            Word::Maximum
            | Word::Minimum
            | Word::ExclusiveMaximum
            | Word::ExclusiveMinimum
            | Word::MultipleOf => types.has("integer") || types.has("number"),
            Word::MaxItems
            | Word::MinItems
            | Word::UniqueItems
            | Word::MaxContains
            | Word::MinContains
            | Word::Items
            | Word::PrefixItems
            | Word::Contains
            | Word::UnevaluatedItems => types.has("array"),
            Word::MaxProperties
            | Word::MinProperties
            | Word::Properties
            | Word::Required
            | Word::AdditionalProperties
            | Word::PatternProperties
            | Word::PropertyNames
            | Word::DependentRequired
            | Word::DependentSchemas
            | Word::UnevaluatedProperties => types.has("object"),
            _ => false,
        }
    }

    /// Whether a keyword says something about values; the others are for readers and for the life of a schema.
    pub(in super::super) fn restricts(self) -> bool {
        !matches!(
            self,
            Word::Nullable
                | Word::XNullable
                | Word::Default
                | Word::ReadOnly
                | Word::WriteOnly
                | Word::Deprecated
                | Word::Title
                | Word::XSunset
                | Word::XStabilityLevel
                | Word::Discriminator
                | Word::XExtensibleEnum
        )
    }
}

/// Types of JSON, null aside.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Types(u8);

const NAMES: [&str; 6] = ["boolean", "integer", "number", "string", "array", "object"];

impl Types {
    pub(super) const NONE: Types = Types(0);

    pub(in super::super) fn of(word: &str) -> Types {
        match word {
            // What Swagger 2.0 calls a file.
            "file" => Types(1 << 3),
            word => NAMES.iter().position(|name| *name == word).map_or(Types::NONE, |at| Types(1 << at)),
        }
    }

    /// No type: any value.
    pub(in super::super) fn is_any(self) -> bool {
        self.0 == 0
    }

    pub(in super::super) fn with(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Each type by itself.
    pub(in super::super) fn each(self) -> impl Iterator<Item = Types> {
        NAMES.into_iter().map(Types::of).filter(move |one| !self.is_any() && one.without(self).is_any())
    }

    pub(in super::super) fn without(self, other: Types) -> Types {
        Types(self.0 & !other.0)
    }

    pub(in super::super) fn has(self, name: &str) -> bool {
        !self.is_any() && Types::of(name).without(self).is_any()
    }

    /// How many types there are.
    pub(in super::super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether each of these types is one of the others, an integer being a number.
    pub(in super::super) fn within(self, other: Types) -> bool {
        let other = if other.has("number") { other.with(Types::of("integer")) } else { other };
        self.without(other).is_any()
    }

    /// Whether only single values are meant.
    pub(in super::super) fn is_scalar(self) -> bool {
        !self.is_any() && !self.has("array") && !self.has("object")
    }
}

impl fmt::Display for Types {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return formatter.write_str("any");
        }
        let mut first = true;
        for name in NAMES.into_iter().filter(|name| self.has(name)) {
            formatter.write_str(if first { "" } else { ", " })?;
            formatter.write_str(name)?;
            first = false;
        }
        Ok(())
    }
}

pub(super) fn type_of(value: Node<'_>) -> Types {
    Types::of(match value.kind() {
        Kind::Null => "null",
        Kind::Bool(_) => "boolean",
        Kind::Number(text) if text.contains(['.', 'e', 'E']) => "number",
        Kind::Number(_) => "integer",
        Kind::String(_) => "string",
        Kind::Array => "array",
        Kind::Object => "object",
    })
}
