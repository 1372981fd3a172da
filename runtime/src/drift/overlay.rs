//! A proposed overlay: what would make the document true again, with the evidence for it. It is for people to review, and applied by
//! nobody here. Form and rules: OpenAPI Overlay 1.1 (<https://spec.openapis.org/overlay/v1.1.0.html>).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::document::{Document, Place, jsonpath, quoted};
use super::{Kind, Report, ReportedFinding, ReportedStream, Status};

/// Records in a hundred that are of another type, from which on the declared type is taken for wrong rather than for one of several.
const ALWAYS: f64 = 0.99;

/// An overlay, in the order in which its keys are read.
#[derive(Serialize)]
struct Overlay {
    overlay: &'static str,
    info: Info,
    actions: Vec<Action>,
}

#[derive(Serialize)]
struct Info {
    title: String,
    version: String,
}

#[derive(Serialize)]
struct Action {
    target: String,
    description: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    remove: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<Value>,
    #[serde(rename = "x-drift")]
    evidence: Evidence,
}

/// Why an action is proposed.
#[derive(Clone, Serialize)]
struct Evidence {
    stream: &'static str,
    kinds: Vec<Kind>,
    pointer: String,
    seen: u64,
    checked: u64,
    runs: u64,
    first_seen: String,
    last_seen: String,
}

impl Evidence {
    fn of(stream: &ReportedStream, findings: &[&ReportedFinding]) -> Self {
        let most = |value: fn(&ReportedFinding) -> u64| {
            findings.iter().map(|of| value(of)).max().unwrap_or_default()
        };
        Self {
            stream: stream.name,
            kinds: findings.iter().map(|finding| finding.kind).collect(),
            pointer: findings.first().map(|finding| finding.pointer.clone()).unwrap_or_default(),
            seen: most(|finding| finding.seen),
            checked: most(|finding| finding.checked),
            runs: most(|finding| finding.runs),
            first_seen: findings
                .iter()
                .map(|finding| finding.first_seen)
                .min()
                .map_or_else(String::new, |at| at.to_string()),
            last_seen: findings
                .iter()
                .map(|finding| finding.last_seen)
                .max()
                .map_or_else(String::new, |at| at.to_string()),
        }
    }
}

/// An Overlay 1.1 that makes the document say what was observed, as YAML; what no overlay can say stands as comments at its head. What is new
/// is taken, with `all` also what is pending, accepted or of the baseline.
///
/// `document` is the document's text as its vendor wrote it, YAML or JSON.
///
/// # Errors
/// The document is no YAML.
pub fn overlay(report: &Report, document: &str, all: bool) -> Result<String, serde_yaml::Error> {
    let document = Document::read(document)?;
    let mut maker =
        Maker { document: &document, actions: Vec::new(), notes: Vec::new(), done: BTreeSet::new() };
    for stream in &report.streams {
        let taken = |finding: &&ReportedFinding| match finding.state {
            Status::New => true,
            Status::Resolved => false,
            _ => all,
        };
        maker.stream(stream, &stream.findings.iter().filter(taken).collect::<Vec<_>>());
    }
    let Maker { actions, notes, .. } = maker;
    let mut text = format!(
        "# Proposed by `{} drift`. Review it, then put what is right into overlay.yaml beside the document.\n",
        report.connector
    );
    for note in notes {
        text.push_str(&format!("# Not proposed: {}\n", note.replace(['\n', '\r'], " ")));
    }
    let info = Info {
        title: format!("What {} serves that its document does not say", report.connector),
        version: report.made_at.strftime("%F").to_string(),
    };
    if actions.is_empty() {
        // An overlay has one action at least.
        text.push_str("# There is nothing to propose.\n");
        return Ok(text);
    }
    Ok(text + &serde_yaml::to_string(&Overlay { overlay: "1.1.0", info, actions })?)
}

struct Maker<'d> {
    document: &'d Document,
    actions: Vec<Action>,
    notes: Vec<String>,
    /// Targets with what is done to them: two streams may share a schema.
    done: BTreeSet<String>,
}

/// What a value's schema has to allow.
#[derive(Default)]
struct Needs<'f> {
    findings: Vec<&'f ReportedFinding>,
    null: bool,
    types: BTreeSet<&'f str>,
    always: bool,
    values: BTreeSet<&'f str>,
    format: bool,
    /// Keywords that values do not keep.
    beyond: BTreeSet<&'f str>,
    deprecated: bool,
}

impl Maker<'_> {
    fn stream(&mut self, stream: &ReportedStream, findings: &[&ReportedFinding]) {
        // What concerns one value is said in one go, since a schema that was replaced has no parts to change any more.
        let mut needs: BTreeMap<(u16, &str), Needs<'_>> = BTreeMap::new();
        for finding in findings {
            let at = needs.entry((finding.status, finding.pointer.as_str()));
            match finding.kind {
                Kind::NullNotNullable => at.or_default().null = true,
                Kind::TypeWidened | Kind::TypeIncompatible | Kind::UnionNoBranch => {
                    let needs = at.or_default();
                    needs.types.extend(finding.observed.keys().map(String::as_str));
                    needs.always = finding.rate >= ALWAYS;
                }
                Kind::EnumUnknownValue if !finding.values.is_empty() => {
                    at.or_default().values.extend(finding.values.iter().map(String::as_str));
                }
                Kind::FormatMismatch => at.or_default().format = true,
                Kind::UnknownField | Kind::UnknownFieldClosed => {
                    self.unknown_field(stream, finding);
                    continue;
                }
                Kind::MissingRequired => {
                    self.missing_required(stream, finding);
                    continue;
                }
                Kind::UndocumentedStatus => {
                    self.undocumented_status(stream, finding);
                    continue;
                }
                Kind::UndocumentedContentType => {
                    self.undocumented_content_type(stream, finding);
                    continue;
                }
                Kind::ConstraintViolation => {
                    let beyond =
                        finding.observed.keys().filter_map(|observed| observed.strip_prefix("beyond "));
                    at.or_default().beyond.extend(beyond);
                }
                // Its schema is found by the status of the pages.
                Kind::FieldVanished => {
                    needs.entry((200, finding.pointer.as_str())).or_default().deprecated = true;
                    needs.entry((200, finding.pointer.as_str())).or_default().findings.push(finding);
                    continue;
                }
                _ => {
                    self.note(stream, finding, advice(finding.kind));
                    continue;
                }
            }
            if let Some(needs) = needs.get_mut(&(finding.status, finding.pointer.as_str())) {
                needs.findings.push(finding);
            }
        }
        for ((status, pointer), needs) in needs {
            let places = self.document.schemas(&stream.operation, status, pointer);
            if places.is_empty() {
                needs.findings.iter().for_each(|finding| self.not_found(stream, finding));
            }
            for place in places {
                self.allow(stream, &place, &needs);
            }
        }
    }

    /// Makes the schema of a value allow what is needed.
    fn allow(&mut self, stream: &ReportedStream, place: &Place, needs: &Needs<'_>) {
        let evidence = Evidence::of(stream, &needs.findings);
        let Some(schema) = self.document.get(place) else { return };
        if !needs.types.is_empty() {
            let new = self.retyped(schema, needs);
            let types: Vec<&str> = needs.types.iter().copied().collect();
            self.replace(place, new, &format!("{} comes as well", types.join(", ")), &evidence);
            return;
        }
        if needs.format {
            for part in self.with_key(place, "format") {
                self.remove(&part.with("format"), "texts are not written in that format", &evidence);
            }
        }
        for keyword in &needs.beyond {
            self.unbound(place, keyword, &evidence);
        }
        if !needs.values.is_empty() {
            let values: Vec<&str> = needs.values.iter().copied().collect();
            for part in self.with_key(place, "enum") {
                self.update(&part.with("enum"), json!(values), "texts that are not listed", &evidence);
            }
        }
        if needs.deprecated && schema.get("$ref").is_none() {
            self.update(place, json!({ "deprecated": true }), "no record has it any more", &evidence);
        }
        if needs.null {
            self.allow_null(place, schema, &evidence);
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
        if self.document.has_nullable() {
            for part in self.with_key(place, flag) {
                self.remove(&part.with(flag), WHY, evidence);
            }
        }
    }

    fn allow_null(&mut self, place: &Place, schema: &Value, evidence: &Evidence) {
        const WHY: &str = "null comes as well";
        let old = self.document.has_nullable();
        match schema.get("type") {
            Some(Value::String(_)) if old => self.update(place, json!({ "nullable": true }), WHY, evidence),
            Some(Value::String(name)) => {
                // A text cannot become a list by an update.
                self.remove(&place.with("type"), WHY, evidence);
                self.update(place, json!({ "type": [name, "null"] }), WHY, evidence);
            }
            Some(Value::Array(_)) => self.update(&place.with("type"), json!(["null"]), WHY, evidence),
            _ if old => {
                self.replace(place, json!({ "nullable": true, "allOf": [schema] }), WHY, evidence);
                return;
            }
            _ => {
                self.replace(place, json!({ "anyOf": [schema, { "type": "null" }] }), WHY, evidence);
                return;
            }
        }
        let listed = schema.get("enum").and_then(Value::as_array);
        if listed.is_some_and(|listed| !listed.contains(&Value::Null)) {
            self.update(&place.with("enum"), json!([null]), WHY, evidence);
        }
    }

    /// A schema that takes what came beside what it took.
    fn retyped(&self, schema: &Value, needs: &Needs<'_>) -> Value {
        let old = self.document.has_nullable();
        let declared: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let is_number = needs.types.iter().eq(["number"].iter());
        let mut types: BTreeSet<&str> = needs.types.clone();
        let holds_declared = needs.always || is_number && declared.contains(&"integer");
        if !holds_declared {
            types.extend(&declared);
        }
        let null =
            needs.null || declared.contains(&"null") || schema.get("nullable") == Some(&Value::Bool(true));
        if null {
            types.insert("null");
        }
        let known = !declared.is_empty() || needs.always;
        let mut new = if known { typed(&types, old) } else { json!({}) };
        if let (Some(new), Some(text)) = (new.as_object_mut(), schema.get("description")) {
            new.insert("description".to_owned(), text.clone());
        }
        new
    }

    fn unknown_field(&mut self, stream: &ReportedStream, finding: &ReportedFinding) {
        let Some((parent, name)) = finding.pointer.rsplit_once('/') else { return };
        let name = name.replace("~1", "/").replace("~0", "~");
        let evidence = Evidence::of(stream, &[finding]);
        let owners = self.owners(stream, finding, parent);
        // Where an object is composed, what lists properties already is the place for another one.
        let owner = owners.iter().find(|part| self.has(part, "properties")).or_else(|| owners.first());
        let Some(owner) = owner.cloned() else { return self.not_found(stream, finding) };
        // Any part of the object that allows no other field would still refuse it.
        for part in &owners {
            let at = part.with("additionalProperties");
            if self.document.get(&at) == Some(&Value::Bool(false)) {
                self.remove(&at, "other fields come", &evidence);
            }
        }
        let types: BTreeSet<&str> = finding.observed.keys().map(String::as_str).collect();
        let schema = typed(&types, self.document.has_nullable());
        if name == "*" {
            let held = self.document.get(&owner.with("additionalProperties"));
            if held.is_some_and(|held| *held != Value::Bool(false)) {
                self.remove(&owner.with("additionalProperties"), "keys that are data come", &evidence);
            }
            self.update(
                &owner,
                json!({ "additionalProperties": schema }),
                "keys that are data come",
                &evidence,
            );
            return;
        }
        let mut properties = Map::new();
        properties.insert(name, schema);
        self.update(&owner, json!({ "properties": properties }), "a field that is not described", &evidence);
    }

    fn missing_required(&mut self, stream: &ReportedStream, finding: &ReportedFinding) {
        let Some((parent, name)) = finding.pointer.rsplit_once('/') else { return };
        let name = name.replace("~1", "/").replace("~0", "~");
        let evidence = Evidence::of(stream, &[finding]);
        let mut found = false;
        for part in self.owners(stream, finding, parent) {
            let at = part.with("required");
            let Some(required) = self.document.get(&at).and_then(Value::as_array) else { continue };
            if !required.iter().any(|known| known == &name) {
                continue;
            }
            found = true;
            if required.len() == 1 {
                // A list without items is none in OpenAPI 3.0.
                self.remove(&at, "some records lack it", &evidence);
            } else {
                let target = format!("{}[?@ == '{}']", jsonpath(&at), quoted(&name));
                self.act(Action {
                    target,
                    description: "some records lack it".to_owned(),
                    remove: true,
                    update: None,
                    evidence: evidence.clone(),
                });
            }
        }
        if !found {
            self.not_found(stream, finding);
        }
    }

    fn undocumented_status(&mut self, stream: &ReportedStream, finding: &ReportedFinding) {
        let Some(operation) = self.document.operation(&stream.operation) else {
            return self.not_found(stream, finding);
        };
        let mut responses = Map::new();
        responses.insert(
            finding.status.to_string(),
            json!({ "description": "Observed; not described by the vendor." }),
        );
        let evidence = Evidence::of(stream, &[finding]);
        self.update(
            &operation,
            json!({ "responses": responses }),
            "a status that is not described",
            &evidence,
        );
    }

    fn undocumented_content_type(&mut self, stream: &ReportedStream, finding: &ReportedFinding) {
        if finding.observed.keys().any(|name| name.contains("html")) {
            // A login page, or a proxy's: the document is right.
            return self.note(
                stream,
                finding,
                "an HTML page in place of JSON; look at the base URL and the credential",
            );
        }
        let Some(response) = self.document.response(&stream.operation, finding.status) else {
            return self.not_found(stream, finding);
        };
        if !self.has(&response, "content") {
            return self.note(stream, finding, "add the media type to `produces`");
        }
        let content: Map<String, Value> =
            finding.observed.keys().map(|name| (name.clone(), json!({}))).collect();
        let evidence = Evidence::of(stream, &[finding]);
        self.update(
            &response.with("content"),
            Value::Object(content),
            "a media type that is not described",
            &evidence,
        );
    }

    fn owners(&self, stream: &ReportedStream, finding: &ReportedFinding, parent: &str) -> Vec<Place> {
        let places = self.document.schemas(&stream.operation, finding.status, parent);
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
        let (target, description) = (jsonpath(place), why.to_owned());
        self.act(Action { target, description, remove: true, update: None, evidence: evidence.clone() });
    }

    fn update(&mut self, place: &Place, update: Value, why: &str, evidence: &Evidence) {
        let (target, description) = (jsonpath(place), why.to_owned());
        self.act(Action {
            target,
            description,
            remove: false,
            update: Some(update),
            evidence: evidence.clone(),
        });
    }

    /// Puts another schema in the place of one.
    fn replace(&mut self, place: &Place, new: Value, why: &str, evidence: &Evidence) {
        let Some((last, parent)) = place.split() else { return };
        self.remove(place, why, evidence);
        let mut update = Map::new();
        update.insert(last, new);
        self.update(&parent, Value::Object(update), why, evidence);
    }

    fn act(&mut self, action: Action) {
        let what = action.update.as_ref().map_or_else(|| "remove".to_owned(), Value::to_string);
        if self.done.insert(format!("{} {what}", action.target)) {
            self.actions.push(action);
        }
    }

    fn not_found(&mut self, stream: &ReportedStream, finding: &ReportedFinding) {
        self.note(stream, finding, "the document does not describe the place, or describes it elsewhere");
    }

    fn note(&mut self, stream: &ReportedStream, finding: &ReportedFinding, why: &str) {
        self.notes.push(format!("{} {} at {}: {why}", stream.name, finding.kind, finding.pointer));
    }
}

/// A schema of these types.
fn typed(types: &BTreeSet<&str>, old: bool) -> Value {
    let null = types.contains("null");
    let mut others: Vec<&str> = types.iter().copied().filter(|name| *name != "null").collect();
    if others.contains(&"number") {
        others.retain(|name| *name != "integer");
    }
    let mut schema = Map::new();
    match others.as_slice() {
        // Nothing but null says nothing of what else may come.
        [] => return json!({}),
        [only] if old || !null => {
            schema.insert("type".to_owned(), json!(only));
        }
        _ if old => return json!({}),
        _ => {
            let all: Vec<&str> = others.iter().copied().chain(null.then_some("null")).collect();
            schema.insert("type".to_owned(), json!(all));
        }
    }
    if old && null {
        schema.insert("nullable".to_owned(), json!(true));
    }
    if others.contains(&"array") {
        schema.insert("items".to_owned(), json!({}));
    }
    Value::Object(schema)
}

fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::EnumUnknownValue => {
            "which texts came is not kept; `drift: { keep_enum_values: true }` of the stream keeps them"
        }
        Kind::RecordPathMissing => "look at the stream's `records` in the manifest",
        Kind::KeyMissing => "look at the stream's `key` in the manifest",
        Kind::CursorLost => "look at the stream's `cursor` in the manifest",
        Kind::PagingContract | Kind::PagingUndeclared | Kind::TotalMismatch => {
            "look at `paging` in the manifest"
        }
        Kind::LimitHeaderUndeclared => "look at `limits` in the manifest",
        Kind::RenameCandidate => "a field may have another name now; people have to say",
        Kind::DiscriminatorUnknown => "what the variant holds has to be described by people",
        _ => "an overlay cannot say it",
    }
}
