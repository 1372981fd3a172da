//! Keys that are sent as they are and signatures that are made for each request, as the manifest says it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::auth::AuthSection;
use super::text::{TextError, is_name, is_token};
use super::tokens::{JwtAlgorithm, Placement};
use super::values::Entries;
use crate::source::Spanned;
use crate::suggest::did_you_mean;

/// A key in a header, query parameter, cookie or field of the body.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyAuth {
    /// Where the key goes.
    #[serde(rename = "in")]
    pub place: KeyPlace,
    /// Name of that header, query parameter, cookie or field.
    pub name: Spanned<String>,
    /// The key; may hold `{config}` variables.
    pub value: Spanned<String>,
    /// What stands before the key, for example `Token ` with the blank.
    pub prefix: Option<Spanned<String>>,
}

/// Where an API key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// A header.
    Header,
    /// A query parameter. It shows in the logs of every proxy on the way; take a header where the API has the choice.
    Query,
    /// A cookie.
    Cookie,
    /// A field of the body, which is a JSON object or a form.
    Body,
}

/// A JWT that the connector signs itself, RFC 7519. Its `iat` and `exp` are written by the connector, which makes a new one before the last ends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtAuth {
    /// The algorithm of the signature.
    pub algorithm: Spanned<JwtAlgorithm>,
    /// The key; may hold `{config}` variables. PEM or a JWK; for the HMAC algorithms (`HS256`, `HS384`, `HS512`) a shared text.
    pub key: Spanned<String>,
    /// How the key of an HMAC algorithm is written. Without this: as it is.
    pub key_encoding: Option<Spanned<KeyEncoding>>,
    /// Claims beside `iat` and `exp`: texts, which may hold `{config}` variables, lists of texts, numbers, booleans.
    #[serde(default)]
    pub claims: Entries<Spanned<Claim>>,
    /// Members of the header beside `alg`, for example `kid`; values may hold `{config}` variables. Without `typ` here it is `JWT`.
    #[serde(default)]
    pub header: Entries<Spanned<String>>,
    /// From `iat` to `exp`. Without this: `20m`.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub lifetime: Option<Spanned<String>>,
    /// How far `iat` lies in the past, for servers whose clock is behind: `60s`. Without this: not at all.
    #[schemars(extend("pattern" = "^[1-9][0-9]*(ms|s|m|h|d)$"))]
    pub backdate: Option<Spanned<String>>,
    /// Where it goes. Without this: `Authorization: Bearer`.
    pub send: Option<Placement>,
}

/// The value of a claim.
#[derive(Clone, Debug)]
pub enum Claim {
    /// A text.
    Text(String),
    /// A number or boolean, as JSON writes it.
    Verbatim(String),
    /// A list of texts.
    Texts(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClaimVisitor;

        impl<'de> Visitor<'de> for ClaimVisitor {
            type Value = Claim;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, a number, a boolean or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Claim, E> {
                Ok(Claim::Text(text.to_owned()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Claim, E> {
                Ok(Claim::Verbatim(value.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Claim, E> {
                Ok(Claim::Verbatim(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Claim, E> {
                Ok(Claim::Verbatim(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Claim, E> {
                Ok(Claim::Verbatim(number.to_string()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Claim, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = items.next_element()? {
                    texts.push(text);
                }
                Ok(Claim::Texts(texts))
            }
        }

        deserializer.deserialize_any(ClaimVisitor)
    }
}

impl JsonSchema for Claim {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Claim".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean", "array"], "items": { "type": "string" } })
    }
}

/// How a shared key is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyEncoding {
    /// As it is: its bytes in UTF-8 are the key.
    #[default]
    Text,
    /// In base64.
    Base64,
    /// In hexadecimal digits.
    Hex,
}

/// A signature of each request with a shared key: HMAC, RFC 2104. Texts are made of `{config}` variables and of these parts of the request:
/// `{method}`, `{path}`, `{query}`, `{sorted_query}`, `{target}` (path and query), `{url}`, `{host}`, `{timestamp}`, `{nonce}`, `{body}`,
/// `{body_hash}`, `{header:NAME}`; where the signature is sent also of `{signature}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HmacAuth {
    /// The digest.
    pub algorithm: HmacAlgorithm,
    /// The key; may hold `{config}` variables.
    pub key: Spanned<String>,
    /// How the key is written. Without this: as it is.
    pub key_encoding: Option<KeyEncoding>,
    /// What is signed, for example `"{timestamp}{method}{target}{body}"`.
    pub sign: Spanned<String>,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// How `{body_hash}` is made. Without this: with the digest and the encoding of the signature.
    pub body_hash: Option<BodyHash>,
    /// How `{timestamp}` is written.
    pub timestamp: Option<SignedTime>,
    /// Headers that are sent, for example `X-Signature: "{signature}"`. Those without the signature are there when it is made.
    #[serde(default)]
    pub headers: Entries<Spanned<String>>,
    /// Query parameters that are sent, in the same way.
    #[serde(default)]
    pub parameters: Entries<Spanned<String>>,
}

/// How the digest of a body is made.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyHash {
    /// The digest.
    pub algorithm: HmacAlgorithm,
    /// How it is written.
    pub encoding: SignatureEncoding,
}

/// Digests of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of FIPS 180-4")]
pub enum HmacAlgorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// In hexadecimal digits, with small letters.
    Hex,
    /// In base64 with padding.
    Base64,
}

/// How the time of a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignedTime {
    /// Seconds since 1970-01-01 UTC.
    Seconds,
    /// Milliseconds since 1970-01-01 UTC.
    Milliseconds,
    /// RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
    Rfc3339,
    /// A date as in RFC 9110, 5.6.7.
    HttpDate,
}

/// Signature Version 4 of Amazon Web Services, in the `Authorization` header. Texts may hold `{config}` variables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSigV4Auth {
    /// Region, for example `eu-central-1`.
    pub region: Spanned<String>,
    /// Service as signatures name it, for example `execute-api` or `s3`.
    pub service: Spanned<String>,
    /// Identifier of the access key.
    pub access_key_id: Spanned<String>,
    /// Secret of the access key.
    pub secret_access_key: Spanned<String>,
    /// Token of a temporary access key. None is sent where it comes to an empty text: give its config value the default `""`.
    pub session_token: Option<Spanned<String>>,
    /// How the path is signed. Without this: `as_is` where `service` is `s3`, else `normalised`.
    pub path: Option<AwsPath>,
}

/// How a path is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AwsPath {
    /// Without `.`, `..` and empty segments, and encoded once more than it is sent: all services but S3.
    Normalised,
    /// As it is sent: S3.
    AsIs,
}

/// One of several ways to authorise, which the connector's user chooses with a config value. What only the others need is not required then.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceAuth {
    /// The config value that chooses.
    pub by: Spanned<String>,
    /// What it may be, and how requests are authorised then.
    pub of: Entries<AuthSection>,
}

/// A part of a text that is signed or sent with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those in the text")]
pub enum SignedPart<'t> {
    /// What stands between the braces.
    Text(&'t str),
    /// A config value.
    Config(&'t str),
    Method,
    Path,
    Query,
    SortedQuery,
    Target,
    Url,
    Host,
    Timestamp,
    Nonce,
    Body,
    BodyHash,
    Header(&'t str),
    Signature,
}

/// The parts by their names.
const PARTS: &[(&str, SignedPart<'static>)] = &[
    ("method", SignedPart::Method),
    ("path", SignedPart::Path),
    ("query", SignedPart::Query),
    ("sorted_query", SignedPart::SortedQuery),
    ("target", SignedPart::Target),
    ("url", SignedPart::Url),
    ("host", SignedPart::Host),
    ("timestamp", SignedPart::Timestamp),
    ("nonce", SignedPart::Nonce),
    ("body", SignedPart::Body),
    ("body_hash", SignedPart::BodyHash),
    ("signature", SignedPart::Signature),
];

/// The part of that name.
pub(super) fn part_of(name: &str) -> Option<SignedPart<'static>> {
    PARTS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}

/// Names of parts.
pub(super) fn part_names() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|(name, _)| *name)
}

/// Reads a text of parts, each with its bytes, braces included.
///
/// # Errors
/// A brace without its other half, or no name between braces.
pub fn signed_text(text: &str) -> Result<Vec<(SignedPart<'_>, Range<usize>)>, TextError> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(['{', '}'])).map(|at| at + from) {
        if at > from {
            parts.push((SignedPart::Text(text.get(from..at).unwrap_or_default()), from..at));
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        if text.as_bytes().get(at) == Some(&b'}') {
            return Err(TextError { message: "a `}` stands without its `{`".to_owned(), range: at..at + 1 });
        }
        let Some(length) = rest.find('}') else {
            return Err(TextError { message: "a `{` stands without its `}`".to_owned(), range: at..at + 1 });
        };
        let name = rest.get(..length).unwrap_or_default();
        let range = at..at + length + 2;
        let part = match name.strip_prefix("header:") {
            Some(header) if is_token(header) => SignedPart::Header(header),
            None if is_name(name, '_') => part_of(name).unwrap_or(SignedPart::Config(name)),
            _ => {
                let near = did_you_mean(name, part_names())
                    .map_or(String::new(), |near| format!("; did you mean `{{{near}}}`?"));
                return Err(TextError {
                    message: format!("`{{{name}}}` is no part of a request{near}"),
                    range,
                });
            }
        };
        from = range.end;
        parts.push((part, range));
    }
    if from < text.len() {
        parts.push((SignedPart::Text(text.get(from..).unwrap_or_default()), from..text.len()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_texts_are_read_into_their_parts() {
        let read =
            |text| signed_text(text).map(|parts| parts.into_iter().map(|(part, _)| part).collect::<Vec<_>>());
        for (text, expected) in [
            ("", Ok(vec![])),
            ("v0:", Ok(vec![SignedPart::Text("v0:")])),
            (
                "é{timestamp}\n{body}",
                Ok(vec![
                    SignedPart::Text("é"),
                    SignedPart::Timestamp,
                    SignedPart::Text("\n"),
                    SignedPart::Body,
                ]),
            ),
            (
                "{api_key}{header:X-Time}",
                Ok(vec![SignedPart::Config("api_key"), SignedPart::Header("X-Time")]),
            ),
            ("{body_hash}{signature}", Ok(vec![SignedPart::BodyHash, SignedPart::Signature])),
            ("a{", Err(1..2)),
            ("a}", Err(1..2)),
            ("{}", Err(0..2)),
            ("{Method}", Err(0..8)),
            ("x{header:}", Err(1..10)),
            ("{header:a b}", Err(0..12)),
        ] {
            assert_eq!(read(text).map_err(|error| error.range), expected, "{text}");
        }
    }
}
