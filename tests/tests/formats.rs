//! What has a format or is a tuple, in a crate that is generated, compiled and used: `documents/formats`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;

use linchpin_tests::program::workspace;
use linchpin_tests::wrapper::{Wrapper, connector, generate_from};
use serde_json::{Value, json};

/// JSON texts of a `Thing`, and what the type writes for them: the same, or why it is none.
const THINGS: &[(&str, Option<&str>)] = &[
    (r#"{"id":""}"#, None),
    // Nothing of this fits its format, and all of it is kept.
    (
        r#"{"id":"x","at":"yesterday","day":"0000-00-00","opens":"noon","takes":"long","page":"../a","data":"%","file":"�","price":"free","phone":"?"}"#,
        None,
    ),
    (r#"{"id":"x","price":12.50,"total":0.10,"huge":123456789012345678901234567890}"#, None),
    (r#"{"id":"x","created":1700000000}"#, None),
    (r#"{"id":"x","created":-1.250}"#, None),
    (r#"{"id":"x","small":300,"width":3000000000,"large":18446744073709551615,"money":1234567.89}"#, None),
    (r#"{"id":"x","always":8}"#, None),
    (r#"{"id":"x","place":[1.5,2.5]}"#, None),
    (r#"{"id":"x","place":[1.5,2.5,null]}"#, None),
    (r#"{"id":"x","place":[1.5,2.5,"a",{"b":1},null]}"#, None),
    (
        r#"{"id":"x","place":[1.5]}"#,
        Some("invalid length 1, expected a list of at least 2 items at line 1 column 23"),
    ),
    (r#"{"id":"x","path":[]}"#, None),
    (r#"{"id":"x","path":["y",{"next":["z"]},true,false]}"#, None),
    (r#"{"id":"x","labels":{"DE":"b","de":"a"},"other":1,"third":null}"#, None),
];

#[test]
fn formats_and_tuples_go_through_a_compiled_crate() {
    let folder = workspace().join("tests/documents/formats");
    let manifest = fs::read_to_string(folder.join("connector.yaml")).unwrap();
    let connector = connector(generate_from(&manifest, &folder.join("openapi.yaml")));
    let main = fs::read_to_string(folder.join("drive.rs")).unwrap();
    let dependencies =
        "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
    let program =
        Wrapper::new(&connector).with_program(&connector, &main, dependencies).build("drive-formats");

    let ended = program.run(&folder, THINGS.iter().map(|(text, _)| text)).end().with(0);
    let told = ended.json_lines();
    let facts = |step: &str| -> Vec<&Value> {
        told.iter().filter(|line| line["step"] == step).map(|line| &line["facts"]).collect()
    };

    let rounds = facts("round");
    assert_eq!(rounds.len(), THINGS.len(), "{told:?}");
    for ((sent, expected), round) in THINGS.iter().zip(rounds) {
        assert_eq!(round, expected.unwrap_or(sent), "{sent}");
    }
    let values = json!({
        "created": "2023-11-14T22:13:20Z", "host": "example.com", "bytes": [1, 2, 3], "price": 12.5, "longitude": 2.5, "default": null,
    });
    assert_eq!(facts("values"), [&values]);
    assert_eq!(facts("got"), [&json!("not a uuid")], "a value that does not fit is given as it came");
    let sent = facts("sent");
    let [get, put] = sent.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        get["url"],
        "https://api.example.com/things/07070707-0707-0707-0707-070707070707?since=1700000000&span=PT90M&least=12.50&key=AQID&area=1.5%2C2.5"
            .replace("%2C", ",")
    );
    assert_eq!(put["url"], "https://api.example.com/things/a%20b");
    assert_eq!(
        put["body"],
        r#"{"id":"07070707-0707-0707-0707-070707070707","takes":"PT90M","page":"https://example.com/a","data":"AQID","price":"12.50","created":1700000000,"width":3000000000,"head":{"kind":"head"},"place":[1.5,2.5,"here"],"path":[null,{}]}"#,
        "a constant is sent, and no default that nobody set"
    );
}
