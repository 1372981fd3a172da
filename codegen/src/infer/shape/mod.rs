//! What an operation asks and answers, as far as paging may show in it.

mod records;
mod values;

use openapiv3::{OpenAPI, Operation as Source, PathItem};

pub(super) use records::{is_verb, resource};
use values::{asked, defaults, headers, kind, told};

use super::schema::Bounds;
use super::words::{self, Asks, Tells};
use crate::model::{Api, Media, Operation, TypeKind, TypeRef};

/// Objects in objects that are looked through in an answer, and in a body.
const DEEPEST: usize = 4;
/// Values that are looked at in one answer.
const MOST: usize = 2_000;

/// Something that a request may carry.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Name of the parameter, or path of the field.
    pub(super) name: String,
    /// Whether it is a field of the body.
    pub(super) in_body: bool,
    pub(super) asks: Asks,
    pub(super) kind: Kind,
    pub(super) bounds: Bounds,
    /// Its description in small letters.
    pub(super) prose: String,
}

/// Kinds of values, as far as paging tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    List,
    Object,
    Unknown,
}

/// A value somewhere in an answer that says something of pages.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) path: Vec<String>,
    pub(super) tells: Tells,
    pub(super) kind: Kind,
    pub(super) format: String,
    pub(super) prose: String,
}

/// Where the records of an answer may stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Records {
    pub(super) path: Vec<String>,
    /// What one of them is; `None` where the document does not say.
    pub(super) record: Option<TypeRef>,
    /// Whether they are the values of a map.
    pub(super) map: bool,
}

/// Everything about one operation.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    pub(super) operation: &'a Operation,
    pub(super) asked: Vec<Asked>,
    pub(super) told: Vec<Told>,
    /// Whether the document says nothing of the body that success has.
    pub(super) untyped: bool,
    /// Whether the body that success has is an object of nothing but single values, as counts are. `{ ok: true }` describes nothing.
    pub(super) flat: bool,
    pub(super) records: Option<Records>,
    /// How many lists of objects there are in the body that success has.
    pub(super) lists: usize,
    /// Why these are the records.
    pub(super) records_reason: String,
    /// Whether nothing else could be the records.
    pub(super) records_sure: bool,
    /// Headers of success with what their declarations say.
    pub(super) headers: Vec<(String, Bounds)>,
    /// The operation's own prose in small letters.
    pub(super) prose: String,
    /// Required parameters with what the document takes for them by itself.
    pub(super) defaults: Vec<(String, String)>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(
        document: &'a OpenAPI,
        api: &'a Api,
        operation: &'a Operation,
        item: &'a PathItem,
        source: &'a Source,
    ) -> Self {
        let prose = words::prose(operation.summary.as_deref())
            + "\n"
            + &words::prose(operation.description.as_deref());
        let mut shape = Self {
            operation,
            asked: asked(document, api, operation, item, source),
            told: Vec::new(),
            untyped: false,
            flat: false,
            records: None,
            lists: 0,
            records_reason: String::new(),
            records_sure: false,
            headers: headers(document, operation, source),
            prose,
            defaults: defaults(document, operation, item, source),
        };
        let success = operation.success();
        let content = success.and_then(|success| success.content.as_ref());
        // 200 has a body (RFC 9110, 15.3.1), whether the document speaks of it or not.
        shape.untyped = content.is_none() && success.is_some_and(|success| success.from == 200);
        if let Some(body) =
            content.filter(|content| content.media == Media::Json).map(|content| content.type_ref)
        {
            let mut left = MOST;
            let cursors: Vec<String> =
                shape.asks(Asks::Cursor).map(|asked| words::own(&asked.name)).collect();
            told(&api.types, body, &cursors, &mut Vec::new(), &mut shape.told, &mut left);
            shape.untyped = matches!(api.types.get(body.id).kind, TypeKind::Any)
                || matches!(&api.types.get(body.id).kind, TypeKind::Map(held) if matches!(api.types.get(held.id).kind, TypeKind::Any))
                || matches!(&api.types.get(body.id).kind, TypeKind::Object(object) if object.fields.is_empty());
            let single = |kind: Kind| matches!(kind, Kind::Text | Kind::Number | Kind::Flag);
            shape.flat = match &api.types.get(body.id).kind {
                TypeKind::Object(object) => {
                    let kinds: Vec<Kind> =
                        object.fields.iter().map(|field| kind(&api.types, field.type_ref).0).collect();
                    kinds.contains(&Kind::Number) && kinds.into_iter().all(single)
                }
                _ => false,
            };
            shape.find_records(&api.types, body);
        }
        shape
    }

    pub(super) fn asks(&self, what: Asks) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(move |asked| asked.asks == what)
    }

    pub(super) fn tells(&self, what: Tells) -> impl Iterator<Item = &Told> {
        self.told.iter().filter(move |told| told.tells == what)
    }

    pub(super) fn header(&self, name: &str) -> Option<&(String, Bounds)> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// A header of the answer that tells of pages.
    pub(super) fn page_header(&self) -> Option<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).find(|name| words::is_page_header(name))
    }

    /// The media type of an answer that is described as a bare list, though such answers are objects: HAL, and JSON:API (5. Document Structure).
    pub(super) fn enveloped(&self) -> Option<&str> {
        let media = self.operation.success()?.content.as_ref()?.media_type.as_str();
        let bare = self.records.as_ref().is_some_and(|records| records.path.is_empty() && !records.map);
        let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        (bare && matches!(kind.as_str(), "application/hal+json" | "application/vnd.api+json"))
            .then_some(media)
    }

    /// The last words of the path that are no parameters.
    fn resource(&self) -> String {
        resource(&self.operation.head.path)
    }

    /// Whether the path ends in a parameter, as that of one record does.
    pub(super) fn names_one(&self) -> bool {
        self.operation.head.path.trim_end_matches('/').ends_with('}')
    }

    /// Whether request and answer show that this is a list that comes in pages.
    pub(super) fn is_about_pages(&self) -> bool {
        let leads = self.asked.iter().any(|asked| {
            matches!(asked.asks, Asks::Page | Asks::Offset | Asks::Cursor)
                && (asked.kind != Kind::Text || asked.asks == Asks::Cursor)
        });
        let size = self.asked.iter().any(|asked| asked.asks == Asks::Size);
        let tells = self.told.iter().any(|told| {
            matches!(told.tells, Tells::Next | Tells::More | Tells::Pages)
                || told.tells == Tells::Total
                    && told.path.last().is_some_and(|name| name.to_lowercase().contains("total"))
        });
        (leads && (size || tells)) || (size && tells) || self.header("Link").is_some() && (leads || size)
    }
}
