//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning: rules from the catalogue, a result
//! for each change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use linchpin_codegen::drift::{Class, Side, kinds};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::escape::{message, uri};
use super::{Impact, Row, Shown, Spot};

/// The version of what a fingerprint is made of.
const FINGERPRINT: &str = "linchpinChange/v1";

/// The log, indented by two spaces.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let used: BTreeSet<&str> = shown.rows.iter().map(|row| row.change().id.as_str()).collect();
    let index: HashMap<&str, usize> = used.iter().enumerate().map(|(number, id)| (*id, number)).collect();
    let catalogue: BTreeMap<String, (Class, String)> =
        kinds().into_iter().map(|kind| (kind.id, (kind.class, kind.text))).collect();
    let rules: Vec<Value> = used.iter().map(|id| rule(id, catalogue.get(*id))).collect();
    let mut times: HashMap<String, u32> = HashMap::new();
    // What has the same id and pointers is told apart by a number, as GitHub's own fingerprints are.
    let mut numbered = |print: String| {
        let time = times.entry(print.clone()).or_default();
        *time += 1;
        format!("{print}:{time}")
    };
    let mut results: Vec<Value> =
        shown.rows.iter().map(|row| result(row, &index, &numbered(fingerprint(row)))).collect();
    results.extend(shown.loose.iter().map(|impact| loose(impact, &numbered(declared(impact)))));
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Linchpin drift",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // A log holds texts and numbers only, so it always has a text.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(id: &str, known: Option<&(Class, String)>) -> Value {
    let Some((class, text)) = known else { return json!({ "id": id }) };
    let mut sentence: String = text.chars().take(1).flat_map(char::to_uppercase).collect();
    sentence.extend(text.chars().skip(1));
    sentence.push('.');
    json!({
        "id": id,
        "shortDescription": { "text": sentence },
        "defaultConfiguration": { "level": level(*class) },
        "properties": { "class": class },
    })
}

fn level(class: Class) -> &'static str {
    match class {
        Class::Breaking => "error",
        Class::Risky => "warning",
        Class::Additive | Class::Editorial => "note",
    }
}

fn result(row: &Row<'_>, index: &HashMap<&str, usize>, print: &str) -> Value {
    let change = row.change();
    let mut texts: Vec<&str> = row.impact.iter().map(|impact| impact.text.as_str()).collect();
    texts.push(&change.text);
    let mut result = json!({
        "ruleId": change.id,
        "ruleIndex": index.get(change.id.as_str()),
        "level": level(row.class),
        "message": { "text": message(&texts.join(" ")) },
        "partialFingerprints": { FINGERPRINT: print },
        "properties": { "class": row.class, "operations": change.operations },
    });
    let Some(object) = result.as_object_mut() else { return result };
    if let Some(spot) = &row.place {
        let mut location = physical(spot);
        if let (Some(location), Some(operation)) = (location.as_object_mut(), &change.operation) {
            location.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": operation }]));
        }
        object.insert("locations".to_owned(), json!([location]));
    }
    let sides = [("in the base document", &change.base), ("in the revision", &change.revision)];
    let sides: Vec<Value> =
        sides.into_iter().filter_map(|(name, side)| side.as_ref().map(|side| related(name, side))).collect();
    if !sides.is_empty() {
        object.insert("relatedLocations".to_owned(), Value::Array(sides));
    }
    if let Some(accepted) = &row.judged.accepted {
        let mut suppression =
            json!({ "kind": "external", "status": "accepted", "justification": accepted.reason });
        if let (Some(suppression), Some(day)) = (suppression.as_object_mut(), &accepted.expires) {
            suppression.insert("properties".to_owned(), json!({ "expires": day }));
        }
        object.insert("suppressions".to_owned(), json!([suppression]));
    }
    result
}

/// What happens to the connector without any change that leads there.
fn loose(impact: &Impact, print: &str) -> Value {
    let mut result = json!({
        "level": level(impact.class),
        "message": { "text": message(&impact.text) },
        "partialFingerprints": { FINGERPRINT: print },
        "properties": { "class": impact.class },
    });
    if let (Some(object), Some(spot)) = (result.as_object_mut(), &impact.spot) {
        object.insert("locations".to_owned(), json!([physical(spot)]));
    }
    result
}

fn physical(spot: &Spot) -> Value {
    let mut region = json!({ "startLine": spot.line });
    if let (Some(region), Some(column)) = (region.as_object_mut(), spot.column) {
        region.insert("startColumn".to_owned(), column.into());
    }
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&spot.file) }, "region": region } })
}

fn related(name: &str, side: &Side) -> Value {
    let mut location = physical(&Spot { file: side.file.clone(), line: side.line, column: None });
    if let Some(location) = location.as_object_mut() {
        location
            .insert("message".to_owned(), json!({ "text": message(&format!("{} {name}", side.pointer)) }));
    }
    location
}

/// What a change is called from one comparison to the next: the hash of its id and of the pointers on both sides. Sentences, files and lines
/// have no part in it.
fn fingerprint(row: &Row<'_>) -> String {
    let (base, revision) = row.pointers();
    hash(&format!("{}\n{base}\n{revision}", row.change().id))
}

/// The same for what no change leads to: all that stays of it is where it was declared.
fn declared(impact: &Impact) -> String {
    hash(impact.spot.as_ref().map_or("", |spot| spot.file.as_str()))
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
