//! Credentials that an API hands out itself, and those that its bodies carry, where the document has no security scheme.

use openapiv3::OpenAPI;

use super::AuthWay;
use crate::infer::words;
use crate::model::{Api, Media, Object, Operation, TypeKind, TypeRef};
use crate::plan::path::{alternatives, objects};

/// Fields of an answer that hold a token.
const TOKENS: [&str; 9] = [
    "access_token",
    "token",
    "jwt",
    "jwt_token",
    "auth_token",
    "id_token",
    "session_token",
    "bearer_token",
    "api_token",
];

/// What somebody proves to be with.
const PROOFS: [&str; 8] =
    ["password", "client_secret", "secret", "api_key", "apikey", "api_secret", "secret_key", "passwd"];

/// A token that an operation hands out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HandedOut {
    /// How it is got and sent, where the operation is a token endpoint (RFC 6749, 3.2). How that of a login is sent, nothing says.
    pub(super) way: Option<AuthWay>,
    /// What speaks for it.
    pub(super) reason: String,
}

/// The token that one of the operations hands out: a token endpoint, or else a login.
pub(super) fn handed_out(document: &OpenAPI, api: &Api) -> Option<HandedOut> {
    let found = api.operations.iter().filter_map(|operation| of(document, api, operation));
    found.fold(None, |best: Option<HandedOut>, next| match best {
        Some(best) if best.way.is_some() || next.way.is_none() => Some(best),
        _ => Some(next),
    })
}

fn of(document: &OpenAPI, api: &Api, operation: &Operation) -> Option<HandedOut> {
    let (path, method) = (operation.head.path.as_str(), operation.head.method.as_str());
    if method != "POST" || path.contains('{') {
        return None;
    }
    let of_path = words::words(path);
    let has = |known: &[&str]| of_path.iter().any(|word| known.contains(&word.as_str()));
    let by_path =
        has(&["token", "oauth", "oauth2", "login", "signin", "logon", "authenticate", "authentication"])
            || has(&["auth", "session", "sessions"]) && !has(&["users", "user", "sites"])
            || path.to_lowercase().ends_with("sign-in");
    if !by_path {
        return None;
    }
    let answered = operation.success()?.content.as_ref()?.type_ref;
    let token = token(api, answered)?;
    let asked = asked(api, operation);
    let asks = |name: &str| asked.iter().any(|(known, _)| known == name);
    let prose = || {
        let own = [operation.summary.as_deref(), operation.description.as_deref()];
        let of_grant = asked.iter().filter(|(name, _)| name == "grant_type").map(|(_, prose)| prose.as_str());
        own.into_iter().flatten().chain(of_grant).collect::<Vec<_>>().join("\n").to_lowercase()
    };
    if token == "access_token" && asks("grant_type") {
        let prose = prose();
        let grant = if words::says(&prose, &["client_credentials", "client credentials"]) {
            "client_credentials"
        } else if words::says(&prose, &["password"]) || (asks("username") && asks("password")) {
            "password"
        } else if asks("client_secret") {
            "client_credentials"
        } else {
            return None;
        };
        let server = document.servers.first().map(|server| server.url.trim_end_matches('/'));
        let https = server.filter(|url| url.starts_with("https://") && !url.contains(['{', '}', ' ']));
        return Some(HandedOut {
            way: Some(AuthWay::OAuth2 {
                grant: grant.to_owned(),
                token_url: https.map(|url| format!("{url}{path}")),
                authorization_url: None,
                scopes: Vec::new(),
            }),
            reason: format!("`{method} {path}` gives `{token}` for the grant `{grant}`"),
        });
    }
    PROOFS
        .iter()
        .any(|proof| asks(proof))
        .then(|| HandedOut { way: None, reason: format!("`{method} {path}` gives `{token}`") })
}

/// The name of the token in an answer, at its top or in one object there.
fn token(api: &Api, answered: TypeRef) -> Option<String> {
    let text = |of: TypeRef| {
        alternatives(&api.types, of)
            .0
            .iter()
            .any(|id| matches!(api.types.get(*id).kind, TypeKind::Text(_) | TypeKind::Any))
    };
    let in_object = |object: &Object| {
        let rank = |name: &str| TOKENS.iter().position(|known| *known == words::canonical(name));
        let named = object.fields.iter().filter(|field| text(field.type_ref));
        let named =
            named.filter_map(|field| rank(&field.name).map(|rank| (rank, words::canonical(&field.name))));
        named.min().map(|(_, name)| name)
    };
    let top: Vec<&Object> = objects(&api.types, answered).collect();
    top.iter().find_map(|object| in_object(object)).or_else(|| {
        let inner = top
            .iter()
            .flat_map(|object| &object.fields)
            .flat_map(|field| objects(&api.types, field.type_ref));
        inner.collect::<Vec<_>>().into_iter().find_map(in_object)
    })
}

/// What an operation asks for, by its name in small letters, with what is said of it and which values are listed.
fn asked(api: &Api, operation: &Operation) -> Vec<(String, String)> {
    let listed = |of: TypeRef| -> String {
        let texts =
            alternatives(&api.types, of).0.into_iter().filter_map(|id| match &api.types.get(id).kind {
                TypeKind::Enum(values) => {
                    Some(values.iter().map(|value| value.value.as_str()).collect::<Vec<_>>().join(" "))
                }
                _ => None,
            });
        texts.collect::<Vec<_>>().join(" ")
    };
    let body = operation.bodies.body.iter().map(|body| body.content.type_ref);
    let of_body =
        body.flat_map(|body| objects(&api.types, body)).flat_map(|object| &object.fields).map(|field| {
            let prose = field.description.as_deref().unwrap_or_default();
            (words::canonical(&field.name), format!("{prose} {}", listed(field.type_ref)))
        });
    let parameters = operation.parameters.iter().map(|parameter| {
        let prose = parameter.description.as_deref().unwrap_or_default();
        (words::canonical(&parameter.name), format!("{prose} {}", listed(parameter.type_ref)))
    });
    of_body.chain(parameters).collect()
}

/// The field that nearly every operation has in its body, where its name is that of a credential, with how many have it.
pub(super) fn in_bodies(api: &Api) -> Option<(String, usize)> {
    // How many have it, and how many of them require it or say what it is.
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let said =
        |prose: &str| words::says(prose, &["api key", "apikey", "api token", "access token", "credential"]);
    for operation in &api.operations {
        let Some(body) = &operation.bodies.body else { continue };
        if !matches!(body.content.media, Media::Json | Media::Form) {
            continue;
        }
        for field in objects(&api.types, body.content.type_ref).flat_map(|object| &object.fields) {
            let name = words::canonical(&field.name);
            if !super::is_credential(&field.name) && !matches!(name.as_str(), "key" | "token" | "auth") {
                continue;
            }
            let sure = usize::from(field.required || said(&words::prose(field.description.as_deref())));
            match found.iter_mut().find(|(known, ..)| *known == field.name) {
                Some((_, count, of_them)) => (*count, *of_them) = (*count + 1, *of_them + sure),
                None => found.push((field.name.clone(), 1, sure)),
            }
        }
    }
    let total = api.operations.len();
    // What all of many operations take is no filter.
    let enough =
        |count: usize, sure: usize| (sure > 2 && sure * 5 >= total * 4) || (count > 4 && count == total);
    let found = found.into_iter().filter(|(_, count, sure)| enough(*count, *sure));
    found.max_by_key(|(_, count, _)| *count).map(|(name, count, _)| (name, count))
}
