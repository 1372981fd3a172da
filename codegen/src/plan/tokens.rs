//! Tokens: OAuth 2 and sessions, with what the document says about the authorisation server.

use super::Path;
use super::auth::location;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::tokens::{
    self as source, BodyForm, ClientAuthentication, ExpiryUnit, JwtAlgorithm, OAuth2Auth, SessionAuth,
};
use crate::manifest::{Constant, Entries, KeyLocation, Manifest, login_request, text};
use crate::model::{Api, OAuth2Flow, OAuth2FlowKind, ParameterLocation, SecurityScheme};
use crate::source::{Span, Spanned};
use crate::suggest::did_you_mean;

/// Names and texts, which may hold `{config}` variables.
pub(super) type Pairs = Vec<(String, String)>;

/// OAuth 2, as the runtime's contract has it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth.oauth2`")]
pub struct OAuth2 {
    pub token_url: String,
    pub revocation_url: Option<String>,
    pub client_id: String,
    pub proof: ClientProof,
    pub grant: Grant,
    pub scopes: Vec<String>,
    pub scope_separator: String,
    pub request: TokenRequest,
    pub response: TokenResponse,
    pub placement: Placement,
    pub renewal: Renewal,
}

/// How the client proves who it is.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub enum ClientProof {
    Basic(String),
    Post(String),
    PrivateKeyJwt(JwtSigner),
    None,
}

/// A key that signs JWTs.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct JwtSigner {
    pub key: String,
    pub algorithm: JwtAlgorithm,
    pub key_id: Option<String>,
    pub audience: Option<String>,
}

/// By which right a token is given.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub enum Grant {
    ClientCredentials,
    Password {
        username: String,
        password: String,
    },
    RefreshToken {
        token: String,
    },
    JwtBearer {
        signer: JwtSigner,
        issuer: String,
        subject: Option<String>,
        lifetime_seconds: u64,
        claims: Pairs,
    },
    TokenExchange {
        subject_token: String,
        subject_token_type: String,
        actor_token: Option<(String, String)>,
    },
    AuthorizationCode {
        authorization_url: String,
        issuer: Option<String>,
        pkce: bool,
        redirect_port: u16,
        redirect_path: String,
        parameters: Pairs,
    },
    DeviceCode {
        device_authorization_url: String,
    },
}

/// How the token endpoint is asked.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct TokenRequest {
    pub encoding: BodyForm,
    pub parameters: Pairs,
    pub headers: Pairs,
}

/// Where the token endpoint's answer has what.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct TokenResponse {
    pub access_token: Path,
    pub refresh_token: Path,
    pub expiry: Path,
    pub expiry_unit: ExpiryUnit,
    pub lifetime_milliseconds: Option<u64>,
    pub base_url: Option<(Path, Vec<String>)>,
}

/// Where a token goes.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct Placement {
    pub location: ParameterLocation,
    pub name: String,
    pub prefix: String,
}

/// When a token is renewed.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct Renewal {
    pub at: f64,
    pub statuses: Vec<u16>,
}

/// A session.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest's `auth.session`")]
pub struct Session {
    pub method: String,
    pub path: String,
    pub encoding: BodyForm,
    pub fields: Vec<(Path, String)>,
    pub headers: Pairs,
    pub token: SessionToken,
    pub lifetime_milliseconds: Option<u64>,
    pub placement: Placement,
    pub renewal: Renewal,
    pub logout: Option<(String, String)>,
}

/// Where the answer to a login has the token.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the manifest")]
pub enum SessionToken {
    Body(Path),
    Header(String),
    Cookie(String),
}

/// Part of a token's life after which it is renewed, where the manifest does not say.
const RENEW_AT: f64 = 0.75;
/// How long a JWT of the grant holds, where the manifest does not say.
const JWT_LIFE: u64 = 300;

/// OAuth 2 with everything settled; `None` with an error.
pub(super) fn oauth2(
    oauth2: &OAuth2Auth,
    manifest: &Manifest,
    api: &Api,
    diagnostics: &mut Diagnostics,
) -> Option<OAuth2> {
    // A manifest that was read has exactly one grant.
    let grant = oauth2.grant()?;
    let flows = Flows { manifest, api, kind: flow_kind(grant) };
    scopes(oauth2, &flows, diagnostics);
    let token_url = flows.endpoint(
        oauth2.token_url.as_ref(),
        oauth2.client.id.span,
        "token_url",
        |flow| flow.token_url.as_ref(),
        diagnostics,
    );
    let text = |text: &Spanned<String>| text.value.clone();
    let optional = |found: &Option<Spanned<String>>| found.as_ref().map(text);
    let grant = match grant {
        source::Grant::ClientCredentials => Some(Grant::ClientCredentials),
        source::Grant::Password(grant) => {
            Some(Grant::Password { username: text(&grant.username), password: text(&grant.password) })
        }
        source::Grant::RefreshToken(grant) => Some(Grant::RefreshToken { token: text(&grant.token) }),
        source::Grant::JwtBearer(grant) => Some(Grant::JwtBearer {
            signer: signer(&grant.key),
            issuer: text(&grant.issuer),
            subject: optional(&grant.subject),
            lifetime_seconds: grant
                .lifetime
                .as_ref()
                .and_then(|text| text::milliseconds(text))
                .map_or(JWT_LIFE, |milliseconds| milliseconds.div_ceil(1000)),
            claims: constants(&grant.claims),
        }),
        source::Grant::TokenExchange(grant) => Some(Grant::TokenExchange {
            subject_token: text(&grant.subject_token),
            subject_token_type: optional(&grant.subject_token_type)
                .unwrap_or_else(|| "urn:ietf:params:oauth:token-type:access_token".to_owned()),
            actor_token: optional(&grant.actor_token).zip(optional(&grant.actor_token_type)),
        }),
        source::Grant::AuthorizationCode(grant) => flows
            .endpoint(
                grant.authorization_url.as_ref(),
                oauth2.client.id.span,
                "authorization_url",
                |flow| flow.authorization_url.as_ref(),
                diagnostics,
            )
            .map(|authorization_url| Grant::AuthorizationCode {
                authorization_url,
                issuer: optional(&grant.issuer),
                pkce: grant.pkce,
                redirect_port: grant.redirect_port.as_ref().map_or(0, |port| port.value),
                redirect_path: optional(&grant.redirect_path).unwrap_or_else(|| "/callback".to_owned()),
                parameters: constants(&grant.parameters),
            }),
        source::Grant::DeviceCode(grant) => {
            Some(Grant::DeviceCode { device_authorization_url: text(&grant.device_authorization_url) })
        }
    };
    let response = &oauth2.response;
    let path = |path: &Option<Spanned<String>>, usual: &str| {
        path.as_ref().map_or_else(|| vec![usual.to_owned()], |path| text::keys(path))
    };
    Some(OAuth2 {
        token_url: token_url?,
        revocation_url: optional(&oauth2.revocation_url),
        client_id: text(&oauth2.client.id),
        proof: proof(&oauth2.client),
        grant: grant?,
        scopes: oauth2.scopes.iter().map(text).collect(),
        scope_separator: optional(&oauth2.scope_separator).unwrap_or_else(|| " ".to_owned()),
        request: TokenRequest {
            encoding: oauth2.request.body.unwrap_or_default(),
            parameters: constants(&oauth2.request.parameters),
            headers: pairs(&oauth2.request.headers),
        },
        response: TokenResponse {
            access_token: path(&response.access_token, "access_token"),
            refresh_token: path(&response.refresh_token, "refresh_token"),
            expiry: path(&response.expiry, "expires_in"),
            expiry_unit: response.expiry_unit.unwrap_or_default(),
            lifetime_milliseconds: response.lifetime.as_ref().and_then(|text| text::milliseconds(text)),
            base_url: response
                .base_url
                .as_ref()
                .map(|base| (text::keys(&base.path), base.hosts.iter().map(text).collect())),
        },
        placement: oauth2.send.as_ref().map_or_else(
            || Placement {
                location: ParameterLocation::Header,
                name: "authorization".to_owned(),
                prefix: "Bearer ".to_owned(),
            },
            placement,
        ),
        renewal: renewal(&oauth2.renew),
    })
}

/// A session; `None` where its request cannot be read, which was told when the manifest was read.
pub(super) fn session(session: &SessionAuth) -> Option<Session> {
    let (method, path) = login_request(&session.login.request)?;
    let encoding = session.login.body.unwrap_or(BodyForm::Json);
    let fields = session.login.fields.iter().map(|(name, value)| {
        let path = if encoding == BodyForm::Json { text::keys(name) } else { vec![name.value.clone()] };
        (path, value.value.0.clone())
    });
    let token = &session.token;
    let token = match (&token.path, &token.header, &token.cookie) {
        (Some(path), _, _) => SessionToken::Body(text::keys(path)),
        (None, Some(header), _) => SessionToken::Header(header.value.clone()),
        (None, None, cookie) => SessionToken::Cookie(cookie.as_ref()?.value.clone()),
    };
    let logout = session.logout.as_ref().and_then(|text| login_request(text));
    Some(Session {
        method: method.to_owned(),
        path: path.to_owned(),
        encoding,
        fields: fields.collect(),
        headers: pairs(&session.login.headers),
        token,
        lifetime_milliseconds: session.lifetime.as_ref().and_then(|text| text::milliseconds(text)),
        placement: placement(&session.send),
        renewal: renewal(&session.renew),
        logout: logout.map(|(method, path)| (method.to_owned(), path.to_owned())),
    })
}

/// Whether a scheme of the document is what a token in that place looks like.
pub(super) fn agrees(send: Option<&source::Placement>, scheme: &SecurityScheme) -> bool {
    let Some(send) = send else {
        return match scheme {
            SecurityScheme::Bearer | SecurityScheme::Other(_) => true,
            SecurityScheme::ApiKey { location: ParameterLocation::Header, name } => {
                name.eq_ignore_ascii_case("authorization")
            }
            _ => false,
        };
    };
    match scheme {
        SecurityScheme::ApiKey { location: place, name } => {
            *place == location(send.location) && send.name.eq_ignore_ascii_case(name)
        }
        SecurityScheme::Bearer | SecurityScheme::Other(_) => {
            send.location == KeyLocation::Header && send.name.eq_ignore_ascii_case("authorization")
        }
        _ => false,
    }
}

fn flow_kind(grant: source::Grant<'_>) -> Option<OAuth2FlowKind> {
    match grant {
        source::Grant::ClientCredentials => Some(OAuth2FlowKind::ClientCredentials),
        source::Grant::AuthorizationCode(_) => Some(OAuth2FlowKind::AuthorizationCode),
        source::Grant::Password(_) => Some(OAuth2FlowKind::Password),
        source::Grant::RefreshToken(_)
        | source::Grant::DeviceCode(_)
        | source::Grant::JwtBearer(_)
        | source::Grant::TokenExchange(_) => None,
    }
}

/// What the document says about the authorisation server.
struct Flows<'a> {
    manifest: &'a Manifest,
    api: &'a Api,
    /// The flow of the grant; `None` where OpenAPI has none of it.
    kind: Option<OAuth2FlowKind>,
}

impl<'a> Flows<'a> {
    fn all(&self) -> impl Iterator<Item = &'a OAuth2Flow> {
        self.api.security_schemes.values().flat_map(|scheme| match scheme {
            SecurityScheme::OAuth2(flows) => flows.as_slice(),
            _ => &[],
        })
    }

    /// Endpoints in the document: those of the grant's own flow if it has any, else of all.
    fn urls(&self, url: impl Fn(&'a OAuth2Flow) -> Option<&'a String>) -> Vec<String> {
        let of = |own: bool| {
            let flows = self.all().filter(|flow| !own || Some(flow.kind) == self.kind);
            let mut urls: Vec<String> = flows.filter_map(&url).map(|url| self.absolute(url)).collect();
            urls.sort();
            urls.dedup();
            urls
        };
        let own = of(true);
        if own.is_empty() { of(false) } else { own }
    }

    /// Relative URLs stand on the API's own server (OAS 3.1, 4.6), and a contract has a path for that.
    fn absolute(&self, url: &str) -> String {
        if url.contains("://") || url.starts_with('/') { url.to_owned() } else { format!("/{url}") }
    }

    fn endpoint(
        &self,
        given: Option<&Spanned<String>>,
        span: Span,
        key: &str,
        url: impl Fn(&'a OAuth2Flow) -> Option<&'a String>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let known = self.urls(url);
        if let Some(given) = given {
            // What has variables may become what the document says.
            let same = |known: &String| self.is_same(known, given);
            if !known.is_empty() && !given.contains('{') && !known.iter().any(same) {
                diagnostics.push(
                    Diagnostic::warning(
                        Code::TokenUrlDiffers,
                        format!("`{key}` is `{}`, but the document has {}", given.value, listed(&known)),
                    )
                    .at(given.span)
                    .help("secrets are sent there; documents are often wrong here, and manifests may be"),
                );
            }
            return Some(given.value.clone());
        }
        let (message, help) = match known.as_slice() {
            [one] if is_usable(one) => return Some(one.clone()),
            [] => (
                format!("neither the manifest nor the document has a `{key}`"),
                format!("add it: `{key}: https://HOST/PATH`"),
            ),
            [one] => (
                format!("the document's `{key}` cannot be used: `{one}`"),
                format!("say where it is: `{key}: https://HOST/PATH`"),
            ),
            several => (
                format!("the document has several URLs that could be the `{key}`: {}", listed(several)),
                format!("choose one: `{key}: {}`", several.first().map_or("", String::as_str)),
            ),
        };
        diagnostics.push(Diagnostic::error(Code::NoTokenUrl, message).at(span).help(help));
        None
    }

    /// Whether the URL of the document is that of the manifest, one of which may be a path of the API's own server.
    fn is_same(&self, known: &str, given: &str) -> bool {
        let origin = |url: &str| -> String {
            let end = url.find("://").map_or(0, |at| at + 3);
            url.get(end..)
                .and_then(|rest| rest.find('/'))
                .map_or(url, |at| url.get(..end + at).unwrap_or(url))
                .to_owned()
        };
        let whole = |url: &str| {
            if url.starts_with('/') {
                format!("{}{url}", origin(&self.manifest.server.url))
            } else {
                url.to_owned()
            }
        };
        whole(known).trim_end_matches('/') == whole(given).trim_end_matches('/')
    }
}

fn listed(urls: &[String]) -> String {
    urls.iter().map(|url| format!("`{url}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a secret may be sent to a URL of the document, as it is.
fn is_usable(url: &str) -> bool {
    let plain =
        !url.contains(['{', '}', '<', '>', '#']) && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    let whole = crate::manifest::url_problem(url.split('?').next().unwrap_or_default()).is_none();
    plain && if url.starts_with('/') { !url.starts_with("//") } else { whole }
}

/// Warns of scopes that the document does not know, where it lists any for the grant.
fn scopes(oauth2: &OAuth2Auth, flows: &Flows<'_>, diagnostics: &mut Diagnostics) {
    let known: Vec<&str> = flows
        .all()
        .filter(|flow| flows.kind.is_none_or(|kind| flow.kind == kind))
        .flat_map(|flow| flow.scopes.iter().map(String::as_str))
        .collect();
    if known.is_empty() {
        return;
    }
    for scope in &oauth2.scopes {
        // These are OpenID Connect's, which documents of APIs leave out.
        let usual = ["openid", "offline_access", "profile", "email"].contains(&scope.as_str());
        if usual || scope.contains('{') || known.contains(&scope.as_str()) {
            continue;
        }
        let help = match did_you_mean(scope, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it knows {}", known.join(", ")),
        };
        diagnostics.push(
            Diagnostic::warning(Code::UnknownScope, format!("the document knows no scope `{}`", scope.value))
                .at(scope.span)
                .help(help),
        );
    }
}

fn proof(client: &source::OAuth2Client) -> ClientProof {
    let secret = || client.secret.as_ref().map(|secret| secret.value.clone()).unwrap_or_default();
    let signed =
        || client.key.as_ref().map_or(ClientProof::None, |key| ClientProof::PrivateKeyJwt(signer(key)));
    match client.authentication.as_ref().map(|authentication| authentication.value) {
        Some(ClientAuthentication::Basic) => ClientProof::Basic(secret()),
        Some(ClientAuthentication::Post) => ClientProof::Post(secret()),
        Some(ClientAuthentication::PrivateKeyJwt) => signed(),
        Some(ClientAuthentication::None) => ClientProof::None,
        None if client.key.is_some() => signed(),
        None if client.secret.is_some() => ClientProof::Basic(secret()),
        None => ClientProof::None,
    }
}

fn signer(key: &source::SigningKey) -> JwtSigner {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    JwtSigner {
        key: key.value.value.clone(),
        algorithm: key.algorithm,
        key_id: text(&key.id),
        audience: text(&key.audience),
    }
}

fn placement(send: &source::Placement) -> Placement {
    Placement {
        location: location(send.location),
        name: send.name.value.clone(),
        prefix: send.prefix.as_ref().map(|prefix| prefix.value.clone()).unwrap_or_default(),
    }
}

fn renewal(renew: &source::Renewal) -> Renewal {
    let statuses = renew.on.as_ref().map(|all| all.iter().map(|status| status.value).collect());
    Renewal {
        at: renew.at.as_ref().map_or(RENEW_AT, |at| at.value),
        statuses: statuses.unwrap_or_else(|| vec![401]),
    }
}

fn pairs(entries: &Entries<Spanned<String>>) -> Pairs {
    entries.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect()
}

fn constants(entries: &Entries<Spanned<Constant>>) -> Pairs {
    entries.iter().map(|(name, value)| (name.value.clone(), value.value.0.clone())).collect()
}
