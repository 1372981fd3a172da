//! The kinds of what is observed: ids, classes and what they mean. Only the first word of a line is the runtime's.

use linchpin_proposal::Need;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drift::{ChangeKind, Class};

macro_rules! kinds {
    ($($variant:ident = $id:literal, $class:ident, $text:literal;)*) => {
        /// What is not as the document or the manifest says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the table says what each means")]
        pub enum ObservedKind { $($variant,)* }

        impl ObservedKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The id under which it is reported, and by which `drift.yaml` names it.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it means where neither key nor cursor stand, and in a word or two.
            fn described(self) -> (Class, &'static str) {
                match self { $(Self::$variant => (Class::$class, $text),)* }
            }
        }
    };
}

kinds! {
    RecordPathMissing = "observed-record-path-missing", Breaking, "records do not stand where the manifest says";
    KeyMissing = "observed-key-missing", Breaking, "records have no key";
    CursorLost = "observed-cursor-lost", Breaking, "no record of a page has a cursor value";
    PagingContract = "observed-paging-contract", Breaking, "pages do not follow one another as the manifest says";
    TypeIncompatible = "observed-type-incompatible", Breaking, "values come with another type than … at …";
    UndocumentedStatus = "observed-undocumented-status", Risky, "an answer has the status …, which the document does not have";
    UndocumentedContentType = "observed-undocumented-content-type", Risky, "an answer comes as …, which the document does not have";
    PagingUndeclared = "observed-paging-undeclared", Risky, "an answer leads to a next page, and the manifest declares none";
    TotalMismatch = "observed-total-mismatch", Risky, "a list ends with another number of records than the API says that there are";
    FieldVanished = "observed-field-vanished", Risky, "no record has the field … any more";
    MissingRequired = "observed-missing-required", Risky, "records come without the required field …";
    NullNotNullable = "observed-null-not-nullable", Risky, "null comes at …, where the document allows none";
    TypeWidened = "observed-type-widened", Risky, "values come with a wider type than … at …";
    FormatMismatch = "observed-format-mismatch", Risky, "texts at … are not written as …";
    UnionNoBranch = "observed-union-no-branch", Risky, "a value at … is none of the union's variants";
    DiscriminatorUnknown = "observed-discriminator-unknown", Risky, "an object at … names none of the union's variants";
    NumberPrecision = "observed-number-precision", Risky, "numbers at … have more digits than 64 bits hold";
    ConstraintViolation = "observed-constraint-violation", Additive, "values at … are beyond what the document allows";
    RenameCandidate = "observed-rename-candidate", Additive, "the field … may be called … now";
    EnumUnknownValue = "observed-enum-unknown-value", Additive, "texts at … are none of the enum's";
    UnknownFieldClosed = "observed-unknown-field-closed", Additive, "the field … comes, where the document allows no other";
    UnknownField = "observed-unknown-field", Additive, "the field … comes, which the document does not have";
    LimitHeaderUndeclared = "observed-limit-header-undeclared", Additive, "a header tells of a limit, and the manifest does not declare it";
}

impl ObservedKind {
    /// Every kind as programs show it that list kinds.
    pub(in super::super) fn guide() -> impl Iterator<Item = ChangeKind> {
        Self::ALL.iter().map(|kind| {
            let (class, text) = kind.described();
            ChangeKind { id: kind.id().to_owned(), class, text: text.to_owned() }
        })
    }

    /// Words of ids of changes that can explain it.
    pub(in super::super) fn explained_by(self) -> &'static [&'static str] {
        match self {
            Self::UnknownField | Self::UnknownFieldClosed => {
                &["property-added", "additional-properties", "pattern-propert", "type"]
            }
            Self::MissingRequired | Self::KeyMissing => {
                &["became-optional", "property-removed", "write-only"]
            }
            Self::CursorLost | Self::FieldVanished | Self::RenameCandidate | Self::RecordPathMissing => {
                &["property-removed", "deprecated", "write-only"]
            }
            Self::NullNotNullable => &["nullable", "type"],
            Self::TypeIncompatible | Self::TypeWidened => &["type", "one-of", "any-of", "all-of"],
            Self::FormatMismatch => &["format", "type"],
            Self::EnumUnknownValue => &["enum", "const"],
            Self::UnionNoBranch | Self::DiscriminatorUnknown => &["one-of", "any-of", "discriminator"],
            Self::NumberPrecision => &["type", "format"],
            Self::ConstraintViolation => &["max", "min", "pattern", "multiple-of", "unique", "enum"],
            Self::UndocumentedStatus => &["status-added"],
            Self::UndocumentedContentType => &["media-type"],
            Self::PagingContract
            | Self::PagingUndeclared
            | Self::TotalMismatch
            | Self::LimitHeaderUndeclared => &[],
        }
    }

    /// What to do about it where the document does not change; `connector` is its name, `texts` are those of an enum that are known,
    /// `serves` as of [`Self::need`].
    pub(in super::super) fn advice(self, connector: &str, texts: &[String], serves: bool) -> String {
        match self.need(connector, texts, serves) {
            Need::Person(what) => what,
            _ => format!(
                "`cargo xtask drift {connector} --observed FILE --overlay` proposes what makes the document true"
            ),
        }
    }

    /// What the document would have to say for it to be described.
    /// `serves` says that the stream's key or cursor stands there.
    pub(super) fn need(self, connector: &str, texts: &[String], serves: bool) -> Need {
        let look = |what: &str| Need::Person(format!("look at {what} in the manifest"));
        let person = |what: &str| Need::Person(what.to_owned());
        match self {
            // A document in which the key may be missing is true, and no connector can be made of it.
            Self::MissingRequired | Self::NullNotNullable if serves => {
                look("`key` and `cursor` of the stream")
            }
            Self::NullNotNullable => Need::Null,
            Self::TypeWidened | Self::TypeIncompatible | Self::UnionNoBranch => Need::Types,
            Self::EnumUnknownValue if !texts.is_empty() => Need::Texts,
            Self::EnumUnknownValue => Need::Person(format!(
                "which texts came is not kept; with `drift: {{ keep_enum_values: true }}` of the stream, `linchpin-{connector}` keeps them"
            )),
            Self::FormatMismatch => Need::Format,
            Self::UnknownField | Self::UnknownFieldClosed => Need::Field,
            Self::MissingRequired => Need::Optional,
            Self::UndocumentedStatus => Need::Status,
            Self::UndocumentedContentType => Need::MediaType,
            Self::ConstraintViolation => Need::Bounds,
            Self::FieldVanished => Need::Deprecated,
            Self::RecordPathMissing => look("`records` of the stream"),
            Self::KeyMissing => look("`key` of the stream"),
            Self::CursorLost => look("`cursor` of the stream"),
            Self::PagingContract | Self::PagingUndeclared | Self::TotalMismatch => look("`paging`"),
            Self::LimitHeaderUndeclared => look("`limits`"),
            Self::RenameCandidate => person("a person has to say whether it is the same field"),
            Self::DiscriminatorUnknown => person("a person has to describe what the variant holds"),
            Self::NumberPrecision => person("a person has to say how exact the numbers are to be"),
        }
    }
}
