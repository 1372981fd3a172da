//! The one parameter serialiser: every style of OAS 3.1 section 4.8.12.2 (and RFC 6570, to which it refers), those of Swagger 2.0 and 3.2, all
//! percent-encoded by RFC 3986. The fields of forms and parts of bodies that declare a style are written by it too.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::contract::{Location, Parameter, Style};
use crate::written::Written;

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// For `allowReserved`: reserved characters stay, but for those that mean something to the query itself (`#`, `&`, `+`, `[`, `]`): OAS
/// 3.1.1 leaves these to the application, and encoded they mean the same everywhere.
const RESERVED: &AsciiSet = &STRICT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// How the characters of a value are written.
#[derive(Clone, Copy)]
enum Encoding {
    /// As they are: in a header, in a cookie of OpenAPI 3.2, in the parts of a body.
    Raw,
    /// All but the unreserved characters are percent-encoded.
    Strict,
    /// Reserved characters and what is percent-encoded already stay (RFC 6570, 3.2.3).
    Reserved,
}

impl Encoding {
    fn of(parameter: &Parameter) -> Self {
        match (parameter.location, parameter.style) {
            (Location::Header, _) | (Location::Cookie, Style::Cookie) => Self::Raw,
            (Location::Query, _) if parameter.allow_reserved => Self::Reserved,
            _ => Self::Strict,
        }
    }

    fn write(self, text: &str) -> String {
        match self {
            Self::Raw => text.to_owned(),
            Self::Strict => encode(text),
            Self::Reserved => reserved(text),
        }
    }
}

/// Text as a name or value in a query or a form.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// Text whose reserved characters and percent-encoded triples stay.
pub(crate) fn reserved(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        written.extend(utf8_percent_encode(before, RESERVED));
        let is_triple = after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        written.push_str(if is_triple { "%" } else { "%25" });
        rest = after;
    }
    written.extend(utf8_percent_encode(rest, RESERVED));
    written
}

/// What stands between the values of a list that is one text.
fn separator(style: Style, encoding: Encoding) -> String {
    match style {
        Style::SpaceDelimited => encoding.write(" "),
        Style::PipeDelimited => encoding.write("|"),
        Style::TabDelimited => encoding.write("\t"),
        _ => ",".to_owned(),
    }
}

/// The value of a path or header parameter; `None` if there is nothing to write.
pub(crate) fn text(parameter: &Parameter, value: &Written) -> Result<Option<String>, String> {
    let encoding = Encoding::of(parameter);
    let name = encode(parameter.name);
    let Some(parts) = Parts::of(parameter.name, parameter.style, value, encoding)? else { return Ok(None) };
    let explode = parameter.explode;
    let separator = separator(parameter.style, encoding);
    Ok(Some(match (parameter.style, parts) {
        (Style::Label, Parts::One(text)) => format!(".{text}"),
        (Style::Label, Parts::List(items)) => format!(".{}", items.join(if explode { "." } else { "," })),
        (Style::Label, Parts::Fields(fields)) => {
            format!(".{}", join_fields(&fields, explode, if explode { "." } else { "," }))
        }
        (Style::Matrix, Parts::One(text)) if text.is_empty() => format!(";{name}"),
        (Style::Matrix, Parts::One(text)) => format!(";{name}={text}"),
        (Style::Matrix, Parts::List(items)) if explode => {
            items.iter().map(|item| format!(";{name}={item}")).collect()
        }
        (Style::Matrix, Parts::List(items)) => format!(";{name}={}", items.join(",")),
        (Style::Matrix, Parts::Fields(fields)) if explode => {
            fields.iter().map(|(key, value)| format!(";{key}={value}")).collect()
        }
        (Style::Matrix, Parts::Fields(fields)) => format!(";{name}={}", join_fields(&fields, false, ",")),
        (_, Parts::One(text)) => text,
        (_, Parts::List(items)) => items.join(&separator),
        (_, Parts::Fields(fields)) => join_fields(&fields, explode, &separator),
    }))
}

/// The pairs of a query or cookie parameter, encoded; none if there is nothing to write.
pub(crate) fn pairs(parameter: &Parameter, value: &Written) -> Result<Vec<(String, String)>, String> {
    let encoding = Encoding::of(parameter);
    styled(parameter.name, parameter.style, parameter.explode, encoding, value)
}

/// The pairs of a form's field for which the document declares a style, encoded.
pub(crate) fn form_pairs(
    name: &str,
    style: Style,
    explode: bool,
    value: &Written,
) -> Result<Vec<(String, String)>, String> {
    styled(name, style, explode, Encoding::Strict, value)
}

/// The same for the parts of a body, where nothing is encoded.
pub(crate) fn raw_pairs(
    name: &str,
    style: Style,
    explode: bool,
    value: &Written,
) -> Result<Vec<(String, String)>, String> {
    styled(name, style, explode, Encoding::Raw, value)
}

fn styled(
    name: &str,
    style: Style,
    explode: bool,
    encoding: Encoding,
    value: &Written,
) -> Result<Vec<(String, String)>, String> {
    let key = if matches!(encoding, Encoding::Raw) { name.to_owned() } else { encode(name) };
    if style == Style::DeepObject {
        let pairs = pairs_under(name, value).into_iter();
        return Ok(match encoding {
            Encoding::Raw => pairs.collect(),
            _ => pairs.map(|(name, value)| (encode(&name), encoding.write(&value))).collect(),
        });
    }
    let Some(parts) = Parts::of(name, style, value, encoding)? else { return Ok(Vec::new()) };
    let separator = separator(style, encoding);
    Ok(match parts {
        Parts::One(text) => vec![(key, text)],
        Parts::List(items) if explode => items.into_iter().map(|item| (key.clone(), item)).collect(),
        Parts::List(items) => vec![(key, items.join(&separator))],
        Parts::Fields(fields) if explode => fields,
        Parts::Fields(fields) => vec![(key, join_fields(&fields, false, &separator))],
    })
}

/// The pairs of a value whose name so far is `name`; not encoded.
fn pairs_under(name: &str, value: &Written) -> Vec<(String, String)> {
    match value {
        Written::Null => Vec::new(),
        Written::Text(text) | Written::Verbatim(text) => vec![(name.to_owned(), text.clone())],
        Written::List(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| pairs_under(&format!("{name}[{index}]"), item))
            .collect(),
        Written::Fields(fields) => {
            fields.iter().flat_map(|(key, value)| pairs_under(&format!("{name}[{key}]"), value)).collect()
        }
    }
}

/// A value cut to what styles know, each piece encoded.
enum Parts {
    One(String),
    List(Vec<String>),
    Fields(Vec<(String, String)>),
}

impl Parts {
    /// Null and lists and objects without values are what RFC 6570 (2.3) calls undefined: nothing is written. The empty text is a value.
    fn of(name: &str, style: Style, value: &Written, encoding: Encoding) -> Result<Option<Self>, String> {
        if style == Style::Json && *value != Written::Null {
            return Ok(Some(Self::One(encoding.write(&value.to_json()))));
        }
        let piece = |value: &Written| match value {
            Written::Text(text) | Written::Verbatim(text) => Ok(Some(encoding.write(text))),
            Written::Null => Ok(None),
            Written::List(_) | Written::Fields(_) => {
                Err(format!("the value of `{name}` is nested, which style {style:?} cannot write"))
            }
        };
        Ok(match value {
            Written::Null => None,
            Written::Text(text) | Written::Verbatim(text) => Some(Self::One(encoding.write(text))),
            Written::List(items) => {
                let items = items.iter().filter_map(|item| piece(item).transpose());
                let items = items.collect::<Result<Vec<_>, _>>()?;
                (!items.is_empty()).then_some(Self::List(items))
            }
            Written::Fields(fields) => {
                let fields = fields.iter().filter_map(|(key, value)| {
                    let key = encoding.write(key);
                    piece(value).transpose().map(|value| value.map(|value| (key, value)))
                });
                let fields = fields.collect::<Result<Vec<_>, _>>()?;
                (!fields.is_empty()).then_some(Self::Fields(fields))
            }
        })
    }
}

fn join_fields(fields: &[(String, String)], as_pairs: bool, separator: &str) -> String {
    let between = if as_pairs { "=" } else { separator };
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
    fields.join(separator)
}

#[cfg(test)]
mod tests;
