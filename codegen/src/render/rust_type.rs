//! How a type is written in Rust, and as a shape of the contract.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{Field, IntegerFormat, NumberFormat, Parameter, TypeKind, TypeRef, Types};

use super::names::{shape_name, used_name};

/// A use of a type, as the crate's own files write it: `Option<T>` where null may stand. Named types stand in its `types`, all others are the
/// runtime's or the standard library's.
pub fn rust_type(types: &Types, used: TypeRef) -> TokenStream {
    let inner = bare(types, used);
    // A JSON value is null by itself.
    if used.nullable && !matches!(types.get(used.id).kind, TypeKind::Any) {
        quote!(Option<#inner>)
    } else {
        inner
    }
}

/// A type, without regard to null.
pub(super) fn bare(types: &Types, used: TypeRef) -> TokenStream {
    match &types.get(used.id).kind {
        TypeKind::Any => quote!(Value),
        TypeKind::Boolean => quote!(bool),
        TypeKind::Integer(IntegerFormat::I32) => quote!(i32),
        TypeKind::Integer(IntegerFormat::I64) => quote!(i64),
        TypeKind::Integer(IntegerFormat::U64) => quote!(u64),
        TypeKind::Number(NumberFormat::Digits) => quote!(Number),
        TypeKind::Number(NumberFormat::F64) => quote!(f64),
        TypeKind::Text(format) => match format.as_str() {
            "date-time" => quote!(DateTime),
            "date" => quote!(Date),
            _ => quote!(String),
        },
        TypeKind::Array(item) => {
            let item = rust_type(types, *item);
            quote!(Vec<#item>)
        }
        TypeKind::Map(value) => {
            let value = rust_type(types, *value);
            quote!(BTreeMap<String, #value>)
        }
        TypeKind::Enum(_) | TypeKind::Object(_) | TypeKind::Union(_) => {
            let name = used_name(types, used);
            quote!(#name)
        }
    }
}

/// How a field may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Always there.
    Required,
    /// `Option`: absent, or a value.
    Optional,
    /// `Maybe`: absent, null, or a value.
    Maybe,
}

/// How a field may be missing.
pub(super) fn presence(types: &Types, field: &Field) -> Presence {
    let any = matches!(types.get(field.type_ref.id).kind, TypeKind::Any);
    match (field.required, field.type_ref.nullable && !any) {
        (true, _) => Presence::Required,
        (false, false) => Presence::Optional,
        (false, true) => Presence::Maybe,
    }
}

/// The type of a field.
pub(super) fn field_type(types: &Types, field: &Field) -> TokenStream {
    let bare = bare(types, field.type_ref);
    let held = if field.boxed { quote!(Box<#bare>) } else { bare };
    let any = matches!(types.get(field.type_ref.id).kind, TypeKind::Any);
    match presence(types, field) {
        Presence::Required if field.type_ref.nullable && !any => quote!(Option<#held>),
        Presence::Required => held,
        Presence::Optional => quote!(Option<#held>),
        Presence::Maybe => quote!(Maybe<#held>),
    }
}

/// The type of a positional argument: borrowed, unless copying is cheaper.
pub(super) fn argument_type(types: &Types, parameter: &Parameter) -> TokenStream {
    match &types.get(parameter.type_ref.id).kind {
        TypeKind::Boolean | TypeKind::Integer(_) | TypeKind::Number(NumberFormat::F64) => {
            bare(types, parameter.type_ref)
        }
        TypeKind::Text(format) if !matches!(format.as_str(), "date-time" | "date") => quote!(&str),
        TypeKind::Array(item) => {
            let item = rust_type(types, *item);
            quote!(&[#item])
        }
        _ => {
            let bare = bare(types, parameter.type_ref);
            quote!(&#bare)
        }
    }
}

/// A use of a type as a shape. `home` is the path of the module with the shapes of named types: nothing among the files of the wiring, `wire::`
/// elsewhere, where names of other things stand as well.
pub(super) fn shape(types: &Types, used: TypeRef, home: &TokenStream) -> TokenStream {
    let inner = match &types.get(used.id).kind {
        TypeKind::Any => quote!(Shape::Any),
        TypeKind::Boolean => quote!(Shape::Boolean),
        TypeKind::Integer(_) => quote!(Shape::Integer),
        TypeKind::Number(_) => quote!(Shape::Number),
        TypeKind::Text(format) => quote!(Shape::String(#format)),
        TypeKind::Array(item) => {
            let item = shape(types, *item, home);
            quote!(Shape::Array(&#item))
        }
        TypeKind::Map(value) => {
            let value = shape(types, *value, home);
            quote!(Shape::Map(&#value))
        }
        TypeKind::Enum(_) => {
            let name = shape_name(types, used.id);
            quote!(Shape::Enum(&#home #name))
        }
        TypeKind::Object(_) => {
            let name = shape_name(types, used.id);
            quote!(Shape::Object(&#home #name))
        }
        TypeKind::Union(_) => {
            let name = shape_name(types, used.id);
            quote!(Shape::Union(&#home #name))
        }
    };
    let any = matches!(types.get(used.id).kind, TypeKind::Any);
    if used.nullable && !any { quote!(Shape::Nullable(&#inner)) } else { inner }
}

/// An identifier that the model has settled.
pub(super) fn word(text: &str) -> proc_macro2::Ident {
    format_ident!("{}", text)
}
