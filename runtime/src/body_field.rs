//! One field of a request's body, which is JSON or a form: where searches take the page that is asked for.

use crate::contract::Media;
use crate::parameters::encode;
use crate::written::Written;

/// The plain value at a path, as text. `None` where there is nothing, null or no single value.
pub(crate) fn get(media: Media, body: &[u8], path: &[&str]) -> Option<String> {
    match media {
        Media::Json => {
            let mut value = Written::parse(std::str::from_utf8(body).ok()?).ok()?;
            for key in path {
                value = match value {
                    Written::Fields(fields) => fields.into_iter().rev().find(|(known, _)| known == key)?.1,
                    Written::List(items) => items.into_iter().nth(key.parse().ok()?)?,
                    _ => return None,
                };
            }
            match value {
                Written::Text(text) | Written::Verbatim(text) => Some(text),
                _ => None,
            }
        }
        Media::Form => {
            let name = form_name(path);
            let mut pairs = url::form_urlencoded::parse(body);
            pairs.find(|(known, _)| *known == name).map(|(_, value)| value.into_owned())
        }
        _ => None,
    }
}

/// The body with that field set. No body stands for an empty one.
///
/// # Errors
/// The body is neither JSON nor a form, or something else stands on the way to the field: objects are made where there is nothing, items
/// of lists are not.
pub(crate) fn set(
    media: Media,
    body: &[u8],
    path: &[&str],
    value: &str,
    number: bool,
) -> Result<Vec<u8>, String> {
    match media {
        Media::Json => {
            let text = std::str::from_utf8(body).map_err(|error| format!("body: {error}"))?;
            let mut whole = match text.trim() {
                "" => Written::Fields(Vec::new()),
                text => Written::parse(text).map_err(|error| format!("body: {error}"))?,
            };
            // A token that is no number goes as the text that it is; the server says what is wrong with it.
            let is_number = number && value.parse::<f64>().is_ok_and(f64::is_finite);
            let value = value.to_owned();
            put(&mut whole, path, if is_number { Written::Verbatim(value) } else { Written::Text(value) })?;
            Ok(whole.to_json().into_bytes())
        }
        Media::Form => {
            let name = form_name(path);
            let written = format!("{}={}", encode(&name), encode(value));
            let text = std::str::from_utf8(body).map_err(|error| format!("body: {error}"))?;
            let is_it = |pair: &&str| {
                let known = url::form_urlencoded::parse(pair.as_bytes()).next();
                known.is_some_and(|(known, _)| known == name)
            };
            let others = text.split('&').filter(|pair| !pair.is_empty() && !is_it(pair));
            let pairs: Vec<&str> = others.chain([written.as_str()]).collect();
            Ok(pairs.join("&").into_bytes())
        }
        _ => Err("a value goes into its body, which is neither JSON nor a form".to_owned()),
    }
}

fn put(target: &mut Written, path: &[&str], value: Written) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else {
        *target = value;
        return Ok(());
    };
    if *target == Written::Null {
        *target = Written::Fields(Vec::new());
    }
    let fields = match target {
        Written::Fields(fields) => fields,
        Written::List(items) => {
            let held = items.len();
            let item = key.parse::<usize>().ok().and_then(|number| items.get_mut(number));
            return match item {
                Some(item) => put(item, rest, value),
                None => Err(format!(
                    "a value goes into item `{key}` of a list of its body, which has {held} (the first is 0)"
                )),
            };
        }
        _ => return Err(format!("a value goes into `{key}` of its body, and no object stands there")),
    };
    let at = match fields.iter().rposition(|(known, _)| known == key) {
        Some(at) => at,
        None => {
            fields.push(((*key).to_owned(), Written::Null));
            fields.len() - 1
        }
    };
    match fields.get_mut(at) {
        Some((_, inner)) => put(inner, rest, value),
        None => Ok(()),
    }
}

/// A form's name for a path: `a[b][c]`.
fn form_name(path: &[&str]) -> String {
    let Some((first, rest)) = path.split_first() else { return String::new() };
    rest.iter().fold((*first).to_owned(), |name, key| format!("{name}[{key}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_set_and_everything_else_stays_as_it_is() {
        // Body, path, value, whether a number, and what is sent.
        type Case = (Media, &'static str, &'static [&'static str], &'static str, bool, &'static str);
        let cases: [Case; 14] = [
            (Media::Json, "", &["page"], "2", true, r#"{"page":2}"#),
            (Media::Json, r#"{"page":1,"q":1.50}"#, &["page"], "2", true, r#"{"page":2,"q":1.50}"#),
            (Media::Json, r#"{"q":"x"}"#, &["after"], "a\"b", false, r#"{"q":"x","after":"a\"b"}"#),
            (Media::Json, r#"{"q":"x"}"#, &["after"], "7", false, r#"{"q":"x","after":"7"}"#),
            (Media::Json, r#"{"after":null}"#, &["after"], "t0", true, r#"{"after":"t0"}"#),
            (
                Media::Json,
                r#"{"query":"{a}","variables":{"n":12345678901234567890}}"#,
                &["variables", "after"],
                "c",
                false,
                r#"{"query":"{a}","variables":{"n":12345678901234567890,"after":"c"}}"#,
            ),
            (
                Media::Json,
                r#"{"variables":null}"#,
                &["variables", "after"],
                "c",
                false,
                r#"{"variables":{"after":"c"}}"#,
            ),
            (Media::Json, "{}", &["a", "b"], "c", false, r#"{"a":{"b":"c"}}"#),
            (
                Media::Json,
                r#"{"groups":[{"filters":[{"op":"LT"},{"op":"GTE","value":1}]}]}"#,
                &["groups", "0", "filters", "1", "value"],
                "5",
                false,
                r#"{"groups":[{"filters":[{"op":"LT"},{"op":"GTE","value":"5"}]}]}"#,
            ),
            (Media::Json, r#"{"a":[1,2]}"#, &["a", "1"], "3", true, r#"{"a":[1,3]}"#),
            (Media::Form, "", &["page"], "2", true, "page=2"),
            (Media::Form, "page=1&q=a+b", &["page"], "2", true, "q=a+b&page=2"),
            (Media::Form, "q=1", &["page", "after"], "a&b", false, "q=1&page%5Bafter%5D=a%26b"),
            (Media::Form, "page%5Bafter%5D=x", &["page", "after"], "y", false, "page%5Bafter%5D=y"),
        ];
        for (media, body, path, value, number, expected) in cases {
            let set = set(media, body.as_bytes(), path, value, number).unwrap();
            assert_eq!(String::from_utf8(set.clone()).unwrap(), expected, "{body} {path:?}");
            assert_eq!(get(media, &set, path).as_deref(), Some(value), "{body} {path:?}");
        }
    }

    #[test]
    fn what_is_no_object_is_not_written_over() {
        for (media, body) in [
            (Media::Json, r#"{"a":[1]}"#),
            (Media::Json, r#"{"a":"x"}"#),
            (Media::Json, "[]"),
            (Media::Json, "{"),
            (Media::Text, "x"),
            (Media::Empty, ""),
        ] {
            assert!(set(media, body.as_bytes(), &["a", "b"], "1", true).is_err(), "{media:?} {body}");
            assert_eq!(get(media, body.as_bytes(), &["a", "b"]), None, "{media:?} {body}");
        }
    }
}
