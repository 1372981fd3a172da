//! Keys and signatures, as a contract has them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::pairs;
use super::tokens::algorithm;
use crate::manifest::signing::{
    AwsPath, HmacAlgorithm, KeyEncoding, KeyPlace, SignatureEncoding, SignedTime,
};
use crate::plan::{ApiKey, AwsSigV4, Claim, Hmac, Jwt, SignedPart};

pub(super) fn api_keys(keys: &[ApiKey]) -> TokenStream {
    let keys = keys.iter().map(|key| {
        let (place, name, value) = (place(key.place), &key.name, &key.value);
        quote!(ApiKey { place: #place, name: #name, value: #value })
    });
    quote!(Auth::ApiKeys(&[#(#keys),*]))
}

pub(super) fn jwt(jwt: &Jwt) -> TokenStream {
    let (algorithm, key, encoding) = (algorithm(jwt.algorithm), &jwt.key, key_encoding(jwt.key_encoding));
    let claims = jwt.claims.iter().map(|(name, claim)| {
        let claim = match claim {
            Claim::Text(text) => quote!(Claim::Text(#text)),
            Claim::Verbatim(text) => quote!(Claim::Verbatim(#text)),
            Claim::Texts(texts) => quote!(Claim::Texts(&[#(#texts),*])),
        };
        quote!((#name, #claim))
    });
    let header = pairs(&jwt.header);
    let (lifetime, backdate) =
        (Literal::u64_unsuffixed(jwt.lifetime_seconds), Literal::u64_unsuffixed(jwt.backdate_seconds));
    let (place, name, prefix) = (place(jwt.place), &jwt.name, &jwt.prefix);
    quote! {
        Auth::Jwt(Jwt {
            algorithm: #algorithm,
            key: #key,
            key_encoding: #encoding,
            claims: &[#(#claims),*],
            header: &[#header],
            lifetime_seconds: #lifetime,
            backdate_seconds: #backdate,
            place: #place,
            name: #name,
            prefix: #prefix,
        })
    }
}

pub(super) fn hmac(hmac: &Hmac) -> TokenStream {
    let (algorithm, key) = (digest(hmac.algorithm), &hmac.key);
    let (key_encoding, encoding) = (key_encoding(hmac.key_encoding), written(hmac.encoding));
    let message = signed_text(&hmac.message);
    let (hash, hash_encoding) = (digest(hmac.body_hash.0), written(hmac.body_hash.1));
    let timestamp = match hmac.timestamp {
        SignedTime::Seconds => quote!(SignedTime::Seconds),
        SignedTime::Milliseconds => quote!(SignedTime::Milliseconds),
        SignedTime::Rfc3339 => quote!(SignedTime::Rfc3339),
        SignedTime::HttpDate => quote!(SignedTime::HttpDate),
    };
    let (headers, parameters) = (texts(&hmac.headers), texts(&hmac.parameters));
    quote! {
        Auth::Hmac(Hmac {
            algorithm: #algorithm,
            key: #key,
            key_encoding: #key_encoding,
            message: #message,
            encoding: #encoding,
            body_hash: (#hash, #hash_encoding),
            timestamp: #timestamp,
            headers: #headers,
            parameters: #parameters,
        })
    }
}

pub(super) fn aws_sigv4(aws: &AwsSigV4) -> TokenStream {
    let (region, service, id, secret) =
        (&aws.region, &aws.service, &aws.access_key_id, &aws.secret_access_key);
    let token = super::option(&aws.session_token);
    let path = match aws.path {
        AwsPath::Normalised => quote!(AwsPath::Normalised),
        AwsPath::AsIs => quote!(AwsPath::AsIs),
    };
    quote! {
        Auth::AwsSigV4(AwsSigV4 {
            region: #region,
            service: #service,
            access_key_id: #id,
            secret_access_key: #secret,
            session_token: #token,
            path: #path,
        })
    }
}

fn texts(texts: &[(String, Vec<SignedPart>)]) -> TokenStream {
    let texts = texts.iter().map(|(name, text)| {
        let text = signed_text(text);
        quote!((#name, #text))
    });
    quote!(&[#(#texts),*])
}

fn signed_text(parts: &[SignedPart]) -> TokenStream {
    let parts = parts.iter().map(|part| match part {
        SignedPart::Text(text) => quote!(SignedPart::Text(#text)),
        SignedPart::Method => quote!(SignedPart::Method),
        SignedPart::Path => quote!(SignedPart::Path),
        SignedPart::Query => quote!(SignedPart::Query),
        SignedPart::SortedQuery => quote!(SignedPart::SortedQuery),
        SignedPart::Target => quote!(SignedPart::Target),
        SignedPart::Url => quote!(SignedPart::Url),
        SignedPart::Host => quote!(SignedPart::Host),
        SignedPart::Timestamp => quote!(SignedPart::Timestamp),
        SignedPart::Nonce => quote!(SignedPart::Nonce),
        SignedPart::Body => quote!(SignedPart::Body),
        SignedPart::BodyHash => quote!(SignedPart::BodyHash),
        SignedPart::Header(name) => quote!(SignedPart::Header(#name)),
        SignedPart::Signature => quote!(SignedPart::Signature),
    });
    quote!(&[#(#parts),*])
}

fn place(place: KeyPlace) -> TokenStream {
    match place {
        KeyPlace::Header => quote!(KeyPlace::Header),
        KeyPlace::Query => quote!(KeyPlace::Query),
        KeyPlace::Cookie => quote!(KeyPlace::Cookie),
        KeyPlace::Body => quote!(KeyPlace::Body),
    }
}

fn key_encoding(encoding: KeyEncoding) -> TokenStream {
    match encoding {
        KeyEncoding::Text => quote!(KeyEncoding::Text),
        KeyEncoding::Base64 => quote!(KeyEncoding::Base64),
        KeyEncoding::Hex => quote!(KeyEncoding::Hex),
    }
}

fn digest(algorithm: HmacAlgorithm) -> TokenStream {
    match algorithm {
        HmacAlgorithm::Sha1 => quote!(HmacAlgorithm::Sha1),
        HmacAlgorithm::Sha256 => quote!(HmacAlgorithm::Sha256),
        HmacAlgorithm::Sha512 => quote!(HmacAlgorithm::Sha512),
    }
}

fn written(encoding: SignatureEncoding) -> TokenStream {
    match encoding {
        SignatureEncoding::Hex => quote!(SignatureEncoding::Hex),
        SignatureEncoding::Base64 => quote!(SignatureEncoding::Base64),
    }
}
