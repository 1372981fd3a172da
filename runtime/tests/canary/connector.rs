//! A connector with a secret in every place where one can be.

use linchpin_runtime::contract::*;

pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A way to authorise.
pub(crate) type Authorise = fn() -> Auth;

/// Ways to authorise, with what they are called.
pub(crate) static AUTHS: [(&str, Authorise); 16] = [
    ("basic", || Auth::Basic { username: "me@example.com", password: "{api_token}" }),
    ("bearer", || Auth::Bearer { token: "{api_token}" }),
    ("a header", || key(&[ApiKey { place: KeyPlace::Header, name: "x-key", value: "Key {api_token}" }])),
    ("the query", || key(&[ApiKey { place: KeyPlace::Query, name: "key", value: "{api_token}" }])),
    ("a cookie", || key(&[ApiKey { place: KeyPlace::Cookie, name: "key", value: "{api_token}" }])),
    ("the body", || key(&[ApiKey { place: KeyPlace::Body, name: "key", value: "{api_token}" }])),
    ("a JWT", || {
        Auth::Jwt(Jwt {
            algorithm: JwtAlgorithm::Hs256,
            key: "{api_token}",
            key_encoding: KeyEncoding::Text,
            claims: &[("org", Claim::Text("{organisation}"))],
            header: &[],
            lifetime_seconds: 60,
            backdate_seconds: 0,
            place: KeyPlace::Header,
            name: "authorization",
            prefix: "Bearer ",
        })
    }),
    ("HMAC", || {
        Auth::Hmac(Hmac {
            algorithm: HmacAlgorithm::Sha256,
            key: "{api_token}",
            key_encoding: KeyEncoding::Text,
            message: &[SignedPart::Timestamp, SignedPart::Body],
            encoding: SignatureEncoding::Hex,
            body_hash: (HmacAlgorithm::Sha256, SignatureEncoding::Hex),
            timestamp: SignedTime::Seconds,
            headers: &[
                ("x-signature", &[SignedPart::Signature]),
                ("x-key", &[SignedPart::Text("{organisation}")]),
            ],
            parameters: &[],
        })
    }),
    ("SigV4", || {
        Auth::AwsSigV4(AwsSigV4 {
            region: "eu-central-1",
            service: "execute-api",
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: "{api_token}",
            session_token: Some("{organisation}"),
            path: AwsPath::Normalised,
        })
    }),
    ("a session", || {
        Auth::Session(Session {
            method: Method::Post,
            path: "/token",
            encoding: TokenEncoding::Json,
            fields: &[(&["password"], "{api_token}")],
            headers: &[("x-key", "{organisation}")],
            token: SessionToken::Body(&["access_token"]),
            lifetime_milliseconds: None,
            placement: BEARER,
            renewal: RENEWAL,
            logout: None,
        })
    }),
    ("client credentials, basic", || oauth2("/token", 0)),
    ("client credentials, post", || oauth2("/token", 1)),
    ("a refresh token", || oauth2("/token", 2)),
    ("a user's password", || oauth2("/token", 3)),
    ("a JWT bearer", || oauth2("/token", 4)),
    ("token exchange", || oauth2("/token", 5)),
];

/// Ways to ask for a token.
pub(crate) const GRANTS: usize = 6;

const BEARER: Placement = Placement { location: Location::Header, name: "authorization", prefix: "Bearer " };
const RENEWAL: Renewal = Renewal { at: 0.75, statuses: &[401] };

/// A token of that endpoint, asked for in one of [`GRANTS`] ways.
pub(crate) fn oauth2(token_url: &'static str, way: usize) -> Auth {
    let secret = "{api_token}";
    let assertion = JwtAssertion {
        key: secret,
        algorithm: JwtAlgorithm::Hs256,
        key_id: None,
        issuer: "me",
        subject: None,
        audience: None,
        lifetime_seconds: 60,
        claims: &[("org", "{organisation}")],
    };
    let (grant, authentication) = match way {
        0 => (Grant::ClientCredentials, ClientAuthentication::Basic { secret }),
        1 => (Grant::ClientCredentials, ClientAuthentication::Post { secret }),
        2 => (Grant::RefreshToken { token: secret }, ClientAuthentication::None),
        3 => (Grant::Password { username: "me", password: secret }, ClientAuthentication::None),
        4 => (Grant::JwtBearer(assertion), ClientAuthentication::Post { secret: "{organisation}" }),
        _ => {
            let subject_token_type = "urn:ietf:params:oauth:token-type:access_token";
            let actor_token = Some(("{organisation}", subject_token_type));
            let grant = Grant::TokenExchange { subject_token: secret, subject_token_type, actor_token };
            (grant, ClientAuthentication::None)
        }
    };
    Auth::OAuth2(OAuth2 {
        token_url,
        // What ends a token is refused with all that it was sent.
        revocation_url: Some("/400"),
        client: OAuth2Client { id: "made-up", authentication },
        grant,
        scopes: &[],
        scope_separator: " ",
        request: TokenRequest { encoding: TokenEncoding::Form, parameters: &[], headers: &[] },
        response: TokenResponse {
            access_token: &["access_token"],
            refresh_token: &["refresh_token"],
            expiry: &["expires_in"],
            expiry_unit: ExpiryUnit::Seconds,
            lifetime_milliseconds: None,
            base_url: None,
        },
        placement: BEARER,
        renewal: RENEWAL,
    })
}

fn key(keys: &'static [ApiKey]) -> Auth {
    Auth::ApiKeys(keys)
}

static USER: ObjectShape = ObjectShape {
    name: "User",
    fields: &[
        FieldShape::new("name", Shape::String(""), 0),
        FieldShape::new("password", Shape::String("password"), FieldShape::SECRET),
    ],
    additional: None,
};

const fn operation(id: &'static str, method: Method, path: &'static str) -> Operation {
    Operation {
        id,
        method,
        path,
        tag: "all",
        parameters: &[],
        base: Base::Server,
        body: None,
        other_bodies: &[],
        responses: &[Response {
            from: 200,
            to: 299,
            media: Media::Json,
            media_type: "application/json",
            shape: Shape::Any,
        }],
        reads: true,
        idempotent: true,
        idempotency_key: None,
        security: Security::Required,
        paging: None,
        limits: &[0],
    }
}

const fn get(id: &'static str, path: &'static str) -> Operation {
    operation(id, Method::Get, path)
}

const fn post(id: &'static str, path: &'static str, media: Media, media_type: &'static str) -> Operation {
    let body =
        Body { required: true, media, media_type, shape: Shape::Object(&USER), parts: &[], styles: &[] };
    Operation { body: Some(body), ..operation(id, Method::Post, path) }
}

const fn paged(id: &'static str, path: &'static str) -> Operation {
    let paging = Paging {
        records: Some(&["items"]),
        key: &[&["id"]],
        ..Paging::new("made up", Strategy::NextUrl { next: Token::Body(&["next"]), end: End::NONE })
    };
    Operation { paging: Some(paging), ..get(id, path) }
}

/// Each path says how the server fails.
pub(crate) static GET: [&Operation; 15] = [
    &get("refused", "/400"),
    &get("unauthorised", "/401"),
    &get("forbidden", "/403"),
    &get("conflict", "/409"),
    &get("limited", "/429"),
    &get("failed", "/500"),
    &get("unavailable", "/503"),
    &get("away", "/away"),
    &get("around", "/around"),
    &get("typed", "/typed"),
    &get("broken", "/broken"),
    &get("html", "/html"),
    &get("short", "/short"),
    &get("reset", "/reset"),
    &get("unknown", "/nowhere"),
];

pub(crate) static POST: [&Operation; 4] = [
    &post("createJson", "/400", Media::Json, "application/json"),
    &post("createForm", "/422", Media::Form, "application/x-www-form-urlencoded"),
    &post("createAway", "/away", Media::Json, "application/json"),
    &post("createHtml", "/html", Media::Json, "application/json"),
];

pub(crate) static NEXT: [&Operation; 2] = [&paged("nextAway", "/next-away"), &paged("next", "/next")];

static STREAMS: [Stream; 2] = [stream("things", NEXT_AWAY), stream("others", REFUSED)];
const NEXT_AWAY: &Operation = &paged("nextAway", "/next-away");
const REFUSED: &Operation = &get("refused", "/400");

const fn stream(name: &'static str, operation: &'static Operation) -> Stream {
    Stream {
        slices: None,
        name,
        description: "",
        operation,
        records: &["items"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        shape: Shape::Any,
        body: None,
        source: Source::Pages,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
    }
}

const fn field(name: &'static str) -> ConfigField {
    ConfigField { name, description: "", secret: true, default: None, example: None }
}

/// The connector, authorised that way.
pub(crate) fn contract(auth: Auth) -> Contract {
    static LIMITS: [Limit; 1] = [Limit {
        name: "account",
        quota: Quota::SlidingLog { units: 1_000_000, per_milliseconds: 1_000 },
        scope: Scope::Account,
        by: &[],
        costs: &[],
        headers: LimitHeaders { limit: None, remaining: None, reset: None, usage: None, policy: None },
    }];
    static CONFIG: [ConfigField; 2] = [field("api_token"), field("organisation")];
    Contract {
        name: "echo",
        version: "1.0.0",
        title: "Echo",
        description: "Says what it hears",
        config: &CONFIG,
        server: Server { url: "https://echo.example/v1", environments: &[], others: &[] },
        auth,
        headers: &[("x-organisation", "{organisation}")],
        correlation_header: Some("traceparent"),
        operations: &[],
        limits: &LIMITS,
        wait_sources: &[],
        errors: &[],
        streams: &STREAMS,
    }
}
