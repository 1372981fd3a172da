//! Keys that are sent as they are: in headers, in the query, in cookies, in the body.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use url::Url;

use crate::config::{Config, variables};
use crate::contract::{ApiKey, KeyPlace, Media, Operation};
use crate::error::Error;
use crate::parameters::encode;
use crate::transport::HttpRequest;

/// A key, ready to be put on requests.
pub(crate) enum Key {
    Header(HeaderName, HeaderValue),
    Query(&'static str, SecretString),
    Cookie(&'static str, SecretString),
    Body(&'static str, SecretString),
}

impl Key {
    pub(super) fn new(config: &Config, key: &ApiKey) -> Result<Self, Error> {
        let blamed = variables(key.value).last().unwrap_or("auth");
        Self::of(key.place, key.name, &config.expand(key.value)?)
            .map_err(|problem| config.invalid(blamed, problem))
    }

    /// A key with that value; the error says why it cannot be sent.
    pub(super) fn of(place: KeyPlace, name: &'static str, value: &str) -> Result<Self, &'static str> {
        Ok(match place {
            KeyPlace::Header => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| "the contract's header for it has no valid name")?;
                let value = sensitive(value).ok_or("it holds characters that no header can carry")?;
                Self::Header(name, value)
            }
            KeyPlace::Query => Self::Query(name, value.into()),
            KeyPlace::Cookie => Self::Cookie(name, value.into()),
            KeyPlace::Body => Self::Body(name, value.into()),
        })
    }

    /// Puts the key on the request.
    pub(super) fn apply(
        &self,
        operation: Option<&Operation>,
        request: &mut HttpRequest,
    ) -> Result<(), String> {
        match self {
            Self::Header(name, value) => {
                request.headers.insert(name.clone(), value.clone());
            }
            Self::Query(name, value) => append_parameter(&mut request.url, name, value.expose_secret()),
            Self::Cookie(name, value) => {
                let pair = format!("{name}={}", encode(value.expose_secret()));
                let cookies = request.headers.get(COOKIE).and_then(|value| value.to_str().ok());
                let text = cookies.map_or_else(|| pair.clone(), |cookies| format!("{cookies}; {pair}"));
                if let Some(value) = sensitive(&text) {
                    request.headers.insert(COOKIE, value);
                }
            }
            Self::Body(name, value) => in_body(operation, request, name, value.expose_secret())?,
        }
        Ok(())
    }

    /// The query parameter in which it is sent.
    pub(super) fn parameter(&self) -> Option<&'static str> {
        match self {
            Self::Query(name, _) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(***)")
    }
}

/// A header's value that shows in no `Debug`.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Adds a pair to the end of the query.
pub(super) fn append_parameter(url: &mut Url, name: &str, value: &str) {
    let pair = format!("{}={}", encode(name), encode(value));
    let query = match url.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{query}&{pair}"),
        None => pair,
    };
    url.set_query(Some(&query));
}

/// Takes the pairs of those names out of the query.
pub(super) fn strip_parameters(url: &mut Url, names: &[&str]) {
    let Some(query) = url.query() else { return };
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| {
            let parsed = url::form_urlencoded::parse(pair.as_bytes()).next();
            parsed.is_none_or(|(found, _)| !names.contains(&&*found))
        })
        .map(str::to_owned)
        .collect();
    url.set_query(if kept.is_empty() { None } else { Some(kept.join("&")) }.as_deref());
}

/// Puts a field into the body, in place of one of that name. Where there is no body, one that the operation takes is made.
fn in_body(
    operation: Option<&Operation>,
    request: &mut HttpRequest,
    name: &str,
    value: &str,
) -> Result<(), String> {
    let sent =
        request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_ascii_lowercase);
    let kinds =
        operation.into_iter().flat_map(|operation| operation.body.iter().chain(operation.other_bodies));
    // Without a body, the first kind that has fields makes one.
    let media = match &sent {
        Some(sent) if sent.starts_with("application/x-www-form-urlencoded") => Some(Media::Form),
        Some(sent) if sent.split(';').next().is_some_and(|kind| kind.trim_end().ends_with("json")) => {
            Some(Media::Json)
        }
        Some(_) => None,
        None => kinds.map(|body| body.media).find(|media| matches!(media, Media::Json | Media::Form)),
    };
    let whole = request
        .body
        .whole()
        .ok_or("the key of its credential cannot be put into a body that is sent in pieces")?;
    let body =
        match media {
            Some(Media::Json) => member(&whole, name, value)?,
            Some(Media::Form) => field(&whole, name, value),
            _ => return Err(
                "the key of its credential is a field of a JSON object or a form, and its body is neither"
                    .to_owned(),
            ),
        };
    if sent.is_none() {
        let kind =
            if media == Some(Media::Json) { "application/json" } else { "application/x-www-form-urlencoded" };
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    request.body = body.into();
    Ok(())
}

/// The members of a JSON object as they are written, in their order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A JSON object with a member more; the others keep every digit.
fn member(body: &Bytes, name: &str, value: &str) -> Result<Vec<u8>, String> {
    let object = "the key of its credential is a field of a JSON object, and its body is none".to_owned();
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    let Members(members) = serde_json::from_slice(text).map_err(|_| object)?;
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let mut written = format!("{{{}:{}", string(name), string(value));
    for (known, raw) in members.iter().filter(|(known, _)| known != name) {
        written.push_str(&format!(",{}:{}", string(known), raw.get()));
    }
    written.push('}');
    Ok(written.into_bytes())
}

/// A form with a field more.
fn field(body: &Bytes, name: &str, value: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair(name, value);
    let others = text.split('&').filter(|pair| {
        let parsed = url::form_urlencoded::parse(pair.as_bytes()).next();
        parsed.is_some_and(|(found, _)| found != name)
    });
    others.fold(form.finish(), |all, pair| format!("{all}&{pair}")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_added_and_nothing_else_is_changed() {
        for (body, expected) in [
            ("", Some(r#"{"k":"a\"b"}"#)),
            ("{}", Some(r#"{"k":"a\"b"}"#)),
            (r#" {"n": 1.10, "k":"old", "m": [ 1 ]}"#, Some(r#"{"k":"a\"b","n":1.10,"m":[ 1 ]}"#)),
            ("[1]", None),
            ("{", None),
        ] {
            let made = member(&Bytes::from(body), "k", "a\"b").ok();
            assert_eq!(made.as_deref(), expected.map(str::as_bytes), "{body}");
        }
        for (body, expected) in [("", "k=a%22b"), ("x=1&k=old&y=2+3", "k=a%22b&x=1&y=2+3")] {
            assert_eq!(field(&Bytes::from(body), "k", "a\"b"), expected.as_bytes(), "{body}");
        }
    }

    #[test]
    fn parameters_are_taken_out_by_name() {
        for (query, expected) in
            [("?key=1&a=2&key=3", "?a=2"), ("?key=1", ""), ("?a=key", "?a=key"), ("", "")]
        {
            let mut url = Url::parse(&format!("https://x.test/{query}")).expect("a URL");
            strip_parameters(&mut url, &["key"]);
            assert_eq!(url.as_str(), format!("https://x.test/{expected}"), "{query}");
        }
    }
}
