//! Identifiers of generated items as tokens.

use heck::ToShoutySnakeCase;
use proc_macro2::Ident;
use quote::format_ident;

use crate::model::{Operation, TypeId, TypeRef, Types};

/// The Rust type of a named type.
pub(super) fn type_name(types: &Types, id: TypeId) -> Ident {
    format_ident!("{}", types.get(id).name.as_deref().unwrap_or("Value"))
}

/// The name of a named type in one of its uses.
pub(super) fn used_name(types: &Types, used: TypeRef) -> Ident {
    format_ident!("{}", types.name_in(used).unwrap_or("Value"))
}

/// The static that holds a named type's shape. Type names are unique, but not after casing (`FooBar`, `FOOBar`), so what casing loses is kept
/// as a mark.
pub(super) fn shape_name(types: &Types, id: TypeId) -> Ident {
    use heck::ToPascalCase;
    let name = types.get(id).name.as_deref().unwrap_or("Value");
    let shouted = name.to_shouty_snake_case();
    if shouted.to_pascal_case() == name {
        format_ident!("{}", shouted)
    } else {
        format_ident!("{}_X{}", shouted, crate::model::names::mark(name).to_uppercase())
    }
}

/// The static that holds an operation. Method names are unique, and where casing upwards loses what tells them apart (`ß` becomes `SS`), it is
/// kept as a mark.
pub(super) fn operation_static(operation: &Operation) -> Ident {
    let shouted = operation.name.to_uppercase();
    if shouted.to_lowercase() == operation.name {
        format_ident!("{}", shouted)
    } else {
        format_ident!("{}_X{}", shouted, crate::model::names::mark(&operation.name).to_uppercase())
    }
}

/// The name of an operation's parameter struct.
pub(super) fn params_name(operation: &Operation) -> String {
    use heck::ToPascalCase;
    let name = operation.name.to_pascal_case();
    let back = heck::AsSnakeCase(&name).to_string();
    if back == operation.name {
        format!("{name}Params")
    } else {
        format!("{name}X{}Params", crate::model::names::mark(&operation.name))
    }
}
