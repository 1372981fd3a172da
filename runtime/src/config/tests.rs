use super::*;
use crate::contract::Server;

const FIELDS: &[ConfigField] = &[
    ConfigField {
        name: "subdomain",
        description: "of your account",
        secret: false,
        default: None,
        example: None,
    },
    ConfigField { name: "api_token", description: "", secret: true, default: None, example: None },
    ConfigField { name: "start", description: "", secret: false, default: Some("2020-01-01"), example: None },
];

const CONTRACT: Contract = Contract {
    name: "made-up",
    version: "1.0.0",
    title: "",
    description: "",
    config: FIELDS,
    server: Server { url: "https://{subdomain}.example.com/v2", environments: &[], others: &[] },
    auth: Auth::Bearer { token: "{api_token}" },
    headers: &[],
    operations: &[],
    limits: &[],
    wait_sources: &[],
    errors: &[],
    streams: &[],
};

fn contract() -> &'static Contract {
    Box::leak(Box::new(CONTRACT))
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let mut config = Config::empty(contract());
    config.read_text("subdomain: file\napi_token: 00123\nstart: 2024-05-01\n", "c.yaml").unwrap();
    let variables = [("MADE_UP_SUBDOMAIN", "variable"), ("MADE_UP_START", ""), ("SUBDOMAIN", "other")];
    let read =
        |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    config.read_environment(&read).unwrap();
    assert_eq!(config.value("subdomain"), Some("variable"));
    assert_eq!(config.value("api_token"), Some("00123"), "digits stay as they are written");
    assert_eq!(config.value("start"), Some("2024-05-01"), "an empty variable is none");
    assert_eq!(config.base_url().unwrap().as_str(), "https://variable.example.com/v2");
    assert_eq!(config.expand("{start}/{subdomain}!").unwrap(), "2024-05-01/variable!");
    assert_eq!(Config::empty(contract()).value("start"), Some("2020-01-01"));
}

#[test]
fn a_file_that_does_not_fit_is_told_by_its_place_and_shows_no_value() {
    // Text of the file, and a part of the message.
    let cases = [
        (
            "api_token: s3cret\nsub_domain: x\n",
            "unknown; the keys are: subdomain, api_token, start, environment, base_url",
        ),
        ("api_token: [s3cret]\n", "line 1"),
        ("api_token:\n  nested: s3cret\n", "line 2"),
        ("- s3cret\n", "c.yaml"),
        ("s3cret", "c.yaml"),
        ("{\"api_token\": \"s3cret\"", "c.yaml"),
        ("api_token: \"s3cret\n", "c.yaml"),
    ];
    for (text, expected) in cases {
        let error = Config::empty(contract()).read_text(text, "c.yaml").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(error.to_string().contains(expected), "{text:?}: {error}");
        assert!(!shown.contains("s3cret"), "{text:?}: {shown}");
        assert_eq!(error.exit_code(), 2, "{text:?}");
    }
    for text in ["", "# nothing yet\n", "subdomain:\n", "{}"] {
        let mut config = Config::empty(contract());
        config.read_text(text, "c.yaml").unwrap();
        assert_eq!(config.value("subdomain"), None, "{text:?}");
    }
    let error = Config::load(contract(), Some(Path::new("/nowhere/c.yaml"))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/c.yaml"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_of_secrets_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    let cases = [
        ("api_token: x\n", 0o600, 0),
        ("api_token: x\n", 0o640, 1),
        ("api_token: x\n", 0o604, 1),
        ("start: x\n", 0o644, 0),
    ];
    for (text, mode, warnings) in cases {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let config = Config::load(contract(), Some(&path)).unwrap();
        assert_eq!(config.warnings().len(), warnings, "{text:?} {mode:o}: {:?}", config.warnings());
    }
}

#[test]
fn what_is_missing_is_told_unless_the_base_url_makes_it_needless() {
    // Values, and the key that is missing.
    type Pairs = &'static [(&'static str, &'static str)];
    let cases: [(Pairs, Option<&str>); 4] = [
        (&[("api_token", "x")], Some("`subdomain`")),
        (&[("subdomain", "x")], Some("`api_token`")),
        (&[("subdomain", "x"), ("api_token", "x")], None),
        (&[("base_url", "https://x.test"), ("api_token", "x")], None),
    ];
    for (pairs, expected) in cases {
        let result = Config::from_pairs(contract(), pairs.iter().copied()).unwrap().check();
        match (result, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(key)) => assert!(error.to_string().contains(key), "{pairs:?}: {error}"),
            (result, _) => panic!("{pairs:?}: {result:?}"),
        }
    }
}

#[test]
fn a_value_cannot_lead_the_base_url_to_another_host() {
    for value in ["evil.test/", "evil.test?", "evil.test#", "me@evil.test", "evil.test\\", "a b"] {
        let config = Config::from_pairs(contract(), [("subdomain", value), ("api_token", "x")]).unwrap();
        let error = config.base_url().unwrap_err();
        assert!(error.to_string().contains("`subdomain`"), "{value}: {error}");
    }
}
