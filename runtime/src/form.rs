//! `application/x-www-form-urlencoded` bodies. Where the document declares `deepObject`, nested values stand in brackets, as PHP, Rails and
//! Stripe read them: `metadata[k]=v`, `items[0][price]=p`. The same rule writes `deepObject` parameters.

use crate::contract::{Parameter, Style};
use crate::parameters::{self, encode, reserved};
use crate::written::Written;

/// A body from the fields of an object. A list repeats its name, and an object is JSON, unless the document declares a style for the field
/// (OAS 3.1, 4.8.15 and 4.8.14.3). Null stands for nothing to write; an empty list too, for a form cannot say it.
pub(crate) fn body(value: &Written, styles: &[(&str, Style, bool)]) -> Result<String, String> {
    let Written::Fields(fields) = value else {
        return Err("a form body is made from an object's fields".to_owned());
    };
    let mut pairs = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        match styles.iter().find(|(styled, ..)| styled == name) {
            Some((name, style, explode)) => {
                pairs.extend(parameters::form_pairs(name, *style, *explode, value)?);
            }
            None => pairs.extend(unstyled(name, value)),
        }
    }
    let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(pairs.join("&"))
}

/// A whole query string: of the fields of a form, or of one JSON text (OAS 3.2, 4.12.1).
pub(crate) fn query_string(parameter: &Parameter, value: &Written) -> Result<String, String> {
    match (parameter.style, value) {
        (_, Written::Null) => Ok(String::new()),
        (Style::Json, value) => Ok(encode(&value.to_json())),
        (_, Written::Text(text)) => Ok(reserved(text)),
        (_, value) => body(value, &[]),
    }
}

fn unstyled(name: &str, value: &Written) -> Vec<(String, String)> {
    let pair = |value: &Written| match value {
        Written::Null => None,
        Written::Text(text) | Written::Verbatim(text) => Some((encode(name), encode(text))),
        nested => Some((encode(name), encode(&nested.to_json()))),
    };
    match value {
        Written::List(items) => items.iter().filter_map(pair).collect(),
        other => pair(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_as_their_style_says() {
        const DEEP: Style = Style::DeepObject;
        type Styles = &'static [(&'static str, Style, bool)];
        let cases: [(&str, Styles, &str); 10] = [
            (
                r#"{"a":null,"b":true,"c":12.30,"d":[],"e":"","f":"A B&C"}"#,
                &[],
                "b=true&c=12.30&e=&f=A%20B%26C",
            ),
            ("{}", &[], ""),
            // OAS 3.1, 4.8.14.3: complex values are JSON, and a list repeats its name.
            (r#"{"list":["x","y",null]}"#, &[], "list=x&list=y"),
            (r#"{"object":{"k":[1]}}"#, &[], "object=%7B%22k%22%3A%5B1%5D%7D"),
            (r#"{"list":[{"k":1}]}"#, &[], "list=%7B%22k%22%3A1%7D"),
            (r#"{"metadata":{"k":"v&w"}}"#, &[("metadata", DEEP, true)], "metadata%5Bk%5D=v%26w"),
            (r#"{"expand":["x","y"]}"#, &[("expand", DEEP, true)], "expand%5B0%5D=x&expand%5B1%5D=y"),
            (
                r#"{"items":[{"price":"p","quantity":2}]}"#,
                &[("items", DEEP, true)],
                "items%5B0%5D%5Bprice%5D=p&items%5B0%5D%5Bquantity%5D=2",
            ),
            (r#"{"list":["x","y"]}"#, &[("list", Style::Form, false)], "list=x,y"),
            (r#"{"list":["x","y"]}"#, &[("list", Style::PipeDelimited, false)], "list=x%7Cy"),
        ];
        for (json, styles, expected) in cases {
            assert_eq!(body(&Written::parse(json).unwrap(), styles).unwrap(), expected, "{json} {styles:?}");
        }
        assert!(body(&Written::Text("x".into()), &[]).is_err());
    }
}
