//! `application/x-www-form-urlencoded` bodies. Nested values stand in brackets, as PHP, Rails and Stripe read them: `metadata[k]=v`,
//! `items[0][price]=p`. The same rule writes `deepObject` parameters.

use crate::parameters::encode;
use crate::written::Written;

/// A body from the fields of an object. Null stands for nothing to write; an empty list too, for a form cannot say it.
pub(crate) fn body(value: &Written) -> Result<String, String> {
    let Written::Fields(fields) = value else {
        return Err("a form body is made from an object's fields".to_owned());
    };
    let pairs = fields.iter().flat_map(|(name, value)| pairs_under(name, value));
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
    Ok(pairs.join("&"))
}

/// The pairs of a value whose name so far is `name`; not encoded.
pub(crate) fn pairs_under(name: &str, value: &Written) -> Vec<(String, String)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_stand_in_brackets() {
        let cases = [
            (r#"{"name":"A B","metadata":{"k":"v&w"}}"#, "name=A%20B&metadata%5Bk%5D=v%26w"),
            (r#"{"expand":["x","y"]}"#, "expand%5B0%5D=x&expand%5B1%5D=y"),
            (
                r#"{"items":[{"price":"p","quantity":2}]}"#,
                "items%5B0%5D%5Bprice%5D=p&items%5B0%5D%5Bquantity%5D=2",
            ),
            (r#"{"a":null,"b":true,"c":12.30,"d":[],"e":""}"#, "b=true&c=12.30&e="),
            ("{}", ""),
        ];
        for (json, expected) in cases {
            assert_eq!(body(&Written::parse(json).unwrap()).unwrap(), expected, "{json}");
        }
        assert!(body(&Written::Text("x".into())).is_err());
    }
}
