//! Keys that are sent as they are and signatures that are made for each request, as a plan has them; and what of them shows only with the
//! document.

use super::operation::list;
use super::types::{OperationPlan, Security};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::signing::{
    ApiKeyAuth, AwsPath, AwsSigV4Auth, Claim as ManifestClaim, HmacAlgorithm, HmacAuth, JwtAuth, KeyEncoding,
    KeyPlace, SignatureEncoding, SignedPart as ManifestPart, SignedTime, signed_text,
};
use crate::manifest::tokens::JwtAlgorithm;
use crate::manifest::{self, DEFAULT_JWT_LIFE, Entries, KeyLocation, Manifest, text};
use crate::model::{Api, Media, ParameterLocation};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

/// A key that is sent with each request; its value has its prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the manifest's `auth.api_key`")]
pub struct ApiKey {
    pub place: KeyPlace,
    pub name: String,
    pub value: String,
}

/// A JWT that the connector signs.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth.jwt`")]
pub struct Jwt {
    pub algorithm: JwtAlgorithm,
    pub key: String,
    pub key_encoding: KeyEncoding,
    pub claims: Vec<(String, Claim)>,
    pub header: Vec<(String, String)>,
    pub lifetime_seconds: u64,
    pub backdate_seconds: u64,
    pub place: KeyPlace,
    pub name: String,
    pub prefix: String,
}

/// The value of a claim.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub enum Claim {
    Text(String),
    Verbatim(String),
    Texts(Vec<String>),
}

/// A signature of each request.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth.hmac`")]
pub struct Hmac {
    pub algorithm: HmacAlgorithm,
    pub key: String,
    pub key_encoding: KeyEncoding,
    pub message: Vec<SignedPart>,
    pub encoding: SignatureEncoding,
    pub body_hash: (HmacAlgorithm, SignatureEncoding),
    pub timestamp: SignedTime,
    pub headers: Vec<(String, Vec<SignedPart>)>,
    pub parameters: Vec<(String, Vec<SignedPart>)>,
}

/// A part of what is signed; texts may hold `{config}` variables.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the texts of the manifest")]
pub enum SignedPart {
    Text(String),
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
    Header(String),
    Signature,
}

/// Signature Version 4 of Amazon Web Services.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth.aws_sigv4`")]
pub struct AwsSigV4 {
    pub region: String,
    pub service: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub path: AwsPath,
}

pub(super) fn api_keys(keys: &[ApiKeyAuth]) -> Vec<ApiKey> {
    let key = |key: &ApiKeyAuth| ApiKey {
        place: key.place,
        name: key.name.value.clone(),
        value: format!("{}{}", key.prefix.as_ref().map_or("", |prefix| prefix.as_str()), key.value.value),
    };
    keys.iter().map(key).collect()
}

pub(super) fn jwt(jwt: &JwtAuth) -> Jwt {
    let claim = |claim: &ManifestClaim| match claim {
        ManifestClaim::Text(text) => Claim::Text(text.clone()),
        ManifestClaim::Verbatim(text) => Claim::Verbatim(text.clone()),
        ManifestClaim::Texts(texts) => Claim::Texts(texts.iter().map(|text| text.value.clone()).collect()),
    };
    let seconds = |text: &Option<Spanned<String>>, usual: u64| {
        text.as_ref().and_then(|text| text::milliseconds(text)).unwrap_or(usual).div_ceil(1000)
    };
    let (place, name, prefix) = match &jwt.send {
        Some(send) => {
            let place = match send.location {
                KeyLocation::Header => KeyPlace::Header,
                KeyLocation::Query => KeyPlace::Query,
                KeyLocation::Cookie => KeyPlace::Cookie,
            };
            let prefix = send.prefix.as_ref().map(|prefix| prefix.value.clone()).unwrap_or_default();
            (place, send.name.value.clone(), prefix)
        }
        None => (KeyPlace::Header, "authorization".to_owned(), "Bearer ".to_owned()),
    };
    Jwt {
        algorithm: jwt.algorithm.value,
        key: jwt.key.value.clone(),
        key_encoding: jwt.key_encoding.as_ref().map(|encoding| encoding.value).unwrap_or_default(),
        claims: jwt.claims.iter().map(|(name, value)| (name.value.clone(), claim(&value.value))).collect(),
        header: jwt.header.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect(),
        lifetime_seconds: seconds(&jwt.lifetime, DEFAULT_JWT_LIFE),
        backdate_seconds: seconds(&jwt.backdate, 0),
        place,
        name,
        prefix,
    }
}

pub(super) fn hmac(hmac: &HmacAuth) -> Hmac {
    let texts = |entries: &Entries<Spanned<String>>| {
        entries.iter().map(|(name, text)| (name.value.clone(), parts(text))).collect()
    };
    Hmac {
        algorithm: hmac.algorithm,
        key: hmac.key.value.clone(),
        key_encoding: hmac.key_encoding.unwrap_or_default(),
        message: parts(&hmac.sign),
        encoding: hmac.encoding,
        body_hash: hmac
            .body_hash
            .map_or((hmac.algorithm, hmac.encoding), |hash| (hash.algorithm, hash.encoding)),
        // Without a unit there is no time in it, as was checked when the manifest was read.
        timestamp: hmac.timestamp.unwrap_or(SignedTime::Seconds),
        headers: texts(&hmac.headers),
        parameters: texts(&hmac.parameters),
    }
}

/// A text that was read before; what is not from the request is one part.
fn parts(text: &str) -> Vec<SignedPart> {
    let mut parts: Vec<SignedPart> = Vec::new();
    for (part, range) in signed_text(text).unwrap_or_default() {
        let part = match part {
            ManifestPart::Text(_) | ManifestPart::Config(_) => {
                let written = text.get(range).unwrap_or_default();
                if let Some(SignedPart::Text(last)) = parts.last_mut() {
                    last.push_str(written);
                    continue;
                }
                SignedPart::Text(written.to_owned())
            }
            ManifestPart::Method => SignedPart::Method,
            ManifestPart::Path => SignedPart::Path,
            ManifestPart::Query => SignedPart::Query,
            ManifestPart::SortedQuery => SignedPart::SortedQuery,
            ManifestPart::Target => SignedPart::Target,
            ManifestPart::Url => SignedPart::Url,
            ManifestPart::Host => SignedPart::Host,
            ManifestPart::Timestamp => SignedPart::Timestamp,
            ManifestPart::Nonce => SignedPart::Nonce,
            ManifestPart::Body => SignedPart::Body,
            ManifestPart::BodyHash => SignedPart::BodyHash,
            ManifestPart::Header(name) => SignedPart::Header(name.to_ascii_lowercase()),
            ManifestPart::Signature => SignedPart::Signature,
        };
        parts.push(part);
    }
    parts
}

pub(super) fn aws_sigv4(aws: &AwsSigV4Auth) -> AwsSigV4 {
    let usual = if aws.service.as_str() == "s3" { AwsPath::AsIs } else { AwsPath::Normalised };
    AwsSigV4 {
        region: aws.region.value.clone(),
        service: aws.service.value.clone(),
        access_key_id: aws.access_key_id.value.clone(),
        secret_access_key: aws.secret_access_key.value.clone(),
        session_token: aws.session_token.as_ref().map(|token| token.value.clone()),
        path: aws.path.unwrap_or(usual),
    }
}

/// Errors where the document has no place for what the manifest puts into bodies or signs of headers.
pub(super) fn check(manifest: &Manifest, api: &Api, plans: &[OperationPlan], diagnostics: &mut Diagnostics) {
    for auth in manifest.auth.all() {
        match auth {
            manifest::Auth::ApiKeys(keys) => {
                for key in keys.iter().filter(|key| key.place == KeyPlace::Body) {
                    bodies(key.name.span, &key.name, api, plans, diagnostics);
                }
            }
            manifest::Auth::Hmac(hmac) => headers(hmac, manifest, api, diagnostics),
            _ => {}
        }
    }
}

fn bodies(span: Span, name: &str, api: &Api, plans: &[OperationPlan], diagnostics: &mut Diagnostics) {
    let without = api.operations.iter().zip(plans).filter(|(operation, plan)| {
        let media = operation.bodies.body.iter().map(|body| body.content.media);
        let media = media.chain(operation.bodies.others.iter().map(|other| other.body.content.media));
        let fits = operation.bodies.body.is_some()
            && media.into_iter().all(|media| matches!(media, Media::Json | Media::Form));
        plan.security != Security::None && !fits
    });
    let without: Vec<&str> = without.map(|(operation, _)| operation.head.id.as_str()).collect();
    if !without.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                Code::NoBodyForKey,
                format!("the key `{name}` is a field of the body, and these operations have no body that is a JSON object or a form: {}", list(without.into_iter())),
            )
            .at(span)
            .help("name in `authorised` the operations that are sent with the key, or leave the others out of `operations`"),
        );
    }
}

/// Headers that every request may have, whatever the document says.
const USUAL_HEADERS: [&str; 5] = ["host", "content-type", "accept", "user-agent", "content-length"];

fn headers(hmac: &HmacAuth, manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) {
    let declared = api.operations.iter().flat_map(|operation| &operation.parameters);
    let declared = declared.filter(|parameter| parameter.location == ParameterLocation::Header);
    let known: Vec<String> = USUAL_HEADERS
        .into_iter()
        .chain(hmac.headers.names())
        .chain(manifest.headers.names())
        .chain(
            manifest
                .overrides
                .iter()
                .filter_map(|(_, one)| one.idempotency_key.as_ref().map(|key| key.as_str())),
        )
        .chain(declared.map(|parameter| parameter.name.as_str()))
        .map(str::to_ascii_lowercase)
        .collect();
    let texts = hmac.headers.iter().chain(&hmac.parameters).map(|(_, text)| text);
    for text in std::iter::once(&hmac.sign).chain(texts) {
        for (part, range) in signed_text(text).unwrap_or_default() {
            let ManifestPart::Header(name) = part else { continue };
            let name = name.to_ascii_lowercase();
            if known.contains(&name) {
                continue;
            }
            let near = did_you_mean(&name, known.iter().map(String::as_str));
            let help = near.map_or_else(
                || "add it to `headers`, or to those of `hmac`".to_owned(),
                |near| format!("did you mean `{{header:{near}}}`?"),
            );
            diagnostics.push(
                Diagnostic::error(
                    Code::NoSuchHeader,
                    format!("no request has the header `{name}`, which is signed"),
                )
                .at(text::part(text, &range))
                .help(help),
            );
        }
    }
}
