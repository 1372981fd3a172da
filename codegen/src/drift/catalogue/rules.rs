//! The kinds of change that a schema can have, wherever it stands.

use super::super::Class::{self, Additive, Breaking, Editorial, Risky};
use super::{Part, Place};

/// What a change of a schema means: to those who send values of it, and to those who receive them. Where an API reads what a client sends,
/// a schema that takes less breaks the client; where the client reads, one that gives more does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) sent: Class,
    pub(crate) received: Class,
}

/// Fewer values than before.
const NARROWS: Effect = Effect { sent: Breaking, received: Additive };
/// More values than before.
const WIDENS: Effect = Effect { sent: Additive, received: Breaking };
/// Other values than before.
const DIFFERS: Effect = Effect { sent: Breaking, received: Breaking };
/// The same values as before.
const SAME: Effect = Effect { sent: Editorial, received: Editorial };

const fn effect(sent: Class, received: Class) -> Effect {
    Effect { sent, received }
}

macro_rules! rules {
    ($($variant:ident = $id:literal <=> $mirror:ident, $effect:expr, $text:literal;)*) => {
        /// A kind of change of a schema, aside from where the schema stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Rule { $($variant,)* }

        impl Rule {
            /// Every rule, in the order of the table.
            pub(crate) const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The part of the id that follows the place.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Rule::$variant => $id,)* }
            }

            /// The rule of the same change the other way round; the tests of the catalogue are about it.
            #[cfg(test)]
            pub(crate) fn mirror(self) -> Rule {
                match self { $(Rule::$variant => Rule::$mirror,)* }
            }

            /// What the change means.
            pub(crate) fn effect(self) -> Effect {
                match self { $(Rule::$variant => $effect,)* }
            }

            /// What the change is, in words; `{0}` and `{1}` are the values.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Rule::$variant => $text,)* }
            }
        }
    };
}

impl Rule {
    /// Whether the rule can be told of a schema at a place.
    pub(crate) fn stands_at(self, place: Place) -> bool {
        match self {
            // Only properties have a life of their own: parameters, bodies and headers have that of what holds them.
            Rule::Deprecated
            | Rule::DeprecatedWithSunset
            | Rule::DeprecatedSunsetMissing
            | Rule::DeprecatedSunsetInvalid
            | Rule::SunsetDateTooSmall
            | Rule::SunsetAdded
            | Rule::SunsetDeleted
            | Rule::SunsetDateChanged
            | Rule::Reactivated
            | Rule::StabilityDecreased
            | Rule::StabilityIncreased => place.part == Part::Property,
            // What is written as text in a parameter is told as wider or narrower.
            Rule::TypeCompatible => !place.is_parameter() && !place.is_within_parameter(),
            _ => true,
        }
    }
}

// One line a rule: its word, its mirror, what it means, and the sentence. `<=>` names the rule that reports the same pair of documents
// the other way round. A test holds that a rule and its mirror agree, or that `UNEVEN` says why not.
rules! {
    // Types
    TypeChanged = "type-changed" <=> TypeChanged, DIFFERS, "the type changed from {0} to {1}";
    TypeGeneralized = "type-generalized" <=> TypeSpecialized, WIDENS, "the type was widened from {0} to {1}";
    TypeSpecialized = "type-specialized" <=> TypeGeneralized, NARROWS, "the type was narrowed from {0} to {1}";
    TypeCompatible = "type-compatible" <=> TypeChanged, effect(Additive, Additive), "the type changed from {0} to {1}, which is written alike here";
    ListOfTypesWidened = "list-of-types-widened" <=> ListOfTypesNarrowed, WIDENS, "the types {0} can stand here too";
    ListOfTypesNarrowed = "list-of-types-narrowed" <=> ListOfTypesWidened, NARROWS, "the types {0} can no longer stand here";
    BecameNullable = "became-nullable" <=> BecameNotNullable, WIDENS, "can be null";
    BecameNotNullable = "became-not-nullable" <=> BecameNullable, NARROWS, "can no longer be null";
    SchemaBecameFalse = "schema-became-false" <=> SchemaBecameNotFalse, NARROWS, "no value is valid any more";
    SchemaBecameNotFalse = "schema-became-not-false" <=> SchemaBecameFalse, WIDENS, "values are valid, where none was";

    // Values
    BecameEnum = "became-enum" <=> BecameNotEnum, NARROWS, "only listed values are valid: {0}";
    BecameNotEnum = "became-not-enum" <=> BecameEnum, effect(Additive, Risky), "is no longer bound to listed values";
    EnumValueAdded = "enum-value-added" <=> EnumValueRemoved, effect(Additive, Risky), "the value {0} was added to `enum`";
    EnumValueRemoved = "enum-value-removed" <=> EnumValueAdded, NARROWS, "the value {0} was removed from `enum`";
    ExtensibleEnumValueRemoved = "x-extensible-enum-value-removed" <=> ExtensibleEnumValueAdded, NARROWS, "the value {0} was removed from `x-extensible-enum`";
    ExtensibleEnumValueAdded = "x-extensible-enum-value-added" <=> ExtensibleEnumValueRemoved, effect(Additive, Additive), "the value {0} was added to `x-extensible-enum`";
    ConstAdded = "const-added" <=> ConstRemoved, NARROWS, "has to be {0}";
    ConstRemoved = "const-removed" <=> ConstAdded, WIDENS, "no longer has to be {0}";
    ConstChanged = "const-changed" <=> ConstChanged, DIFFERS, "has to be {1}, no longer {0}";
    DefaultValueAdded = "default-value-added" <=> DefaultValueRemoved, SAME, "the default {0} was added";
    DefaultValueRemoved = "default-value-removed" <=> DefaultValueAdded, SAME, "the default {0} was removed";
    DefaultValueChanged = "default-value-changed" <=> DefaultValueChanged, SAME, "the default changed from {0} to {1}";
    PatternAdded = "pattern-added" <=> PatternRemoved, NARROWS, "has to match the pattern {0}";
    PatternRemoved = "pattern-removed" <=> PatternAdded, effect(Additive, Additive), "no longer has to match the pattern {0}";
    PatternChanged = "pattern-changed" <=> PatternChanged, effect(Risky, Additive), "the pattern changed from {0} to {1}";
    PatternGeneralized = "pattern-generalized" <=> PatternChanged, effect(Additive, Additive), "the pattern {0} became {1}, which any text matches";
    BecameUnique = "items-became-unique" <=> BecameNotUnique, NARROWS, "no item may stand twice";
    BecameNotUnique = "items-became-not-unique" <=> BecameUnique, WIDENS, "items may stand twice";

    // Bounds: one line a keyword and step
    MaxIncreased = "max-increased" <=> MaxDecreased, WIDENS, "`maximum` was raised from {0} to {1}";
    MaxDecreased = "max-decreased" <=> MaxIncreased, NARROWS, "`maximum` was lowered from {0} to {1}";
    MaxSet = "max-set" <=> MaxUnset, effect(Risky, Additive), "`maximum` was set to {0}";
    MaxUnset = "max-unset" <=> MaxSet, effect(Additive, Risky), "`maximum`, which was {0}, was removed";
    MinIncreased = "min-increased" <=> MinDecreased, NARROWS, "`minimum` was raised from {0} to {1}";
    MinDecreased = "min-decreased" <=> MinIncreased, WIDENS, "`minimum` was lowered from {0} to {1}";
    MinSet = "min-set" <=> MinUnset, effect(Risky, Additive), "`minimum` was set to {0}";
    MinUnset = "min-unset" <=> MinSet, effect(Additive, Risky), "`minimum`, which was {0}, was removed";
    ExclusiveMaxIncreased = "exclusive-max-increased" <=> ExclusiveMaxDecreased, WIDENS, "`exclusiveMaximum` was raised from {0} to {1}";
    ExclusiveMaxDecreased = "exclusive-max-decreased" <=> ExclusiveMaxIncreased, NARROWS, "`exclusiveMaximum` was lowered from {0} to {1}";
    ExclusiveMaxSet = "exclusive-max-set" <=> ExclusiveMaxUnset, effect(Risky, Additive), "`exclusiveMaximum` was set to {0}";
    ExclusiveMaxUnset = "exclusive-max-unset" <=> ExclusiveMaxSet, effect(Additive, Risky), "`exclusiveMaximum`, which was {0}, was removed";
    ExclusiveMinIncreased = "exclusive-min-increased" <=> ExclusiveMinDecreased, NARROWS, "`exclusiveMinimum` was raised from {0} to {1}";
    ExclusiveMinDecreased = "exclusive-min-decreased" <=> ExclusiveMinIncreased, WIDENS, "`exclusiveMinimum` was lowered from {0} to {1}";
    ExclusiveMinSet = "exclusive-min-set" <=> ExclusiveMinUnset, effect(Risky, Additive), "`exclusiveMinimum` was set to {0}";
    ExclusiveMinUnset = "exclusive-min-unset" <=> ExclusiveMinSet, effect(Additive, Risky), "`exclusiveMinimum`, which was {0}, was removed";
    MaxLengthIncreased = "max-length-increased" <=> MaxLengthDecreased, WIDENS, "`maxLength` was raised from {0} to {1}";
    MaxLengthDecreased = "max-length-decreased" <=> MaxLengthIncreased, NARROWS, "`maxLength` was lowered from {0} to {1}";
    MaxLengthSet = "max-length-set" <=> MaxLengthUnset, effect(Risky, Additive), "`maxLength` was set to {0}";
    MaxLengthUnset = "max-length-unset" <=> MaxLengthSet, WIDENS, "`maxLength`, which was {0}, was removed";
    MinLengthIncreased = "min-length-increased" <=> MinLengthDecreased, NARROWS, "`minLength` was raised from {0} to {1}";
    MinLengthDecreased = "min-length-decreased" <=> MinLengthIncreased, WIDENS, "`minLength` was lowered from {0} to {1}";
    MinLengthSet = "min-length-set" <=> MinLengthUnset, effect(Risky, Additive), "`minLength` was set to {0}";
    MinLengthUnset = "min-length-unset" <=> MinLengthSet, effect(Additive, Risky), "`minLength`, which was {0}, was removed";
    MaxItemsIncreased = "max-items-increased" <=> MaxItemsDecreased, WIDENS, "`maxItems` was raised from {0} to {1}";
    MaxItemsDecreased = "max-items-decreased" <=> MaxItemsIncreased, NARROWS, "`maxItems` was lowered from {0} to {1}";
    MaxItemsSet = "max-items-set" <=> MaxItemsUnset, effect(Risky, Additive), "`maxItems` was set to {0}";
    MaxItemsUnset = "max-items-unset" <=> MaxItemsSet, effect(Additive, Risky), "`maxItems`, which was {0}, was removed";
    MinItemsIncreased = "min-items-increased" <=> MinItemsDecreased, NARROWS, "`minItems` was raised from {0} to {1}";
    MinItemsDecreased = "min-items-decreased" <=> MinItemsIncreased, WIDENS, "`minItems` was lowered from {0} to {1}";
    MinItemsSet = "min-items-set" <=> MinItemsUnset, effect(Risky, Additive), "`minItems` was set to {0}";
    MinItemsUnset = "min-items-unset" <=> MinItemsSet, WIDENS, "`minItems`, which was {0}, was removed";
    MaxPropertiesIncreased = "max-properties-increased" <=> MaxPropertiesDecreased, WIDENS, "`maxProperties` was raised from {0} to {1}";
    MaxPropertiesDecreased = "max-properties-decreased" <=> MaxPropertiesIncreased, NARROWS, "`maxProperties` was lowered from {0} to {1}";
    MaxPropertiesSet = "max-properties-set" <=> MaxPropertiesUnset, NARROWS, "`maxProperties` was set to {0}";
    MaxPropertiesUnset = "max-properties-unset" <=> MaxPropertiesSet, WIDENS, "`maxProperties`, which was {0}, was removed";
    MinPropertiesIncreased = "min-properties-increased" <=> MinPropertiesDecreased, NARROWS, "`minProperties` was raised from {0} to {1}";
    MinPropertiesDecreased = "min-properties-decreased" <=> MinPropertiesIncreased, WIDENS, "`minProperties` was lowered from {0} to {1}";
    MinPropertiesSet = "min-properties-set" <=> MinPropertiesUnset, NARROWS, "`minProperties` was set to {0}";
    MinPropertiesUnset = "min-properties-unset" <=> MinPropertiesSet, WIDENS, "`minProperties`, which was {0}, was removed";
    MaxContainsIncreased = "max-contains-increased" <=> MaxContainsDecreased, WIDENS, "`maxContains` was raised from {0} to {1}";
    MaxContainsDecreased = "max-contains-decreased" <=> MaxContainsIncreased, NARROWS, "`maxContains` was lowered from {0} to {1}";
    MaxContainsSet = "max-contains-set" <=> MaxContainsUnset, NARROWS, "`maxContains` was set to {0}";
    MaxContainsUnset = "max-contains-unset" <=> MaxContainsSet, WIDENS, "`maxContains`, which was {0}, was removed";
    MinContainsIncreased = "min-contains-increased" <=> MinContainsDecreased, NARROWS, "`minContains` was raised from {0} to {1}";
    MinContainsDecreased = "min-contains-decreased" <=> MinContainsIncreased, WIDENS, "`minContains` was lowered from {0} to {1}";
    MinContainsSet = "min-contains-set" <=> MinContainsUnset, NARROWS, "`minContains` was set to {0}";
    MinContainsUnset = "min-contains-unset" <=> MinContainsSet, WIDENS, "`minContains`, which was {0}, was removed";
    MultipleOfSet = "multiple-of-set" <=> MultipleOfUnset, NARROWS, "has to be a multiple of {0}";
    MultipleOfUnset = "multiple-of-unset" <=> MultipleOfSet, WIDENS, "no longer has to be a multiple of {0}";
    MultipleOfNarrowed = "multiple-of-narrowed" <=> MultipleOfWidened, NARROWS, "has to be a multiple of {1}, no longer of {0}";
    MultipleOfWidened = "multiple-of-widened" <=> MultipleOfNarrowed, WIDENS, "has to be a multiple of {1}, no longer of {0}";
    MultipleOfChanged = "multiple-of-changed" <=> MultipleOfChanged, DIFFERS, "has to be a multiple of {1}, no longer of {0}";

    // Composition
    AllOfAdded = "all-of-added" <=> AllOfRemoved, NARROWS, "{0} was added to `allOf`";
    AllOfRemoved = "all-of-removed" <=> AllOfAdded, effect(Risky, Additive), "{0} was removed from `allOf`";
    AllOfAddedAnnotationOnly = "all-of-added-annotation-only" <=> AllOfRemovedAnnotationOnly, SAME, "{0}, which restricts nothing, was added to `allOf`";
    AllOfRemovedAnnotationOnly = "all-of-removed-annotation-only" <=> AllOfAddedAnnotationOnly, SAME, "{0}, which restricted nothing, was removed from `allOf`";
    AnyOfAdded = "any-of-added" <=> AnyOfRemoved, effect(Additive, Additive), "{0} was added to `anyOf`";
    AnyOfRemoved = "any-of-removed" <=> AnyOfAdded, NARROWS, "{0} was removed from `anyOf`";
    OneOfAdded = "one-of-added" <=> OneOfRemoved, WIDENS, "{0} was added to `oneOf`";
    OneOfRemoved = "one-of-removed" <=> OneOfAdded, NARROWS, "{0} was removed from `oneOf`";
    AnyOfBecameOneOf = "any-of-became-one-of" <=> OneOfBecameAnyOf, effect(Risky, Editorial), "a value has to fit one of the shapes only (`oneOf`), no longer one or more (`anyOf`)";
    OneOfBecameAnyOf = "one-of-became-any-of" <=> AnyOfBecameOneOf, effect(Additive, Editorial), "a value can fit one or more of the shapes (`anyOf`), no longer one only (`oneOf`)";
    WrappedInOneOf = "wrapped-in-one-of" <=> UnwrappedFromOneOf, DIFFERS, "became one of several shapes (`oneOf`)";
    UnwrappedFromOneOf = "unwrapped-from-one-of" <=> WrappedInOneOf, DIFFERS, "became one shape, which was one of several (`oneOf`)";
    NotAdded = "not-added" <=> NotRemoved, NARROWS, "values that fit `not` are no longer valid";
    NotRemoved = "not-removed" <=> NotAdded, WIDENS, "values that did not fit `not` are the only ones no more";
    DiscriminatorAdded = "discriminator-added" <=> DiscriminatorRemoved, SAME, "the discriminator {0} was added";
    DiscriminatorRemoved = "discriminator-removed" <=> DiscriminatorAdded, SAME, "the discriminator {0} was removed";
    DiscriminatorPropertyNameChanged = "discriminator-property-name-changed" <=> DiscriminatorPropertyNameChanged, DIFFERS, "the discriminator changed from {0} to {1}";
    DiscriminatorMappingAdded = "discriminator-mapping-added" <=> DiscriminatorMappingDeleted, SAME, "the discriminator knows {0}";
    DiscriminatorMappingDeleted = "discriminator-mapping-deleted" <=> DiscriminatorMappingAdded, SAME, "the discriminator no longer knows {0}";
    DiscriminatorMappingChanged = "discriminator-mapping-changed" <=> DiscriminatorMappingChanged, DIFFERS, "what the discriminator means by a value changed from {0} to {1}";

    // Objects and lists
    AdditionalPropertiesForbidden = "additional-properties-forbidden" <=> AdditionalPropertiesAllowed, effect(Risky, Additive), "properties that are not listed are no longer allowed";
    AdditionalPropertiesAllowed = "additional-properties-allowed" <=> AdditionalPropertiesForbidden, effect(Additive, Additive), "properties that are not listed are allowed";
    AdditionalPropertiesSchemaAdded = "additional-properties-schema-added" <=> AdditionalPropertiesSchemaRemoved, NARROWS, "properties that are not listed have to fit a schema";
    AdditionalPropertiesSchemaRemoved = "additional-properties-schema-removed" <=> AdditionalPropertiesSchemaAdded, WIDENS, "properties that are not listed can be anything";
    ItemsAdded = "items-added" <=> ItemsRemoved, NARROWS, "items have to fit a schema";
    ItemsRemoved = "items-removed" <=> ItemsAdded, WIDENS, "items can be anything";
    PrefixItemsAdded = "prefix-items-added" <=> PrefixItemsRemoved, WIDENS, "{0} was added to `prefixItems`";
    PrefixItemsRemoved = "prefix-items-removed" <=> PrefixItemsAdded, NARROWS, "{0} was removed from `prefixItems`";
    ContainsAdded = "contains-added" <=> ContainsRemoved, NARROWS, "has to hold an item that fits `contains`";
    ContainsRemoved = "contains-removed" <=> ContainsAdded, WIDENS, "no longer has to hold an item that fits `contains`";
    IfAdded = "if-added" <=> IfRemoved, NARROWS, "`if` was added";
    IfRemoved = "if-removed" <=> IfAdded, WIDENS, "`if` was removed";
    ThenAdded = "then-added" <=> ThenRemoved, NARROWS, "`then` was added";
    ThenRemoved = "then-removed" <=> ThenAdded, WIDENS, "`then` was removed";
    ElseAdded = "else-added" <=> ElseRemoved, NARROWS, "`else` was added";
    ElseRemoved = "else-removed" <=> ElseAdded, WIDENS, "`else` was removed";
    DependentRequiredAdded = "dependent-required-added" <=> DependentRequiredRemoved, NARROWS, "with {0} there have to be {1}";
    DependentRequiredRemoved = "dependent-required-removed" <=> DependentRequiredAdded, WIDENS, "with {0} there no longer have to be {1}";
    DependentRequiredChanged = "dependent-required-changed" <=> DependentRequiredChanged, DIFFERS, "what has to be there with {0} changed: {1}";
    DependentSchemaAdded = "dependent-schema-added" <=> DependentSchemaRemoved, NARROWS, "with {0} a further schema has to fit";
    DependentSchemaRemoved = "dependent-schema-removed" <=> DependentSchemaAdded, WIDENS, "with {0} no further schema has to fit";
    PatternPropertyAdded = "pattern-property-added" <=> PatternPropertyRemoved, NARROWS, "properties whose names match {0} have to fit a schema";
    PatternPropertyRemoved = "pattern-property-removed" <=> PatternPropertyAdded, WIDENS, "properties whose names match {0} no longer have to fit a schema";
    PropertyNamesAdded = "property-names-added" <=> PropertyNamesRemoved, NARROWS, "names of properties have to fit `propertyNames`";
    PropertyNamesRemoved = "property-names-removed" <=> PropertyNamesAdded, WIDENS, "names of properties no longer have to fit `propertyNames`";
    UnevaluatedItemsAdded = "unevaluated-items-added" <=> UnevaluatedItemsRemoved, NARROWS, "`unevaluatedItems` was added";
    UnevaluatedItemsRemoved = "unevaluated-items-removed" <=> UnevaluatedItemsAdded, WIDENS, "`unevaluatedItems` was removed";
    UnevaluatedPropertiesAdded = "unevaluated-properties-added" <=> UnevaluatedPropertiesRemoved, NARROWS, "`unevaluatedProperties` was added";
    UnevaluatedPropertiesRemoved = "unevaluated-properties-removed" <=> UnevaluatedPropertiesAdded, WIDENS, "`unevaluatedProperties` was removed";
    ContentSchemaAdded = "content-schema-added" <=> ContentSchemaRemoved, NARROWS, "what the text holds has to fit `contentSchema`";
    ContentSchemaRemoved = "content-schema-removed" <=> ContentSchemaAdded, WIDENS, "what the text holds no longer has to fit `contentSchema`";
    ContentEncodingChanged = "content-encoding-changed" <=> ContentEncodingChanged, DIFFERS, "`contentEncoding` changed from {0} to {1}";
    ContentMediaTypeChanged = "content-media-type-changed" <=> ContentMediaTypeChanged, DIFFERS, "`contentMediaType` changed from {0} to {1}";

    // Lifecycle
    Deprecated = "deprecated" <=> Reactivated, SAME, "is deprecated";
    DeprecatedWithSunset = "deprecated-with-sunset" <=> Reactivated, SAME, "is deprecated, and ends on {0}";
    DeprecatedSunsetMissing = "deprecated-sunset-missing" <=> Reactivated, DIFFERS, "is deprecated without a day on which it ends";
    DeprecatedSunsetInvalid = "deprecated-sunset-invalid" <=> Reactivated, DIFFERS, "is deprecated, and the day on which it ends cannot be read: {0}";
    SunsetDateTooSmall = "sunset-date-too-small" <=> Reactivated, DIFFERS, "ends on {0}, which is {1}";
    SunsetAdded = "sunset-added" <=> SunsetDeleted, SAME, "ends on {0}";
    SunsetDeleted = "sunset-deleted" <=> SunsetAdded, DIFFERS, "is still deprecated, and the day on which it ends was removed";
    SunsetDateChanged = "sunset-date-changed" <=> SunsetDateChanged, SAME, "ends on {1}, no longer on {0}";
    Reactivated = "reactivated" <=> Deprecated, SAME, "is no longer deprecated";
    StabilityDecreased = "stability-decreased" <=> StabilityIncreased, DIFFERS, "is less stable: {1}, no longer {0}";
    StabilityIncreased = "stability-increased" <=> StabilityDecreased, SAME, "is more stable: {1}, no longer {0}";
}
