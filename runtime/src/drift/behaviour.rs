//! What an API does otherwise than declared, as against what it serves.

use http::HeaderMap;
use jiff::Timestamp;

use crate::contract::{Contract, Limit, Shape, Source, Stream};
use crate::error::{Error, ErrorKind};
use crate::link;
use crate::project::place;

use super::Kind;
use super::findings::{Observation, StreamDrift};
use super::inspector::{described, record_pointer};

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) kind: Kind,
    pub(crate) status: u16,
    pub(crate) pointer: String,
    pub(crate) expected: String,
    pub(crate) observed: String,
}

/// What an error says of the contract between the API and its document; `None` where it says nothing of that.
pub(crate) fn told_by_error(stream: &'static Stream, error: &Error) -> Option<Behaviour> {
    let status = error.status().map_or(0, |status| status.as_u16());
    let pointer = |place: &str| match place {
        "the body" => String::new(),
        keys => format!("/{}", keys.replace('.', "/")),
    };
    let of = |kind, pointer, expected: &str, observed: &str| {
        Some(Behaviour {
            kind,
            status,
            pointer,
            expected: expected.to_owned(),
            observed: observed.to_owned(),
        })
    };
    match error.kind() {
        ErrorKind::Paging(_) => {
            of(Kind::PagingContract, String::new(), "paging as declared", "a page that does not lead on")
        }
        ErrorKind::Misplaced { place: at, .. } if *at == place(stream.records) => {
            of(Kind::RecordPathMissing, pointer(at), "a list of records", "none")
        }
        ErrorKind::Misplaced { place, .. } => {
            of(Kind::PagingContract, pointer(place), "paging as declared", "another type")
        }
        ErrorKind::Status { status, .. }
            if speaks(status.as_u16()) && stream.operation.response(status.as_u16()).is_none() =>
        {
            of(Kind::UndocumentedStatus, String::new(), "a documented status", &status.as_u16().to_string())
        }
        ErrorKind::ContentType { expected, found, .. } => {
            of(Kind::UndocumentedContentType, String::new(), expected, &essence(found))
        }
        _ => None,
    }
}

/// Whether a status says something of the operation, and not of the credential, of limits or of an outage.
const fn speaks(status: u16) -> bool {
    matches!(status, 400..500) && !matches!(status, 401 | 403 | 407 | 408 | 429)
}

/// A media type without its parameters, and without what is none.
fn essence(declared: &str) -> String {
    let name = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    name.chars().filter(|sign| sign.is_ascii_alphanumeric() || "/+-.".contains(*sign)).take(64).collect()
}

/// The media type of an answer that is not JSON by its name, where the document says JSON.
fn other_media_type(stream: &'static Stream, status: u16, headers: &HeaderMap) -> Option<Behaviour> {
    let Source::Pages = stream.source else { return None };
    let expected = stream.operation.response(status)?.media_type;
    let observed = essence(headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?);
    let differs = expected.contains("json") && !observed.is_empty() && !observed.contains("json");
    differs.then(|| Behaviour {
        kind: Kind::UndocumentedContentType,
        status,
        pointer: String::new(),
        expected: expected.to_owned(),
        observed,
    })
}

/// What the head of an answer tells that nobody declared.
pub(crate) fn told_by_head(
    contract: &'static Contract,
    stream: &'static Stream,
    status: u16,
    headers: &HeaderMap,
) -> Vec<Behaviour> {
    let mut found: Vec<Behaviour> = other_media_type(stream, status, headers).into_iter().collect();
    if stream.operation.paging.is_none() && link::find(headers, "next").is_some() {
        found.push(Behaviour {
            kind: Kind::PagingUndeclared,
            status,
            pointer: "#link".to_owned(),
            expected: "one page".to_owned(),
            observed: "a link to the next page".to_owned(),
        });
    }
    for name in headers.keys().map(http::HeaderName::as_str).filter(|name| is_limit(name)) {
        if !declared(contract, name) {
            found.push(Behaviour {
                kind: Kind::LimitHeaderUndeclared,
                status,
                pointer: format!("#{name}"),
                expected: "no such header".to_owned(),
                observed: "a header".to_owned(),
            });
        }
    }
    found
}

/// Whether a header tells of a limit: `X-RateLimit-*` as most spell it, and the fields of draft-ietf-httpapi-ratelimit-headers.
fn is_limit(name: &str) -> bool {
    let plain = name.replace('-', "");
    let plain = plain.strip_prefix('x').unwrap_or(&plain);
    ["ratelimit", "quota"].iter().any(|word| plain.starts_with(word))
}

fn declared(contract: &Contract, name: &str) -> bool {
    let is = |declared: &str| declared.eq_ignore_ascii_case(name);
    let in_limit = |limit: &Limit| {
        let headers = &limit.headers;
        let named = [headers.limit, headers.remaining, headers.usage, headers.reset.map(|(name, _)| name)];
        let structured = headers.policy.is_some() && ["ratelimit", "ratelimit-policy"].into_iter().any(is);
        structured || named.into_iter().flatten().any(is)
    };
    contract.limits.iter().any(in_limit) || contract.wait_sources.iter().any(|source| is(source.header))
}

/// A list that ended with another number of records than the API says that there are.
pub(crate) fn told_by_total(stream: &'static Stream, total: u64, records: u64) -> Option<Behaviour> {
    use crate::contract::Total;
    let end = stream.operation.paging.as_ref().map(|paging| paging.strategy.end());
    let exact = end.is_some_and(|end| end.total != Total::Estimate);
    (exact && total != records).then(|| Behaviour {
        kind: Kind::TotalMismatch,
        status: 200,
        pointer: String::new(),
        expected: "as many records as the total says".to_owned(),
        observed: if total < records { "more records" } else { "fewer records" }.to_owned(),
    })
}

/// Fields that have vanished, and those that may be what they are called now.
pub(super) fn vanished(stream: &'static Stream, drift: &mut StreamDrift, now: Timestamp) {
    let Shape::Object(object) = &stream.shape else { return };
    let gone: Vec<String> = drift.vanished().map(str::to_owned).collect();
    for name in gone {
        let Some((index, field)) = object.fields.iter().enumerate().find(|(_, field)| field.name == name)
        else {
            continue;
        };
        let pointer = record_pointer(stream, &[field.name]);
        let come = drift.come(&record_pointer(stream, &[]), bare_type(&field.shape));
        let mut tell = |kind, observed: &str| {
            let met = Observation {
                // Each run tells it once.
                record: u64::MAX - index as u64,
                kind,
                status: 0,
                pointer: pointer.clone(),
                expected: &|| described(&field.shape),
                observed,
                value: None,
                stops: false,
            };
            drift.meet(met, now);
        };
        tell(Kind::FieldVanished, "nothing");
        if let [only] = come.as_slice() {
            tell(Kind::RenameCandidate, only);
        }
    }
}

/// The JSON Schema type of a shape, where it has one.
fn bare_type(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::Boolean => Some("boolean"),
        Shape::Integer => Some("integer"),
        Shape::Number => Some("number"),
        Shape::String(_) | Shape::Enum(_) => Some("string"),
        Shape::Array(_) | Shape::Tuple(_) => Some("array"),
        Shape::Map(_) | Shape::Object(_) => Some("object"),
        Shape::Nullable(inner) => bare_type(inner),
        Shape::Any | Shape::Never | Shape::Union(_) => None,
    }
}
