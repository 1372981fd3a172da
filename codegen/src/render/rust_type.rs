//! How a type is written in Rust, and as a shape of the contract.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{
    Field, IntegerFormat, NumberFormat, Parameter, TextFormat, Tuple, TypeKind, TypeRef, Types,
};

use super::names::{shape_name, used_name};

/// What the runtime gives generated types to hold.
pub(super) const RUNTIME_TYPES: &[&str] = &[
    "Base64", "Date", "DateTime", "Decimal", "Duration", "Maybe", "Number", "Time", "Tuple", "UnixTime",
    "Uri", "Uuid", "Value",
];

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
        TypeKind::Integer(IntegerFormat::I64) => quote!(i64),
        TypeKind::Integer(IntegerFormat::U64) => quote!(u64),
        TypeKind::Number(NumberFormat::F64) => quote!(f64),
        TypeKind::Integer(IntegerFormat::Digits) | TypeKind::Number(NumberFormat::Digits) => quote!(Number),
        TypeKind::Integer(IntegerFormat::UnixTime) | TypeKind::Number(NumberFormat::UnixTime) => {
            quote!(UnixTime)
        }
        TypeKind::Text(format) => match TextFormat::of(format) {
            Some(TextFormat::DateTime) => quote!(DateTime),
            Some(TextFormat::Date) => quote!(Date),
            Some(TextFormat::Time) => quote!(Time),
            Some(TextFormat::Duration) => quote!(Duration),
            Some(TextFormat::Uuid) => quote!(Uuid),
            Some(TextFormat::Uri) => quote!(Uri),
            Some(TextFormat::Base64) => quote!(Base64),
            Some(TextFormat::Decimal) => quote!(Decimal),
            None => quote!(String),
        },
        TypeKind::Array(item) => {
            let item = rust_type(types, *item);
            quote!(Vec<#item>)
        }
        TypeKind::Tuple(tuple) => tuple_type(types, tuple),
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

/// A tuple: items that may be missing are `Option`, or `Maybe` where null is something else. What says nothing of its own is left out.
fn tuple_type(types: &Types, tuple: &Tuple) -> TokenStream {
    let items = tuple.items.iter().enumerate().map(|(index, item)| {
        let bare = bare(types, *item);
        let any = matches!(types.get(item.id).kind, TypeKind::Any);
        match (index < tuple.required, item.nullable || any) {
            (true, _) => rust_type(types, *item),
            (false, false) => quote!(Option<#bare>),
            (false, true) => quote!(Maybe<#bare>),
        }
    });
    let any = matches!(types.get(tuple.rest.id).kind, TypeKind::Any);
    let rest = (!any).then(|| {
        let rest = rust_type(types, tuple.rest);
        quote!(, #rest)
    });
    let required = Literal::usize_unsuffixed(tuple.required);
    let required = (tuple.required > 0 || rest.is_some()).then(|| quote!(, #required));
    quote!(Tuple<(#(#items,)*) #required #rest>)
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
        TypeKind::Boolean
        | TypeKind::Integer(IntegerFormat::I64 | IntegerFormat::U64)
        | TypeKind::Number(NumberFormat::F64) => bare(types, parameter.type_ref),
        // What identifies is passed on from a record, or written in place; either way it comes as a text.
        TypeKind::Text(format)
            if matches!(TextFormat::of(format), None | Some(TextFormat::Uuid | TextFormat::Uri)) =>
        {
            quote!(&str)
        }
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
        TypeKind::Tuple(tuple) => {
            let items = tuple.items.iter().map(|item| shape(types, *item, home));
            let (required, rest) =
                (Literal::usize_unsuffixed(tuple.required), shape(types, tuple.rest, home));
            quote!(Shape::Tuple(&TupleShape { items: &[#(#items),*], required: #required, rest: #rest }))
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
