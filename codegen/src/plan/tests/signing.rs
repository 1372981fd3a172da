//! Keys and signatures: what a good manifest becomes, and what a person can get wrong in one.

use super::*;
use crate::manifest::signing::{AwsPath, KeyEncoding, KeyPlace, SignatureEncoding, SignedTime};

const HEAD: &str = r#"version: 1
name: signed
document: openapi.yaml
description: What is signed.
server: { url: "https://signed.example" }
operations: [ createTicket, plain ]
"#;

const KEYS: &str = r#"
config:
  key: { description: "A key.", secret: true }
  organisation: { description: "Whose." }
auth:
  api_key:
    - { in: header, name: X-Key, value: "{key}", prefix: "Token " }
    - { in: query, name: org, value: "{organisation}" }
"#;

const BODY_KEY: &str = r#"
config: { key: { description: "A key.", secret: true } }
auth: { api_key: { in: body, name: api_key, value: "{key}" } }
authorised: [ createTicket ]
"#;

const JWT: &str = r#"
config:
  issuer: { description: "Who." }
  key: { description: "A key.", secret: true }
auth:
  jwt:
    algorithm: HS256
    key: "{key}"
    key_encoding: hex
    claims: { iss: "{issuer}", aud: [ /admin/, other ], admin: true, level: 3 }
    header: { kid: "{issuer}" }
    lifetime: 5m
    backdate: 30s
    send: { in: header, name: Authorization, prefix: "Ghost " }
"#;

const HMAC: &str = r#"
config:
  api_key: { description: "Who." }
  secret: { description: "A key.", secret: true }
auth:
  hmac:
    algorithm: sha256
    key: "{secret}"
    key_encoding: base64
    sign: "{timestamp}{method}{target}{body}{header:X-Request}"
    encoding: base64
    timestamp: milliseconds
    headers:
      X-Access-Key: "{api_key}"
      X-Access-Time: "{timestamp}"
      X-Access-Sign: "v1={signature}"
headers: { X-Request: "1" }
"#;

const AWS: &str = r#"
config:
  region: { description: "Where.", default: eu-central-1 }
  id: { description: "Who." }
  secret: { description: "A key.", secret: true }
  session: { description: "A token.", secret: true, default: "" }
auth:
  aws_sigv4: { region: "{region}", service: s3, access_key_id: "{id}", secret_access_key: "{secret}", session_token: "{session}" }
"#;

const CHOICE: &str = r#"
config:
  method: { description: "How.", default: token }
  api_token: { description: "A token.", secret: true }
  secret: { description: "A key.", secret: true }
auth:
  choice:
    by: method
    of:
      token: { bearer: { token: "{api_token}" } }
      signed: { hmac: { algorithm: sha1, key: "{secret}", sign: "{body}", encoding: hex, parameters: { sig: "{signature}" } } }
      nothing: { none: {} }
"#;

/// The API, which says nothing of how requests are authorised.
fn silent() -> Api {
    let mut api = api::api();
    api.security_schemes.clear();
    api
}

fn planned(tail: &str) -> Auth {
    let Outcome { plan, found } = outcome_with(&format!("{HEAD}{tail}"), silent());
    assert_eq!(found, [], "{tail}");
    plan.expect("a plan").auth
}

#[test]
fn good_manifests_are_planned() {
    let Auth::ApiKeys(keys) = planned(KEYS) else { panic!("keys") };
    let shown: Vec<_> = keys.iter().map(|key| (key.place, key.name.as_str(), key.value.as_str())).collect();
    assert_eq!(
        shown,
        [(KeyPlace::Header, "X-Key", "Token {key}"), (KeyPlace::Query, "org", "{organisation}")]
    );
    let Auth::ApiKeys(keys) = planned(BODY_KEY) else { panic!("keys") };
    assert_eq!(keys, [ApiKey { place: KeyPlace::Body, name: "api_key".into(), value: "{key}".into() }]);

    let Auth::Jwt(jwt) = planned(JWT) else { panic!("a JWT") };
    assert_eq!((jwt.lifetime_seconds, jwt.backdate_seconds, jwt.key_encoding), (300, 30, KeyEncoding::Hex));
    assert_eq!(
        (jwt.place, jwt.name.as_str(), jwt.prefix.as_str()),
        (KeyPlace::Header, "Authorization", "Ghost ")
    );
    assert!(
        matches!(jwt.claims.as_slice(), [(_, Claim::Text(iss)), (_, Claim::Texts(aud)), (_, Claim::Verbatim(admin)), (_, Claim::Verbatim(level))]
            if iss == "{issuer}" && aud == &["/admin/", "other"] && admin == "true" && level == "3"),
        "{:?}",
        jwt.claims
    );

    let Auth::Hmac(hmac) = planned(HMAC) else { panic!("HMAC") };
    assert_eq!(
        hmac.message,
        [
            SignedPart::Timestamp,
            SignedPart::Method,
            SignedPart::Target,
            SignedPart::Body,
            SignedPart::Header("x-request".into())
        ]
    );
    assert_eq!(
        hmac.headers[2],
        ("X-Access-Sign".into(), vec![SignedPart::Text("v1=".into()), SignedPart::Signature])
    );
    assert_eq!((hmac.timestamp, hmac.encoding), (SignedTime::Milliseconds, SignatureEncoding::Base64));

    let Auth::AwsSigV4(aws) = planned(AWS) else { panic!("AWS") };
    assert_eq!(
        (aws.path, aws.session_token.as_deref()),
        (AwsPath::AsIs, Some("{session}")),
        "S3 takes the path as it is"
    );
    let Auth::AwsSigV4(aws) = planned(&AWS.replace("s3", "es")) else { panic!("AWS") };
    assert_eq!(aws.path, AwsPath::Normalised);

    let Auth::Choice { by, of } = planned(CHOICE) else { panic!("a choice") };
    let names: Vec<&str> = of.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((by.as_str(), names), ("method", vec!["token", "signed", "nothing"]));
    assert!(matches!(of[2].1, Auth::None));
}

/// What stands in a manifest, what is written instead, the code, what the diagnostic points at, and a part of its help.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn assert_mistakes(tail: &str, cases: &[Case]) {
    let good = format!("{HEAD}{tail}");
    for (from, to, code, at, help) in cases {
        assert_eq!(good.matches(from).count(), 1, "{from:?} stands exactly once in {good}");
        let text = good.replace(from, to);
        let Outcome { plan, found } = outcome_with(&text, silent());
        let [seen] = found.as_slice() else { panic!("{to:?}: one mistake, one finding: {found:#?}") };
        let before = text.split(at).next().unwrap_or_default();
        let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        let place = format!("{}:{column}", before.matches('\n').count() + 1);
        assert_eq!(
            (seen.code, seen.severity, seen.place.as_str()),
            (*code, Severity::Error, place.as_str()),
            "{to:?}: {seen:#?}"
        );
        assert!(seen.help.contains(help), "{to:?}: the help of {seen:#?} lacks {help:?}");
        assert!(plan.is_none(), "{to:?}");
    }
}

#[test]
fn mistakes_in_keys() {
    assert_mistakes(
        KEYS,
        &[
            ("in: query", "in: body_json", "C005", "body_json", "known here"),
            ("name: org", "name: \"\"", "C008", "\"\", value", ""),
            ("name: X-Key", "name: \"X Key\"", "C017", "\"X Key\"", "without blanks"),
            ("{organisation}", "{organization}", "C009", "{organization}", "did you mean `{organisation}`?"),
            ("in: query, name: org", "in: header, name: x-key", "C016", "x-key, value", "leave one out"),
            ("prefix: ", "prefx: ", "C002", "prefx", "did you mean `prefix`?"),
        ],
    );
    assert_mistakes(
        BODY_KEY,
        &[
            ("\nauthorised: [ createTicket ]", "", "P111", "api_key, value", "`authorised`"),
            ("[ createTicket ]", "[ createTicket, plain ]", "P111", "api_key, value", "`authorised`"),
            ("{ in: body, name: api_key, value: \"{key}\" }", "[]", "C007", "[] }", ""),
        ],
    );
}

#[test]
fn mistakes_in_jwts() {
    assert_mistakes(
        JWT,
        &[
            ("HS256", "hs256", "C005", "hs256", "did you mean `HS256`?"),
            ("HS256", "RS256", "C111", "hex", "leave `key_encoding` out"),
            ("admin: true", "exp: 1", "C111", "exp: 1", "`lifetime`"),
            ("header: { kid", "header: { alg: none, kid", "C111", "alg: none", "`algorithm`"),
            ("lifetime: 5m", "lifetime: 5 minutes", "C013", "5 minutes", "`1m`"),
            ("backdate: 30s", "backdate: 5m", "C111", "5m\n    send", "shorter"),
            ("\"{issuer}\", aud", "\"{isuer}\", aud", "C009", "{isuer}", "did you mean `{issuer}`?"),
            ("other ]", "\"{x}\" ]", "C009", "{x}", "declare it"),
            ("level: 3", "level: { a: 1 }", "C004", "{ a: 1 }", ""),
            (", secret: true", "", "C101", "\"{key}\"", "secret: true"),
        ],
    );
}

#[test]
fn mistakes_in_hmac_signatures() {
    assert_mistakes(
        HMAC,
        &[
            ("sha256", "sha265", "C005", "sha265", "did you mean `sha256`?"),
            (
                "encoding: base64\n    timestamp",
                "encoding: base46\n    timestamp",
                "C005",
                "base46",
                "did you mean `base64`?",
            ),
            ("{target}", "{traget}", "C009", "{traget}", "did you mean `{target}`?"),
            ("{target}", "{Target}", "C111", "{Target}", "{header:NAME}"),
            ("{target}", "{target", "C111", "{target{body}", "`{name}`"),
            ("{target}", "{signature}", "C111", "{signature}{body}", "belongs into"),
            (
                "{header:X-Request}",
                "{header:X-Requst}",
                "P112",
                "{header:X-Requst}",
                "did you mean `{header:x-request}`?",
            ),
            ("{header:X-Request}", "{header:X Request}", "C111", "{header:X Request}", "{header:NAME}"),
            ("v1={signature}", "v1", "C111", "\"{timestamp}{method}", "X-Signature"),
            (
                "X-Access-Time: \"{timestamp}\"",
                "X-Access-Time: now",
                "C111",
                "\"{timestamp}{method}",
                "X-Timestamp",
            ),
            ("{body}{header", "{body}{nonce}{header", "C111", "\"{timestamp}{method}", "X-Nonce"),
            ("    timestamp: milliseconds\n", "", "C019", "\"{timestamp}{method}", "milliseconds"),
            (
                "  api_key: {",
                "  body: { description: \"x\" }\n  api_key: {",
                "C008",
                "body: {",
                "another name",
            ),
            (
                "headers: { X-Request: \"1\" }",
                "headers: { X-Request: \"1\", x-access-sign: \"2\" }",
                "C017",
                "x-access-sign",
                "`auth`",
            ),
        ],
    );
}

#[test]
fn mistakes_in_signatures_for_aws() {
    assert_mistakes(
        AWS,
        &[
            ("service: s3", "service: \"a b\"", "C111", "\"a b\"", "letters"),
            ("service: s3, ", "", "C003", "aws_sigv4", "Service"),
            ("service: s3", "service: s3, path: raw", "C005", "raw", "known here"),
            ("\"{secret}\"", "\"{secrt}\"", "C009", "{secrt}", "did you mean `{secret}`?"),
        ],
    );
}

#[test]
fn mistakes_in_choices() {
    assert_mistakes(
        CHOICE,
        &[
            ("by: method", "by: methd", "C009", "methd", "did you mean `method`?"),
            ("default: token", "default: tokn", "C112", "method\n    of", "did you mean `token`?"),
            (
                "How.\", default",
                "How.\", secret: true, default",
                "C112",
                "method\n    of",
                "leave `secret` out",
            ),
            (
                "nothing: { none: {} }",
                "nothing: { choice: { by: method, of: {} } }",
                "C112",
                "method, of",
                "one `of`",
            ),
            ("nothing: { none", "Nothing: { none", "C008", "Nothing", "small letter"),
            (
                "{ none: {} }",
                "{ none: {}, bearer: { token: x } }",
                "C006",
                "bearer: { token: x",
                "exactly one",
            ),
            ("\"{api_token}\"", "\"{api_tken}\"", "C009", "{api_tken}", "did you mean `{api_token}`?"),
        ],
    );
}

/// The codes that these mistakes show.
pub(super) const CODES: [&str; 4] = ["C111", "C112", "P111", "P112"];
