//! Every way to send a key and to sign a request, through a connector that is generated, compiled without a warning, and run against its
//! sandbox, which checks what it gets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from};
use serde_json::json;

#[test]
fn each_way_to_authorise_is_taken_and_a_wrong_key_is_not() {
    let folder = workspace().join("tests/documents/signing");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let connector = connector(generate_from(&text("connector.yaml"), &folder.join("openapi.yaml")));
    assert_eq!(connector.operations, 2);
    let dependencies =
        "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\nserde_json = \"1\"\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &text("drive.rs"), dependencies);
    let program = wrapper.build("drive-signing");
    let store = tempfile::tempdir().unwrap();
    let ended = program.run(store.path(), [] as [&str; 0]).end().with(0);
    // The key of `rsa_jwt` is the right one each time.
    let refused = ["keys", "body", "shared_jwt", "ec_jwt", "exchange", "signed_query", "cloud"];
    assert_eq!(ended.json_lines(), [json!({ "refused": refused })]);
    // `check` says which it is, and asks for nothing that only the others need.
    let connector = wrapper.build("linchpin-signing");
    let chosen = |way: &str| {
        connector.run(store.path(), ["check"]).env("SIGNING_AUTH_METHOD", way).env("SIGNING_KEY", "k")
    };
    let ended = chosen("cloud").end().with(0);
    assert!(
        ended
            .stdout
            .starts_with("signing is authorised by `cloud`, which the config value `auth_method` chooses\n"),
        "{}",
        ended.stdout
    );
    let ended = chosen("exchange").end().with(2);
    assert!(ended.stderr.contains("`base64_key` is missing"), "{}", ended.stderr);
    let ended = chosen("clod").end().with(2);
    assert!(ended.stderr.contains("is one of: keys, body,"), "{}", ended.stderr);
}
