use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::document::{Document, Nullable, Place, jsonpath, quoted};
use crate::schema::{declared, takes, typed};
use crate::{Action, Evidence, Finding, Need, Proposal};

/// Records in a hundred that are of another type, from which on the declared type is taken for wrong rather than for one of several.
const ALWAYS: u64 = 99;
/// The status of pages, by which the schema of a record is found that no answer told of.
const PAGE: u16 = 200;

/// What makes the document say what was seen. Each action is tried on the document at once, so that later ones fit what earlier ones made of
/// it, and what the document says already is not proposed.
pub fn propose(document: Document, findings: &[Finding]) -> Proposal {
    let mut maker = Maker { document, proposal: Proposal::default() };
    // What concerns one value is said in one go, since a schema that was replaced has no parts to change any more. So fields come first.
    let mut values: BTreeMap<(&str, &str, u16, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        match &finding.need {
            Need::Person(why) => maker.note(finding, why),
            Need::Field => maker.trying(&[finding], |maker| maker.field(finding)),
            Need::Optional => maker.trying(&[finding], |maker| maker.optional(finding)),
            Need::Status => maker.trying(&[finding], |maker| maker.status(finding)),
            Need::MediaType => maker.trying(&[finding], |maker| maker.media_type(finding)),
            Need::Null | Need::Types | Need::Texts | Need::Format | Need::Bounds | Need::Deprecated => {
                let Finding { stream, operation, status, pointer, .. } = finding;
                let status = if *status == 0 { PAGE } else { *status };
                values.entry((stream, operation, status, pointer)).or_default().push(finding);
            }
        }
    }
    for ((_, operation, status, pointer), findings) in values {
        maker.trying(&findings, |maker| {
            let places = maker.document.schemas(operation, status, pointer);
            if places.is_empty() {
                findings.iter().for_each(|finding| maker.not_found(finding));
            }
            for place in places {
                maker.allow(&place, &findings);
            }
        });
    }
    maker.proposal
}

struct Maker {
    /// As the actions so far make it.
    document: Document,
    proposal: Proposal,
}

impl Maker {
    /// Says of what needs nothing that it needs nothing.
    fn trying(&mut self, findings: &[&Finding], make: impl FnOnce(&mut Self)) {
        let before = (self.proposal.actions.len(), self.proposal.notes.len());
        make(self);
        if before == (self.proposal.actions.len(), self.proposal.notes.len()) {
            findings.iter().for_each(|finding| self.note(finding, "the document says it already"));
        }
    }

    /// Makes the schema of a value allow what is needed.
    fn allow(&mut self, place: &Place, findings: &[&Finding]) {
        let evidence = Evidence::of(findings);
        let needs = |need: &Need| findings.iter().any(|finding| finding.need == *need);
        let of = |need: Need| findings.iter().filter(move |finding| finding.need == need);
        let wrong: BTreeSet<&str> =
            of(Need::Types).flat_map(|finding| &finding.observed).map(String::as_str).collect();
        if !wrong.iter().all(|name| takes(&self.document, place, name)) {
            let always = of(Need::Types).map(|finding| finding.seen).sum::<u64>() * 100
                >= ALWAYS * of(Need::Types).map(|finding| finding.checked).max().unwrap_or_default();
            let Some(schema) = self.document.get(place) else { return };
            let new = self.retyped(schema, &wrong, always, needs(&Need::Null));
            let names: Vec<&str> = wrong.into_iter().collect();
            self.replace(place, new, &format!("{} comes as well", names.join(", ")), &evidence);
            return;
        }
        if needs(&Need::Format) {
            for part in self.with_key(place, "format") {
                self.remove(&part.with("format"), "texts are not written in that format", &evidence);
            }
        }
        let beyond = of(Need::Bounds).flat_map(|finding| &finding.observed);
        for keyword in beyond.filter_map(|observed| observed.strip_prefix("beyond ")) {
            self.unbound(place, keyword, &evidence);
        }
        let values: BTreeSet<&String> = of(Need::Texts).flat_map(|finding| &finding.values).collect();
        for part in self.with_key(place, "enum") {
            let listed = self.document.get(&part.with("enum")).and_then(Value::as_array);
            let is_new = |value: &&&String| {
                listed
                    .is_some_and(|listed| !listed.iter().any(|known| known.as_str() == Some(value.as_str())))
            };
            let values: Vec<&&String> = values.iter().filter(is_new).collect();
            if !values.is_empty() {
                self.update(&part.with("enum"), json!(values), "texts that are not listed", &evidence);
            }
        }
        if needs(&Need::Deprecated) {
            let schema = self.document.get(place);
            let says = |key: &str| schema.and_then(|schema| schema.get(key));
            if says("$ref").is_some() {
                findings.iter().for_each(|finding| {
                    self.note(
                        finding,
                        "the field's schema is shared; whether it is gone, people have to say",
                    );
                });
            } else if says("deprecated") != Some(&Value::Bool(true)) {
                self.update(place, json!({ "deprecated": true }), "no record has it any more", &evidence);
            }
        }
        if needs(&Need::Null) && !takes(&self.document, place, "null") {
            self.allow_null(place, &evidence);
        }
    }

    /// Takes a bound away. Which one would hold is not known, since no values are kept.
    fn unbound(&mut self, place: &Place, keyword: &str, evidence: &Evidence) {
        const WHY: &str = "values beyond it come";
        for part in self.with_key(place, keyword) {
            self.remove(&part.with(keyword), WHY, evidence);
        }
        // OpenAPI 3.0 writes a flag beside the bound.
        let flag = match keyword {
            "exclusiveMinimum" => "minimum",
            "exclusiveMaximum" => "maximum",
            _ => return,
        };
        if self.document.nullable() != Nullable::Type {
            for part in self.with_key(place, flag) {
                self.remove(&part.with(flag), WHY, evidence);
            }
        }
    }

    fn allow_null(&mut self, place: &Place, evidence: &Evidence) {
        const WHY: &str = "null comes as well";
        let Some(schema) = self.document.get(place).cloned() else { return };
        match (schema.get("type"), self.document.nullable()) {
            (Some(Value::String(_)), Nullable::Key(key)) => {
                self.update(place, json!({ key: true }), WHY, evidence);
            }
            (Some(Value::String(name)), Nullable::Type) => {
                // A text cannot become a list by an update.
                self.remove(&place.with("type"), WHY, evidence);
                self.update(place, json!({ "type": [name, "null"] }), WHY, evidence);
            }
            (Some(Value::Array(names)), _) => {
                if !names.iter().any(|name| name == "null") {
                    self.update(&place.with("type"), json!(["null"]), WHY, evidence);
                }
            }
            (_, Nullable::Key(key)) => {
                return self.replace(place, json!({ key: true, "allOf": [schema] }), WHY, evidence);
            }
            (_, Nullable::Type) => {
                return self.replace(place, json!({ "anyOf": [schema, { "type": "null" }] }), WHY, evidence);
            }
        }
        let listed = schema.get("enum").and_then(Value::as_array);
        if listed.is_some_and(|listed| !listed.contains(&Value::Null)) {
            self.update(&place.with("enum"), json!([null]), WHY, evidence);
        }
    }

    /// A schema that takes what came beside what it took.
    fn retyped(&self, schema: &Value, wrong: &BTreeSet<&str>, always: bool, null: bool) -> Value {
        let declared = declared(schema);
        let is_number = wrong.iter().eq(["number"].iter());
        let mut types = wrong.clone();
        let holds_declared = always || is_number && declared.contains(&"integer");
        if !holds_declared {
            types.extend(&declared);
        }
        let flag = match self.document.nullable() {
            Nullable::Key(key) => schema.get(key) == Some(&Value::Bool(true)),
            Nullable::Type => false,
        };
        if null || flag || declared.contains(&"null") {
            types.insert("null");
        }
        let known = !declared.is_empty() || always;
        let mut new = if known { typed(&types, self.document.nullable()) } else { json!({}) };
        if let (Some(new), Some(text)) = (new.as_object_mut(), schema.get("description")) {
            new.insert("description".to_owned(), text.clone());
        }
        new
    }

    fn field(&mut self, finding: &Finding) {
        let Some((parent, name)) = split(finding) else { return self.not_found(finding) };
        let evidence = Evidence::of(&[finding]);
        let owners = self.owners(finding, parent);
        // Where an object is composed, what lists properties already is the place for another one.
        let owner = owners.iter().find(|part| self.has(part, "properties")).or_else(|| owners.first());
        let Some(owner) = owner.cloned() else { return self.not_found(finding) };
        if owners.iter().any(|part| self.has(&part.with("properties"), &name)) {
            return;
        }
        // Any part of the object that allows no other field would still refuse it.
        for part in &owners {
            for key in ["additionalProperties", "unevaluatedProperties"] {
                let at = part.with(key);
                if self.document.get(&at) == Some(&Value::Bool(false)) {
                    self.remove(&at, "other fields come", &evidence);
                }
            }
        }
        let types: BTreeSet<&str> = finding.observed.iter().map(String::as_str).collect();
        let schema = typed(&types, self.document.nullable());
        if name == "*" {
            const WHY: &str = "keys that are data come";
            let rest = owner.with("additionalProperties");
            if self.document.get(&rest).is_some_and(Value::is_object) {
                if types.iter().all(|name| takes(&self.document, &rest, name)) {
                    return;
                }
                self.remove(&rest, WHY, &evidence);
            }
            self.update(&owner, json!({ "additionalProperties": schema }), WHY, &evidence);
            return;
        }
        let mut properties = Map::new();
        properties.insert(name, schema);
        self.update(&owner, json!({ "properties": properties }), "a field that is not described", &evidence);
    }

    fn optional(&mut self, finding: &Finding) {
        const WHY: &str = "some records lack it";
        let Some((parent, name)) = split(finding) else { return self.not_found(finding) };
        let evidence = Evidence::of(&[finding]);
        let owners = self.owners(finding, parent);
        if owners.is_empty() {
            return self.not_found(finding);
        }
        for part in owners {
            let at = part.with("required");
            let Some(required) = self.document.get(&at).and_then(Value::as_array) else { continue };
            if !required.iter().any(|known| known == &name) {
                continue;
            }
            if required.iter().all(|known| known == &name) {
                // A list without items is none in OpenAPI 3.0.
                self.remove(&at, WHY, &evidence);
                continue;
            }
            self.document.unlist(&at, &name);
            self.act(format!("{}[?@ == '{}']", jsonpath(&at), quoted(&name)), WHY, None, &evidence);
        }
    }

    fn status(&mut self, finding: &Finding) {
        let Some(operation) = self.document.operation(&finding.operation) else {
            return self.not_found(finding);
        };
        let status = finding.status.to_string();
        if self.has(&operation.with("responses"), &status) {
            return;
        }
        let mut responses = Map::new();
        responses.insert(status, json!({ "description": "Observed; not described by the vendor." }));
        let update = json!({ "responses": responses });
        self.update(&operation, update, "a status that is not described", &Evidence::of(&[finding]));
    }

    fn media_type(&mut self, finding: &Finding) {
        if finding.observed.iter().any(|name| name.contains("html")) {
            // A login page, or a proxy's: the document is right.
            return self
                .note(finding, "an HTML page in place of JSON; look at the base URL and the credential");
        }
        let Some(response) = self.document.response(&finding.operation, finding.status) else {
            return self.not_found(finding);
        };
        let content = response.with("content");
        if self.document.get(&content).is_none() {
            return self.note(finding, "add the media type to `produces`");
        }
        let names = finding.observed.iter().filter(|name| !self.has(&content, name));
        let new: Map<String, Value> = names.map(|name| (name.clone(), json!({}))).collect();
        if !new.is_empty() {
            let why = "a media type that is not described";
            self.update(&content, Value::Object(new), why, &Evidence::of(&[finding]));
        }
    }

    /// The schemas that say which fields an object has.
    fn owners(&self, finding: &Finding, parent: &str) -> Vec<Place> {
        let places = self.document.schemas(&finding.operation, finding.status, parent);
        places.iter().flat_map(|place| self.document.expanded(place)).collect()
    }

    /// The schemas of a value that say something by that key.
    fn with_key(&self, place: &Place, key: &str) -> Vec<Place> {
        self.document.expanded(place).into_iter().filter(|part| self.has(part, key)).collect()
    }

    fn has(&self, place: &Place, key: &str) -> bool {
        self.document.get(&place.with(key)).is_some()
    }

    fn remove(&mut self, place: &Place, why: &str, evidence: &Evidence) {
        self.document.remove(place);
        self.act(jsonpath(place), why, None, evidence);
    }

    fn update(&mut self, place: &Place, update: Value, why: &str, evidence: &Evidence) {
        self.document.update(place, &update);
        self.act(jsonpath(place), why, Some(update), evidence);
    }

    /// Puts another schema in the place of one.
    fn replace(&mut self, place: &Place, new: Value, why: &str, evidence: &Evidence) {
        let Some((last, parent)) = place.split() else { return };
        self.remove(place, why, evidence);
        let mut update = Map::new();
        update.insert(last, new);
        self.update(&parent, Value::Object(update), why, evidence);
    }

    /// An action that removes where it updates nothing.
    fn act(&mut self, target: String, why: &str, update: Option<Value>, evidence: &Evidence) {
        let (description, remove) = (why.to_owned(), update.is_none());
        let evidence = evidence.clone();
        self.proposal.actions.push(Action { target, description, remove, update, evidence });
    }

    fn not_found(&mut self, finding: &Finding) {
        self.note(finding, "the document does not describe the place, or describes it elsewhere");
    }

    fn note(&mut self, finding: &Finding, why: &str) {
        let Finding { stream, kind, pointer, .. } = finding;
        let at = if pointer.is_empty() { "the body" } else { pointer };
        self.proposal.notes.push(format!("{stream} {kind} at {at}: {why}"));
    }
}

/// The pointer of what holds a field, and the field's name.
fn split(finding: &Finding) -> Option<(&str, String)> {
    let (parent, name) = finding.pointer.rsplit_once('/')?;
    Some((parent, name.replace("~1", "/").replace("~0", "~")))
}

impl Evidence {
    fn of(findings: &[&Finding]) -> Self {
        let most = |value: fn(&Finding) -> u64| findings.iter().map(|of| value(of)).max().unwrap_or_default();
        let first = findings.first();
        Self {
            stream: first.map_or_else(String::new, |finding| finding.stream.clone()),
            kinds: findings.iter().map(|finding| finding.kind.clone()).collect(),
            pointer: first.map_or_else(String::new, |finding| finding.pointer.clone()),
            seen: most(|finding| finding.seen),
            checked: most(|finding| finding.checked),
            runs: most(|finding| finding.runs),
            first_seen: findings.iter().map(|finding| &finding.first_seen).min().cloned().unwrap_or_default(),
            last_seen: findings.iter().map(|finding| &finding.last_seen).max().cloned().unwrap_or_default(),
        }
    }
}
