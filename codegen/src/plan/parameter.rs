//! Parameters that the manifest names, and the constants that it gives them.

use super::operation::list;
use super::path::{alternatives, describe};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Operation, Parameter, ParameterStyle, TypeId, TypeKind, TypeRef, Types};
use crate::source::Span;
use crate::suggest::did_you_mean;

/// Deepest lists in lists that a constant is compared with.
const DEEPEST: usize = 4;

/// An error at a name that is no parameter of the operation.
pub(super) fn unknown(operation: &Operation, name: &str, span: Span) -> Diagnostic {
    let names = || operation.parameters.iter().map(|parameter| parameter.name.as_str());
    let help = match did_you_mean(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its parameters: {}", list(names())),
    };
    Diagnostic::error(Code::UnknownParameter, format!("`{}` has no parameter `{name}`", operation.head.id))
        .at(span)
        .help(help)
}

/// An error where a constant is none of the values that a parameter takes.
pub(super) fn misfit(types: &Types, parameter: &Parameter, text: &str, span: Span) -> Option<Diagnostic> {
    if fits(types, parameter.type_ref, parameter.style, text, 0) {
        return None;
    }
    let (kinds, _) = alternatives(types, parameter.type_ref);
    let texts: Vec<&str> = kinds.iter().flat_map(|id| enum_texts(types, *id, 0)).collect();
    let what = kinds.iter().map(|id| describe(types, *id)).collect::<Vec<_>>().join(" or ");
    let help = match did_you_mean(text, texts.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if texts.is_empty() => format!("it takes {what}"),
        None => format!("it takes: {}", list(texts.into_iter())),
    };
    let message = format!("parameter `{}` does not take `{text}`", parameter.name);
    Some(Diagnostic::error(Code::ParameterValue, message).at(span).help(help))
}

fn fits(types: &Types, of: TypeRef, style: ParameterStyle, text: &str, depth: usize) -> bool {
    let (kinds, _) = alternatives(types, of);
    kinds.iter().any(|id| match &types.get(*id).kind {
        TypeKind::Any | TypeKind::Text(_) => true,
        TypeKind::Boolean => matches!(text, "true" | "false"),
        TypeKind::Integer(_) => text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok(),
        TypeKind::Number(_) => text.parse::<f64>().is_ok_and(f64::is_finite),
        TypeKind::Enum(values) => values.iter().any(|known| known.value == text),
        TypeKind::Array(items) => {
            depth < DEEPEST && text.split(',').all(|item| fits(types, *items, style, item.trim(), depth + 1))
        }
        TypeKind::Tuple(tuple) => {
            let items = || text.split(',').enumerate();
            depth < DEEPEST
                && items().count() >= tuple.required
                && items().all(|(at, item)| {
                    let held = tuple.items.get(at).copied().unwrap_or(tuple.rest);
                    fits(types, held, style, item.trim(), depth + 1)
                })
        }
        TypeKind::Map(_) | TypeKind::Object(_) => {
            style == ParameterStyle::Json
                && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object())
        }
        TypeKind::Union(_) => false,
    })
}

fn enum_texts(types: &Types, id: TypeId, depth: usize) -> Vec<&str> {
    match &types.get(id).kind {
        TypeKind::Enum(values) => values.iter().map(|known| known.value.as_str()).collect(),
        TypeKind::Array(items) if depth < DEEPEST => {
            let (kinds, _) = alternatives(types, *items);
            kinds.into_iter().flat_map(|id| enum_texts(types, id, depth + 1)).collect()
        }
        _ => Vec::new(),
    }
}
