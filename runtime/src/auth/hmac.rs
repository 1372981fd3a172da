//! Signatures over parts of a request with a shared key. The contract says which parts, in which order; here they are put together, by the
//! client that signs and by the sandbox that checks.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use ring::{digest, hmac};

use crate::config::{Config, variables};
use crate::contract::{
    Hmac, HmacAlgorithm, KeyEncoding, SignatureEncoding, SignedPart, SignedText, SignedTime,
};
use crate::error::Error;
use crate::random::Random;
use crate::transport::HttpRequest;

use super::keys::{append_parameter, sensitive};

/// The bytes of a key as its encoding writes them; the error says what is wrong and nothing of the key.
pub(crate) fn key_bytes(encoding: KeyEncoding, text: &str) -> Result<Vec<u8>, &'static str> {
    match encoding {
        KeyEncoding::Text => Ok(text.as_bytes().to_vec()),
        KeyEncoding::Base64 => [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
            .iter()
            .find_map(|engine| engine.decode(text.trim()).ok())
            .ok_or("it is no base64"),
        KeyEncoding::Hex => from_hex(text.trim()).ok_or("it is not written in pairs of hexadecimal digits"),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// Bytes in hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written(encoding: SignatureEncoding, bytes: &[u8]) -> String {
    match encoding {
        SignatureEncoding::Hex => to_hex(bytes),
        SignatureEncoding::Base64 => STANDARD.encode(bytes),
    }
}

fn hmac_algorithm(algorithm: HmacAlgorithm) -> hmac::Algorithm {
    match algorithm {
        HmacAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HmacAlgorithm::Sha256 => hmac::HMAC_SHA256,
        HmacAlgorithm::Sha512 => hmac::HMAC_SHA512,
    }
}

fn digest_algorithm(algorithm: HmacAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        HmacAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HmacAlgorithm::Sha256 => &digest::SHA256,
        HmacAlgorithm::Sha512 => &digest::SHA512,
    }
}

/// What a request has that can be signed.
pub(crate) struct Facts<'r> {
    pub(crate) method: &'r str,
    /// Scheme and host, with the port where it is not the scheme's own.
    pub(crate) scheme: &'r str,
    pub(crate) host: Cow<'r, str>,
    pub(crate) path: &'r str,
    pub(crate) query: &'r str,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) timestamp: &'r str,
    pub(crate) nonce: &'r str,
}

/// The key and the contract of a signature.
pub(crate) struct HmacSigner {
    contract: &'static Hmac,
    key: hmac::Key,
    config: Config,
}

impl fmt::Debug for HmacSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HmacSigner(***)")
    }
}

impl HmacSigner {
    pub(crate) fn new(config: &Config, contract: &'static Hmac) -> Result<Self, Error> {
        let blamed = variables(contract.key).last().unwrap_or("auth");
        let bytes = key_bytes(contract.key_encoding, &config.expand(contract.key)?);
        let bytes = bytes.map_err(|problem| config.invalid(blamed, problem))?;
        let key = hmac::Key::new(hmac_algorithm(contract.algorithm), &bytes);
        let signer = Self { contract, key, config: config.clone() };
        // Missing values show now, and not at the first request.
        for (_, text) in contract.headers.iter().chain(contract.parameters).chain([&("", contract.message)]) {
            for part in text.iter() {
                if let SignedPart::Text(text) = part {
                    config.expand(text)?;
                }
            }
        }
        Ok(signer)
    }

    /// Query parameters that are new for each attempt.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.contract.parameters.iter().map(|(name, _)| *name)
    }

    /// Signs the request.
    pub(crate) fn apply(
        &self,
        request: &mut HttpRequest,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), String> {
        let reads_body = |part: &SignedPart| matches!(part, SignedPart::Body | SignedPart::BodyHash);
        let texts = self.contract.headers.iter().chain(self.contract.parameters).map(|(_, text)| *text);
        let body = if std::iter::once(self.contract.message).chain(texts).flatten().any(reads_body) {
            request.body.in_memory().ok_or(
                "its signature is made from its body, which is read only while it is sent; give it as bytes",
            )?
        } else {
            bytes::Bytes::new()
        };
        let timestamp = time(self.contract.timestamp, now);
        let nonce = random.token();
        let mut signature = None;
        // What holds the signature comes after it, so that everything else can be signed.
        for last in [false, true] {
            let holds = |text: SignedText| text.contains(&SignedPart::Signature) == last;
            for (name, text) in self.contract.parameters.iter().filter(|(_, text)| holds(text)) {
                let value = self.text(text, request, &body, (&timestamp, &nonce), signature.as_deref())?;
                append_parameter(&mut request.url, name, &value);
            }
            for (name, text) in self.contract.headers.iter().filter(|(_, text)| holds(text)) {
                let value = self.text(text, request, &body, (&timestamp, &nonce), signature.as_deref())?;
                let name = HeaderName::from_bytes(name.as_bytes()).ok();
                let (Some(name), Some(value)) = (name, sensitive(&value)) else {
                    return Err("a header of its signature cannot be sent as HTTP has it".to_owned());
                };
                request.headers.insert(name, value);
            }
            if !last {
                let host = host(&request.url);
                let facts = facts(request, &host, &body, &timestamp, &nonce);
                let message = self.render(self.contract.message, &facts, None)?;
                signature = Some(written(self.contract.encoding, hmac::sign(&self.key, &message).as_ref()));
            }
        }
        Ok(())
    }

    fn text(
        &self,
        text: SignedText,
        request: &HttpRequest,
        body: &[u8],
        (timestamp, nonce): (&str, &str),
        signature: Option<&str>,
    ) -> Result<String, String> {
        let host = host(&request.url);
        let bytes = self.render(text, &facts(request, &host, body, timestamp, nonce), signature)?;
        String::from_utf8(bytes)
            .map_err(|_| "a header of its signature would hold bytes that are no text".to_owned())
    }

    /// The bytes of a text for a request.
    fn render(
        &self,
        text: SignedText,
        facts: &Facts<'_>,
        signature: Option<&str>,
    ) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for part in text {
            let piece: Cow<'_, [u8]> = match part {
                SignedPart::Text(text) => {
                    let text = self.config.expand(text).map_err(|error| error.to_string())?;
                    Cow::Owned(text.into_bytes())
                }
                SignedPart::Body => Cow::Borrowed(facts.body),
                SignedPart::Signature => Cow::Borrowed(signature.unwrap_or_default().as_bytes()),
                SignedPart::BodyHash => {
                    let (algorithm, encoding) = self.contract.body_hash;
                    let hash = digest::digest(digest_algorithm(algorithm), facts.body);
                    Cow::Owned(written(encoding, hash.as_ref()).into_bytes())
                }
                SignedPart::Header(name) => {
                    let mut values = Vec::new();
                    for (at, value) in facts.headers.get_all(*name).iter().enumerate() {
                        values.extend_from_slice(if at == 0 { b"" } else { b", " });
                        values.extend_from_slice(value.as_bytes());
                    }
                    // The transport writes it, after this.
                    if values.is_empty() && name.eq_ignore_ascii_case("host") {
                        values.extend_from_slice(facts.host.as_bytes());
                    }
                    Cow::Owned(values)
                }
                other => Cow::Owned(plain(*other, facts).into_bytes()),
            };
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Whether a request, as a server got it, carries this signature. `skew` is how far the time in it may be off; `None` where it has a wrong
    /// or no time.
    #[cfg(feature = "sandbox")]
    pub(crate) fn verify(&self, received: &Facts<'_>, now: Timestamp) -> bool {
        let mut found = std::collections::BTreeMap::new();
        let sent = self.contract.headers.iter().map(|(name, text)| {
            (*text, received.headers.get(*name).and_then(|value| value.to_str().ok()).map(str::to_owned))
        });
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect();
        let parameters = self.contract.parameters.iter().map(|(name, text)| {
            (*text, pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        });
        for (text, value) in sent.chain(parameters) {
            let Some(value) = value else { return false };
            if self.take_apart(text, &value, &mut found).is_none() {
                return false;
            }
        }
        let get = |name: &str| found.get(name).map_or("", String::as_str);
        let timely = !found.contains_key("timestamp")
            || read_time(self.contract.timestamp, get("timestamp"))
                .is_some_and(|sent| now.duration_since(sent).abs() <= jiff::SignedDuration::from_mins(5));
        // Parameters that hold the signature were not there when it was made.
        let late: Vec<&str> = self
            .contract
            .parameters
            .iter()
            .filter(|(_, text)| text.contains(&SignedPart::Signature))
            .map(|(name, _)| *name)
            .collect();
        let query: Vec<&str> = received
            .query
            .split('&')
            .filter(|pair| {
                let parsed = url::form_urlencoded::parse(pair.as_bytes()).next();
                parsed.is_none_or(|(name, _)| !late.contains(&&*name))
            })
            .collect();
        let query = query.join("&");
        let facts = Facts {
            query: &query,
            timestamp: get("timestamp"),
            nonce: get("nonce"),
            host: received.host.clone(),
            ..*received
        };
        let Ok(message) = self.render(self.contract.message, &facts, None) else { return false };
        let signature = match self.contract.encoding {
            SignatureEncoding::Hex => from_hex(get("signature")),
            SignatureEncoding::Base64 => STANDARD.decode(get("signature")).ok(),
        };
        timely && signature.is_some_and(|tag| hmac::verify(&self.key, &message, &tag).is_ok())
    }

    /// Reads what was sent for a text back into its parts. `None` where its fixed parts are others.
    #[cfg(feature = "sandbox")]
    fn take_apart(
        &self,
        text: SignedText,
        value: &str,
        found: &mut std::collections::BTreeMap<&'static str, String>,
    ) -> Option<()> {
        let mut rest = value;
        for (at, part) in text.iter().enumerate() {
            let name = match part {
                SignedPart::Text(fixed) => {
                    rest = rest.strip_prefix(&*self.config.expand(fixed).ok()?)?;
                    continue;
                }
                SignedPart::Timestamp => "timestamp",
                SignedPart::Nonce => "nonce",
                SignedPart::Signature => "signature",
                // Known from the request itself; that it is sent as well adds nothing that could be checked.
                _ => "",
            };
            let end = match text.get(at + 1) {
                Some(SignedPart::Text(fixed)) => rest.find(&*self.config.expand(fixed).ok()?)?,
                _ => rest.len(),
            };
            let (value, after) = rest.split_at_checked(end)?;
            found.insert(name, value.to_owned());
            rest = after;
        }
        rest.is_empty().then_some(())
    }
}

fn facts<'r>(
    request: &'r HttpRequest,
    host: &'r str,
    body: &'r [u8],
    timestamp: &'r str,
    nonce: &'r str,
) -> Facts<'r> {
    Facts {
        method: request.method.as_str(),
        scheme: request.url.scheme(),
        host: Cow::Borrowed(host),
        path: request.url.path(),
        query: request.url.query().unwrap_or_default(),
        headers: &request.headers,
        body,
        timestamp,
        nonce,
    }
}

/// What the `Host` header says of a URL.
pub(crate) fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn plain(part: SignedPart, facts: &Facts<'_>) -> String {
    let target = || {
        if facts.query.is_empty() { facts.path.to_owned() } else { format!("{}?{}", facts.path, facts.query) }
    };
    match part {
        SignedPart::Method => facts.method.to_owned(),
        SignedPart::Path => facts.path.to_owned(),
        SignedPart::Query => facts.query.to_owned(),
        SignedPart::SortedQuery => {
            let mut pairs: Vec<&str> = facts.query.split('&').filter(|pair| !pair.is_empty()).collect();
            pairs.sort_unstable();
            pairs.join("&")
        }
        SignedPart::Target => target(),
        SignedPart::Url => format!("{}://{}{}", facts.scheme, facts.host, target()),
        SignedPart::Host => facts.host.to_string(),
        SignedPart::Timestamp => facts.timestamp.to_owned(),
        SignedPart::Nonce => facts.nonce.to_owned(),
        SignedPart::Text(_)
        | SignedPart::Body
        | SignedPart::BodyHash
        | SignedPart::Header(_)
        | SignedPart::Signature => String::new(),
    }
}

fn time(format: SignedTime, now: Timestamp) -> String {
    match format {
        SignedTime::Seconds => now.as_second().to_string(),
        SignedTime::Milliseconds => now.as_millisecond().to_string(),
        SignedTime::Rfc3339 => now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        SignedTime::HttpDate => now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

#[cfg(feature = "sandbox")]
fn read_time(format: SignedTime, text: &str) -> Option<Timestamp> {
    match format {
        SignedTime::Seconds => Timestamp::from_second(text.parse().ok()?).ok(),
        SignedTime::Milliseconds => Timestamp::from_millisecond(text.parse().ok()?).ok(),
        SignedTime::Rfc3339 => text.parse().ok(),
        SignedTime::HttpDate => Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok(),
    }
}

#[cfg(test)]
mod tests;
