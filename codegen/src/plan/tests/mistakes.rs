//! What a person can get wrong in a manifest, and what is said about it. Every code of the manifest and plan stages stands here.

use std::collections::BTreeSet;

use super::*;

#[test]
fn typos_in_keys_and_kinds_of_values() {
    assert_cases(
        Severity::Error,
        &[
            ("version: 1", "version: 2", "C001", "1:10", "version 1"),
            ("version: 1", "version: one", "C001", "1:10", "version 1"),
            ("name: desk", "nmae: desk", "C002", "2:1", "did you mean `name`?"),
            ("document: openapi.yaml", "dokument: openapi.yaml", "C002", "3:1", "did you mean `document`?"),
            ("description: Tickets and", "widgets: Tickets and", "C002", "4:1", "known here: auth, config"),
        ],
    );
}
