use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

use super::*;

/// Keys that were made for these tests and open nothing.
const RSA_PKCS8: &str = include_str!("rsa-pkcs8.pem");
const RSA_PKCS1: &str = include_str!("rsa-pkcs1.pem");
const RSA_JWK: &str = include_str!("rsa.jwk");
const P256_PKCS8: &str = include_str!("p256-pkcs8.pem");
const P256_SEC1: &str = include_str!("p256-sec1.pem");
const P384_SEC1: &str = include_str!("p384-sec1.pem");
/// RFC 7515, A.3.1.
const P256_JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
/// RFC 8037, A.1.
const ED25519_JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// RFC 7515 A.1 and RFC 8037 A.4: these signatures have no chance in them.
#[test]
fn the_examples_of_the_rfcs_are_signed_as_they_stand_there() {
    let shared = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
    let key = SigningKey::read(JwtAlgorithm::Hs256, shared).unwrap();
    let jwt = key
        .compact(
            "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
        )
        .unwrap();
    assert_eq!(
        jwt,
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let key = SigningKey::read(JwtAlgorithm::EdDsa, ED25519_JWK).unwrap();
    let jwt = key.compact("{\"alg\":\"EdDSA\"}", "Example of Ed25519 signing").unwrap();
    assert_eq!(
        jwt,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

/// RFC 7636, appendix B.
#[test]
fn the_challenge_is_the_one_of_the_rfc() {
    let challenge = sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn keys_are_read_in_every_form_that_people_have_them_in() {
    let one_line = RSA_PKCS8.replace('\n', "\\n");
    let table: [(&str, JwtAlgorithm, &str, &'static dyn VerificationAlgorithm); 10] = [
        ("PKCS #8", JwtAlgorithm::Rs256, RSA_PKCS8, &RSA_PKCS1_2048_8192_SHA256),
        ("one line", JwtAlgorithm::Rs256, &one_line, &RSA_PKCS1_2048_8192_SHA256),
        ("PKCS #1", JwtAlgorithm::Rs256, RSA_PKCS1, &RSA_PKCS1_2048_8192_SHA256),
        ("RSA JWK", JwtAlgorithm::Rs256, RSA_JWK, &RSA_PKCS1_2048_8192_SHA256),
        ("PSS", JwtAlgorithm::Ps256, RSA_PKCS8, &RSA_PSS_2048_8192_SHA256),
        ("EC PKCS #8", JwtAlgorithm::Es256, P256_PKCS8, &ECDSA_P256_SHA256_FIXED),
        ("EC SEC 1", JwtAlgorithm::Es256, P256_SEC1, &ECDSA_P256_SHA256_FIXED),
        ("EC JWK", JwtAlgorithm::Es256, P256_JWK, &ECDSA_P256_SHA256_FIXED),
        ("P-384", JwtAlgorithm::Es384, P384_SEC1, &ECDSA_P384_SHA384_FIXED),
        ("Ed25519", JwtAlgorithm::EdDsa, ED25519_JWK, &ED25519),
    ];
    for (form, algorithm, text, verification) in table {
        let key = SigningKey::read(algorithm, text).unwrap_or_else(|problem| panic!("{form}: {problem}"));
        let jwt = key.jwt(&[("kid", "k1")], &serde_json::json!({ "sub": form })).unwrap();
        let (input, signature) = jwt.rsplit_once('.').unwrap();
        let header = URL_SAFE_NO_PAD.decode(input.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            header,
            serde_json::json!({ "alg": algorithm.name(), "typ": "JWT", "kid": "k1" }),
            "{form}"
        );
        let public = match &key.kind {
            Kind::Rsa(pair, _) => pair.public_key().as_ref().to_vec(),
            Kind::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Kind::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Kind::Shared(_) => panic!("{form} has no public key"),
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verified = UnparsedPublicKey::new(verification, public).verify(input.as_bytes(), &signature);
        assert!(verified.is_ok(), "{form}: {jwt}");
    }
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
    let table = [
        (JwtAlgorithm::Rs256, "s3cret", "neither PEM"),
        (JwtAlgorithm::Rs256, P256_SEC1, "another kind of key"),
        (JwtAlgorithm::Es256, RSA_PKCS8, "another kind of key"),
        (JwtAlgorithm::Es384, P256_JWK, "another kind of key"),
        (JwtAlgorithm::Rs256, "-----BEGIN PRIVATE KEY-----\ns3cret", "cannot be read"),
        (JwtAlgorithm::Rs256, r#"{"kty":"RSA","n":"s3cretAA"}"#, "lacks a member"),
        (JwtAlgorithm::Hs256, "{s3cret", "no JSON"),
    ];
    for (algorithm, text, expected) in table {
        let problem = SigningKey::read(algorithm, text).unwrap_err().to_string();
        assert!(problem.contains(expected) && !problem.contains("s3cret"), "{text}: {problem}");
    }
}
