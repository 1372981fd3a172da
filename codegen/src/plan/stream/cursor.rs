//! How a stream is read onwards.

use super::super::operation::list;
use super::super::parameter;
use super::super::path::{Expected, describe, follow_to, walk_keys};
use super::super::types::{self, Cursor, CursorFormat, Order, Target};
use super::Planner;
use super::slices::Taking;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest;
use crate::manifest::text::{self, part};
use crate::model::{ParameterStyle, TypeId, TypeKind, TypeRef};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

impl Planner<'_, '_> {
    /// The parameter, or a property of it, that takes a value, and what it takes.
    pub(super) fn parameter_target(&mut self, name: &Spanned<String>) -> Option<Taking> {
        let types = &self.api.types;
        if let Some((index, parameter)) = self.operation.parameter(name) {
            return Some((
                Target::Parameter(index),
                super::super::path::alternatives(types, parameter.type_ref).0,
            ));
        }
        let parts = name.split_once('[').and_then(|(object, rest)| Some((object, rest.strip_suffix(']')?)));
        let Some((object, property)) = parts.filter(|(object, _)| self.operation.parameter(object).is_some())
        else {
            self.diagnostics.push(parameter::unknown(self.operation, name, name.span));
            return None;
        };
        let (index, parameter) = self.operation.parameter(object)?;
        let property_span = part(name, &(object.len() + 1..name.len().saturating_sub(1)));
        match walk_keys(types, parameter.type_ref, &[property]) {
            Some(found) if parameter.style == ParameterStyle::DeepObject => {
                Some((Target::Property(index, property.to_owned()), found.types))
            }
            found => {
                let (kinds, _) = super::super::path::alternatives(types, parameter.type_ref);
                let fields: Vec<&str> =
                    kinds.iter().flat_map(|id| super::super::path::fields(types, *id)).collect();
                let help = match did_you_mean(property, fields.iter().copied()) {
                    Some(near) if found.is_none() => format!("did you mean `{object}[{near}]`?"),
                    _ if fields.is_empty() => format!("`{object}` is no object"),
                    _ if found.is_some() => {
                        "its style is not `deepObject`, so its properties are not written this way".to_owned()
                    }
                    _ => format!("its properties: {}", list(fields.into_iter())),
                };
                let message = format!("parameter `{object}` takes no property `{property}` in brackets");
                self.diagnostics.push(
                    Diagnostic::error(Code::NotAnObjectParameter, message).at(property_span).help(help),
                );
                None
            }
        }
    }

    /// What takes the stream's cursor.
    pub(super) fn cursor_target(&mut self) -> Option<Taking> {
        let cursor = self.stream.cursor.as_ref()?;
        match (&cursor.parameter, &cursor.body_field) {
            (Some(name), _) => self.parameter_target(name),
            (None, Some(path)) => {
                let (target, types) = self.body_target(path, Code::StreamBody)?;
                // Nothing has taken anything yet but paging and the bodies; what `parameters` give twice is told there.
                self.taken_once(&target, path.span, None, &[], &mut Vec::new()).then_some((target, types))
            }
            (None, None) => None,
        }
    }

    pub(super) fn cursor(
        &mut self,
        record: TypeRef,
        cursor: &manifest::Cursor,
        target: Option<Taking>,
    ) -> Option<Cursor> {
        self.column(&cursor.field)?;
        let record = TypeRef { nullable: false, ..record };
        let found = match follow_to(&self.api.types, record, &cursor.field, Expected::Value) {
            Ok(found) => found,
            Err(problem) => {
                self.diagnostics.push(*problem);
                return None;
            }
        };
        self.doubt(&found, &cursor.field);
        let format = cursor.format.as_ref().map_or(CursorFormat::AsIs, |format| format.value.into());
        let format_span = cursor.format.as_ref().map_or(cursor.field.span, |format| format.span);
        let kinds =
            |all: &[TypeId]| all.iter().map(|id| self.api.types.get(*id).kind.clone()).collect::<Vec<_>>();
        let fields = kinds(&found.types);
        if !fields.iter().any(|field| reads(field, format)) {
            let what: Vec<String> = found.types.iter().map(|id| describe(&self.api.types, *id)).collect();
            self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorFormat,
                    format!(
                        "`{}` is {}, which is no time to be written so",
                        cursor.field.value,
                        what.join(" or ")
                    ),
                )
                .at(format_span)
                .help("take `as_is`, or a field that holds a time"),
            );
        } else if let Some((_, takes)) = &target
            && !takes.is_empty()
            && !kinds(takes).iter().any(|takes| fields.iter().any(|field| accepts(takes, field, format)))
        {
            let what: Vec<String> = takes.iter().map(|id| describe(&self.api.types, *id)).collect();
            let name = cursor.parameter.as_ref().or(cursor.body_field.as_ref());
            let name = name.map(|name| name.value.clone()).unwrap_or_default();
            let kind = if cursor.parameter.is_some() { "parameter" } else { "field" };
            self.diagnostics.push(
                Diagnostic::error(
                    Code::CursorFormat,
                    format!("{kind} `{name}` takes {}, and the cursor would be written otherwise", what.join(" or ")),
                )
                .at(format_span)
                .help("say in `format` how it writes a time: epoch_seconds, epoch_milliseconds, rfc3339 or date"),
            );
        }
        Some(Cursor {
            field: text::keys(&cursor.field),
            target: target.map(|(target, takes)| match target {
                // Where the document does not say what the body takes, the format does.
                Target::Field { path, .. } if kinds(&takes).iter().all(is_any) => {
                    Target::Field { path, number: writes_number(&fields, format) }
                }
                known => known,
            }),
            format,
            start: cursor.start.as_ref().map(|start| start.value.clone()),
            order: cursor.order.as_ref().map_or(Order::None, |order| order.value.into()),
        })
    }
}

pub(super) fn is_any(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Any)
}

/// Whether what a field's values become in a format is a number.
pub(super) fn writes_number(fields: &[TypeKind], format: CursorFormat) -> bool {
    match format {
        CursorFormat::EpochSeconds | CursorFormat::EpochMilliseconds => true,
        CursorFormat::Rfc3339 | CursorFormat::Date => false,
        CursorFormat::AsIs => {
            fields.iter().any(|field| matches!(field, TypeKind::Integer(_) | TypeKind::Number(_)))
        }
    }
}

/// Whether a field's values can be read for a format.
pub(super) fn reads(field: &TypeKind, format: CursorFormat) -> bool {
    match field {
        TypeKind::Any => true,
        TypeKind::Integer(_) | TypeKind::Number(_) => true,
        // A format that nobody declared may still be a time.
        TypeKind::Text(text) => {
            format == CursorFormat::AsIs || matches!(text.as_str(), "" | "date-time" | "date")
        }
        _ => format == CursorFormat::AsIs,
    }
}

/// Whether what takes a value takes what a field's value becomes in a format.
pub(super) fn accepts(parameter: &TypeKind, field: &TypeKind, format: CursorFormat) -> bool {
    let number = match format {
        CursorFormat::EpochSeconds | CursorFormat::EpochMilliseconds => true,
        CursorFormat::Rfc3339 | CursorFormat::Date => false,
        CursorFormat::AsIs => match field {
            TypeKind::Integer(_) | TypeKind::Number(_) => true,
            TypeKind::Any => return true,
            _ => false,
        },
    };
    match parameter {
        TypeKind::Any => true,
        TypeKind::Integer(_) | TypeKind::Number(_) => number,
        TypeKind::Text(text) => match text.as_str() {
            "date-time" => !number && format != CursorFormat::Date,
            "date" => !number && format != CursorFormat::Rfc3339,
            _ => true,
        },
        TypeKind::Enum(_) => !number,
        TypeKind::Boolean
        | TypeKind::Array(_)
        | TypeKind::Tuple(_)
        | TypeKind::Map(_)
        | TypeKind::Object(_)
        | TypeKind::Union(_) => false,
    }
}

impl From<manifest::CursorFormat> for types::CursorFormat {
    fn from(format: manifest::CursorFormat) -> Self {
        match format {
            manifest::CursorFormat::AsIs => Self::AsIs,
            manifest::CursorFormat::EpochSeconds => Self::EpochSeconds,
            manifest::CursorFormat::EpochMilliseconds => Self::EpochMilliseconds,
            manifest::CursorFormat::Rfc3339 => Self::Rfc3339,
            manifest::CursorFormat::Date => Self::Date,
        }
    }
}

impl From<manifest::Order> for types::Order {
    fn from(order: manifest::Order) -> Self {
        match order {
            manifest::Order::Ascending => Self::Ascending,
            manifest::Order::Descending => Self::Descending,
            manifest::Order::None => Self::None,
        }
    }
}
