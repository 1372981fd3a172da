//! OAuth 2 and sessions, as a contract has them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{location, method, option, pairs, path as keys};
use crate::manifest::tokens::{BodyForm, ExpiryUnit, JwtAlgorithm};
use crate::plan::{
    ClientProof, Grant, JwtSigner, OAuth2, Placement, Renewal, Session, SessionToken, TokenRequest,
    TokenResponse,
};

pub(super) fn oauth2(oauth2: &OAuth2) -> TokenStream {
    let (token_url, id, separator) = (&oauth2.token_url, &oauth2.client_id, &oauth2.scope_separator);
    let authentication = match &oauth2.proof {
        ClientProof::Basic(secret) => quote!(ClientAuthentication::Basic { secret: #secret }),
        ClientProof::Post(secret) => quote!(ClientAuthentication::Post { secret: #secret }),
        ClientProof::PrivateKeyJwt(signer) => {
            let signer = self::signer(signer);
            quote!(ClientAuthentication::PrivateKeyJwt { #signer })
        }
        ClientProof::None => quote!(ClientAuthentication::None),
    };
    let (grant, revocation_url) = (grant(&oauth2.grant), option(&oauth2.revocation_url));
    let scopes = &oauth2.scopes;
    let (request, response) = (request(&oauth2.request), response(&oauth2.response));
    let (placement, renewal) = (placement(&oauth2.placement), renewal(&oauth2.renewal));
    quote! {
        Auth::OAuth2(OAuth2 {
            token_url: #token_url,
            revocation_url: #revocation_url,
            client: OAuth2Client { id: #id, authentication: #authentication },
            grant: #grant,
            scopes: &[#(#scopes),*],
            scope_separator: #separator,
            request: #request,
            response: #response,
            placement: #placement,
            renewal: #renewal,
        })
    }
}

pub(super) fn session(session: &Session) -> TokenStream {
    let (verb, path, encoding) = (method(&session.method), &session.path, encoding(session.encoding));
    let fields = session.fields.iter().map(|(path, value)| {
        let path = keys(path);
        quote!((#path, #value))
    });
    let headers = pairs(&session.headers);
    let token = match &session.token {
        SessionToken::Body(path) => {
            let path = keys(path);
            quote!(SessionToken::Body(#path))
        }
        SessionToken::Header(name) => quote!(SessionToken::Header(#name)),
        SessionToken::Cookie(name) => quote!(SessionToken::Cookie(#name)),
    };
    let lifetime = milliseconds(session.lifetime_milliseconds);
    let (placement, renewal) = (placement(&session.placement), renewal(&session.renewal));
    let logout = match &session.logout {
        Some((verb, path)) => {
            let verb = method(verb);
            quote!(Some((#verb, #path)))
        }
        None => quote!(None),
    };
    quote! {
        Auth::Session(Session {
            method: #verb,
            path: #path,
            encoding: #encoding,
            fields: &[#(#fields),*],
            headers: &[#headers],
            token: #token,
            lifetime_milliseconds: #lifetime,
            placement: #placement,
            renewal: #renewal,
            logout: #logout,
        })
    }
}

fn grant(grant: &Grant) -> TokenStream {
    match grant {
        Grant::ClientCredentials => quote!(Grant::ClientCredentials),
        Grant::Password { username, password } => {
            quote!(Grant::Password { username: #username, password: #password })
        }
        Grant::RefreshToken { token } => quote!(Grant::RefreshToken { token: #token }),
        Grant::JwtBearer { signer, issuer, subject, lifetime_seconds, claims } => {
            let (signer, subject, claims) = (self::signer(signer), option(subject), pairs(claims));
            let lifetime = Literal::u64_unsuffixed(*lifetime_seconds);
            quote! {
                Grant::JwtBearer(JwtAssertion {
                    #signer,
                    issuer: #issuer,
                    subject: #subject,
                    lifetime_seconds: #lifetime,
                    claims: &[#claims],
                })
            }
        }
        Grant::TokenExchange { subject_token, subject_token_type, actor_token } => {
            let actor = match actor_token {
                Some((token, kind)) => quote!(Some((#token, #kind))),
                None => quote!(None),
            };
            quote! {
                Grant::TokenExchange {
                    subject_token: #subject_token,
                    subject_token_type: #subject_token_type,
                    actor_token: #actor,
                }
            }
        }
        Grant::AuthorizationCode {
            authorization_url,
            issuer,
            pkce,
            redirect_port,
            redirect_path,
            parameters,
        } => {
            let issuer = option(issuer);
            let (port, parameters) = (Literal::u16_unsuffixed(*redirect_port), pairs(parameters));
            quote! {
                Grant::AuthorizationCode {
                    authorization_url: #authorization_url,
                    issuer: #issuer,
                    pkce: #pkce,
                    redirect_port: #port,
                    redirect_path: #redirect_path,
                    parameters: &[#parameters],
                }
            }
        }
        Grant::DeviceCode { device_authorization_url } => {
            quote!(Grant::DeviceCode { device_authorization_url: #device_authorization_url })
        }
    }
}

/// The fields that every signer has.
fn signer(signer: &JwtSigner) -> TokenStream {
    let (key, id, audience) = (&signer.key, option(&signer.key_id), option(&signer.audience));
    let algorithm = algorithm(signer.algorithm);
    quote!(key: #key, algorithm: #algorithm, key_id: #id, audience: #audience)
}

pub(super) fn algorithm(algorithm: JwtAlgorithm) -> TokenStream {
    match algorithm {
        JwtAlgorithm::Hs256 => quote!(JwtAlgorithm::Hs256),
        JwtAlgorithm::Hs384 => quote!(JwtAlgorithm::Hs384),
        JwtAlgorithm::Hs512 => quote!(JwtAlgorithm::Hs512),
        JwtAlgorithm::Rs256 => quote!(JwtAlgorithm::Rs256),
        JwtAlgorithm::Rs384 => quote!(JwtAlgorithm::Rs384),
        JwtAlgorithm::Rs512 => quote!(JwtAlgorithm::Rs512),
        JwtAlgorithm::Ps256 => quote!(JwtAlgorithm::Ps256),
        JwtAlgorithm::Ps384 => quote!(JwtAlgorithm::Ps384),
        JwtAlgorithm::Ps512 => quote!(JwtAlgorithm::Ps512),
        JwtAlgorithm::Es256 => quote!(JwtAlgorithm::Es256),
        JwtAlgorithm::Es384 => quote!(JwtAlgorithm::Es384),
        JwtAlgorithm::EdDsa => quote!(JwtAlgorithm::EdDsa),
    }
}

fn request(request: &TokenRequest) -> TokenStream {
    let encoding = encoding(request.encoding);
    let (parameters, headers) = (pairs(&request.parameters), pairs(&request.headers));
    quote!(TokenRequest { encoding: #encoding, parameters: &[#parameters], headers: &[#headers] })
}

fn encoding(encoding: BodyForm) -> TokenStream {
    match encoding {
        BodyForm::Form => quote!(TokenEncoding::Form),
        BodyForm::Json => quote!(TokenEncoding::Json),
        BodyForm::Query => quote!(TokenEncoding::Query),
    }
}

fn response(response: &TokenResponse) -> TokenStream {
    let (access, refresh, expiry) =
        (keys(&response.access_token), keys(&response.refresh_token), keys(&response.expiry));
    let unit = match response.expiry_unit {
        ExpiryUnit::Seconds => quote!(Seconds),
        ExpiryUnit::Milliseconds => quote!(Milliseconds),
        ExpiryUnit::EpochSeconds => quote!(EpochSeconds),
        ExpiryUnit::EpochMilliseconds => quote!(EpochMilliseconds),
        ExpiryUnit::Rfc3339 => quote!(Rfc3339),
    };
    let lifetime = milliseconds(response.lifetime_milliseconds);
    let base_url = match &response.base_url {
        Some((path, hosts)) => {
            let path = keys(path);
            quote!(Some(TokenBaseUrl { path: #path, hosts: &[#(#hosts),*] }))
        }
        None => quote!(None),
    };
    quote! {
        TokenResponse {
            access_token: #access,
            refresh_token: #refresh,
            expiry: #expiry,
            expiry_unit: ExpiryUnit::#unit,
            lifetime_milliseconds: #lifetime,
            base_url: #base_url,
        }
    }
}

fn placement(placement: &Placement) -> TokenStream {
    let (location, name, prefix) = (location(placement.location), &placement.name, &placement.prefix);
    quote!(Placement { location: #location, name: #name, prefix: #prefix })
}

fn renewal(renewal: &Renewal) -> TokenStream {
    let at = Literal::f64_unsuffixed(renewal.at);
    let statuses = renewal.statuses.iter().map(|status| Literal::u16_unsuffixed(*status));
    quote!(Renewal { at: #at, statuses: &[#(#statuses),*] })
}

fn milliseconds(milliseconds: Option<u64>) -> TokenStream {
    match milliseconds {
        Some(milliseconds) => {
            let milliseconds = Literal::u64_unsuffixed(milliseconds);
            quote!(Some(#milliseconds))
        }
        None => quote!(None),
    }
}
