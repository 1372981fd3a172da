//! One call as the caller asks for it: an operation with values for its parameters and its body.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;

use crate::contract::{Body, Location, Media, Operation, Parameter, Target};
use crate::error::Error;
use crate::observe::TraceId;
use crate::redact::Redactor;
use crate::upload::{Content, Multipart, Parts, RequestBody, Upload, is_upload};
use crate::wire::redact;
use crate::written::Written;
use crate::{body_field, form, parameters};

/// A request to be built. `Debug` shows which parameters are set, not their values.
#[derive(Clone)]
pub struct Request {
    operation: &'static Operation,
    values: Vec<Option<Written>>,
    headers: HeaderMap,
    /// Which of the operation's bodies it takes.
    kind: Option<&'static Body>,
    body: Option<Content>,
    /// Parameters that are left out though they have values, as later requests of a walk over pages do.
    dropped: &'static [usize],
    /// Further origins to which it may be sent on, without a credential.
    origins: &'static [&'static str],
}

impl Request {
    /// A request without any value.
    pub fn new(operation: &'static Operation) -> Self {
        let values = vec![None; operation.parameters.len()];
        let kind = operation.body.as_ref();
        Self { operation, values, headers: HeaderMap::new(), kind, body: None, dropped: &[], origins: &[] }
    }

    /// A request with one of [`Operation::other_bodies`], by its index.
    pub fn with_other_body(operation: &'static Operation, index: usize) -> Self {
        Self { kind: operation.other_bodies.get(index), ..Self::new(operation) }
    }

    /// Allows further origins, to which no credential is sent.
    pub(crate) fn allow(&mut self, origins: &'static [&'static str]) -> &mut Self {
        self.origins = origins;
        self
    }

    /// The operation.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Sets a parameter by its index in [`Operation::parameters`]. A null, as `None` becomes, leaves it unset.
    ///
    /// # Errors
    /// There is no such parameter, or the value cannot be written as text.
    pub fn parameter<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) -> Result<&mut Self, Error> {
        let value = Written::of(value);
        self.set(index, value)
    }

    /// Sets a parameter to a text as it is.
    ///
    /// # Errors
    /// There is no such parameter.
    pub fn parameter_text(&mut self, index: usize, value: &str) -> Result<&mut Self, Error> {
        self.set(index, Ok(Written::Text(value.to_owned())))
    }

    /// What stands at a place, if it is filled with a plain value.
    pub(crate) fn given(&self, target: Target) -> Option<String> {
        match target {
            Target::Parameter(index) => match self.values.get(index)?.as_ref()? {
                Written::Text(text) | Written::Verbatim(text) => Some(text.clone()),
                other => Some(other.to_json()),
            },
            Target::Property(index, name) => match self.values.get(index)?.as_ref()? {
                Written::Fields(fields) => match &fields.iter().rev().find(|(known, _)| known == name)?.1 {
                    Written::Text(text) | Written::Verbatim(text) => Some(text.clone()),
                    _ => None,
                },
                _ => None,
            },
            Target::Field { path, .. } => match &self.body {
                Some(Content::Bytes(body)) => body_field::get(self.kind?.media, body, path),
                _ => None,
            },
        }
    }

    /// Fills a place.
    pub(crate) fn fill(&mut self, target: Target, value: &str) -> Result<(), Error> {
        let fail = |problem: String| Error::request(self.operation.id, problem);
        match target {
            Target::Parameter(index) => self.parameter_text(index, value).map(|_| ()),
            Target::Property(index, name) => {
                let mut fields = match self.values.get_mut(index).and_then(Option::take) {
                    Some(Written::Fields(fields)) => fields,
                    _ => Vec::new(),
                };
                fields.retain(|(known, _)| known != name);
                fields.push((name.to_owned(), Written::Text(value.to_owned())));
                self.set(index, Ok(Written::Fields(fields))).map(|_| ())
            }
            Target::Field { path, number } => {
                let media = self.kind.map_or(Media::Empty, |body| body.media);
                let body: &[u8] = match &self.body {
                    None => &[],
                    Some(Content::Bytes(bytes)) => bytes,
                    Some(Content::Upload(_) | Content::Parts(_)) => {
                        return Err(fail(
                            "its body has files or parts, into which no single value can be written"
                                .to_owned(),
                        ));
                    }
                };
                let body = body_field::set(media, body, path, value, number).map_err(fail)?;
                self.body = Some(Content::Bytes(body.into()));
                Ok(())
            }
        }
    }

    /// Leaves out parameters, whether they have values or not.
    pub(crate) fn leave_out(&mut self, parameters: &'static [usize]) {
        self.dropped = parameters;
    }

    fn set(&mut self, index: usize, value: Result<Written, serde_json::Error>) -> Result<&mut Self, Error> {
        let id = self.operation.id;
        let place = self.values.get_mut(index);
        let place = place.ok_or_else(|| Error::request(id, format!("it has no parameter {index}")))?;
        match value {
            Ok(Written::Null) => *place = None,
            Ok(value) => *place = Some(value),
            Err(error) => return Err(Error::request(id, format!("parameter {index}: {error}"))),
        }
        Ok(self)
    }

    /// Whether a parameter has a value.
    pub fn has_parameter(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(Option::is_some)
    }

    /// Sets the body, encoded as the operation says.
    ///
    /// # Errors
    /// The operation takes no body, or the value cannot be encoded that way.
    pub fn body<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&mut Self, Error> {
        let fail = |problem: String| Error::request(self.operation.id, problem);
        let media = self.kind.map_or(Media::Empty, |body| body.media);
        let bytes = match media {
            Media::Json => serde_json::to_vec(value).map_err(|error| fail(format!("body: {error}")))?,
            Media::Form => {
                let value = Written::of(value).map_err(|error| fail(format!("body: {error}")))?;
                let styles = self.kind.map_or(&[][..], |body| body.styles);
                form::body(&value, styles).map_err(fail)?.into_bytes()
            }
            Media::Text => match Written::of(value) {
                Ok(Written::Text(text) | Written::Verbatim(text)) => text.into_bytes(),
                _ => return Err(fail("the body is a text".to_owned())),
            },
            Media::Bytes | Media::JsonLines | Media::JsonSequence | Media::EventStream => {
                return Err(fail("the body is bytes: use `body_bytes`".to_owned()));
            }
            Media::Multipart => {
                return Err(fail("the body is made of parts: use `part` and `file`".to_owned()));
            }
            Media::Empty => return Err(fail("the operation takes no body".to_owned())),
        };
        self.body = Some(Content::Bytes(bytes.into()));
        Ok(self)
    }

    /// Sets the body to bytes as they are.
    pub fn body_bytes(&mut self, bytes: impl Into<Bytes>) -> &mut Self {
        self.body = Some(Content::Bytes(bytes.into()));
        self
    }

    /// Sets the body to bytes, wherever they come from.
    ///
    /// # Errors
    /// The operation takes no text and no bytes.
    pub fn upload(&mut self, body: &Upload) -> Result<&mut Self, Error> {
        if !self.kind.is_some_and(|kind| is_upload(kind.media)) {
            return Err(Error::request(self.operation.id, "it takes neither text nor bytes as its body"));
        }
        self.body = Some(Content::Upload(body.clone()));
        Ok(self)
    }

    /// Sets a part of the body by its index in [`Body::parts`]. Null leaves it out; a list gives a part for each item.
    ///
    /// # Errors
    /// There is no such part, or the value cannot be written as one.
    pub fn part<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) -> Result<&mut Self, Error> {
        let id = self.operation.id;
        let (body, parts) = self.body_of_parts()?;
        let part = body.parts.get(index);
        let part = part.ok_or_else(|| Error::request(id, format!("its body has no part {index}")))?;
        let fail = |problem: String| Error::request(id, format!("the part `{}`: {problem}", part.name));
        let value = Written::of(value).map_err(|error| fail(error.to_string()))?;
        parts.value(body, part, &value).map_err(fail)?;
        Ok(self)
    }

    /// Adds a file under the name of a part, by its index in [`Body::parts`].
    ///
    /// # Errors
    /// There is no such part.
    pub fn file(&mut self, index: usize, file: &Upload) -> Result<&mut Self, Error> {
        let id = self.operation.id;
        let (body, parts) = self.body_of_parts()?;
        let part = body.parts.get(index);
        let part = part.ok_or_else(|| Error::request(id, format!("its body has no part {index}")))?;
        parts.file(part, file);
        Ok(self)
    }

    /// Adds parts that the document does not name.
    ///
    /// # Errors
    /// The operation's body is not made of parts.
    pub fn parts(&mut self, parts: &Multipart) -> Result<&mut Self, Error> {
        self.body_of_parts()?.1.extend(parts);
        Ok(self)
    }

    fn body_of_parts(&mut self) -> Result<(&'static Body, &mut Parts), Error> {
        let problem = || Error::request(self.operation.id, "its body is not made of parts");
        let kind = self.kind.filter(|kind| kind.media == Media::Multipart).ok_or_else(problem)?;
        let body = self.body.get_or_insert_with(|| Content::Parts(Parts::default()));
        match body {
            Content::Parts(parts) => Ok((kind, parts)),
            Content::Bytes(_) | Content::Upload(_) => Err(Error::request(
                self.operation.id,
                "its body is set already, and no part can be added to it",
            )),
        }
    }

    /// Adds a header that the operation does not declare. It wins over the contract's headers of that name.
    ///
    /// # Errors
    /// It is no header's name or value.
    pub fn header(&mut self, name: &str, value: &str) -> Result<&mut Self, Error> {
        let (name, value) = header(self.operation, name, value)?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Whether a header was added.
    pub(crate) fn has_header(&self, name: HeaderName) -> bool {
        self.headers.contains_key(name)
    }

    /// Tells the redactor which secrets a body holds.
    pub(crate) fn hide_in(&self, redactor: &Redactor, body: &RequestBody) {
        if let (Some(kind), Some(bytes)) = (self.kind, body.whole()) {
            redact::secrets(kind, &bytes, &mut |secret| redactor.learn_given(secret));
        }
    }

    /// Builds what goes over the wire, without the connector's credential.
    /// A URL that the server gave for the next page stands for path and query.
    pub(crate) fn build(
        &self,
        base: &Url,
        given: Option<&Url>,
        boundary: impl FnOnce() -> String,
    ) -> Result<Built, Error> {
        let fail = |problem: String| Error::request(self.operation.id, problem);
        let mut path = self.operation.path.to_owned();
        let mut query = Vec::new();
        let mut cookies = Vec::new();
        let mut headers = self.headers.clone();
        for (index, (parameter, value)) in self.operation.parameters.iter().zip(&self.values).enumerate() {
            if self.dropped.contains(&index) {
                continue;
            }
            let Some(value) = value else {
                if parameter.required {
                    return Err(fail(format!("the required parameter `{}` is missing", parameter.name)));
                }
                continue;
            };
            let pair = |(name, value): (String, String)| format!("{name}={value}");
            match parameter.location {
                Location::Path => {
                    let text = path_value(parameter, value).map_err(fail)?;
                    path = path.replace(&format!("{{{}}}", parameter.name), &text);
                }
                Location::Query => {
                    query.extend(parameters::pairs(parameter, value).map_err(fail)?.into_iter().map(pair));
                }
                Location::QueryString => {
                    let text = form::query_string(parameter, value).map_err(fail)?;
                    query.extend((!text.is_empty()).then_some(text));
                }
                Location::Cookie => {
                    cookies.extend(parameters::pairs(parameter, value).map_err(fail)?.into_iter().map(pair));
                }
                Location::Header => {
                    if let Some(text) = parameters::text(parameter, value).map_err(fail)? {
                        let (name, value) = header(self.operation, parameter.name, &text)?;
                        headers.insert(name, value);
                    }
                }
            }
        }
        if !cookies.is_empty() {
            let (name, value) = header(self.operation, "cookie", &cookies.join("; "))?;
            headers.insert(name, value);
        }
        let body = match (self.kind, &self.body) {
            (Some(kind), Some(body)) => body.build(kind, &mut headers, boundary).map_err(fail)?,
            (Some(kind), None) if kind.required => {
                return Err(fail("the required body is missing".to_owned()));
            }
            (None, Some(Content::Bytes(bytes))) => bytes.clone().into(),
            _ => RequestBody::default(),
        };
        if let Some(url) = given {
            let url = self.with_kept(url.clone()).map_err(fail)?;
            return Ok(Built { url, base: base.clone(), headers, body, origins: self.origins, trace: None });
        }
        // Values are encoded, so a brace that is left belongs to the template.
        if let Some((_, rest)) = path.split_once('{') {
            let name = rest.split('}').next().unwrap_or(rest);
            return Err(fail(format!("the path parameter `{name}` is missing")));
        }
        let url = url(base, &path, &query).map_err(fail)?;
        Ok(Built { url, base: base.clone(), headers, body, origins: self.origins, trace: None })
    }

    /// A next URL with the parameters that paging keeps, where it has none of that name.
    fn with_kept(&self, mut url: Url) -> Result<Url, String> {
        let keep = self.operation.paging.as_ref().map_or(&[][..], |paging| paging.keep);
        for index in keep {
            let parameter = self.operation.parameters.get(*index);
            let Some((parameter, value)) = parameter.zip(self.values.get(*index).and_then(Option::as_ref))
            else {
                continue;
            };
            if url.query_pairs().any(|(name, _)| name == parameter.name) {
                continue;
            }
            let mut query: Vec<String> = url.query().map(str::to_owned).into_iter().collect();
            let pairs = parameters::pairs(parameter, value)?;
            query.extend(pairs.into_iter().map(|(name, value)| format!("{name}={value}")));
            url.set_query(Some(&query.join("&")));
        }
        Ok(url)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.operation.parameters.iter().zip(&self.values);
        let set: Vec<_> =
            set.filter(|(_, value)| value.is_some()).map(|(parameter, _)| parameter.name).collect();
        formatter
            .debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("parameters", &set)
            .field("body_bytes", &self.body.as_ref().and_then(Content::bytes))
            .finish()
    }
}

/// A request as it goes over the wire, but for the credential.
pub(crate) struct Built {
    pub(crate) url: Url,
    /// Base URL of the operation's server; the request goes to no other origin but `origins`.
    pub(crate) base: Url,
    /// Further origins, to which it may go without what the connector adds to its requests.
    pub(crate) origins: &'static [&'static str],
    pub(crate) headers: HeaderMap,
    pub(crate) body: RequestBody,
    /// The correlation id that goes out with every attempt.
    pub(crate) trace: Option<TraceId>,
}

/// An empty value would ask for another path than the operation's: `DELETE /things/` instead of `DELETE /things/1`.
fn path_value(parameter: &Parameter, value: &Written) -> Result<String, String> {
    match parameters::text(parameter, value)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("the path parameter `{}` is empty", parameter.name)),
    }
}

fn url(base: &Url, path: &str, query: &[String]) -> Result<Url, String> {
    // URLs drop such segments even where they are encoded, so that another path would be asked for.
    let climbs =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('/').any(climbs) {
        return Err("a path parameter may not be `.` or `..`".to_owned());
    }
    let mut text = base.as_str().trim_end_matches('/').to_owned();
    text.push_str(path);
    if !query.is_empty() {
        text.push(if path.contains('?') { '&' } else { '?' });
        text.push_str(&query.join("&"));
    }
    Url::parse(&text).map_err(|error| format!("its URL is none: {error}"))
}

fn header(
    operation: &'static Operation,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), Error> {
    let problem = |what: &str| Error::request(operation.id, format!("the header `{name}` {what}"));
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| problem("has no valid name"))?;
    let value = HeaderValue::from_str(value)
        .or_else(|_| HeaderValue::from_bytes(value.as_bytes()))
        .map_err(|_| problem("holds a line break or another control character"))?;
    Ok((parsed, value))
}
