//! What happens to records that are not as the document says: whether the document says enough for it.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{self, Reaction};
use crate::model::{TypeId, TypeKind, TypeRef};
use crate::plan::types::Drift;
use crate::source::Spanned;

use super::Planner;

impl Planner<'_, '_> {
    /// The stream's reactions, each of which has something to go by.
    pub(super) fn drift(&mut self, record: TypeRef) -> Drift {
        let Some(said) = self.stream.drift.clone() else { return Drift::default() };
        let said = said.value;
        let found = self.kinds(record);
        let quarantine = said.quarantine.map(|quarantine| quarantine.value);
        let default = Drift::default();
        Drift {
            fields: self.reaction("fields", said.fields, found.objects, "an object with fields"),
            types: self.reaction("types", said.types, found.typed, "the type of any value"),
            enums: self.reaction("enums", said.enums, found.enums, "an enum"),
            keep_enum_values: said.keep_enum_values.is_some_and(|keep| {
                self.has_use("keep_enum_values", keep.value, &keep, found.enums, "an enum");
                keep.value
            }),
            records: Self::number(&quarantine, |of| of.records.as_ref()).unwrap_or(default.records),
            percent: Self::number(&quarantine, |of| of.percent.as_ref()).unwrap_or(default.percent),
        }
    }

    fn number(
        quarantine: &Option<manifest::Quarantine>,
        which: impl Fn(&manifest::Quarantine) -> Option<&Spanned<u64>>,
    ) -> Option<u64> {
        quarantine.as_ref().and_then(which).map(|number| number.value)
    }

    fn reaction(&mut self, key: &str, said: Option<Spanned<Reaction>>, has: bool, what: &str) -> Reaction {
        let Some(said) = said else { return Reaction::Evolve };
        self.has_use(key, said.value != Reaction::Evolve, &said, has, what);
        said.value
    }

    fn has_use<T>(&mut self, key: &str, acts: bool, said: &Spanned<T>, has: bool, what: &str) {
        if acts && !has {
            let message =
                format!("`{key}` has no use: the document does not describe {what} in this stream's records");
            self.diagnostics.push(
                Diagnostic::error(Code::DriftWithoutShape, message)
                    .at(said.span)
                    .help("leave it out, or describe the records with an overlay of the document"),
            );
        }
    }

    /// What a record holds, however deep.
    fn kinds(&self, record: TypeRef) -> Kinds {
        let mut kinds = Kinds::default();
        let mut seen = HashSet::new();
        let mut open = vec![record.id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            self.kind(id, &mut kinds, &mut open);
        }
        kinds
    }

    fn kind(&self, id: TypeId, kinds: &mut Kinds, open: &mut Vec<TypeId>) {
        let kind = &self.api.types.get(id).kind;
        kinds.typed |= !matches!(kind, TypeKind::Any);
        kinds.enums |= match kind {
            TypeKind::Enum(_) => true,
            TypeKind::Union(union) => union.discriminator.is_some(),
            _ => false,
        };
        if let TypeKind::Object(object) = kind {
            kinds.objects |= object.additional.is_none() && !object.fields.is_empty();
        }
        open.extend(kind.uses().iter().map(|used| used.id));
    }
}

#[derive(Default)]
struct Kinds {
    objects: bool,
    typed: bool,
    enums: bool,
}
