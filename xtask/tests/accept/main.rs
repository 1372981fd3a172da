//! `cargo xtask accept` on real trees: a revision is put in place whole or not at all.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

#[path = "../support/mod.rs"]
mod support;
mod tree;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{ended, xtask};
use tree::{Tree, glance, same, shared};

const DOCUMENT: &str = r##"openapi: 3.1.0
info: { title: Acme, version: "1" }
paths:
  /things:
    get:
      operationId: listThings
      parameters: [ { name: limit, in: query, schema: { type: integer, maximum: 200 } }, { name: after, in: query, schema: { type: string } } ]
      responses:
        "200":
          description: All.
          content: { application/json: { schema: { type: object, required: [ things ], properties: { next: { type: string }, things: { type: array, items: { $ref: "#/components/schemas/Thing" } } } } } }
  /others:
    get: { operationId: listOthers, responses: { "204": { description: None. } } }
components:
  schemas:
    Thing: { type: object, required: [ id ], properties: { id: { type: integer }, name: { type: string } } }
"##;

const MANIFEST: &str = r#"version: 1
name: acme
document: openapi.yaml
description: Things.
server: { url: https://api.acme.example }
auth: { none: {} }
operations: [ listThings ]
paging:
  cursors: { cursor: { parameter: after, next: next }, size: { parameter: limit, value: 100 } }
streams:
  things: { operation: listThings, records: things, key: id }
"#;

fn acme() -> Tree {
    Tree::new("acme", MANIFEST, ("openapi.yaml", DOCUMENT.as_bytes()))
}

fn revision(tree: &Tree, from: &str, to: &str) -> PathBuf {
    assert!(DOCUMENT.contains(from), "{from}");
    let path = tree.folder.path().join("revision.yaml");
    fs::write(&path, DOCUMENT.replace(from, to)).expect("the revision");
    path
}

const MORE: (&str, &str) = ("name: { type: string }", "name: { type: string }, size: { type: integer }");

#[test]
fn a_dry_run_tells_everything_and_writes_nothing_and_the_real_one_does_it() {
    let tree = acme();
    let revised = revision(&tree, MORE.0, MORE.1);
    let before = tree.held();
    let told =
        ended(&tree.accept(&revised, &["--dry-run", "--format", "json"]).output().expect("a process"), 0);
    same(&before, &tree.held(), "after a dry run");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["assessment"]["next_version"], "0.1.1", "{told:#}");
    assert_eq!(told["assessment"]["api"]["added"], serde_json::json!(["Thing.size"]), "{told:#}");
    ended(&tree.accept(&revised, &[]).output().expect("a process"), 0);
    let read = |path: PathBuf| {
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    assert!(read(tree.specs().join("connector.lock")).contains("version: \"0.1.1\""));
    assert!(read(tree.generated().join("Cargo.toml")).contains("version = \"0.1.1\""));
    assert!(read(tree.generated().join("src/types/things.rs")).contains("pub size: Option<i64>"));
    let changelog = read(tree.specs().join("CHANGELOG.md"));
    assert!(changelog.contains("the optional property `size` was added"), "{changelog}");
    assert!(!tree.folder.path().join("specs/.accept-acme").exists());
    let after = tree.held();
    ended(&tree.accept(&revised, &[]).output().expect("a process"), 0);
    same(&after, &tree.held(), "after accepting the same again");
}

#[test]
fn what_was_decided_about_the_changes_of_a_revision_goes_with_it_and_the_rest_stays() {
    const MET: &str = "  # the thing grew\n  - id: response-optional-property-added\n    revision: /components/schemas/Thing/properties/size\n    reason: nobody reads it\n    # expires: YYYY-MM-DD\n";
    const OTHER: &str = "  # what this is about does not come with the revision\n  - { id: response-optional-property-added, revision: /components/schemas/Other/properties/size, reason: yet to come }\n";
    const HEAD: &str = "# Ours.\noverrides: [ { id: response-optional-property-added, class: risky, reason: we count } ] # why\n";
    let tree = acme();
    let revised = revision(&tree, MORE.0, MORE.1);
    let decisions = tree.specs().join("drift.yaml");
    let drift = || {
        let mut command = xtask();
        command.arg("drift").arg("--from").arg(tree.specs()).arg("--against").arg(&revised);
        command.args(["--fail-on", "risky"]).output().expect("a process")
    };
    fs::write(&decisions, format!("{HEAD}accepted:\n{MET}")).expect("the decisions");
    ended(&drift(), 0);
    fs::write(&decisions, format!("{HEAD}accepted:\n{MET}{OTHER}")).expect("the decisions");
    ended(&drift(), 3);

    let before = tree.held();
    let output = tree.accept(&revised, &["--dry-run"]).output().expect("a process");
    let text = ended(&output, 0).split_whitespace().collect::<Vec<_>>().join(" ");
    same(&before, &tree.held(), "after a dry run");
    let told = "Would take out of drift.yaml what is no change any more: line 5: response-optional-property-added, \
                /components/schemas/Thing/properties/size: nobody reads it";
    assert!(text.contains(told) && text.contains("by drift.yaml (notices without it): we count"), "{text}");
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(warned.contains("warning[D103]") && warned.contains("drift.yaml:10:"), "{warned}");

    let output = tree.accept(&revised, &["--format", "json"]).output().expect("a process");
    let told: Value = serde_json::from_str(&ended(&output, 0)).expect("JSON");
    let entries = told["settled"].as_array().expect("a list");
    assert_eq!(entries.len(), 1, "{told:#}");
    assert_eq!(
        (&entries[0]["line"], &entries[0]["reason"]),
        (&5.into(), &"nobody reads it".into()),
        "{told:#}"
    );
    let written = told["write"].as_array().expect("a list");
    assert!(
        written.iter().any(|path| path.as_str().is_some_and(|path| path.ends_with("drift.yaml"))),
        "{told:#}"
    );
    let left = fs::read_to_string(&decisions).expect("the decisions");
    assert_eq!(left, format!("{HEAD}accepted:\n{OTHER}"));
    ended(&drift(), 3);

    // With nothing else in it the list is empty, and the next comparison quiet.
    fs::write(&revised, DOCUMENT).expect("the revision");
    let gone = MET.replace("-added", "-removed").replace("revision:", "base:");
    fs::write(&decisions, format!("{HEAD}accepted:\n{gone}")).expect("the decisions");
    ended(&tree.accept(&revised, &[]).output().expect("a process"), 0);
    let left = fs::read_to_string(&decisions).expect("the decisions");
    assert_eq!(left, format!("{HEAD}accepted: []\n"));
    ended(&drift(), 0);

    // What cannot be read decides nothing, and nothing is changed without it.
    fs::write(&decisions, "acepted: []\n").expect("the decisions");
    let before = tree.held();
    ended(&tree.accept(&revised, &[]).output().expect("a process"), 2);
    same(&before, &tree.held(), "after decisions that cannot be read");
}

#[test]
fn what_breaks_is_refused_with_a_patch_that_can_be_taken() {
    let tree = acme();
    let revised = revision(&tree, "name: limit", "name: page_limit");
    let before = tree.held();
    let output = tree.accept(&revised, &[]).output().expect("a process");
    let told = ended(&output, 1);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("loses the parameter of its page size, `limit`"), "{told}");
    same(&before, &tree.held(), "after a refusal");
    // From where it was called, the patch is one that others take.
    let mut command = tree.accept(&revised, &["--dry-run", "--format", "json"]);
    let output = command.current_dir(tree.folder.path()).output().expect("a process");
    let told: Value = serde_json::from_str(&ended(&output, 1)).expect("JSON");
    let patch = tree.folder.path().join("manifest.patch");
    fs::write(&patch, told["patch"].as_str().expect("a patch")).expect("the patch");
    let git = Command::new("git").args(["apply", "manifest.patch"]).current_dir(tree.folder.path()).output();
    match git {
        Err(_) => eprintln!("SKIPPED: no `git` here, so the proposed patch was not applied by it"),
        Ok(output) => {
            ended(&output, 0);
            let manifest = fs::read_to_string(tree.specs().join("connector.yaml")).expect("the manifest");
            assert!(manifest.contains("parameter: page_limit"), "{manifest}");
        }
    }
    fs::write(tree.specs().join("connector.yaml"), MANIFEST).expect("the manifest");
    ended(&tree.accept(&revised, &["--edit-manifest"]).output().expect("a process"), 0);
    let manifest = fs::read_to_string(tree.specs().join("connector.yaml")).expect("the manifest");
    assert!(manifest.contains("size: { parameter: page_limit, value: 100 }"), "{manifest}");
}

#[test]
fn edits_that_were_not_taken_are_left_with_a_word() {
    let tree = acme();
    let revised = revision(
        &tree,
        "name: limit, in: query, schema: { type: integer",
        "name: limit, in: query, schema: { maximum: 50, type: integer",
    );
    let mut command = tree.accept(&revised, &[]);
    let output = command.output().expect("a process");
    let told = ended(&output, 0);
    assert!(told.contains("value: 50"), "{told}");
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(warned.contains("were not taken; `git apply "), "{warned}");
    assert!(warned.contains("what breaks at connector.yaml:9 fails when the connector runs"), "{warned}");
    let notes = fs::read_to_string(tree.specs().join("RELEASE-NOTES.md")).expect("the notes");
    assert!(notes.contains("The version stays as it is."), "{notes}");
}

#[test]
fn documents_are_compared_as_the_team_has_written_down() {
    const ENTRY: &str = "accepted:\n  - { id: api-deprecated-sunset-missing, base: /paths/~1things/get, revision: /paths/~1things/get/deprecated, reason: they told us }\n";
    let tree = acme();
    let revised =
        revision(&tree, "operationId: listThings", "operationId: listThings\n      deprecated: true");
    let decisions = tree.specs().join("drift.yaml");
    let drift = |more: &[&str]| {
        let mut command = xtask();
        command.arg("drift").arg("--from").arg(tree.specs()).arg("--against").arg(&revised);
        command.args(["--format", "json"]).args(more).output().expect("a process")
    };
    let ids = |output: &Output| {
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let changes = told["changes"].as_array().expect("a list");
        changes.iter().map(|change| change["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    const STRICT: &str = "compare: { deprecation_days_stable: 180 }\n";
    for (what, text, more, expected) in [
        ("nothing said", "", &[][..], "endpoint-deprecated"),
        ("by the file", STRICT, &[], "api-deprecated-sunset-missing"),
        (
            "by the command line before the file",
            STRICT,
            &["--deprecation-days-stable", "0"],
            "endpoint-deprecated",
        ),
        ("by the command line", "", &["--deprecation-days-stable", "180"], "api-deprecated-sunset-missing"),
    ] {
        fs::write(&decisions, format!("{text}overrides: []\n")).expect("the decisions");
        assert_eq!(ids(&drift(more)), [expected], "{what}");
    }
    for (compare, settled) in [(STRICT, 1), ("", 0)] {
        fs::write(&decisions, format!("{compare}{ENTRY}")).expect("the decisions");
        let output = tree.accept(&revised, &["--dry-run", "--format", "json"]).output().expect("a process");
        let told: Value = serde_json::from_str(&ended(&output, 0)).expect("JSON");
        let entries = told["settled"].as_array().map_or(0, Vec::len);
        assert_eq!(entries, settled, "{compare:?}: {told:#}");
    }
    for wrong in [
        "compare: { stability_level: sable }",
        "compare: { deprecation_days_stable: -1 }",
        "compare: { days: 1 }",
    ] {
        fs::write(&decisions, format!("{wrong}\n")).expect("the decisions");
        for output in [drift(&[]), tree.accept(&revised, &[]).output().expect("a process")] {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{wrong}: {told}");
            assert!(told.contains("drift.yaml:1:"), "{wrong}: {told}");
        }
    }
}

#[test]
fn a_version_says_what_differs_from_another_checkout() {
    let tree = acme();
    let before = tree.folder.path().join("before/specs/acme");
    fs::create_dir_all(&before).expect("a folder");
    for file in ["connector.yaml", "openapi.yaml", "connector.lock"] {
        fs::copy(tree.specs().join(file), before.join(file)).expect(file);
    }
    let checkout = tree.folder.path().join("before");
    let generate = |more: &[&str]| {
        let mut command = xtask();
        command.arg("generate").arg("--from").arg(tree.specs()).arg("--into").arg(tree.generated());
        command.arg("--since").arg(&checkout).args(more).output().expect("a process")
    };
    let version = || {
        let lock = fs::read_to_string(tree.specs().join("connector.lock")).expect("the lock file");
        lock.lines().find_map(|line| line.strip_prefix("version: ").map(str::to_owned))
    };
    ended(&generate(&["--check"]), 0);
    for (change, asked, told) in [
        (MORE, "0.1.1", "added: Thing.size"),
        (OTHER, "0.2.0", "changed: Thing.name from Option<String> to Option<i64>"),
    ] {
        fs::write(tree.specs().join("openapi.yaml"), DOCUMENT.replace(change.0, change.1))
            .expect("the document");
        fs::copy(before.join("connector.lock"), tree.specs().join("connector.lock")).expect("the lock file");
        let checked = ended(&generate(&["--check"]), 1);
        assert!(checked.contains(&format!("asks for {asked}")) && checked.contains(told), "{checked}");
        ended(&generate(&[]), 0);
        assert_eq!(version().as_deref(), Some(format!("\"{asked}\"").as_str()));
        ended(&generate(&["--check"]), 0);
    }
    // A higher one says it too.
    let lock = tree.specs().join("connector.lock");
    let text = fs::read_to_string(&lock).expect("the lock file");
    fs::write(&lock, text.replace("\"0.2.0\"", "\"1.0.0\"")).expect("the lock file");
    ended(&generate(&[]), 0);
    assert_eq!(version().as_deref(), Some("\"1.0.0\""));
    // What the checkout does not have is new, and a folder that is none is a mistake.
    fs::rename(&before, checkout.join("specs/other")).expect("a folder");
    ended(&generate(&["--check"]), 0);
    fs::remove_dir_all(&checkout).expect("a folder");
    let output = generate(&["--check"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && told.contains("is no checkout"), "{told}");
}

#[test]
fn a_build_that_fails_and_a_process_that_is_killed_change_nothing() {
    let tree = acme();
    let revised = revision(&tree, OTHER.0, OTHER.1);
    let tests = tree.generated().join("tests");
    fs::create_dir_all(&tests).expect("a folder");
    fs::write(tests.join("mine.rs"), "#[test]\nfn mine() { linchpin_acme::not_there(); }\n").expect("a test");
    let before = tree.held();
    let output = tree.accept(&revised, &["--keep-old"]).output().expect("a process");
    ended(&output, 1);
    same(&before, &tree.held(), "after a build that failed");
    let mut child = tree
        .accept(&revised, &["--keep-old"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let staged = tree.folder.path().join("specs/.accept-acme/check/Cargo.toml");
    while !staged.exists() {
        assert!(child.try_wait().expect("its state").is_none(), "it ended before it was killed");
        glance();
    }
    child.kill().expect("a process to kill");
    child.wait().expect("its end");
    fs::remove_dir_all(&tests).expect("the tests");
    // The next one cleans up what the killed one left.
    ended(&tree.accept(&revised, &["--keep-old", "--dry-run"]).output().expect("a process"), 0);
    let mut before = before;
    before.retain(|path, _| !path.starts_with(&tests));
    same(&before, &tree.held(), "after one that was killed");
}

const OTHER: (&str, &str) = ("name: { type: string }", "name: { type: integer }");

#[test]
fn an_old_shape_is_kept_until_its_day_and_goes_with_the_next_acceptance() {
    let tree = acme();
    let revised = revision(&tree, OTHER.0, OTHER.1);
    let keep = ["--keep-old", "--until", "2099-12-31"];
    let before = tree.held();
    let dry = [&keep[..], &["--dry-run", "--format", "json"]].concat();
    let told = ended(&tree.accept(&revised, &dry).output().expect("a process"), 0);
    same(&before, &tree.held(), "after a dry run");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["assessment"]["bump"], "major", "the plain name has the new shape: {told:#}");
    let added = told["assessment"]["api"]["added"].as_array().expect("a list");
    let [method] = added.as_slice() else { panic!("{added:?}") };
    let name =
        method.as_str().and_then(|method| method.strip_prefix("Client::list_things_")).expect("a method");
    let name = name.trim_end_matches("()").to_owned();

    ended(&tree.accept(&revised, &keep).output().expect("a process"), 0);
    let read = |path: PathBuf| {
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let manifest = read(tree.specs().join("connector.yaml"));
    let line = format!("  {name}: {{ until: 2099-12-31, operations: [ \"listThings\" ] }}\n");
    assert!(
        manifest.starts_with(MANIFEST) && manifest.ends_with(&format!("previous:\n{line}")),
        "{manifest}"
    );
    let kept = tree.specs().join("previous").join(&name);
    let document = read(kept.join("openapi.yaml"));
    assert!(
        document.contains("\"/things\"") && !document.contains("/others"),
        "what is not called is not kept: {document}"
    );
    assert_eq!(read(kept.join("connector.yaml")), MANIFEST);
    assert!(read(tree.specs().join("connector.lock")).contains(&format!("\"previous/{name}/openapi.yaml\"")));
    let old = read(tree.generated().join(format!("src/previous/{name}/types/things.rs")));
    assert!(old.contains("pub name: Option<String>"), "{old}");
    assert!(read(tree.generated().join("src/types/things.rs")).contains("pub name: Option<i64>"));
    for file in ["CHANGELOG.md", "RELEASE-NOTES.md"] {
        let text = read(tree.specs().join(file));
        assert!(
            text.contains(&format!("- `list_things_{name}()`, `GET /things`, until 2099-12-31")),
            "{text}"
        );
        assert!(text.contains(&format!("page by page: `things` from `list_things_{name}()`.")), "{text}");
    }
    let after = tree.held();
    ended(&tree.accept(&revised, &["--keep-old"]).output().expect("a process"), 0);
    same(&after, &tree.held(), "after accepting the same again: nothing breaks, so nothing is kept");

    let again = revision(&tree, OTHER.0, "name: { type: boolean }");
    ended(&tree.accept(&again, &keep).output().expect("a process"), 0);
    let both = read(tree.specs().join("connector.yaml"));
    let second = format!("  {name}_2: {{ until: 2099-12-31, operations: [ \"listThings\" ] }}\n");
    assert_eq!(both, format!("{manifest}{second}"), "the next one stands beside the first");
    let inner = read(tree.specs().join("previous").join(format!("{name}_2")).join("connector.yaml"));
    assert_eq!(inner, MANIFEST, "what is kept keeps nothing itself");

    fs::write(tree.specs().join("connector.yaml"), both.replace("2099-12-31", "2020-01-01"))
        .expect("the day");
    let output = xtask()
        .args(["generate", "--from"])
        .arg(tree.specs())
        .arg("--into")
        .arg(tree.generated())
        .output()
        .expect("a process");
    ended(&output, 0);
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        warned.contains("warning[D112]") && warned.contains("were to be kept until 2020-01-01"),
        "{warned}"
    );
    ended(&tree.accept(&again, &[]).output().expect("a process"), 0);
    assert_eq!(read(tree.specs().join("connector.yaml")), MANIFEST);
    assert!(!tree.specs().join("previous").exists() && !tree.generated().join("src/previous").exists());
    assert!(read(tree.generated().join("Cargo.toml")).contains("version = \"0.4.0\""));
    let changelog = read(tree.specs().join("CHANGELOG.md"));
    for name in [name.clone(), format!("{name}_2")] {
        assert!(changelog.contains(&format!("- removed: `Client::list_things_{name}()`")), "{changelog}");
    }
}

/// The operations of the connector that the test below accepts a revision for.
const GITHUB: &str = include_str!("../github/connector.yaml");

#[test]
fn github_old_to_new_is_accepted_and_the_changelog_names_what_matters_there_and_no_more() {
    let (Some(old), Some(new)) = (shared("github.old.json"), shared("github.new.json")) else {
        return;
    };
    let tree = Tree::new("github", GITHUB, ("openapi.json", &fs::read(old).expect("the document")));
    let told = ended(&tree.accept(&new, &["--format", "json"]).output().expect("a process"), 0);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let impact = told["assessment"]["impact"].as_array().expect("a list");
    let changelog = fs::read_to_string(tree.specs().join("CHANGELOG.md")).expect("the changelog");
    let lines = changelog.lines().filter(|line| line.starts_with("- ") && line.contains("(`")).count();
    let telling = impact.iter().filter(|impact| impact["severity"] != "none").count();
    assert_eq!(lines, telling, "{changelog}");
    let allowed =
        serde_json::from_str::<Vec<String>>(include_str!("../github/operations.json")).expect("a list");
    for one in impact {
        for operation in one["operations"].as_array().into_iter().flatten() {
            assert!(allowed.iter().any(|known| known == operation), "{one:#}");
        }
    }
    let changes = told["assessment"]["changes"].as_array().expect("a list");
    for (index, change) in changes.iter().enumerate() {
        let here = change["operations"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|one| allowed.iter().any(|known| known == one));
        let found: Vec<&Value> = impact.iter().filter(|impact| impact["change"] == index).collect();
        assert_eq!(
            here,
            !found.is_empty(),
            "what reaches the connector is judged, and nothing else: {change:#}"
        );
        let serious = change["class"] == "breaking" || change["class"] == "risky";
        let lowered = found.iter().all(|impact| impact["severity"] == "none" && impact["advice"].is_null());
        assert!(!(serious && here && lowered), "what is lowered to nothing has a reason: {change:#}");
    }
    let manifest = fs::read_to_string(tree.generated().join("Cargo.toml")).expect("the crate's manifest");
    assert!(manifest.contains("version = \"0.2.0\""), "{manifest}");
}
