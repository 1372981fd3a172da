//! Which list of an answer holds the records.

use super::{MOST, Records, Shape};
use crate::infer::words::{self, Tells};
use crate::model::{TypeId, TypeKind, TypeRef, Types};
use crate::plan::path::alternatives;

impl Shape<'_> {
    pub(super) fn find_records(&mut self, types: &Types, body: TypeRef) {
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
        self.lists = lists.iter().filter(of_objects).count();
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
            (found, "is the only list of objects", about_pages || wraps(types, &kinds, &found.path))
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
        // What asks for one record with the paging parameters of all, and answers it and nothing of pages, asks for one record.
        let asked = self.operation.head.path.trim_end_matches(['/', '}']).rsplit('{').next();
        let asked = asked.map(words::canonical).unwrap_or_default();
        let answered = kinds.iter().any(|id| match &types.get(*id).kind {
            TypeKind::Object(object) => {
                object.fields.iter().any(|field| words::canonical(&field.name) == asked)
            }
            _ => false,
        });
        let one = self.names_one() && !own && answered && self.told.is_empty();
        if one || !about_pages && (of_one_record || (embedded && !named(&chosen))) {
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
}

/// Words of paths that say how records are read, and not which.
const VERBS: [&str; 19] = [
    "list",
    "search",
    "query",
    "all",
    "json",
    "xml",
    "csv",
    "find",
    "get",
    "fetch",
    "scroll",
    "filter",
    "lookup",
    "retrieve",
    "browse",
    "cursor",
    "paged",
    "paginated",
    "export",
];

/// Words that belong to them.
const BESIDE_VERBS: [&str; 9] = ["batch", "bulk", "by", "and", "advanced", "for", "many", "multiple", "full"];

/// Whether a part of a path says what is done, and not with what: `search`, `batch-get`, `listAll`, `findByDate`.
pub(in crate::infer) fn is_verb(part: &str) -> bool {
    let words = words::words(part);
    let is = |word: &String| VERBS.contains(&word.as_str());
    if let [verb, by, ..] = words.as_slice()
        && is(verb)
        && by == "by"
    {
        return true;
    }
    words.iter().any(is) && words.iter().all(|word| is(word) || BESIDE_VERBS.contains(&word.as_str()))
}

/// The last word of a path that is neither a parameter nor a verb: `conversations.list` lists conversations, `users:search` and
/// `users/search` search users.
pub(in crate::infer) fn resource(path: &str) -> String {
    let mut otherwise = "";
    for segment in path.rsplit('/').filter(|segment| !segment.is_empty() && !segment.contains('{')) {
        let segment = segment.split('?').next().unwrap_or(segment);
        let parts: Vec<&str> = segment.split(['.', ':']).filter(|part| !part.is_empty()).collect();
        if let Some(chosen) = parts.iter().rev().find(|part| !is_verb(part)) {
            return words::canonical(chosen);
        }
        if otherwise.is_empty() {
            // Of `search.json`, what is done.
            otherwise = parts.first().copied().unwrap_or_default();
        }
    }
    words::canonical(otherwise)
}

/// Whether what stands around a list wraps it and nothing more: on the way to it there is only what envelopes say of the request.
fn wraps(types: &Types, kinds: &[TypeId], path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    let [only] = kinds else { return false };
    let TypeKind::Object(object) = &types.get(*only).kind else { return false };
    let tells = |name: &str| {
        let says = [
            "status",
            "code",
            "message",
            "msg",
            "success",
            "ok",
            "error",
            "errors",
            "version",
            "object",
            "kind",
            "type",
            "meta",
            "metadata",
            "count",
            "total",
            "request_id",
            "requestid",
            "took",
            "timestamp",
            "links",
            "_links",
        ];
        let name = words::canonical(name);
        says.contains(&name.as_str()) || name.starts_with("time_") || words::is_beside_records(&name)
    };
    if object.fields.iter().any(|field| field.name != *first && !tells(&field.name)) {
        return false;
    }
    let Some(field) = object.fields.iter().find(|field| field.name == *first) else { return false };
    rest.is_empty() || words::is_envelope(first) && wraps(types, &alternatives(types, field.type_ref).0, rest)
}

/// Whether an object is a record, by what identifies it.
fn is_record(types: &Types, id: TypeId) -> bool {
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
