//! Signed JWTs (RFC 7519) in the compact form of RFC 7515, made with `ring`, which stands below rustls anyway.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPairComponents;
#[cfg(feature = "sandbox")]
use ring::signature::KeyPair as _;
use ring::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaEncoding, RsaKeyPair};
use ring::{digest, hmac};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use crate::contract::JwtAlgorithm;

/// A key that cannot be used; says nothing of what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no key for {algorithm}: {problem}")]
pub(crate) struct KeyProblem {
    algorithm: &'static str,
    problem: &'static str,
}

/// A key, ready to sign.
pub(crate) struct SigningKey {
    algorithm: JwtAlgorithm,
    kind: Kind,
}

enum Kind {
    Shared(hmac::Key),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.algorithm.name())
    }
}

impl SigningKey {
    /// Reads a key as people have it: PEM (PKCS #8, PKCS #1 or SEC 1; line breaks may be written as `\n`, as in an environment variable), a
    /// JWK (RFC 7517), and for the HMAC algorithms any other text as it is.
    pub(crate) fn read(algorithm: JwtAlgorithm, text: &str) -> Result<Self, KeyProblem> {
        let refuse = |problem| Err(KeyProblem { algorithm: algorithm.name(), problem });
        let text = text.trim();
        let kind = if text.starts_with('{') {
            from_jwk(algorithm, text)
        } else if let Some(shared) = shared(algorithm) {
            Ok(Kind::Shared(hmac::Key::new(shared, text.as_bytes())))
        } else if text.contains("-----BEGIN") {
            from_pem(algorithm, &text.replace("\\n", "\n"))
        } else {
            Err("it is neither PEM (`-----BEGIN PRIVATE KEY-----`) nor a JWK")
        };
        match kind {
            Ok(kind) => Ok(Self { algorithm, kind }),
            Err(problem) => refuse(problem),
        }
    }

    /// A key of an HMAC algorithm, as its bytes.
    pub(crate) fn shared(algorithm: JwtAlgorithm, bytes: &[u8]) -> Result<Self, KeyProblem> {
        let problem = "only HMAC algorithms have a shared key";
        let shared = shared(algorithm).ok_or(KeyProblem { algorithm: algorithm.name(), problem })?;
        Ok(Self { algorithm, kind: Kind::Shared(hmac::Key::new(shared, bytes)) })
    }

    /// The claims of a JWT that this key signed. `None` where it did not.
    #[cfg(feature = "sandbox")]
    pub(crate) fn verified(&self, jwt: &str) -> Option<Map<String, Value>> {
        let (input, signature) = jwt.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        let object = |part: &str| {
            serde_json::from_slice::<Map<String, Value>>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        if object(header)?.get("alg")?.as_str() != Some(self.algorithm.name()) {
            return None;
        }
        let (message, signature) = (input.as_bytes(), URL_SAFE_NO_PAD.decode(signature).ok()?);
        let public: &[u8] = match &self.kind {
            Kind::Shared(key) => {
                hmac::verify(key, message, &signature).ok()?;
                return object(payload);
            }
            Kind::Rsa(pair, _) => pair.public_key().as_ref(),
            Kind::Ecdsa(pair) => pair.public_key().as_ref(),
            Kind::Ed25519(pair) => pair.public_key().as_ref(),
        };
        let verification = verification(self.algorithm)?;
        signature::UnparsedPublicKey::new(verification, public).verify(message, &signature).ok()?;
        object(payload)
    }

    /// A JWT: the header's further members beside `alg` and `typ`, and the claims.
    pub(crate) fn jwt(&self, header: &[(&str, &str)], claims: &Value) -> Result<String, KeyProblem> {
        let mut members = Map::new();
        members.insert("alg".to_owned(), self.algorithm.name().into());
        members.insert("typ".to_owned(), "JWT".into());
        for (name, value) in header {
            members.insert((*name).to_owned(), (*value).into());
        }
        self.compact(&Value::Object(members).to_string(), &claims.to_string())
    }

    fn compact(&self, header: &str, payload: &str) -> Result<String, KeyProblem> {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.sign(input.as_bytes())?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The signature in the form of RFC 7518.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyProblem> {
        let failed = |_| KeyProblem { algorithm: self.algorithm.name(), problem: "it cannot sign" };
        let random = SystemRandom::new();
        match &self.kind {
            Kind::Shared(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Kind::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Kind::Ecdsa(key) => Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Kind::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }
}

/// The SHA-256 digest of a text as base64url without padding: the S256 challenge of RFC 7636 4.2, and a name for what must not be shown.
pub(crate) fn sha256_base64url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

fn shared(algorithm: JwtAlgorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        JwtAlgorithm::Hs256 => Some(hmac::HMAC_SHA256),
        JwtAlgorithm::Hs384 => Some(hmac::HMAC_SHA384),
        JwtAlgorithm::Hs512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_encoding(algorithm: JwtAlgorithm) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        JwtAlgorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
        JwtAlgorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        JwtAlgorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        JwtAlgorithm::Ps256 => &signature::RSA_PSS_SHA256,
        JwtAlgorithm::Ps384 => &signature::RSA_PSS_SHA384,
        JwtAlgorithm::Ps512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

#[cfg(feature = "sandbox")]
fn verification(algorithm: JwtAlgorithm) -> Option<&'static dyn signature::VerificationAlgorithm> {
    Some(match algorithm {
        JwtAlgorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        JwtAlgorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        JwtAlgorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        JwtAlgorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        JwtAlgorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        JwtAlgorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        JwtAlgorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
        JwtAlgorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
        JwtAlgorithm::EdDsa => &signature::ED25519,
        JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => return None,
    })
}

/// The curve, its name in a JWK, and what a SEC 1 key lacks to be PKCS #8 (RFC 5208 section 5, RFC 5480 section 2.1.1).
fn curve(algorithm: JwtAlgorithm) -> Option<(&'static EcdsaSigningAlgorithm, &'static str, &'static [u8])> {
    match algorithm {
        JwtAlgorithm::Es256 => Some((
            &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            "P-256",
            b"\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        )),
        JwtAlgorithm::Es384 => Some((
            &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            "P-384",
            b"\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
        )),
        _ => None,
    }
}

fn from_pem(algorithm: JwtAlgorithm, pem: &str) -> Result<Kind, &'static str> {
    const REJECTED: &str = "its PEM holds another kind of key, or a damaged one";
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "its PEM cannot be read; a private key without a passphrase is needed")?;
    if let Some(encoding) = rsa_encoding(algorithm) {
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(REJECTED),
        };
        return pair.map(|pair| Kind::Rsa(Box::new(pair), encoding)).map_err(|_| REJECTED);
    }
    if let Some((curve, _, prefix)) = curve(algorithm) {
        let random = SystemRandom::new();
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => EcdsaKeyPair::from_pkcs8(curve, der.secret_pkcs8_der(), &random),
            PrivateKeyDer::Sec1(der) => {
                let inner = [prefix, &der_value(0x04, der.secret_sec1_der())].concat();
                EcdsaKeyPair::from_pkcs8(curve, &der_value(0x30, &inner), &random)
            }
            _ => return Err(REJECTED),
        };
        return pair.map(Kind::Ecdsa).map_err(|_| REJECTED);
    }
    match &der {
        PrivateKeyDer::Pkcs8(der) => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
            pair.map(Kind::Ed25519).map_err(|_| REJECTED)
        }
        _ => Err(REJECTED),
    }
}

/// A DER value with that tag.
fn der_value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut value = vec![tag];
    match length {
        0..128 => value.push(u8::try_from(length).unwrap_or_default()),
        _ => {
            let bytes = length.to_be_bytes();
            let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
            value.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            value.extend(significant);
        }
    }
    value.extend_from_slice(content);
    value
}

fn from_jwk(algorithm: JwtAlgorithm, text: &str) -> Result<Kind, &'static str> {
    const REJECTED: &str = "its JWK holds another kind of key, or a damaged one";
    let jwk: Value = serde_json::from_str(text).map_err(|_| "it begins like a JWK, but is no JSON")?;
    let member = |name: &str| -> Result<Vec<u8>, &'static str> {
        let text = jwk.get(name).and_then(Value::as_str).ok_or("its JWK lacks a member of a private key")?;
        let text = text.trim_end_matches('=');
        URL_SAFE_NO_PAD
            .decode(text)
            .or_else(|_| STANDARD.decode(text))
            .map_err(|_| "a member of its JWK is no base64url")
    };
    let is = |name: &str, expected: &str| jwk.get(name).and_then(Value::as_str) == Some(expected);
    if let Some(shared) = shared(algorithm) {
        if !is("kty", "oct") {
            return Err(REJECTED);
        }
        return Ok(Kind::Shared(hmac::Key::new(shared, &member("k")?)));
    }
    if let Some(encoding) = rsa_encoding(algorithm) {
        let components = KeyPairComponents {
            public_key: signature::RsaPublicKeyComponents { n: member("n")?, e: member("e")? },
            d: member("d")?,
            p: member("p")?,
            q: member("q")?,
            dP: member("dp")?,
            dQ: member("dq")?,
            qInv: member("qi")?,
        };
        let pair = RsaKeyPair::from_components(&components);
        return pair.map(|pair| Kind::Rsa(Box::new(pair), encoding)).map_err(|_| REJECTED);
    }
    if let Some((curve, name, _)) = curve(algorithm) {
        if !is("crv", name) {
            return Err(REJECTED);
        }
        // SEC 1, 2.3.3: an uncompressed point.
        let public = [vec![0x04], member("x")?, member("y")?].concat();
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &member("d")?, &public, &random);
        return pair.map(Kind::Ecdsa).map_err(|_| REJECTED);
    }
    let pair = Ed25519KeyPair::from_seed_and_public_key(&member("d")?, &member("x")?);
    pair.map(Kind::Ed25519).map_err(|_| REJECTED)
}

#[cfg(test)]
mod tests;
