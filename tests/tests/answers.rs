//! Every way to answer, through a crate that is generated, compiled without a warning, and called.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from};
use serde_json::json;

#[test]
fn each_answer_is_what_the_document_says() {
    let folder = workspace().join("tests/documents/answers");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let connector = connector(generate_from(&text("connector.yaml"), &folder.join("openapi.yaml")));
    assert_eq!(connector.operations, 6);
    let dependencies = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &text("drive.rs"), dependencies);
    let program = wrapper.build("drive-answers");
    let store = tempfile::tempdir().unwrap();
    let ended = program.run(store.path(), [] as [&str; 0]).end().with(0);
    assert_eq!(ended.json_lines(), [json!({ "ok": true })]);
}
