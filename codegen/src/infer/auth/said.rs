//! What prose says of credentials: how the header looks, which header or query parameter carries a key, or only that there is one.

use super::AuthWay;
use super::KeyGuess;
use crate::infer::words;

/// Characters around something in which it counts as said of it.
const NEAR: usize = 160;

/// What prose says of credentials.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// How they are sent, with the words for it.
    How(AuthWay, String),
    /// That there are some, and not how they are sent.
    Some(&'static str),
    /// That there are none.
    Open,
}

/// What prose says of credentials; `None` where it says nothing of them.
pub(super) fn said(text: &str) -> Option<Said> {
    let lower = text.to_lowercase();
    let phrase = |phrases: &[&str]| words::says(&lower, phrases);
    // What is signed here, and not what is sent to a hook.
    let signed = phrase(&[
        "hmac authentication",
        "hmac authorization",
        "hmac signature",
        "request signature",
        "sign requests",
        "sign the request",
        "signed requests",
        "sign each request",
        "signing requests",
    ]) && !phrase(&["webhook", "webhooks"]);
    let how = |way: AuthWay, what: &str| Some(Said::How(way, what.to_owned()));
    if let Some(way) = authorization_line(text).filter(|_| !signed) {
        return how(way, "what the header `Authorization` holds");
    }
    if let Some(name) = named_header(text).filter(|_| !signed) {
        let what = format!("the header `{name}`");
        return Some(Said::How(key("header", &name, None), what));
    }
    if signed {
        return Some(Said::Some("signatures: see `hmac`"));
    }
    let bearer = [
        "bearer token",
        "bearer tokens",
        "authorization: bearer",
        "bearer authentication",
        "personal access token",
        "personal access tokens",
        "access token",
        "access tokens",
        "oauth token",
        "api token in the authorization header",
    ];
    if phrase(&bearer) {
        return how(AuthWay::Bearer, "a token");
    }
    if phrase(&["basic auth", "basic authentication", "http basic", "authorization: basic"]) {
        return how(AuthWay::Basic, "HTTP Basic");
    }
    if let Some(name) = query_key(text) {
        let what = format!("the query parameter `{name}`");
        return Some(Said::How(key("query", &name, None), what));
    }
    if phrase(&["oauth 2.0", "oauth2", "oauth 2", "oauth2.0"]) {
        return how(AuthWay::Bearer, "OAuth 2");
    }
    let open = [
        "an open api",
        "no authentication",
        "no api key",
        "not require authentication",
        "not require an api key",
        "without authentication",
        "no authorization",
        "not require authorization",
        "not require any authentication",
        "no auth",
    ];
    if phrase(&open) {
        return Some(Said::Open);
    }
    let some: [(&[&str], &str); 5] = [
        // Its first version signs each request.
        (&["oauth", "oauth1", "oauth 1.0", "oauth 1.0a"], "OAuth, of a version that it does not name"),
        (&["api key", "api keys", "apikey", "api-key", "app key"], "an API key"),
        (&["api token", "auth token", "authentication token", "authorization token"], "a token"),
        (&["authorization header", "`authorization`", "\"authorization\""], "the header `Authorization`"),
        (
            &[
                "authentication",
                "authenticate",
                "authenticated",
                "credentials",
                "client certificate",
                "log in",
            ],
            "authentication",
        ),
    ];
    some.iter().find(|(phrases, _)| phrase(phrases)).map(|(_, what)| Said::Some(what))
}

fn key(place: &str, name: &str, prefix: Option<String>) -> AuthWay {
    AuthWay::ApiKeys {
        keys: vec![KeyGuess {
            place: place.to_owned(),
            name: name.to_owned(),
            prefix,
            description: String::new(),
        }],
    }
}

/// What stands behind `Authorization:` in an example: a scheme that HTTP knows, another word before the key, or the key alone.
pub(super) fn authorization_line(text: &str) -> Option<AuthWay> {
    // Letters that are longer in small would move what is found.
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find("authorization").map(|at| at + from) {
        from = at + "authorization".len();
        let rest = text.get(from..)?.trim_start_matches(['`', '"', '\'', '*']);
        let Some(rest) = rest.strip_prefix(':').or_else(|| rest.strip_prefix('=')) else { continue };
        let line = rest.lines().next().unwrap_or_default();
        let line = line.trim_start_matches([' ', '`', '"', '\'', '*', '\t']);
        let word: String =
            line.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        let behind = line.get(word.len()..).unwrap_or_default();
        let value = behind.trim_start_matches([' ', '=', '`', '"', '\'']);
        match word.to_ascii_lowercase().as_str() {
            "bearer" => return Some(AuthWay::Bearer),
            "basic" => return Some(AuthWay::Basic),
            _ if is_placeholder(line) => return Some(key("header", "Authorization", None)),
            "" => {}
            _ if behind.starts_with([' ', '=']) && is_placeholder(value) => {
                let joins = behind.get(..behind.len() - value.len()).unwrap_or(" ");
                let joins: String = joins.chars().filter(|c| matches!(c, ' ' | '=')).take(1).collect();
                return Some(key("header", "Authorization", Some(format!("{word}{joins}"))));
            }
            _ => {
                // `Token token={key}`
                let named = value.split_once('=').filter(|(name, value)| {
                    !name.is_empty()
                        && name.chars().all(|c| c.is_ascii_alphanumeric())
                        && is_placeholder(value.trim_start_matches(['"', '\'']))
                });
                if let Some((name, _)) = named.filter(|_| behind.starts_with(' ')) {
                    return Some(key("header", "Authorization", Some(format!("{word} {name}="))));
                }
            }
        }
    }
    None
}

/// Whether something stands for a credential: `<key>`, `{token}`, `$TOKEN`, `YOUR_API_KEY`, `6c29bd...`.
fn is_placeholder(text: &str) -> bool {
    if text.starts_with(['<', '{', '[', '$', '%']) {
        return true;
    }
    let word: String =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    let letters = || word.chars().filter(char::is_ascii_alphabetic);
    let shouted = word.len() >= 5 && letters().count() > 2 && letters().all(|c| c.is_ascii_uppercase());
    let random = word.len() >= 16
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().any(|c| c.is_ascii_alphabetic());
    let named = ["your_", "your-", "xxx"].iter().any(|start| word.to_ascii_lowercase().starts_with(start));
    shouted || random || named
}

/// Whether a word is the name of a header or parameter that carries a key.
fn carries_key(name: &str) -> bool {
    let joined = words::words(name).concat();
    let known = [
        "apikey",
        "apitoken",
        "authtoken",
        "accesstoken",
        "accesskey",
        "authkey",
        "subscriptionkey",
        "appkey",
    ];
    known.iter().any(|end| joined.ends_with(end))
}

/// A header with the name of a key, where it is written as headers are and said to be one.
fn named_header(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut at = 0;
    for piece in text.split(|c: char| !is_part(c)) {
        let start = at;
        // What separates is one character, of any length.
        at += piece.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if piece.starts_with('-') || !carries_key(piece) {
            continue;
        }
        if !piece.contains('-') {
            // Without a hyphen it is called a header, or is none.
            if beside_header(text, start, piece.len()) {
                return Some(piece.to_owned());
            }
            continue;
        }
        let quoted = text.get(..start).is_some_and(|before| before.ends_with(['`', '"', '\'', '>', '*']));
        let extended = piece.to_ascii_lowercase().starts_with("x-");
        let sent = text.get(start + piece.len()..).is_some_and(|rest| rest.starts_with(':'));
        if (quoted || extended || sent)
            && near(text, start, piece.len(), &["header", "headers", "-h", "http"])
        {
            return Some(piece.to_owned());
        }
    }
    None
}

/// Whether what stands in quotes is called a header by the words before or behind it: `a header with the name 'apikey'`.
fn beside_header(text: &str, start: usize, length: usize) -> bool {
    let marks = ['`', '"', '\'', '*'];
    let (before, behind) =
        (text.get(..start).unwrap_or_default(), text.get(start + length..).unwrap_or_default());
    if !before.ends_with(marks) || !behind.starts_with(marks) {
        return false;
    }
    let before = before.trim_end_matches(marks).trim_end();
    let last: Vec<char> = before.chars().rev().take(NEAR).collect();
    let before = last.into_iter().rev().collect::<String>().to_lowercase();
    let behind =
        behind.trim_start_matches(marks).trim_start().chars().take(NEAR).collect::<String>().to_lowercase();
    let names = [
        "header",
        "header named",
        "header called",
        "header with the name",
        "header with name",
        "header name",
        "header key",
        "header field",
    ];
    let follows = [
        "header",
        "http header",
        "request header",
        "in the header",
        "in the request header",
        "in the http header",
        "as a header",
        "as header",
    ];
    names.iter().any(|name| before.ends_with(name))
        || follows.iter().any(|name| {
            behind.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        })
}

/// A query parameter that carries a key, as a URL shows it, or as prose names it.
fn query_key(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    for (at, _) in text.match_indices('=') {
        let before = text.get(..at)?;
        let name: String = before.chars().rev().take_while(|c| is_part(*c)).collect();
        let name: String = name.chars().rev().collect();
        let joined = words::words(&name).concat();
        let in_url = before.strip_suffix(name.as_str()).is_some_and(|url| url.ends_with(['?', '&']));
        let value = text.get(at + 1..).unwrap_or_default();
        let is_key = carries_key(&name)
            || matches!(joined.as_str(), "key" | "token" | "appid") && is_placeholder(value);
        if in_url && is_key {
            return Some(name);
        }
    }
    let mut at = 0;
    for piece in text.split(|c: char| !is_part(c)) {
        let start = at;
        at += piece.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let quoted = text.get(..start).is_some_and(|before| before.ends_with(['`', '"', '\'', '>', '*']));
        let parameter = ["query parameter", "query string", "url parameter", "querystring", "get parameter"];
        if quoted && carries_key(piece) && near(text, start, piece.len(), &parameter) {
            return Some(piece.to_owned());
        }
    }
    None
}

/// Whether one of these stands near a place in a text.
fn near(text: &str, start: usize, length: usize, phrases: &[&str]) -> bool {
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let from = floor(start.saturating_sub(NEAR));
    let to = floor((start + length + NEAR).min(text.len()));
    words::says(&text.get(from..to).unwrap_or_default().to_lowercase(), phrases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_says_how_a_credential_is_sent() {
        let header = |name: &str, prefix: Option<&str>| key("header", name, prefix.map(str::to_owned));
        for (text, expected) in [
            ("Authorization: Bearer <token>", Some(AuthWay::Bearer)),
            ("Use `Authorization: Basic dXNlcjpwYXNz`.", Some(AuthWay::Basic)),
            (
                "preceded by token:\nAuthorization: token API_KEY",
                Some(header("Authorization", Some("token "))),
            ),
            ("-H \"Authorization: Token token={key}\"", Some(header("Authorization", Some("Token token=")))),
            ("`Authorization: <your key>`", Some(header("Authorization", None))),
            ("in the form of an `X-Api-Key` request header", Some(header("X-Api-Key", None))),
            ("with the <code>x-api-key</code> header", Some(header("x-api-key", None))),
            ("must contain a key \"API-Key\" in the header", Some(header("API-Key", None))),
            ("an API token in an HTTP header with the name 'apikey'", Some(header("apikey", None))),
            ("Send the `api_token` header.", Some(header("api_token", None))),
            ("https://api.example/v1/things?api_key=123", Some(key("query", "api_key", None))),
            ("https://api.example/v1/things?a=b&key=YOUR_KEY", Some(key("query", "key", None))),
            ("as `apikey` URL query parameter, or the query string", Some(key("query", "apikey", None))),
            ("Uses standard OAuth 2.0.", Some(AuthWay::Bearer)),
        ] {
            let found = said(text);
            let way = match &found {
                Some(Said::How(way, _)) => Some(way.clone()),
                _ => None,
            };
            assert_eq!(way, expected, "{text}: {found:?}");
        }
    }

    #[test]
    fn prose_says_that_there_are_credentials_or_none() {
        for (text, expected) in [
            ("You must include an API key with every request.", Some(Said::Some("an API key"))),
            ("The API uses HMAC authentication with X-Api-Key.", Some(Said::Some("signatures: see `hmac`"))),
            ("# Authentication\nThis is an open API.", Some(Said::Open)),
            ("Acme's Open API, by its OpenAPI document.", None),
            ("You need not log in.", Some(Said::Some("authentication"))),
            ("Things of all kinds. ?page=2&size=3", None),
            ("The sort-key of a list, and https://x.example/?key=title", None),
            ("Give `apikey` with each call; headers are small.", Some(Said::Some("an API key"))),
            ("\u{1e9e}Authorization: \u{1e9e}", None),
            ("", None),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
