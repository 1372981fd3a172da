//! Symmetry: what one kind says of a pair of documents, another says of the pair the other way round, and of the other message. Where
//! that is not so, a reason is written down here.

use std::collections::BTreeMap;

use super::{Kind, Named, Rule, ids};

/// Rules that do not mean the opposite of their mirror in the other direction, and why.
const UNEVEN: &[(Rule, &str)] = &[
    (
        Rule::TypeCompatible,
        "what is alike as text one way need not be so the other way; the other way is `type-changed`",
    ),
    (
        Rule::BecameNotEnum,
        "a generated client keeps values that it does not know, so more of them is a risk, not a break",
    ),
    (Rule::BecameEnum, "as `became-not-enum`"),
    (Rule::EnumValueAdded, "as `became-not-enum`"),
    (Rule::EnumValueRemoved, "as `became-not-enum`"),
    (
        Rule::ExtensibleEnumValueAdded,
        "the extension says that further values will come, so none of them is news",
    ),
    (
        Rule::ExtensibleEnumValueRemoved,
        "a value that could be sent is refused, whatever the extension says of those to come",
    ),
    (Rule::PatternAdded, "a client that reads does not check patterns"),
    (Rule::PatternRemoved, "a client that reads does not check patterns"),
    (
        Rule::PatternChanged,
        "whether one pattern holds the other cannot be decided; a client that reads does not check them",
    ),
    (Rule::PatternGeneralized, "only a pattern that everything matches is known to be wider"),
    (
        Rule::MaxLengthSet,
        "a bound where none was mostly writes down what the server refused before; one that is gone is news to a column",
    ),
    (Rule::MaxLengthUnset, "as `max-length-set`"),
    (Rule::MinItemsSet, "as `max-length-set`"),
    (Rule::MinItemsUnset, "as `max-length-set`"),
    (Rule::AllOfRemoved, "the removed branch may have been what forbade something or what described it"),
    (Rule::AllOfAdded, "as `all-of-removed`"),
    (Rule::AnyOfAdded, "generated unions keep what fits none of their branches"),
    (Rule::AnyOfRemoved, "as `any-of-added`"),
    (
        Rule::AnyOfBecameOneOf,
        "few values fit two shapes; a generated union takes the first of them either way",
    ),
    (Rule::OneOfBecameAnyOf, "as `any-of-became-one-of`"),
    (
        Rule::AdditionalPropertiesForbidden,
        "a client sends listed properties only; what it adds beyond is its own risk",
    ),
    (Rule::AdditionalPropertiesAllowed, "a generated client skips properties that it does not know"),
    (Rule::DeprecatedWithSunset, "any of the ways to be deprecated is undone by `reactivated`"),
    (Rule::DeprecatedSunsetMissing, "breaks the rule that a deprecation names its end, not a client"),
    (Rule::DeprecatedSunsetInvalid, "as `deprecated-sunset-missing`"),
    (Rule::SunsetDateTooSmall, "as `deprecated-sunset-missing`"),
    (Rule::SunsetAdded, "as `deprecated-sunset-missing`"),
    (Rule::SunsetDeleted, "as `deprecated-sunset-missing`"),
    (Rule::StabilityDecreased, "a promise that is taken back; to be given one breaks nothing"),
    (Rule::StabilityIncreased, "as `stability-decreased`"),
];

/// Kinds that are not the mirror of their mirror, and why.
const ONE_WAY: &[(Named, &str)] = &[
    (Named::ApiRemovedWithDeprecation, "one of several ways to remove what `endpoint-added` adds"),
    (Named::ApiRemovedBeforeSunset, "one of several ways to remove what `endpoint-added` adds"),
    (Named::ApiPathRemovedWithoutDeprecation, "one of several ways to remove what `endpoint-added` adds"),
    (Named::ApiPathRemovedWithDeprecation, "one of several ways to remove what `endpoint-added` adds"),
    (Named::ApiPathRemovedBeforeSunset, "one of several ways to remove what `endpoint-added` adds"),
    (
        Named::EndpointDeprecatedWithSunset,
        "one of several ways to be deprecated, which `endpoint-reactivated` ends",
    ),
    (
        Named::ApiDeprecatedSunsetParse,
        "one of several ways to be deprecated, which `endpoint-reactivated` ends",
    ),
    (
        Named::ApiDeprecatedSunsetMissing,
        "one of several ways to be deprecated, which `endpoint-reactivated` ends",
    ),
    (Named::ApiSunsetDateTooSmall, "one of several ways to be deprecated, which `endpoint-reactivated` ends"),
    (Named::ApiSunsetDateChangedTooSmall, "a day that moves away is never too near"),
    (Named::NewRequestPathParameter, "one of several ways to add what `request-parameter-removed` removes"),
    (
        Named::NewRequiredRequestParameter,
        "one of several ways to add what `request-parameter-removed` removes",
    ),
    (
        Named::NewRequiredRequestDefaultParameter,
        "one of several ways to add what `request-parameter-removed` removes",
    ),
    (
        Named::NewOptionalRequestDefaultParameter,
        "one of several ways to add what `request-parameter-removed` removes",
    ),
    (Named::RequestParameterRemovedWithDeprecation, "one of several ways to remove a parameter"),
    (Named::RequestParameterRemovedBeforeSunset, "one of several ways to remove a parameter"),
    (Named::RequestParameterDeprecatedSunsetMissing, "one of several ways to be deprecated"),
    (Named::RequestParameterSunsetDateTooSmall, "one of several ways to be deprecated"),
    (Named::RequestParameterSunsetDateChangedTooSmall, "a day that moves away is never too near"),
    (Named::NewRequiredRequestHeaderProperty, "one of several ways to add a property of a parameter"),
    (Named::NewRequiredRequestParameterProperty, "one of several ways to add a property of a parameter"),
    (Named::RequestHeaderPropertyBecameRequired, "the peer tells headers apart one way only"),
    (Named::RequestBodyAddedRequired, "one of two ways to add what `request-body-removed` removes"),
    (Named::RequiredResponseHeaderRemoved, "one of two ways to remove what `response-header-added` adds"),
    (Named::NewRequiredRequestProperty, "one of several ways to add what `request-property-removed` removes"),
    (
        Named::NewRequiredRequestPropertyWithDefault,
        "one of several ways to add what `request-property-removed` removes",
    ),
    (Named::RequestPropertyBecameRequiredWithDefault, "one of two ways to become required"),
];

/// Kinds of requests and the kinds of responses that say the same of them.
const ACROSS: &[(&str, &str)] = &[
    ("request-body-media-type-added", "response-media-type-added"),
    ("request-body-media-type-removed", "response-media-type-removed"),
    ("request-body-media-type-schema-added", "response-body-media-type-schema-added"),
    ("request-body-media-type-schema-removed", "response-body-media-type-schema-removed"),
    ("new-required-request-property", "response-required-property-added"),
    ("new-optional-request-property", "response-optional-property-added"),
    ("request-property-removed", "response-optional-property-removed"),
    ("request-property-became-required", "response-property-became-required"),
    ("request-property-became-optional", "response-property-became-optional"),
    ("request-read-only-property-enum-value-removed", "response-write-only-property-enum-value-added"),
    ("request-optional-property-became-read-only", "response-optional-property-became-read-only"),
    ("request-optional-property-became-not-read-only", "response-optional-property-became-not-read-only"),
    ("request-optional-property-became-write-only", "response-optional-property-became-write-only"),
    ("request-optional-property-became-not-write-only", "response-optional-property-became-not-write-only"),
    ("request-required-property-became-read-only", "response-required-property-became-read-only"),
    ("request-required-property-became-not-read-only", "response-required-property-became-not-read-only"),
    ("request-required-property-became-write-only", "response-required-property-became-write-only"),
    ("request-required-property-became-not-write-only", "response-required-property-became-not-write-only"),
    ("new-optional-request-parameter", "response-header-added"),
    ("request-parameter-removed", "optional-response-header-removed"),
    ("request-parameter-became-required", "response-header-became-required"),
    ("request-parameter-became-optional", "response-header-became-optional"),
    ("request-parameter-deprecated", "response-header-deprecated"),
    ("request-parameter-reactivated", "response-header-reactivated"),
    ("request-parameter-explode-changed", "response-header-explode-changed"),
    ("request-parameter-media-type-changed", "response-header-media-type-changed"),
    ("response-mediatype-enum-value-added", "request-body-enum-value-added"),
    ("response-mediatype-enum-value-removed", "request-body-enum-value-removed"),
    ("request-header-property-became-enum", "response-header-property-became-enum"),
];

/// Kinds of one message that the other has not, and why.
const ALONE: &[(&str, &str)] = &[
    ("new-request-path-parameter", "responses have no paths"),
    ("new-required-request-parameter", "a header that comes too is never in the way"),
    ("new-required-request-default-parameter-to-existing-path", "responses have nothing in common on a path"),
    ("new-optional-request-default-parameter-to-existing-path", "responses have nothing in common on a path"),
    ("request-parameter-removed-with-deprecation", "headers of responses have no policy of deprecation"),
    ("request-parameter-removed-before-sunset", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-parse", "headers of responses have no policy of deprecation"),
    ("request-parameter-deprecated-sunset-missing", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-date-too-small", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-date-changed-too-small", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-deleted", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-added", "headers of responses have no policy of deprecation"),
    ("request-parameter-sunset-date-changed", "headers of responses have no policy of deprecation"),
    ("request-parameter-style-changed", "headers have one style"),
    ("request-parameter-became-allow-reserved", "only a query encodes"),
    ("request-parameter-became-not-allow-reserved", "only a query encodes"),
    ("request-parameter-became-allow-empty-value", "only a query can be empty"),
    ("request-parameter-became-not-allow-empty-value", "only a query can be empty"),
    ("new-required-request-header-property", "the peer tells headers of requests apart"),
    ("request-header-property-became-required", "the peer tells headers of requests apart"),
    ("new-required-request-parameter-property", "objects in headers of responses are told as properties"),
    ("new-optional-request-parameter-property", "objects in headers of responses are told as properties"),
    ("request-parameter-property-removed", "objects in headers of responses are told as properties"),
    ("request-parameter-property-became-required", "objects in headers of responses are told as properties"),
    ("request-parameter-property-became-optional", "objects in headers of responses are told as properties"),
    ("request-body-added-required", "what a response holds is told by its media types"),
    ("request-body-added-optional", "what a response holds is told by its media types"),
    ("request-body-removed", "what a response holds is told by its media types"),
    ("request-body-became-required", "a response always has its body"),
    ("request-body-became-optional", "a response always has its body"),
    ("request-body-encoding-changed", "clients write forms and do not read them"),
    ("new-required-request-property-with-default", "a default says nothing of what is received"),
    ("request-property-became-required-with-default", "a default says nothing of what is received"),
    ("request-read-only-property-max-decreased", "the peer has these of requests only"),
    ("request-read-only-property-min-increased", "the peer has these of requests only"),
    ("request-read-only-property-exclusive-max-decreased", "the peer has these of requests only"),
    ("request-read-only-property-exclusive-min-increased", "the peer has these of requests only"),
    ("request-read-only-property-max-length-decreased", "the peer has these of requests only"),
    ("response-success-status-added", "requests have no status"),
    ("response-success-status-removed", "requests have no status"),
    ("response-non-success-status-added", "requests have no status"),
    ("response-non-success-status-removed", "requests have no status"),
    (
        "response-media-type-name-changed",
        "a client sends the type that it was made for, so another name is another type",
    ),
    (
        "response-media-type-name-generalized",
        "a client sends the type that it was made for, so another name is another type",
    ),
    (
        "response-media-type-name-specialized",
        "a client sends the type that it was made for, so another name is another type",
    ),
    ("required-response-header-removed", "no parameter that a server takes away is missed by it"),
    ("response-link-added", "only responses have links"),
    ("response-link-removed", "only responses have links"),
    ("response-link-changed", "only responses have links"),
    (
        "response-required-property-removed",
        "a server that stops reading a property does not miss it, required or not",
    ),
    (
        "response-required-write-only-property-removed",
        "read-only properties of requests are not told: nobody sends them",
    ),
    (
        "response-optional-write-only-property-removed",
        "read-only properties of requests are not told: nobody sends them",
    ),
    (
        "response-required-write-only-property-added",
        "read-only properties of requests are not told: nobody sends them",
    ),
    (
        "response-optional-write-only-property-added",
        "read-only properties of requests are not told: nobody sends them",
    ),
    (
        "response-write-only-property-became-optional",
        "read-only properties of requests are not told: nobody sends them",
    ),
    (
        "response-write-only-property-became-required",
        "read-only properties of requests are not told: nobody sends them",
    ),
];

#[test]
fn each_rule_means_the_opposite_of_its_mirror_or_says_why_not() {
    let law = |rule: Rule| {
        let mirror = rule.mirror();
        let (one, other) = (rule.effect(), mirror.effect());
        mirror.mirror() == rule && one.sent == other.received && one.received == other.sent
    };
    for rule in Rule::ALL {
        let waived = UNEVEN.iter().find(|(other, _)| other == rule).map(|(_, reason)| *reason);
        assert_eq!(
            law(*rule),
            waived.is_none(),
            "{} against {}: {waived:?}",
            rule.word(),
            rule.mirror().word()
        );
    }
}

#[test]
fn the_mirror_of_a_mirror_is_the_kind_itself_or_one_of_several_ways() {
    for named in Named::ALL {
        let back = named.mirror().mirror();
        let several = ONE_WAY.iter().find(|(other, _)| other == named).map(|(_, reason)| *reason);
        assert_eq!(
            back == *named,
            several.is_none(),
            "{} -> {}: {several:?}",
            named.id(),
            named.mirror().id()
        );
    }
}

#[test]
fn each_kind_of_one_message_has_its_like_in_the_other_or_says_why_not() {
    let across: BTreeMap<&str, &str> =
        ACROSS.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]).collect();
    for named in Named::ALL {
        let id = named.id();
        if !["request-", "response-", "new-re", "new-op", "optional-r", "required-r"]
            .iter()
            .any(|start| id.starts_with(start))
        {
            continue;
        }
        let alone = ALONE.iter().find(|(other, _)| *other == id);
        assert_eq!(across.contains_key(id), alone.is_none(), "{id}: {alone:?}");
    }
    let known: BTreeMap<&str, ()> = Named::ALL.iter().map(|named| (named.id(), ())).collect();
    for id in ACROSS.iter().flat_map(|(one, other)| [one, other]).chain(ALONE.iter().map(|(id, _)| id)) {
        let rule = Rule::ALL.iter().any(|rule| id.ends_with(rule.word()));
        assert!(known.contains_key(id) || rule, "{id} is no kind");
    }
}

#[test]
fn ids_are_unique_and_sentences_have_their_values() {
    let ids = ids();
    let mut seen = BTreeMap::new();
    for (id, class) in &ids {
        let other = seen.insert(id, class);
        assert!(other.is_none_or(|other| other == class), "{id} is {class} and {other:?}");
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
    }
    for named in Named::ALL {
        let text = Kind::Named(*named).text(&["a", "b", "c"]);
        assert!(!text.contains(['{', '}']), "{}: {text}", named.id());
    }
    for rule in Rule::ALL {
        assert!(!rule.text().contains("{2}"), "{}", rule.word());
    }
}
