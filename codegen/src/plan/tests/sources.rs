//! Record formats and jobs: one good manifest, and what a person can get wrong in it.

use super::*;
use crate::model::Names;
use crate::normalise::normalise;

const DOCUMENT: &str = include_str!("../../../tests/negative/plan/exports.yaml");

const GOOD: &str = r#"version: 1
name: exports
document: exports.yaml
description: Orders.
config: { account: { description: "The account." }, since: { description: "From when on.", default: "2020" } }
server: { url: https://desk.example }
auth: { none: {} }
operations: [ all ]
streams:
  lines: { operation: listOrderLines, records: ".", key: id }
  rows: { operation: listOrderRows, records: ".", key: id, format: { csv: { delimiter: ";", quote: "'", columns: [ id, total ] } } }
  elements: { operation: listOrderElements, records: all.orders.order, key: id, format: { xml: {} } }
  content:
    operation: createExport
    records: "."
    key: id
    parameters: { account: "{account}" }
    format: { csv: {} }
    job:
      body: { object: orders, limit: 7, filter.since: "{since}" }
      id: id
      poll: { operation: getExport, parameter: export_id }
      status: state
      done: [ done ]
      failed: [ failed ]
      download: { operation: downloadExport, parameter: export_id }
  files:
    operation: createExport
    records: "."
    key: id
    parameters: { account: "{account}" }
    format: { jsonl: {} }
    job:
      body: { object: customers }
      id: id
      poll: { operation: getExport, parameter: export_id }
      status: state
      done: [ done ]
      failed: [ failed ]
      message: error.message
      interval: 10s
      timeout: 2h
      download: { url: files.url, origins: [ "https://files.example.com" ] }
"#;

fn document() -> Api {
    let mut files = SourceFiles::new();
    let (tree, _) = parse(&mut files, "exports.yaml", DOCUMENT, &Limits::default());
    let (normalised, found) = normalise(&tree.expect("YAML"));
    assert!(found.is_empty(), "{found:?}");
    let normalised = normalised.expect("a document");
    let all: Vec<usize> = (0..crate::model::heads(&normalised.document).len()).collect();
    crate::model::model(&normalised, &all, &Names::default()).0
}

#[test]
fn formats_and_jobs_are_resolved() {
    let Outcome { plan, found } = outcome_with(GOOD, document());
    let doubts: Vec<_> = found.iter().map(|seen| (seen.code, seen.place.as_str())).collect();
    // What a URL holds no document says.
    assert_eq!(doubts, [("P017", "30:10")], "{found:#?}");
    let plan = plan.expect("a plan");
    let reads = |id: &str| {
        let at = plan.api.operations.iter().position(|operation| operation.head.id == id);
        plan.operations[at.expect("a known operation")].reads
    };
    assert_eq!(["createExport", "getExport"].map(reads), [false, true], "what makes a job changes something");
    let stream = |name: &str| plan.streams.iter().find(|stream| stream.name == name).expect("a stream");
    let record = |name: &str| plan.api.types.get(stream(name).record.id).name.clone();
    assert!(matches!(stream("lines").source, Source::Bodies(Format::JsonLines)));
    let Source::Bodies(Format::Csv { delimiter: b';', quote: b'\'', columns }) = &stream("rows").source
    else {
        panic!("{:?}", stream("rows"))
    };
    assert_eq!(columns, &["id", "total"]);
    let Source::Bodies(Format::Xml { record: path, names }) = &stream("elements").source else {
        panic!("{:?}", stream("elements"))
    };
    assert_eq!(path, &["all", "orders", "order"]);
    let name = |field: &str, name: &str, attribute: bool| XmlName {
        object: "Order".to_owned(),
        field: field.to_owned(),
        name: name.to_owned(),
        attribute,
        wrapped: false,
    };
    assert_eq!(names, &[name("id", "number", true), name("tags", "tag", false)]);
    let Source::Job(job) = &stream("content").source else { panic!("{:?}", stream("content")) };
    let place = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let body = [
        (place(&["object"]), "\"orders\"".to_owned()),
        (place(&["limit"]), "7".to_owned()),
        (place(&["filter", "since"]), "\"{since}\"".to_owned()),
    ];
    assert_eq!(job.body, body);
    assert_eq!((job.interval_milliseconds, job.timeout_milliseconds), (5_000, 3_600_000));
    assert_eq!(job.poll.parameters, [(0, "{account}".to_owned())]);
    assert!(matches!(&job.download, Download::Operation(found) if found.parameters.is_empty()));
    let Source::Job(job) = &stream("files").source else { panic!("{:?}", stream("files")) };
    assert!(matches!(&job.download, Download::Url(path) if *path == place(&["files", "url"])));
    assert_eq!(
        [record("lines"), record("elements"), record("content"), record("files"), record("rows")],
        [Some("Order".to_owned()), Some("Order".to_owned()), Some("Order".to_owned()), None, None]
    );
}

const COLUMNS: &str = "columns: [ id, total ]";
const POLL: &str = "poll: { operation: getExport, parameter: export_id }\n      status: state\n      done: [ done ]\n      failed: [ failed ]\n      download";
const URL: &str = r#"download: { url: files.url, origins: [ "https://files.example.com" ] }"#;

pub(super) const MISTAKES: &[Case] = &[
    ("delimiter: \";\"", "delimiter: \"ab\"", "C150", "11:88", "one sign"),
    ("delimiter: \";\"", "delimiter: \"'\"", "C150", "11:100", "differ"),
    ("records: all.orders.order", "records: \".\"", "C150", "12:54", "`feed.entry`"),
    (
        "operation: listOrderRows, records: \".\"",
        "operation: listOrderRows, records: rows",
        "C150",
        "11:46",
        "\".\"",
    ),
    (COLUMNS, "columns: [ id, id ]", "C016", "11:120", "leave one out"),
    ("interval: 10s", "interval: 10 s", "C013", "41:17", "`1m`"),
    ("interval: 10s", "interval: 3h", "C153", "42:16", "many times"),
    ("https://files.example.com", "https://files.example.com/x", "C152", "43:46", "without a path"),
    (
        "done: [ done ]\n      failed: [ failed ]\n      message",
        "done: [ done, failed ]\n      failed: [ failed ]\n      message",
        "C151",
        "39:17",
        "at work",
    ),
    (
        "filter.since: \"{since}\"",
        "filter.since: \"{sinse}{since}\"",
        "C009",
        "20:56",
        "did you mean `{since}`?",
    ),
    (URL, "download: {}", "C006", "43:7", "url"),
    (
        URL,
        r#"download: { url: files.url, operation: downloadExport, parameter: export_id }"#,
        "C006",
        "43:35",
        "exactly one",
    ),
    (URL, r#"download: { operation: downloadExport }"#, "C019", "43:19", ""),
    (URL, r#"download: { url: files.href }"#, "P003", "43:30", "known there: url, size"),
    (URL, r#"download: { url: files.size }"#, "P004", "43:24", "of that kind"),
    (
        URL,
        r#"download: { operation: downloadExports, parameter: export_id }"#,
        "P001",
        "43:30",
        "did you mean `downloadExport`?",
    ),
    (
        URL,
        r#"download: { operation: downloadExport, parameter: exportid }"#,
        "P008",
        "43:57",
        "did you mean `export_id`?",
    ),
    (
        POLL,
        "poll: { operation: getExport, parameter: id }\n      status: state\n      done: [ done ]\n      failed: [ failed ]\n      download",
        "P008",
        "22:48",
        "account, export_id",
    ),
    (
        POLL,
        "poll: { operation: getExport, parameter: export_id }\n      status: status\n      done: [ done ]\n      failed: [ failed ]\n      download",
        "P003",
        "23:15",
        "did you mean `state`?",
    ),
    (
        POLL,
        "poll: { operation: getExport, parameter: account }\n      status: state\n      done: [ done ]\n      failed: [ failed ]\n      download",
        "P011",
        "22:26",
        "same name",
    ),
    (
        POLL,
        "poll: { operation: touchExport, parameter: export_id }\n      status: state\n      done: [ done ]\n      failed: [ failed ]\n      download",
        "P151",
        "22:26",
        "reads: true",
    ),
    (
        POLL,
        "poll: { operation: getExport, parameter: export_id }\n      status: state\n      done: [ don ]\n      failed: [ failed ]\n      download",
        "P153",
        "24:15",
        "did you mean `done`?",
    ),
    (
        POLL,
        "poll: { operation: downloadExport, parameter: export_id }\n      status: state\n      done: [ done ]\n      failed: [ failed ]\n      download",
        "P019",
        "22:26",
        "JSON",
    ),
    (
        "    key: id\n    parameters: { account: \"{account}\" }\n    format: { csv: {} }",
        "    key: id\n    cursor: { field: note, body_field: filter.since }\n    parameters: { account: \"{account}\" }\n    format: { csv: {} }",
        "P020",
        "17:40",
        "leave one of them out",
    ),
    ("object: orders, limit: 7", "object: order, limit: 7", "P154", "20:23", ""),
    ("object: orders, limit: 7", "object: orders, limit: many", "P154", "20:38", "whole number"),
    ("object: orders, limit: 7", "objekt: orders, limit: 7", "P003", "20:15", "did you mean `object`?"),
    ("object: orders, limit: 7, ", "limit: 7, ", "P011", "14:16", "the job's `body`"),
    ("key: id, format: { csv", "key: idd, format: { csv", "P152", "11:56", "did you mean `id`?"),
    ("records: all.orders.order", "records: all.order.order", "P003", "12:58", "did you mean `orders`?"),
    ("operation: listOrderElements", "operation: listOrders", "P150", "12:26", "overlay"),
];

#[test]
fn mistakes_are_told_at_their_places() {
    let mut wrong = Vec::new();
    for (from, to, code, place, help) in MISTAKES {
        assert_eq!(GOOD.matches(from).count(), 1, "{from:?} stands exactly once");
        let Outcome { plan, found } = outcome_with(&GOOD.replace(from, to), document());
        let found: Vec<_> = found.into_iter().filter(|seen| seen.severity == Severity::Error).collect();
        let fits = match found.as_slice() {
            [seen] => (seen.code, seen.place.as_str()) == (*code, *place) && seen.help.contains(help),
            _ => false,
        };
        if !fits || plan.is_some() {
            wrong.push(format!("{to:?} has to give {code} at {place} with {help:?}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
