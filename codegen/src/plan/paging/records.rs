//! Where an operation's records stand.

use crate::manifest::{Manifest, Stream, text};
use crate::model::{Api, Media, Operation, TypeKind, TypeRef, Types};
use crate::plan::operation::position;
use crate::plan::path::{alternatives, follow};
use crate::plan::types::Path;

/// What is known of the records of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// The array, and what one record holds.
    pub(super) found: Option<(Path, TypeRef)>,
    /// Places of a record's key, where a stream says them.
    pub(super) key: Vec<Path>,
    /// Whether a stream reads the operation.
    pub(super) streamed: bool,
}

/// The records of each operation: those of the first stream that reads it, else its only list.
pub(super) fn all(manifest: &Manifest, api: &Api) -> Vec<Records> {
    let streams: Vec<(usize, &Stream)> = manifest
        .streams
        .iter()
        .filter_map(|(_, stream)| position(api, &stream.operation).map(|index| (index, stream)))
        .collect();
    let stream = |index: usize| streams.iter().find(|(of, _)| *of == index).map(|(_, stream)| *stream);
    let records = |(index, operation): (usize, &Operation)| match (body(operation), stream(index)) {
        (None, stream) => Records { streamed: stream.is_some(), ..Records::default() },
        (Some(body), Some(stream)) => Records {
            found: of_stream(&api.types, body, stream).map(|record| (text::keys(&stream.records), record)),
            key: stream.own_key().map(|path| text::keys(path)).collect(),
            streamed: true,
        },
        (Some(body), None) => Records { found: only_list(&api.types, body), ..Records::default() },
    };
    api.operations.iter().enumerate().map(records).collect()
}

/// What the JSON body of an operation's success holds.
pub(in crate::plan) fn body(operation: &Operation) -> Option<TypeRef> {
    let content = operation.success()?.content.as_ref()?;
    (content.media == Media::Json).then_some(content.type_ref)
}

/// What one record of a stream holds; none where the path leads to no list. The stream's own plan says why.
fn of_stream(types: &Types, body: TypeRef, stream: &Stream) -> Option<TypeRef> {
    let found = follow(types, body, &stream.records).ok()?;
    match found.types.as_slice() {
        [only] => items(types, *only),
        _ => None,
    }
}

fn items(types: &Types, id: crate::model::TypeId) -> Option<TypeRef> {
    match &types.get(id).kind {
        TypeKind::Array(items) => Some(*items),
        _ => None,
    }
}

/// The body itself where it is a list, or its only property that is a list of objects.
fn only_list(types: &Types, body: TypeRef) -> Option<(Path, TypeRef)> {
    if let Some(record) = items(types, body.id) {
        return Some((Path::new(), record));
    }
    let mut lists = lists(types, body).into_iter();
    match (lists.next(), lists.next()) {
        (Some((name, record)), None) => Some((vec![name.to_owned()], record)),
        _ => None,
    }
}

/// The properties of an object that are lists of objects.
pub(in crate::plan) fn lists(types: &Types, body: TypeRef) -> Vec<(&str, TypeRef)> {
    let TypeKind::Object(object) = &types.get(body.id).kind else { return Vec::new() };
    let of_objects = |record: TypeRef| {
        let (kinds, _) = alternatives(types, record);
        kinds.iter().any(|id| matches!(types.get(*id).kind, TypeKind::Object(_) | TypeKind::Map(_)))
    };
    let list =
        |field: &'_ crate::model::Field| items(types, field.type_ref.id).filter(|record| of_objects(*record));
    object.fields.iter().filter_map(|field| list(field).map(|record| (field.name.as_str(), record))).collect()
}
