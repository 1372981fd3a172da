//! Old shapes of operations beside the new ones: one crate calls both, against sandboxes that play the API as it was and as it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_codegen::generate::generate;
use linchpin_codegen::render::RenderOptions;
use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector};
use serde_json::json;

#[test]
fn operations_are_called_in_the_shape_that_they_had_and_in_the_one_that_they_have() {
    let folder = workspace().join("tests/documents/previous");
    let runtime_path = Some(workspace().join("runtime").to_str().unwrap().to_owned());
    let connector = connector(generate(&folder, &RenderOptions { runtime_path }));
    for name in ["openapi.yaml", "connector.yaml"] {
        assert!(
            connector.lock.contains(&format!("\"previous/before_2026_11_21/{name}\": \"sha256:")),
            "{name}"
        );
    }
    let readme = &connector.files["README.md"];
    assert!(
        readme.contains("| `get_person_before_2026_11_21` | `GET /persons/{id}` | 2027-02-19 |"),
        "{readme}"
    );
    let operations = &connector.files["src/previous/before_2026_11_21/operations/tickets.rs"];
    let note = "an old shape, kept until 2027-02-19: `list_tickets` is what the API has now";
    assert!(operations.contains(note), "{operations}");
    let program = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let wrapper = Wrapper::new(&connector).with_program(&connector, &program, dependencies);
    let ended =
        wrapper.build("drive-previous").run(tempfile::tempdir().unwrap().path(), [] as [&str; 0]).end();
    assert_eq!(ended.with(0).json_lines(), [json!({ "ok": true })]);
}
