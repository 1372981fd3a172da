//! How requests are authorised.

use super::operation::{Selector, list};
use super::tokens;
use super::types::{Auth, Security};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{self, KeyLocation, Manifest};
use crate::model::{Api, Operation, ParameterLocation, SecurityScheme};
use crate::source::Span;

/// The manifest's `auth` as a plan has it; `None` with an error.
pub(super) fn resolve(manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) -> Option<Auth> {
    Some(match manifest.auth.chosen() {
        None | Some(manifest::Auth::None) => Auth::None,
        Some(manifest::Auth::Basic(basic)) => {
            Auth::Basic { username: basic.username.value.clone(), password: basic.password.value.clone() }
        }
        Some(manifest::Auth::Bearer(bearer)) => Auth::Bearer { token: bearer.token.value.clone() },
        Some(manifest::Auth::ApiKey(key)) => Auth::ApiKey {
            location: location(key.location),
            name: key.name.value.clone(),
            value: format!("{}{}", key.prefix.as_ref().map_or("", |prefix| prefix.as_str()), key.value.value),
        },
        Some(manifest::Auth::OAuth2(oauth2)) => {
            Auth::OAuth2(Box::new(tokens::oauth2(oauth2, manifest, api, diagnostics)?))
        }
        Some(manifest::Auth::Session(session)) => Auth::Session(Box::new(tokens::session(session)?)),
    })
}

pub(super) fn location(location: KeyLocation) -> ParameterLocation {
    match location {
        KeyLocation::Header => ParameterLocation::Header,
        KeyLocation::Query => ParameterLocation::Query,
        KeyLocation::Cookie => ParameterLocation::Cookie,
    }
}

/// Whether the credential is sent with an operation: as the manifest says, else as the document does. Documents are often silent here, and
/// then it is.
pub(super) fn security(manifest: &Manifest, operation: &Operation) -> Security {
    if let Some(authorised) = &manifest.authorised {
        let listed = authorised.iter().any(|text| Selector::read(text).takes(&operation.head));
        return if listed { Security::Required } else { Security::None };
    }
    let Some(alternatives) = &operation.security else { return Security::Required };
    let (without, with): (Vec<_>, Vec<_>) = alternatives.iter().partition(|schemes| schemes.is_empty());
    match (with.is_empty(), without.is_empty()) {
        (true, _) => Security::None,
        (false, false) => Security::Optional,
        (false, true) => Security::Required,
    }
}

/// Warns where the document authorises in another way than the manifest. Documents are often wrong or silent here, so no more than that.
pub(super) fn compare(manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) {
    let Some(chosen) = manifest.auth.chosen() else { return };
    let (span, what) = match chosen {
        manifest::Auth::None => {
            let needed = |operation: &&crate::model::Operation| {
                operation
                    .security
                    .as_ref()
                    .is_some_and(|all| !all.is_empty() && all.iter().all(|schemes| !schemes.is_empty()))
            };
            if let Some(operation) = api.operations.iter().find(needed) {
                diagnostics.push(
                    Diagnostic::warning(
                        Code::AuthDiffers,
                        format!(
                            "the manifest authorises nothing, but the document says that `{}` needs it",
                            operation.head.id
                        ),
                    )
                    .at(manifest.name.span)
                    .help(format!("the document knows {}", known(api))),
                );
            }
            return;
        }
        manifest::Auth::Basic(basic) => (basic.username.span, "HTTP Basic".to_owned()),
        manifest::Auth::Bearer(bearer) => (bearer.token.span, "a bearer token".to_owned()),
        manifest::Auth::ApiKey(key) => (key.name.span, format!("a key in `{}`", key.name.value)),
        manifest::Auth::OAuth2(oauth2) => (oauth2.client.id.span, "OAuth 2".to_owned()),
        manifest::Auth::Session(session) => (session.login.request.span, "the token of a session".to_owned()),
    };
    if never_sent(manifest, span, api, diagnostics) || api.security_schemes.is_empty() {
        return;
    }
    if api.security_schemes.values().any(|scheme| agrees(chosen, scheme)) {
        uncovered(manifest, chosen, span, api, diagnostics);
        return;
    }
    diagnostics.push(
        Diagnostic::warning(
            Code::AuthDiffers,
            format!("the manifest authorises with {what}, which the document does not know"),
        )
        .at(span)
        .help(format!("the document knows {}", known(api))),
    );
}

/// Warns where no operation is sent with the credential, and says whether that is so.
fn never_sent(manifest: &Manifest, span: Span, api: &Api, diagnostics: &mut Diagnostics) -> bool {
    let unsent = |operation: &Operation| security(manifest, operation) == Security::None;
    let never = !api.operations.is_empty() && api.operations.iter().all(unsent);
    if never {
        let which = list(api.operations.iter().map(|operation| operation.head.id.as_str()));
        diagnostics.push(
            Diagnostic::warning(
                Code::CredentialNeverSent,
                format!("the document says that no operation needs a credential, so that of `auth` is never sent: {which}"),
            )
            .at(span)
            .help("write `authorised: [ all ]`, or the operations that need it, to send it nevertheless; else `auth: { none: {} }`"),
        );
    }
    never
}

/// Warns of operations that ask for something else than the manifest gives, one warning for each thing that they ask for.
fn uncovered(
    manifest: &Manifest,
    chosen: manifest::Auth<'_>,
    span: Span,
    api: &Api,
    diagnostics: &mut Diagnostics,
) {
    // A second key often stands among the manifest's headers.
    let in_headers = |scheme: &SecurityScheme| match scheme {
        SecurityScheme::ApiKey { location: ParameterLocation::Header, name } => {
            manifest.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name))
        }
        _ => false,
    };
    let covered = |name: &String| match api.security_schemes.get(name) {
        Some(scheme) => agrees(chosen, scheme) || in_headers(scheme),
        // Told by the stage that reads the document.
        None => true,
    };
    let mut asked: Vec<(String, Vec<&str>)> = Vec::new();
    for operation in &api.operations {
        let Some(alternatives) = &operation.security else { continue };
        if alternatives.is_empty() || alternatives.iter().any(|schemes| schemes.iter().all(covered)) {
            continue;
        }
        let describe = |name: &String| api.security_schemes.get(name).map_or(name.clone(), described);
        let all = alternatives
            .iter()
            .map(|schemes| schemes.iter().map(describe).collect::<Vec<_>>().join(" with "))
            .collect::<Vec<_>>()
            .join(", or ");
        match asked.iter_mut().find(|(known, _)| *known == all) {
            Some((_, operations)) => operations.push(&operation.head.id),
            None => asked.push((all, vec![&operation.head.id])),
        }
    }
    for (what, operations) in asked {
        let message = format!(
            "the document asks for {what} at {}, which the manifest does not give; the credential of `auth` is sent",
            list(operations.into_iter())
        );
        diagnostics.push(
            Diagnostic::warning(Code::SecurityNotCovered, message)
                .at(span)
                .help("leave them out of `operations`, or put a further key into `headers`"),
        );
    }
}

fn agrees(chosen: manifest::Auth<'_>, scheme: &SecurityScheme) -> bool {
    let authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    match (chosen, scheme) {
        (manifest::Auth::None, _) => true,
        (manifest::Auth::OAuth2(_), SecurityScheme::OAuth2(_)) => true,
        (manifest::Auth::OAuth2(oauth2), scheme) => tokens::agrees(oauth2.send.as_ref(), scheme),
        (manifest::Auth::Session(session), scheme) => tokens::agrees(Some(&session.send), scheme),
        (manifest::Auth::Basic(_), SecurityScheme::Basic)
        | (
            manifest::Auth::Bearer(_),
            SecurityScheme::Bearer | SecurityScheme::OAuth2(_) | SecurityScheme::Other(_),
        ) => true,
        // Documents declare the whole `Authorization` header as a key, and people write its parts as one.
        (
            manifest::Auth::Basic(_) | manifest::Auth::Bearer(_),
            SecurityScheme::ApiKey { location: ParameterLocation::Header, name },
        ) => authorization(name),
        (manifest::Auth::Basic(_) | manifest::Auth::Bearer(_), _) => false,
        (manifest::Auth::ApiKey(key), SecurityScheme::ApiKey { location: place, name }) => {
            *place == location(key.location)
                && if key.location == KeyLocation::Header {
                    key.name.eq_ignore_ascii_case(name)
                } else {
                    key.name.as_str() == name
                }
        }
        (manifest::Auth::ApiKey(key), _) => key.location == KeyLocation::Header && authorization(&key.name),
    }
}

fn known(api: &Api) -> String {
    let mut schemes: Vec<String> = api.security_schemes.values().map(described).collect();
    schemes.sort();
    schemes.dedup();
    if schemes.is_empty() { "no way to authorise".to_owned() } else { schemes.join(", ") }
}

fn described(scheme: &SecurityScheme) -> String {
    match scheme {
        SecurityScheme::Basic => "HTTP Basic".to_owned(),
        SecurityScheme::Bearer => "a bearer token".to_owned(),
        SecurityScheme::ApiKey { location, name } => {
            format!("a key in the {} `{name}`", format!("{location:?}").to_lowercase())
        }
        SecurityScheme::OAuth2(_) => "OAuth 2 (a bearer token)".to_owned(),
        SecurityScheme::Other(name) => name.clone(),
    }
}
