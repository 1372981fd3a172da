//! How requests are authorised: what security schemes declare and operations require; where none is declared, what parameters and prose
//! say.

mod carried;
mod handed_out;
mod said;
mod undeclared;

use openapiv3::{OpenAPI, ReferenceOr, SecurityScheme as Source};
use serde::Serialize;

use super::words;
use super::{Confidence, Undecided};
use crate::model::{Api, OAuth2Flow, OAuth2FlowKind, ParameterLocation, SecurityScheme};
use crate::normalise::Normalised;
use crate::source::Node;

pub(super) use carried::{Carried, carried, is_credential};

/// How requests are authorised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthGuess {
    /// The ways, the one that most operations take first; none where no request is authorised. A manifest lets the connector's user choose
    /// among several.
    pub ways: Vec<AuthWay>,
    /// In short, for comparison: `bearer`, `basic`, `api_key_header:NAME`, `oauth2:client_credentials`, `none`.
    pub kinds: Vec<String>,
    /// Whether the credential is to be sent whatever the document says: it declares schemes, and says of each operation that it needs none.
    pub everywhere: bool,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

/// One way to authorise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AuthWay {
    /// Not at all, where part of an API is open to everybody.
    None,
    /// HTTP Basic.
    Basic,
    /// `Authorization: Bearer`.
    Bearer,
    /// Keys, all of which are sent.
    ApiKeys {
        /// Each.
        keys: Vec<KeyGuess>,
    },
    /// OAuth 2.
    #[serde(rename = "oauth2")]
    OAuth2 {
        /// As the manifest calls it: `client_credentials`, `authorization_code` or `password`.
        grant: String,
        /// The token endpoint, where the document says it in a form that a manifest takes.
        token_url: Option<String>,
        /// The authorization endpoint, as above.
        authorization_url: Option<String>,
        /// Scopes that the document lists.
        scopes: Vec<String>,
    },
}

/// A key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyGuess {
    /// `header`, `query` or `cookie`.
    pub place: String,
    /// Its name there.
    pub name: String,
    /// What stands before it.
    pub prefix: Option<String>,
    /// What the document says of it.
    pub description: String,
}

impl KeyGuess {
    /// Whether it is all that the header `Authorization` holds, as far as anybody says.
    fn is_bare_authorization(&self) -> bool {
        self.place == "header"
            && self.prefix.is_none()
            && self.name.eq_ignore_ascii_case("authorization")
            && said::authorization_line(&self.description).is_none()
    }
}

/// What a document says of how requests are authorised.
pub(super) fn auth(
    normalised: &Normalised,
    api: &Api,
    carried: Option<&Carried>,
    undecided: &mut Vec<Undecided>,
) -> AuthGuess {
    let document = &normalised.document;
    let certificates = mutual_tls(normalised);
    undecided.extend(certificates.iter().map(|name| other(name, MUTUAL_TLS)));
    if api.security_schemes.is_empty() && !certificates.is_empty() {
        return AuthGuess {
            ways: Vec::new(),
            kinds: vec!["mutual_tls".to_owned()],
            everywhere: false,
            confidence: Confidence::Medium,
            reason: "the document declares mutual TLS alone, which no header or parameter carries".to_owned(),
        };
    }
    if api.security_schemes.is_empty() {
        return undeclared::undeclared(normalised, api, carried, undecided);
    }
    // Alternatives with the number of operations that take each.
    let mut used: Vec<(Vec<String>, usize)> = Vec::new();
    let mut open = 0;
    for operation in &api.operations {
        let Some(alternatives) = &operation.security else { continue };
        if alternatives.is_empty() || alternatives.iter().any(Vec::is_empty) {
            open += 1;
        }
        for schemes in alternatives.iter().filter(|schemes| !schemes.is_empty()) {
            match used.iter_mut().find(|(known, _)| known == schemes) {
                Some((_, count)) => *count += 1,
                None => used.push((schemes.clone(), 1)),
            }
        }
    }
    used.retain(|(schemes, _)| schemes.iter().all(|name| api.security_schemes.contains_key(name)));
    let referenced = !used.is_empty();
    if !referenced {
        used = api.security_schemes.keys().map(|name| (vec![name.clone()], 0)).collect();
    }
    used.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut ways: Vec<AuthWay> = Vec::new();
    let mut kinds: Vec<String> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (schemes, _) in &used {
        for name in schemes {
            let Some(scheme) = api.security_schemes.get(name) else { continue };
            for kind in kinds_of(scheme) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        for way in ways_of(document, api, schemes, undecided) {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        let new: Vec<String> = schemes.iter().filter(|name| !names.contains(*name)).cloned().collect();
        names.extend(new);
    }
    let total = api.operations.len();
    let reason = if referenced {
        let first = used.first().map(|(_, count)| *count).unwrap_or_default();
        format!(
            "{} of {total} operations require `{}`{}",
            first,
            names.first().map(String::as_str).unwrap_or_default(),
            match names.len() {
                0 | 1 => String::new(),
                _ =>
                    format!("; others, or others besides: {}", names.get(1..).unwrap_or_default().join(", ")),
            }
        )
    } else {
        format!("the document declares {}, and no operation says that it requires it", names.join(", "))
    };
    if open > 0 && referenced && open < total {
        undecided.push(Undecided::new("authorised", format!(
                "the document says that {open} of {total} operations need no credential, and none is sent with them; `authorised: [ all ]` sends it"
            )));
    }
    // Where a good part of the operations is open to everybody, doing without is a way of its own.
    if referenced && open * 10 >= total && open > 0 && used.first().is_some_and(|(_, count)| *count < total) {
        kinds.push("none".to_owned());
    }
    let everywhere = !referenced
        && !ways.is_empty()
        && !api.operations.is_empty()
        && api.operations.iter().all(|operation| operation.security.is_some());
    let confidence = if referenced && !ways.is_empty() { Confidence::High } else { Confidence::Medium };
    // What is called `Authorization` may well be a token behind a word that the document does not say.
    let bare = ways.iter().any(|way| match way {
        AuthWay::ApiKeys { keys } => keys.iter().any(KeyGuess::is_bare_authorization),
        _ => false,
    });
    if bare {
        undecided.push(Undecided::new("auth", "the document does not say whether `Authorization` holds the key alone or a word before it, such as `Bearer`: that is `prefix`"));
    }
    let confidence = if bare { confidence.min(Confidence::Medium) } else { confidence };
    AuthGuess { ways, kinds, everywhere, confidence, reason }
}

/// The kinds of a scheme in short.
fn kinds_of(scheme: &SecurityScheme) -> Vec<String> {
    match scheme {
        SecurityScheme::Basic => vec!["basic".to_owned()],
        SecurityScheme::Bearer => vec!["bearer".to_owned()],
        SecurityScheme::ApiKey { location, name } => vec![format!("api_key_{}:{name}", place(*location))],
        SecurityScheme::OAuth2(flows) => {
            flows.iter().map(|flow| format!("oauth2:{}", flow_name(flow.kind))).collect()
        }
        SecurityScheme::Other(name) if name == "openIdConnect" => vec!["openid_connect".to_owned()],
        SecurityScheme::Other(name) => vec![format!("other:{name}")],
    }
}

fn place(location: ParameterLocation) -> &'static str {
    match location {
        ParameterLocation::Query | ParameterLocation::QueryString => "query",
        ParameterLocation::Cookie => "cookie",
        ParameterLocation::Header | ParameterLocation::Path => "header",
    }
}

fn flow_name(kind: OAuth2FlowKind) -> &'static str {
    match kind {
        OAuth2FlowKind::Implicit => "implicit",
        OAuth2FlowKind::Password => "password",
        OAuth2FlowKind::ClientCredentials => "client_credentials",
        OAuth2FlowKind::AuthorizationCode => "authorization_code",
    }
}

/// What a connector can do for schemes that are required together.
fn ways_of(document: &OpenAPI, api: &Api, names: &[String], undecided: &mut Vec<Undecided>) -> Vec<AuthWay> {
    let schemes: Vec<(&String, &SecurityScheme)> =
        names.iter().filter_map(|name| api.security_schemes.get(name).map(|scheme| (name, scheme))).collect();
    if let [(name, scheme)] = schemes.as_slice() {
        return match scheme {
            SecurityScheme::Basic => vec![AuthWay::Basic],
            SecurityScheme::Bearer => vec![AuthWay::Bearer],
            SecurityScheme::ApiKey { location, name: key } => one_key(document, api, name, *location, key),
            SecurityScheme::OAuth2(flows) => oauth2(name, flows, undecided),
            SecurityScheme::Other(kind) if kind == "openIdConnect" => {
                undecided.push(Undecided::new("auth", format!("`{name}` is OpenID Connect: a bearer token is proposed; `auth: {{ oauth2: ... }}` gets and renews one, with the `token_url` of its discovery document")));
                vec![AuthWay::Bearer]
            }
            SecurityScheme::Other(kind) => {
                undecided.push(other(name, kind));
                Vec::new()
            }
        };
    }
    // Several that all write one token into `Authorization` are several ways to get it, whatever the document says.
    let is_token =
        |scheme: &SecurityScheme| matches!(scheme, SecurityScheme::Bearer | SecurityScheme::OAuth2(_));
    if !schemes.is_empty() && schemes.iter().all(|(_, scheme)| is_token(scheme)) {
        let flows: Vec<OAuth2Flow> = schemes
            .iter()
            .flat_map(|(_, scheme)| match scheme {
                SecurityScheme::OAuth2(flows) => flows.as_slice(),
                _ => &[],
            })
            .cloned()
            .collect();
        let name = schemes.first().map(|(name, _)| name.as_str()).unwrap_or_default();
        return if flows.is_empty() { vec![AuthWay::Bearer] } else { oauth2(name, &flows, undecided) };
    }
    // Several at once: all that can be written as keys.
    let mut keys: Vec<KeyGuess> = Vec::new();
    let mut basic = false;
    for (name, scheme) in &schemes {
        match scheme {
            SecurityScheme::ApiKey { location, name: key } => {
                keys.push(key_guess(document, api, name, *location, key))
            }
            SecurityScheme::Bearer | SecurityScheme::OAuth2(_) => keys.push(KeyGuess {
                place: "header".to_owned(),
                name: "Authorization".to_owned(),
                prefix: Some("Bearer ".to_owned()),
                description: format!("The token of `{name}`."),
            }),
            SecurityScheme::Basic => basic = true,
            SecurityScheme::Other(kind) => undecided.push(other(name, kind)),
        }
    }
    if basic {
        // A manifest sends keys side by side, and what else there is by `headers`.
        for key in &keys {
            undecided.push(Undecided::new(
                "auth",
                format!(
                    "the key `{}` is required besides HTTP Basic: say it in `headers`, with a secret of `config`",
                    key.name
                ),
            ));
        }
        return vec![AuthWay::Basic];
    }
    // One place has one value.
    let mut placed: Vec<(String, String)> = Vec::new();
    keys.retain(|key| {
        let place = (key.place.clone(), key.name.to_ascii_lowercase());
        let new = !placed.contains(&place);
        placed.extend(Some(place).filter(|_| new));
        new
    });
    if keys.is_empty() {
        return Vec::new();
    }
    vec![AuthWay::ApiKeys { keys }]
}

/// The type of schemes that are client certificates, which a normalised document no longer has.
const MUTUAL_TLS: &str = "mutualTLS";

/// Names of the schemes that are client certificates.
fn mutual_tls(normalised: &Normalised) -> Vec<String> {
    let root = normalised.origins.node("");
    let schemes =
        root.and_then(|root| root.get("components")).and_then(|components| components.get("securitySchemes"));
    let is_one = |scheme: Node<'_>| {
        scheme.get("type").and_then(|kind| kind.as_str().map(|kind| kind == MUTUAL_TLS)).unwrap_or(false)
    };
    let entries = schemes.into_iter().flat_map(|schemes| schemes.entries());
    entries.filter(|entry| is_one(entry.value)).map(|entry| entry.key.to_owned()).collect()
}

/// What is to be done about a scheme that no manifest has.
fn other(name: &str, kind: &str) -> Undecided {
    let question = if kind == MUTUAL_TLS {
        format!(
            "`{name}` is mutual TLS, and a manifest names no certificate: reach the API through a proxy that holds it, as `server.url`"
        )
    } else {
        format!(
            "`{name}` is the HTTP scheme `{kind}`, which no manifest has by that name; see `jwt`, `hmac` and `aws_sigv4`"
        )
    };
    Undecided::new("auth", question)
}

/// A key in the header `Authorization` is a bearer token or Basic where its description says so.
fn one_key(
    document: &OpenAPI,
    api: &Api,
    scheme: &str,
    location: ParameterLocation,
    name: &str,
) -> Vec<AuthWay> {
    let key = key_guess(document, api, scheme, location, name);
    if key.place == "header" && name.eq_ignore_ascii_case("authorization") {
        let prose = key.description.to_lowercase();
        if words::says(&prose, &["basic"]) && !words::says(&prose, &["bearer"])
            || key.prefix.as_deref() == Some("Basic ")
        {
            return vec![AuthWay::Basic];
        }
        if key.prefix.as_deref() == Some("Bearer ") {
            return vec![AuthWay::Bearer];
        }
    }
    vec![AuthWay::ApiKeys { keys: vec![key] }]
}

fn key_guess(
    document: &OpenAPI,
    api: &Api,
    scheme: &str,
    location: ParameterLocation,
    name: &str,
) -> KeyGuess {
    let declared =
        document.components.as_ref().and_then(|components| components.security_schemes.get(scheme));
    let description = match declared {
        Some(ReferenceOr::Item(Source::APIKey { description, .. })) => {
            description.clone().unwrap_or_default()
        }
        _ => String::new(),
    };
    let authorization = location == ParameterLocation::Header && name.eq_ignore_ascii_case("authorization");
    let prefix = match authorization {
        true => prefix(&description, scheme).or_else(|| prefix_in_prose(document, api, &description)),
        false => None,
    };
    KeyGuess { place: place(location).to_owned(), name: name.to_owned(), prefix, description }
}

/// What stands before the key in `Authorization`, as the description shows it: `Token <key>`, `Bearer {token}`.
fn prefix(description: &str, scheme: &str) -> Option<String> {
    let known = [
        ("bearer", "Bearer "),
        ("token", "Token "),
        ("bot", "Bot "),
        ("apikey", "ApiKey "),
        ("api-key", "Api-Key "),
    ];
    let shown = |word: &str| {
        let lower = description.to_lowercase();
        let mut from = 0;
        while let Some(at) = lower.get(from..).and_then(|rest| rest.find(word)).map(|at| at + from) {
            let rest = lower.get(at + word.len()..).unwrap_or_default();
            let after = rest.strip_prefix(' ').unwrap_or_default().trim_start_matches(['`', '"', '\'']);
            if after.starts_with(['<', '{', '[', '$', '(', '%']) {
                return true;
            }
            from = at + word.len();
        }
        false
    };
    if let Some(before) = before_placeholder(description)
        .or_else(|| bare_example(description))
        .or_else(|| named_prefix(description))
    {
        return Some(before);
    }
    let by_example = known.iter().find(|(word, _)| shown(word));
    let by_name = known.iter().take(1).find(|(word, _)| {
        scheme.to_lowercase().contains(word) || words::says(&description.to_lowercase(), &[word])
    });
    let by_bot =
        known.iter().find(|(word, _)| *word == "bot" && words::words(scheme).iter().any(|part| part == word));
    by_example.or(by_bot).or(by_name).map(|(_, prefix)| (*prefix).to_owned())
}

/// What stands before the key in `Authorization`, where the scheme itself does not say it: as the document's prose shows the header, or the
/// descriptions of operations do. A line of a scheme that is declared besides is that scheme's.
fn prefix_in_prose(document: &OpenAPI, api: &Api, description: &str) -> Option<String> {
    let tags = document.tags.iter().filter_map(|tag| tag.description.as_deref());
    let top = [description].into_iter().chain(document.info.description.as_deref()).chain(tags);
    let of_operations = api.operations.iter().filter_map(|operation| operation.description.as_deref());
    let way = top.chain(of_operations).find_map(said::authorization_line)?;
    let declared = |basic: bool| {
        api.security_schemes.values().any(|scheme| match scheme {
            SecurityScheme::Basic => basic,
            SecurityScheme::Bearer | SecurityScheme::OAuth2(_) => !basic,
            _ => false,
        })
    };
    match way {
        AuthWay::Bearer if !declared(false) => Some("Bearer ".to_owned()),
        AuthWay::Basic if !declared(true) => Some("Basic ".to_owned()),
        AuthWay::ApiKeys { keys } => keys.into_iter().next().and_then(|key| key.prefix),
        _ => None,
    }
}

/// What stands before the placeholder of an example that is marked as such: `Token token=` of "`Token token=<API_KEY>`", `Bearer ` of
/// "`Authorization: Bearer {token}`".
fn before_placeholder(description: &str) -> Option<String> {
    for quote in ['`', '"', '\''] {
        // Every other piece stands in quotes.
        for example in description.split(quote).skip(1).step_by(2) {
            let Some(at) = example.find(['<', '{', '$', '%']) else { continue };
            let before = example.get(..at)?;
            let before = before.rsplit_once(": ").map_or(before, |(_, value)| value);
            let joined = before.ends_with([' ', '=', ':']);
            let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '=' | ':');
            let begins = before.starts_with(|c: char| c.is_ascii_alphabetic());
            if joined
                && begins
                && before.len() <= 32
                && before.chars().all(usual)
                && before.matches(' ').count() <= 1
            {
                return Some(before.to_owned());
            }
        }
    }
    None
}

/// What stands before a placeholder that nothing marks as an example: `SSWS ` of `SSWS {API token}`, `Acme ` of `API key - Acme <token>`.
fn bare_example(description: &str) -> Option<String> {
    let at = description.find(['{', '<'])?;
    let placeholder = description.get(at + 1..)?.split(['}', '>']).next()?.to_lowercase();
    if !words::says(&placeholder, &["token", "key", "apikey", "secret", "jwt", "password"])
        && !words::words(&placeholder).iter().any(|word| matches!(word.as_str(), "token" | "key" | "apikey"))
    {
        return None;
    }
    let before = description.get(..at)?.strip_suffix(' ')?;
    let begin =
        before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).map_or(0, |at| at + 1);
    let (head, word) = (before.get(..begin)?, before.get(begin..)?);
    let alone =
        head.trim().is_empty() || head.ends_with(": ") || head.ends_with("- ") || head.ends_with("= ");
    (alone && word.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| format!("{word} "))
}

/// The word that a description says to put before the key: `must be prepended with "token" followed by a space`.
fn named_prefix(description: &str) -> Option<String> {
    let lower = description.to_ascii_lowercase();
    let phrases =
        ["prepended with", "prepended by", "prefixed with", "prefixed by", "preceded by", "preceded with"];
    let after = phrases.iter().find_map(|phrase| lower.find(phrase).map(|at| at + phrase.len()))?;
    let rest = description.get(after..)?;
    let mut quoted = rest.split(['`', '"', '\'']);
    // Nothing but an article stands between.
    let between = quoted.next()?.trim().to_ascii_lowercase();
    let word = quoted.next()?.trim_end();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (matches!(between.as_str(), "" | "the" | "the word" | "the string" | "a" | "the prefix")
        && !word.is_empty()
        && word.len() <= 20
        && word.chars().all(plain))
    .then(|| format!("{word} "))
}

fn oauth2(name: &str, flows: &[OAuth2Flow], undecided: &mut Vec<Undecided>) -> Vec<AuthWay> {
    // What needs no person comes first.
    let order =
        [OAuth2FlowKind::ClientCredentials, OAuth2FlowKind::AuthorizationCode, OAuth2FlowKind::Password];
    let mut ways = Vec::new();
    for kind in order {
        let Some(flow) = flows.iter().find(|flow| flow.kind == kind) else { continue };
        let https = |url: &Option<String>| {
            url.as_ref().filter(|url| url.starts_with("https://") && !url.contains(['{', '}', ' '])).cloned()
        };
        let lacks = flow.token_url.is_none()
            || (kind == OAuth2FlowKind::AuthorizationCode && flow.authorization_url.is_none());
        if lacks || https(&flow.token_url).is_none() {
            undecided.push(Undecided::new("auth", format!("the flow {} of `{name}` has no https token endpoint in the document; `token_url` has to be filled in", flow_name(kind))));
        }
        ways.push(AuthWay::OAuth2 {
            grant: flow_name(kind).to_owned(),
            token_url: https(&flow.token_url),
            authorization_url: https(&flow.authorization_url),
            scopes: flow.scopes.clone(),
        });
    }
    if ways.is_empty() {
        undecided.push(Undecided::new("auth", format!("`{name}` has the implicit flow alone, which programs without a browser cannot take: a bearer token is proposed, which the user gets elsewhere")));
        ways.push(AuthWay::Bearer);
    }
    ways
}
