//! The kinds of change whose ids follow no pattern: what changes around schemas, and the properties of objects.

use super::super::Class::{self, Additive, Breaking, Editorial, Risky};

macro_rules! kinds {
    ($($variant:ident = $id:literal <=> $mirror:ident, $class:expr, $text:literal;)*) => {
        /// A kind of change with an id of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Named { $($variant,)* }

        impl Named {
            /// Every kind, in the order of the table.
            pub(crate) const ALL: &'static [Named] = &[$(Named::$variant,)*];

            /// The id.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Named::$variant => $id,)* }
            }

            /// The kind of the same change the other way round; the tests of the catalogue are about it.
            #[cfg(test)]
            pub(crate) fn mirror(self) -> Named {
                match self { $(Named::$variant => Named::$mirror,)* }
            }

            /// What the change means, unless the place where it is found says otherwise.
            pub(crate) fn class(self) -> Class {
                match self { $(Named::$variant => $class,)* }
            }

            /// What the change is, in words; `{0}`, `{1}` and `{2}` are the values.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Named::$variant => $text,)* }
            }
        }
    };
}

// One line a kind: its id, its mirror, its class, and the sentence. `<=>` names the kind that reports the same pair of documents the
// other way round. A test holds that the mirror of a mirror is the kind itself, or that `ONE_WAY` says why not.
kinds! {
    // Operations
    EndpointAdded = "endpoint-added" <=> ApiRemovedWithoutDeprecation, Additive, "the operation was added";
    ApiRemovedWithoutDeprecation = "api-removed-without-deprecation" <=> EndpointAdded, Breaking, "the operation was removed, and was not deprecated before";
    ApiRemovedWithDeprecation = "api-removed-with-deprecation" <=> EndpointAdded, Editorial, "the operation was removed after it was deprecated";
    ApiRemovedBeforeSunset = "api-removed-before-sunset" <=> EndpointAdded, Breaking, "the operation was removed before {0}, the day on which it was to end";
    ApiPathRemovedWithoutDeprecation = "api-path-removed-without-deprecation" <=> EndpointAdded, Breaking, "the path was removed, and the operation was not deprecated before";
    ApiPathRemovedWithDeprecation = "api-path-removed-with-deprecation" <=> EndpointAdded, Editorial, "the path was removed after the operation was deprecated";
    ApiPathRemovedBeforeSunset = "api-path-removed-before-sunset" <=> EndpointAdded, Breaking, "the path was removed before {0}, the day on which the operation was to end";
    ApiPathSunsetParse = "api-path-sunset-parse" <=> ApiPathSunsetParse, Breaking, "the day on which the operation ends cannot be read: {0}";
    ApiOperationIdAdded = "api-operation-id-added" <=> ApiOperationIdRemoved, Editorial, "the operation id {0} was added";
    ApiOperationIdRemoved = "api-operation-id-removed" <=> ApiOperationIdAdded, Editorial, "the operation id {0} was removed or replaced: {1}";
    ApiTagAdded = "api-tag-added" <=> ApiTagRemoved, Editorial, "the tag {0} was added";
    ApiTagRemoved = "api-tag-removed" <=> ApiTagAdded, Editorial, "the tag {0} was removed";
    EndpointDeprecated = "endpoint-deprecated" <=> EndpointReactivated, Editorial, "the operation is deprecated";
    EndpointDeprecatedWithSunset = "endpoint-deprecated-with-sunset" <=> EndpointReactivated, Editorial, "the operation is deprecated, and ends on {0}";
    EndpointReactivated = "endpoint-reactivated" <=> EndpointDeprecated, Editorial, "the operation is no longer deprecated";
    ApiDeprecatedSunsetParse = "api-deprecated-sunset-parse" <=> EndpointReactivated, Breaking, "the operation is deprecated, and the day on which it ends cannot be read: {0}";
    ApiDeprecatedSunsetMissing = "api-deprecated-sunset-missing" <=> EndpointReactivated, Breaking, "the operation is deprecated without a day on which it ends";
    ApiSunsetDateTooSmall = "api-sunset-date-too-small" <=> EndpointReactivated, Breaking, "the operation ends on {0}, which is {1}";
    ApiSunsetDateChangedTooSmall = "api-sunset-date-changed-too-small" <=> ApiSunsetDateChanged, Breaking, "the operation ends on {1}, earlier than {0}, which is {2}";
    ApiSunsetDateChanged = "api-sunset-date-changed" <=> ApiSunsetDateChanged, Editorial, "the operation ends on {1}, no longer on {0}";
    SunsetDeleted = "sunset-deleted" <=> ApiSunsetAdded, Breaking, "the operation is still deprecated, and the day on which it ends was removed";
    ApiSunsetAdded = "api-sunset-added" <=> SunsetDeleted, Editorial, "the operation ends on {0}";
    ApiInvalidStabilityLevel = "api-invalid-stability-level" <=> ApiInvalidStabilityLevel, Breaking, "the level of stability cannot be read: {0}";
    ApiStabilityDecreased = "api-stability-decreased" <=> ApiStabilityIncreased, Breaking, "the operation is less stable: {1}, no longer {0}";
    ApiStabilityIncreased = "api-stability-increased" <=> ApiStabilityDecreased, Editorial, "the operation is more stable: {1}, no longer {0}";
    WebhookAdded = "webhook-added" <=> WebhookRemoved, Additive, "the webhook {0} was added";
    WebhookRemoved = "webhook-removed" <=> WebhookAdded, Breaking, "the webhook {0} was removed";
    CallbackAdded = "api-callback-added" <=> CallbackRemoved, Additive, "the callback {0} was added";
    CallbackRemoved = "api-callback-removed" <=> CallbackAdded, Breaking, "the callback {0} was removed";

    // The document
    ApiVersionNotBumped = "api-version-not-bumped" <=> ApiVersionNotBumped, Editorial, "something breaks, and the version is still {0}";
    ApiVersionDecreased = "api-version-decreased" <=> ApiMajorVersionNotBumped, Editorial, "something breaks, and the version went back from {0} to {1}";
    ApiMajorVersionNotBumped = "api-major-version-not-bumped" <=> ApiVersionDecreased, Editorial, "something breaks, and the version went from {0} to {1} only";
    ApiSchemaRemoved = "api-schema-removed" <=> ApiSchemaAdded, Editorial, "the schema {0}, which nothing referred to, was removed";
    ApiSchemaAdded = "api-schema-added" <=> ApiSchemaRemoved, Editorial, "the schema {0} was added, and nothing refers to it";

    // Servers
    ServerAdded = "api-server-added" <=> ServerRemoved, Additive, "the server {0} was added";
    ServerRemoved = "api-server-removed" <=> ServerAdded, Breaking, "the server {0} was removed";
    ServerUrlChanged = "api-server-url-changed" <=> ServerUrlChanged, Breaking, "the server {0} became {1}";
    ServerVariableAdded = "api-server-variable-added" <=> ServerVariableRemoved, Additive, "the variable {1} of the server {0} was added";
    ServerVariableRemoved = "api-server-variable-removed" <=> ServerVariableAdded, Breaking, "the variable {1} of the server {0} was removed";
    ServerVariableDefaultChanged = "api-server-variable-default-changed" <=> ServerVariableDefaultChanged, Risky, "the default of a variable of the server {0} changed from {1} to {2}";
    ServerVariableValueAdded = "api-server-variable-value-added" <=> ServerVariableValueRemoved, Additive, "the value {1} of a variable of the server {0} was added";
    ServerVariableValueRemoved = "api-server-variable-value-removed" <=> ServerVariableValueAdded, Breaking, "the value {1} of a variable of the server {0} was removed";

    // Security
    ApiSecurityAdded = "api-security-added" <=> ApiSecurityRemoved, Additive, "a way to authorise was added: {0}";
    ApiSecurityRemoved = "api-security-removed" <=> ApiSecurityAdded, Breaking, "a way to authorise was removed: {0}";
    ApiSecurityScopeAdded = "api-security-scope-added" <=> ApiSecurityScopeRemoved, Breaking, "the scope {0} of {1} is needed";
    ApiSecurityScopeRemoved = "api-security-scope-removed" <=> ApiSecurityScopeAdded, Additive, "the scope {0} of {1} is no longer needed";
    ApiSecurityAnonymousRemoved = "api-security-anonymous-access-removed" <=> ApiSecurityAnonymousAdded, Breaking, "the operation is refused without authorisation";
    ApiSecurityAnonymousAdded = "api-security-anonymous-access-added" <=> ApiSecurityAnonymousRemoved, Additive, "the operation can be called without authorisation";
    ApiGlobalSecurityAdded = "api-global-security-added" <=> ApiGlobalSecurityRemoved, Additive, "a way to authorise was added for the whole document: {0}";
    ApiGlobalSecurityRemoved = "api-global-security-removed" <=> ApiGlobalSecurityAdded, Breaking, "a way to authorise was removed for the whole document: {0}";
    ApiGlobalSecurityScopeAdded = "api-global-security-scope-added" <=> ApiGlobalSecurityScopeRemoved, Breaking, "the scope {0} of {1} is needed in the whole document";
    ApiGlobalSecurityScopeRemoved = "api-global-security-scope-removed" <=> ApiGlobalSecurityScopeAdded, Additive, "the scope {0} of {1} is no longer needed in the whole document";
    ApiGlobalSecurityAnonymousRemoved = "api-global-security-anonymous-access-removed" <=> ApiGlobalSecurityAnonymousAdded, Breaking, "operations that ask for nothing of their own are refused without authorisation";
    ApiGlobalSecurityAnonymousAdded = "api-global-security-anonymous-access-added" <=> ApiGlobalSecurityAnonymousRemoved, Additive, "operations that ask for nothing of their own can be called without authorisation";
    ApiSecurityComponentAdded = "api-security-component-added" <=> ApiSecurityComponentRemoved, Additive, "the security scheme {0} was added";
    ApiSecurityComponentRemoved = "api-security-component-removed" <=> ApiSecurityComponentAdded, Breaking, "the security scheme {0} was removed";
    ApiSecurityComponentTypeChanged = "api-security-component-type-changed" <=> ApiSecurityComponentTypeChanged, Breaking, "the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentNameChanged = "api-security-component-name-changed" <=> ApiSecurityComponentNameChanged, Breaking, "the key of the security scheme {0} is sent as {2}, no longer as {1}";
    ApiSecurityComponentInChanged = "api-security-component-in-changed" <=> ApiSecurityComponentInChanged, Breaking, "the key of the security scheme {0} is sent in the {2}, no longer in the {1}";
    ApiSecurityComponentSchemeChanged = "api-security-component-scheme-changed" <=> ApiSecurityComponentSchemeChanged, Breaking, "the HTTP scheme of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentBearerFormatChanged = "api-security-component-bearer-format-changed" <=> ApiSecurityComponentBearerFormatChanged, Editorial, "the form of the bearer token of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentOpenIdConnectUrlChanged = "api-security-component-open-id-connect-url-changed" <=> ApiSecurityComponentOpenIdConnectUrlChanged, Breaking, "the OpenID Connect URL of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentOauthUrlChanged = "api-security-component-oauth-url-changed" <=> ApiSecurityComponentOauthUrlChanged, Breaking, "the authorisation URL of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentOauthTokenUrlChanged = "api-security-component-oauth-token-url-changed" <=> ApiSecurityComponentOauthTokenUrlChanged, Breaking, "the token URL of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentOauthRefreshUrlChanged = "api-security-component-oauth-refresh-url-changed" <=> ApiSecurityComponentOauthRefreshUrlChanged, Breaking, "the refresh URL of the security scheme {0} changed from {1} to {2}";
    ApiSecurityComponentOauthFlowAdded = "api-security-component-oauth-flow-added" <=> ApiSecurityComponentOauthFlowRemoved, Additive, "the OAuth flow {1} of the security scheme {0} was added";
    ApiSecurityComponentOauthFlowRemoved = "api-security-component-oauth-flow-removed" <=> ApiSecurityComponentOauthFlowAdded, Breaking, "the OAuth flow {1} of the security scheme {0} was removed";
    ApiSecurityComponentOauthScopeAdded = "api-security-component-oauth-scope-added" <=> ApiSecurityComponentOauthScopeRemoved, Additive, "the scope {1} of the security scheme {0} was added";
    ApiSecurityComponentOauthScopeRemoved = "api-security-component-oauth-scope-removed" <=> ApiSecurityComponentOauthScopeAdded, Breaking, "the scope {1} of the security scheme {0} was removed";
    ApiSecurityComponentOauthScopeChanged = "api-security-component-oauth-scope-changed" <=> ApiSecurityComponentOauthScopeChanged, Editorial, "the description of a scope of the security scheme {0} changed from {1} to {2}";

    // Parameters
    NewRequestPathParameter = "new-request-path-parameter" <=> RequestParameterRemoved, Breaking, "the {0} was added";
    NewRequiredRequestParameter = "new-required-request-parameter" <=> RequestParameterRemoved, Breaking, "the {0}, which is required, was added";
    NewOptionalRequestParameter = "new-optional-request-parameter" <=> RequestParameterRemoved, Additive, "the {0}, which is optional, was added";
    NewRequiredRequestDefaultParameter = "new-required-request-default-parameter-to-existing-path" <=> RequestParameterRemoved, Breaking, "the {0}, which is required, was added to every operation of the path";
    NewOptionalRequestDefaultParameter = "new-optional-request-default-parameter-to-existing-path" <=> RequestParameterRemoved, Additive, "the {0}, which is optional, was added to every operation of the path";
    RequestParameterRemoved = "request-parameter-removed" <=> NewOptionalRequestParameter, Risky, "the {0} was removed";
    RequestParameterRemovedWithDeprecation = "request-parameter-removed-with-deprecation" <=> NewOptionalRequestParameter, Additive, "the {0} was removed after it was deprecated";
    RequestParameterRemovedBeforeSunset = "request-parameter-removed-before-sunset" <=> NewOptionalRequestParameter, Breaking, "the {0} was removed before {1}, the day on which it was to end";
    RequestParameterSunsetParse = "request-parameter-sunset-parse" <=> RequestParameterSunsetParse, Breaking, "the day on which the {0} ends cannot be read: {1}";
    RequestParameterBecameRequired = "request-parameter-became-required" <=> RequestParameterBecameOptional, Breaking, "the {0} became required";
    RequestParameterBecameOptional = "request-parameter-became-optional" <=> RequestParameterBecameRequired, Additive, "the {0} became optional";
    RequestParameterDeprecated = "request-parameter-deprecated" <=> RequestParameterReactivated, Editorial, "the {0} is deprecated";
    RequestParameterDeprecatedSunsetMissing = "request-parameter-deprecated-sunset-missing" <=> RequestParameterReactivated, Breaking, "the {0} is deprecated without a day on which it ends";
    RequestParameterReactivated = "request-parameter-reactivated" <=> RequestParameterDeprecated, Editorial, "the {0} is no longer deprecated";
    RequestParameterSunsetDateTooSmall = "request-parameter-sunset-date-too-small" <=> RequestParameterReactivated, Breaking, "the {0} ends on {1}, which is {2}";
    RequestParameterSunsetDateChangedTooSmall = "request-parameter-sunset-date-changed-too-small" <=> RequestParameterSunsetDateChanged, Breaking, "the {0} ends earlier: on {1}";
    RequestParameterSunsetDateChanged = "request-parameter-sunset-date-changed" <=> RequestParameterSunsetDateChanged, Editorial, "the {0} ends on {1}";
    RequestParameterSunsetAdded = "request-parameter-sunset-added" <=> RequestParameterSunsetDeleted, Editorial, "the {0} ends on {1}";
    RequestParameterSunsetDeleted = "request-parameter-sunset-deleted" <=> RequestParameterSunsetAdded, Breaking, "the {0} is still deprecated, and the day on which it ends was removed";
    RequestParameterStyleChanged = "request-parameter-style-changed" <=> RequestParameterStyleChanged, Breaking, "the {0} is written in the style {2}, no longer {1}";
    RequestParameterExplodeChanged = "request-parameter-explode-changed" <=> RequestParameterExplodeChanged, Breaking, "`explode` of the {0} changed from {1} to {2}";
    RequestParameterBecameAllowReserved = "request-parameter-became-allow-reserved" <=> RequestParameterBecameNotAllowReserved, Additive, "reserved characters of the {0} need not be encoded";
    RequestParameterBecameNotAllowReserved = "request-parameter-became-not-allow-reserved" <=> RequestParameterBecameAllowReserved, Breaking, "reserved characters of the {0} have to be encoded";
    RequestParameterBecameAllowEmptyValue = "request-parameter-became-allow-empty-value" <=> RequestParameterBecameNotAllowEmptyValue, Additive, "the {0} can be sent without a value";
    RequestParameterBecameNotAllowEmptyValue = "request-parameter-became-not-allow-empty-value" <=> RequestParameterBecameAllowEmptyValue, Breaking, "the {0} can no longer be sent without a value";
    RequestParameterMediaTypeChanged = "request-parameter-media-type-changed" <=> RequestParameterMediaTypeChanged, Breaking, "the {0} is written as {2}, no longer as {1}";
    NewRequiredRequestHeaderProperty = "new-required-request-header-property" <=> RequestParameterPropertyRemoved, Breaking, "the required property {1} was added";
    RequestHeaderPropertyBecameRequired = "request-header-property-became-required" <=> RequestParameterPropertyBecameOptional, Breaking, "the property {1} became required";
    RequestHeaderPropertyBecameEnum = "request-header-property-became-enum" <=> RequestHeaderPropertyBecameEnum, Breaking, "only listed values are valid: {0}";
    NewRequiredRequestParameterProperty = "new-required-request-parameter-property" <=> RequestParameterPropertyRemoved, Breaking, "the required property {1} was added";
    NewOptionalRequestParameterProperty = "new-optional-request-parameter-property" <=> RequestParameterPropertyRemoved, Additive, "the optional property {1} was added";
    RequestParameterPropertyRemoved = "request-parameter-property-removed" <=> NewOptionalRequestParameterProperty, Risky, "the property {1} was removed";
    RequestParameterPropertyBecameRequired = "request-parameter-property-became-required" <=> RequestParameterPropertyBecameOptional, Breaking, "the property {1} became required";
    RequestParameterPropertyBecameOptional = "request-parameter-property-became-optional" <=> RequestParameterPropertyBecameRequired, Additive, "the property {1} became optional";

    // Request bodies
    RequestBodyAddedRequired = "request-body-added-required" <=> RequestBodyRemoved, Breaking, "a required request body was added";
    RequestBodyAddedOptional = "request-body-added-optional" <=> RequestBodyRemoved, Additive, "an optional request body was added";
    RequestBodyRemoved = "request-body-removed" <=> RequestBodyAddedOptional, Breaking, "the request body was removed";
    RequestBodyBecameRequired = "request-body-became-required" <=> RequestBodyBecameOptional, Breaking, "the request body became required";
    RequestBodyBecameOptional = "request-body-became-optional" <=> RequestBodyBecameRequired, Additive, "the request body became optional";
    RequestBodyMediaTypeAdded = "request-body-media-type-added" <=> RequestBodyMediaTypeRemoved, Additive, "the request body can be sent as {0}";
    RequestBodyMediaTypeRemoved = "request-body-media-type-removed" <=> RequestBodyMediaTypeAdded, Breaking, "the request body can no longer be sent as {0}";
    RequestBodyMediaTypeSchemaAdded = "request-body-media-type-schema-added" <=> RequestBodyMediaTypeSchemaRemoved, Breaking, "the request body as {0} has to fit a schema";
    RequestBodyMediaTypeSchemaRemoved = "request-body-media-type-schema-removed" <=> RequestBodyMediaTypeSchemaAdded, Additive, "the request body as {0} can be anything";
    RequestBodyEncodingChanged = "request-body-encoding-changed" <=> RequestBodyEncodingChanged, Breaking, "`{1}` of the part or field {0} of the request body changed: {2}";

    // Responses
    ResponseSuccessStatusAdded = "response-success-status-added" <=> ResponseSuccessStatusRemoved, Additive, "the response {0}, which is a success, was added";
    ResponseSuccessStatusRemoved = "response-success-status-removed" <=> ResponseSuccessStatusAdded, Breaking, "the response {0}, which is a success, was removed";
    ResponseNonSuccessStatusAdded = "response-non-success-status-added" <=> ResponseNonSuccessStatusRemoved, Additive, "the response {0}, which is no success, was added";
    ResponseNonSuccessStatusRemoved = "response-non-success-status-removed" <=> ResponseNonSuccessStatusAdded, Additive, "the response {0}, which is no success, was removed";
    ResponseMediaTypeAdded = "response-media-type-added" <=> ResponseMediaTypeRemoved, Additive, "the response {1} can come as {0}";
    ResponseMediaTypeRemoved = "response-media-type-removed" <=> ResponseMediaTypeAdded, Breaking, "the response {1} no longer comes as {0}";
    ResponseMediaTypeNameChanged = "response-media-type-name-changed" <=> ResponseMediaTypeNameChanged, Additive, "the media type of the response {2} changed from {0} to {1}";
    ResponseMediaTypeNameGeneralized = "response-media-type-name-generalized" <=> ResponseMediaTypeNameSpecialized, Breaking, "the media type of the response {2} was widened from {0} to {1}";
    ResponseMediaTypeNameSpecialized = "response-media-type-name-specialized" <=> ResponseMediaTypeNameGeneralized, Additive, "the media type of the response {2} was narrowed from {0} to {1}";
    ResponseBodyMediaTypeSchemaAdded = "response-body-media-type-schema-added" <=> ResponseBodyMediaTypeSchemaRemoved, Additive, "the response {1} as {0} fits a schema";
    ResponseBodyMediaTypeSchemaRemoved = "response-body-media-type-schema-removed" <=> ResponseBodyMediaTypeSchemaAdded, Risky, "the response {1} as {0} can be anything";
    ResponseMediaTypeEnumValueRemoved = "response-mediatype-enum-value-removed" <=> ResponseMediaTypeEnumValueAdded, Additive, "the value {0} was removed from `enum`";
    ResponseMediaTypeEnumValueAdded = "response-mediatype-enum-value-added" <=> ResponseMediaTypeEnumValueRemoved, Risky, "the value {0} was added to `enum`";
    ResponseHeaderAdded = "response-header-added" <=> OptionalResponseHeaderRemoved, Additive, "the header {0} of the response {1} was added";
    RequiredResponseHeaderRemoved = "required-response-header-removed" <=> ResponseHeaderAdded, Breaking, "the header {0} of the response {1}, which always came, was removed";
    OptionalResponseHeaderRemoved = "optional-response-header-removed" <=> ResponseHeaderAdded, Risky, "the header {0} of the response {1} was removed";
    ResponseHeaderBecameOptional = "response-header-became-optional" <=> ResponseHeaderBecameRequired, Breaking, "the header {0} of the response {1} need not come";
    ResponseHeaderBecameRequired = "response-header-became-required" <=> ResponseHeaderBecameOptional, Additive, "the header {0} of the response {1} always comes";
    ResponseHeaderDeprecated = "response-header-deprecated" <=> ResponseHeaderReactivated, Editorial, "the header {0} of the response {1} is deprecated";
    ResponseHeaderReactivated = "response-header-reactivated" <=> ResponseHeaderDeprecated, Editorial, "the header {0} of the response {1} is no longer deprecated";
    ResponseHeaderExplodeChanged = "response-header-explode-changed" <=> ResponseHeaderExplodeChanged, Breaking, "`explode` of the header {0} of the response {1} changed";
    ResponseHeaderMediaTypeChanged = "response-header-media-type-changed" <=> ResponseHeaderMediaTypeChanged, Breaking, "the header {0} is written as {2}, no longer as {1}";
    ResponseLinkAdded = "response-link-added" <=> ResponseLinkRemoved, Additive, "the link {0} of the response {1} was added";
    ResponseLinkRemoved = "response-link-removed" <=> ResponseLinkAdded, Editorial, "the link {0} of the response {1} was removed";
    ResponseLinkChanged = "response-link-changed" <=> ResponseLinkChanged, Editorial, "the link {0} of the response {1} leads elsewhere or with other parameters";

    // Properties
    RequestPropertyRemoved = "request-property-removed" <=> NewOptionalRequestProperty, Risky, "the property {0} was removed";
    NewRequiredRequestProperty = "new-required-request-property" <=> RequestPropertyRemoved, Breaking, "the required property {0} was added";
    NewRequiredRequestPropertyWithDefault = "new-required-request-property-with-default" <=> RequestPropertyRemoved, Breaking, "the property {0}, which is required although it has a default, was added";
    NewOptionalRequestProperty = "new-optional-request-property" <=> RequestPropertyRemoved, Additive, "the optional property {0} was added";
    RequestPropertyBecameRequired = "request-property-became-required" <=> RequestPropertyBecameOptional, Breaking, "the property {0} became required";
    RequestPropertyBecameRequiredWithDefault = "request-property-became-required-with-default" <=> RequestPropertyBecameOptional, Breaking, "the property {0} became required, although it has a default";
    RequestPropertyBecameOptional = "request-property-became-optional" <=> RequestPropertyBecameRequired, Additive, "the property {0} became optional";
    RequestReadOnlyPropertyEnumValueRemoved = "request-read-only-property-enum-value-removed" <=> RequestReadOnlyPropertyEnumValueRemoved, Editorial, "the value {0} was removed from `enum`";
    RequestReadOnlyPropertyMaxDecreased = "request-read-only-property-max-decreased" <=> RequestReadOnlyPropertyMaxDecreased, Editorial, "`maximum` was lowered from {0} to {1}";
    RequestReadOnlyPropertyMinIncreased = "request-read-only-property-min-increased" <=> RequestReadOnlyPropertyMinIncreased, Editorial, "`minimum` was raised from {0} to {1}";
    RequestReadOnlyPropertyExclusiveMaxDecreased = "request-read-only-property-exclusive-max-decreased" <=> RequestReadOnlyPropertyExclusiveMaxDecreased, Editorial, "`exclusiveMaximum` was lowered from {0} to {1}";
    RequestReadOnlyPropertyExclusiveMinIncreased = "request-read-only-property-exclusive-min-increased" <=> RequestReadOnlyPropertyExclusiveMinIncreased, Editorial, "`exclusiveMinimum` was raised from {0} to {1}";
    RequestReadOnlyPropertyMaxLengthDecreased = "request-read-only-property-max-length-decreased" <=> RequestReadOnlyPropertyMaxLengthDecreased, Editorial, "`maxLength` was lowered from {0} to {1}";
    RequestOptionalPropertyBecameReadOnly = "request-optional-property-became-read-only" <=> RequestOptionalPropertyBecameNotReadOnly, Breaking, "the optional property {0} became read-only";
    RequestOptionalPropertyBecameNotReadOnly = "request-optional-property-became-not-read-only" <=> RequestOptionalPropertyBecameReadOnly, Additive, "the optional property {0} is no longer read-only";
    RequestOptionalPropertyBecameWriteOnly = "request-optional-property-became-write-only" <=> RequestOptionalPropertyBecameNotWriteOnly, Additive, "the optional property {0} became write-only";
    RequestOptionalPropertyBecameNotWriteOnly = "request-optional-property-became-not-write-only" <=> RequestOptionalPropertyBecameWriteOnly, Additive, "the optional property {0} is no longer write-only";
    RequestRequiredPropertyBecameReadOnly = "request-required-property-became-read-only" <=> RequestRequiredPropertyBecameNotReadOnly, Breaking, "the required property {0} became read-only";
    RequestRequiredPropertyBecameNotReadOnly = "request-required-property-became-not-read-only" <=> RequestRequiredPropertyBecameReadOnly, Breaking, "the required property {0} is no longer read-only";
    RequestRequiredPropertyBecameWriteOnly = "request-required-property-became-write-only" <=> RequestRequiredPropertyBecameNotWriteOnly, Additive, "the required property {0} became write-only";
    RequestRequiredPropertyBecameNotWriteOnly = "request-required-property-became-not-write-only" <=> RequestRequiredPropertyBecameWriteOnly, Additive, "the required property {0} is no longer write-only";
    ResponseRequiredPropertyRemoved = "response-required-property-removed" <=> ResponseRequiredPropertyAdded, Breaking, "the property {0}, which always came, was removed";
    ResponseOptionalPropertyRemoved = "response-optional-property-removed" <=> ResponseOptionalPropertyAdded, Risky, "the optional property {0} was removed";
    ResponseRequiredPropertyAdded = "response-required-property-added" <=> ResponseRequiredPropertyRemoved, Additive, "the property {0}, which always comes, was added";
    ResponseOptionalPropertyAdded = "response-optional-property-added" <=> ResponseOptionalPropertyRemoved, Additive, "the optional property {0} was added";
    ResponseRequiredWriteOnlyPropertyRemoved = "response-required-write-only-property-removed" <=> ResponseRequiredWriteOnlyPropertyAdded, Editorial, "the required property {0}, which is write-only, was removed";
    ResponseOptionalWriteOnlyPropertyRemoved = "response-optional-write-only-property-removed" <=> ResponseOptionalWriteOnlyPropertyAdded, Editorial, "the optional property {0}, which is write-only, was removed";
    ResponseRequiredWriteOnlyPropertyAdded = "response-required-write-only-property-added" <=> ResponseRequiredWriteOnlyPropertyRemoved, Editorial, "the required property {0}, which is write-only, was added";
    ResponseOptionalWriteOnlyPropertyAdded = "response-optional-write-only-property-added" <=> ResponseOptionalWriteOnlyPropertyRemoved, Editorial, "the optional property {0}, which is write-only, was added";
    ResponsePropertyBecameOptional = "response-property-became-optional" <=> ResponsePropertyBecameRequired, Breaking, "the property {0} need not come";
    ResponsePropertyBecameRequired = "response-property-became-required" <=> ResponsePropertyBecameOptional, Additive, "the property {0} always comes";
    ResponseWriteOnlyPropertyBecameOptional = "response-write-only-property-became-optional" <=> ResponseWriteOnlyPropertyBecameRequired, Editorial, "the property {0}, which is write-only, became optional";
    ResponseWriteOnlyPropertyBecameRequired = "response-write-only-property-became-required" <=> ResponseWriteOnlyPropertyBecameOptional, Editorial, "the property {0}, which is write-only, became required";
    ResponseWriteOnlyPropertyEnumValueAdded = "response-write-only-property-enum-value-added" <=> ResponseWriteOnlyPropertyEnumValueAdded, Editorial, "the value {0} was added to `enum`";
    ResponseOptionalPropertyBecameReadOnly = "response-optional-property-became-read-only" <=> ResponseOptionalPropertyBecameNotReadOnly, Additive, "the optional property {0} became read-only";
    ResponseOptionalPropertyBecameNotReadOnly = "response-optional-property-became-not-read-only" <=> ResponseOptionalPropertyBecameReadOnly, Additive, "the optional property {0} is no longer read-only";
    ResponseOptionalPropertyBecameWriteOnly = "response-optional-property-became-write-only" <=> ResponseOptionalPropertyBecameNotWriteOnly, Breaking, "the optional property {0} became write-only";
    ResponseOptionalPropertyBecameNotWriteOnly = "response-optional-property-became-not-write-only" <=> ResponseOptionalPropertyBecameWriteOnly, Additive, "the optional property {0} is no longer write-only";
    ResponseRequiredPropertyBecameReadOnly = "response-required-property-became-read-only" <=> ResponseRequiredPropertyBecameNotReadOnly, Additive, "the required property {0} became read-only";
    ResponseRequiredPropertyBecameNotReadOnly = "response-required-property-became-not-read-only" <=> ResponseRequiredPropertyBecameReadOnly, Additive, "the required property {0} is no longer read-only";
    ResponseRequiredPropertyBecameWriteOnly = "response-required-property-became-write-only" <=> ResponseRequiredPropertyBecameNotWriteOnly, Breaking, "the required property {0} became write-only";
    ResponseRequiredPropertyBecameNotWriteOnly = "response-required-property-became-not-write-only" <=> ResponseRequiredPropertyBecameWriteOnly, Risky, "the required property {0} is no longer write-only";
}
