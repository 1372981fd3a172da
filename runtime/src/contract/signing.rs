//! Keys that are sent as they are, and signatures that are made for each request.

use super::JwtAlgorithm;

/// A key that is sent with each request.
#[derive(Debug)]
pub struct ApiKey {
    /// Where it goes.
    pub place: KeyPlace,
    /// Name of that header, parameter, cookie or field.
    pub name: &'static str,
    /// The value, after its prefix; holds `{config}` variables.
    pub value: &'static str,
}

/// Where a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// A header.
    Header,
    /// A pair of the query string.
    Query,
    /// A cookie.
    Cookie,
    /// A field of the body, which is a JSON object or a form.
    Body,
}

/// A JWT that the connector signs itself, RFC 7519. A new one is made before the last one ends.
#[derive(Debug)]
pub struct Jwt {
    /// How it is signed.
    pub algorithm: JwtAlgorithm,
    /// The key; holds `{config}` variables.
    pub key: &'static str,
    /// How the key of an HMAC algorithm is written. Others are PEM or a JWK.
    pub key_encoding: KeyEncoding,
    /// Claims beside `iat` and `exp`.
    pub claims: &'static [(&'static str, Claim)],
    /// Members of the header beside `alg` and `typ`; values hold `{config}` variables.
    pub header: &'static [(&'static str, &'static str)],
    /// From `iat` to `exp`, and so how long it is used.
    pub lifetime_seconds: u64,
    /// How far `iat` lies in the past, for servers whose clock is behind.
    pub backdate_seconds: u64,
    /// Where it goes.
    pub place: KeyPlace,
    /// Name of that header, parameter, cookie or field.
    pub name: &'static str,
    /// What stands before it.
    pub prefix: &'static str,
}

/// The value of a claim.
#[derive(Debug)]
pub enum Claim {
    /// A text; holds `{config}` variables.
    Text(&'static str),
    /// A number or boolean, as JSON writes it.
    Verbatim(&'static str),
    /// A list of texts, which hold `{config}` variables.
    Texts(&'static [&'static str]),
}

/// How a shared key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEncoding {
    /// As it is: its bytes in UTF-8 are the key.
    Text,
    /// In base64, RFC 4648 section 4 or 5, with padding or without.
    Base64,
    /// In hexadecimal digits.
    Hex,
}

/// A signature over parts of each request, with a shared key: HMAC, RFC 2104.
#[derive(Debug)]
pub struct Hmac {
    /// The digest.
    pub algorithm: HmacAlgorithm,
    /// The key; holds `{config}` variables.
    pub key: &'static str,
    /// How the key is written.
    pub key_encoding: KeyEncoding,
    /// What is signed.
    pub message: SignedText,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// How [`SignedPart::BodyHash`] is written.
    pub body_hash: (HmacAlgorithm, SignatureEncoding),
    /// How [`SignedPart::Timestamp`] is written.
    pub timestamp: SignedTime,
    /// Headers that are sent. Those without the signature are there when it is made.
    pub headers: &'static [(&'static str, SignedText)],
    /// Query parameters that are sent, as `headers`.
    pub parameters: &'static [(&'static str, SignedText)],
}

/// Digests of HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of FIPS 180-4")]
pub enum HmacAlgorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// How a signature or digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Hexadecimal digits in small letters.
    Hex,
    /// Base64 with padding, RFC 4648 section 4.
    Base64,
}

/// How the time of a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedTime {
    /// Seconds since 1970-01-01 UTC.
    Seconds,
    /// Milliseconds since 1970-01-01 UTC.
    Milliseconds,
    /// RFC 3339 in UTC with whole seconds.
    Rfc3339,
    /// A date as in RFC 9110 5.6.7.
    HttpDate,
}

/// A text of parts, one after another.
pub type SignedText = &'static [SignedPart];

/// A part of what is signed, or of what is sent beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedPart {
    /// A text; holds `{config}` variables.
    Text(&'static str),
    /// The method in capital letters.
    Method,
    /// The path as it is sent.
    Path,
    /// The query as it is sent, without `?`; nothing where there is none.
    Query,
    /// The query with its pairs in the order of their texts.
    SortedQuery,
    /// Path and query as they are sent, with `?` between them where there is a query: the request target of RFC 9112.
    Target,
    /// The whole URL.
    Url,
    /// Host, with the port where it is not the scheme's own.
    Host,
    /// The time of the attempt.
    Timestamp,
    /// 128 bits of chance in hexadecimal, new for each attempt.
    Nonce,
    /// The body; nothing where there is none.
    Body,
    /// The digest of the body, also of an empty one.
    BodyHash,
    /// A header of the request; nothing where it has none of that name, `, ` between several.
    Header(&'static str),
    /// The signature.
    Signature,
}

/// Signature Version 4 of Amazon Web Services, in the `Authorization` header. Texts hold `{config}` variables.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
#[derive(Debug)]
pub struct AwsSigV4 {
    /// Region, for example `eu-central-1`.
    pub region: &'static str,
    /// Service as signatures name it, for example `execute-api`.
    pub service: &'static str,
    /// Identifier of the access key.
    pub access_key_id: &'static str,
    /// The secret of the access key.
    pub secret_access_key: &'static str,
    /// The token of a temporary access key; none where it comes to an empty text.
    pub session_token: Option<&'static str>,
    /// How the path is signed.
    pub path: AwsPath,
}

/// How a path is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsPath {
    /// Without `.`, `..` and empty segments, and encoded once more than it is sent: what all services but S3 ask for.
    Normalised,
    /// As it is sent: S3.
    AsIs,
}
