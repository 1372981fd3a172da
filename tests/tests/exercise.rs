//! What is generated from vendors' documents, put to use. Values that a document allows go through its types and come back as they were, and
//! each operation is called against Stoplight Prism, which answers with an error what does not fit the document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::panic;
use std::path::PathBuf;

use linchpin_tests::exercise::Exercise;
use linchpin_tests::exercise::calls::Called;
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::wrapper::generate_from;
use serde_json::{Map, Value, json};

/// A document, and how its API is authorised: the manifest's `auth`, and the config that it names.
struct Subject {
    document: &'static str,
    auth: fn() -> Value,
    config: &'static [&'static str],
}

/// Swagger 2.0, OpenAPI 3.0 and 3.1; bodies of JSON, forms, multipart, text and bytes.
const SUBJECTS: [Subject; 6] = [
    Subject { document: "petstore3.yaml", auth: bearer, config: &["token"] },
    Subject { document: "docker-engine.yaml", auth: none, config: &[] },
    Subject { document: "twilio-api.json", auth: basic, config: &["username", "password"] },
    Subject { document: "clerk.yaml", auth: bearer, config: &["token"] },
    Subject { document: "museum.yaml", auth: basic, config: &["username", "password"] },
    Subject { document: "meilisearch.json", auth: bearer, config: &["token"] },
];

/// An operation whose request Prism refuses whoever sends it, shown by a request of our own. One that is accepted is stale.
struct Refused {
    document: &'static str,
    operation: &'static str,
    /// Where the request of our own goes.
    target: &'static str,
    media_type: &'static str,
    body: &'static str,
}

const fn text(operation: &'static str, target: &'static str, body: &'static str) -> Refused {
    Refused { document: "meilisearch.json", operation, target, media_type: "text/plain", body }
}

const fn form(operation: &'static str, target: &'static str, body: &'static str) -> Refused {
    Refused {
        document: "twilio-api.json",
        operation,
        target,
        media_type: "application/x-www-form-urlencoded",
        body,
    }
}

const ACCOUNT: &str = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef";

/// A body of `text/plain` is checked as the text that it is, and the document says that it is a boolean or a number. And of a form, where the
/// document says nothing of a list's encoding, each value is taken for a text, so that no list is one.
const REFUSED_WHOEVER_SENDS_IT: [Refused; 9] = [
    text("PUT /indexes/{indexUid}/settings/facet-search", "/indexes/a/settings/facet-search", "true"),
    text("DELETE /indexes/{indexUid}/settings/facet-search", "/indexes/a/settings/facet-search", "true"),
    text("PUT /indexes/{indexUid}/settings/search-cutoff-ms", "/indexes/a/settings/search-cutoff-ms", "7"),
    text("DELETE /indexes/{indexUid}/settings/search-cutoff-ms", "/indexes/a/settings/search-cutoff-ms", "7"),
    form(
        "POST /2010-04-01/Accounts/{AccountSid}/Calls.json",
        "/Calls.json",
        "To=a&From=b&StatusCallbackEvent=c",
    ),
    form(
        "POST /2010-04-01/Accounts/{AccountSid}/Calls/{CallSid}/Recordings.json",
        "/Calls/CA0123456789abcdef0123456789abcdef/Recordings.json",
        "RecordingStatusCallbackEvent=c",
    ),
    form(
        "POST /2010-04-01/Accounts/{AccountSid}/ConnectApps/{Sid}.json",
        "/ConnectApps/CN0123456789abcdef0123456789abcdef.json",
        "Permissions=get-all",
    ),
    form(
        "POST /2010-04-01/Accounts/{AccountSid}/Messages.json",
        "/Messages.json",
        "To=a&MediaUrl=http://a.b",
    ),
    form(
        "POST /2010-04-01/Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants.json",
        "/Conferences/a/Participants.json",
        "To=a&From=b&StatusCallbackEvent=c",
    ),
];

fn none() -> Value {
    json!({ "none": {} })
}

fn basic() -> Value {
    json!({ "basic": { "username": "{username}", "password": "{password}" } })
}

fn bearer() -> Value {
    json!({ "bearer": { "token": "{token}" } })
}

impl Subject {
    fn name(&self) -> String {
        let stem = self.document.split_once('.').map_or(self.document, |(stem, _)| stem);
        format!("{stem}-exercise")
    }

    fn manifest(&self) -> Value {
        let field = |name: &&str| ((*name).to_owned(), json!({ "description": "What the test gives." }));
        let config: Map<String, Value> = self.config.iter().map(field).collect();
        json!({
            "version": 1,
            "name": self.name(),
            "document": self.document,
            "description": "All operations, against a mock.",
            "config": config,
            "server": { "url": "https://example.com" },
            "auth": (self.auth)(),
            "operations": ["all"],
        })
    }

    /// What the connector is configured by.
    fn environment(&self, base_url: &str) -> Vec<(String, String)> {
        let prefix = self.name().to_uppercase().replace('-', "_");
        let values = self.config.iter().map(|field| (*field, "any")).chain([("base_url", base_url)]);
        values
            .map(|(field, value)| (format!("{prefix}_{}", field.to_uppercase()), value.to_owned()))
            .collect()
    }
}

#[test]
fn documents_keep_their_values_and_are_called_as_they_say() {
    let test = "documents_keep_their_values_and_are_called_as_they_say";
    let only = std::env::var("LINCHPIN_ONLY").unwrap_or_default();
    let mut problems: Vec<String> = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| subject.document.contains(&only)) {
        let Some(path) = shared::path(&format!("specs/{}", subject.document), test) else { return };
        let exercise = Exercise::of_connector(&path, generate_from(&subject.manifest().to_string(), &path));
        let report = exercise.round_trip();
        told(&report.to_string());
        if !report.is_good() {
            problems.push(report.to_string());
        }
        let Some(servers) = shared::path("servers", test) else { continue };
        let prism = match Server::start(servers, "prism", &[&path]) {
            Ok(prism) => prism,
            Err(why) => {
                skipped(test, &format!("Prism cannot be started: {why}"));
                continue;
            }
        };
        if subject.document == "petstore3.yaml" {
            assert_prism_judges(prism.value("BASE_URL"));
        }
        let called = exercise.call_all(&subject.environment(prism.value("BASE_URL")));
        let excepted = REFUSED_WHOEVER_SENDS_IT.iter().filter(|refused| refused.document == subject.document);
        let excepted: Vec<&Refused> = excepted.collect();
        for refused in &excepted {
            assert_prism_refuses_any(prism.value("BASE_URL"), refused);
        }
        let is_excepted = |call: &Called| excepted.iter().any(|refused| refused.operation == call.operation);
        let stale = called.iter().filter(|call| is_excepted(call) && refusal(call).is_none());
        problems
            .extend(stale.map(|call| format!("{}: {} is accepted now", subject.document, call.operation)));
        let refused: Vec<String> =
            called.iter().filter(|call| !is_excepted(call)).filter_map(refusal).collect();
        let (all, refused_of) = (called.len(), refused.len());
        told(&format!(
            "{}: {all} operations called, {} accepted by Prism, {} that it refuses of anyone",
            subject.document,
            all - refused_of - excepted.len(),
            excepted.len()
        ));
        problems.extend(refused.into_iter().map(|problem| format!("{}: {problem}", subject.document)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The judge judges: a request without what the document requires is refused.
fn assert_prism_judges(base_url: &str) {
    let answer = raw(base_url, "POST /pet", "application/json", r#"{"name":7}"#);
    assert!(answer.starts_with("HTTP/1.1 422"), "Prism takes what the document forbids: {answer}");
}

/// What Prism refuses of generated code it refuses of anyone; of a form without the list it says nothing of the kind.
fn assert_prism_refuses_any(base_url: &str, refused: &Refused) {
    let method = refused.operation.split(' ').next().unwrap();
    let form = refused.media_type.contains("form");
    let target = format!("{method} {}{}", if form { ACCOUNT } else { "" }, refused.target);
    let answer = raw(base_url, &target, refused.media_type, refused.body);
    assert!(answer.starts_with("HTTP/1.1 422"), "{}: Prism takes it of others: {answer}", refused.operation);
    if form {
        let without = refused.body.rsplit_once('&').map_or("", |(others, _)| others);
        let answer = raw(base_url, &target, refused.media_type, without);
        assert!(!answer.contains("must be array"), "{}: it is not the list: {answer}", refused.operation);
    }
}

/// Sends a request by hand and gives the answer as it comes.
fn raw(base_url: &str, operation: &str, media_type: &str, body: &str) -> String {
    let authorization = if media_type.contains("form") { "Basic YW55OmFueQ==" } else { "Bearer any" };
    let mut stream = TcpStream::connect(base_url.trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "{operation} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {authorization}\r\n\
         Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Why Prism did not accept a call. Where it finds fault only with its own answer, which it makes from the document's examples, it took the
/// request.
fn refusal(called: &Called) -> Option<String> {
    let arguments = match &called.arguments {
        Ok(arguments) => Value::Object(arguments.clone()).to_string(),
        Err(why) => return Some(format!("{}: not called: {why}", called.operation)),
    };
    let outcome = &called.outcome;
    let text = |key: &str| outcome.get(key).and_then(Value::as_str).unwrap_or_default();
    let never_left = outcome.get("argument").is_some() || outcome.get("sent") == Some(&json!("No"));
    let by_prism = text("body").contains("stoplight.io/prism/errors");
    let body: Value = serde_json::from_str(text("body")).unwrap_or_default();
    let violations = body.get("validation").and_then(Value::as_array).cloned().unwrap_or_default();
    let of_the_answer = |violation: &Value| violation.pointer("/location/0") == Some(&json!("response"));
    let about_itself = !violations.is_empty() && violations.iter().all(of_the_answer);
    let arguments: String = arguments.chars().take(600).collect();
    (never_left || by_prism && !about_itself)
        .then(|| format!("{}: {outcome}\n    with {arguments}", called.operation))
}

#[test]
#[ignore = "the whole sample takes long; `cargo xtask corpus DIR --round-trip` runs it"]
fn what_the_documents_of_a_folder_allow_comes_back_as_it_was() {
    let test = "what_the_documents_of_a_folder_allow_comes_back_as_it_was";
    let paths: Vec<PathBuf> = match std::env::var_os("LINCHPIN_DOCUMENTS") {
        Some(paths) => std::env::split_paths(&paths).collect(),
        None => {
            let Some(folder) = shared::path("specs", test) else { return };
            let mut paths: Vec<PathBuf> =
                std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            paths.retain(|path| path.extension().is_some_and(|ending| ending != "tsv"));
            paths.sort();
            paths
        }
    };
    let (mut types, mut values, mut bad) = (0, 0, Vec::new());
    for path in paths {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let name = format!("{}-values", stem.replace('.', "-"));
        // A document on which this itself fails must not keep the others from being looked at.
        let done = panic::catch_unwind(|| Exercise::of_document(&path, &name).round_trip());
        let Ok(report) = done else {
            bad.push(name);
            continue;
        };
        told(&report.to_string());
        types += report.types;
        values += report.values;
        if !report.is_good() {
            bad.push(report.name.clone());
        }
    }
    told(&format!("{types} types, {values} values"));
    assert!(bad.is_empty(), "of {bad:?}, see above");
}
