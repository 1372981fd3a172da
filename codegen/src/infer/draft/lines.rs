//! Ways to authorise and paging schemes as lines of a manifest.

use super::Item;
use crate::infer::Confidence;
use crate::infer::auth::{AuthWay, KeyGuess};
use crate::infer::paging::{PagingGuess, PagingKind};
use crate::infer::streams::{config_name, one_line};
use crate::infer::yaml::{Writer, comment, quoted, scalar};

pub(super) fn grounds(confidence: Confidence, reason: &str) -> String {
    format!("{}: {reason}", confidence.as_str())
}

/// A path as a value.
pub(super) fn path(path: &str) -> String {
    if path == "." { "\".\"".to_owned() } else { scalar(path) }
}

pub(super) fn way_name(way: Option<&AuthWay>, number: usize) -> String {
    let name = match way {
        Some(AuthWay::None) => "none".to_owned(),
        Some(AuthWay::Basic) => "basic".to_owned(),
        Some(AuthWay::Bearer) | None => "bearer".to_owned(),
        Some(AuthWay::ApiKeys { keys }) => {
            keys.first().map_or_else(|| "key".to_owned(), |key| config_name(&key.name))
        }
        Some(AuthWay::OAuth2 { grant, .. }) => format!("oauth2_{grant}"),
    };
    if number == 0 { name } else { format!("{name}_{}", number + 1) }
}

pub(super) fn way_names(ways: &[(usize, &AuthWay)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, way) in ways {
        let name = (0..).map(|number| way_name(Some(way), number)).find(|name| !names.contains(name));
        names.extend(name);
    }
    names
}

/// The config values of a way: name, description, whether it is secret.
pub(super) fn credentials(way: &AuthWay) -> Vec<(String, String, bool)> {
    let value =
        |name: &str, description: &str, secret: bool| (name.to_owned(), description.to_owned(), secret);
    match way {
        AuthWay::None => Vec::new(),
        AuthWay::Basic => vec![
            value("username", "User name, or what the API takes in its place.", false),
            value("password", "Password, or what the API takes in its place.", true),
        ],
        AuthWay::Bearer => vec![value("token", "Token that is sent as `Authorization: Bearer`.", true)],
        AuthWay::ApiKeys { keys } => keys
            .iter()
            .map(|key| (key_config(&key.name), one_line(Some(&key.description), &key.name), true))
            .collect(),
        AuthWay::OAuth2 { grant, .. } => {
            let mut values = vec![
                value("client_id", "Identifier of the OAuth client.", false),
                value("client_secret", "Secret of the OAuth client.", true),
            ];
            if grant == "password" {
                values.push(value("username", "User name, or what the API takes in its place.", false));
                values.push(value("password", "Password, or what the API takes in its place.", true));
            }
            values
        }
    }
}

pub(super) fn key_config(name: &str) -> String {
    if name.eq_ignore_ascii_case("authorization") { "token".to_owned() } else { config_name(name) }
}

pub(super) fn way_lines(out: &mut Writer<Item>, depth: usize, way: &AuthWay, item: &Item) {
    let item = Some(item);
    match way {
        AuthWay::None => out.line(depth, "none: {}", item),
        AuthWay::Basic => {
            out.line(depth, "basic: { username: \"{username}\", password: \"{password}\" }", item)
        }
        AuthWay::Bearer => out.line(depth, "bearer: { token: \"{token}\" }", item),
        AuthWay::ApiKeys { keys } => {
            let key = |key: &KeyGuess| {
                let prefix = key
                    .prefix
                    .as_ref()
                    .map(|prefix| format!(", prefix: {}", quoted(prefix)))
                    .unwrap_or_default();
                format!(
                    "{{ in: {}, name: {}, value: \"{{{}}}\"{prefix} }}",
                    key.place,
                    quoted(&key.name),
                    key_config(&key.name)
                )
            };
            match keys.as_slice() {
                [only] => out.line(depth, &format!("api_key: {}", key(only)), item),
                several => {
                    out.line(depth, "api_key:", item);
                    for one in several {
                        out.line(depth + 1, &format!("- {}", key(one)), item);
                    }
                }
            }
        }
        AuthWay::OAuth2 { grant, token_url, authorization_url, scopes } => {
            out.line(depth, "oauth2:", item);
            if let Some(url) = token_url {
                out.line(depth + 1, &format!("token_url: {}", quoted(url)), item);
            }
            out.line(depth + 1, "client: { id: \"{client_id}\", secret: \"{client_secret}\" }", item);
            match (grant.as_str(), authorization_url) {
                ("authorization_code", Some(url)) => out.line(
                    depth + 1,
                    &format!("authorization_code: {{ authorization_url: {} }}", quoted(url)),
                    item,
                ),
                ("password", _) => out.line(
                    depth + 1,
                    "password: { username: \"{username}\", password: \"{password}\" }",
                    item,
                ),
                (grant, _) => out.line(depth + 1, &format!("{grant}: {{}}"), item),
            }
            if !scopes.is_empty() {
                out.comment(
                    depth + 1,
                    &format!("ask for what the streams need: scopes: [ {} ]", scopes.join(", ")),
                );
            }
        }
    }
}

pub(in crate::infer) fn scheme_lines(name: &str, paging: &PagingGuess) -> Vec<(usize, String)> {
    let mut lines = vec![(1, format!("{name}:"))];
    let at = |name: &str| match paging.in_body {
        true => format!("body_field: {}", scalar(name)),
        false => format!("parameter: {}", quoted(name)),
    };
    let mut keys: Vec<String> = Vec::new();
    let parameter = paging.parameter.as_deref().unwrap_or_default();
    let flags = |keys: &mut Vec<String>| {
        for (key, value) in [("more", &paging.more), ("done", &paging.done)] {
            keys.extend(value.as_ref().map(|value| format!("{key}: {}", scalar(value))));
        }
    };
    let next = paging.next.as_deref().unwrap_or_default();
    let strategy = match paging.kind {
        PagingKind::Cursor => {
            keys.push(at(parameter));
            keys.push(format!("next: {}", scalar(next)));
            flags(&mut keys);
            "cursor"
        }
        PagingKind::CursorHeader => {
            keys.push(at(parameter));
            keys.push(format!("next_header: {}", scalar(next)));
            flags(&mut keys);
            "cursor"
        }
        PagingKind::NextUrl => {
            keys.push(format!("path: {}", scalar(next)));
            flags(&mut keys);
            "next_url"
        }
        PagingKind::LinkHeader | PagingKind::None => {
            keys.push("relation: next".to_owned());
            "link_header"
        }
        PagingKind::Page => {
            keys.push(at(parameter));
            keys.push(format!("first: {}", paging.first.unwrap_or(1)));
            flags(&mut keys);
            keys.extend(paging.total.as_ref().map(|total| format!("total_records: {}", scalar(total))));
            keys.extend(paging.pages.as_ref().map(|pages| format!("total_pages: {}", scalar(pages))));
            "page"
        }
        PagingKind::Offset => {
            keys.push(at(parameter));
            keys.extend(paging.first.filter(|first| *first > 0).map(|first| format!("first: {first}")));
            flags(&mut keys);
            keys.extend(paging.total.as_ref().map(|total| format!("total_records: {}", scalar(total))));
            "offset"
        }
        PagingKind::LastId => {
            keys.push(at(parameter));
            keys.push(format!("field: {}", scalar(paging.record_key.as_deref().unwrap_or("id"))));
            flags(&mut keys);
            "last_id"
        }
    };
    if paging.kind == PagingKind::Page && paging.first.is_none() {
        lines.push((2, "# The document does not say whether pages are counted from 1 or from 0.".to_owned()));
    }
    lines.push((2, format!("{strategy}: {{ {} }}", keys.join(", "))));
    if let Some(size) = &paging.size {
        match size.value() {
            Some(value) => {
                let place = if size.in_body {
                    format!("body_field: {}", scalar(&size.name))
                } else {
                    format!("parameter: {}", quoted(&size.name))
                };
                let why = match (size.cap, size.default) {
                    (Some(cap), _) if cap > value => {
                        format!("the document allows {cap}; so many at once are slow to serve")
                    }
                    (Some(_), _) => "the greatest that the document allows".to_owned(),
                    (None, _) => "its default: the document does not say what it allows".to_owned(),
                };
                lines.push((2, format!("size: {{ {place}, value: {value} }} # {why}")));
            }
            None => lines.push((
                2,
                format!(
                    "# `{}` takes a page size; the document says neither its maximum nor its default.",
                    comment(&size.name)
                ),
            )),
        }
    }
    lines
}
