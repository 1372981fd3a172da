//! What one record of a stream holds, and its key.

use super::super::operation::list;
pub(super) use super::super::paging::records::body;
use super::super::paging::records::lists;
use super::super::path::{Expected, describe, doubts, follow, follow_to};
use super::super::types::Path;
use super::Planner;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::text;
use crate::model::{TypeId, TypeKind, TypeRef};
use crate::source::Spanned;

impl Planner<'_, '_> {
    /// What one record holds.
    pub(super) fn record(&mut self) -> Option<TypeRef> {
        let path = &self.stream.records;
        let Some(body) = body(self.operation) else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NoJsonResponse,
                    format!("`{}` answers no JSON", self.operation.head.id),
                )
                .at(self.stream.operation.span)
                .help("a stream reads records out of a JSON body, unless its `format` says otherwise"),
            );
            return None;
        };
        let types = &self.api.types;
        let found = match follow(types, body, path) {
            Ok(found) => found,
            Err(problem) => {
                let suggests = problem.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
                let help = if suggests { problem.help.clone() } else { Some(self.lists_there(body, &[])) };
                self.diagnostics.push(Diagnostic { help, ..*problem });
                return None;
            }
        };
        let items = |id: &TypeId| match &types.get(*id).kind {
            TypeKind::Array(items) => Some(*items),
            _ => None,
        };
        let mut records: Vec<TypeRef> = found.types.iter().filter_map(items).collect();
        records.dedup();
        if let ([record], true) = (records.as_slice(), found.types.iter().all(|id| items(id).is_some())) {
            let record = *record;
            self.doubt(&found, path);
            return Some(record);
        }
        let mut what: Vec<String> = found.types.iter().map(|id| describe(types, *id)).collect();
        what.dedup();
        let message = if found.unknown {
            format!("the document does not say what records stand at `{}`", path.value)
        } else {
            format!("`{}` is no list of records, it is {}", path.value, what.join(" or "))
        };
        let help = self.lists_there(body, &found.types);
        self.diagnostics.push(Diagnostic::error(Code::RecordsNotArray, message).at(path.span).help(help));
        None
    }

    fn lists_there(&self, body: TypeRef, named: &[TypeId]) -> String {
        match self.proposals(body, named).as_slice() {
            [] => "the response has no list of objects".to_owned(),
            [only] => format!("did you mean `{only}`?"),
            several => format!("lists there: {}", list(several.iter().map(String::as_str))),
        }
    }

    /// Paths of the lists of objects in the body, and under the object that was named instead.
    fn proposals(&self, body: TypeRef, named: &[TypeId]) -> Vec<String> {
        let types = &self.api.types;
        let mut proposals = Vec::new();
        if matches!(types.get(body.id).kind, TypeKind::Array(_)) {
            proposals.push(".".to_owned());
        }
        for id in named.iter().filter(|id| **id != body.id) {
            let inside = lists(types, TypeRef::new(*id, false)).into_iter();
            proposals
                .extend(inside.map(|(name, _)| format!("{}.{}", self.stream.records.value, written(name))));
        }
        proposals.extend(lists(types, body).into_iter().map(|(name, _)| written(name)));
        proposals
    }

    pub(super) fn doubt(&mut self, found: &super::super::path::Found, path: &Spanned<String>) {
        if self.columns().is_some() {
            return;
        }
        doubts(found, path).into_iter().for_each(|doubt| self.diagnostics.push(doubt));
    }

    pub(super) fn key(&mut self, record: TypeRef, path: &Spanned<String>) -> Option<Path> {
        self.column(path)?;
        // Whether the list may hold null is not a matter of the key.
        let record = TypeRef { nullable: false, ..record };
        let found = match follow_to(&self.api.types, record, path, Expected::Value) {
            Ok(found) => found,
            Err(problem) => {
                self.diagnostics.push(*problem);
                return None;
            }
        };
        let (code, what) = match (found.nullable, found.optional) {
            (true, _) => (Code::NullableKey, "may be null"),
            (false, true) => (Code::OptionalKey, "may be missing"),
            (false, false) => {
                self.doubt(&found, path);
                return Some(text::keys(path));
            }
        };
        let message =
            format!("the key `{}` {what}, says the document; records without it would be lost", path.value);
        let candidates = self.key_candidates(record);
        let help = if candidates.is_empty() {
            "a key has to be required and never null; correct the document if the API always sends it"
                .to_owned()
        } else {
            format!("fields that are always there: {}", list(candidates.iter().map(String::as_str)))
        };
        self.diagnostics.push(Diagnostic::error(code, message).at(path.span).help(help));
        None
    }

    /// The fields of a record that could be its key.
    fn key_candidates(&self, record: TypeRef) -> Vec<String> {
        let TypeKind::Object(object) = &self.api.types.get(record.id).kind else { return Vec::new() };
        let scalar =
            |id: TypeId| matches!(self.api.types.get(id).kind, TypeKind::Integer(_) | TypeKind::Text(_));
        let fits = |field: &&crate::model::Field| {
            field.required && !field.type_ref.nullable && scalar(field.type_ref.id)
        };
        object.fields.iter().filter(fits).map(|field| written(&field.name)).collect()
    }
}

/// A key as a path writes it.
pub(super) fn written(key: &str) -> String {
    if text::path(key)
        .is_ok_and(|segments| segments.len() == 1 && segments.iter().all(|segment| segment.key == key))
    {
        key.to_owned()
    } else {
        format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
