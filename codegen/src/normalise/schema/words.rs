//! The words of `type` and `format`.

use super::super::context::Context;
use super::Reader;
use crate::diagnostic::Code;
use crate::source::{Kind, Node};

/// A type of JSON values other than null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeWord {
    String,
    Number,
    Integer,
    Boolean,
    Object,
    Array,
}

/// What `type` says.
#[derive(Debug, Clone, Default)]
pub(super) struct Types {
    /// The types other than null, each once.
    pub(super) words: Vec<TypeWord>,
    /// Whether null is among them.
    pub(super) null: bool,
    /// The format that a word which is no type stands for, as `file` stands for `binary`.
    pub(super) format: Option<&'static str>,
}

impl TypeWord {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            TypeWord::String => "string",
            TypeWord::Number => "number",
            TypeWord::Integer => "integer",
            TypeWord::Boolean => "boolean",
            TypeWord::Object => "object",
            TypeWord::Array => "array",
        }
    }

    fn exact(word: &str) -> Option<Self> {
        Some(match word {
            "string" => TypeWord::String,
            "number" => TypeWord::Number,
            "integer" => TypeWord::Integer,
            "boolean" => TypeWord::Boolean,
            "object" => TypeWord::Object,
            "array" => TypeWord::Array,
            _ => return None,
        })
    }

    /// What a writer who knows another language meant, with the format that goes with it.
    fn meant(word: &str) -> Option<(Self, Option<&'static str>)> {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
        if let Some(exact) = TypeWord::exact(&word) {
            return Some((exact, None));
        }
        Some(match word.as_str() {
            "str" | "text" | "uuid" | "enum" | "url" | "uri" => (TypeWord::String, None),
            "date" => (TypeWord::String, Some("date")),
            "datetime" | "date-time" | "timestamp" => (TypeWord::String, Some("date-time")),
            "file" | "binary" => (TypeWord::String, Some("binary")),
            "int" | "long" | "int64" => (TypeWord::Integer, None),
            "int32" => (TypeWord::Integer, Some("int32")),
            "float" => (TypeWord::Number, Some("float")),
            "double" | "decimal" => (TypeWord::Number, None),
            "bool" => (TypeWord::Boolean, None),
            "map" | "dict" | "hash" | "json" => (TypeWord::Object, None),
            "list" => (TypeWord::Array, None),
            _ => return None,
        })
    }
}

/// The type that a format belongs to, for the formats that belong to one.
fn format_type(format: &str) -> Option<TypeWord> {
    match format {
        "date" | "date-time" | "password" | "byte" | "binary" | "uuid" | "uri" | "url" | "email"
        | "hostname" | "ipv4" | "ipv6" => Some(TypeWord::String),
        "int32" | "int64" => Some(TypeWord::Integer),
        "float" | "double" => Some(TypeWord::Number),
        _ => None,
    }
}

impl<'t> Reader<'_, 't> {
    /// What `type` says; none where it is missing or no type at all.
    pub(super) fn types(&mut self, node: Node<'t>) -> Types {
        let mut types = Types::default();
        let Some(value) = node.get("type") else { return types };
        let context = &mut *self.context;
        match value.kind() {
            Kind::Array => {
                if !context.rules.type_lists {
                    let name = context.rules.name;
                    context.warn(Code::TypeList, value, format!("{name} allows one type only; all are read"));
                }
                for item in value.items() {
                    add_type(context, item, &mut types);
                }
            }
            _ => add_type(context, value, &mut types),
        }
        // Each integer is a number.
        if types.words.contains(&TypeWord::Number) {
            types.words.retain(|word| *word != TypeWord::Integer);
        }
        types
    }

    /// The format, told where it belongs to another type.
    pub(super) fn format(&mut self, node: Node<'t>, word: TypeWord, types: &Types) -> Option<String> {
        let Some(value) = self.context.get(node, "format") else { return types.format.map(str::to_owned) };
        let format = self.context.text(value)?;
        if format.is_empty() {
            return None;
        }
        let lower = format.trim().to_ascii_lowercase().replace('_', "-");
        let known = match lower.as_str() {
            "datetime" => "date-time",
            "int-32" | "integer32" => "int32",
            "int-64" | "integer64" => "int64",
            other => other,
        };
        if known != format && format_type(known) == Some(word) {
            self.context.warn(
                Code::FormatMismatch,
                value,
                format!("the format `{format}` is read as `{known}`"),
            );
            return Some(known.to_owned());
        }
        let owner = format_type(&format);
        // A string that holds a number, and a number that is an integer, are formats that many documents mean.
        let usual =
            word == TypeWord::String || (word == TypeWord::Number && owner == Some(TypeWord::Integer));
        if owner.is_some_and(|owner| owner != word) && !usual && types.words.len() <= 1 {
            let message = format!(
                "the format `{format}` does not belong to the type `{}`; it is left out",
                word.as_str()
            );
            self.context.warn(Code::FormatMismatch, value, message);
            return None;
        }
        Some(format)
    }
}

fn add_type<'t>(context: &mut Context<'t>, node: Node<'t>, types: &mut Types) {
    let word = match node.kind() {
        Kind::String(word) => word,
        // `type: null` without quotes.
        Kind::Null if context.rules.type_lists => "null",
        Kind::Null => return,
        _ => {
            context.warn(Code::UnknownType, node, "`type` has to be the name of a type; it is ignored");
            return;
        }
    };
    let read = if word == "null" {
        types.null = true;
        if !context.rules.type_lists {
            let name = context.rules.name;
            context.warn(
                Code::UnknownType,
                node,
                format!("{name} has no type `null`; it is read as `nullable`"),
            );
        }
        return;
    } else if let Some(exact) = TypeWord::exact(word) {
        exact
    } else if word == "file" && context.rules.short_forms {
        types.format = Some("binary");
        TypeWord::String
    } else if let Some((meant, format)) = TypeWord::meant(word) {
        context.warn(
            Code::UnknownType,
            node,
            format!("`{word}` is no type; it is read as `{}`", meant.as_str()),
        );
        types.format = types.format.or(format);
        meant
    } else {
        context.warn(Code::UnknownType, node, format!("`{word}` is no type; any value is accepted"));
        return;
    };
    if !types.words.contains(&read) {
        types.words.push(read);
    }
}
