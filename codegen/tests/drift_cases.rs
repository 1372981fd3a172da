//! The pairs of documents of `../shared/drift-cases`, with the change that a differ must see in each, and the pairs in which it must see
//! none. Where this differ says something else on purpose, `tests/drift-waivers.tsv` says why; a waiver that no case and no kind of
//! the catalogue needs fails.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its cases has to stop")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use linchpin_codegen::date::Date;
use linchpin_codegen::drift::{self, Change, Class, Options};
use linchpin_codegen::source::SourceFiles;
use serde_json::Value;

/// The day that cases which depend on one were recorded for.
const TODAY: &str = "2026-11-21";

fn cases() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/drift-cases");
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} is not there, so no case was compared", folder.display());
        return None;
    }
    Some(folder)
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn options(case: &Value) -> Options {
    let mut options = Options::new(TODAY.parse::<Date>().expect("a day"));
    for (key, value) in case.get("options").and_then(Value::as_object).into_iter().flatten() {
        let number = || value.as_u64().and_then(|days| u32::try_from(days).ok()).expect("days");
        match key.as_str() {
            "deprecation-days-stable" => options.deprecation_days_stable = number(),
            "deprecation-days-beta" => options.deprecation_days_beta = number(),
            "stability-level" => {
                options.stability = value.as_str().expect("a level").parse().expect("a level");
            }
            "match-inline-refs" => options.match_inline_references = value.as_bool().expect("a flag"),
            other => panic!("the option `{other}` is not known"),
        }
    }
    options
}

/// Compares the pair of a case; a pair with the same options once.
#[derive(Default)]
struct Compared(HashMap<(String, String, String), Vec<Change>>);

impl Compared {
    fn of(&mut self, folder: &Path, case: &Value) -> &[Change] {
        let (base, revision) = (text(case, "base").to_owned(), text(case, "revision").to_owned());
        let key = (base, revision, case.get("options").map(Value::to_string).unwrap_or_default());
        self.0.entry(key).or_insert_with_key(|(base, revision, _)| {
            let mut files = SourceFiles::new();
            let mut read = |name: &str| {
                let (tree, found) = drift::read(&mut files, &folder.join(name));
                tree.unwrap_or_else(|| panic!("{name}: {found:?}"))
            };
            let (base, revision) = (read(base), read(revision));
            let (report, found) = drift::compare(&files, &base, &revision, &options(case));
            report.unwrap_or_else(|| panic!("{}: {found:?}", text(case, "case"))).changes
        })
    }
}

fn classes(level: &str) -> &'static [Class] {
    match level.to_ascii_uppercase().as_str() {
        "ERR" | "ERROR" => &[Class::Breaking],
        "WARN" | "WARNING" => &[Class::Risky],
        _ => &[Class::Additive, Class::Editorial],
    }
}

/// The lines of `tests/drift-waivers.tsv`: the id, what the peer says, what is said here, and the line.
fn waivers() -> BTreeMap<(String, String, String), usize> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/drift-waivers.tsv");
    let held = std::fs::read_to_string(&path).expect("tests/drift-waivers.tsv");
    let mut waivers = BTreeMap::new();
    for (number, line) in
        (1..).zip(held.lines()).filter(|(_, line)| !line.starts_with('#') && !line.is_empty())
    {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, peer, here, reason] = fields.as_slice() else {
            panic!("drift-waivers.tsv:{number}: {line}")
        };
        assert!(reason.len() > 20, "drift-waivers.tsv:{number}: a reason is a sentence: {line}");
        let key = ((*id).to_owned(), (*peer).to_owned(), (*here).to_owned());
        let twice = waivers.insert(key, number);
        assert!(twice.is_none(), "drift-waivers.tsv:{number}: stands twice: {line}");
    }
    waivers
}

#[test]
fn cases_and_catalogue_agree_with_the_peer_or_say_why_not() {
    let Some(folder) = cases() else { return };
    let waivers = waivers();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut compared = Compared::default();
    let (mut strict, mut good, mut waived) = (0, 0, 0);
    let mut failures = Vec::new();
    for case in json(&folder.join("cases.json")).as_array().expect("cases") {
        let changes = compared.of(&folder, case);
        let (id, level) = (text(case, "id"), text(case, "level"));
        let operation = format!("{} {}", text(case, "operation"), text(case, "path"));
        let operation = operation.trim();
        let at: Vec<&Change> = changes
            .iter()
            .filter(|change| change.id == id)
            .filter(|change| operation.is_empty() || change.operations.iter().any(|other| other == operation))
            .collect();
        let counts = case.get("strict").and_then(Value::as_bool).unwrap_or_default();
        strict += usize::from(counts);
        if at.iter().any(|change| classes(level).contains(&change.class)) {
            good += usize::from(counts);
            continue;
        }
        let here = at.first().map_or("absent", |change| change.class.as_str());
        let waiver = waivers.get(&(id.to_owned(), level.to_owned(), here.to_owned()));
        if let Some(line) = waiver {
            used.insert(*line);
            waived += usize::from(counts);
            continue;
        }
        if counts {
            let found: Vec<String> = changes
                .iter()
                .map(|change| format!("{} {} {}", change.class, change.id, change.operations.join(", ")))
                .collect();
            failures.push(format!(
                "{}: {level} {id} at `{operation}`, here {here}: {} -> {}\n    {}\n    found: {}",
                text(case, "case"),
                text(case, "base"),
                text(case, "revision"),
                text(case, "text"),
                found.join("; ")
            ));
        }
    }
    println!(
        "strict cases: {strict}; as the peer's test says: {good}; waived: {waived}; failed: {}",
        failures.len()
    );

    let known: BTreeMap<String, Class> = drift::ids().into_iter().collect();
    for check in json(&folder.join("oasdiff-checks.json")).as_array().expect("checks") {
        let (id, level) = (text(check, "id"), text(check, "level"));
        let peer = match level {
            "error" => "ERR",
            "warning" => "WARN",
            _ => "INFO",
        };
        let here = match known.get(id) {
            Some(class) if classes(level).contains(class) => continue,
            Some(class) => class.as_str(),
            None => "absent",
        };
        match waivers.get(&(id.to_owned(), peer.to_owned(), here.to_owned())) {
            Some(line) => {
                used.insert(*line);
            }
            None => failures.push(format!("catalogue: {id}\t{peer}\t{here}")),
        }
    }
    for ((id, peer, here), line) in &waivers {
        if !used.contains(line) {
            failures.push(format!("drift-waivers.tsv:{line}: nothing needs `{id}` {peer} {here}"));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(good * 100 >= strict * 90, "waivers are for what differs on purpose: {good} of {strict}");
}

#[test]
fn negatives_are_quiet() {
    let Some(folder) = cases() else { return };
    let mut compared = Compared::default();
    let mut failures = Vec::new();
    for case in json(&folder.join("negatives.json")).as_array().expect("negatives") {
        let least = match text(case, "min_level") {
            "ERR" => Class::Breaking,
            "WARN" => Class::Risky,
            _ => Class::Editorial,
        };
        let absent = case.get("absent_ids").expect("ids");
        let meant = |id: &str| {
            absent.as_str() == Some("all")
                || absent.as_array().is_some_and(|ids| ids.iter().any(|other| other.as_str() == Some(id)))
        };
        for change in compared.of(&folder, case) {
            if change.class >= least && meant(&change.id) {
                failures.push(format!(
                    "{}: {} -> {}: {} {}: {}",
                    text(case, "case"),
                    text(case, "base"),
                    text(case, "revision"),
                    change.class,
                    change.id,
                    change.text
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
