//! Every operation of five vendors' documents, called through its generated method, against Stoplight Prism, which checks each request against
//! the document and answers with an error what does not fit it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use linchpin_tests::exercise::calls::{Called, Callee};
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use serde_json::{Value, json};

const TEST: &str = "every_operation_of_five_documents_is_accepted_by_prism";

/// A document, and how its API is authorised: the manifest's `auth`, and the config that it names.
struct Subject {
    document: &'static str,
    auth: fn() -> Value,
    config: &'static [&'static str],
}

/// Swagger 2.0, OpenAPI 3.0 and 3.1; bodies of JSON, forms, multipart, bytes.
const SUBJECTS: [Subject; 5] = [
    Subject { document: "docker-engine.yaml", auth: || json!({ "none": {} }), config: &[] },
    Subject { document: "twilio-api.json", auth: basic, config: &["username", "password"] },
    Subject { document: "clerk.yaml", auth: bearer, config: &["token"] },
    Subject { document: "petstore3.yaml", auth: bearer, config: &["token"] },
    Subject { document: "meilisearch.json", auth: bearer, config: &["token"] },
];

fn basic() -> Value {
    json!({ "basic": { "username": "{username}", "password": "{password}" } })
}

fn bearer() -> Value {
    json!({ "bearer": { "token": "{token}" } })
}

#[test]
fn every_operation_of_five_documents_is_accepted_by_prism() {
    let Some(servers) = shared::path("servers", TEST) else { return };
    let only = std::env::var("LINCHPIN_ONLY").unwrap_or_default();
    let mut refused = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| subject.document.contains(&only)) {
        let Some(path) = shared::path(&format!("specs/{}", subject.document), TEST) else { return };
        let name = path.file_stem().unwrap().to_str().unwrap().replace('.', "-");
        let name = format!("{name}-prism");
        let callee = Callee::build(&path, &name, &(subject.auth)(), subject.config);
        let prism = match Server::start(servers.clone(), "prism", [&path]) {
            Ok(prism) => prism,
            Err(why) => return skipped(TEST, &format!("Prism cannot be started: {why}")),
        };
        let prefix = name.to_uppercase().replace('-', "_");
        let base_url = ("base_url", prism.value("BASE_URL"));
        let values = subject.config.iter().map(|field| (*field, "any")).chain([base_url]);
        let environment: Vec<(String, String)> =
            values.map(|(field, value)| (format!("{prefix}_{}", field.to_uppercase()), value.to_owned())).collect();
        let called = callee.call_all(&environment);
        let problems: Vec<String> = called.iter().filter_map(problem).collect();
        told(&format!("{}: {} operations, {} accepted", subject.document, called.len(), called.len() - problems.len()));
        refused.extend(problems.into_iter().map(|problem| format!("{}: {problem}", subject.document)));
    }
    assert!(refused.is_empty(), "{} refused:\n{}", refused.len(), refused.join("\n"));
}

/// Why a call does not count as accepted. What Prism answers to a request that it accepts is its own affair.
fn problem(called: &Called) -> Option<String> {
    let arguments = match &called.arguments {
        Ok(arguments) => Value::Object(arguments.clone()).to_string(),
        Err(why) => return Some(format!("{}: not called: {why}", called.operation)),
    };
    let outcome = &called.outcome;
    let text = |key: &str| outcome.get(key).and_then(Value::as_str).unwrap_or_default();
    let refused = outcome.get("argument").is_some()
        || text("body").contains("stoplight.io/prism/errors")
        || outcome.get("error").is_some() && outcome.get("status").is_none_or(Value::is_null);
    let arguments: String = arguments.chars().take(600).collect();
    refused.then(|| format!("{}: {outcome}\n    with {arguments}", called.operation))
}
