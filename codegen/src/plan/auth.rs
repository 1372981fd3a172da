//! How requests are authorised.

use super::types::Auth;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{self, KeyLocation, Manifest};
use crate::model::{Api, ParameterLocation, SecurityScheme};

/// The manifest's `auth` as a plan has it.
pub(super) fn resolve(manifest: &Manifest) -> Auth {
    match manifest.auth.chosen() {
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
    }
}

fn location(location: KeyLocation) -> ParameterLocation {
    match location {
        KeyLocation::Header => ParameterLocation::Header,
        KeyLocation::Query => ParameterLocation::Query,
        KeyLocation::Cookie => ParameterLocation::Cookie,
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
    };
    if api.security_schemes.is_empty() || api.security_schemes.values().any(|scheme| agrees(chosen, scheme)) {
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

fn agrees(chosen: manifest::Auth<'_>, scheme: &SecurityScheme) -> bool {
    let authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    match (chosen, scheme) {
        (manifest::Auth::None, _) => true,
        (manifest::Auth::Basic(_), SecurityScheme::Basic)
        | (
            manifest::Auth::Bearer(_),
            SecurityScheme::Bearer | SecurityScheme::OAuth2 | SecurityScheme::Other(_),
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
    let mut schemes: Vec<String> = api
        .security_schemes
        .values()
        .map(|scheme| match scheme {
            SecurityScheme::Basic => "HTTP Basic".to_owned(),
            SecurityScheme::Bearer => "a bearer token".to_owned(),
            SecurityScheme::ApiKey { location, name } => {
                format!("a key in the {} `{name}`", format!("{location:?}").to_lowercase())
            }
            SecurityScheme::OAuth2 => "OAuth 2 (a bearer token)".to_owned(),
            SecurityScheme::Other(name) => name.clone(),
        })
        .collect();
    schemes.sort();
    schemes.dedup();
    if schemes.is_empty() { "no way to authorise".to_owned() } else { schemes.join(", ") }
}
