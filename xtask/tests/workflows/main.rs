//! The workflow files of `docs/ci`, played: nights on which a vendor changes a document and takes it back, and pull requests that a team makes.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot read its own files has to stop")]

mod expression;
mod runner;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use runner::{Hub, Played, commands, run};
use serde_json::{Value, json};
use support::{ended, sources};

const NIGHTLY: &str = include_str!("../../../docs/ci/drift-nightly.yml");
const GATE: &str = include_str!("../../../docs/ci/drift-pull-request.yml");

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
components:
  schemas:
    Thing: { type: object, required: [ id ], properties: { id: { type: integer }, name: { type: string }, state: { type: string, enum: [ open ] } } }
"##;

const MANIFEST: &str = "version: 1
name: NAME
document: openapi.yaml
description: Things.
spec: { live: \"LIVE\" }
server: { url: https://api.acme.example }
auth: { none: {} }
operations: [ listThings ]
paging:
  cursors: { cursor: { parameter: after, next: next }, size: { parameter: limit, value: 100 } }
streams:
  things: { operation: listThings, records: things, key: id }
";

/// The document with one thing other.
fn revised(from: &str, to: &str) -> String {
    assert!(DOCUMENT.contains(from), "{from}");
    DOCUMENT.replace(from, to)
}

/// Whether this machine has what the workflows call on GitHub's; where not, that is said loudly.
fn has_programs() -> bool {
    let missing = ["bash", "git", "jq"].into_iter().find(|program| {
        !Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if let Some(missing) = missing {
        // Straight to the descriptor, since the test harness keeps what a passing test prints.
        let skipped = format!("SKIPPED: no `{missing}` here, so the workflows of docs/ci were not played");
        writeln!(std::io::stderr(), "{skipped}").expect("a line");
    }
    missing.is_none()
}

/// What a vendor publishes, to be changed over night: the status line with headers, and the text.
type Published = Arc<Mutex<(String, String)>>;

fn publish(published: &Published, text: &str) {
    answer(published, "200 OK\r\nContent-Type: application/yaml", text);
}

fn answer(published: &Published, head: &str, text: &str) {
    *published.lock().expect("what is published") = (head.to_owned(), text.to_owned());
}

fn vendor() -> (String, Published) {
    let published = Published::default();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/openapi.yaml", listener.local_addr().expect("an address"));
    let shared = published.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let (head, text) = shared.lock().expect("what is published").clone();
            let length = text.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
            );
        }
    });
    (url, published)
}

fn xtask(folder: &Path, arguments: &[&str]) {
    ended(&support::xtask().args(arguments).current_dir(folder).output().expect("a process"), 0);
}

/// A hub with a connector that is up to date.
fn hub(name: &str, live: &str) -> Hub {
    // What is fetched is kept by the name, and test runs can meet.
    let hub = Hub::new(&format!("{name}{}", std::process::id()));
    let work = hub.clone_to("begin");
    let specs = work.join("specs").join(&hub.name);
    let manifest = MANIFEST.replace("NAME", &hub.name).replace("LIVE", live);
    sources(&specs, &manifest, ("openapi.yaml", DOCUMENT.as_bytes()));
    fs::write(work.join("Cargo.lock"), "version = 4\n").expect("a file");
    generate(&work, &hub, &[]);
    commit(&work, "main");
    hub
}

fn generate(work: &Path, hub: &Hub, more: &[&str]) {
    let (from, into) = (format!("specs/{}", hub.name), format!("generated/{}", hub.name));
    xtask(work, &[&["generate", "--from", &from, "--into", &into], more].concat());
}

fn commit(work: &Path, branch: &str) {
    run(work, "git", &["add", "--all"]);
    run(work, "git", &["commit", "--quiet", "--message", "A change"]);
    run(work, "git", &["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
}

/// That the runner was told nothing but this, by the names of its commands.
fn told(played: &Played, expected: &[&str], what: &str) {
    let names: Vec<&str> = played.commands.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected, "{what}: {:?}\n{}", played.commands, played.log);
}

/// Texts of a vendor that try to be something else.
const HOSTILE: &str = r###"[ open, "$(touch owned)", "`touch owned`", "::add-mask::a", "x ##[add-mask]a", "a\n::set-output name=changed::false\n", "<script>owned()</script>", "@everyone", "](javascript:owned()", "${{ github.token }}", "\"; touch owned; \"" ]"###;

#[test]
fn nights() {
    if !has_programs() {
        return;
    }
    let (live, published) = vendor();
    let hub = hub("nights", &live);
    let branch = format!("drift/{}", hub.name);
    let night = |published_text: Option<&str>| {
        if let Some(text) = published_text {
            publish(&published, text);
        }
        hub.play(NIGHTLY, "main", &json!({}))
    };
    let tip = || hub.git(&["rev-parse", &branch]);
    let wrote = |played: &Played| {
        played.calls.iter().filter(|call| !call.starts_with("pr list")).cloned().collect::<Vec<_>>()
    };
    // Somebody has a fork with a branch of that name.
    let foreign =
        json!({ "number": 1, "state": "open", "isCrossRepository": true, "head": branch, "body": "theirs" });
    fs::write(hub.path("gh/prs.json"), json!([foreign]).to_string()).expect("a file");

    let same = night(Some(DOCUMENT));
    assert!(
        same.is_green() && same.jobs.len() == 2 && wrote(&same).is_empty(),
        "the document is the same: {same:?}"
    );
    told(&same, &[], "the document is the same");

    let more = revised("name: { type: string }", "name: { type: string }, size: { type: integer }");
    let first = night(Some(&more));
    assert!(first.is_green(), "{first:?}");
    told(&first, &[], "a first change");
    let open = hub.known("prs.json");
    assert_eq!(open.len(), 2, "{open:?}");
    assert_eq!(open[0], foreign, "what is of a fork is left alone");
    let mine = &open[1];
    assert_eq!((&mine["head"], &mine["label"]), (&branch.clone().into(), &"drift".into()));
    assert_eq!(mine["title"], format!("{}: the API has changed", hub.name));
    let body = mine["body"].as_str().expect("a text");
    assert!(body.starts_with("<!-- linchpin-drift -->\n") && body.contains("<code>size</code>"), "{body}");
    assert!(first.summary.contains("<code>size</code>"), "{}", first.summary);
    let changed = hub.git(&["diff", "--name-only", "main", &branch]);
    let own = [format!("specs/{}/", hub.name), format!("generated/{}/", hub.name)];
    assert!(changed.lines().all(|path| own.iter().any(|own| path.starts_with(own))), "{changed}");
    assert_eq!(hub.git(&["show", &format!("{branch}:specs/{}/openapi.yaml", hub.name)]), more.trim());
    assert!(
        hub.git(&["show", &format!("{branch}:specs/{}/connector.lock", hub.name)])
            .contains("version: \"0.1.1\"")
    );
    assert_eq!(hub.git(&["rev-list", "--count", &format!("main..{branch}")]), "1");

    let before = tip();
    let again = night(None);
    assert!(again.is_green() && wrote(&again).is_empty() && tip() == before, "nothing is new: {again:?}");

    for (what, head, text) in [
        ("an outage", "503 Service Unavailable", ""),
        ("a page to log in", "200 OK\r\nContent-Type: text/html", "<!doctype html><title>Log in</title>"),
        ("nothing", "200 OK", ""),
        ("half a document", "200 OK\r\nContent-Type: application/yaml", "openapi: 3.1.0\npaths: { /things: "),
    ] {
        answer(&published, head, text);
        let played = night(None);
        assert!(played.is_green() && played.jobs.len() == 1 && played.calls.is_empty(), "{what}: {played:?}");
        assert_eq!(tip(), before, "{what}");
        told(&played, &["warning"], what);
    }

    let hostile = more
        .replace("enum: [ open ]", &format!("enum: {HOSTILE}"))
        .replace("title: Acme", "title: \"$(touch owned) ::add-mask::a\"");
    let further = night(Some(&hostile));
    assert!(further.is_green(), "{further:?}");
    told(&further, &[], "a further change");
    assert_eq!(wrote(&further).len(), 1, "{:?}", further.calls);
    assert!(wrote(&further)[0].starts_with("pr edit 2 "), "{:?}", further.calls);
    assert_ne!(tip(), before);
    assert_eq!(
        hub.git(&["rev-list", "--count", &format!("main..{branch}")]),
        "1",
        "what was proposed is replaced"
    );
    let open = hub.known("prs.json");
    let body = open[1]["body"].as_str().expect("a text");
    assert!(body.contains("touch owned") && body.contains("everyone"), "{body}");
    for markup in ["<script", "@everyone", "](javascript", "`touch"] {
        assert!(!body.contains(markup), "{markup} in\n{body}");
    }
    let changelog = hub.git(&["show", &format!("{branch}:specs/{}/CHANGELOG.md", hub.name)]);
    assert!(
        changelog.contains("`<script>owned()</script>`") && changelog.contains("`@everyone`"),
        "{changelog}"
    );
    assert!(changelog.lines().all(|line| !line.starts_with("::")), "{changelog}");
    let owned = run(hub.folder.path(), "find", &[".", "-name", "*owned*"]);
    assert_eq!(owned, "", "a text of the vendor was run");

    // Somebody works on the branch; what they did is not thrown away.
    let work = hub.clone_to("person");
    run(&work, "git", &["switch", "--quiet", &branch]);
    fs::write(work.join("specs").join(&hub.name).join("notes.md"), "Seen.\n").expect("a file");
    commit(&work, &branch);
    let theirs = tip();
    let third =
        hostile.replace("size: { type: integer }", "size: { type: integer }, weight: { type: number }");
    let kept = night(Some(&third));
    assert!(kept.is_green() && tip() == theirs, "{kept:?}");
    told(&kept, &["warning"], "somebody works on the branch");
    let open = hub.known("prs.json");
    let body = open[1]["body"].as_str().expect("a text");
    assert!(body.contains("has changed again") && body.contains("<code>weight</code>"), "{body}");

    // An operation's records stand elsewhere, and nobody can know where.
    let unfit = DOCUMENT
        .replace("required: [ things ]", "required: [ page ]")
        .replace("things: { type: array", "page: { type: array");
    let red = night(Some(&unfit));
    assert_eq!(red.jobs.get("check").map(Vec::len), Some(1), "{red:?}");
    assert!(
        red.calls.is_empty() && red.log.contains("the manifest does not fit the revision"),
        "{}",
        red.log
    );
    assert!(red.summary.contains("breaking"), "{}", red.summary);
    told(&red, &["error"], "no connector can be made");

    let back = night(Some(DOCUMENT));
    assert!(back.is_green(), "{back:?}");
    assert!(wrote(&back)[0].starts_with("pr close 2 "), "{:?}", back.calls);
    let open = hub.known("prs.json");
    assert_eq!((&open[0], &open[1]["state"]), (&foreign, &"closed".into()));
    assert_eq!(hub.git(&["branch", "--list", &branch]), "", "the branch is gone");

    let anew = night(Some(&more));
    assert!(anew.is_green() && hub.known("prs.json").len() == 3, "{anew:?}");
}

#[test]
fn pull_requests() {
    if !has_programs() {
        return;
    }
    let hub = hub("gate", "https://api.acme.example/openapi.yaml");
    let base = hub.git(&["rev-parse", "main"]);
    let name = &hub.name;
    let event = |labels: &[&str], repository: &str| {
        let labels: Vec<Value> = labels.iter().map(|label| json!({ "name": label })).collect();
        json!({ "pull_request": { "number": 7, "labels": labels, "base": { "sha": base }, "head": { "repo": { "full_name": repository } } } })
    };
    // A branch whose document is another, and what was done about it.
    let branch = |name_of_branch: &str, document: &str, then: &dyn Fn(&Path)| {
        let work = hub.clone_to(name_of_branch);
        fs::write(work.join("specs").join(name).join("openapi.yaml"), document).expect("a file");
        then(&work);
        commit(&work, name_of_branch);
    };
    let more = revised("name: { type: string }", "name: { type: string }, size: { type: integer }");
    let other = revised("name: { type: string }", "name: { type: integer }");
    let only_generated = |work: &Path| generate(work, &hub, &[]);
    let since = |work: &Path| {
        let checkout = hub.path("begin").display().to_string();
        generate(work, &hub, &["--since", &checkout]);
    };
    branch("stale", &more, &|_| ());
    branch("unsaid", &more, &only_generated);
    branch("broken-and-unsaid", &other, &only_generated);
    branch("good", &more, &since);
    branch("broken", &other, &since);
    let (stale, breaks, version) = (
        "What is generated is up to date",
        "What the document breaks",
        "The version of the crate says what changed for those who use it",
    );
    let (ours, fork) = ("acme/connectors", "somebody/connectors");
    let accepted = &["drift accepted"][..];
    for (branch, labels, repository, fails) in [
        ("stale", &[][..], ours, vec![stale, version]),
        ("unsaid", &[], ours, vec![version]),
        ("broken-and-unsaid", &[], ours, vec![breaks, version]),
        ("broken-and-unsaid", accepted, ours, vec![version]),
        ("broken", &["another label"], ours, vec![breaks]),
        ("broken", accepted, ours, vec![]),
        ("good", &[], ours, vec![]),
        ("good", &[], fork, vec![]),
    ] {
        let what = format!("{branch} with {labels:?} of {repository}");
        let played = hub.play(GATE, branch, &event(labels, repository));
        assert_eq!(played.jobs["gate"], fails, "{what}\n{}", played.log);
        assert_eq!(
            played.jobs.contains_key("comment"),
            repository == ours,
            "{what}: a fork's token may not write"
        );
        let comments = hub.known("comments.json");
        assert_eq!(comments.len(), 1, "{what}: one comment, which is updated\n{played:?}");
        let body = comments[0]["body"].as_str().expect("a text");
        let change = if branch.starts_with("broken") { "<code>name</code>" } else { "<code>size</code>" };
        assert!(body.contains(change) && played.summary.contains(change), "{what}: {body}");
        let level = if branch.starts_with("broken") { "error" } else { "notice" };
        let places: Vec<&str> = played.commands.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(places, [level], "{what}: {:?}", played.commands);
    }
    // A pull request about something else.
    branch("other", DOCUMENT, &|work| fs::write(work.join("README.md"), "Hello.\n").expect("a file"));
    let played = hub.play(GATE, "other", &event(&[], ours));
    assert!(played.is_green(), "{played:?}");
    told(&played, &[], "nothing changed");
    // Texts of the vendor, and of whoever opens a pull request from a fork.
    let hostile = more.replace("enum: [ open ]", &format!("enum: {HOSTILE}"));
    branch("hostile", &hostile, &since);
    let played = hub.play(GATE, "hostile", &event(&[], fork));
    assert!(played.is_green(), "{played:?}");
    assert!(played.commands.iter().all(|(name, _)| name == "notice"), "{:?}", played.commands);
    assert_eq!(
        run(hub.folder.path(), "find", &[".", "-name", "*owned*"]),
        "",
        "a text of the vendor was run"
    );
}

#[test]
fn commands_are_read_as_the_runner_reads_them() {
    let log = "::warning title=Drift::x\n  ::error::y\nz ##[add-mask]a\n::stop-commands::t\n::error::quiet\n##[error]quiet\n::t::\na ::error::b\n::group\n::notice file=a::c::d";
    let found = commands(log);
    let found: Vec<(&str, &str)> = found.iter().map(|(name, rest)| (name.as_str(), rest.trim())).collect();
    assert_eq!(
        found,
        [("warning", "title=Drift x"), ("error", "y"), ("add-mask", "a"), ("notice", "file=a c::d")]
    );
}
