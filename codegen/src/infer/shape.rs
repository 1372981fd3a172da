//! What an operation asks and answers, as far as paging may show in it.

use openapiv3::{OpenAPI, Operation as Source, PathItem, ReferenceOr};

use super::schema::{self, Bounds};
use super::words::{self, Asks, Tells};
use crate::model::{Api, Media, Operation, ParameterLocation, TypeKind, TypeRef, Types};
use crate::plan::path::alternatives;

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
    /// Whether the body that success has is an object of nothing but single values.
    pub(super) flat: bool,
    pub(super) records: Option<Records>,
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
                    !object.fields.is_empty()
                        && object.fields.iter().all(|field| single(kind(&api.types, field.type_ref).0))
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

    /// The last words of the path that are no parameters.
    fn resource(&self) -> String {
        resource(&self.operation.head.path)
    }

    /// Whether the path ends in a parameter, as that of one record does.
    pub(super) fn names_one(&self) -> bool {
        self.operation.head.path.trim_end_matches('/').ends_with('}')
    }

    fn find_records(&mut self, types: &Types, body: TypeRef) {
        let (kinds, _) = alternatives(types, body);
        let arrays: Vec<TypeRef> = kinds
            .iter()
            .filter_map(|id| match &types.get(*id).kind {
                TypeKind::Array(items) => Some(*items),
                _ => None,
            })
            .collect();
        if let Some(record) = arrays.first() {
            self.records = Some(Records { path: Vec::new(), record: Some(*record), map: false });
            "the body is a list".clone_into(&mut self.records_reason);
            self.records_sure = kinds.len() == 1;
            return;
        }
        let mut lists = Vec::new();
        let mut left = MOST;
        collect_lists(types, body, &mut Vec::new(), &mut lists, &mut left);
        let has_id = kinds.iter().any(|id| is_record(types, *id));
        let resource = self.resource();
        let about_pages = self.is_about_pages();
        let named = |records: &&Records| {
            records.path.last().is_some_and(|name| {
                words::same_thing(name, &resource)
                    || words::canonical(name).ends_with(&resource) && !resource.is_empty()
            })
        };
        // What a path says further up names its list too: `/threads/archived/private`.
        let segments: Vec<&str> = self
            .operation
            .head
            .path
            .split('/')
            .filter(|part| !part.is_empty() && !part.contains('{'))
            .collect();
        let above = |records: &&Records| {
            let same = |name: &String| segments.iter().rev().any(|part| words::same_thing(name, part));
            records.path.len() == 1 && records.path.last().is_some_and(same)
        };
        let usual = |records: &&Records| records.path.last().is_some_and(|name| words::is_list_name(name));
        let of_objects = |records: &&Records| {
            records.record.is_none_or(|record| {
                alternatives(types, record).0.iter().any(|id| {
                    matches!(types.get(*id).kind, TypeKind::Object(_) | TypeKind::Map(_) | TypeKind::Any)
                })
            })
        };
        // The nearest to the top is the envelope's own.
        lists.sort_by_key(|records| records.path.len());
        let shallow = lists.first().map_or(0, |first| first.path.len());
        let near = || lists.iter().filter(|records| records.path.len() == shallow);
        let (chosen, reason, sure) = if let Some(found) = lists.iter().filter(of_objects).find(named) {
            (found, "is named as the path is", true)
        } else if let Some(found) = lists.iter().find(named).filter(|_| about_pages) {
            (found, "is named as the path is", true)
        } else if let Some(found) = lists.iter().filter(of_objects).find(above).filter(|_| !self.names_one())
        {
            (found, "is named as the path is", true)
        } else if let Some(found) =
            lists.iter().filter(of_objects).filter(usual).min_by_key(|records| !self.leads_beside(records))
        {
            let others = near().filter(of_objects).count();
            (found, "has a usual name of a list", others <= 1)
        } else if let (Some(found), 1) = (near().find(of_objects), near().filter(of_objects).count()) {
            (found, "is the only list of objects", about_pages)
        } else if let (Some(found), true) = (near().find(of_objects), about_pages) {
            (found, "is the first list of objects", false)
        } else if let (Some(found), true) = (near().next(), near().count() == 1) {
            (found, "is the only list", false)
        } else {
            self.map_records(types, &kinds);
            return;
        };
        // One record has lists in it too, and so has what is embedded in it.
        let own = (named(&chosen) || usual(&chosen)) && chosen.path.len() == 1;
        let embedded =
            chosen.path.len() > 1 && !chosen.path.iter().rev().skip(1).all(|name| words::is_envelope(name));
        let of_one_record = has_id || (self.names_one() && !own);
        if !about_pages && (of_one_record || (embedded && !named(&chosen))) {
            return;
        }
        self.records_reason = format!("`{}` {reason}", chosen.path.join("."));
        self.records_sure = sure;
        self.records = Some(chosen.clone());
    }

    /// Whether what leads to the next page stands beside a list, in an object of theirs.
    fn leads_beside(&self, records: &Records) -> bool {
        let parent =
            |path: &[String]| path.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default();
        let own = parent(&records.path);
        !own.is_empty()
            && self.tells(Tells::Next).chain(self.tells(Tells::More)).any(|told| parent(&told.path) == own)
    }

    fn map_records(&mut self, types: &Types, kinds: &[crate::model::TypeId]) {
        for id in kinds {
            if let TypeKind::Map(held) = &types.get(*id).kind
                && alternatives(types, *held)
                    .0
                    .iter()
                    .any(|id| matches!(types.get(*id).kind, TypeKind::Object(_)))
            {
                self.records = Some(Records { path: Vec::new(), record: Some(*held), map: true });
                "the body is a map, whose values are the records".clone_into(&mut self.records_reason);
            }
        }
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

/// The last word of a path that is neither a parameter nor a verb: `conversations.list` lists conversations, `users:search` and
/// `users/search` search users.
pub(super) fn resource(path: &str) -> String {
    let verb = |part: &str| {
        let known = [
            "list",
            "search",
            "query",
            "all",
            "json",
            "xml",
            "find",
            "get",
            "scroll",
            "filter",
            "lookup",
            "batch-retrieve",
            "batch-get",
            "batch_get",
            "retrieve",
        ];
        known.contains(&part.to_lowercase().as_str())
    };
    let mut otherwise = "";
    for segment in path.rsplit('/').filter(|segment| !segment.is_empty() && !segment.contains('{')) {
        let segment = segment.split('?').next().unwrap_or(segment);
        let parts: Vec<&str> = segment.split(['.', ':']).filter(|part| !part.is_empty()).collect();
        if let Some(chosen) = parts.iter().rev().find(|part| !verb(part)) {
            return words::canonical(chosen);
        }
        if otherwise.is_empty() {
            otherwise = parts.last().copied().unwrap_or_default();
        }
    }
    words::canonical(otherwise)
}

fn kind(types: &Types, of: TypeRef) -> (Kind, String) {
    let (kinds, _) = alternatives(types, of);
    let mut found = (Kind::Unknown, String::new());
    for id in kinds {
        let here = match &types.get(id).kind {
            TypeKind::Text(format) => (Kind::Text, format.clone()),
            TypeKind::Enum(_) => (Kind::Text, "enum".to_owned()),
            TypeKind::Integer(_) | TypeKind::Number(_) => (Kind::Number, String::new()),
            TypeKind::Boolean => (Kind::Flag, String::new()),
            TypeKind::Array(_) | TypeKind::Tuple(_) => (Kind::List, String::new()),
            TypeKind::Map(_) | TypeKind::Object(_) | TypeKind::Union(_) => (Kind::Object, String::new()),
            TypeKind::Any => continue,
        };
        if found.0 == Kind::Unknown
            || matches!((found.0, here.0), (Kind::Text, Kind::Number) | (Kind::List | Kind::Object, _))
        {
            found = here;
        }
    }
    found
}

fn asked(
    document: &OpenAPI,
    api: &Api,
    operation: &Operation,
    item: &PathItem,
    source: &Source,
) -> Vec<Asked> {
    let mut all = Vec::new();
    let places = [ParameterLocation::Query, ParameterLocation::Header];
    for parameter in operation.parameters.iter().filter(|parameter| places.contains(&parameter.location)) {
        let prose = || words::prose(parameter.description.as_deref());
        let by_prose = || words::takes_token(&parameter.name, &prose()).then_some(Asks::Cursor);
        let Some(asks) = words::asks(&parameter.name).or_else(by_prose) else { continue };
        let bounds = schema::parameter(item, source, &parameter.name)
            .map(|data| schema::of_parameter(document, data))
            .unwrap_or_default();
        let (kind, format) = kind(&api.types, parameter.type_ref);
        all.extend(one(parameter.name.clone(), false, asks, (kind, format), bounds));
    }
    let body =
        operation.bodies.body.as_ref().filter(|body| matches!(body.content.media, Media::Json | Media::Form));
    if let Some(body) = body.filter(|_| operation.head.method == "POST") {
        let mut fields = Vec::new();
        body_fields(&api.types, body.content.type_ref, &mut Vec::new(), &mut fields);
        for (path, found) in fields {
            let Some(asks) = words::asks(&path.join(".")) else { continue };
            let bounds = schema::of_body(document, source, &body.content.media_type, &path);
            all.extend(one(path.join("."), true, asks, found, bounds));
        }
    }
    all
}

fn one(
    name: String,
    in_body: bool,
    asks: Asks,
    (kind, format): (Kind, String),
    bounds: Bounds,
) -> Option<Asked> {
    let prose = bounds.description.to_lowercase();
    let format = if bounds.format.is_empty() { format } else { bounds.format.clone() };
    let mut asks = asks;
    match asks {
        Asks::Size | Asks::Page | Asks::Offset if matches!(kind, Kind::Flag | Kind::List | Kind::Object) => {
            return None;
        }
        Asks::Cursor | Asks::Before if matches!(kind, Kind::Flag | Kind::List | Kind::Object) => return None,
        _ => {}
    }
    let says_token = words::says(&prose, &["cursor", "token", "marker", "bookmark"]);
    match asks {
        // A page or an offset that is a token: `A cursor for use in pagination`.
        Asks::Page | Asks::Offset if kind == Kind::Text && says_token => asks = Asks::Cursor,
        // `start` and `from` are dates as often.
        Asks::Offset
            if matches!(words::canonical(&name).as_str(), "start" | "from")
                && words::about_time(&format, &prose) =>
        {
            return None;
        }
        Asks::Offset if words::about_time(&format, "") => return None,
        // `Timestamp offset, used for pagination` is a value of the last record, and counts nothing.
        Asks::Offset if words::says(&prose, &["timestamp", "timestamps", "epoch", "unix time"]) => {
            if !words::says(&prose, &["page", "pages", "paging", "pagination", "paginate"]) {
                return None;
            }
            asks = Asks::Cursor;
        }
        Asks::Cursor | Asks::Before if words::about_time(&format, "") => return None,
        // `after` a time is a filter.
        Asks::Cursor | Asks::Before
            if matches!(
                words::canonical(&name).as_str(),
                "after" | "before" | "next" | "since_id" | "start_after"
            ) && !says_token
                && words::about_time(&format, &prose)
                && !words::says(
                    &prose,
                    &["id", "ids", "snowflake", "object", "page", "pagination", "paginate"],
                ) =>
        {
            return None;
        }
        _ => {}
    }
    // `count: true` and `first: true` ask for something else, as do texts of a list.
    if format == "enum" {
        return None;
    }
    Some(Asked { name, in_body, asks, kind, bounds, prose })
}

fn body_fields(
    types: &Types,
    from: TypeRef,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, (Kind, String))>,
) {
    if path.len() >= DEEPEST || found.len() > MOST {
        return;
    }
    for id in alternatives(types, from).0 {
        let TypeKind::Object(object) = &types.get(id).kind else { continue };
        for field in &object.fields {
            let here = kind(types, field.type_ref);
            path.push(field.name.clone());
            if here.0 == Kind::Object {
                body_fields(types, field.type_ref, path, found);
            } else {
                found.push((path.clone(), here));
            }
            path.pop();
        }
    }
}

/// Values that say something of pages, outside of lists.
fn told(
    types: &Types,
    from: TypeRef,
    cursors: &[String],
    path: &mut Vec<String>,
    found: &mut Vec<Told>,
    left: &mut usize,
) {
    if path.len() >= DEEPEST {
        return;
    }
    for id in alternatives(types, from).0 {
        let TypeKind::Object(object) = &types.get(id).kind else { continue };
        for field in &object.fields {
            let Some(rest) = left.checked_sub(1) else { return };
            *left = rest;
            let (kind, format) = kind(types, field.type_ref);
            path.push(field.name.clone());
            match kind {
                // Only what may be about pages is looked into: a record that is embedded has a `next` of its own.
                Kind::Object if path.len() < 3 || words::is_paging(&words::canonical(&field.name)) => {
                    told(types, field.type_ref, cursors, path, found, left)
                }
                Kind::Object | Kind::List => {}
                Kind::Text | Kind::Number | Kind::Flag | Kind::Unknown => {
                    // What a cursor parameter is called is a token in the answer too.
                    let own = || cursors.contains(&words::canonical(&field.name)).then_some(Tells::Next);
                    let tells = words::tells(path).or_else(own);
                    if let Some(tells) = tells.filter(|tells| fits(*tells, kind)) {
                        let prose = words::prose(field.description.as_deref());
                        if !found.iter().any(|known| known.path == *path) {
                            found.push(Told { path: path.clone(), tells, kind, format, prose });
                        }
                    }
                }
            }
            path.pop();
        }
    }
}

fn fits(tells: Tells, kind: Kind) -> bool {
    match tells {
        Tells::Next => matches!(kind, Kind::Text | Kind::Number | Kind::Unknown),
        Tells::More | Tells::Done => kind == Kind::Flag,
        Tells::Total | Tells::Pages => kind == Kind::Number,
    }
}

/// Whether an object is a record, by what identifies it.
fn is_record(types: &Types, id: crate::model::TypeId) -> bool {
    match &types.get(id).kind {
        TypeKind::Object(object) => object.fields.iter().any(|field| {
            matches!(words::canonical(&field.name).as_str(), "id" | "uuid" | "sid" | "gid")
                && !matches!(types.get(field.type_ref.id).kind, TypeKind::Array(_) | TypeKind::Object(_))
        }),
        _ => false,
    }
}

fn collect_lists(
    types: &Types,
    from: TypeRef,
    path: &mut Vec<String>,
    found: &mut Vec<Records>,
    left: &mut usize,
) {
    if path.len() >= 3 {
        return;
    }
    for id in alternatives(types, from).0 {
        let TypeKind::Object(object) = &types.get(id).kind else { continue };
        // Where an envelope has errors, its messages are about the request.
        let reports = object.fields.iter().any(|field| words::canonical(&field.name) == "errors");
        let beside = |name: &str| {
            words::is_beside_records(name)
                || reports && matches!(words::canonical(name).as_str(), "messages" | "message" | "notices")
        };
        for field in object.fields.iter().filter(|field| !beside(&field.name)) {
            let Some(rest) = left.checked_sub(1) else { return };
            *left = rest;
            path.push(field.name.clone());
            for kind in alternatives(types, field.type_ref).0 {
                match &types.get(kind).kind {
                    TypeKind::Array(items) => {
                        let unknown = matches!(types.get(items.id).kind, TypeKind::Any);
                        let records =
                            Records { path: path.clone(), record: (!unknown).then_some(*items), map: false };
                        if !found.iter().any(|known| known.path == records.path) {
                            found.push(records);
                        }
                    }
                    // A record in an envelope has lists of its own.
                    TypeKind::Object(_)
                        if (path.len() == 1 || words::is_list_name(&field.name))
                            && !is_record(types, kind) =>
                    {
                        collect_lists(types, TypeRef::new(kind, false), path, found, left);
                    }
                    _ => {}
                }
            }
            path.pop();
        }
    }
}

/// What required parameters are by themselves: their default, or the only value that they may have.
fn defaults(
    document: &OpenAPI,
    operation: &Operation,
    item: &PathItem,
    source: &Source,
) -> Vec<(String, String)> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required
        .filter_map(|parameter| {
            let bounds = schema::of_parameter(document, schema::parameter(item, source, &parameter.name)?);
            let value = match bounds.default.or(bounds.only)? {
                serde_json::Value::String(text) => text,
                value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => value.to_string(),
                _ => return None,
            };
            let plain = !value.is_empty()
                && value.len() <= 80
                && !value.contains(['{', '}'])
                && !value.chars().any(char::is_control);
            plain.then(|| (parameter.name.clone(), value))
        })
        .collect()
}

fn headers(document: &OpenAPI, operation: &Operation, source: &Source) -> Vec<(String, Bounds)> {
    let status = operation.success().map(|success| success.from).unwrap_or_default();
    let responses = source.responses.responses.iter();
    let mut found = Vec::new();
    for (code, response) in responses {
        let matches = match code {
            openapiv3::StatusCode::Code(code) => *code == status,
            openapiv3::StatusCode::Range(range) => *range == status / 100,
        };
        let Some(response) = response.as_item().filter(|_| matches) else { continue };
        for (name, header) in &response.headers {
            let bounds = match header {
                ReferenceOr::Item(header) => schema::of_header(document, header),
                ReferenceOr::Reference { .. } => Bounds::default(),
            };
            found.push((name.clone(), bounds));
        }
    }
    found
}
