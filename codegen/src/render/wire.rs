//! How types are read and written: for each a shape, and by index what each field is. Everything else is in the runtime once.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Bounds, Field, Object, TypeId, TypeKind, Types, Union, VariantTest};

use super::names::{shape_name, type_name};
use super::rust_type::{Presence, presence, shape, word};
use super::types::additional_name;

/// The wiring of one named type. Its shape is named by the type, after what `prefix` says of the module that it stands in.
pub(super) fn item(types: &Types, id: TypeId, prefix: &str) -> TokenStream {
    match &types.get(id).kind {
        TypeKind::Object(object) => object_item(types, id, object, prefix),
        TypeKind::Enum(values) => {
            let (name, shape) = (type_name(types, id), shape_name(types, id));
            let text = format!("{prefix}{name}");
            let texts: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
            let variants: Vec<_> = values.iter().map(|value| word(&value.ident)).collect();
            // A constant is right wherever it is required, so that no caller need write it.
            let initial = variants.first().filter(|_| variants.len() == 1).map(|only| {
                quote! {
                    fn initial() -> Self {
                        Self::#only
                    }
                }
            });
            quote! {
                pub(crate) static #shape: EnumShape = EnumShape { name: #text, values: &[#(#texts),*] };

                impl Enumeration for types::#name {
                    fn from_text(text: &str) -> Self {
                        match text {
                            #(#texts => Self::#variants,)*
                            other => Self::Unknown(other.to_owned()),
                        }
                    }

                    fn as_str(&self) -> &str {
                        match self {
                            #(Self::#variants => #texts,)*
                            Self::Unknown(text) => text,
                        }
                    }

                    #initial
                }

                linchpin_runtime::enumeration!(types::#name);
            }
        }
        TypeKind::Union(union) => union_item(types, id, union, prefix),
        _ => TokenStream::new(),
    }
}

fn object_item(types: &Types, id: TypeId, object: &Object, prefix: &str) -> TokenStream {
    let (name, shape_static) = (type_name(types, id), shape_name(types, id));
    let text = format!("{prefix}{name}");
    let shapes = object.fields.iter().map(|field| {
        let text = &field.name;
        let shape = shape(types, field.type_ref, &TokenStream::new());
        let flags = flags(types, field);
        let within = field.bounds.as_ref().and_then(within);
        quote!(FieldShape::new(#text, #shape, #flags) #within)
    });
    let additional_shape = match object.additional {
        Some(value) => {
            let shape = shape(types, value, &TokenStream::new());
            let within = object.additional_bounds.as_deref().and_then(within);
            quote!(Some(Additional::new(#shape) #within))
        }
        None if object.closed => quote!(Some(Additional::NONE)),
        None => quote!(None),
    };
    let idents: Vec<_> = object.fields.iter().map(|field| word(&field.ident)).collect();
    let reads = object.fields.iter().enumerate().map(|(index, field)| {
        let (index, ident) = (Literal::usize_unsuffixed(index), word(&field.ident));
        let any = matches!(types.get(field.type_ref.id).kind, TypeKind::Any) && !field.boxed;
        match presence(types, field) {
            Presence::Optional if any => quote!(#index => input.any(&mut self.#ident),),
            _ => quote!(#index => input.field(&mut self.#ident),),
        }
    });
    let additional = object.additional.map(|_| additional_name(object));
    let writes = object.fields.iter().map(|field| {
        let (ident, text) = (word(&field.ident), &field.name);
        match presence(types, field) {
            Presence::Required => quote!(output.required(#text, &self.#ident);),
            Presence::Optional => quote!(output.optional(#text, &self.#ident);),
            Presence::Maybe => quote!(output.maybe(#text, &self.#ident);),
        }
    });
    let read_additional = additional.as_ref().map(|additional| {
        quote! {
            fn read_additional<'de, A: MapAccess<'de>>(&mut self, key: String, input: &mut Reader<A>) -> Result<(), A::Error> {
                input.additional(&mut self.#additional, key)
            }
        }
    });
    let write_additional =
        additional.as_ref().map(|additional| quote!(output.additional(&self.#additional);));
    let blanks = idents.iter().chain(&additional);
    // A request type whose properties are all `readOnly` writes nothing.
    let is_empty = object.fields.is_empty() && additional.is_none();
    let output = format_ident!("{}", if is_empty { "_output" } else { "output" });
    quote! {
        pub(crate) static #shape_static: ObjectShape = ObjectShape {
            name: #text,
            fields: &[#(#shapes),*],
            additional: #additional_shape,
        };

        impl Blank for types::#name {
            fn blank() -> Self {
                Self { #(#blanks: blank()),* }
            }
        }

        impl Object for types::#name {
            const SHAPE: &'static ObjectShape = &#shape_static;

            fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, input: &mut Reader<A>) -> Result<(), A::Error> {
                match index {
                    #(#reads)*
                    _ => input.ignore(),
                }
            }

            #read_additional

            fn write<S: SerializeMap>(&self, #output: &mut Writer<S>) {
                #(#writes)*
                #write_additional
            }
        }

        linchpin_runtime::object!(types::#name);
    }
}

/// `.within(&Bounds { … })`; nothing where no bound is a number of 64 bits.
fn within(bounds: &Bounds) -> Option<TokenStream> {
    let bounds = self::bounds(bounds)?;
    Some(quote!(.within(&#bounds)))
}

fn bounds(bounds: &Bounds) -> Option<TokenStream> {
    let number = |text: &String| text.parse().ok().filter(|number: &f64| number.is_finite());
    let range = |bound: &Option<(String, bool)>, plain: &str, exclusive: &str| {
        let (text, is_exclusive) = bound.as_ref()?;
        let (name, value) = (word(if *is_exclusive { exclusive } else { plain }), float(number(text)?));
        Some(quote!(#name: Some(#value)))
    };
    let count = |count: Option<usize>, name: &str| {
        let (name, value) = (word(name), Literal::usize_unsuffixed(count?));
        Some(quote!(#name: Some(#value)))
    };
    let step = bounds.multiple_of.as_ref().and_then(number).map(|step| {
        let value = float(step);
        quote!(multiple_of: Some(#value))
    });
    let said: Vec<TokenStream> = [
        range(&bounds.minimum, "minimum", "exclusive_minimum"),
        range(&bounds.maximum, "maximum", "exclusive_maximum"),
        step,
        count(bounds.length.0, "min_length"),
        count(bounds.length.1, "max_length"),
        count(bounds.items.0, "min_items"),
        count(bounds.items.1, "max_items"),
        bounds.unique_items.then(|| quote!(unique_items: true)),
        count(bounds.properties.0, "min_properties"),
        count(bounds.properties.1, "max_properties"),
        bounds.pattern.as_ref().map(|pattern| quote!(pattern: Some(#pattern))),
        listed(&bounds.listed),
        bounds.each.as_ref().and_then(|each| self::bounds(each)).map(|each| quote!(each: Some(&#each))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!said.is_empty()).then(|| quote!(Bounds { #(#said,)* ..Bounds::NONE }))
}

/// The numbers that a value is one of, where all of them are numbers of 64 bits.
fn listed(all: &[String]) -> Option<TokenStream> {
    let numbers: Vec<f64> = all.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let literals = numbers.iter().map(|number| float(*number));
    (!numbers.is_empty()).then(|| quote!(listed: &[#(#literals),*]))
}

/// A number as a literal; one below zero is a sign and a literal.
fn float(number: f64) -> TokenStream {
    let literal = Literal::f64_unsuffixed(number.abs());
    if number < 0.0 { quote!(-#literal) } else { quote!(#literal) }
}

fn flags(types: &Types, field: &Field) -> TokenStream {
    let mut flags = Vec::new();
    // A required value that may be anything may be null, and null may be left out by servers; it is no reason to refuse a record.
    if field.required && !matches!(types.get(field.type_ref.id).kind, TypeKind::Any) {
        flags.push(quote!(FieldShape::REQUIRED));
    }
    if field.read_only {
        flags.push(quote!(FieldShape::READ_ONLY));
    }
    if field.write_only {
        flags.push(quote!(FieldShape::WRITE_ONLY));
    }
    if field.deprecated {
        flags.push(quote!(FieldShape::DEPRECATED));
    }
    if field.secret {
        flags.push(quote!(FieldShape::SECRET));
    }
    if flags.is_empty() { quote!(0) } else { quote!(#(#flags)|*) }
}

fn union_item(types: &Types, id: TypeId, union: &Union, prefix: &str) -> TokenStream {
    let (name, shape_static) = (type_name(types, id), shape_name(types, id));
    let text = format!("{prefix}{name}");
    let discriminator = match &union.discriminator {
        Some(property) => quote!(Some(#property)),
        None => quote!(None),
    };
    let variants = union.variants.iter().map(|variant| {
        let shape = shape(types, variant.type_ref, &TokenStream::new());
        let test = match &variant.test {
            VariantTest::Tag(values) => quote!(VariantTest::Tag(&[#(#values),*])),
            VariantTest::Type => quote!(VariantTest::Type),
            VariantTest::Key(key) => quote!(VariantTest::Key(#key)),
            VariantTest::Constant(key, values) => quote!(VariantTest::Constant(#key, &[#(#values),*])),
            VariantTest::Status { from, to, media } => {
                let (from, to) = (Literal::u16_unsuffixed(*from), Literal::u16_unsuffixed(*to));
                let media = media.map_or_else(|| quote!(Media::Empty), super::contract::media);
                quote!(VariantTest::Status { from: #from, to: #to, media: #media })
            }
            VariantTest::Order => quote!(VariantTest::Order),
        };
        quote!(Variant { shape: #shape, test: #test })
    });
    // It has no variant of its own, so that it is read as what fits none.
    let anything = union.open.then(|| quote!(Variant { shape: Shape::Any, test: VariantTest::Order }));
    let variants = variants.chain(anything);
    let (reads, writes): (Vec<_>, Vec<_>) = union
        .variants
        .iter()
        .enumerate()
        .map(|(index, variant)| {
            let (index, ident) = (Literal::usize_unsuffixed(index), word(&variant.ident));
            if variant.is_empty() {
                (quote!(#index => Self::#ident,), quote!(Self::#ident => serializer.serialize_unit(),))
            } else {
                (
                    quote!(#index => Self::#ident(from_json(raw)?),),
                    quote!(Self::#ident(value) => value.serialize(serializer),),
                )
            }
        })
        .unzip();
    quote! {
        pub(crate) static #shape_static: UnionShape = UnionShape {
            name: #text,
            discriminator: #discriminator,
            variants: &[#(#variants),*],
        };

        impl Union for types::#name {
            const SHAPE: &'static UnionShape = &#shape_static;

            fn read(index: usize, raw: &str) -> Result<Self, linchpin_runtime::JsonError> {
                Ok(match index {
                    #(#reads)*
                    _ => Self::Unknown(from_json(raw)?),
                })
            }

            fn unknown(value: linchpin_runtime::Value) -> Self {
                Self::Unknown(value)
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #(#writes)*
                    Self::Unknown(value) => value.serialize(serializer),
                }
            }
        }

        linchpin_runtime::union!(types::#name);
    }
}
