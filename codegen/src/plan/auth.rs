//! How requests are authorised.

use super::operation::{Selector, list};
use super::types::{Auth, Security};
use super::{signing, tokens};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::signing::{ApiKeyAuth, KeyPlace};
use crate::manifest::{self, KeyLocation, Manifest};
use crate::model::{Api, Operation, ParameterLocation, SecurityScheme};
use crate::source::Span;

/// The manifest's `auth` as a plan has it; `None` with an error.
pub(super) fn resolve(manifest: &Manifest, api: &Api, diagnostics: &mut Diagnostics) -> Option<Auth> {
    one(manifest.auth.chosen(), manifest, api, diagnostics)
}

fn one(
    chosen: Option<manifest::Auth<'_>>,
    manifest: &Manifest,
    api: &Api,
    diagnostics: &mut Diagnostics,
) -> Option<Auth> {
    Some(match chosen {
        None | Some(manifest::Auth::None) => Auth::None,
        Some(manifest::Auth::Basic(basic)) => {
            Auth::Basic { username: basic.username.value.clone(), password: basic.password.value.clone() }
        }
        Some(manifest::Auth::Bearer(bearer)) => Auth::Bearer { token: bearer.token.value.clone() },
        Some(manifest::Auth::ApiKeys(keys)) => Auth::ApiKeys(signing::api_keys(keys)),
        Some(manifest::Auth::OAuth2(oauth2)) => {
            Auth::OAuth2(Box::new(tokens::oauth2(oauth2, manifest, api, diagnostics)?))
        }
        Some(manifest::Auth::Session(session)) => Auth::Session(Box::new(tokens::session(session)?)),
        Some(manifest::Auth::Jwt(jwt)) => Auth::Jwt(Box::new(signing::jwt(jwt))),
        Some(manifest::Auth::Hmac(hmac)) => Auth::Hmac(Box::new(signing::hmac(hmac))),
        Some(manifest::Auth::AwsSigV4(aws)) => Auth::AwsSigV4(Box::new(signing::aws_sigv4(aws))),
        Some(manifest::Auth::Choice(choice)) => {
            let of = choice.of.iter().map(|(name, section)| {
                one(section.chosen(), manifest, api, diagnostics).map(|auth| (name.value.clone(), auth))
            });
            Auth::Choice { by: choice.by.value.clone(), of: of.collect::<Option<_>>()? }
        }
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
        chosen => described_auth(chosen, manifest.name.span),
    };
    if never_sent(manifest, span, api, diagnostics) || api.security_schemes.is_empty() {
        return;
    }
    // That one of several is none at all says nothing of the others.
    let mut all = manifest.auth.all();
    all.retain(|auth| !matches!(auth, manifest::Auth::None));
    if api.security_schemes.values().any(|scheme| all.iter().any(|auth| agrees(*auth, scheme))) {
        uncovered(manifest, &all, span, api, diagnostics);
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
    all: &[manifest::Auth<'_>],
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
        Some(scheme) => all.iter().any(|auth| agrees(*auth, scheme)) || in_headers(scheme),
        // Told by the stage that reads the document.
        None => true,
    };
    let mut asked: Vec<(String, Vec<&str>)> = Vec::new();
    for operation in &api.operations {
        let Some(alternatives) = &operation.security else { continue };
        let unsent = security(manifest, operation) == Security::None;
        if unsent || alternatives.iter().any(|schemes| schemes.iter().all(covered)) {
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
        (manifest::Auth::ApiKeys(keys), scheme) => keys.iter().any(|key| key_agrees(key, scheme)),
        (manifest::Auth::Jwt(jwt), scheme) => {
            tokens::agrees(jwt.send.as_ref(), scheme)
                || matches!((&jwt.send, scheme), (None, SecurityScheme::OAuth2(_)))
        }
        (
            manifest::Auth::Hmac(hmac),
            SecurityScheme::ApiKey { location: ParameterLocation::Header, name },
        ) => hmac.headers.names().any(|header| header.eq_ignore_ascii_case(name)),
        (manifest::Auth::Hmac(hmac), SecurityScheme::ApiKey { location: ParameterLocation::Query, name }) => {
            hmac.parameters.names().any(|parameter| parameter == name)
        }
        (
            manifest::Auth::AwsSigV4(_),
            SecurityScheme::ApiKey { location: ParameterLocation::Header, name },
        ) => authorization(name),
        // OpenAPI has no way to describe a signature.
        (manifest::Auth::Hmac(_) | manifest::Auth::AwsSigV4(_), SecurityScheme::Other(_)) => true,
        (manifest::Auth::Hmac(_) | manifest::Auth::AwsSigV4(_) | manifest::Auth::Choice(_), _) => false,
    }
}

fn key_agrees(key: &ApiKeyAuth, scheme: &SecurityScheme) -> bool {
    let SecurityScheme::ApiKey { location, name } = scheme else {
        return key.place == KeyPlace::Header && key.name.eq_ignore_ascii_case("authorization");
    };
    match key.place {
        KeyPlace::Header => *location == ParameterLocation::Header && key.name.eq_ignore_ascii_case(name),
        KeyPlace::Query => *location == ParameterLocation::Query && key.name.as_str() == name,
        KeyPlace::Cookie => *location == ParameterLocation::Cookie && key.name.as_str() == name,
        KeyPlace::Body => false,
    }
}

/// Where a way to authorise stands in the manifest, and what it is.
fn described_auth(auth: manifest::Auth<'_>, otherwise: Span) -> (Span, String) {
    match auth {
        manifest::Auth::None => (otherwise, "nothing".to_owned()),
        manifest::Auth::Basic(basic) => (basic.username.span, "HTTP Basic".to_owned()),
        manifest::Auth::Bearer(bearer) => (bearer.token.span, "a bearer token".to_owned()),
        manifest::Auth::ApiKeys(keys) => {
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name.value)).collect();
            let span = keys.first().map_or(otherwise, |key| key.name.span);
            (span, format!("a key in {}", names.join(" and ")))
        }
        manifest::Auth::OAuth2(oauth2) => (oauth2.client.id.span, "OAuth 2".to_owned()),
        manifest::Auth::Session(session) => (session.login.request.span, "the token of a session".to_owned()),
        manifest::Auth::Jwt(jwt) => (jwt.key.span, "a JWT".to_owned()),
        manifest::Auth::Hmac(hmac) => (hmac.sign.span, "an HMAC signature".to_owned()),
        manifest::Auth::AwsSigV4(aws) => (aws.service.span, "a signature for Amazon Web Services".to_owned()),
        manifest::Auth::Choice(choice) => {
            let all = choice.of.iter().filter_map(|(_, section)| section.chosen());
            let all: Vec<String> = all
                .filter(|auth| !matches!(auth, manifest::Auth::None))
                .map(|auth| described_auth(auth, otherwise).1)
                .collect();
            (choice.by.span, all.join(" or "))
        }
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
