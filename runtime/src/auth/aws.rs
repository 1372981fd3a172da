//! Signature Version 4 of Amazon Web Services, in the `Authorization` header.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::BTreeMap;
use std::fmt;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, variables};
use crate::contract::{AwsPath, AwsSigV4};
use crate::error::Error;
use crate::parameters::encode;
use crate::transport::HttpRequest;

use super::hmac::{host, to_hex};
use super::keys::sensitive;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
/// What stands for the digest of a body that is read only while it is sent.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const PAYLOAD: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// Headers that the way to the server may change.
const UNSIGNED_HEADERS: [&str; 10] = [
    "authorization",
    "user-agent",
    "accept-encoding",
    "x-amzn-trace-id",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "connection",
    "expect",
    "te",
];

/// The access key of one client.
pub(crate) struct AwsSigner {
    region: String,
    service: String,
    access_key_id: String,
    secret: SecretString,
    token: Option<SecretString>,
    path: AwsPath,
}

impl fmt::Debug for AwsSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AwsSigner(***)")
    }
}

impl AwsSigner {
    pub(crate) fn new(config: &Config, contract: &AwsSigV4) -> Result<Self, Error> {
        let scoped = |template: &str| {
            let text = config.expand(template)?;
            // Between the slashes of a scope, in a header.
            let fits =
                !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '/' | ','));
            let blamed = variables(template).last().unwrap_or("auth");
            if fits {
                Ok(text)
            } else {
                Err(config.invalid(blamed, "it holds letters, digits and `-`, no blanks and no `/`"))
            }
        };
        let token = contract.session_token.map(|token| config.expand(token)).transpose()?;
        Ok(Self {
            region: scoped(contract.region)?,
            service: scoped(contract.service)?,
            access_key_id: scoped(contract.access_key_id)?,
            secret: config.expand(contract.secret_access_key)?.into(),
            token: token.filter(|token| !token.is_empty()).map(Into::into),
            path: contract.path,
        })
    }

    /// Signs the request.
    pub(crate) fn apply(&self, request: &mut HttpRequest, now: Timestamp) -> Result<(), String> {
        let payload = request.body.in_memory().map_or_else(|| UNSIGNED.to_owned(), |body| sha256(&body));
        let date = stamp(now);
        let unsendable = || "its signature cannot be sent in a header".to_owned();
        let token = self.token.as_ref().map(|token| token.expose_secret());
        for (name, value) in [(DATE, Some(&*date)), (PAYLOAD, Some(&*payload)), (TOKEN, token)] {
            if let Some(value) = value {
                request.headers.insert(name, sensitive(value).ok_or_else(unsendable)?);
            }
        }
        let headers = signed_headers(&request.headers, &host(&request.url), None);
        let canonical = Canonical {
            method: request.method.as_str(),
            path: path(request.url.path(), self.path),
            query: query(request.url.query().unwrap_or_default()),
            headers,
            payload: &payload,
        };
        let value = self.authorization(&canonical, &date);
        request.headers.insert(AUTHORIZATION, sensitive(&value).ok_or_else(unsendable)?);
        Ok(())
    }

    fn scope(&self, date: &str) -> String {
        format!("{}/{}/{}/{TERMINATOR}", day(date), self.region, self.service)
    }

    fn string_to_sign(&self, canonical: &Canonical<'_>, date: &str) -> String {
        let hash = sha256(canonical.text().as_bytes());
        format!("{ALGORITHM}\n{date}\n{}\n{hash}", self.scope(date))
    }

    fn key(&self, date: &str) -> hmac::Key {
        let first = format!("AWS4{}", self.secret.expose_secret());
        let steps = [day(date), &self.region, &self.service, TERMINATOR];
        steps.into_iter().fold(sha256_key(first.as_bytes()), |key, step| {
            sha256_key(hmac::sign(&key, step.as_bytes()).as_ref())
        })
    }

    fn authorization(&self, canonical: &Canonical<'_>, date: &str) -> String {
        let signature = hmac::sign(&self.key(date), self.string_to_sign(canonical, date).as_bytes());
        format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
            self.access_key_id,
            self.scope(date),
            canonical.names(),
            to_hex(signature.as_ref())
        )
    }

    /// Whether a request, as a server got it, carries this signature.
    #[cfg(feature = "sandbox")]
    pub(crate) fn verify(&self, received: &super::hmac::Facts<'_>, now: Timestamp) -> bool {
        let header = |name: &HeaderName| received.headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(sent), Some(date), Some(payload)) =
            (header(&AUTHORIZATION), header(&DATE), header(&PAYLOAD))
        else {
            return false;
        };
        let names = sent.split_once("SignedHeaders=").and_then(|(_, rest)| rest.split(',').next());
        let names: Vec<&str> = names.unwrap_or_default().split(';').collect();
        let needed = ["host", "x-amz-date"].iter().all(|name| names.contains(name));
        let honest = payload == UNSIGNED || payload == sha256(received.body);
        let timely = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date)
            .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC))
            .is_ok_and(|date| {
                now.duration_since(date.timestamp()).abs() <= jiff::SignedDuration::from_mins(15)
            });
        let token = header(&TOKEN) == self.token.as_ref().map(|token| token.expose_secret());
        let canonical = Canonical {
            method: received.method,
            path: path(received.path, self.path),
            query: query(received.query),
            headers: signed_headers(received.headers, &received.host, Some(&names)),
            payload,
        };
        let expected = self.authorization(&canonical, date);
        let key = sha256_key(b"compare");
        let same =
            hmac::verify(&key, sent.as_bytes(), hmac::sign(&key, expected.as_bytes()).as_ref()).is_ok();
        needed && honest && timely && token && same
    }
}

/// A request in the form in which it is signed.
struct Canonical<'r> {
    method: &'r str,
    path: String,
    query: String,
    /// By name in small letters.
    headers: BTreeMap<String, String>,
    payload: &'r str,
}

impl Canonical<'_> {
    fn names(&self) -> String {
        self.headers.keys().map(String::as_str).collect::<Vec<_>>().join(";")
    }

    fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            self.method,
            self.path,
            self.query,
            self.names(),
            self.payload
        )
    }
}

/// The headers that are signed: those named, else all that no proxy changes.
fn signed_headers(headers: &HeaderMap, host: &str, names: Option<&[&str]>) -> BTreeMap<String, String> {
    let mut signed = BTreeMap::new();
    let takes = |name: &str| match names {
        Some(names) => names.contains(&name),
        None => !UNSIGNED_HEADERS.contains(&name),
    };
    for name in headers.keys().filter(|name| takes(name.as_str())) {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| {
                String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect();
        signed.insert(name.as_str().to_owned(), values.join(","));
    }
    signed.insert(HOST.as_str().to_owned(), host.to_owned());
    signed
}

/// The path as it is signed.
fn path(sent: &str, form: AwsPath) -> String {
    match form {
        AwsPath::Normalised => again(&normalised(sent)),
        AwsPath::AsIs => once(sent),
    }
}

fn normalised(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

/// Encodes a path that is encoded already.
fn again(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// The path with the encoding of the signature in place of that of URLs, which leave more characters as they are.
fn once(path: &str) -> String {
    let segment = |segment: &str| encode(&percent_decode_str(segment).decode_utf8_lossy());
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The query as it is signed: pairs in order, each encoded anew.
fn query(sent: &str) -> String {
    let pairs = url::form_urlencoded::parse(sent.as_bytes());
    let mut pairs: Vec<(String, String)> =
        pairs.map(|(name, value)| (encode(&name), encode(&value))).collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The day of such a stamp.
fn day(stamp: &str) -> &str {
    stamp.split('T').next().unwrap_or_default()
}

fn sha256(bytes: &[u8]) -> String {
    to_hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn sha256_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

#[cfg(test)]
mod tests;
